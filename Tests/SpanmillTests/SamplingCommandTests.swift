import Foundation
import ReportStore
import SpanModel
import Testing

/// The verbs about strategies through the built program, over a store that runs of the built program made.
@Suite("spanmill sampling")
struct SamplingCommandTests {
    /// A store with one version for each budget, each made by a run over the next day; a file is published.
    private func prepared(budgets: [Double] = [1]) throws -> Program {
        let program = try Program()
        for (index, budget) in budgets.enumerated() {
            let day = "2026-03-0\(index + 1)"
            try program.makeDemo(day: day)
            try program.write(Self.job(budget: budget), to: "spanmill.yaml")
            let run = try program.run("run", "--window", day)
            try #require(run.status == 0, "\(run.error)")
        }
        return program
    }

    private static func job(budget: Double) -> String {
        """
        inputs: [archives]
        sampling:
          budget: { spans_per_second: \(budget) }
          assumed_probability: 1
          aliases: [{ service: partner-api, seen: 'PUT /stock', published: PUT }]
        publish: [{ file: strategies.json }]

        """
    }

    /// The document that a verb prints, which has the promised head.
    private func document(_ program: Program, _ schema: String, _ arguments: String...) throws -> [String: Any] {
        let result = try program.run(["sampling"] + arguments + ["--json"])
        try #require(result.status == 0, "\(result.error)")
        #expect(result.error.isEmpty)
        let parsed = try JSONSerialization.jsonObject(with: Data(result.output.utf8))
        let document = try #require(parsed as? [String: Any])
        #expect(document["schema"] as? String == schema && document["version"] as? Int == 1)
        #expect(document["spanmill_version"] is String)
        return document
    }

    /// A refusal: its status, one readable message on standard error, nothing on standard output.
    private func refusal(_ program: Program, _ status: Int32, _ message: String, _ arguments: String...) throws {
        let result = try program.run(["sampling"] + arguments)
        #expect(result.status == status, "\(arguments): \(result.error)")
        #expect(result.output.isEmpty)
        #expect(result.error.contains(message), "\(arguments): \(result.error)")
        expectReadable(result.error)
    }

    private func versions(_ program: Program) throws -> [Int] {
        let history = try document(program, "spanmill.sampling_history", "history")
        return try #require(history["versions"] as? [[String: Any]]).compactMap { $0["version_id"] as? Int }
    }

    @Test("every verb says without a store that `run` makes one (66), and with --help what it is for")
    func withoutStore() throws {
        let program = try Program()
        try program.write(Self.job(budget: 1), to: "spanmill.yaml")
        for verb in ["show", "diff", "history", "rollback", "publish", "backtest", "check"] {
            try refusal(program, 66, "there is no store in state yet; `spanmill run` makes one", verb)
            let help = try program.run("sampling", verb, "--help")
            #expect(help.status == 0 && help.output.contains("spanmill sampling \(verb)"), "\(help.output)")
        }
        try refusal(program, 66, "there is no store in state yet", "explain", "web", "GET /")
        #expect(!FileManager.default.fileExists(atPath: program.path("state")))
    }

    @Test("a store without strategies says which setting makes some")
    func withoutStrategies() throws {
        let program = try Program()
        try program.makeDemo()
        try #require(try program.run("run", "--inputs", "archives", "--window", "2026-03-01").status == 0)
        try refusal(program, 66, "nothing had been published before", "check")
        for verb in ["show", "diff", "history"] {
            try refusal(program, 66, "set sampling.budget.spans_per_second", verb)
        }
        try refusal(program, 66, "no strategies are stored, so there is nothing to roll back", "rollback")
        try refusal(program, 78, "no sampling budget is set", "publish", "--replan")
        try refusal(program, 78, "no file to publish to", "publish")
    }

    @Test("show prints the strategies, under the names tracers ask by")
    func show() throws {
        let program = try prepared()
        let page = try program.run("sampling", "show")
        #expect(page.status == 0 && page.output.contains("GET /product/{id}"))
        #expect(page.output == (try program.run("sampling")).output, "the default verb")
        let shown = try document(program, "spanmill.sampling", "show")
        let services = try #require(shown["strategies"] as? [[String: Any]])
        let partner = try #require(services.first { $0["service"] as? String == "partner-api" })
        let operations = try #require(partner["operations"] as? [[String: Any]])
        #expect(operations.compactMap { $0["operation"] as? String } == ["PUT"])
        #expect(operations.allSatisfy { $0["probability"] is Double && $0["reason"] is String })
        #expect(shown["version_id"] as? Int == 1 && shown["published_at"] is String)
        #expect(shown["budget"] is [String: Any])
        let narrowed = try program.run("sampling", "show", "--service", "partner*")
        #expect(narrowed.output.contains("PUT") && !narrowed.output.contains("GET /product/{id}"))
        try refusal(
            program, 66, "there is no version 9 of the strategies; stored are 1 to 1", "show", "--of-version", "9")
    }

    @Test("explain tells every step; an operation with an alias is found by either name")
    func explain() throws {
        let program = try prepared()
        let page = try program.run("sampling", "explain", "web", "GET /")
        #expect(page.status == 0 && page.output.contains("because") && page.output.contains("set yourself:"))
        let explained = try document(program, "spanmill.explain", "explain", "web", "GET /")
        #expect(explained["subject"] as? String == "web GET /" && explained["conclusion"] is String)
        let facts = try #require(explained["facts"] as? [[String: Any]])
        #expect(facts.contains { $0["step"] as? String == "final" && $0["value"] is Double })
        let renamed = try document(program, "spanmill.explain", "explain", "partner-api", "PUT /stock")
        #expect(renamed["operation"] as? String == "PUT")
        #expect((renamed["traces"] as? [String])?.isEmpty == false, "those of the name that archives show")
        try refusal(program, 64, "did you mean 'GET /'?", "explain", "web", "GET /x")
        try refusal(program, 64, "did you mean 'web'?", "explain", "wep", "GET /")
    }

    @Test("diff of the first version: nothing was in force before, so all is new")
    func diffOfTheFirst() throws {
        let program = try prepared()
        let page = try program.run("sampling", "diff")
        #expect(page.status == 0 && page.output.contains("from       nothing: no version was in force before"))
        let difference = try document(program, "spanmill.sampling_diff", "diff")
        #expect((difference["base"] as? [String: Any])?["version_id"] is NSNull)
        #expect((difference["current"] as? [String: Any])?["version_id"] as? Int == 1)
        let changes = try #require(difference["changes"] as? [[String: Any]])
        #expect(!changes.isEmpty && changes.allSatisfy { $0["change"] as? String == "new" })
        #expect(difference["unchanged"] as? Int == 0)
        #expect(try program.run("sampling", "diff", "--exit-code").status == 1)
    }

    @Test("diff of two versions names what was raised and lowered; of one with itself, nothing")
    func diff() throws {
        let program = try prepared(budgets: [1, 0.02])
        let page = try program.run("sampling", "diff")
        #expect(page.status == 0 && page.output.contains("lowered"))
        let difference = try document(program, "spanmill.sampling_diff", "diff", "1", "2")
        #expect((difference["base"] as? [String: Any])?["version_id"] as? Int == 1)
        let changes = try #require(difference["changes"] as? [[String: Any]])
        let lowered = changes.filter { $0["change"] as? String == "lowered" }
        #expect(!lowered.isEmpty)
        for change in lowered {
            let (before, after) = (change["before"] as? Double, change["after"] as? Double)
            #expect(try #require(before) > #require(after))
        }
        let same = try program.run("sampling", "diff", "2", "2", "--exit-code")
        #expect(same.status == 0 && !same.output.contains("lowered"))
        try refusal(program, 66, "there is no version 7 of the strategies; stored are 1 to 2", "diff", "7")
    }

    @Test("history lists the versions, or what they said of a name")
    func history() throws {
        let program = try prepared(budgets: [1, 0.02])
        let page = try program.run("sampling", "history", "web", "GET /")
        #expect(page.status == 0 && page.output.contains("GET /"))
        #expect(try versions(program) == [2, 1])
        let own = try document(program, "spanmill.sampling_history", "history", "web", "GET /")
        let entries = try #require(own["versions"] as? [[String: Any]])
        let probabilities = entries.compactMap { $0["probability"] as? Double }
        #expect(probabilities.count == 2 && probabilities[0] < probabilities[1])
        let limited = try document(program, "spanmill.sampling_history", "history", "--limit", "1")
        #expect((limited["versions"] as? [Any])?.count == 1)
        try refusal(program, 64, "--limit must be at least 1", "history", "--limit", "0")
        try refusal(program, 64, "did you mean 'GET /'?", "history", "web", "GET /x")
    }

    @Test("rollback puts the version before in force again, as a new one; a dry run does not")
    func rollback() throws {
        let program = try prepared(budgets: [1, 0.02])
        let trial = try program.run("sampling", "rollback", "--dry-run")
        #expect(trial.status == 0 && trial.output.isEmpty && trial.error.contains("would publish the strategies"))
        #expect(try versions(program) == [2, 1])
        let narrow = try String(contentsOfFile: program.path("strategies.json"), encoding: .utf8)
        let done = try program.run("sampling", "rollback", "--reason", "traces are missing")
        #expect(done.status == 0 && done.output.isEmpty)
        #expect(done.error.contains("published version 3: the strategies of version 1"))
        #expect(done.error.contains("wrote strategies.json"))
        #expect(try String(contentsOfFile: program.path("strategies.json"), encoding: .utf8) != narrow)
        #expect(try program.run("sampling", "diff", "1", "3", "--exit-code").status == 0)
        let history = try program.run("sampling", "history", "--json").output
        #expect(history.contains("rolled back to version 1: traces are missing"))
        try refusal(program, 66, "there is no version 9 of the strategies; stored are 1 to 3", "rollback", "9")
        try refusal(program, 66, "version 3 is in force already", "rollback", "3")
    }

    @Test("rollback of the only version changes nothing, ends in 66 and says what does change strategies")
    func rollbackOfTheFirst() throws {
        let program = try prepared()
        try refusal(program, 66, "version 1 is the only one, so there is nothing to roll back to", "rollback")
        try refusal(program, 66, "sampling.overrides and `spanmill sampling publish --replan`", "rollback")
        #expect(try versions(program) == [1])
    }

    @Test("publish writes the latest strategies where asked, leaves equal files alone, and plans anew when told")
    func publish() throws {
        let program = try prepared()
        let again = try program.run("sampling", "publish")
        #expect(again.status == 0 && again.output.isEmpty && again.error.contains("unchanged strategies.json"))
        let trial = try program.run("sampling", "publish", "--dry-run", "-o", "other.json")
        #expect(trial.error.contains("would write other.json"))
        #expect(!FileManager.default.fileExists(atPath: program.path("other.json")))
        #expect(try program.run("sampling", "publish", "-o", "other.json").error.contains("wrote other.json"))
        let names = ["strategies.json", "other.json"].map { program.path($0) }
        let files = try names.map { try String(contentsOfFile: $0, encoding: .utf8) }
        #expect(files[0] == files[1] && files[0].contains("\"PUT\""))
        try program.write(Self.job(budget: 0.5), to: "spanmill.yaml")
        let planned = try program.run("sampling", "publish", "--replan")
        #expect(planned.status == 0 && planned.error.contains("published version 2: chosen from the windows up to"))
        #expect(try versions(program) == [2, 1])
        let unwritable = try program.run("sampling", "publish", "-o", "missing/file.json")
        #expect(unwritable.status == 73)
        expectReadable(unwritable.error)
    }

    @Test("a plan that the gate refuses ends in 76 and nothing is published; --force publishes it")
    func refused() throws {
        let program = try prepared()
        try program.write(
            Self.job(budget: 0.0001).replacing("  assumed", with: "  minimum_probability: 0.9\n  assumed"),
            to: "spanmill.yaml")
        try refusal(program, 76, "the least probabilities alone cost", "publish", "--replan")
        #expect(try versions(program) == [1])
        let forced = try program.run("sampling", "publish", "--force")
        #expect(forced.status == 0 && forced.error.contains("published version 2"))
        #expect(try program.run("sampling", "history").output.contains("forced: the least probabilities"))
    }

    @Test("backtest replays what is stored and says how little that was")
    func backtest() throws {
        let program = try prepared(budgets: [1, 0.02])
        let page = try program.run("sampling", "backtest", "--days", "3")
        #expect(page.status == 0 && page.output.contains("planned the night before"))
        #expect(page.output.contains("! only 1 of 3 days could be replayed"))
        let replayed = try document(program, "spanmill.backtest", "backtest")
        #expect((replayed["days"] as? [[String: Any]])?.count == 1)
        let rules = try #require(replayed["rules"] as? [[String: Any]])
        #expect(rules.compactMap { $0["rule"] as? String } == ["planned", "hindsight", "fixed", "jaeger"])
        #expect(rules.allSatisfy { $0["spans_per_second"] is Double && $0["loss"] is Double })
        try refusal(program, 64, "--days takes 1 to 400, not 0", "backtest", "--days", "0")
        try program.write("inputs: [archives]\n", to: "spanmill.yaml")
        try refusal(program, 78, "no sampling budget is set", "backtest")
        let single = try prepared()
        try refusal(single, 66, "at least two days must be stored", "backtest")
    }

    @Test("check tells who obeys, and the lines it prints for the job file repair a name that never matches")
    func check() throws {
        let program = try Program()
        try program.makeDemo(traces: 1000)
        try publishBeforeTheDay(program)
        try program.write("inputs: [archives]\n", to: "spanmill.yaml")
        try #require(try program.run("run", "--window", "2026-03-01").status == 0)

        let page = try program.run("sampling", "check", "--window", "2026-03-01")
        #expect(page.status == 0 && page.error.isEmpty)
        #expect(page.output.contains("! more") && page.output.contains("Published, never seen"))
        let found = try document(program, "spanmill.sampling_check", "check")
        let operations = try #require(found["operations"] as? [[String: Any]])
        func verdict(_ name: String) -> String? {
            operations.first { $0["operation"] as? String == name }?["verdict"] as? String
        }
        #expect(verdict("GET /") == "obeys" && verdict("GET /feed") == "keeps_more")
        #expect(operations.allSatisfy { $0["traces"] is Int && $0["evidence"] is String })
        let aliases = try #require(found["aliases"] as? [[String: String]])
        #expect(aliases.map { $0["published"] } == ["GET /product/:id"])

        let lines = page.output.split(separator: "\n", omittingEmptySubsequences: false)
        let start = try #require(lines.firstIndex(of: "if that is right, for the job file:"))
        let pasted = lines[(start + 1)...].prefix { $0.hasPrefix("  ") }.map { $0.dropFirst(2) }
        try program.write("inputs: [archives]\n\(pasted.joined(separator: "\n"))\n", to: "spanmill.yaml")
        let repaired = try program.run("sampling", "check")
        #expect(repaired.status == 0 && !repaired.output.contains("Published, never seen"))
        #expect(repaired.output.contains("GET /product/:id"))

        try refusal(program, 64, "'yesterdy' is no window", "check", "--window", "yesterdy")
        try refusal(program, 66, "no window of that time is stored", "check", "--window", "2026-03-02")
    }

    /// Strategies that were in force on the day of the demo, whose tracers keep `GET /` at a half, `GET /product/{id}`
    /// and `GET /feed` at a quarter.
    private func publishBeforeTheDay(_ program: Program) throws {
        func service(_ name: String, _ probabilities: [String: Double]) -> ServiceStrategy {
            ServiceStrategy(
                service: name, defaultProbability: 0.001,
                operations: probabilities.sorted { $0.key < $1.key }.map {
                    OperationStrategy(operation: $0.key, probability: $0.value, predictedTracesPerDay: 100)
                })
        }
        let set = StrategySet(
            budgetSpansPerSecond: 1, predictedSpansPerSecond: 1, status: .ok, defaultProbability: 0.001,
            services: [
                service("mobile", ["GET /feed": 0.0625]), service("web", ["GET /": 0.5, "GET /product/:id": 0.25]),
            ])
        let store = try ReportStore(directory: program.path("state"))
        try store.save(set, publishedNanoseconds: 1_772_323_200_000_000_000 - Nanoseconds.day)
        try store.close()
    }
}
