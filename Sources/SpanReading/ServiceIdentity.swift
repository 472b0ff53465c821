import SpanModel

/// Which service a resource is: the values of the job's identity attributes, joined by `/`; shared by all readers.
///
/// The last value of a repeated key wins; missing and empty ones are left out. Storage is reused.
struct ServiceIdentity {
    private let keys: [[UInt8]]
    /// One bit for each length that a key has; those beyond 62 share one.
    private let lengths: UInt64
    /// By key; where its value is.
    private var values: [Value]
    /// Whether any is.
    private var hasValue = false
    /// Texts that are not in the bytes as they should read, one behind the other.
    private var texts: [UInt8] = []
    private var joined: [UInt8] = []

    private struct Value {
        var range = 0..<0
        /// Among the texts, not in the bytes.
        var isOwn = false
    }

    init(_ settings: ReadingSettings) {
        keys = settings.identity.map { Array($0.utf8) }
        lengths = keys.reduce(0) { $0 | Self.bit($1.count) }
        values = Array(repeating: Value(), count: keys.count)
    }

    /// Forgets the last resource.
    mutating func reset() {
        guard hasValue else { return }
        hasValue = false
        for index in values.indices { values[index] = Value() }
        if !texts.isEmpty { texts.removeAll(keepingCapacity: true) }
    }

    /// Place of the identity attribute whose key is `start..<end` of the bytes; nil for all other keys.
    @inline(__always)
    func place(_ bytes: RawSpan, _ start: Int, _ end: Int) -> Int? {
        // Most attributes of a resource name something else.
        lengths & Self.bit(end &- start) == 0 ? nil : search(bytes, start, end)
    }

    @inline(__always)
    private static func bit(_ length: Int) -> UInt64 { 1 &<< UInt64(truncatingIfNeeded: min(max(length, 0), 63)) }

    @inline(never)
    private func search(_ bytes: RawSpan, _ start: Int, _ end: Int) -> Int? {
        keys.firstIndex { key in
            guard key.count == end - start else { return false }
            for index in key.indices where key[index] != bytes.byte(start + index) { return false }
            return true
        }
    }

    /// Takes the text `start..<end` of the bytes as the value at a place.
    mutating func set(_ place: Int, _ start: Int, _ end: Int) {
        values[place] = Value(range: start..<max(start, end))
        hasValue = true
    }

    /// Takes what `append` adds as the value at a place: for texts that are not in the bytes as they should read.
    @inline(__always)
    mutating func set(_ place: Int, append: (inout [UInt8]) -> Void) {
        let start = texts.count
        append(&texts)
        values[place] = Value(range: start..<max(start, texts.count), isOwn: true)
        hasValue = true
    }

    /// String id of the service; zero when nothing names it.
    ///
    /// - Parameter bytes: that the values were set from.
    mutating func name(_ bytes: RawSpan, _ names: inout NameTable) -> UInt32 {
        var (first, named) = (Value(), 0)
        for value in values.reversed() where !value.range.isEmpty { (first, named) = (value, named + 1) }
        if named == 0 { return 0 }
        if named == 1 {
            if first.isOwn { return names.string(texts.span.bytes.extracting(first.range)) }
            return names.string(bytes.extracting(first.range))
        }
        joined.removeAll(keepingCapacity: true)
        for value in values where !value.range.isEmpty {
            if !joined.isEmpty { joined.append(0x2f) }
            if value.isOwn {
                joined.append(contentsOf: texts[value.range])
            } else {
                bytes.extracting(value.range).withUnsafeBytes { joined.append(contentsOf: $0) }
            }
        }
        return names.string(joined.span.bytes)
    }
}
