/// OTLP's lists of `{"key":"…","value":{"stringValue":"…"}}`.
enum OTLPJSONAttributes: JSONAttributeSyntax {
    static var areMembers: Bool { false }
    static var braces: Int { 2 }
    static var hashed: (Int, Int) { (8, 16) }

    static func walk(_ cursor: inout JSONCursor, _ bytes: RawSpan) throws(JSONFailure) -> JSONAttribute {
        let fields = OTLPJSONField.table
        var attribute = JSONAttribute()
        guard try cursor.enterObject(bytes) else { return attribute }
        repeat {
            switch fields.key(bytes, try cursor.memberName(bytes)) {
            case .key: attribute.name = try cursor.text(bytes)
            case .value: try walkValue(&cursor, bytes, fields, &attribute)
            default: try cursor.skipValue(bytes)
            }
        } while try cursor.continueObject(bytes)
        return attribute
    }

    /// Takes the scalar inside an `AnyValue`; the last one counts.
    private static func walkValue(
        _ cursor: inout JSONCursor, _ bytes: RawSpan, _ fields: borrowing KeyTable<OTLPJSONField>,
        _ attribute: inout JSONAttribute
    ) throws(JSONFailure) {
        attribute.value = .other
        attribute.valueEnd = 0
        guard try cursor.enterObject(bytes) else { return }
        repeat {
            switch fields.key(bytes, try cursor.memberName(bytes)) {
            case .stringValue:
                if try cursor.peek(bytes) == 0x22 {
                    try attribute.take(&cursor, bytes, .text)
                } else {
                    try cursor.skipValue(bytes)
                }
            case .integerValue: try attribute.take(&cursor, bytes, .integer)
            case .doubleValue: try attribute.take(&cursor, bytes, .number)
            case .booleanValue: try attribute.take(&cursor, bytes, .boolean)
            default: try cursor.skipValue(bytes)
            }
        } while try cursor.continueObject(bytes)
    }

    @inline(__always)
    static func converted(
        _ value: JSONCursor.Scalar, _ shape: JSONAttribute.Shape, _ bytes: RawSpan
    ) -> JSONCursor.Scalar {
        switch shape {
        case .any, .text: value
        case .integer: integer(value, bytes)
        case .number: number(value, bytes)
        case .boolean: if case .boolean = value { value } else { .other }
        }
    }

    /// 64-bit integers are texts in protobuf's JSON.
    @inline(__always)
    private static func integer(_ value: JSONCursor.Scalar, _ bytes: RawSpan) -> JSONCursor.Scalar {
        switch value {
        case .integer: return value
        case .text(let text):
            guard let short = JSONCursor.digits(bytes, text.start, text.end), short <= UInt64(Int64.max) else {
                return anyInteger(bytes, text)
            }
            return .integer(Int64(truncatingIfNeeded: short))
        default: return .other
        }
    }

    /// With a sign, for example.
    @inline(never)
    private static func anyInteger(_ bytes: RawSpan, _ text: JSONText) -> JSONCursor.Scalar {
        DecimalText.integer(bytes.extracting(text.start..<text.end)).map { .integer($0) } ?? .other
    }

    /// `"NaN"` and the like are texts.
    private static func number(_ value: JSONCursor.Scalar, _ bytes: RawSpan) -> JSONCursor.Scalar {
        switch value {
        case .number: value
        case .integer(let integer): .number(Double(integer))
        case .text(let text):
            DecimalText.number(bytes.extracting(text.start..<text.end)).map { .number($0) } ?? .other
        default: .other
        }
    }
}
