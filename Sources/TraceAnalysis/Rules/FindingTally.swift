import SpanModel

/// Findings of one trace, added up before they are handed over.
///
/// A small direct-mapped cache: most traces hold few services, and counting every span by itself would make the
/// aggregate look up each of them. What collides is handed over early; a reason may repeat.
struct FindingTally {
    typealias Findings = RefilledList<(reason: Finding.Reason, service: UInt32, count: UInt64)>

    private struct Slot {
        var key: UInt64
        var reason: Finding.Reason
        var count: UInt64
    }

    private var slots = Array(repeating: Slot(key: 0, reason: .spansOrphan, count: 0), count: 32)
    private var used: UInt32 = 0

    @inline(__always)
    mutating func add(
        _ reason: Finding.Reason, _ service: UInt32, count: UInt64 = 1, into findings: inout Findings
    ) {
        let code = reason.code
        let key = UInt64(code) << 32 | UInt64(service)
        let index = Int((service &+ code &* 5) & 31)
        if used & (1 << index) != 0 {
            if slots[index].key == key {
                slots[index].count &+= count
                return
            }
            append(slots[index], to: &findings)
        }
        used |= 1 << index
        slots[index] = Slot(key: key, reason: reason, count: count)
    }

    /// Hands over what is left and forgets it.
    mutating func flush(into findings: inout Findings) {
        while used != 0 {
            let index = used.trailingZeroBitCount
            append(slots[index], to: &findings)
            used &= used - 1
        }
    }

    /// Forgets everything.
    mutating func reset() { used = 0 }

    private func append(_ slot: Slot, to findings: inout Findings) {
        findings.append((slot.reason, UInt32(truncatingIfNeeded: slot.key), slot.count))
    }
}

extension Finding.Reason {
    /// A number: comparing raw values would compare strings.
    var code: UInt32 {
        switch self {
        case .spansOrphan: 0
        case .spansDuplicate: 1
        case .tracesCut: 2
        case .selfParents: 3
        case .extraRoots: 4
        case .cycles: 5
        case .innerEntries: 6
        case .unnamed: 7
        case .unknownCaller: 8
        case .crossings: 9
        case .linksUnresolved: 10
        case .linksToParent: 11
        case .linksLocal: 12
        case .unresolvedOutgoing: 13
        case .outerExits: 14
        case .spansReversed: 15
        case .spansUnweighted: 16
        case .weightsCapped: 17
        }
    }
}
