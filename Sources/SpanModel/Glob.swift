/// A pattern of service or operation names.
///
/// `*` and `**` match any run of characters, `?` one, `[abc]`, `[a-z]` and `[!a-z]` one of or not of a set; `\` takes
/// the next character as it is. Names are no paths: `*` crosses slashes. A bracket that is never closed stands for
/// itself.
///
/// - Complexity: matching is O(pattern · name) at worst; there is no pattern that makes it worse.
public struct Glob: Hashable, Sendable, CustomStringConvertible {
    private enum Piece: Hashable, Sendable {
        case run
        case any
        case one(Unicode.Scalar)
        case set([ClosedRange<Unicode.Scalar>], negated: Bool)

        func matches(_ scalar: Unicode.Scalar) -> Bool {
            switch self {
            case .run, .any: true
            case .one(let own): own == scalar
            case .set(let ranges, let negated): ranges.contains { $0.contains(scalar) } != negated
            }
        }
    }

    /// As written.
    public let description: String
    private let pieces: [Piece]

    /// Matches everything.
    public static let all = Glob("**")

    /// - Parameter pattern: as the type's comment says; every text is one.
    public init(_ pattern: String) {
        description = pattern
        let scalars = Array(pattern.unicodeScalars)
        var pieces: [Piece] = []
        var i = 0
        while i < scalars.count {
            switch scalars[i] {
            case "*":
                if pieces.last != .run { pieces.append(.run) }
            case "?":
                pieces.append(.any)
            case "\\" where i + 1 < scalars.count:
                i += 1
                pieces.append(.one(scalars[i]))
            case "[":
                if let (piece, next) = Self.set(scalars, from: i + 1) {
                    pieces.append(piece)
                    i = next - 1
                } else {
                    pieces.append(.one("["))
                }
            default:
                pieces.append(.one(scalars[i]))
            }
            i += 1
        }
        self.pieces = pieces
    }

    /// The pattern that matches one name and no other.
    public static func literal(_ name: String) -> String {
        var pattern = ""
        for scalar in name.unicodeScalars {
            if "*?[\\".unicodeScalars.contains(scalar) { pattern += "\\" }
            pattern.unicodeScalars.append(scalar)
        }
        return pattern
    }

    /// Whether the whole name fits.
    public func matches(_ name: String) -> Bool {
        let scalars = Array(name.unicodeScalars)
        var piece = 0
        var position = 0
        // Only the last run is ever widened: an earlier one, once passed, need not be looked at again.
        var lastRun: (piece: Int, position: Int)?
        while position < scalars.count {
            if piece < pieces.count, pieces[piece] == .run {
                lastRun = (piece, position)
                piece += 1
            } else if piece < pieces.count, pieces[piece].matches(scalars[position]) {
                piece += 1
                position += 1
            } else if let run = lastRun {
                piece = run.piece + 1
                position = run.position + 1
                lastRun = (run.piece, position)
            } else {
                return false
            }
        }
        return pieces[piece...].allSatisfy { $0 == .run }
    }

    /// The set that begins behind a bracket, and where what follows it begins; nil when it is never closed.
    private static func set(_ scalars: [Unicode.Scalar], from start: Int) -> (Piece, Int)? {
        var i = start
        let negated = i < scalars.count && (scalars[i] == "!" || scalars[i] == "^")
        if negated { i += 1 }
        let first = i
        var ranges: [ClosedRange<Unicode.Scalar>] = []
        while i < scalars.count {
            if scalars[i] == "]", i > first { return (.set(ranges, negated: negated), i + 1) }
            if i + 2 < scalars.count, scalars[i + 1] == "-", scalars[i + 2] != "]" {
                let (low, high) = (scalars[i], scalars[i + 2])
                ranges.append(min(low, high)...max(low, high))
                i += 3
            } else {
                ranges.append(scalars[i]...scalars[i])
                i += 1
            }
        }
        return nil
    }
}
