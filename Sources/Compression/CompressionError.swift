/// Why compressed bytes could not be read or made.
public struct CompressionError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What kind of failure; decides whether what came before may be trusted, and the remedy.
    public enum Kind: Hashable, Sendable {
        /// The bytes end inside a frame or member; all that was made so far is good.
        case truncated
        /// A structure or checksum is wrong.
        case corrupt
        /// A frame asks for a larger window than allowed: `needed` bytes, where the header tells.
        case windowTooLarge(needed: UInt64?)
        /// More bytes would come out than allowed.
        case outputTooLarge
        /// The library could not get memory.
        case outOfMemory
    }

    public var kind: Kind
    /// Compressed byte, counted from the start of the stream.
    public var offset: UInt64
    /// Lower case: what is wrong.
    public var message: String

    /// - Parameter offset: compressed bytes since the start of the stream.
    public init(_ kind: Kind, offset: UInt64, message: String) {
        self.kind = kind
        self.offset = offset
        self.message = message
    }

    public var description: String { "compressed byte \(offset): \(message)" }
}
