import SpanModel

extension Finding.Reason {
    /// What was counted, after the number.
    var text: String {
        switch self {
        case .spansOrphan: "spans whose parent was not read"
        case .spansDuplicate: "repeated records, counted once"
        case .tracesCut: "traces cut at the size limit"
        case .selfParents: "spans that name themselves as parent"
        case .extraRoots: "further roots of a trace"
        case .cycles: "loops of parents, broken"
        case .innerEntries: "server spans inside their own service, no calls"
        case .unnamed: "spans without a service name"
        case .unknownCaller: "calls whose caller was not read"
        case .crossings: "local spans whose parent is of another service"
        case .linksUnresolved: "links to spans that were not read"
        case .linksToParent: "links that repeat the parent"
        case .linksLocal: "links inside one service"
        case .unresolvedOutgoing: "outgoing calls that do not say whom they call"
        case .outerExits: "client spans around another client span, no calls"
        case .spansReversed: "spans that end before they start"
        case .spansUnweighted: "spans without any sign of their sampling probability"
        case .weightsCapped: "spans with a probability too small to believe"
        }
    }

    /// Whether it means that something is missing, not just that a rule applied.
    var isLoss: Bool {
        switch self {
        case .spansOrphan, .tracesCut, .cycles, .selfParents, .unnamed, .unknownCaller, .linksUnresolved,
            .unresolvedOutgoing, .spansReversed, .weightsCapped:
            true
        case .spansDuplicate, .extraRoots, .innerEntries, .crossings, .linksToParent, .linksLocal, .outerExits,
            .spansUnweighted:
            false
        }
    }
}

extension WeightEvidence {
    /// What weights rest on, for people.
    var words: String {
        switch self {
        case .none: "nothing"
        case .threshold: "tracestate"
        case .tag: "sampler tags"
        case .vendor: "vendors' rates"
        case .ledger: "the ledger"
        case .inferred: "their ids"
        case .assumed: "assumption"
        }
    }
}

extension TextPage {
    /// One line on what was lost.
    mutating func quality(_ report: Report) {
        line(parts: ["quality"] + qualityParts(report.quality), .dim)
    }

    func qualityParts(_ quality: Quality) -> [String] {
        var parts: [String] = []
        if let complete = Quantity.share(quality.tracesComplete, of: quality.traces) {
            parts.append("\(complete) of traces complete")
        }
        let orphans = quality[.spansOrphan]
        if let share = Quantity.share(orphans, of: quality.spans) { parts.append("\(share) orphan spans") }
        let unweighted = quality[.spansUnweighted]
        if unweighted > 0, let share = Quantity.share(unweighted, of: quality.spans) {
            parts.append("\(share) of spans without a known probability")
        }
        parts += evidenceParts(quality.evidence)
        let counted: [(UInt64, String, String)] = [
            (quality[.tracesCut], "trace cut", "traces cut"),
            (quality.archivesBad, "archive not wholly readable", "archives not wholly readable"),
            (quality.recordsBad, "record unreadable", "records unreadable"),
            (quality.spansInvalid, "record without valid ids", "records without valid ids"),
            (quality.operationsFolded, "operation folded into other", "operations folded into other"),
        ]
        parts += counted.filter { $0.0 > 0 }.map { Quantity.count($0.0, $0.1, $0.2) }
        return parts.isEmpty ? ["nothing was read"] : parts
    }

    /// `weights: 61 % of traces by sampler tags, 38 % by the ledger`; nothing where all weigh one unseen.
    private func evidenceParts(_ evidence: EvidenceCounts) -> [String] {
        let shares = WeightEvidence.strongestFirst.filter { $0 != .none && evidence[$0] > 0 }.compactMap { kind in
            Quantity.share(evidence[kind], of: evidence.total).map { "\($0) by \(kind.words)" }
        }
        return shares.isEmpty ? [] : ["weights of traces: " + shares.joined(separator: ", ")]
    }

    /// Why there is no edge to show: what was read, what stood in the way, what to do.
    mutating func emptyGraph(_ whole: Report, _ selection: GraphSelection) {
        guard whole.edges.isEmpty else {
            line("no edge passes the selection; the window has \(Quantity.count(UInt64(whole.edges.count), "edge"))")
            if let focus = selection.focus, !whole.nodes.contains(where: { $0.name == focus }) {
                line("there is no node \(name(focus)) in it; names are case-sensitive")
            }
            return
        }
        let quality = whole.quality
        line("no edges: nothing in this window calls anything", .strong)
        line()
        fact("read", readParts(quality))
        fact("window", [window(whole.window)])
        if !whole.nodes.isEmpty { fact("nodes", [NodeCounts(whole.nodes).text]) }
        if quality.entryCalls > 0 { fact("entries", [Quantity.count(quality.entryCalls, "call") + " from outside"]) }
        for (index, reason) in reasonsForNoEdge(whole).enumerated() { fact(index == 0 ? "because" : "", [reason]) }
    }

    func readParts(_ quality: Quality) -> [String] {
        [
            Quantity.count(quality.archives, "archive"), Quantity.bytes(quality.bytesRead),
            Quantity.count(quality.spans, "span"), Quantity.count(quality.traces, "trace"),
        ]
    }

    private func reasonsForNoEdge(_ report: Report) -> [String] {
        let quality = report.quality
        var reasons: [String] = []
        if quality.archives == 0 { reasons.append("no archive was read; is the path right?") }
        if quality.spansOutside > 0 {
            reasons.append(
                "\(Quantity.count(quality.spansOutside)) records lie outside the window; --window chooses another")
        }
        if quality.archivesBad > 0 {
            reasons.append("\(Quantity.count(quality.archivesBad)) archives were not wholly readable; inspect says why")
        }
        if quality.spansInvalid > 0 {
            reasons.append("\(Quantity.count(quality.spansInvalid)) records have no valid trace or span id")
        }
        for reason in Finding.Reason.allCases where quality[reason] > 0 && reason != .spansUnweighted {
            reasons.append("\(Quantity.count(quality[reason])) \(reason.text)  (\(reason.rawValue))")
        }
        let services = Set(report.operations.map(\.service))
        if quality.spans > 0, services.count == 1, let only = services.first {
            reasons.append("all spans are of one service, \(name(only)), and name nobody they call")
        }
        if reasons.isEmpty {
            reasons.append(quality.spans == 0 ? "the archives hold no spans" : "no span is of a kind that calls")
        }
        return reasons
    }
}
