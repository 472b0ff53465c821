/// How numbers and texts are written.
extension UInt64 {
    var decimalWidth: Int {
        var (width, limit) = (1, UInt64(10))
        while self >= limit, width < 19 {
            width += 1
            limit &*= 10
        }
        return self >= 10_000_000_000_000_000_000 ? 20 : width
    }

    var varintWidth: Int { Swift.max(1, (70 - (self | 1).leadingZeroBitCount) / 7) }
}

extension [UInt8] {
    mutating func append(varint value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        append(UInt8(truncatingIfNeeded: rest))
    }

    mutating func append(decimal value: UInt64) {
        let width = value.decimalWidth
        var (rest, place) = (value, count + width)
        append(contentsOf: repeatElement(0, count: width))
        for _ in 0..<width {
            place -= 1
            self[place] = 48 + UInt8(truncatingIfNeeded: rest % 10)
            rest /= 10
        }
    }

    mutating func append(bigEndian value: UInt64) {
        Swift.withUnsafeBytes(of: value.bigEndian) { append(contentsOf: $0) }
    }

    mutating func append(littleEndian value: UInt64) {
        Swift.withUnsafeBytes(of: value.littleEndian) { append(contentsOf: $0) }
    }

    mutating func append(hex value: UInt64) {
        for shift in stride(from: 60, through: 0, by: -4) {
            let digit = UInt8(truncatingIfNeeded: value >> UInt64(shift)) & 15
            append(digit < 10 ? 48 + digit : 87 + digit)
        }
    }

    mutating func append(_ text: StaticString) {
        append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }
}
