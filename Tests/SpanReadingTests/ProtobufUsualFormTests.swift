import SpanModel
import Testing

@testable import SpanReading

/// What nearly all spans and resources begin with is read by a short way, whatever else by the general walker: both must
/// agree, whichever byte is damaged.
@Suite("OTLP protobuf in its usual form")
struct ProtobufUsualFormTests {
    /// A field that means nothing, in front of which nothing has its usual form.
    private static let unknownField: [UInt8] = [0xa0, 0x06, 0x00]

    /// Tags of every wire type, lengths, and bytes of long varints.
    private static let damages: [UInt8] = [
        0x00, 0x01, 0x02, 0x08, 0x0a, 0x0b, 0x0d, 0x10, 0x12, 0x1a, 0x22, 0x2a, 0x30, 0x39, 0x41, 0x4a, 0x7f, 0x80,
        0xff,
    ]

    private func expectAgreement(
        on bytes: [UInt8], general: [UInt8], _ request: ([UInt8]) -> [UInt8],
        at location: SourceLocation = #_sourceLocation
    ) {
        /// What is read of some bytes, which must not depend on what follows them.
        func read(_ bytes: some Sequence<UInt8>) -> [String] {
            // Attributes are recognised whole only where bytes enough follow.
            let results = [[], ProtobufBuilder.room].map { behind in
                let result = ReadResult.of(OTLPProtobufFormat.self, request(Array(bytes)) + behind)
                return result.fingerprint + ["\(result.report.badRecords)"]
            }
            #expect(results[0] == results[1], sourceLocation: location)
            return results[1]
        }
        #expect(read(bytes).count == 2, sourceLocation: location)
        for place in bytes.indices {
            for byte in Self.damages + [bytes[place] &- 1, bytes[place] &+ 1, bytes[place] ^ 0x80] {
                var damaged = bytes
                damaged[place] = byte
                guard read(damaged) == read(general + damaged) else {
                    Issue.record("byte \(place) as \(byte)", sourceLocation: location)
                    continue
                }
            }
        }
        for count in bytes.indices {
            let (short, long) = (read(bytes[..<count]), read(general + bytes[..<count]))
            #expect(short == long, "cut at \(count)", sourceLocation: location)
        }
    }

    @Test("ids, name, kind and times of a span", arguments: [true, false], [0, 1, 20, 127, 128])
    func start(hasParent: Bool, nameBytes: Int) {
        let span = ProtobufBuilder.message { span in
            span.bytes(1, Array(1...16))
            span.bytes(2, Array(21...28))
            if hasParent { span.bytes(4, Array(31...38)) }
            span.text(5, String(repeating: "n", count: nameBytes))
            span.varint(6, 3)
            span.fixed64(7, 5_000)
            span.fixed64(8, 7_000)
            span.attribute(9, "peer.service", "bank")
        }
        expectAgreement(on: span, general: Self.unknownField) { span in
            ProtobufBuilder.message { request in
                request.message(1) { resource in resource.message(2) { $0.bytes(2, span) } }
            }
        }
    }

    @Test("attributes of a span: texts, integers of one to four bytes, other values, keys that nobody wants, a state")
    func attributes() {
        let span = ProtobufBuilder.message { span in
            SampleSpan(span: 1, kind: 3).write(&span)
            span.attribute(9, "server.address", "bank.internal")
            for (key, integer) in [("net.peer.port", 1), ("server.port", 443), ("peer.port", 50_000), ("id", 1 << 21)] {
                span.message(9) { pair in
                    pair.text(1, key)
                    pair.message(2) { $0.varint(3, UInt64(integer)) }
                }
            }
            span.attribute(9, "http.response.status_code", "200")
            span.message(9) { pair in
                pair.text(1, "error")
                pair.message(2) { $0.varint(2, 1) }
            }
            span.attribute(9, "db.query.text", String(repeating: "q", count: 140))
            span.attribute(9, "network.peer.address", "10.0.0.7")
            span.message(15) { $0.varint(3, 2) }
        }
        expectAgreement(on: span, general: Self.unknownField) { span in
            ProtobufBuilder.message { request in
                request.message(1) { resource in resource.message(2) { $0.bytes(2, span) } }
            }
        }
    }

    @Test("attributes of a resource")
    func resource() {
        let resource = ProtobufBuilder.message { resource in
            resource.attribute(1, "host.name", "node-1")
            resource.attribute(1, "service.name", "shop")
            resource.attribute(1, "service.version", "2")
        }
        expectAgreement(on: resource, general: Self.unknownField) { attributes in
            ProtobufBuilder.message { request in
                request.message(1) { resource in
                    resource.bytes(1, attributes)
                    resource.message(2) { scope in scope.message(2) { SampleSpan(span: 1, kind: 2).write(&$0) } }
                }
            }
        }
    }

    @Test("a name of the usual form is read as it stands")
    func values() {
        let read = ReadResult.of(
            OTLPProtobufFormat.self,
            ProtobufBuilder.message { request in
                request.message(1) { resource in
                    resource.message(1) { $0.attribute(1, "service.name", "shop") }
                    resource.message(2) { scope in
                        scope.message(2) { span in
                            span.bytes(1, Array(1...16))
                            span.bytes(2, Array(21...28))
                            span.text(5, "GET /")
                            span.varint(6, 3)
                            span.fixed64(7, 5_000)
                            span.fixed64(8, 7_000)
                            span.attribute(9, "server.address", "2001:db8::1")
                            span.message(9) { pair in
                                pair.text(1, "server.port")
                                pair.message(2) { $0.varint(3, 443) }
                            }
                        }
                    }
                }
            })
        #expect(read.operations == ["GET /"])
        #expect(read.services == ["shop"])
        #expect(read.spans.first?.kind == .client)
        #expect(read.spans.first?.startNanoseconds == 5_000)
        #expect(read.spans.first?.durationNanoseconds == 2_000)
        #expect(read.peers == ["[2001:db8::1]:443"])
    }

    @Test(
        "a host, however long, is joined with its port",
        arguments: [1, 7, 8, 20, 55, 56, 57, 120], [1, 9, 10, 99, 100, 999, 1000, 9999, 10_000, 65_535])
    func address(hostBytes: Int, port: Int) {
        let host = String(repeating: "h", count: hostBytes)
        func read(_ port: Int) -> [String] {
            ReadResult.ofProtobufSpan { span in
                SampleSpan(span: 1, kind: 3).write(&span)
                span.attribute(9, "server.address", host)
                span.message(9) { pair in
                    pair.text(1, "server.port")
                    pair.message(2) { $0.varint(3, UInt64(port)) }
                }
            }.peers
        }
        #expect(read(port) == ["\(host):\(port)"])
        #expect(read(port + 65_535) == [host])
    }

    @Test(
        "the last value of a repeated key wins, whichever form the values have", arguments: [true, false],
        [true, false])
    func repeatedKey(isFirstPlain: Bool, isLastPlain: Bool) {
        func attribute(_ value: String, isPlain: Bool) -> [UInt8] {
            ProtobufBuilder.message { pair in
                if !isPlain { pair.varint(3, 0) }
                pair.text(1, "service.name")
                pair.message(2) { $0.text(1, value) }
            }
        }
        let read = ReadResult.of(
            OTLPProtobufFormat.self,
            ProtobufBuilder.message { request in
                request.message(1) { resource in
                    resource.message(1) { resource in
                        resource.bytes(1, attribute("first", isPlain: isFirstPlain))
                        resource.attribute(1, "host.name", "node-1")
                        resource.bytes(1, attribute("last", isPlain: isLastPlain))
                    }
                    resource.message(2) { scope in scope.message(2) { SampleSpan(span: 1, kind: 2).write(&$0) } }
                }
            })
        #expect(read.services == ["last"])
    }
}
