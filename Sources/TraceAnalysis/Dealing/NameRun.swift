internal import SpanModel

/// The names of one worker's table that records use, with how many records use each: a sorted sequence of
/// entries in bytes, which can be merged with others as a stream, spilled, and sent in frames.
///
/// An entry is: id (u32), count (u64), role (u8), lengths of two texts (u16 each), the texts; little endian.
/// Operations have the texts service and span name; names have one text and an empty one.
/// Entries strictly ascend by (first text, second text) in byte order.
enum NameRun {
    static let headBytes = 17
    /// A table is sealed before its ids reach this.
    static let idLimit = 1 << 26

    /// What a name is used for; services are kept before names that are only peers or destinations.
    enum Role {
        static let other: UInt8 = 0
        static let service: UInt8 = 1
    }

    /// Both runs of a table.
    static func make(_ table: NameTable, _ counts: NameCounts) -> (names: [UInt8], operations: [UInt8]) {
        let services = serviceCounts(table, counts)
        let strings = ranked(table)
        var names: [UInt8] = []
        for id in strings.order {
            let count = services[Int(id)].addingSaturating(counts.names[Int(id)])
            guard count > 0 else { continue }
            let role = services[Int(id)] > 0 ? Role.service : Role.other
            append(id, count, role, table.bytes(id), [], to: &names)
        }
        var used = counts.operations.indices.filter { $0 > 0 && counts.operations[$0] > 0 }.map(UInt32.init)
        used.sort {
            let (a, b) = (table.operations[Int($0)], table.operations[Int($1)])
            let (serviceA, serviceB) = (strings.rank[Int(a.service)], strings.rank[Int(b.service)])
            return serviceA != serviceB
                ? serviceA < serviceB : strings.rank[Int(a.name)] < strings.rank[Int(b.name)]
        }
        var operations: [UInt8] = []
        for id in used {
            let operation = table.operations[Int(id)]
            let (service, name) = (table.bytes(operation.service), table.bytes(operation.name))
            append(id, counts.operations[Int(id)], Role.other, service, name, to: &operations)
        }
        return (names, operations)
    }

    private static func serviceCounts(_ table: NameTable, _ counts: NameCounts) -> [UInt64] {
        var services = [UInt64](repeating: 0, count: table.stringCount)
        for (operation, count) in zip(table.operations, counts.operations) where operation.service != 0 {
            services[Int(operation.service)] += count
        }
        return services
    }

    /// All strings but the empty one in byte order, and each string's place in it.
    private static func ranked(_ table: NameTable) -> (order: [UInt32], rank: [UInt32]) {
        // Most names differ in the first eight bytes; comparing those as a number spares the rest.
        var keyed = (1..<UInt32(max(table.stringCount, 1))).map { (prefix: prefix(table.bytes($0)), id: $0) }
        keyed.sort {
            $0.prefix != $1.prefix
                ? $0.prefix < $1.prefix : table.bytes($0.id).lexicographicallyPrecedes(table.bytes($1.id))
        }
        var rank = [UInt32](repeating: 0, count: table.stringCount)
        for (place, entry) in keyed.enumerated() { rank[Int(entry.id)] = UInt32(place + 1) }
        return (keyed.map(\.id), rank)
    }

    private static func prefix(_ bytes: ArraySlice<UInt8>) -> UInt64 {
        var value: UInt64 = 0
        for byte in bytes.prefix(8) { value = value << 8 | UInt64(byte) }
        return bytes.count < 8 ? value << UInt64(8 * (8 - bytes.count)) : value
    }

    private static func append(
        _ id: UInt32, _ count: UInt64, _ role: UInt8, _ first: ArraySlice<UInt8>, _ second: ArraySlice<UInt8>,
        to bytes: inout [UInt8]
    ) {
        bytes.append(littleEndian: id)
        bytes.append(littleEndian: count)
        bytes.append(role)
        bytes.append(littleEndian: UInt16(truncatingIfNeeded: first.count))
        bytes.append(littleEndian: UInt16(truncatingIfNeeded: second.count))
        bytes.append(contentsOf: first)
        bytes.append(contentsOf: second)
    }
}

/// How many records use each id of a name table.
struct NameCounts: Sendable {
    var operations: [UInt64] = []
    /// By string id: uses as peer or destination.
    var names: [UInt64] = []

    /// Makes room for all ids of the table.
    mutating func cover(_ table: NameTable) {
        grow(&operations, to: table.operations.count)
        grow(&names, to: table.stringCount)
    }

    /// Counts what spans use; the table is covered.
    mutating func add(_ spans: [SpanRecord]) { Self.add(spans, to: &operations, &names) }

    private static func add(_ spans: [SpanRecord], to operations: inout [UInt64], _ names: inout [UInt64]) {
        var operationCounts = operations.mutableSpan
        var nameCounts = names.mutableSpan
        for index in spans.indices {
            let (peer, destination) = (spans[index].peer, spans[index].destination)
            operationCounts[Int(spans[index].operation)] &+= 1
            if peer != 0 { nameCounts[Int(peer)] &+= 1 }
            if destination != 0 { nameCounts[Int(destination)] &+= 1 }
        }
    }

    /// Counts what links use; the table is covered.
    mutating func add(_ links: [LinkRecord]) {
        for link in links {
            operations[Int(link.operation)] &+= 1
            if link.destination != 0 { names[Int(link.destination)] &+= 1 }
        }
    }

    var memoryBytes: Int { 8 * (operations.capacity + names.capacity) }

    private func grow(_ counts: inout [UInt64], to count: Int) {
        guard counts.count < count else { return }
        counts.append(contentsOf: repeatElement(0, count: count - counts.count))
    }
}

extension UInt64 {
    /// The sum, or the greatest value where it does not fit.
    func addingSaturating(_ other: UInt64) -> UInt64 {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? .max : sum
    }
}

extension [UInt8] {
    /// Appends the bytes of an integer, least significant first.
    mutating func append<Integer: FixedWidthInteger>(littleEndian value: Integer) {
        var rest = value
        for _ in 0..<Integer.bitWidth / 8 {
            append(UInt8(truncatingIfNeeded: rest))
            rest >>= 8
        }
    }
}
