/// Strings and operations as small numbers, for one worker.
///
/// Ids count up from zero in the order of first appearance; string 0 is empty, operation 0 has neither
/// service nor name. Hashing is seeded at random per table, so hostile names cannot aim for collisions
/// and nothing may depend on the order inside.
///
/// - Complexity: look-ups are O(length) and allocate only when a name is new.
public struct NameTable: Sendable {
    /// Longer names are cut at the last whole character within this many bytes.
    public static let maximumNameBytes = 4096

    private var arena: [UInt8] = []
    /// Start of string i in the arena; one more entry than strings.
    private var starts: [UInt32] = [0, 0]
    private var stringSlots: [UInt32]
    private var operationSlots: [UInt32]
    private let seed: UInt64

    /// Service and span name of each operation, as string ids.
    public private(set) var operations: [Operation] = [Operation(service: 0, name: 0)]

    /// A service's span name.
    @frozen
    public struct Operation: Hashable, Sendable {
        public var service: UInt32
        public var name: UInt32

        @inlinable
        public init(service: UInt32, name: UInt32) {
            self.service = service
            self.name = name
        }
    }

    /// An empty table; `seed` is for tests that want to show that the order does not matter.
    public init(seed: UInt64 = .random(in: 0...(.max))) {
        self.seed = seed | 1
        stringSlots = Array(repeating: 0, count: 1024)
        operationSlots = Array(repeating: 0, count: 1024)
    }

    /// Number of strings, the empty one included.
    public var stringCount: Int { starts.count - 1 }

    /// Bytes of storage in use, for the memory budget.
    public var memoryBytes: Int {
        arena.capacity + 4 * (starts.capacity + stringSlots.count + operationSlots.count) + 8 * operations.capacity
    }

    /// The id of these bytes, new or known.
    public mutating func string(_ bytes: RawSpan) -> UInt32 {
        bytes.withUnsafeBytes { string($0) }
    }

    /// The id of this text, new or known; for names that are not in the archive.
    public mutating func string(_ text: String) -> UInt32 {
        var text = text
        return text.withUTF8 { string(UnsafeRawBufferPointer($0)) }
    }

    /// The id of these bytes, new or known.
    public mutating func string(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
        let name = Self.cut(bytes)
        guard !name.isEmpty else { return 0 }
        let mask = stringSlots.count - 1
        var slot = Int(truncatingIfNeeded: hash(name)) & mask
        while true {
            let id = stringSlots[slot]
            if id == 0 { break }
            if equal(Int(id), name) { return id }
            slot = (slot + 1) & mask
        }
        // A table is sealed by its owner long before 2³² names or bytes; names beyond read as empty.
        guard starts.count < Int(UInt32.max), arena.count + name.count < Int(UInt32.max) else { return 0 }
        let id = UInt32(stringCount)
        arena.append(contentsOf: name)
        starts.append(UInt32(arena.count))
        stringSlots[slot] = id
        if stringCount * 2 > stringSlots.count { growStrings() }
        return id
    }

    /// The id of a service's span name, new or known.
    public mutating func operation(service: UInt32, name: UInt32) -> UInt32 {
        if service | name == 0 { return 0 }
        let operation = Operation(service: service, name: name)
        let mask = operationSlots.count - 1
        var slot = Int(truncatingIfNeeded: hash(operation)) & mask
        while true {
            let id = operationSlots[slot]
            if id == 0 { break }
            if operations[Int(id)] == operation { return id }
            slot = (slot + 1) & mask
        }
        let id = UInt32(operations.count)
        operations.append(operation)
        operationSlots[slot] = id
        if operations.count * 2 > operationSlots.count { growOperations() }
        return id
    }

    /// The text of a string id; empty for an unknown id. Invalid UTF-8 is repaired.
    public func text(_ id: UInt32) -> String {
        guard Int(id) < stringCount else { return "" }
        return String(decoding: bytes(id), as: UTF8.self)
    }

    /// The bytes of a string id, valid as long as the table.
    public func bytes(_ id: UInt32) -> ArraySlice<UInt8> {
        guard Int(id) < stringCount else { return [] }
        return arena[Int(starts[Int(id)])..<Int(starts[Int(id) + 1])]
    }

    private static func cut(_ bytes: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        guard bytes.count > maximumNameBytes else { return bytes }
        var end = maximumNameBytes
        while end > 0, bytes[end] & 0xc0 == 0x80 { end -= 1 }
        return UnsafeRawBufferPointer(rebasing: bytes[..<end])
    }

    private func equal(_ id: Int, _ name: UnsafeRawBufferPointer) -> Bool {
        let start = Int(starts[id])
        guard Int(starts[id + 1]) - start == name.count else { return false }
        return arena.withUnsafeBytes { all in
            guard name.count >= 8 else {
                for offset in 0..<name.count where all[start + offset] != name[offset] { return false }
                return true
            }
            // The last eight bytes may overlap those before.
            var offset = 0
            while true {
                let known = all.loadUnaligned(fromByteOffset: start + offset, as: UInt64.self)
                if known != name.loadUnaligned(fromByteOffset: offset, as: UInt64.self) { return false }
                if offset + 8 >= name.count { return true }
                offset = min(offset + 8, name.count - 8)
            }
        }
    }

    @inline(__always)
    private func hash(_ name: UnsafeRawBufferPointer) -> UInt64 {
        let count = name.count
        var state = seed ^ UInt64(truncatingIfNeeded: count)
        var offset = 0
        while offset + 8 < count {
            state = folded(state ^ name.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
            offset += 8
        }
        return folded(state ^ Self.tail(name))
    }

    @inline(__always)
    private func folded(_ value: UInt64) -> UInt64 { foldedProduct(value, seed) }

    /// The last eight bytes, or all of a shorter text in an order of their own.
    @inline(__always)
    private static func tail(_ name: UnsafeRawBufferPointer) -> UInt64 {
        let count = name.count
        if count >= 8 { return name.loadUnaligned(fromByteOffset: count - 8, as: UInt64.self) }
        if count >= 4 {
            let first = name.loadUnaligned(as: UInt32.self)
            return UInt64(first) << 32 | UInt64(name.loadUnaligned(fromByteOffset: count - 4, as: UInt32.self))
        }
        if count == 0 { return 0 }
        return UInt64(name[0]) << 16 | UInt64(name[count / 2]) << 8 | UInt64(name[count - 1])
    }

    private func hash(_ operation: Operation) -> UInt64 {
        folded((UInt64(operation.service) << 32 | UInt64(operation.name)) ^ ~seed)
    }

    private mutating func growStrings() {
        var slots = [UInt32](repeating: 0, count: stringSlots.count * 2)
        let mask = slots.count - 1
        for id in 1..<stringCount {
            var slot = bytes(UInt32(id)).withUnsafeBytes { Int(truncatingIfNeeded: hash($0)) & mask }
            while slots[slot] != 0 { slot = (slot + 1) & mask }
            slots[slot] = UInt32(id)
        }
        stringSlots = slots
    }

    private mutating func growOperations() {
        var slots = [UInt32](repeating: 0, count: operationSlots.count * 2)
        let mask = slots.count - 1
        for id in 1..<operations.count {
            var slot = Int(truncatingIfNeeded: hash(operations[id])) & mask
            while slots[slot] != 0 { slot = (slot + 1) & mask }
            slots[slot] = UInt32(id)
        }
        operationSlots = slots
    }
}
