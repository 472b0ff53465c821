import SpanModel

/// Gathers what a record needs of one span's attributes; shared by all readers.
///
/// A reader asks `key` for each attribute's key, hands over the values of the few wanted ones, and calls `finish`
/// once the rest of the record is filled. The last value of a repeated key wins. Storage is reused: nothing is
/// allocated per span. Texts are offsets into the window the reader works on, or were appended to `scratch`.
struct SpanAttributes {
    /// How tags other than names and weights are to be read.
    enum Dialect {
        /// Status and kind are fields of the span.
        case otlp
        /// Kind, status and tracestate are tags.
        case jaeger
        /// Any `error` tag but "false" is a failure.
        case zipkin
    }

    struct Value {
        enum Shape: UInt8 { case window, scratch, integer, boolean, number, other }
        var shape: Shape
        /// Start of a text, or the bits of a number.
        var first: Int
        /// End of a text.
        var end: Int

        /// A text that is not empty.
        @inline(__always)
        var isText: Bool { (shape == .window || shape == .scratch) && end > first }
    }

    let dialect: Dialect
    /// Keys with a value.
    var present: UInt64 = 0
    /// Texts that are not in the window as they should read.
    var scratch: [UInt8] = []
    /// By key; of those that are present. Set one by one with `set`, or by `readPlain` all in one access.
    var values = [Value](
        repeating: Value(shape: .other, first: 0, end: 0), count: AttributeKey.allCases.count)
    /// Made once: an archive may be as small as one span.
    private static let wantedKeys = KeyTable(
        AttributeKey.allCases.compactMap { key in key.text.map { ($0, key) } })
    let keys = Self.wantedKeys

    init(dialect: Dialect) {
        self.dialect = dialect
        scratch.reserveCapacity(1024)
    }

    /// Forgets the last span.
    @inline(__always)
    mutating func reset() {
        present = 0
        if !scratch.isEmpty { scratch.removeAll(keepingCapacity: true) }
    }

    /// The wanted key whose bytes are `start..<end` of the window.
    @inline(__always)
    func key(_ bytes: RawSpan, _ start: Int, _ end: Int) -> AttributeKey? { keys.key(bytes, start, end) }

    /// A text that stands in the window.
    mutating func set(_ key: AttributeKey, text start: Int, _ end: Int) {
        put(key, Value(shape: .window, first: start, end: end))
    }

    /// A text that `append` adds to the scratch bytes.
    mutating func set(_ key: AttributeKey, append: (inout [UInt8]) -> Void) {
        let start = scratch.count
        append(&scratch)
        put(key, Value(shape: .scratch, first: start, end: scratch.count))
    }

    mutating func set(_ key: AttributeKey, integer: Int64) {
        put(key, Value(shape: .integer, first: Int(integer), end: 0))
    }

    mutating func set(_ key: AttributeKey, boolean: Bool) {
        put(key, Value(shape: .boolean, first: boolean ? 1 : 0, end: 0))
    }

    mutating func set(_ key: AttributeKey, number: Double) {
        put(key, Value(shape: .number, first: Int(truncatingIfNeeded: number.bitPattern), end: 0))
    }

    /// A value that is empty, a list, bytes, …: present, but of no use.
    mutating func setOther(_ key: AttributeKey) {
        put(key, Value(shape: .other, first: 0, end: 0))
    }

    private mutating func put(_ key: AttributeKey, _ value: Value) {
        present |= key.bit
        values[Int(key.rawValue)] = value
    }

    /// Fills peer, destination, weight and flags of a record whose ids, kind and debug flag are set; in Jaeger's
    /// dialect also its kind.
    ///
    /// - Parameter bytes: the window that the texts were found in.
    @inline(__always)
    mutating func finish(_ bytes: RawSpan, into record: inout SpanRecord, names: inout NameTable) {
        guard present != 0 || record.flags.contains(.debug) else { return }
        if dialect == .jaeger, record.kind == .unset { record.kind = kind(bytes) }
        if dialect != .otlp || has(.error) { setErrorFlags(bytes, &record) }
        if present & Self.weightKeys != 0 || record.flags.contains(.debug) { setWeight(bytes, &record) }
        setNames(bytes, &record, &names)
    }

    @inline(__always)
    func has(_ key: AttributeKey) -> Bool { present & key.bit != 0 }

    /// The value of a key; nil when absent.
    func value(_ key: AttributeKey) -> Value? {
        has(key) ? values[Int(key.rawValue)] : nil
    }

    /// Lends the bytes of a non-empty text; nil when the value is absent, empty or no text.
    func withText<R>(_ key: AttributeKey, _ bytes: RawSpan, _ body: (RawSpan) -> R) -> R? {
        guard let value = value(key), value.isText else { return nil }
        let range = value.first..<value.end
        return body(value.shape == .window ? bytes.extracting(range) : scratch.span.bytes.extracting(range))
    }

    /// A number given as such, as a text, or as true or false.
    func number(_ key: AttributeKey, _ bytes: RawSpan) -> Double? {
        guard let value = value(key) else { return nil }
        switch value.shape {
        case .integer, .boolean: return Double(value.first)
        case .number: return Double(bitPattern: UInt64(truncatingIfNeeded: value.first))
        case .other: return nil
        case .window, .scratch:
            return withText(key, bytes) { text in
                text.equals("true") ? 1 : DecimalText.number(text)
            } ?? nil
        }
    }
}
