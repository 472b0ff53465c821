/// The path and the parameters of a request's target, decoded as Go's server does.
struct Query: Sendable {
    /// Percent-decoded; nil where it is malformed.
    let path: String?
    private let parameters: [(name: [UInt8], value: [UInt8])]

    init(_ target: String) {
        let parts = target.utf8.split(separator: UInt8(ascii: "?"), maxSplits: 1, omittingEmptySubsequences: false)
        path = parts.first.flatMap { Self.decoded($0, plusIsSpace: false) }
            .flatMap { String(validating: $0, as: UTF8.self) }
        guard parts.count == 2 else {
            parameters = []
            return
        }
        // Malformed pairs are as if they were not there.
        parameters = parts[1].split(separator: UInt8(ascii: "&")).compactMap { pair in
            guard !pair.contains(UInt8(ascii: ";")) else { return nil }
            let halves = pair.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = Self.decoded(halves[0], plusIsSpace: true),
                let value = halves.count == 2 ? Self.decoded(halves[1], plusIsSpace: true) : []
            else { return nil }
            return (name, value)
        }
    }

    /// All values of a parameter, in order: bytes, as a service may be named by any.
    func values(_ name: String) -> [[UInt8]] {
        parameters.filter { $0.name.elementsEqual(name.utf8) }.map(\.value)
    }

    /// The first value, if it is not empty.
    func first(_ name: String) -> String? {
        guard let value = values(name).first, !value.isEmpty else { return nil }
        return String(decoding: value, as: UTF8.self)
    }

    private static func decoded(_ text: some Sequence<UInt8>, plusIsSpace: Bool) -> [UInt8]? {
        var bytes: [UInt8] = []
        var text = text.makeIterator()
        while let byte = text.next() {
            switch byte {
            case UInt8(ascii: "+") where plusIsSpace: bytes.append(UInt8(ascii: " "))
            case UInt8(ascii: "%"):
                guard let high = text.next().flatMap(hexDigit), let low = text.next().flatMap(hexDigit) else {
                    return nil
                }
                bytes.append(high << 4 | low)
            default: bytes.append(byte)
            }
        }
        return bytes
    }

    private static func hexDigit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
