import Glibc

extension RawSpan {
    // The checks are written so that one who has just compared the same offset does not pay for them twice.

    /// The byte at an offset; checked.
    @inline(__always)
    func byte(_ offset: Int) -> UInt8 {
        precondition(offset >= 0 && offset < byteCount)
        return unsafeLoad(fromUncheckedByteOffset: offset, as: UInt8.self)
    }

    /// The eight bytes at an offset, the first one lowest; checked.
    @inline(__always)
    func word(_ offset: Int) -> UInt64 {
        precondition(offset >= 0 && offset &+ 8 <= byteCount)
        return uncheckedWord(offset)
    }

    /// The eight bytes at an offset, the first one lowest; the caller has compared `offset + 8` with the number of
    /// bytes.
    @inline(__always)
    func uncheckedWord(_ offset: Int) -> UInt64 {
        UInt64(littleEndian: unsafeLoadUnaligned(fromUncheckedByteOffset: offset, as: UInt64.self))
    }

    /// The two bytes at an offset, the first one lowest; the caller has compared `offset + 2` with the number of bytes.
    @inline(__always)
    func uncheckedTwo(_ offset: Int) -> UInt16 {
        UInt16(littleEndian: unsafeLoadUnaligned(fromUncheckedByteOffset: offset, as: UInt16.self))
    }

    /// The four bytes at an offset, the first one lowest; checked.
    @inline(__always)
    func four(_ offset: Int) -> UInt32 {
        precondition(offset >= 0 && offset &+ 4 <= byteCount)
        return uncheckedFour(offset)
    }

    /// The four bytes at an offset, the first one lowest; the caller has compared `offset + 4` with the number of bytes.
    @inline(__always)
    func uncheckedFour(_ offset: Int) -> UInt32 {
        UInt32(littleEndian: unsafeLoadUnaligned(fromUncheckedByteOffset: offset, as: UInt32.self))
    }

    /// The sixteen bytes at an offset, as signed numbers.
    ///
    /// Not checked again, for it is the innermost step of all scanning: the caller has compared `offset + 16` with the
    /// number of bytes.
    @inline(__always)
    func sixteen(_ offset: Int) -> SIMD16<Int8> {
        unsafeLoadUnaligned(fromUncheckedByteOffset: offset, as: SIMD16<Int8>.self)
    }

    /// The sixteen bytes at an offset as two words; the caller has compared `offset + 16` with the number of bytes.
    @inline(__always)
    func uncheckedPair(_ offset: Int) -> SIMD2<UInt64> {
        unsafeLoadUnaligned(fromUncheckedByteOffset: offset, as: SIMD2<UInt64>.self)
    }

    /// The first `count` (at most eight) bytes at an offset, the first one lowest, the rest zero; checked, but for none.
    @inline(__always)
    func word(_ offset: Int, count: Int) -> UInt64 {
        if count >= 8 { return word(offset) }
        if offset &+ 8 <= byteCount { return word(offset) & ((1 &<< UInt64(count &* 8)) &- 1) }
        // At the end of the bytes: the eight before it, without those before the offset. In two steps, for a shift by 64
        // would be none.
        if count > 0, offset &+ count >= 8 { return (word(offset &+ count &- 8) &>> 8) &>> UInt64(56 &- count &* 8) }
        return wordOfFew(offset, count)
    }

    @inline(never)
    private func wordOfFew(_ offset: Int, _ count: Int) -> UInt64 {
        var value: UInt64 = 0
        for index in 0..<count { value |= UInt64(byte(offset + index)) &<< UInt64(index &* 8) }
        return value
    }

    /// Whether these bytes are an ASCII text.
    func equals(_ text: StaticString) -> Bool {
        guard byteCount == text.utf8CodeUnitCount else { return false }
        return withUnsafeBytes { own in
            text.withUTF8Buffer { other in own.elementsEqual(other) }
        }
    }

    /// Whether these bytes are a text of at most eight lower-case letters, the case of letters aside.
    @inline(__always)
    func equalsFoldingCase(_ text: StaticString) -> Bool {
        let count = text.utf8CodeUnitCount
        guard byteCount == count, count <= 8 else { return false }
        var wanted: UInt64 = 0
        for index in 0..<count { wanted |= UInt64(text.utf8Start[index]) &<< UInt64(index &* 8) }
        // A letter and its capital differ in one bit, which is set in the wanted ones.
        let bits: UInt64 = 0x2020_2020_2020_2020 &>> UInt64((8 &- count) &* 8)
        return word(0, count: count) | bits == wanted
    }

    /// Offset of the first such byte, from `start` on.
    func firstOffset(of wanted: UInt8, from start: Int = 0) -> Int? {
        guard start >= 0, start < byteCount else { return nil }
        return withUnsafeBytes { bytes in
            guard let base = bytes.baseAddress, let found = memchr(base + start, Int32(wanted), bytes.count - start)
            else { return nil }
            return UnsafeRawPointer(found) - base
        }
    }

    /// Offset of the last such byte.
    func lastOffset(of wanted: UInt8) -> Int? {
        var offset = byteCount
        let pattern = SIMD16<Int8>(repeating: Int8(bitPattern: wanted))
        // The last line may be long: a cache line at a time, as long as there is none.
        while offset >= 64 {
            let (first, second) = (sixteen(offset &- 64) .== pattern, sixteen(offset &- 48) .== pattern)
            let (third, fourth) = (sixteen(offset &- 32) .== pattern, sixteen(offset &- 16) .== pattern)
            guard unsafeBitCast((first .| second) .| (third .| fourth), to: UInt128.self) == 0 else { break }
            offset &-= 64
        }
        while offset >= 16 {
            let found = unsafeBitCast(sixteen(offset &- 16) .== pattern, to: SIMD2<UInt64>.self)
            if found.y != 0 { return offset &- 1 &- (found.y.leadingZeroBitCount &>> 3) }
            if found.x != 0 { return offset &- 9 &- (found.x.leadingZeroBitCount &>> 3) }
            offset &-= 16
        }
        while offset > 0 {
            offset -= 1
            if byte(offset) == wanted { return offset }
        }
        return nil
    }
}

extension SIMD8<UInt16> {
    /// The low byte of each element, the first one lowest.
    ///
    /// Spelt out: the standard library's conversion is not always compiled in line.
    @inline(__always)
    var lowBytes: UInt64 {
        var bytes = SIMD8<UInt8>()
        for index in 0..<8 { bytes[index] = UInt8(truncatingIfNeeded: self[index]) }
        return UInt64(littleEndian: unsafeBitCast(bytes, to: UInt64.self))
    }
}
