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
/// takes pages from the low end and puts them at the high one. Addresses below the low end read as zero, those above the
/// high one get memory when they are touched: whatever a decoder that stays on the line is made to do, it harms nobody. What
/// a broken frame sees beyond its own window is not told.
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

    /// Addresses of a line, where the system has several times as many.
    private static let usualBytes = [1 << 30, 256 << 20, 64 << 20]
    /// Memory moves in pieces of this: as much as one entry of the upper page tables stands for.
    static let segmentBytes = 2 << 20

    private let addresses: Addresses
    /// Fewer addresses would not do for what this is used for.
    private let leastBytes: Int
    /// Memory is under these and what is between, by whole segments.
    private var low = 0
    private var high = 0
    /// Place behind the last byte that was written.
    private(set) var end = 0
    /// By their start; those that nobody else holds have been given back.
    private var lent: [Stretch] = []

    /// Reserves addresses.
    ///
    /// - Returns: nil where the system refuses so many.
    convenience init?(bytes: Int) { self.init(bytes: bytes, least: bytes) }

    private init?(bytes: Int, least: Int) {
        guard let addresses = Addresses(bytes: bytes) else { return nil }
        self.addresses = addresses
        leastBytes = least
    }

    /// A line as long as is usual where the system is not short of addresses (`ulimit -v`), else of `least`.
    static func reserved(atLeast least: Int) -> ByteLine? { reserved(atLeast: least, for: least, atMost: .max) }

    /// Another line to go on along.
    func successor(atLeast bytes: Int) -> ByteLine? {
        Self.reserved(atLeast: max(bytes, leastBytes), for: leastBytes, atMost: capacity)
    }

    private static func reserved(atLeast bytes: Int, for least: Int, atMost most: Int) -> ByteLine? {
        // Another one comes before this one goes, and the rest of the program needs some as well.
        for usual in usualBytes where usual > bytes && usual <= most && Addresses.areFree(3 * usual) {
            if let line = ByteLine(bytes: usual, least: least) { return line }
        }
        return ByteLine(bytes: bytes, least: least)
    }

    /// Bytes from the line's start to its end.
    var capacity: Int { addresses.count }

    /// Bytes between the low end and the high one.
    var memoryBytes: Int { high - low }

    /// The bytes of a range.
    @inline(__always)
    func bytes(_ range: Range<Int>) -> UnsafeRawBufferPointer { addresses.bytes(range) }

    /// Keeps bytes from `start` on in place for others; `start` never goes down from one call to the next.
    func lend(from start: Int) -> Stretch {
        let stretch = Stretch(addresses, from: start)
        lent.append(stretch)
        return stretch
    }

    /// All the room behind the end.
    ///
    /// - Parameters:
    ///   - count: bytes of it that may be written.
    ///   - first: where what must stay begins; what is lent stays anyway.
    func room(_ count: Int, keeping first: Int) -> UnsafeMutableRawBufferPointer {
        if end + count > high { moveOn(to: end + count, keeping: first) }
        return addresses.room(from: end)
    }

    /// Moves the end behind bytes that have been written.
    func advance(_ count: Int) { end = min(end + max(count, 0), capacity) }

    /// Gives back memory of bytes before a place, unless they are lent.
    ///
    /// - Parameter bytes: as much is kept in any case, for what will be written.
    func release(before place: Int, keeping bytes: Int = 0) {
        let kept = min(firstLent ?? place, place)
        while high - low > bytes, low + Self.segmentBytes <= kept { dropLowest() }
    }

    private var firstLent: Int? {
        while !lent.isEmpty, isKnownUniquelyReferenced(&lent[0]) { lent.removeFirst() }
        return lent.first?.start
    }

    private func moveOn(to end: Int, keeping first: Int) {
        let kept = min(firstLent ?? first, first)
        while high < min(end, capacity) {
            if high > low, low + Self.segmentBytes <= kept {
                // Where memory does not move, new memory comes instead, which costs more.
                if !addresses.move(low, to: high) { addresses.drop(low) }
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

/// Addresses that have been reserved; memory comes when they are touched. Sendable: none of this changes, and the line says
/// who may touch which bytes.
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

    /// Whether so many could be had now.
    static func areFree(_ bytes: Int) -> Bool {
        guard let start = map(nil, bytes) else { return false }
        munmap(start, bytes)
        return true
    }

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
