import SpanModel

/// Walks up over local spans, remembering how far each leads, so that all walks of a trace together are linear.
///
/// Locals without a service belong to everybody and are walked over.
struct LocalWalk {
    /// Where a walk ended.
    struct Stop {
        /// First span that was not walked over; −1: none.
        var met: Int
        /// Last span that was walked over; −1: none.
        var top = -1
        /// Last span of the walker's own service that was walked over; −1: none.
        var topOfService = -1
    }

    /// Of each local span the topmost one of its chain: same service, nameless ones in between; −1: not known yet.
    private var tops: [Int32] = []
    private var path: [Int] = []

    /// Forgets the last trace.
    mutating func begin(count: Int) {
        tops.clear(to: -1, count: count)
    }

    /// Walks from `start` over locals of `service`.
    mutating func walk(from start: Int32, service: UInt32, _ spans: [TraceSpan], _ parents: [Int32]) -> Stop {
        var stop = Stop(met: Int(start))
        skipNameless(&stop, spans, parents)
        guard stop.met >= 0, service != 0, spans[stop.met].service == service, spans[stop.met].kind.isLocal
        else { return stop }
        stop.top = top(of: stop.met, spans, parents)
        stop.topOfService = stop.top
        stop.met = Int(parents[stop.top])
        skipNameless(&stop, spans, parents)
        return stop
    }

    private mutating func skipNameless(_ stop: inout Stop, _ spans: [TraceSpan], _ parents: [Int32]) {
        guard stop.met >= 0, spans[stop.met].service == 0, spans[stop.met].kind.isLocal else { return }
        stop.top = top(of: stop.met, spans, parents)
        stop.met = Int(parents[stop.top])
    }

    private mutating func top(of local: Int, _ spans: [TraceSpan], _ parents: [Int32]) -> Int {
        if tops[local] >= 0 { return Int(tops[local]) }
        path.removeAll(keepingCapacity: true)
        var member = local
        while true {
            path.append(member)
            let above = Int(parents[member])
            guard above >= 0, spans[above].kind.isLocal, tops[above] < 0 else { break }
            member = above
        }
        while let member = path.popLast() {
            tops[member] = Int32(truncatingIfNeeded: resolve(member, spans, parents))
        }
        return Int(tops[local])
    }

    /// The top of a span whose local ancestors all know theirs.
    private func resolve(_ member: Int, _ spans: [TraceSpan], _ parents: [Int32]) -> Int {
        let service = spans[member].service
        var above = Int(parents[member])
        guard above >= 0, spans[above].kind.isLocal else { return member }
        if service != 0, spans[above].service == 0 {
            above = Int(parents[Int(tops[above])])
            guard above >= 0, spans[above].kind.isLocal else { return member }
        }
        return spans[above].service == service ? Int(tops[above]) : member
    }
}
