internal import CZstd

/// What the first bytes of zstd frames tell (RFC 8878, section 3.1.1).
public enum ZstdFrameHeader {
    /// Whether these bytes begin a frame or a skippable frame.
    public static func begins(_ bytes: RawSpan) -> Bool {
        guard bytes.byteCount >= 4 else { return false }
        let magic = UInt32(littleEndian: bytes.unsafeLoadUnaligned(fromByteOffset: 0, as: UInt32.self))
        return magic == 0xfd2f_b528 || magic & 0xffff_fff0 == 0x184d_2a50
    }

    /// Bytes that any frame's header has at most, its magic number included.
    public static let maximumBytes = 18

    /// Decompressed bytes of a frame, by its header; nil where that does not say so or is not all here, and for a skippable frame.
    public static func contentBytes(_ frame: RawSpan) -> UInt64? {
        guard begins(frame), frame.unsafeLoad(fromByteOffset: 0, as: UInt8.self) == 0x28 else { return nil }
        let size = frame.withUnsafeBytes { ZSTD_getFrameContentSize($0.baseAddress, $0.count) }
        // The two highest values mean "not said" and "not a frame".
        return size < .max - 1 ? size : nil
    }

    /// Bytes of the frame that begins here, by its blocks' headers; nil where it is not all here, or broken.
    ///
    /// - Complexity: O(blocks).
    public static func frameBytes(_ bytes: RawSpan) -> Int? {
        let size = bytes.withUnsafeBytes { ZSTD_findFrameCompressedSize($0.baseAddress, $0.count) }
        return ZSTD_isError(size) == 0 ? size : nil
    }

    /// What begins at some bytes.
    enum Kind: Equatable {
        /// More bytes are needed.
        case incomplete
        case frame(headerBytes: Int)
        case skippable(headerBytes: Int, contentBytes: UInt64)
    }

    /// What begins here, by the first bytes, any number of them; nil where that is no frame.
    static func kind(_ bytes: UnsafeRawBufferPointer) -> Kind? {
        let isFrame = bytes.prefix(4).elementsEqual([0x28, 0xb5, 0x2f, 0xfd].prefix(bytes.count))
        let isSkippable = bytes.prefix(4).enumerated().allSatisfy { index, byte in
            index == 0 ? byte & 0xf0 == 0x50 : byte == [0x2a, 0x4d, 0x18][index - 1]
        }
        guard isFrame || isSkippable else { return nil }
        if isFrame, bytes.count >= 5 {
            let headerBytes = ZSTD_frameHeaderSize(bytes.baseAddress, bytes.count)
            guard ZSTD_isError(headerBytes) == 0 else { return nil }
            return bytes.count >= headerBytes ? .frame(headerBytes: headerBytes) : .incomplete
        }
        guard !isFrame, bytes.count >= 8 else { return .incomplete }
        let size = bytes.loadUnaligned(fromByteOffset: 4, as: UInt32.self)
        return .skippable(headerBytes: 8, contentBytes: UInt64(UInt32(littleEndian: size)))
    }

    /// The window a frame asks for; nil when these bytes do not hold its header.
    static func windowBytes(_ bytes: UnsafeRawBufferPointer) -> UInt64? {
        guard bytes.count >= 6, bytes.loadUnaligned(as: UInt32.self) == UInt32(littleEndian: 0xfd2f_b528) else {
            return nil
        }
        let descriptor = bytes[4]
        guard descriptor & 0x20 != 0 else {
            let base = UInt64(1) << (10 + UInt64(bytes[5] >> 3))
            return base + base / 8 * UInt64(bytes[5] & 7)
        }
        // A single segment has no window byte: its window is its content.
        let dictionaryBytes = [0, 1, 2, 4][Int(descriptor & 3)]
        let sizeBytes = [1, 2, 4, 8][Int(descriptor >> 6)]
        guard bytes.count >= 5 + dictionaryBytes + sizeBytes else { return nil }
        var size: UInt64 = 0
        for index in (0..<sizeBytes).reversed() { size = size << 8 | UInt64(bytes[5 + dictionaryBytes + index]) }
        return sizeBytes == 2 ? size + 256 : size
    }
}
