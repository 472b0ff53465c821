/// Where the server listens and what it asks of those who ask.
public struct ServerSettings: Hashable, Sendable {
    /// A host name or an address; tracers on other machines need one that they can reach.
    public var host: String
    /// 0: any free port, told when the server listens.
    public var port: Int
    /// A last run that ended longer ago makes the server not ready; nil: it may be of any age.
    public var maximumReportAgeNanoseconds: UInt64?
    /// Opens all paths to whoever presents it as bearer token; nil: only to this machine.
    public var token: String?
    /// Nil: connections are plain.
    public var security: TransportSecurity?
    public var programVersion: String

    /// As `serve` without options: Jaeger's port, on this machine alone.
    public init(
        host: String = "127.0.0.1", port: Int = 5778, maximumReportAgeNanoseconds: UInt64? = nil, token: String? = nil,
        security: TransportSecurity? = nil, programVersion: String = ""
    ) {
        self.host = host
        self.port = port
        self.maximumReportAgeNanoseconds = maximumReportAgeNanoseconds
        self.token = token
        self.security = security
        self.programVersion = programVersion
    }
}
