#include <zlib.h>

/* `inflateInit2` and `deflateInit2` are macros, which Swift does not import. 15 + 16: gzip only. */
static inline int spanmill_gzip_inflate_init(z_streamp stream) { return inflateInit2(stream, 15 + 16); }
static inline int spanmill_gzip_deflate_init(z_streamp stream, int level) {
    return deflateInit2(stream, level, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
}
