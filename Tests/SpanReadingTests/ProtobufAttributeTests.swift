import SpanModel
import Testing

@testable import SpanReading

/// The usual form of an attribute is read by a short way, all others by the general walker: both must agree.
@Suite("OTLP protobuf attributes")
struct ProtobufAttributeTests {
    /// A request of one span with one attribute, besides the address that makes a port count.
    private func request(_ attribute: [UInt8], padding: Int) -> [UInt8] {
        ProtobufBuilder.message { request in
            request.message(1) { resource in
                resource.message(2) { scope in
                    scope.message(2) { span in
                        SampleSpan(span: 1, kind: 3).write(&span)
                        span.attribute(9, "server.address", "bank")
                        span.bytes(9, attribute)
                        if padding > 0 { span.bytes(3, Array("vendor=\(String(repeating: "x", count: padding))".utf8)) }
                    }
                }
            }
        }
    }

    /// The same with a field in front that means nothing, so that the attribute has not its usual form.
    private func reading(_ attribute: [UInt8], padding: Int) -> (usual: ReadResult, general: ReadResult) {
        (
            .of(OTLPProtobufFormat.self, request(attribute, padding: padding)),
            .of(OTLPProtobufFormat.self, request([0x18, 0x00] + attribute, padding: padding))
        )
    }

    private static let attributes: [(key: String, value: @Sendable (inout ProtobufBuilder) -> Void)] = [
        ("peer.service", { $0.text(1, "ledger") }), ("peer.service", { $0.text(1, "") }),
        ("peer.service", { _ in }), ("server.port", { $0.varint(3, 8080) }), ("server.port", { $0.varint(3, 80) }),
        ("error", { $0.varint(2, 1) }), ("SampleRate", { $0.varint(3, 4) }),
        ("SampleRate", { $0.fixed64(4, 0x4010_0000_0000_0000) }), ("http.method", { $0.text(1, "GET") }),
        ("peer.service", { $0.text(1, String(repeating: "l", count: 130)) }),
    ]

    /// Tags of every wire type, lengths, and bytes of long varints.
    private static let damages: [UInt8] = [
        0x00, 0x01, 0x02, 0x08, 0x0a, 0x0b, 0x0c, 0x0d, 0x10, 0x12, 0x13, 0x18, 0x19, 0x1a, 0x21, 0x7f, 0x80, 0x81,
        0xff,
    ]

    @Test("whatever byte of it is damaged", arguments: attributes.indices)
    func damaged(index: Int) {
        let (key, value) = Self.attributes[index]
        let attribute = ProtobufBuilder.message { pair in
            pair.text(1, key)
            pair.message(2, value)
        }
        let whole = reading(attribute, padding: 20)
        #expect(whole.usual.spans.count == 1 && whole.usual.fingerprint == whole.general.fingerprint)
        for place in attribute.indices {
            let own = attribute[place]
            for byte in Self.damages + [own &- 1, own &+ 1, own ^ 0x80] {
                var damaged = attribute
                damaged[place] = byte
                for padding in [0, 20, 200] {
                    let (usual, general) = reading(damaged, padding: padding)
                    guard usual.fingerprint == general.fingerprint, usual.report.badRecords == general.report.badRecords
                    else {
                        Issue.record("byte \(place) as \(byte) with padding \(padding)")
                        continue
                    }
                }
            }
        }
    }

    @Test("each form means what it says, the last of a repeated key counts, and others in between change nothing")
    func forms() {
        let port = ReadResult.ofProtobufSpan { span in
            SampleSpan(span: 1, kind: 3).write(&span)
            span.message(9) { pair in
                pair.text(1, "server.port")
                pair.message(2) { $0.varint(3, 8080) }
            }
            span.attribute(9, "http.route", String(repeating: "r", count: 200))
            span.attribute(9, "server.address", "old")
            span.attribute(9, "server.address", "bank")
            span.attribute(9, "k", "v")
        }
        #expect(port.peers == ["bank:8080"])
        let merged = ReadResult.ofProtobufSpan { span in
            SampleSpan(span: 1, kind: 3).write(&span)
            span.message(9) { pair in
                pair.text(1, "peer.service")
                pair.message(2) { value in
                    value.text(1, "first")
                    value.text(1, "last")
                }
            }
        }
        #expect(merged.peers == ["last"])
    }

    @Test("ids are read wherever they stand, and the last of each counts")
    func ids() {
        let (trace, span, parent) = ([UInt8](1...16), [UInt8](21...28), [UInt8](31...38))
        typealias Field = (number: UInt64, content: [UInt8])
        let fields: [Field] = [(1, trace), (2, span), (4, parent), (5, Array("op".utf8))]
        let expected = ReadResult.ofProtobufSpan { message in
            for field in fields { message.bytes(field.number, field.content) }
            message.fixed64(7, 5)
        }
        #expect(expected.spans.first?.spanID == 0x1516_1718_191a_1b1c)
        #expect(expected.spans.first?.parentID == 0x1f20_2122_2324_2526)
        for place in fields.indices {
            for other in fields.indices {
                var moved = fields
                moved.swapAt(place, other)
                let found = ReadResult.ofProtobufSpan { message in
                    for field in moved { message.bytes(field.number, field.content) }
                    message.fixed64(7, 5)
                }
                #expect(found.fingerprint == expected.fingerprint)
            }
            let repeated = ReadResult.ofProtobufSpan { message in
                for field in fields { message.bytes(field.number, field.content.map { $0 ^ 0x40 }) }
                for field in fields { message.bytes(field.number, field.content) }
                message.fixed64(7, 5)
            }
            #expect(repeated.fingerprint == expected.fingerprint)
            // Any other length is no id.
            let cut = ReadResult.ofProtobufSpan { message in
                for (index, field) in fields.enumerated() {
                    message.bytes(field.number, index == place ? Array(field.content.dropLast()) : field.content)
                }
                message.fixed64(7, 5)
            }
            #expect(cut.spans.count == (place < 2 ? 0 : 1))
            if place == 2 { #expect(cut.spans.first?.parentID == 0) }
        }
    }
}
