import Testing

@testable import SpanModel

struct GlobTests {
    @Test(
        "a pattern matches the names it should",
        arguments: [
            ("*", ""), ("*", "GET /a/b"), ("**", "x"), ("health*", "healthz"), ("GET /api/*", "GET /api/v1/users"),
            ("*/users", "GET /users"), ("a?c", "abc"), ("a?c", "aéc"), ("[abc]x", "bx"), ("[a-c]x", "cx"),
            ("[!a-c]x", "dx"), ("[^a]x", "bx"), ("[]]x", "]x"), ("[x", "[x"), ("a\\*b", "a*b"), ("", ""),
            ("*a*b*c*", "xxaxxbxxcxx"), ("GET /{id}", "GET /{id}"), ("a**b", "ab"),
        ])
    func matches(pattern: String, name: String) { #expect(Glob(pattern).matches(name)) }

    @Test(
        "a pattern does not match other names",
        arguments: [
            ("", "a"), ("a", ""), ("a?c", "ac"), ("[abc]x", "dx"), ("[!a-c]x", "ax"), ("a\\*b", "axb"),
            ("health", "healthz"), ("*a*b", "ba"), ("[x", "x"),
        ])
    func differs(pattern: String, name: String) { #expect(!Glob(pattern).matches(name)) }

    @Test(
        "a name taken literally matches itself and no other",
        arguments: [
            ("GET /*", "GET /a"), ("a?", "ab"), ("[ab]", "a"), ("a\\b", "ab"), ("GET /{id}", "GET /1"), ("", "a"),
        ])
    func literal(name: String, other: String) {
        let pattern = Glob(Glob.literal(name))
        #expect(pattern.matches(name) && !pattern.matches(other))
    }

    @Test("many runs over a long name take no time to speak of")
    func noBlowUp() {
        let pattern = Glob(String(repeating: "*a", count: 100) + "b")
        let name = String(repeating: "a", count: 4000)
        let elapsed = ContinuousClock().measure { #expect(!pattern.matches(name)) }
        #expect(elapsed < .seconds(5))
    }
}
