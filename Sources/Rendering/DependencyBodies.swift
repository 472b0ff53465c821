/// Calls from one name to another, as other tools' endpoints tell of them.
public typealias DependencyLink = (caller: String, callee: String, calls: UInt64, errors: UInt64)

/// The answer of Jaeger's `/api/dependencies`.
public func jaegerDependencyBody(_ links: some Sequence<DependencyLink>) -> [UInt8] {
    var json = GoJSON()
    json.raw(#"{"data":"#)
    json.array(links) { json, link in
        json.raw(#"{"parent":"#)
        json.text(link.caller)
        json.raw(#","child":"#)
        json.text(link.callee)
        json.raw(#","callCount":"#)
        json.number(link.calls)
        json.raw("}")
    }
    json.raw(#","total":0,"limit":0,"offset":0,"errors":null}"#)
    return json.bytes
}

/// How Jaeger's query endpoints say that they cannot answer; ends with a line feed.
public func jaegerQueryErrorBody(code: Int, message: String) -> [UInt8] {
    var json = GoJSON()
    json.raw(#"{"data":null,"total":0,"limit":0,"offset":0,"errors":[{"code":"#)
    json.number(UInt64(clamping: code))
    json.raw(#","msg":"#)
    json.text(message)
    json.raw("}]}\n")
    return json.bytes
}

/// The answer of Zipkin's `/api/v2/dependencies`.
public func zipkinDependencyBody(_ links: some Sequence<DependencyLink>) -> [UInt8] {
    var json = GoJSON()
    json.array(links) { json, link in
        json.raw(#"{"parent":"#)
        json.text(link.caller)
        json.raw(#","child":"#)
        json.text(link.callee)
        json.raw(#","callCount":"#)
        json.number(link.calls)
        if link.errors > 0 {
            json.raw(#","errorCount":"#)
            json.number(link.errors)
        }
        json.raw("}")
    }
    return json.bytes
}
