internal import SpanModel

extension DependencyAnalysis {
    /// By caller, callee, kind.
    func rows(_ names: NameTable) -> [Edge] {
        let sorted = hours.final().sorted()
        let edges = settled().edges
        return sortedPlaces.map { row(edges[$0], sorted[UInt32($0)], names) }
    }

    private func row(
        _ edge: EdgeTally, _ hours: ArraySlice<HourCells<CallTally>.Cell>, _ names: NameTable
    ) -> Edge {
        var row = Edge(
            caller: names.text(edge.key.caller), callee: names.text(edge.key.callee), kind: edge.key.edgeKind,
            nameSource: edge.nameSource, calls: edge.calls, errors: edge.errors,
            clientOnlyErrors: edge.clientOnlyErrors, destinations: edge.destinations.map { names.text($0) },
            estimated: edge.estimated, client: edge.client, exemplars: edge.exemplars.traces)
        if edge.key.operations != 0 {
            row.callerOperation = Self.operationName(edge.key.callerOperation, names)
            row.calleeOperation = Self.operationName(edge.key.calleeOperation, names)
        }
        for cell in hours {
            row.client.merge(cell.value.loneClient)
            row.server.merge(cell.value.server)
            guard cell.hour != HourLimit.none else { continue }
            row.hours.append(
                EdgeHour(
                    hour: cell.hour, calls: cell.value.count, errors: cell.value.errors,
                    latency: cell.value.latency))
        }
        return row
    }

    private static func operationName(_ operation: UInt32, _ names: NameTable) -> String? {
        operation == 0 || operation >= names.operations.count
            ? nil : names.text(names.operations[Int(operation)].name)
    }

    /// By name.
    ///
    /// A name is a service if it has a span, or stands at an end of an edge where only services can; else the edges
    /// that lead to it decide, and where they disagree the first of database, messaging, external.
    ///
    /// - Parameter services: string ids of services that have a span.
    func nodes(_ names: NameTable, services: [UInt32]) -> [Node] {
        var nodes: [UInt32: Node] = [:]
        func change(_ id: UInt32, _ kind: Node.Kind, _ body: (inout Node) -> Void) {
            var node = nodes[id] ?? Node(name: names.text(id), kind: kind)
            node.kind = Self.stronger(node.kind, kind)
            body(&node)
            nodes[id] = node
        }
        for service in services { change(service, .service) { _ in } }
        for edge in edges {
            // Only an edge of kind external may come from something that is no service (P5).
            let callerKind = edge.key.edgeKind == .external ? Node.Kind.external : .service
            change(edge.key.caller, callerKind) { $0.callsOut = $0.callsOut.addingSaturating(edge.calls) }
            change(edge.key.callee, edge.calleeKind) {
                $0.callsIn = $0.callsIn.addingSaturating(edge.calls)
                $0.errorsIn = $0.errorsIn.addingSaturating(edge.errors)
            }
        }
        for entry in entries where entry.service != 0 {
            change(entry.service, .service) {
                $0.callsIn = $0.callsIn.addingSaturating(entry.calls)
                $0.errorsIn = $0.errorsIn.addingSaturating(entry.errors)
                $0.entryCalls = $0.entryCalls.addingSaturating(entry.calls)
            }
        }
        return nodes.sorted { $0.key < $1.key }.map(\.value)
    }

    private static func stronger(_ a: Node.Kind, _ b: Node.Kind) -> Node.Kind {
        let order: [Node.Kind] = [.service, .database, .messaging, .external]
        return order.first { $0 == a || $0 == b } ?? a
    }
}
