import Sampling
import SpanModel
import Testing

@testable import Mill

/// The job file, and how flags, environment, file and defaults become one job.
struct ConfigurationTests {
    /// Resolves a job from the text of a file.
    private func configuration(
        _ text: String, environment: [String: String] = [:], flags: [String: String] = [:]
    ) throws -> Configuration {
        let scratch = try Scratch()
        let path = try scratch.write(text, to: "job.yaml")
        return try Configuration(path: path, environment: environment, flags: flags)
    }

    /// What is said about a broken file, with the folder taken off its path.
    private func complaint(_ text: String) throws -> String {
        let scratch = try Scratch()
        let path = try scratch.write(text, to: "job.yaml")
        do throws(MillError) {
            _ = try Configuration(path: path, environment: [:], flags: [:])
        } catch {
            #expect(error.exitStatus == 78)
            return error.message.replacing(scratch.path + "/", with: "")
        }
        Issue.record("the file was accepted")
        return ""
    }

    @Test("all problems are told at once, each with place, line, caret and the nearest key")
    func problems() throws {
        let file = """
            inputs: [archives]
            windw:
              length: 1d
            window:
              lenght: 2d
              margin: soon
            memory: [1, 2]
            archives: { max_bad: 101% }
            sampling:
              minimum_probability: 5
              overrides:
                - { service: web, probability: 1.5 }
                - { servce: web }
            publish: strategies.json

            """
        #expect(
            try complaint(file) == """
                job.yaml:2:1: unknown key 'windw'; did you mean 'window'?
                    2 | windw:
                      | ^
                job.yaml:5:3: unknown key 'lenght'; did you mean 'length'?
                    5 |   lenght: 2d
                      |   ^
                job.yaml:6:11: a duration like 250ms, 2h or 1d is expected, not 'soon'
                    6 |   margin: soon
                      |           ^
                job.yaml:7:9: 'memory' must be a single value, for example '512MiB'
                    7 | memory: [1, 2]
                      |         ^
                job.yaml:8:22: a count like 5 or a percentage like 2% is expected, not '101%'
                    8 | archives: { max_bad: 101% }
                      |                      ^
                job.yaml:10:24: probability must be above 0 and at most 1, not 5 (percent? write 0.05)
                   10 |   minimum_probability: 5
                      |                        ^
                job.yaml:12:36: 'probability' must be a number from 0 to 1, not '1.5'
                   12 |     - { service: web, probability: 1.5 }
                      |                                    ^
                job.yaml:13:9: unknown key 'servce'; did you mean 'service'?
                   13 |     - { servce: web }
                      |         ^
                job.yaml:14:10: 'publish' must be a list
                   14 | publish: strategies.json
                      |          ^
                9 errors
                """)
    }

    @Test("a key that resembles none is answered with those there are")
    func unknownKeys() throws {
        #expect(
            try complaint("window:\n  kubernetes: 1\n") == """
                job.yaml:2:3: unknown key 'kubernetes'; 'window' has length, margin, reopen
                    2 |   kubernetes: 1
                      |   ^
                1 error
                """)
    }

    @Test("a key given twice is an error at its second place")
    func duplicates() throws {
        #expect(
            try complaint("workers: 1\nstate: s\nworkers: 2\n") == """
                job.yaml:3:1: key 'workers' is given twice
                    3 | workers: 2
                      | ^
                1 error
                """)
    }

    @Test("what is no YAML is told with its place")
    func syntax() throws {
        let text = try complaint("inputs: [a, b\nworkers: 2\n")
        #expect(text.hasPrefix("job.yaml:2:8: "))
        #expect(text.contains("2 | workers: 2"))
        #expect(text.hasSuffix("1 error"))
        #expect(try complaint("\tworkers: 2\n").hasPrefix("job.yaml:1:1: "))
    }

    @Test(
        "wrong shapes are refused",
        arguments: [
            ("- a\n- b\n", "the file must be a mapping of keys"), ("just text\n", "the file must be a mapping of keys"),
            ("window: 1d\n", "'window' must be a mapping of keys"),
            ("window: { length: { a: b } }\n", "'window.length' must be a single value"),
            ("inputs: ['a,b']\n", "'inputs' must be a list of texts without commas"),
            ("names: [ { match: '(' , replace: x } ]\n", "'(' is not a regular expression"),
            ("names: [ { match: a } ]\n", "this entry of 'names' lacks 'replace'"),
            ("publish: [ { file: a, format: csv } ]\n", "the only format is 'jaeger', not 'csv'"),
            ("export: [ { file: a.pdf } ]\n", "the name must end in"),
            ("sampling: { overrides: [ web ] }\n", "each entry of 'sampling.overrides' must be a mapping of keys"),
            ("workers: -1\n", "a count of 0 to 1024 is expected, not '-1'"),
            ("workers: 1.5\n", "a count of 0 to 1024 is expected, not '1.5'"),
            ("memory: 1MiB\n", "at least 33554432 bytes are needed, not '1MiB'"),
            ("window: { length: 1s }\n", "'1s' is too short"),
            ("rules: linker\n", "one of otlp, zipkin is expected, not 'linker'"),
            ("partitions_time_zone: Berlin\n", "a zone is UTC or an offset like +02:00, not 'Berlin'"),
            ("trace_url: http://x/\n", "must contain {trace_id}"), ("workers: yes\n", "not 'yes'"),
            ("sampling: { budget: { spans_per_second: 0 } }\n", "a number above zero is expected, not '0'"),
            ("sampling: { lookback: 12h }\n", "a duration of 1d to 90d is expected, not '12h'"),
        ])
    func shapes(_ text: String, _ message: String) throws { #expect(try complaint(text).contains(message)) }

    @Test("flags win over the environment, the environment over the file, the file over defaults")
    func precedence() throws {
        let file = "workers: 2\nshards: 8\nwindow:\n  margin: 10m\n"
        let configuration = try configuration(
            file, environment: ["SPANMILL_WORKERS": "3", "SPANMILL_SHARDS": "9"], flags: ["workers": "4"])
        #expect(configuration.job.workers == 4)
        #expect(configuration.job.shards == 9)
        #expect(configuration.job.windowMarginNanoseconds == 600 * Nanoseconds.second)
        #expect(configuration.job.windowReopen == 3)
        #expect(configuration.origins["workers"] == "--workers")
        #expect(configuration.origins["shards"] == "SPANMILL_SHARDS")
        #expect(configuration.origins["window.margin"]?.hasSuffix("job.yaml:4") == true)
        #expect(configuration.origins["window.reopen"] == nil)
        let shown = configuration.shown(withOrigin: true)
        #expect(shown.contains("workers: 4  ") && shown.contains("# --workers"))
        #expect(shown.contains("window.reopen: 3  ") && shown.contains("# default"))
    }

    @Test("every setting has a flag and a variable of its own, a help and a default that it accepts")
    func settings() throws {
        #expect(Set(Setting.all.map(\.key)).count == Setting.all.count)
        #expect(Set(Setting.all.map(\.flag)).count == Setting.all.count)
        #expect(Set(Setting.all.map(\.environmentName)).count == Setting.all.count)
        let standard = String(reflecting: Job())
        for setting in Setting.all {
            #expect(setting.flag.allSatisfy { $0 == "-" || $0.isLowercase || $0.isNumber }, "\(setting.flag)")
            #expect(!setting.help.isEmpty && setting.help.count < 110 && setting.help.first?.isUppercase == false)
            guard !setting.defaultText.isEmpty, setting.key != "identity" else { continue }
            let same = try Configuration(
                path: nil, environment: [setting.environmentName: setting.defaultText], flags: [:])
            #expect(String(reflecting: same.job) == standard, "\(setting.key)")
        }
    }

    @Test("the template is a valid file, and its defaults are the program's")
    func template() throws {
        var inputs = Job()
        inputs.inputs = ["archives"]
        #expect(String(reflecting: try configuration(Configuration.template).job) == String(reflecting: inputs))
        let lines = Configuration.template.split(separator: "\n", omittingEmptySubsequences: false)
        let settings = lines.drop { !$0.hasPrefix("# partitions:") }.prefix { !$0.hasPrefix("# names:") }
        let uncommented = settings.map { $0.hasPrefix("# ") ? String($0.dropFirst(2)) : String($0) }
        #expect(uncommented.count >= Setting.all.count)
        let job = try configuration(uncommented.joined(separator: "\n")).job
        #expect(String(reflecting: job) == String(reflecting: Job()))
        let lists = lines.drop { !$0.hasPrefix("# names:") }.map { String($0.dropFirst(2)) }
        let example = try configuration(lists.joined(separator: "\n")).job
        #expect(example.names.count == 1 && example.publish.count == 1 && example.export == ["services.svg"])
    }

    @Test("lists of the file become the job's")
    func lists() throws {
        let job = try configuration(
            """
            inputs: [a, 'b/**']
            identity: [service.namespace, service.name]
            archives: { max_bad: 2.5% }
            trace_ids: low64
            partitions_time_zone: -03:30
            sampling:
              budget: { spans_per_second: 120, bytes_per_day: 20GiB }
              budgets: [ { service: 'web*', spans_per_second: 10 } ]
              overrides:
                - { service: web, operation: GET /, probability: 1 }
                - { operation: '*health*', maximum: 0.001, weight: 0.5 }
              aliases: [ { service: '*', seen: 'GET /a', published: 'GET /{id}' } ]
            publish: [ { file: s.json } ]
            export: [ { file: g.dot }, l.csv ]
            """
        ).job
        #expect(job.inputs == ["a", "b/**"])
        #expect(job.identity == ["service.namespace", "service.name"])
        #expect(job.maximumBadArchives == .percent(2.5))
        #expect(job.matchesLow64)
        #expect(job.partitionsOffsetSeconds == -12_600)
        #expect(job.sampling.budgetSpansPerSecond == 120)
        #expect(job.sampling.budgetBytesPerDay == 21_474_836_480.0)
        #expect(job.sampling.budgets.map(\.service) == ["web*"] && job.sampling.budgets[0].operation == "*")
        #expect(job.sampling.overrides.map(\.probability) == [1, nil])
        #expect(job.sampling.overrides[1].maximum == 0.001)
        #expect(job.sampling.aliases.count == 1)
        #expect(job.publish == [.init(file: "s.json", format: "jaeger")])
        #expect(job.export == ["g.dot", "l.csv"])
        #expect(job.samplingPolicy.hasBudget)
    }

    @Test("an export given as a bare text needs a known ending too")
    func bareExport() throws { #expect(try complaint("export: [picture.pdf]\n").contains("the name must end in")) }

    @Test("a variable that is no setting is told, with the nearest; other programs' are not ours")
    func environment() throws {
        let error = #expect(throws: MillError.self) {
            try Configuration(path: nil, environment: ["SPANMILL_WORKRS": "2", "WORKERS": "x"], flags: [:])
        }
        #expect(
            error?.message == "SPANMILL_WORKRS: unknown variable; did you mean 'SPANMILL_WORKERS'?\n1 error")
    }

    @Test("a wrong flag or variable is told by its name, beside what is wrong in the file")
    func origins() throws {
        let scratch = try Scratch()
        let path = try scratch.write("workers: many\n", to: "job.yaml")
        let error = #expect(throws: MillError.self) {
            try Configuration(path: path, environment: ["SPANMILL_SHARDS": "0"], flags: ["memory": "big"])
        }
        let message = try #require(error?.message)
        #expect(message.contains("job.yaml:1:10: a count of 0 to 1024 is expected, not 'many'"))
        #expect(message.contains("SPANMILL_SHARDS: a count of 1 to 4096 is expected, not '0'"))
        #expect(message.contains("--memory: a size like 64MiB is expected, not 'big'"))
        #expect(message.hasSuffix("3 errors"))
    }

    @Test("a job file that is missing or no text says so")
    func unreadable() throws {
        let scratch = try Scratch()
        let missing = #expect(throws: MillError.self) {
            try Configuration(path: scratch.path + "/none.yaml", environment: [:], flags: [:])
        }
        #expect(missing?.exitStatus == 78 && missing?.message.contains("no such file") == true)
        let empty = try configuration("# nothing\n")
        #expect(String(reflecting: empty.job) == String(reflecting: Job()))
    }

    @Test("lists are given by flag and variable too, in YAML, the flag stronger, with problems told by place")
    func listsByFlag() throws {
        let flag = "[{service: pay, operation: 'POST*', minimum: 0.5}, {probability: 0}]"
        let configuration = try Configuration(
            path: nil,
            environment: [
                "SPANMILL_SAMPLING_OVERRIDES": "[{service: lost, weight: 2}]",
                "SPANMILL_SAMPLING_BUDGETS": "[{service: 'batch-*', spans_per_second: 20}]",
                "SPANMILL_SAMPLING_ALIASES": "[{service: web, seen: a, published: b}]",
                "SPANMILL_EXPORT": "[graph.dot]",
            ], flags: ["sampling.overrides": flag, "publish": "[{file: s.json}]"])
        let sampling = configuration.job.sampling
        #expect(sampling.overrides.map(\.service) == ["pay", "*"])
        #expect(sampling.overrides.map(\.minimum) == [0.5, nil])
        #expect(sampling.budgets.map(\.spansPerSecond) == [20])
        #expect(sampling.aliases.map(\.published) == ["b"])
        #expect(configuration.job.export == ["graph.dot"])
        #expect(configuration.job.publish.map(\.file) == ["s.json"])
        let error = #expect(throws: MillError.self) {
            try Configuration(path: nil, environment: [:], flags: ["sampling.overrides": "[{probability: 7}]"])
        }
        #expect(error?.message.contains("--sampling-overrides:1:16: 'probability' must be") == true)
    }

    @Test("time zones, holidays and the rest of the policy are read; what is none is refused")
    func policy() throws {
        let configuration = try Configuration(
            path: nil, environment: ["SPANMILL_SAMPLING_TIME_ZONE": "Europe/Berlin"],
            flags: [
                "sampling.holidays": "2026-12-25, 2026-12-26", "sampling.profile": "hourly",
                "sampling.half_life": "36h", "sampling.floor_share": "0.25",
            ])
        let policy = configuration.job.samplingPolicy
        #expect(policy.profile == .hourly && policy.timeZone == "Europe/Berlin")
        #expect(policy.halfLifeDays == 1.5 && policy.allocation.floorBudgetShare == 0.25)
        #expect(configuration.job.sampling.holidays == ["2026-12-25", "2026-12-26"])
        for (key, text) in [
            ("sampling.time_zone", "Europe/Bärlin"), ("sampling.time_zone", "CEST"), ("sampling.holidays", "Christmas"),
            ("sampling.half_life", "0d"),
        ] {
            #expect(throws: MillError.self) {
                try Configuration(path: nil, environment: [:], flags: [key: text])
            }
        }
    }
}
