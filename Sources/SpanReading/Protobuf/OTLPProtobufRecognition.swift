extension OTLPProtobufFormat {
    /// Whether these bytes begin a request of traces, metrics or logs: their outer messages are alike.
    ///
    /// Text that begins with a newline, Zipkin's lists and a length of ten begin with the same byte; but one of the
    /// schema's rules is broken within a few bytes.
    public static func recognizes(_ prefix: RawSpan, isWhole: Bool) -> Bool {
        guard prefix.byteCount > 1, prefix.byte(0) == 0x0a else { return false }
        var walk = OTLPRecognition()
        return walk.holds(.request, prefix, from: 0, to: .max) && walk.isConvinced
    }
}

/// A strict walk over the first fields of what may be a request.
private struct OTLPRecognition {
    /// The messages down to the items, by what may stand in them.
    enum Level { case request, resourceItems, resource, scopeItems, scope, attribute, item }

    /// Fields looked at before the rest is believed.
    private var fieldsLeft = 64
    /// Whether an attribute's key or an item was seen.
    private(set) var isConvinced = false

    /// Whether a message keeps the rules as far as it is in the bytes, which may end inside it.
    mutating func holds(_ level: Level, _ bytes: RawSpan, from start: Int, to end: Int) -> Bool {
        var cursor = ProtobufCursor(offset: start, end: min(end, bytes.byteCount))
        while fieldsLeft > 0, !cursor.isAtEnd {
            fieldsLeft -= 1
            let isCut = end > bytes.byteCount && bytes.byteCount - cursor.offset < 20
            guard let tag = try? cursor.tag(bytes) else { return isCut }
            if level == .item { isConvinced = true }
            guard tag & 7 == 2 else {
                guard isAllowed(tag, level) else { return false }
                if (try? cursor.skip(tag, bytes)) == nil { return end > bytes.byteCount }
                continue
            }
            guard let length = try? cursor.varint(bytes) else { return isCut }
            guard length <= UInt64(end - cursor.offset) else { return false }
            let inner = cursor.offset + Int(length)
            guard mayHold(tag, level, bytes, from: cursor.offset, to: inner) else { return false }
            if inner >= bytes.byteCount { return true }
            cursor = ProtobufCursor(offset: inner, end: min(end, bytes.byteCount))
        }
        return true
    }

    private mutating func mayHold(
        _ tag: UInt32, _ level: Level, _ bytes: RawSpan, from start: Int, to end: Int
    ) -> Bool {
        switch (level, tag) {
        case (.request, 0x0a): holds(.resourceItems, bytes, from: start, to: end)
        case (.resourceItems, 0x0a): holds(.resource, bytes, from: start, to: end)
        case (.resourceItems, 0x12), (.resourceItems, 0x1f42): holds(.scopeItems, bytes, from: start, to: end)
        case (.resource, 0x0a), (.scope, 0x1a): holds(.attribute, bytes, from: start, to: end)
        case (.scopeItems, 0x0a): holds(.scope, bytes, from: start, to: end)
        case (.scopeItems, 0x12): isItem(bytes, from: start, to: end)
        case (.attribute, 0x0a): isKey(bytes, from: start, to: end)
        case (.resourceItems, 0x1a), (.scopeItems, 0x1a), (.resource, 0x1a), (.attribute, 0x12), (.item, _): true
        case (.scope, 0x0a), (.scope, 0x12): true
        default: isConvinced
        }
    }

    /// One item settles it: what is wrong behind it is a bad record of this format.
    private mutating func isItem(_ bytes: RawSpan, from start: Int, to end: Int) -> Bool {
        guard holds(.item, bytes, from: start, to: end) else { return false }
        fieldsLeft = 0
        return true
    }

    /// Fields that are neither message nor text; later schemas may add more, but not in front.
    private func isAllowed(_ tag: UInt32, _ level: Level) -> Bool {
        switch (level, tag) {
        case (.resource, 0x10), (.scope, 0x20), (.attribute, 0x18), (.item, _): true
        default: isConvinced
        }
    }

    /// Keys of attributes are words: nothing below a space stands in them.
    private mutating func isKey(_ bytes: RawSpan, from start: Int, to end: Int) -> Bool {
        for offset in start..<min(end, bytes.byteCount) where bytes.byte(offset) < 0x20 { return false }
        if end > start { isConvinced = true }
        return true
    }
}
