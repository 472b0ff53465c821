import Foundation
import SpanModel
import Testing

@testable import TraceAnalysis

/// What the default rules make of the cases of other tools, and by which rule they differ.
@Suite("The default rules and the cases of other tools")
struct LinkerCasesOTLPTests {
    struct Verdict: Sendable, CustomTestStringConvertible {
        var id: String
        /// Everything the rules say, `; ` between facts.
        var says: String
        /// The rule that makes the difference; empty where the links are the peer's.
        var why: String

        init(_ id: String, _ says: String, _ why: String = "") {
            (self.id, self.says, self.why) = (id, says, why)
        }

        var testDescription: String { id }
    }

    static let verdicts: [Verdict] = [
        Verdict("sp-01-shared-client-server", "clienta->serverb call 1"),
        Verdict("sp-03-shared-without-kind", "extra_roots b 1"),
        Verdict(
            "sp-04-exact-duplicate",
            "crossings s2 1; entry s1 1; spans_duplicate s2 1; unresolved_outgoing s2 1",
            "P5: an exit of another service than its parent is a crossing, no call"),
        Verdict("sp-05-two-children", "S1->S2 call by inferred 1; S1->S3 call by inferred 1"),
        Verdict(
            "sp-06-every-pair-counts", "entry shop 1; shop->stock call 1", "rule 1: pairs within a service are no calls"
        ),
        Verdict(
            "sp-07-two-references", "S1->S2 call by inferred 1; S1->S3 call by inferred 1",
            "P6: only links of consumers make edges"),
        Verdict("sp-08-reference-to-other-trace", "shop->mailer link 1", "rule 7: links are followed across traces"),
        Verdict(
            "sp-09-peer-service-leaf", "entry shop 1; shop->redis external by peer.service 1",
            "rule 1: pairs within a service are no calls"),
        Verdict(
            "sp-10-peer-service-not-leaf", "entry shop 1; shop->redis external by peer.service 1",
            "rules 1 and 4: pairs within a service are no calls; local children do not answer"),
        Verdict(
            "sp-11-peer-service-root", "cron->redis external by peer.service 1",
            "P7: a root client calls what it names, too"),
        Verdict(
            "sp-13-zipkin-style-chain",
            "entry gw 1; gw->orders call 1; orders->db external by peer.service 1",
            "rule 1: pairs within a service are no calls"),
        Verdict("sp-14-any-tag-value-client", "a->b call 1", "P1: only the kind is the kind"),
        Verdict("sp-15-orphan", "spans_orphan stock 1; unknown_caller stock 1"),
        Verdict(
            "sp-19-parent-and-same-reference", "shop->stock call 1", "P6: a link that repeats the parent is dropped"),
        Verdict("sg-01-client-server", "some-svc->some-svc call 1"),
        Verdict("sg-03-virtual-client", "entry api 1", "rule 11: an entry call, no node for the outside"),
        Verdict(
            "sg-05-root-server-ignores-peer", "external-platform->api external by peer.service 1",
            "P5: peer.service names the caller"),
        Verdict("sg-07-messaging-link-producer-first", "billing->mailer link 1"),
        Verdict("sg-09-database", "orders->ledger database by db.name 1"),
        Verdict("sg-12-internal-ignored", "a->b call 1", "rule 3: local spans are walked over"),
        Verdict(
            "sg-13-fan-out", "billing->audit message 1; billing->mailer message 1", "rule 2: every consumer counts"),
        Verdict("sg-15-root-consumer", "entry mailer 1", "rule 11: an entry call, no node for the outside"),
        Verdict(
            "tp-02-failed",
            "requester->server call 1 failed 1 client_only 1; server->postgres database by db.name 1 failed 1"),
        Verdict("tp-03-virtual-user", "entry server 1", "rule 11: an entry call, no node for the outside"),
        Verdict("tp-06-client-without-peer", "spans_orphan requester 1; unresolved_outgoing requester 1"),
        Verdict("tp-07-db-system-only", "server->mysql database by db.system 1"),
        Verdict("tp-08-db-server-address", "server->pg-main database by server.address 1"),
        Verdict("tp-09-db-peer-service-first", "server->pg-logical database by peer.service 1"),
        Verdict("tp-10-db-network-peer-port", "server->pg-main:5432 database by network.peer.address 1"),
        Verdict("tp-11-db-network-peer", "server->pg-main database by network.peer.address 1"),
        Verdict("tp-12-db-namespace", "server->mydb database by db.namespace 1"),
        Verdict("tp-13-db-namespace-over-name", "server->first database by db.namespace 1"),
        Verdict(
            "tp-15-db-system-old-wins", "server->microsoft.sql_server database by db.system.name 1",
            "P7: the newer key is asked first"),
        Verdict("tp-16-server-peer-ignored", "svc-a->svc-b call 1"),
        Verdict(
            "tp-17-server-below-server", "a->b call 1; entry a 1",
            "P4 and rule 11: an entry of another service above calls; the root is an entry call"),
        Verdict(
            "tp-18-two-root-servers", "entry a 1; entry b 1; extra_roots b 1", "P5: every root entry is an entry call"),
        Verdict("tp-20-db-server-first", "orders->ledger-proxy call 1", "rule 10: a real server beats a name"),
        Verdict(
            "tp-21-fan-out", "billing->audit message 1; billing->mailer message 1", "rule 2: every consumer counts"),
        Verdict("tp-22-internal-between", "a->b call 1", "rule 3: local spans are walked over"),
    ]

    private static func linkerCase(_ id: String) -> LinkerCase? { LinkerCase.all?.first { $0.id == id } }

    @Test(
        "the rules say what the table says, and differ from the peer only where it names a rule",
        .enabled(if: LinkerCase.all != nil, "the shared cases are not beside the checkout"), arguments: verdicts)
    func conformance(_ verdict: Verdict) throws {
        let linkerCase = try #require(Self.linkerCase(verdict.id))
        let outcome = DrawnArchive(linkerCase.otlpDrawings).outcome(OTLPRules(settings: AnalysisSettings()))
        #expect(outcome.lines.joined(separator: "; ") == verdict.says)
        // One peer counts no errors.
        let countsErrors = linkerCase.sourceSystem != "spark-dependencies"
        let links = outcome.edges.map { key, counts in
            let pair = key.prefix { $0 != " " }
            return "\(pair) \(counts.calls)" + (countsErrors && counts.errors > 0 ? " failed \(counts.errors)" : "")
        }
        #expect((links.sorted() == linkerCase.expected) == verdict.why.isEmpty)
    }

    /// The table of the document.
    static var table: String {
        var table = "| case | the tool says | the default rules say | because of |\n|---|---|---|---|\n"
        for verdict in verdicts {
            let peer = linkerCase(verdict.id)?.expected.joined(separator: "; ") ?? ""
            let why = verdict.why.isEmpty ? "the same" : verdict.why
            table += "| \(verdict.id) | \(peer.isEmpty ? "–" : peer) | \(verdict.says) | \(why) |\n"
        }
        return table
    }

    @Test(
        "the document holds the table",
        .enabled(if: LinkerCase.all != nil, "the shared cases are not beside the checkout"))
    func document() throws {
        print(Self.table)
        let file = SharedFiles.checkout.appending(path: "docs/linking-conformance.md")
        let text = try String(contentsOf: file, encoding: .utf8)
        #expect(text.hasSuffix(Self.table))
    }
}
