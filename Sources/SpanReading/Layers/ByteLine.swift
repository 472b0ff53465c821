internal import CMemory
import Glibc

/// A long line of addresses along which a stream's bytes are written, with memory under those in use only.
///
/// ```
///     ┌────────────── its memory moves on ─────────────┐
///  ···│░ looked back at │ lent to workers │ not handed │ written next ▼···
///     low                                                          high
/// ```
///
/// A decoder that looks back at what it made finds it in one piece, and nothing that was made is ever copied: the kernel
/// takes pages from the low end and puts them at the high one. Addresses behind the low end read as zero, those before
/// the high one get memory when they are touched, so that no decoder can leave the line's memory.
///
/// One thread at a time may write; what is lent may be read by others meanwhile.
final class ByteLine {
    /// Bytes that stay where they are and readable as long as this lives.
    final class Stretch: Sendable {
        fileprivate let addresses: Addresses
        fileprivate let start: Int

        fileprivate init(_ addresses: Addresses, from start: Int) {
            self.addresses = addresses
            self.start = start
        }

        /// The bytes of a range, by their places on the line.
        @inline(__always)
        func bytes(_ range: Range<Int>) -> UnsafeRawBufferPointer { addresses.bytes(range) }
    }

    /// Addresses of a line. A frame that holds more than half of them may not find room in what is left.
    static let usualBytes = 4 << 40
    /// Memory moves in pieces of this: as much as one entry of the upper page tables stands for.
    static let segmentBytes = 2 << 20
    /// Bytes behind the end that are given memory before they are written: more than a decoder makes at a time.
    private static let aheadBytes = 256 << 10

    private let addresses: Addresses
    /// Memory is under these and what is between, by whole segments.
    private var low = 0
    private var high = 0
    /// Place behind the last byte that was written.
    private(set) var end = 0
    /// By their start; those that nobody else holds have been given back.
    private var lent: [Stretch] = []

    /// Reserves addresses.
    ///
    /// - Returns: nil where the system refuses so many, or does not move memory.
    init?(bytes: Int = usualBytes) {
        guard let addresses = Addresses(bytes: bytes), addresses.move(0, to: Self.segmentBytes) else { return nil }
        self.addresses = addresses
    }

    /// Bytes from the line's start to its end.
    var capacity: Int { addresses.count }

    /// Bytes of memory the line has at most.
    var memoryBytes: Int { high - low }

    /// The bytes of a range.
    @inline(__always)
    func bytes(_ range: Range<Int>) -> UnsafeRawBufferPointer { addresses.bytes(range) }

    /// Keeps bytes from `start` on in place for others; each call's `start` is at or behind the last one's.
    func lend(from start: Int) -> Stretch {
        let stretch = Stretch(addresses, from: start)
        lent.append(stretch)
        return stretch
    }

    /// All the room behind the end.
    ///
    /// - Parameter first: where what must stay begins; what is lent stays anyway.
    func room(keeping first: Int) -> UnsafeMutableRawBufferPointer {
        if end + Self.aheadBytes > high { moveOn(to: end + Self.aheadBytes, keeping: first) }
        return addresses.room(from: end)
    }

    /// Moves the end behind bytes that have been written.
    func advance(_ count: Int) { end = min(end + max(count, 0), capacity) }

    /// Adds a copy of bytes at the end, no more than there is room for.
    func write(_ bytes: UnsafeRawBufferPointer) {
        addresses.room(from: end).copyMemory(from: bytes)
        advance(bytes.count)
    }

    /// Gives memory back, except for some that the next stream will need; nothing must be in use but what is lent.
    func trim(to bytes: Int) {
        while high - low > bytes, low + Self.segmentBytes <= firstLent ?? high { dropLowest() }
    }

    private var firstLent: Int? {
        while !lent.isEmpty, isKnownUniquelyReferenced(&lent[0]) { lent.removeFirst() }
        return lent.first?.start
    }

    private func moveOn(to end: Int, keeping first: Int) {
        let kept = min(firstLent ?? first, first)
        while high < min(end, capacity) {
            if high > low, low + Self.segmentBytes <= kept, addresses.move(low, to: high) {
                low += Self.segmentBytes
            }
            high += Self.segmentBytes
        }
        // What a long record took goes back bit by bit.
        if low + 2 * Self.segmentBytes <= kept { dropLowest() }
    }

    private func dropLowest() {
        addresses.drop(low)
        low += Self.segmentBytes
    }
}

/// Addresses that have been reserved; memory comes when they are touched.
private final class Addresses: @unchecked Sendable {
    private let reserved: UnsafeMutableRawBufferPointer
    private let base: UnsafeMutableRawPointer
    let count: Int

    init?(bytes: Int) {
        count = bytes / ByteLine.segmentBytes * ByteLine.segmentBytes
        let size = count + ByteLine.segmentBytes
        guard count >= 2 * ByteLine.segmentBytes, let start = Self.map(nil, size) else { return nil }
        reserved = UnsafeMutableRawBufferPointer(start: start, count: size)
        base = start.alignedUp(toMultipleOf: ByteLine.segmentBytes)
    }

    deinit { munmap(reserved.baseAddress, reserved.count) }

    func bytes(_ range: Range<Int>) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: base + range.lowerBound, count: range.count)
    }

    func room(from start: Int) -> UnsafeMutableRawBufferPointer {
        UnsafeMutableRawBufferPointer(start: base + start, count: count - start)
    }

    /// Puts the memory of one segment under another.
    func move(_ segment: Int, to other: Int) -> Bool {
        guard spanmill_move_pages(base + segment, ByteLine.segmentBytes, base + other) == 0 else { return false }
        // Else the kernel would keep a record of each segment's origin, of which it has some ten thousand for a process.
        return drop(segment)
    }

    /// Gives the memory of a segment back.
    @discardableResult
    func drop(_ segment: Int) -> Bool { Self.map(base + segment, ByteLine.segmentBytes) != nil }

    /// New addresses, or the same without their memory.
    private static func map(_ place: UnsafeMutableRawPointer?, _ bytes: Int) -> UnsafeMutableRawPointer? {
        let fixed = place == nil ? 0 : MAP_FIXED
        let start = mmap(
            place, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | fixed, -1, 0)
        return start == UnsafeMutableRawPointer(bitPattern: -1) ? nil : start
    }
}
