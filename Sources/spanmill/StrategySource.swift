import ArgumentParser
import Mill
import ReportStore
import SpanModel

/// Strategies of the store, for the verbs that show or change them.
struct StrategySource {
    let job: Job
    let store: ReportStore

    /// - Throws: 66 where nothing is stored.
    init(_ job: Job, access: ReportStore.Access = .readOnly) throws {
        self.job = job
        do throws(StoreError) {
            // A store is never begun here: without one there is nothing to show or to publish.
            if access == .readWrite { _ = try ReportStore(directory: job.state, access: .readOnly) }
        } catch  where error.code != .older {
            throw Self.explained(error, job)
        } catch {}
        do throws(StoreError) {
            store = try ReportStore(directory: job.state, access: access)
        } catch {
            throw Self.explained(error, job)
        }
    }

    private static func explained(_ error: StoreError, _ job: Job) -> MillError {
        guard error.code == .missing else { return MillError(error) }
        return MillError(.noInput, "there is no store in \(job.state) yet; `spanmill run` makes one, or name --state")
    }

    /// A version, or the latest.
    func strategies(version: Int64? = nil) throws -> StrategySet {
        do throws(StoreError) {
            if let version {
                if let found = try store.strategies(version: version) { return found }
                let versions = try store.strategyVersions()
                let known =
                    versions.isEmpty
                    ? "none is stored" : "stored are \(versions[0].id) to \(versions[versions.count - 1].id)"
                throw StoreError(
                    .missing, path: "", message: "there is no version \(version) of the strategies; \(known)")
            }
            if let latest = try store.latestStrategies() { return latest }
            throw StoreError(
                .missing, path: "",
                message:
                    "no strategies are stored in \(job.state); set sampling.budget.spans_per_second and run `spanmill run`"
            )
        } catch {
            throw error.path.isEmpty ? MillError(.noInput, error.message) : MillError(error)
        }
    }

    /// The versions, the latest first.
    func versions() throws -> [StrategyVersion] {
        do throws(StoreError) { return try store.strategyVersions().reversed() } catch { throw MillError(error) }
    }

    /// The strategies of a service, or an error that names the nearest one.
    static func service(_ name: String, of set: StrategySet) throws -> ServiceStrategy {
        if let service = set.services.first(where: { $0.service == name }) { return service }
        let hint = Units.nearest(to: name, among: set.services.map(\.service)).map { "; did you mean '\($0)'?" }
        throw ValidationError("There are no strategies for the service '\(name)'\(hint ?? "")")
    }

    /// The strategy of an operation, or an error that names the nearest one.
    static func operation(_ name: String, of service: ServiceStrategy) throws -> OperationStrategy {
        if let operation = service.operations.first(where: { $0.operation == name }) { return operation }
        let hint = Units.nearest(to: name, among: service.operations.map(\.operation)).map { "; did you mean '\($0)'?" }
        throw ValidationError(
            "'\(name)' is not listed for '\(service.service)', so its default of \(service.defaultProbability) holds\(hint ?? "")"
        )
    }
}
