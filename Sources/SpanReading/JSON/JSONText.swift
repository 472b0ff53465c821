extension JSONText {
    /// Appends the text as it reads, escapes resolved; half surrogates read as U+FFFD.
    func append(to target: inout [UInt8], _ bytes: RawSpan) {
        var offset = start
        while offset < end {
            let byte = bytes.byte(offset)
            guard byte == 0x5c, offset + 1 < end else {
                target.append(byte)
                offset += 1
                continue
            }
            switch bytes.byte(offset + 1) {
            case 0x62: target.append(0x08)
            case 0x66: target.append(0x0c)
            case 0x6e: target.append(0x0a)
            case 0x72: target.append(0x0d)
            case 0x74: target.append(0x09)
            case 0x75:
                offset = appendCharacter(at: offset, to: &target, bytes)
                continue
            case let plain: target.append(plain)
            }
            offset += 2
        }
    }

    /// Appends the character of the `\u` escape at an offset, with its second half where it has one.
    ///
    /// - Returns: the offset behind it.
    private func appendCharacter(at offset: Int, to target: inout [UInt8], _ bytes: RawSpan) -> Int {
        guard let first = unit(at: offset, bytes) else { return end }
        var scalar = UInt32(first)
        var next = offset + 6
        if (0xd800...0xdbff).contains(first), let second = unit(at: next, bytes), (0xdc00...0xdfff).contains(second) {
            scalar = 0x10000 + (UInt32(first) - 0xd800) << 10 + (UInt32(second) - 0xdc00)
            next += 6
        }
        let character = Unicode.Scalar(scalar) ?? "\u{fffd}"
        target.append(contentsOf: UTF8.encode(character) ?? UTF8.encodedReplacementCharacter)
        return next
    }

    /// The UTF-16 unit of an escape `\uXXXX`; nil where none stands.
    private func unit(at offset: Int, _ bytes: RawSpan) -> UInt16? {
        guard offset + 6 <= end, bytes.byte(offset) == 0x5c, bytes.byte(offset + 1) == 0x75 else { return nil }
        var value: UInt16 = 0
        for index in 2..<6 { value = value << 4 | UInt16(Hexadecimal.digit(bytes.byte(offset + index)) & 15) }
        return value
    }
}
