public import ReportStore

extension MillError {
    /// The store's own words, under the exit status of their kind.
    public init(_ error: StoreError) {
        let code: Code =
            switch error.code.exitStatus {
            case 65: .badArchives
            case 66: .noInput
            case 75: .locked
            case 77: .permission
            default: .inputOutput
            }
        self.init(code, error.description)
    }
}

/// Runs store code in a function that throws the mill's errors.
func withStore<Value>(_ body: () throws(StoreError) -> Value) throws(MillError) -> Value {
    do throws(StoreError) { return try body() } catch { throw MillError(error) }
}
