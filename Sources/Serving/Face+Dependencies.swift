internal import Rendering
internal import ReportStore
internal import SpanModel

extension Face {
    private static let defaultLookback: Int64 = 86_400_000

    /// Jaeger's shape, parameters and errors; `service` keeps the edges that touch it.
    func jaegerDependencies(_ query: Query) async -> Answer {
        do throws(BadParameter) {
            let window = Self.window(
                endMilliseconds: try number("endTs", query, default: Int64(clamping: now() / 1_000_000)),
                lookback: try number("lookback", query, default: Self.defaultLookback))
            guard let links = await links(in: window) else {
                return .plainError(500, jaegerQueryErrorBody(code: 500, message: Self.unreadable))
            }
            let service = query.first("service").map { Array($0.utf8) }
            return .json(
                jaegerDependencyBody(
                    links.filter { link in
                        guard let service else { return true }
                        return link.caller.utf8.elementsEqual(service) || link.callee.utf8.elementsEqual(service)
                    })
            ).with("Cache-Control", "no-cache")
        } catch {
            return .plainError(400, jaegerQueryErrorBody(code: 400, message: error.message))
        }
    }

    /// Zipkin's shape; `endTs` is required there.
    func zipkinDependencies(_ query: Query) async -> Answer {
        guard query.first("endTs") != nil else {
            return .problem(400, "Bad Request", "endTs is missing; give the end in milliseconds since 1970")
        }
        do throws(BadParameter) {
            let window = Self.window(
                endMilliseconds: try number("endTs", query, default: 0),
                lookback: try number("lookback", query, default: Self.defaultLookback))
            guard let links = await links(in: window) else {
                return .problem(500, "Internal Server Error", Self.unreadable)
            }
            return .json(zipkinDependencyBody(links)).with("Cache-Control", "no-cache")
        } catch {
            return .problem(400, "Bad Request", error.message)
        }
    }

    private static let unreadable = "the store cannot be read; see /readyz on the machine it is on"

    /// Nil where the store cannot be read; blank names, which pictures cannot show, are left out.
    private func links(in window: Window) async -> [DependencyLink]? {
        guard let found = try? await dependencies.dependencies(in: window) else { return nil }
        return found.filter { !$0.caller.isEmpty && !$0.callee.isEmpty }
            .map { ($0.caller, $0.callee, $0.calls, $0.errors) }
    }

    static func window(endMilliseconds: Int64, lookback: Int64) -> Window {
        let start = endMilliseconds.subtractingReportingOverflow(lookback)
        func nanoseconds(_ milliseconds: Int64) -> UInt64 {
            let (value, overflow) = UInt64(max(milliseconds, 0)).multipliedReportingOverflow(by: 1_000_000)
            return overflow ? .max : value
        }
        return Window(
            startNanoseconds: start.overflow ? 0 : nanoseconds(start.partialValue),
            endNanoseconds: nanoseconds(endMilliseconds))
    }

    private struct BadParameter: Error {
        let message: String
    }

    /// A whole number as Go reads one, refused in Go's words.
    private func number(_ name: String, _ query: Query, default standard: Int64) throws(BadParameter) -> Int64 {
        guard let text = query.first(name) else { return standard }
        if let value = Int64(text) { return value }
        let digits = text.drop { $0 == "+" || $0 == "-" }
        let isNumber = text.count - digits.count <= 1 && !digits.isEmpty && digits.allSatisfy { ("0"..."9") ~= $0 }
        let reason = isNumber ? "value out of range" : "invalid syntax"
        throw BadParameter(
            message: "unable to parse param '\(name)': strconv.ParseInt: parsing \(quoted(text)): \(reason)")
    }

    private func quoted(_ text: String) -> String {
        "\"" + text.map { $0 == "\"" || $0 == "\\" ? "\\\($0)" : String($0) }.joined() + "\""
    }
}
