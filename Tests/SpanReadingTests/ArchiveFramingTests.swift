import SpanModel
import Testing

@testable import SpanReading

@Suite("Archives in every framing")
struct ArchiveFramingTests {
    static let framings: [Framing] = {
        var list = (try? Framing.all({ protobufRequest(service: $0, $1) }, separator: [])) ?? []
        for index in list.indices { list[index].testDescription += ", protobuf" }
        guard spanFormats.contains(where: { $0.name == "otlp-json" }) else { return list }
        var json = (try? Framing.all({ jsonRequest(service: $0, $1) }, separator: [0x0a])) ?? []
        for index in json.indices { json[index].testDescription += ", JSON" }
        return list + json
    }()

    @Test("fixtures were made")
    func fixtures() { #expect(Self.framings.count >= 11) }

    @Test("layers and format are found and every span is read, whatever the size of reads", arguments: framings)
    func whole(_ framing: Framing) {
        for piece in [1, 2, 3, 5, 64, .max] {
            let (summary, batch) = readArchive(framing.bytes, piece: piece)
            #expect(summary.layers == framing.layers)
            #expect(summary.format == (framing.testDescription.hasSuffix("JSON") ? "otlp-json" : "otlp-protobuf"))
            #expect(summary.error == nil)
            #expect(summary.truncatedAt == nil)
            #expect(summary.spans == 10)
            #expect(summary.bytes == UInt64(framing.bytes.count))
            #expect(summary.firstNanoseconds == 1_600_000_000_000_000_000)
            #expect(summary.lastNanoseconds == 1_600_000_000_004_000_000)
            #expect(batch.spans.map(\.spanID) == Array(1...10))
            #expect(batch.spans.map(\.parentID) == [0, 1, 0, 3, 3, 0, 0, 7, 7, 7])
            let services = batch.spans.map { batch.names.text(batch.names.operations[Int($0.operation)].service) }
            #expect(services == ["shop", "shop", "cart", "cart", "cart", "shop", "cart", "cart", "cart", "cart"])
        }
    }

    @Test("a cut anywhere delivers whole records, says where, and never more", arguments: framings)
    func truncation(_ framing: Framing) {
        var reader = ArchiveReader(settings: ReadingSettings())
        var last: UInt64 = 0
        var said = 0
        for length in 0..<framing.bytes.count {
            var batch = SpanBatch()
            let summary = reader.read(Array(framing.bytes[..<length]), into: &batch)
            #expect(summary.spans == UInt64(batch.spans.count))
            #expect(summary.spans <= 10)
            #expect(summary.spans >= last)
            last = summary.spans
            #expect(batch.spans.map(\.spanID) == Array((1...10).prefix(batch.spans.count)))
            if summary.truncatedAt != nil { said += 1 }
            if summary.truncatedAt != nil { #expect(summary.error?.code == .truncated) }
            // Where messages are told apart by length, a cut between two frames shows inside them only.
            let isFramed = framing.layers.contains { $0.hasSuffix("ed") }
            if !framing.layers.isEmpty, !isFramed, let place = summary.truncatedAt { #expect(place == UInt64(length)) }
        }
        // Cuts at a border are silent; cuts within the first bytes leave nothing to know the format by.
        #expect(said > framing.bytes.count * 8 / 10)
    }

    @Test("a flipped byte never crashes the reader", arguments: framings)
    func corruption(_ framing: Framing) {
        var reader = ArchiveReader(settings: ReadingSettings())
        var bytes = framing.bytes
        for offset in bytes.indices {
            for mask: UInt8 in [0x01, 0x80, 0xff] {
                bytes[offset] ^= mask
                var batch = SpanBatch()
                let summary = reader.read(bytes, into: &batch)
                #expect(summary.spans == UInt64(batch.spans.count))
                bytes[offset] ^= mask
            }
        }
        var batch = SpanBatch()
        #expect(reader.read(bytes, into: &batch).spans == 10)
    }
}
