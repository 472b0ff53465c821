import SpanModel
import Testing

@testable import SpanReading

/// What was learned of earlier attributes must never change what is read of later ones.
@Suite struct JSONAttributeListTests {
    /// Everything that reading one list says.
    private struct Outcome: Equatable {
        var failure: JSONFailure?
        var position = 0
        var values: [String] = []
    }

    private typealias List<Syntax: JSONAttributeSyntax> = JSONAttributeList<Syntax, SpanAttributes>

    /// So long that nothing is near the end of the bytes.
    private static let behind = [UInt8](repeating: 0x20, count: 200)

    private func read<Syntax>(_ list: inout List<Syntax>, _ text: [UInt8], behind: [UInt8] = behind) -> Outcome {
        var attributes = SpanAttributes(dialect: .otlp)
        var cursor = JSONCursor(position: 0)
        var outcome = Outcome()
        let window = text + behind
        do throws(JSONFailure) {
            try list.read(&cursor, window.span.bytes, into: &attributes)
        } catch {
            outcome.failure = error
            return outcome
        }
        outcome.position = cursor.position
        for key in AttributeKey.allCases {
            guard let value = attributes.value(key) else { continue }
            let text = attributes.withText(key, window.span.bytes) { text in
                text.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
            }
            outcome.values.append("\(key) \(value.shape) \(text ?? "\(value.first)")")
        }
        return outcome
    }

    /// Reads every damaged form of a list with a reader that knows the whole one, and with one that knows nothing.
    private func compare<Syntax: JSONAttributeSyntax>(_: Syntax.Type, _ text: String) {
        let whole = Array(text.utf8)
        var learned = List<Syntax>()
        var fresh = List<Syntax>()
        let expected = read(&fresh, whole)
        for _ in 0..<3 { #expect(read(&learned, whole) == expected && expected.failure == nil) }
        #expect(expected.values.count >= 4 && expected.position == whole.count)
        for place in whole.indices {
            var forms = [0x00, 0x20, 0x22, 0x2c, 0x30, 0x5c, 0x5d, 0x7a, 0x7b, 0x7d, 0xff].map { byte in
                var form = whole
                form[place] = UInt8(byte)
                return form
            }
            forms.append(Array(whole[..<place] + whole[(place + 1)...]))
            forms.append(Array(whole[..<place] + [0x20] + whole[place...]))
            forms.append(Array(whole[..<place] + [whole[place]] + whole[place...]))
            for form in forms {
                // As values before the damage were: the copy knows the whole list and nothing of other forms.
                var copy = learned
                var other = List<Syntax>()
                let (found, right) = (read(&copy, form), read(&other, form))
                #expect(found == right, "\(String(decoding: form, as: UTF8.self))")
                #expect(read(&copy, whole) == expected)
            }
            var (copy, other) = (learned, List<Syntax>())
            #expect(read(&copy, Array(whole[..<place]), behind: []) == read(&other, Array(whole[..<place]), behind: []))
        }
    }

    @Test func openTelemetryAttributes() {
        compare(
            OTLPJSONAttributes.self,
            """
            [{"key":"peer.service","value":{"stringValue":"bank"}},{"key":"server.port","value":{"intValue":"8080"}},\
            {"key":"http.request.body.size","value":{"intValue":12}},{"key":"error","value":{"boolValue":true}},\
            {"key":"sampling.probability","value":{"doubleValue":0.25}},\
            {"key":"a.key.so.long.that.more.than.sixty-four.bytes.are.compared","value":{"stringValue":"é\\""}}]
            """)
    }

    @Test func openTelemetryAttributesWithSpaces() {
        compare(
            OTLPJSONAttributes.self,
            """
            [{"key": "peer.service", "value": {"stringValue": "bank"}}, {"value": {"intValue": 7}, "key": "server.port"}, \
            {"key": "rpc.method", "value": {"stringValue": "a/b"}}, {"key": "error", "value": {"boolValue": false}}]
            """)
    }

    @Test func jaegerTags() {
        compare(
            JaegerJSONTags.self,
            """
            [{"key":"peer.service","type":"string","value":"bank"},{"key":"server.port","type":"int64","value":8080},\
            {"key":"error","type":"bool","value":true},{"key":"thread.id","type":"int64","value":7},\
            {"key":"sampler.param","type":"float64","value":0.5},{"key":"x","type":"string","value":null}]
            """)
    }

    @Test func zipkinTags() {
        compare(
            ZipkinJSONTags.self,
            """
            {"peer.service":"bank","server.port":"8080","http.response.body.size":12,"error":"true","k":{"a":[1]},\
            "messaging.destination.name":"orders","messaging.destination":"x"}
            """)
    }

    @Test func listsInAnyOrderAreReadAlike() {
        var generator = SplitMix(state: 11)
        var learned = List<OTLPJSONAttributes>()
        let keys = ["peer.service", "server.port", "a", "rpc.method", "x.y", "a.key.beyond.the.length.of.two.words"]
        for _ in 0..<2000 {
            let attributes = keys.shuffled(using: &generator).prefix(Int.random(in: 1...6, using: &generator)).map {
                key in
                let length = Int.random(in: 0...40, using: &generator)
                let text = "\"\(String(repeating: "v", count: length))\""
                let value = key == "server.port" ? "{\"intValue\":\(length)}" : "{\"stringValue\":\(text)}"
                return "{\"key\":\"\(key)\",\"value\":\(value)}"
            }
            let text = Array("[\(attributes.joined(separator: Bool.random(using: &generator) ? "," : ", "))]".utf8)
            var fresh = List<OTLPJSONAttributes>()
            // Near the end of the bytes as well, where less can be compared at once.
            for space in [0, 16, 60, 200] {
                let behind = [UInt8](repeating: 0x20, count: space)
                #expect(read(&learned, text, behind: behind) == read(&fresh, text, behind: []))
            }
        }
    }

    @Test(arguments: [",", " , ", ",\n  ", "\t,"])
    func aMemberIsFoundWhateverWasExpected(separator: String) {
        let names = ["traceId", "spanId", "name", "kind", "startTimeUnixNano", "unknownMember", "attributes", "status"]
        let whole = Array("{\(names.map { "\"\($0)\":1" }.joined(separator: separator))}".utf8)
        var learned = MemberMemo(OTLPJSONField.table)
        let expected = keys(&learned, whole)
        #expect(expected.count == names.count && expected.count { $0 != nil } == names.count - 1)
        for place in whole.indices {
            for byte: UInt8 in [0x00, 0x20, 0x22, 0x2c, 0x3a, 0x5c, 0x65, 0x7d, 0xff] {
                var form = whole
                form[place] = byte
                var copy = learned
                var fresh = MemberMemo(OTLPJSONField.table)
                #expect(keys(&copy, form) == keys(&fresh, form), "\(String(decoding: form, as: UTF8.self))")
                #expect(keys(&copy, whole) == expected)
            }
        }
    }

    @Test func aMemberLeftOutIsNotMissed() {
        var memo = MemberMemo(OTLPJSONField.table)
        let all = ["traceId", "spanId", "parentSpanId", "name", "kind"]
        for left in [nil, 2, nil, 0, 1, 4, nil, 3, 2, nil] {
            let names = all.indices.filter { $0 != left }.map { all[$0] }
            let text = Array("{\(names.map { "\"\($0)\":1" }.joined(separator: ","))}".utf8)
            var fresh = MemberMemo(OTLPJSONField.table)
            let found = keys(&memo, text)
            #expect(found == keys(&fresh, text) && found.count == names.count)
        }
        #expect(keys(&memo, Array("{}".utf8)).isEmpty && keys(&memo, Array("[1,2]".utf8)).isEmpty)
    }

    /// The members of an object up to its end, or to where it is malformed.
    private func keys(_ memo: inout MemberMemo<OTLPJSONField>, _ text: [UInt8]) -> [OTLPJSONField?] {
        let window = text + Self.behind
        var cursor = JSONCursor(position: 0)
        var keys: [OTLPJSONField?] = []
        var place = 0
        do throws(JSONFailure) {
            while let member = try memo.next(&cursor, window.span.bytes, &place) {
                keys.append(member.key)
                try cursor.skipValue(window.span.bytes)
            }
        } catch {}
        return keys
    }

    @Test func keysMadeUpForEverySpanNeverFillTheMemo() {
        var list = List<OTLPJSONAttributes>()
        for round in 0..<2000 {
            let text = """
                [{"key":"made.up.\(round)","value":{"stringValue":"a"}},\
                {"key":"peer.service","value":{"stringValue":"bank \(round)"}}]
                """
            #expect(read(&list, Array(text.utf8)).values == ["peerService window bank \(round)"])
        }
    }

    @Test func idsOfAnyBytesAreReadAsDigitByDigit() {
        var generator = SplitMix(state: 7)
        let digits = Array("0123456789abcdefABCDEF".utf8)
        for round in 0..<20_000 {
            var text = (0..<16).map { _ in digits.randomElement(using: &generator) ?? 0x30 }
            if round % 2 == 0 {
                text[Int.random(in: 0..<16, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
            }
            var expected: UInt64? = 0
            for byte in text {
                let digit = Hexadecimal.digit(byte)
                expected = digit < 16 ? expected.map { $0 << 4 | UInt64(digit) } : nil
            }
            #expect(Hexadecimal.sixteen(text.span.bytes.sixteen(0)) == expected)
        }
    }

    @Test func shortNumbersAreWhatTheWalkerReads() {
        var generator = SplitMix(state: 8)
        for _ in 0..<20_000 {
            let length = Int.random(in: 1...9, using: &generator)
            var text = (0..<length).map { _ in UInt8.random(in: 0x30...0x39, using: &generator) }
            if Int.random(in: 0..<4, using: &generator) == 0 {
                text[Int.random(in: 0..<length, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
            }
            text += Array("},    ".utf8)
            var (short, walker) = (JSONCursor(position: 0), JSONCursor(position: 0))
            guard let value = short.shortInteger(text.span.bytes) else {
                #expect(short.position == 0)
                continue
            }
            guard case .integer(value)? = try? walker.scalar(text.span.bytes) else {
                Issue.record("\(text)")
                continue
            }
            #expect(short.position == walker.position)
        }
    }

    @Test func wholeNumbersOfAnyLengthAreRead() {
        var generator = SplitMix(state: 10)
        for _ in 0..<20_000 {
            var digits = String(UInt64.random(in: 0...(.max), using: &generator))
            digits = String(digits.suffix(Int.random(in: 1...20, using: &generator)))
            let end = ["}", ",", "]", " ", "\n", ".", "e", "x"].randomElement(using: &generator) ?? ","
            for padding in [0, 30] {
                let text = Array((digits + end + String(repeating: " ", count: padding)).utf8)
                var cursor = JSONCursor(position: 0)
                let value = try? cursor.unsigned(text.span.bytes)
                // A zero in front ends the number; a point or an exponent without digits is malformed.
                let hasZero = digits.hasPrefix("0") && digits.count > 1
                let expected = end == "." || end == "e" ? (hasZero ? 0 : nil) : hasZero ? 0 : UInt64(digits)
                #expect(value == expected, "\(digits)\(end)")
                if expected != nil { #expect(cursor.position == (hasZero ? 1 : digits.count)) }
            }
        }
    }

    @Test func timesOfNineteenDigitsAreRead() {
        var generator = SplitMix(state: 9)
        for round in 0..<20_000 {
            var text = Array(
                "\"\(UInt64.random(in: 1_000_000_000_000_000_000...9_999_999_999_999_999_999, using: &generator))\"}"
                    .utf8)
            if round % 2 == 0 {
                text[Int.random(in: 1..<20, using: &generator)] = UInt8.random(in: 0x20...0x7e, using: &generator)
            }
            var cursor = JSONCursor(position: 0)
            let content = String(decoding: text[1..<20], as: UTF8.self)
            guard content.allSatisfy({ ("0"..."9").contains($0) }) else { continue }
            #expect((try? cursor.unsigned(text.span.bytes)) == UInt64(content))
            #expect(cursor.position == 21)
        }
    }
}
