#include <stddef.h>
#include <sys/syscall.h>
#include <unistd.h>

/// Moves the memory under whole pages to other addresses, whose own goes; the old ones stay mapped and read as zero
/// (mremap(2), Linux 5.7). Zero if that was done. Swift cannot call what takes a varying number of arguments.
static inline int spanmill_move_pages(void *from, size_t bytes, void *to) {
    enum { may_move = 1, fixed = 2, keep_mapped = 4 };
    return syscall(SYS_mremap, from, bytes, bytes, may_move | fixed | keep_mapped, to) == -1 ? -1 : 0;
}

/// Has the cache line of a place fetched that will be written soon. Any address will do: where no memory is, nothing happens.
static inline void spanmill_fetch_for_writing(const void *place) { __builtin_prefetch(place, 1, 3); }
