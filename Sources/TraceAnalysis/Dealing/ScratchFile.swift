internal import Glibc

/// A nameless file that grows at its end and can be read anywhere, by several readers at a time.
///
/// It is unlinked as soon as it is open, so that a run leaves nothing behind however it ends.
final class ScratchFile: Sendable {
    /// Where bytes lie in the file.
    struct Extent: Sendable {
        var offset: UInt64
        var count: Int

        /// Takes bytes off the front, at most as many as there are.
        mutating func split(_ bytes: Int) -> Extent {
            let front = Extent(offset: offset, count: min(count, bytes))
            self = Extent(offset: offset + UInt64(front.count), count: count - front.count)
            return front
        }
    }

    let directory: String
    private let descriptor: Int32

    /// - Parameter directory: exists, private to the run (mode 0700).
    init(directory: String) throws(ScratchError) {
        self.directory = directory
        let name = "\(directory)/spans-\(getpid())-\(UInt64.random(in: 0...(.max)))"
        descriptor = open(name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw ScratchError("create", directory: directory, errorNumber: errno) }
        unlink(name)
    }

    deinit { close(descriptor) }

    /// Writes all bytes at `offset`.
    func write(_ bytes: [UInt8], at offset: UInt64) throws(ScratchError) {
        var done = 0
        while done < bytes.count {
            let (written, failure) = bytes.withUnsafeBytes { all in
                let rest = UnsafeRawBufferPointer(rebasing: all[done...])
                return (pwrite(descriptor, rest.baseAddress, rest.count, off_t(offset) + off_t(done)), errno)
            }
            if written < 0, failure == EINTR { continue }
            guard written > 0 else {
                throw ScratchError("write", directory: directory, errorNumber: written == 0 ? ENOSPC : failure)
            }
            done += written
        }
    }

    /// Replaces `bytes` by those of the extent.
    func read(_ extent: Extent, into bytes: inout [UInt8]) throws(ScratchError) {
        bytes.removeAll(keepingCapacity: true)
        bytes.append(contentsOf: repeatElement(0, count: extent.count))
        var done = 0
        while done < extent.count {
            let (got, failure) = bytes.withUnsafeMutableBytes { all in
                let rest = UnsafeMutableRawBufferPointer(rebasing: all[done...])
                return (pread(descriptor, rest.baseAddress, rest.count, off_t(extent.offset) + off_t(done)), errno)
            }
            if got < 0, failure == EINTR { continue }
            guard got >= 0 else { throw ScratchError("read", directory: directory, errorNumber: failure) }
            guard got > 0 else { throw ScratchError.corrupt(directory, "the file is shorter than it was") }
            done += got
        }
    }
}

/// One owner's end of a scratch file, created when the first bytes come.
///
/// Blocks are small and end anywhere, but the system keeps whole pages: bytes wait until there are many, so that the
/// file is written page by page and each page once.
struct ScratchWriter: ~Copyable {
    /// Written at a time; whole pages, wherever they are of 4 to 64 KiB.
    private static let pieceBytes = 256 << 10

    private let directory: String
    private(set) var file: ScratchFile?
    private(set) var end: UInt64 = 0
    /// The bytes before `end` that are not in the file yet.
    private var waiting: [UInt8] = []

    init(directory: String) { self.directory = directory }

    /// Appends the bytes and says where they are, once `flush` has been called.
    mutating func append(_ bytes: [UInt8]) throws(ScratchError) -> ScratchFile.Extent {
        if file == nil { file = try ScratchFile(directory: directory) }
        let extent = ScratchFile.Extent(offset: end, count: bytes.count)
        var rest = bytes[...]
        while waiting.count + rest.count >= Self.pieceBytes {
            let front = rest.prefix(Self.pieceBytes - waiting.count)
            add(front)
            rest = rest.dropFirst(front.count)
            try flush()
        }
        add(rest)
        return extent
    }

    /// Writes what waits: before anything is read.
    mutating func flush() throws(ScratchError) {
        try file?.write(waiting, at: end - UInt64(waiting.count))
        waiting.removeAll(keepingCapacity: true)
    }

    private mutating func add(_ bytes: ArraySlice<UInt8>) {
        waiting.append(contentsOf: bytes)
        end += UInt64(bytes.count)
    }
}
