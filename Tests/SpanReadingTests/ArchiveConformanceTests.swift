import SpanModel
import Testing

@testable import SpanReading

/// A small document of a format: what every format must stand is tried on it.
struct FormatSample: CustomTestStringConvertible, Sendable {
    var format: String
    var document: [UInt8]
    var spans: Int

    var testDescription: String { format }

    init(_ format: String, spans: Int, _ document: [UInt8]) {
        self.format = format
        self.document = document
        self.spans = spans
    }

    /// One line for each format of `spanFormats`.
    static let all: [FormatSample] = [
        FormatSample("otlp-protobuf", spans: 10, Framing.requests { protobufRequest(service: $0, $1) }.flatMap(\.self)),
        FormatSample(
            "otlp-json", spans: 10, Framing.requests { jsonRequest(service: $0, $1) + [0x0a] }.flatMap(\.self)),
        FormatSample("jaeger-json", spans: 2, Array(jaegerDocument.utf8)),
        FormatSample("zipkin-json", spans: 2, Array(zipkinDocument.utf8)),
    ]

    private static let jaegerDocument = """
        {"data":[{"traceID":"000000000000000a","processes":{"p1":{"serviceName":"shop","tags":[]}},"spans":[
        {"traceID":"000000000000000a","spanID":"1","operationName":"op","references":[],"startTime":1600000000000000,
        "duration":5000,"tags":[{"key":"span.kind","type":"string","value":"server"}],"logs":[],"processID":"p1"},
        {"traceID":"000000000000000a","spanID":"2","operationName":"op","references":[{"refType":"CHILD_OF",
        "traceID":"000000000000000a","spanID":"1"}],"startTime":1600000000001000,"duration":100,"tags":[],"logs":null,
        "processID":"p1"}]}],"total":0,"errors":null}
        """

    private static let zipkinDocument = """
        [{"traceId":"000000000000000a","id":"0000000000000001","name":"op","kind":"SERVER","timestamp":1600000000000000,
        "duration":5000,"localEndpoint":{"serviceName":"shop"}},{"traceId":"000000000000000a","id":"0000000000000002",
        "parentId":"0000000000000001","name":"op","timestamp":1600000000001000,"duration":100,
        "localEndpoint":{"serviceName":"shop"},"tags":{"a":"b"}}]
        """

    var type: (any SpanFormat.Type)? { spanFormats.first { $0.name == format } }

    /// A generator of the same numbers in every run.
    static func numbers(_ seed: UInt64) -> some Sequence<UInt64> {
        sequence(state: seed) { state in
            state &+= 0x9e37_79b9_7f4a_7c15
            return mix64(state)
        }
    }
}

/// What a format made of bytes that were given to it in pieces.
struct FormatRun {
    var spans: [SpanRecord] = []
    var report = ReadingReport()
    var calls = 0

    /// Gives the bytes up to each of `ends` in turn, as an archive does that grows.
    init<Format: SpanFormat>(_: Format.Type, _ bytes: [UInt8], ends: [Int]) {
        var reader = Format(settings: ReadingSettings())
        var batch = SpanBatch()
        var taken = 0
        for end in ends + [bytes.count] {
            let isLast = end == bytes.count
            var step = 0
            repeat {
                calls += 1
                step = reader.read(
                    bytes.span.bytes.extracting(taken..<max(taken, end)), isLast: isLast, into: &batch, report: &report)
                taken += step
                spans += batch.spans
                batch.removeSpans()
            } while step > 0 && !report.isFinished && calls < 10 * bytes.count + 100
            #expect(taken <= max(taken, end))
        }
    }
}

@Suite("Every format")
struct ArchiveConformanceTests {
    @Test("has a sample that it, and no other format, recognises")
    func samples() {
        #expect(Set(FormatSample.all.map(\.format)) == Set(spanFormats.map { $0.name }))
        for sample in FormatSample.all {
            let names = spanFormats.filter { $0.recognizes(sample.document.span.bytes, isWhole: true) }.map { $0.name }
            #expect(names == [sample.format])
        }
    }

    @Test("reads nothing from nothing", arguments: FormatSample.all)
    func empty(_ sample: FormatSample) throws {
        let format = try #require(sample.type)
        let isRecognised = format.recognizes([UInt8]().span.bytes, isWhole: true)
        #expect(!isRecognised)
        let run = FormatRun(format, [], ends: [0, 0])
        #expect(run.spans.isEmpty)
        #expect(run.report.badRecords == 0)
    }

    @Test("gives the same spans wherever its bytes are parted", arguments: FormatSample.all)
    func everySplit(_ sample: FormatSample) throws {
        let format = try #require(sample.type)
        for split in 0...sample.document.count {
            let run = FormatRun(format, sample.document, ends: [split])
            #expect(run.spans.count == sample.spans)
            #expect(run.spans.map(\.spanID) == (1...UInt64(sample.spans)).map { $0 })
            #expect(run.report.badRecords == 0)
            #expect(run.report.firstError == nil)
            #expect(run.report.truncatedAt == nil)
        }
        let run = FormatRun(format, sample.document, ends: Array(0..<sample.document.count))
        #expect(run.spans.count == sample.spans)
    }

    @Test("cut anywhere, gives whole records only and says that it ends too early", arguments: FormatSample.all)
    func everyCut(_ sample: FormatSample) throws {
        let format = try #require(sample.type)
        var silent = 0
        for length in 1..<sample.document.count {
            let run = FormatRun(format, Array(sample.document[..<length]), ends: [])
            #expect(run.spans.count <= sample.spans)
            #expect(run.spans.map(\.spanID) == (1...UInt64(sample.spans)).prefix(run.spans.count).map { $0 })
            if run.report.truncatedAt == nil, run.report.badRecords == 0 { silent += 1 }
            if let place = run.report.truncatedAt { #expect(place <= length) }
        }
        // At the border of a record nothing is missing.
        #expect(silent <= 2 * Framing.requestSizes.count)
    }

    @Test("never crashes on or hangs in random bytes", arguments: FormatSample.all)
    func randomBytes(_ sample: FormatSample) throws {
        let format = try #require(sample.type)
        var numbers = FormatSample.numbers(7).makeIterator()
        for round in 0..<400 {
            let bytes = (0..<(round % 97 + 1) * 3).map { _ in UInt8(truncatingIfNeeded: numbers.next() ?? 0) }
            _ = format.recognizes(bytes.span.bytes, isWhole: round % 2 == 0)
            let run = FormatRun(format, bytes, ends: [bytes.count / 2])
            #expect(run.spans.count < 4)
            #expect(run.calls < 10 * bytes.count)
        }
    }

    @Test("never crashes on or hangs in its own bytes with some of them changed", arguments: FormatSample.all)
    func changedBytes(_ sample: FormatSample) throws {
        let format = try #require(sample.type)
        var numbers = FormatSample.numbers(11).makeIterator()
        for round in 0..<1500 {
            var bytes = sample.document
            for _ in 0...round % 4 {
                let number = numbers.next() ?? 0
                bytes[Int(number % UInt64(bytes.count))] = UInt8(truncatingIfNeeded: number >> 40)
            }
            let run = FormatRun(format, bytes, ends: [bytes.count / 3])
            #expect(run.spans.count <= 2 * sample.spans)
            #expect(run.calls < 10 * bytes.count)
        }
    }

    @Test("stands nesting of any depth", arguments: FormatSample.all)
    func deepNesting(_ sample: FormatSample) throws {
        let format = try #require(sample.type)
        let depth = 200_000
        let open = [
            Array(repeating: UInt8(0x5b), count: depth), Array(repeating: UInt8(0x0b), count: depth),
            Array(repeatElement(Array("{\"a\":".utf8), count: depth).joined()),
            Array("{\"resourceSpans\":".utf8) + Array(repeating: UInt8(0x5b), count: depth),
            Array("{\"data\":[{\"spans\":[{\"tags\":".utf8) + Array(repeating: UInt8(0x5b), count: depth),
            Array("[{\"traceId\":\"a\",\"id\":\"1\",\"x\":".utf8) + Array(repeating: UInt8(0x5b), count: depth),
        ]
        for bytes in open {
            _ = format.recognizes(bytes.span.bytes, isWhole: true)
            #expect(FormatRun(format, bytes, ends: []).spans.isEmpty)
        }
    }

    @Test("stands absurd lengths and numbers", arguments: FormatSample.all)
    func absurdLengths(_ sample: FormatSample) throws {
        let format = try #require(sample.type)
        let huge = [UInt8](repeating: 0xff, count: 9) + [0x01]
        let digits = String(repeating: "9", count: 5000)
        let documents: [[UInt8]] = [
            [0x0a] + huge, [0x0a, 0x0c, 0x0a] + huge, [0x0a, 0x0d, 0x12, 0x0b, 0x12] + huge, huge,
            [UInt8](repeating: 0xff, count: 40), [0xff, 0xff, 0xff, 0xff, 0x0a],
            Array("{\"resourceSpans\":[{\"scopeSpans\":[{\"spans\":[{\"startTimeUnixNano\":\(digits)}]}]}]}\n".utf8),
            Array("{\"data\":[{\"spans\":[{\"startTime\":\(digits),\"duration\":1e\(digits)}]}]}".utf8),
            Array("[{\"traceId\":\"\(digits)\",\"id\":\"1\",\"timestamp\":-\(digits)}]".utf8),
        ]
        for bytes in documents {
            _ = format.recognizes(bytes.span.bytes, isWhole: true)
            #expect(FormatRun(format, bytes, ends: [bytes.count / 2]).spans.isEmpty)
        }
    }
}
