/// All rule sets; the first is the default. A new one is one line here.
public let ruleSets: [any RuleSet.Type] = [OTLPRules.self, ZipkinRules.self]

/// The rule set of a name, ready for one worker; nil when there is none of that name.
///
/// - Parameter facts: what is known of probabilities beside what traces show; nothing, unless given.
public func ruleSet(settings: AnalysisSettings, facts: WindowFacts = WindowFacts()) -> (any RuleSet)? {
    ruleSets.first { $0.name == settings.rules }?.init(settings: settings, facts: facts)
}
