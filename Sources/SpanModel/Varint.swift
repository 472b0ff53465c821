/// Numbers as bytes: LEB128, least significant seven bits first, in the one shortest form.
public struct VarintWriter: Sendable {
    public private(set) var bytes: [UInt8] = []

    public init() {}

    public mutating func append(_ number: UInt64) {
        var rest = number
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(truncatingIfNeeded: rest))
    }

    public mutating func append(_ number: UInt128) {
        var rest = number
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(truncatingIfNeeded: rest))
    }

    @inlinable
    public mutating func append(_ number: UInt32) { append(UInt64(number)) }

    @inlinable
    public mutating func append(_ number: Int) { append(UInt64(clamping: number)) }

    /// Bytes as they are; their number is for the caller to tell.
    public mutating func append(contentsOf other: some Sequence<UInt8>) { bytes.append(contentsOf: other) }
}

/// Reads what a `VarintWriter` wrote; bytes that it cannot have written are errors, never traps.
public struct VarintReader: Sendable {
    private let bytes: [UInt8]
    /// Offset of the next byte.
    public private(set) var position = 0

    public init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// Where and why bytes could not be read back.
    public struct Failure: Error, Hashable, Sendable, CustomStringConvertible {
        public var offset: Int
        public var message: String

        public init(offset: Int, message: String) {
            self.offset = offset
            self.message = message
        }

        public var description: String { "cannot read byte \(offset): \(message)" }
    }

    public var remaining: Int { bytes.count - position }
    public var isAtEnd: Bool { remaining == 0 }

    /// A failure at this place.
    public func failure(_ message: String) -> Failure { Failure(offset: position, message: message) }

    public mutating func wide() throws(Failure) -> UInt128 {
        if position < bytes.count, bytes[position] < 0x80 {
            position += 1
            return UInt128(bytes[position - 1])
        }
        var value: UInt128 = 0
        var shift: UInt128 = 0
        while position < bytes.count {
            let byte = bytes[position]
            let part = UInt128(byte & 0x7f)
            guard shift < 126 || part < 4 && shift == 126, byte != 0 || shift == 0 else { break }
            position += 1
            value |= part << shift
            if byte < 0x80 { return value }
            shift += 7
        }
        throw failure(position < bytes.count ? "a number is malformed" : "ends inside a number")
    }

    public mutating func number() throws(Failure) -> UInt64 {
        // Most numbers are small.
        if position < bytes.count, bytes[position] < 0x80 {
            position += 1
            return UInt64(bytes[position - 1])
        }
        guard let value = UInt64(exactly: try wide()) else { throw failure("a number is too large") }
        return value
    }

    public mutating func number32() throws(Failure) -> UInt32 {
        guard let value = UInt32(exactly: try wide()) else { throw failure("a number is too large") }
        return value
    }

    /// How many elements follow, each of which takes at least one byte.
    public mutating func count() throws(Failure) -> Int {
        let value = try wide()
        guard value <= UInt128(remaining) else { throw failure("more elements than bytes") }
        return Int(value)
    }

    /// The next bytes as they are.
    public mutating func slice(_ count: Int) throws(Failure) -> ArraySlice<UInt8> {
        guard count >= 0, count <= remaining else { throw failure("ends inside a text") }
        defer { position += count }
        return bytes[position..<position + count]
    }
}
