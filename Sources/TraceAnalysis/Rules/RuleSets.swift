/// All rule sets; the first is the default. A new one is one line here.
public let ruleSets: [any RuleSet.Type] = [OTLPRules.self, ZipkinRules.self]

/// The rule set of a name, ready for one worker; nil when there is none of that name.
public func ruleSet(settings: AnalysisSettings) -> (any RuleSet)? {
    ruleSets.first { $0.name == settings.rules }?.init(settings: settings)
}
