/// Bytes that cannot be walked as a protobuf message.
enum ProtobufError: Error {
    case malformed
}

/// A place in a protobuf message, moving forward only.
///
/// It holds no bytes: each step is given the window the cursor was made for. No step passes `end`, and a
/// sub-message never passes its parent's end, so any input can be walked.
struct ProtobufCursor {
    private(set) var offset: Int
    let end: Int

    /// Deepest nesting of unknown groups.
    private static let maximumGroupDepth = 64

    /// - Parameter end: at most the window's size.
    init(offset: Int, end: Int) {
        self.offset = offset
        self.end = end
    }

    var isAtEnd: Bool { offset >= end }

    var count: Int { end &- offset }

    /// The next field's number and wire type, as on the wire: number · 8 + type; nil at the end.
    @inline(__always)
    mutating func tag(_ bytes: RawSpan) throws(ProtobufError) -> UInt32? {
        guard offset < end else { return nil }
        let first = bytes.byte(offset)
        if first < 0x80 {
            offset &+= 1
            guard first >= 8 else { throw .malformed }
            return UInt32(first)
        }
        guard let tag = UInt32(exactly: try longVarint(bytes)), tag >= 8 else { throw .malformed }
        return tag
    }

    /// A varint; ten bytes at most, bits beyond 64 are dropped as protobuf's own readers do.
    @inline(__always)
    mutating func varint(_ bytes: RawSpan) throws(ProtobufError) -> UInt64 {
        guard offset < end else { throw .malformed }
        let first = bytes.byte(offset)
        if first < 0x80 {
            offset &+= 1
            return UInt64(first)
        }
        if end &- offset >= 2 {
            // Two bytes: nearly all lengths of spans, and ports.
            let second = bytes.byte(offset &+ 1)
            if second < 0x80 {
                offset &+= 2
                return UInt64(first & 0x7f) | UInt64(second) &<< 7
            }
            if end &- offset >= 3 {
                // Three: lengths of resources, and most ports of callers.
                let third = bytes.byte(offset &+ 2)
                if third < 0x80 {
                    offset &+= 3
                    return UInt64(first & 0x7f) | UInt64(second & 0x7f) &<< 7 | UInt64(third) &<< 14
                }
            }
        }
        return try longVarint(bytes)
    }

    /// A sub-message, text or byte string: a cursor over it. This cursor moves behind it.
    @inline(__always)
    mutating func message(_ bytes: RawSpan) throws(ProtobufError) -> ProtobufCursor {
        let length = try varint(bytes)
        guard length <= UInt64(truncatingIfNeeded: end &- offset) else { throw .malformed }
        let start = offset
        offset &+= Int(truncatingIfNeeded: length)
        return ProtobufCursor(offset: start, end: offset)
    }

    @inline(__always)
    mutating func fixed64(_ bytes: RawSpan) throws(ProtobufError) -> UInt64 {
        guard end &- offset >= 8 else { throw .malformed }
        let value = bytes.word(offset)
        offset &+= 8
        return value
    }

    /// Passes over the value of a field that nobody wants.
    @inline(__always)
    mutating func skip(_ tag: UInt32, _ bytes: RawSpan) throws(ProtobufError) {
        switch tag & 7 {
        case 2: _ = try message(bytes)
        case 0: _ = try varint(bytes)
        case 1: try advance(8)
        case 5: try advance(4)
        case 3: try skipGroup(tag, bytes)
        default: throw .malformed
        }
    }

    /// Eight bytes of an id, the first one highest; for cursors over a byte string.
    func bigEndian64(_ bytes: RawSpan, at place: Int = 0) -> UInt64 {
        count >= place + 8 ? bytes.word(offset &+ place).byteSwapped : 0
    }

    /// The text of a message of just two fields in their usual form: text 1 of fewer than 128 bytes, then one more of
    /// fewer than 16,384 that ends the message. Nil for any other form, which says nothing about the message.
    @inline(__always)
    func shortText(_ bytes: RawSpan, followedBy tag: UInt8) -> ProtobufCursor? {
        guard count >= 4, bytes.byte(offset) == 0x0a else { return nil }
        let length = Int(bytes.byte(offset &+ 1))
        let next = offset &+ 2 &+ length
        guard length < 0x80, next &+ 2 <= end, bytes.byte(next) == tag else { return nil }
        var rest = Int(bytes.byte(next &+ 1))
        var content = next &+ 2
        if rest >= 0x80 {
            guard content < end, bytes.byte(content) < 0x80 else { return nil }
            rest = rest & 0x7f | Int(bytes.byte(content)) &<< 7
            content &+= 1
        }
        return content &+ rest == end ? ProtobufCursor(offset: offset &+ 2, end: next) : nil
    }

    private mutating func advance(_ count: Int) throws(ProtobufError) {
        guard end &- offset >= count else { throw .malformed }
        offset &+= count
    }

    @inline(never)
    private mutating func longVarint(_ bytes: RawSpan) throws(ProtobufError) -> UInt64 {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while offset < end, shift < 70 {
            let byte = bytes.byte(offset)
            offset &+= 1
            value |= UInt64(byte & 0x7f) << shift
            if byte < 0x80 { return value }
            shift &+= 7
        }
        throw .malformed
    }

    /// Groups end with a tag of their own number; those inside must end first.
    @inline(never)
    private mutating func skipGroup(_ tag: UInt32, _ bytes: RawSpan) throws(ProtobufError) {
        var open = [tag]
        while let outer = open.last {
            guard let inner = try self.tag(bytes) else { throw .malformed }
            switch inner & 7 {
            case 3:
                guard open.count < Self.maximumGroupDepth else { throw .malformed }
                open.append(inner)
            case 4:
                guard inner >> 3 == outer >> 3 else { throw .malformed }
                open.removeLast()
            default: try skip(inner, bytes)
            }
        }
    }
}
