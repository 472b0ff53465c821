import ArgumentParser

struct MapCommand: AsyncParsableCommand { func run() async throws {} }
struct ReduceCommand: AsyncParsableCommand { func run() async throws {} }
struct MergeCommand: AsyncParsableCommand { func run() async throws {} }
struct ServeCommand: AsyncParsableCommand { func run() async throws {} }
