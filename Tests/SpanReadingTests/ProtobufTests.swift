import SpanModel
import Testing

@testable import SpanReading

@Suite("OTLP protobuf")
struct ProtobufTests {
    /// Reads a request of one resource.
    private func read(
        settings: ReadingSettings = ReadingSettings(), _ body: (inout ProtobufBuilder) -> Void
    ) -> (batch: SpanBatch, report: ReadingReport) {
        let bytes = ProtobufBuilder.message { $0.message(1, body) }
        var reader = OTLPProtobufFormat(settings: settings)
        var batch = SpanBatch()
        var report = ReadingReport()
        let taken = reader.read(bytes.span.bytes, isLast: true, into: &batch, report: &report)
        #expect(taken == bytes.count)
        return (batch, report)
    }

    /// Reads one span of the service `shop`.
    private func span(_ body: (inout ProtobufBuilder) -> Void) -> (batch: SpanBatch, report: ReadingReport) {
        read { resource in
            resource.message(1) { $0.attribute(1, "service.name", "shop") }
            resource.message(2) { $0.message(2, body) }
        }
    }

    private func operation(_ batch: SpanBatch) -> (service: String, name: String) {
        let operation = batch.names.operations[Int(batch.spans.first?.operation ?? 0)]
        return (batch.names.text(operation.service), batch.names.text(operation.name))
    }

    @Test("the example of the fact sheet reads as it says")
    func example() {
        let bytes: [UInt8] =
            [0x0a, 0x59, 0x0a, 0x15, 0x0a, 0x13, 0x0a, 0x0c] + Array("service.name".utf8)
            + [0x12, 0x03, 0x0a, 0x01, 0x61, 0x12, 0x40, 0x12, 0x3e, 0x0a, 0x10] + (0..<16)
            + [0x12, 0x08] + (1...8) + [0x2a, 0x02, 0x6f, 0x70, 0x30, 0x02]
            + [0x39, 0x00, 0x00, 0xa0, 0xd8, 0x85, 0x57, 0x34, 0x16]
            + [0x41, 0x40, 0x4b, 0xec, 0xd8, 0x85, 0x57, 0x34, 0x16]
            + [0x7a, 0x02, 0x18, 0x02, 0x85, 0x01, 0x01, 0x01, 0x00, 0x00]
        let (summary, batch) = readArchive(bytes)
        #expect(bytes.count == 91)
        #expect(summary.spans == 1)
        #expect(operation(batch) == ("a", "op"))
        let span = batch.spans[0]
        #expect(span.traceID.hex == "000102030405060708090a0b0c0d0e0f")
        #expect(span.spanID == 0x0102_0304_0506_0708)
        #expect(span.kind == .server)
        #expect(span.startNanoseconds == 1_600_000_000_000_000_000)
        #expect(span.durationNanoseconds == 5_000_000)
        #expect(span.flags == .error)
        #expect(span.archiveBytes == 62)
    }

    @Test("the resource may follow its spans, come in two parts, and the last value of a key wins")
    func resourceLast() {
        let (batch, _) = read { resource in
            resource.message(2) { scope in scope.message(2) { SampleSpan(span: 1).write(&$0) } }
            resource.message(1) { $0.attribute(1, "service.name", "first") }
            resource.message(1) { $0.attribute(1, "service.name", "second") }
        }
        #expect(operation(batch) == ("second", "op"))
    }

    @Test("identity attributes are joined by a slash, missing ones left out")
    func identity() {
        var settings = ReadingSettings()
        settings.identity = ["service.namespace", "deployment.environment", "service.name"]
        let (batch, _) = read(settings: settings) { resource in
            resource.message(1) { attributes in
                attributes.attribute(1, "service.name", "cart")
                attributes.attribute(1, "service.namespace", "shop")
            }
            resource.message(2) { scope in scope.message(2) { SampleSpan(span: 1).write(&$0) } }
        }
        #expect(operation(batch).service == "shop/cart")
    }

    @Test("fields of 2022's schema, unknown fields of every wire type, groups and long varints are passed over")
    func unknownFields() {
        func noise(_ message: inout ProtobufBuilder) {
            message.varint(77, .max)
            message.fixed64(78, 1)
            message.text(79, "x")
            message.fixed32(80, 1)
            // A group with a group and a field inside.
            message.raw([0x8b, 0x05, 0x93, 0x05, 0x08, 0x01, 0x94, 0x05, 0x8c, 0x05])
            // Field 100, value 1 in ten bytes; field 5 with a wire type that is not its own.
            message.raw([0xa0, 0x06, 0x81, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00, 0x28, 0x01])
        }
        let (batch, report) = read { resource in
            noise(&resource)
            resource.message(1000) { scope in
                noise(&scope)
                scope.message(2) { span in
                    noise(&span)
                    SampleSpan(span: 9, kind: 3).write(&span)
                    noise(&span)
                }
            }
        }
        #expect(report.badRecords == 0)
        #expect(batch.spans.map(\.spanID) == [9])
        #expect(operation(batch).name == "op")
        #expect(batch.spans.first?.kind == .client)
    }

    @Test("ids of wrong length or all zero make a span invalid; an invalid parent makes a root")
    func invalidIDs() {
        let (batch, report) = read { resource in
            resource.message(2) { scope in
                for (trace, id) in [(15, 8), (16, 7), (0, 8), (16, 0)] {
                    scope.message(2) { span in
                        span.bytes(1, [UInt8](repeating: 1, count: trace))
                        span.bytes(2, [UInt8](repeating: 1, count: id))
                        span.fixed64(7, 5)
                    }
                }
                scope.message(2) { span in
                    span.bytes(1, [UInt8](repeating: 0, count: 16))
                    span.bytes(2, SampleSpan.big(1))
                    span.fixed64(7, 5)
                }
                for parent in [[UInt8](repeating: 0, count: 8), [1, 2]] {
                    scope.message(2) { span in
                        SampleSpan(span: 1).write(&span)
                        span.bytes(4, parent)
                    }
                }
            }
        }
        #expect(report.spansInvalid == 5)
        #expect(batch.spans.map(\.parentID) == [0, 0])
    }

    @Test("an end before the start, or none, is a duration of zero and marked; kinds out of range are unset")
    func times() {
        for end: UInt64 in [0, 99] {
            let (batch, _) = span { span in
                span.bytes(1, SampleSpan(span: 1).traceBytes)
                span.bytes(2, SampleSpan.big(1))
                span.varint(6, 9)
                span.fixed64(8, end)
                span.fixed64(7, 100)
            }
            #expect(batch.spans.first?.durationNanoseconds == 0)
            #expect(batch.spans.first?.flags == .reversedTimes)
            #expect(batch.spans.first?.kind == .unset)
        }
    }

    @Test("the tracestate gives the weight, and a value may stand before its key")
    func attributes() {
        let (batch, _) = span { span in
            SampleSpan(span: 1, kind: 3).write(&span)
            span.text(3, "ot=th:8;rv:ffffffffffffff")
            span.message(9) { pair in
                pair.message(2) { $0.text(1, "ledger") }
                pair.text(1, "peer.service")
            }
        }
        #expect(batch.spans.first?.weight == Weight(units: 2 << 20))
        #expect(batch.spans.first?.flags.evidence == .threshold)
        #expect(batch.names.text(batch.spans.first?.peer ?? 0) == "ledger")
        #expect(batch.spans.first?.peerSource == .peerService)
    }

    @Test("links to itself and its parent vanish, invalid ones mark the span, valid ones become records")
    func links() {
        func link(_ span: inout ProtobufBuilder, _ trace: UInt64, _ id: UInt64, isValid: Bool = true) {
            span.message(13) { link in
                link.bytes(1, isValid ? SampleSpan(trace: trace, span: id).traceBytes : [1])
                link.bytes(2, SampleSpan.big(id))
            }
        }
        func read(_ kind: UInt64, _ body: (inout ProtobufBuilder) -> Void) -> SpanBatch {
            span { span in
                body(&span)
                SampleSpan(trace: 1, span: 5, parent: 4, kind: kind).write(&span)
            }.batch
        }
        let own = read(5) {
            link(&$0, 1, 5)
            link(&$0, 1, 4)
        }
        #expect(own.links.isEmpty)
        #expect(own.spans.first?.flags.contains(.links) == false)
        let invalid = read(5) { link(&$0, 2, 9, isValid: false) }
        #expect(invalid.links.isEmpty)
        #expect(invalid.spans.first?.flags.contains(.links) == true)
        let consumer = read(5) {
            link(&$0, 2, 9)
            link(&$0, 1, 9)
        }
        #expect(consumer.links.map(\.targetTraceID.low) == [2, 1])
        #expect(consumer.links.first?.flags.contains(.links) == true)
        let producer = read(4) {
            link(&$0, 2, 9)
            link(&$0, 1, 9)
        }
        #expect(producer.links.map(\.targetTraceID.low) == [1])
        #expect(read(2) { link(&$0, 1, 9) }.links.isEmpty)
    }

    @Test("a malformed resource leaves no span behind and does not cost the next one")
    func malformedResource() {
        let good = protobufRequest([SampleSpan(span: 1)])
        let bad = ProtobufBuilder.message { request in
            request.message(1) { resource in
                resource.message(2) { scope in
                    scope.message(2) { SampleSpan(span: 2).write(&$0) }
                    scope.message(2) { $0.raw([0x0a, 0x7f, 0x01]) }
                }
            }
        }
        let (summary, batch) = readArchive(good + bad + protobufRequest([SampleSpan(span: 3)]))
        #expect(batch.spans.map(\.spanID) == [1, 3])
        #expect(summary.badRecords == 1)
        #expect(summary.error?.code == .badRecord)
        #expect((summary.error?.offset ?? 0) >= UInt64(good.count))
    }

    @Test("metrics and logs are counted as other records, not as invalid spans")
    func otherSignals() {
        let metrics = ProtobufBuilder.message { request in
            request.message(1) { resource in
                resource.message(1) { $0.attribute(1, "service.name", "shop") }
                resource.message(2) { scope in
                    scope.message(2) { metric in
                        metric.text(1, "http.server.duration")
                        metric.text(2, "Duration")
                        metric.message(7) { $0.varint(2, 2) }
                    }
                }
            }
        }
        let logs = ProtobufBuilder.message { request in
            request.message(1) { resource in
                resource.message(2) { scope in
                    scope.message(2) { record in
                        record.fixed64(1, 1_600_000_000_000_000_000)
                        record.varint(2, 9)
                        record.bytes(9, SampleSpan(span: 1).traceBytes)
                        record.bytes(10, SampleSpan.big(1))
                    }
                }
            }
        }
        let alone = readArchive(metrics).summary
        #expect(alone.otherRecords == 1)
        #expect(alone.error?.code == .otherSignal)
        let all = [logs, protobufRequest([SampleSpan(span: 1)]), metrics].flatMap(lengthPrefixed)
        let mixed = readArchive(all).summary
        #expect(mixed.spans == 1)
        #expect(mixed.otherRecords == 2)
        #expect(mixed.spansInvalid == 0)
        #expect(mixed.error == nil)
    }
}
