import Mill
import Subprocess

/// The layout engine, a program of its own: `dot` from the Graphviz package.
enum Graphviz {
    /// A DOT drawing as SVG.
    ///
    /// - Throws: exit status 69 when Graphviz is missing or fails.
    static func svg(_ drawing: [UInt8]) async throws -> [UInt8] {
        let picture: [UInt8]
        let complaint: String?
        do {
            let result = try await run(
                .name("dot"), arguments: ["-Tsvg"], input: .array(drawing), output: .bytes(limit: 64 << 20),
                error: .string(limit: 64 << 10))
            picture = result.standardOutput
            complaint = result.terminationStatus.isSuccess ? nil : result.standardError
        } catch {
            throw MillError(
                .unavailable,
                "cannot draw SVG: Graphviz's dot was not found; install graphviz, or use --format dot")
        }
        if let complaint {
            let line = complaint.split(separator: "\n").first ?? "it did not say why"
            throw MillError(.unavailable, "cannot draw SVG: dot failed: \(line)")
        }
        return picture
    }
}
