internal import SpanModel

/// The store's blobs are made of the same numbers as encoded sketches; strings have their length in front.
extension VarintWriter {
    mutating func append(_ text: String) {
        append(text.utf8.count)
        append(contentsOf: text.utf8)
    }

    /// The exact bits.
    mutating func append(_ number: Double) {
        for shift in stride(from: 0, to: 64, by: 8) {
            append(contentsOf: CollectionOfOne(UInt8(truncatingIfNeeded: number.bitPattern >> UInt64(shift))))
        }
    }

    mutating func append(_ sums: WeightedSums) {
        append(sums.s1)
        append(sums.s2)
        append(sums.s3)
    }
}

extension VarintReader {
    mutating func text() throws(Failure) -> String {
        guard let text = String(validating: try slice(try count()), as: UTF8.self) else {
            throw failure("a text is not UTF-8")
        }
        return text
    }

    mutating func double() throws(Failure) -> Double {
        Double(bitPattern: try slice(8).reversed().reduce(0) { $0 << 8 | UInt64($1) })
    }

    mutating func sums() throws(Failure) -> WeightedSums {
        WeightedSums(s1: try wide(), s2: try wide(), s3: try wide())
    }
}

/// Trace ids as 16 bytes each.
enum TraceIDCoding {
    static func bytes(_ ids: [TraceID]) -> [UInt8] {
        ids.flatMap { id in [id.high, id.low].flatMap { half in withUnsafeBytes(of: half.bigEndian) { Array($0) } } }
    }

    /// Nil unless the bytes are whole ids.
    static func ids(_ bytes: [UInt8]) -> [TraceID]? {
        guard bytes.count % 16 == 0 else { return nil }
        return stride(from: 0, to: bytes.count, by: 16).map { start in
            func half(_ offset: Int) -> UInt64 {
                bytes[(start + offset)..<(start + offset + 8)].reduce(0) { $0 << 8 | UInt64($1) }
            }
            return TraceID(high: half(0), low: half(8))
        }
    }
}
