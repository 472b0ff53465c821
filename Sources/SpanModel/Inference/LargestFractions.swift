/// For each family the largest fractions of the ids that were added; each once, the largest first.
///
/// A function of the set of ids, whatever the order. A slot that holds zero is empty.
struct LargestFractions: Sendable {
    /// Fractions kept per family.
    let limit: Int
    /// Family after family.
    private(set) var slots: [UInt64]
    /// Of each family the least that is kept, zero while there is room: together, for nearly all ids are kept out by it.
    private var bars = TraceIDFamily.Fractions(repeating: 0)

    init(limit: Int) {
        self.limit = limit
        slots = [UInt64](repeating: 0, count: limit * TraceIDFamily.count)
    }

    /// - Parameter fractions: of every family, by raw value; a span, for a copy would be made to look at each.
    mutating func add(_ fractions: Span<UInt64>) {
        for family in fractions.indices where fractions[family] > bars[family] { place(fractions[family], family) }
    }

    mutating func merge(_ other: LargestFractions) {
        for family in TraceIDFamily.allCases {
            let index = Int(family.rawValue)
            for fraction in other[family] where fraction > bars[index] { place(fraction, index) }
        }
    }

    /// The fractions of a family, the largest first.
    subscript(family: TraceIDFamily) -> ArraySlice<UInt64> {
        let start = Int(family.rawValue) * limit
        return slots[start..<start + limit].prefix { $0 > 0 }
    }

    /// - Parameters:
    ///   - fraction: above the family's bar.
    ///   - family: its raw value.
    private mutating func place(_ fraction: UInt64, _ family: Int) {
        let last = family * limit + limit - 1
        var (lower, upper) = (last + 1 - limit, last)
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
        bars[family] = slots[last]
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
            bars[Int(family.rawValue)] = slots[Int(family.rawValue) * limit + limit - 1]
        }
    }
}

extension LargestFractions: Hashable {
    static func == (a: LargestFractions, b: LargestFractions) -> Bool { a.limit == b.limit && a.slots == b.slots }

    func hash(into hasher: inout Hasher) {
        hasher.combine(limit)
        hasher.combine(slots)
    }
}
