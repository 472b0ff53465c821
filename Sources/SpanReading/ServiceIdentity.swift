import SpanModel

/// Which service a resource is: the values of the job's identity attributes, joined by `/`; shared by all readers.
///
/// The last value of a repeated key wins; missing and empty ones are left out. Storage is reused.
struct ServiceIdentity {
    private let keys: [[UInt8]]
    /// One bit for each length that a key has; those beyond 62 share one.
    private let lengths: UInt64
    /// What was taken since the last resource, one text behind the other.
    private var texts: [UInt8] = []
    /// By key; where its value is among the texts.
    private var values: [Range<Int>]
    private var joined: [UInt8] = []

    init(_ settings: ReadingSettings) {
        keys = settings.identity.map { Array($0.utf8) }
        lengths = keys.reduce(0) { $0 | Self.bit($1.count) }
        values = Array(repeating: 0..<0, count: keys.count)
    }

    /// Forgets the last resource.
    mutating func reset() {
        guard !texts.isEmpty else { return }
        texts.removeAll(keepingCapacity: true)
        for index in values.indices { values[index] = 0..<0 }
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
    mutating func set(_ place: Int, _ bytes: RawSpan, _ start: Int, _ end: Int) {
        set(place) { texts in
            bytes.extracting(start..<max(start, end)).withUnsafeBytes { texts.append(contentsOf: $0) }
        }
    }

    /// Takes what `append` adds as the value at a place: for texts that are not in the bytes as they should read.
    @inline(__always)
    mutating func set(_ place: Int, append: (inout [UInt8]) -> Void) {
        let start = texts.count
        append(&texts)
        values[place] = start..<max(start, texts.count)
    }

    /// String id of the service; zero when nothing names it.
    mutating func name(_ names: inout NameTable) -> UInt32 {
        var (first, named) = (0..<0, 0)
        for value in values.reversed() where !value.isEmpty { (first, named) = (value, named + 1) }
        if named == 0 { return 0 }
        if named == 1 { return names.string(texts.span.bytes.extracting(first)) }
        joined.removeAll(keepingCapacity: true)
        for value in values where !value.isEmpty {
            if !joined.isEmpty { joined.append(0x2f) }
            joined.append(contentsOf: texts[value])
        }
        return names.string(joined.span.bytes)
    }
}
