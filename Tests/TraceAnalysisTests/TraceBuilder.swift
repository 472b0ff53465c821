import SpanModel

@testable import TraceAnalysis

/// Traces drawn as text, the way the linking rules draw them.
///
///     C a > I a > S b!          a client of a above a local span above a failed server of b
///     C a > (C a "t", S b)      two children
///     C a > S b, > S c          another child of the first span; without `>` it would be another root
///
/// `C` client, `S` server, `P` producer, `K` consumer, `I` internal, `u` unset; `-` no service; `!` error;
/// `"x"` the peer's name. Details follow in brackets: `[id=7 parent=9 start=3 end=8 link=7 link=2:7 db dest=q
/// source=peer.service name=get]`; ids are hexadecimal and count up from 1; `2:7` is span 7 of trace 2.
struct Drawing {
    struct Failure: Error { var text: String }

    struct DrawnSpan {
        var record: SpanRecord
        var service = ""
        var name = ""
        var peer = ""
        var destination = ""
        var links: [(trace: UInt64, span: UInt64)] = []
        var hasExplicitParent = false
    }

    var traceID: UInt64
    var spans: [DrawnSpan] = []

    init(_ text: String, trace: UInt64 = 1) throws {
        traceID = trace
        var parser = Parser(text: Array(text), trace: trace)
        spans = try parser.parse()
    }

    init(traceID: UInt64, spans: [DrawnSpan]) {
        self.traceID = traceID
        self.spans = spans
    }
}

private struct Parser {
    let text: [Character]
    let trace: UInt64
    var position = 0
    var nextID: UInt64 = 1
    var spans: [Drawing.DrawnSpan] = []

    init(text: [Character], trace: UInt64) {
        self.text = text
        self.trace = trace
    }

    mutating func parse() throws -> [Drawing.DrawnSpan] {
        try list(below: 0)
        guard peek == nil else { throw Drawing.Failure(text: "unexpected \(peek ?? " ") in \(String(text))") }
        return spans
    }

    private var peek: Character? { position < text.count ? text[position] : nil }

    private mutating func skipSpace() { while peek == " " { position += 1 } }

    private mutating func take(_ character: Character) -> Bool {
        skipSpace()
        guard peek == character else { return false }
        position += 1
        return true
    }

    private mutating func list(below parent: UInt64) throws {
        var first: UInt64 = 0
        repeat {
            if take(">") {
                try chain(below: first)
            } else {
                first = try chain(below: parent)
            }
        } while take(",")
    }

    @discardableResult
    private mutating func chain(below parent: UInt64) throws -> UInt64 {
        let first = try span(below: parent)
        if take(">") {
            if take("(") {
                try list(below: first)
                guard take(")") else { throw Drawing.Failure(text: "missing ) in \(String(text))") }
            } else {
                try chain(below: first)
            }
        }
        return first
    }

    private mutating func span(below parent: UInt64) throws -> UInt64 {
        skipSpace()
        let kinds: [Character: SpanKind] = [
            "C": .client, "S": .server, "P": .producer, "K": .consumer, "I": .internal, "u": .unset,
        ]
        guard let letter = peek, let kind = kinds[letter] else {
            throw Drawing.Failure(text: "no kind at \(position) of \(String(text))")
        }
        position += 1
        skipSpace()
        var drawn = Drawing.DrawnSpan(record: SpanRecord(traceID: TraceID(high: 0, low: trace), spanID: nextID))
        drawn.service = word()
        if drawn.service == "-" { drawn.service = "" }
        drawn.name = "\(letter)"
        drawn.record.kind = kind
        drawn.record.parentID = parent
        drawn.record.startNanoseconds = 1000 + nextID
        drawn.record.durationNanoseconds = 10
        if take("!") { drawn.record.flags.insert([.error, .errorTag]) }
        if take("\"") {
            drawn.peer = word()
            drawn.record.peerSource = .serverAddress
            guard take("\"") else { throw Drawing.Failure(text: "open name in \(String(text))") }
        }
        if take("[") { try details(&drawn) }
        nextID = max(nextID, drawn.record.spanID) + 1
        spans.append(drawn)
        return drawn.record.spanID
    }

    private mutating func word() -> String {
        let start = position
        while let character = peek, !" >,()[]!\"".contains(character) { position += 1 }
        return String(text[start..<position])
    }

    private mutating func details(_ drawn: inout Drawing.DrawnSpan) throws {
        while !take("]") {
            skipSpace()
            let part = word().split(separator: "=", maxSplits: 1).map(String.init)
            guard let key = part.first else { throw Drawing.Failure(text: "open bracket in \(String(text))") }
            try set(key, part.count > 1 ? part[1] : "", &drawn)
        }
    }

    private func set(_ key: String, _ value: String, _ drawn: inout Drawing.DrawnSpan) throws {
        switch key {
        case "id": drawn.record.spanID = UInt64(value, radix: 16) ?? 0
        case "parent": drawn.record.parentID = UInt64(value, radix: 16) ?? 0
        case "start": drawn.record.startNanoseconds = UInt64(value) ?? 0
        case "duration": drawn.record.durationNanoseconds = UInt64(value) ?? 0
        case "db": drawn.record.flags.insert(.database)
        case "shared": drawn.record.flags.insert(.shared)
        case "debug": drawn.record.flags.insert(.debug)
        case "uncounted": drawn.record.flags.insert(.uncounted)
        case "reversed": drawn.record.flags.insert(.reversedTimes)
        case "capped": drawn.record.flags.insert(.weightCapped)
        case "timeless": drawn.record.flags.insert(.noDuration)
        case "dest": drawn.destination = value
        case "name": drawn.name = value
        case "host": drawn.record.endpointHash = UInt32(value) ?? 0
        case "source": drawn.record.peerSource = NameSource.allCases.first { $0.key == value } ?? .none
        case "weight": drawn.record.weight = Weight(units: (UInt64(value) ?? 0) << 20)
        case "evidence":
            drawn.record.flags.evidence = WeightEvidence.allCases.first { $0.label == value } ?? .none
        case "link":
            let ids = value.split(separator: ":").map { UInt64($0, radix: 16) ?? 0 }
            drawn.links.append(ids.count == 2 ? (ids[0], ids[1]) : (trace, ids.first ?? 0))
            drawn.record.flags.insert(.links)
        default: throw Drawing.Failure(text: "unknown detail \(key)")
        }
    }
}
