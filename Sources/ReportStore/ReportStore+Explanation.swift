internal import FoundationEssentials
internal import GRDB
public import SpanModel

extension ReportStore {
    /// The strategy of one operation in one version, with its steps; nil where that version does not list it.
    public func strategy(
        service: String, operation: String, version id: Int64
    ) throws(StoreError) -> OperationStrategy? {
        try read { db in
            let range = OwnedRows(owner: id).range
            // Names pass as blobs: they may hold a zero byte.
            let row = try Row.fetchOne(
                db,
                sql: """
                    SELECT \(Self.operationColumns) FROM strategy
                    WHERE id BETWEEN ?1 AND ?2
                        AND operation_id = (SELECT id FROM name WHERE text = CAST(?3 AS TEXT))
                        AND service_position = (
                            SELECT id - ?1 FROM strategy_service WHERE id BETWEEN ?1 AND ?2
                                AND service_id = (SELECT id FROM name WHERE text = CAST(?4 AS TEXT)))
                    """,
                arguments: [
                    range.lowerBound, range.upperBound, Data(operation.utf8), Data(service.utf8),
                ])
            guard let row else { return nil }
            var columns = Columns(row)
            var names = try NameReader(db)
            return try Self.operation(&columns, &names)
        }
    }
}
