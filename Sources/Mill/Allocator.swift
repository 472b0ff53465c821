internal import CMalloc

/// How the C library keeps the memory it is given back.
public enum Allocator {
    /// Gives large blocks back at once and keeps all small ones in one place, so that what has been freed does not count
    /// against `--memory`: by default threads that meet get an arena each, and what a large block needed is kept after
    /// its first use. A scan allocates in batches, so that threads hardly meet.
    ///
    /// To be called before there is a second thread. One that has an arena of its own by then shares it with others, and such
    /// an arena grows page by page, each time with a system call that keeps all threads from touching new memory.
    public static func keepToBudget() {
        _ = mallopt(M_ARENA_MAX, 1)
        _ = mallopt(M_MMAP_THRESHOLD, 256 << 10)
        _ = mallopt(M_TOP_PAD, 1 << 20)
        _ = mallopt(M_TRIM_THRESHOLD, 2 << 20)
    }
}
