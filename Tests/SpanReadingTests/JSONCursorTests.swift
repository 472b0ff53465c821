import Foundation
import SpanModel
import Testing

@testable import SpanReading

@Suite struct JSONCursorTests {
    /// Whether the cursor passes the text as one value and nothing more.
    private func accepts(_ bytes: [UInt8]) -> Bool {
        // A number is finished by what follows it.
        let window = bytes + [0x0a]
        var cursor = JSONCursor(position: 0)
        do throws(JSONFailure) {
            try cursor.skipValue(window.span.bytes)
        } catch {
            return false
        }
        return (try? cursor.peek(window.span.bytes)) == nil && cursor.position == window.count
    }

    private func accepts(_ text: String) -> Bool { accepts(Array(text.utf8)) }

    @Test(arguments: [
        "{}", "[]", "null", "true", "false", "0", "-0", "12.5e-3", "1E+9", "\"\"", "\"a\\u00e9\\n\\\"\"",
        "[1,[2,{\"a\":[]}]]",
        " { \"a\" : [ 1 , null ] }\t", "\"é漢😀\"", "{\"a\":{\"b\":{}},\"c\":\"]}\"}", "[\"\\ud83d\\ude00\"]",
    ])
    func validValuesArePassed(text: String) { #expect(accepts(text)) }

    @Test(arguments: [
        "", "{", "[", "{]", "[}", "[1,]", "{\"a\":1,}", "{\"a\"}", "{\"a\":}", "{a:1}", "[1 2]", "[,1]", "01", "1.",
        ".5", "+1",
        "-", "1e", "nul", "nulll", "tru", "\"", "\"a", "\"\\x\"", "\"\\u12g4\"", "\"\u{1}\"", "\"a\nb\"", "[1}",
        "{\"a\":[}",
        "{\"a\":1]", "1 2", "{}{}", "[\"a\":1]", "{\"a\",\"b\"}", "NaN", "'a'",
    ])
    func malformedValuesAreRefused(text: String) { #expect(!accepts(text)) }

    @Test(
        arguments: [
            [0x80], [0xc0, 0x80], [0xc1, 0xbf], [0xe0, 0x80, 0x80], [0xed, 0xa0, 0x80], [0xf0, 0x80, 0x80, 0x80],
            [0xf4, 0x90, 0x80, 0x80], [0xf5, 0x80, 0x80, 0x80], [0xff], [0xc3], [0xe6, 0xbc], [0xc3, 0x41],
        ] as [[UInt8]])
    func malformedUTF8IsRefused(bytes: [UInt8]) {
        for padding in 0..<17 {
            let filler = [UInt8](repeating: 0x61, count: padding)
            #expect(!accepts([0x22] + filler + bytes + filler + [0x22]))
        }
    }

    @Test func everySpecialByteIsFoundAtEveryPlace() {
        for length in 0..<40 {
            for special: UInt8 in [0x22, 0x5c, 0x00, 0x1f, 0x80, 0xff] {
                var bytes = [UInt8](repeating: 0x7f, count: length)
                bytes += [special] + [0x22, 0x5c, 0x01, 0x90, 0x20, 0x23, 0x21, 0x5d]
                #expect(JSONCursor.nextSpecial(bytes.span.bytes, from: 0) == length)
            }
        }
        for byte in UInt8.min...(.max) {
            let isSpecial = byte < 0x20 || byte == 0x22 || byte == 0x5c || byte >= 0x80
            let bytes = [UInt8](repeating: byte, count: 8)
            #expect((JSONCursor.nextSpecial(bytes.span.bytes, from: 0) == 0) == isSpecial)
        }
    }

    @Test func deepNestingIsRefusedWithoutRecursion() {
        #expect(accepts(String(repeating: "[", count: 512) + String(repeating: "]", count: 512)))
        #expect(!accepts(String(repeating: "[", count: 513) + String(repeating: "]", count: 513)))
        #expect(!accepts(String(repeating: "{\"a\":", count: 1_000_000)))
    }

    @Test func bracketKindsAreMatchedAtEveryDepth() {
        var generator = SplitMix(state: 7)
        for _ in 0..<200 {
            let isObject = (0..<150).map { _ in Bool.random(using: &generator) }
            let opened = isObject.map { $0 ? "{\"k\":" : "[" }.joined()
            var closing = isObject.reversed().map { $0 ? "}" : "]" }
            #expect(accepts(opened + "1" + closing.joined()))
            let place = Int.random(in: 0..<closing.count, using: &generator)
            closing[place] = closing[place] == "}" ? "]" : "}"
            #expect(!accepts(opened + "1" + closing.joined()))
        }
    }

    @Test(arguments: [
        ("\\u0041\\u00e9\\u6f22", "Aé漢"), ("\\ud83d\\ude00!", "😀!"),
        ("a\\\\\\/\\\"\\b\\f\\n\\r\\t", "a\\/\"\u{8}\u{c}\n\r\t"),
        ("\\ud83dx", "\u{fffd}x"), ("\\ude00", "\u{fffd}"), ("\\ud83d\\u0041", "\u{fffd}A"), ("é\\u0000", "é\0"),
    ])
    func escapesReadAsWhatTheyMean(escaped: String, text: String) throws {
        let bytes = Array("\"\(escaped)\"".utf8)
        var cursor = JSONCursor(position: 0)
        let found = try cursor.string(bytes.span.bytes)
        #expect(found.hasEscape)
        var plain: [UInt8] = []
        found.append(to: &plain, bytes.span.bytes)
        #expect(String(decoding: plain, as: UTF8.self) == text)
    }

    @Test func wholeNumbersAreReadAsNumberOrText() throws {
        func unsigned(_ text: String) throws -> UInt64? {
            let bytes = Array((text + ",").utf8)
            var cursor = JSONCursor(position: 0)
            let value = try cursor.unsigned(bytes.span.bytes)
            #expect(cursor.position == bytes.count - 1)
            return value
        }
        var generator = SplitMix(state: 3)
        for _ in 0..<500 {
            let value = UInt64.random(in: 0...(.max), using: &generator) >> UInt64.random(in: 0..<64, using: &generator)
            #expect(try unsigned("\(value)") == value)
            #expect(try unsigned("\"\(value)\"") == value)
        }
        #expect(try unsigned("18446744073709551616") == nil)
        #expect(try unsigned("\"12a45678\"") == nil)
        #expect(try unsigned("\"1234567:\"") == nil)
        #expect(try unsigned("\"\"") == nil)
        #expect(try unsigned("-5") == nil)
        #expect(try unsigned("null") == nil)
        #expect(try unsigned("{\"a\":1}") == nil)
        #expect(try unsigned("1.5e3") == 1500)
        #expect(try unsigned("\"12.9\"") == 12)
        #expect(try unsigned("1e30") == nil)
    }

    @Test func hexDigitsOfEitherCaseAreDecodedAndAllElseIsRefused() {
        for byte in UInt8.min...(.max) {
            for place in 0..<16 {
                var bytes = Array("0aF9b3C7d48E1562".utf8)
                bytes[place] = byte
                let text = String(decoding: bytes, as: UTF8.self)
                let isHex = byte < 0x80 && Character(Unicode.Scalar(byte)).isHexDigit
                #expect(Hexadecimal.sixteen(bytes.span.bytes.sixteen(0)) == (isHex ? UInt64(text, radix: 16) : nil))
            }
        }
    }

    @Test func mutatedDocumentsAreJudgedAsByFoundation() throws {
        let document = """
            {"a":[1,-2.5e3,true,false,null],"b":{"c":"d\\u00e9\\n","e":[]},"漢":"é😀","f":{"g":{"h":[[],[{}]]}}}
            """
        var generator = SplitMix(state: 11)
        var accepted = 0
        for _ in 0..<20_000 {
            var bytes = Array(document.utf8)
            for _ in 0..<Int.random(in: 1...2, using: &generator) {
                let place = Int.random(in: 0..<bytes.count, using: &generator)
                switch Int.random(in: 0..<3, using: &generator) {
                case 0: bytes[place] = Array("{}[],:\"\\0e1-t \u{1}é".utf8).randomElement(using: &generator) ?? 0
                case 1: bytes.remove(at: place)
                default: bytes.insert(bytes[Int.random(in: 0..<bytes.count, using: &generator)], at: place)
                }
            }
            let isValid = (try? JSONSerialization.jsonObject(with: Data(bytes), options: [.fragmentsAllowed])) != nil
            let isAccepted = accepts(bytes)
            if isAccepted { accepted += 1 }
            guard isValid != isAccepted else { continue }
            // RFC 8259 allows half surrogates and no comma before a bracket; Foundation sees both otherwise.
            let text = String(decoding: bytes, as: UTF8.self)
            #expect(isAccepted ? text.contains("\\ud") : text.contains(/,\s*[}\]]/), "\(text.debugDescription)")
        }
        #expect(accepted > 500 && accepted < 19_500)
    }
}

/// A generator that draws the same numbers in every run.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        return mix64(state)
    }
}
