internal import CMalloc

/// How the C library keeps the memory it is given back.
enum Allocator {
    /// Gives large blocks back at once and keeps all small ones in one place, so that what has been freed does not count
    /// against `--memory`: by default threads that meet get an arena each, and what a large block needed is kept after
    /// its first use. A scan allocates in batches, so that threads hardly meet.
    static func keepToBudget() {
        _ = mallopt(M_ARENA_MAX, 1)
        _ = mallopt(M_MMAP_THRESHOLD, 256 << 10)
    }
}
