/// For each family the largest fractions of the ids that were added; each once, the largest first.
///
/// A function of the set of ids, whatever the order. A slot that holds zero is empty.
struct LargestFractions: Hashable, Sendable {
    /// Fractions kept per family.
    let limit: Int
    /// Family after family.
    private(set) var slots: [UInt64]

    init(limit: Int) {
        self.limit = limit
        slots = [UInt64](repeating: 0, count: limit * TraceIDFamily.count)
    }

    mutating func add(_ fractions: TraceIDFamily.Fractions) {
        for family in fractions.indices { insert(fractions[family], family) }
    }

    mutating func merge(_ other: LargestFractions) {
        for family in TraceIDFamily.allCases {
            for fraction in other[family] { insert(fraction, Int(family.rawValue)) }
        }
    }

    /// The fractions of a family, the largest first.
    subscript(family: TraceIDFamily) -> ArraySlice<UInt64> {
        let start = Int(family.rawValue) * limit
        return slots[start..<start + limit].prefix { $0 > 0 }
    }

    /// - Parameter family: its raw value.
    @inline(__always)
    private mutating func insert(_ fraction: UInt64, _ family: Int) {
        let last = family * limit + limit - 1
        guard fraction > slots[last] else { return }
        place(fraction, from: last + 1 - limit, to: last)
    }

    private mutating func place(_ fraction: UInt64, from first: Int, to last: Int) {
        var (lower, upper) = (first, last)
        while lower < upper {
            let middle = (lower + upper) / 2
            if slots[middle] > fraction { lower = middle + 1 } else { upper = middle }
        }
        guard slots[lower] != fraction else { return }
        slots.withUnsafeMutableBufferPointer { slots in
            // Moved by one: the least is dropped.
            _ = slots[lower + 1..<last + 1].update(fromContentsOf: slots[lower..<last])
            slots[lower] = fraction
        }
    }

    func encode(into writer: inout VarintWriter) {
        for family in TraceIDFamily.allCases {
            let fractions = self[family]
            writer.append(fractions.count)
            var before = UInt64.max
            for fraction in fractions {
                writer.append(before - fraction)
                before = fraction
            }
        }
    }

    init(decoding reader: inout VarintReader, limit: Int) throws(VarintReader.Failure) {
        self.init(limit: limit)
        for family in TraceIDFamily.allCases {
            let count = try reader.count()
            guard count <= limit else { throw reader.failure("more fractions than are kept") }
            var before = UInt64.max
            for index in 0..<count {
                let step = try reader.number()
                guard step < before, step > 0 || index == 0 else { throw reader.failure("fractions are out of order") }
                before -= step
                slots[Int(family.rawValue) * limit + index] = before
            }
        }
    }
}
