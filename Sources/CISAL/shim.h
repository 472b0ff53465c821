#include <isa-l/igzip_lib.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* A decoder has tens of kilobytes of tables and a window: Swift is given no more than its address. */
static inline void *spanmill_gunzip_make(void) { return malloc(sizeof(struct inflate_state)); }

static inline void spanmill_gunzip_free(void *decoder) { free(decoder); }

/* Makes ready for a member; its header is read, its checksum and size are verified. */
static inline void spanmill_gunzip_begin(void *decoder) {
    struct inflate_state *state = (struct inflate_state *)decoder;
    /* Nothing of the stream before is left, so that broken data means the same whatever was read earlier. */
    memset(state, 0, sizeof(struct inflate_state));
    isal_inflate_init(state);
    state->crc_flag = ISAL_GZIP;
}

/* Decompresses as much as fits; the numbers of bytes given become those taken and made. Below zero: broken. */
static inline int spanmill_gunzip_step(
    void *decoder, const uint8_t *input, uint32_t *taken, uint8_t *output, uint32_t *made) {
    struct inflate_state *state = (struct inflate_state *)decoder;
    state->next_in = input ? (uint8_t *)input : output;
    state->avail_in = *taken;
    state->next_out = output;
    state->avail_out = *made;
    int result = isal_inflate(state);
    *taken -= state->avail_in;
    *made -= state->avail_out;
    return result;
}

/* Whether the member has ended and all of it has been given out. */
static inline int spanmill_gunzip_has_ended(const void *decoder) {
    return ((const struct inflate_state *)decoder)->block_state == ISAL_BLOCK_FINISH;
}
