// Package breaking compares two versions of an API and says what its callers meet: on the
// wire, while clients that were generated from the old version are still in use, and in
// code, when clients are generated anew.
//
// Params go to the server, so what old clients send must fit the new types. Results, events
// and errors come back, so what the new server sends must fit the old ones.
package breaking

// Level says who meets a change.
type Level uint8

// The levels, the worst last.
const (
	Safe   Level = iota // nobody
	Source              // code that calls clients, when they are generated again
	Wire                // clients of the old version, with the new server
)

// String returns the word that wsgen prints.
func (l Level) String() string { return [...]string{"safe", "source", "wire"}[l] }

// Rule is a kind of change.
type Rule struct {
	ID    string
	Level Level
	// Languages are those in which code meets a change at the level [Source], by the names
	// that flags have; nil for all.
	Languages []string
}

// Rules are all kinds of changes, by ID; docs/breaking.md explains each.
var Rules = map[string]*Rule{}

func rule(level Level, id string, languages ...string) *Rule {
	r := &Rule{id, level, languages}
	Rules[id] = r
	return r
}

// Methods, events and errors.
var (
	methodAdded             = rule(Safe, "method-added")
	methodRemoved           = rule(Wire, "method-removed")
	methodDeprecated        = rule(Safe, "method-deprecated")
	methodRenamed           = rule(Source, "method-renamed-in-code")
	methodReplyRemoved      = rule(Wire, "method-reply-removed")
	methodReplyAdded        = rule(Source, "method-reply-added")
	methodStreamChanged     = rule(Wire, "method-stream-changed")
	methodIdempotentRemoved = rule(Wire, "method-idempotent-removed")
	methodTimeoutChanged    = rule(Safe, "method-timeout-changed")
	methodDisconnectChanged = rule(Safe, "method-disconnect-changed")
	methodChannelChanged    = rule(Wire, "method-channel-changed")
	methodArgumentRenamed   = rule(Source, "method-argument-renamed", "python", "typescript")
	paramsAdded             = rule(Safe, "params-added")
	paramsRequired          = rule(Wire, "params-required")
	paramsRemoved           = rule(Wire, "params-removed")
	resultAdded             = rule(Source, "result-added", "go")
	resultRemoved           = rule(Wire, "result-removed")
	requestsChannelChanged  = rule(Wire, "requests-channel-changed")
	replyChannelChanged     = rule(Wire, "reply-channel-changed")
	errorDeclared           = rule(Safe, "error-declared")
	errorRemoved            = rule(Source, "error-removed")
	errorCodeChanged        = rule(Wire, "error-code-changed")
	errorDataAdded          = rule(Safe, "error-data-added")
	errorDataRemoved        = rule(Wire, "error-data-removed")
	eventAdded              = rule(Safe, "event-added")
	eventRemoved            = rule(Wire, "event-removed")
	eventDeprecated         = rule(Safe, "event-deprecated")
	eventRenamed            = rule(Source, "event-renamed-in-code")
	eventChannelChanged     = rule(Wire, "event-channel-changed")
	eventArgumentRenamed    = rule(Source, "event-argument-renamed", "python", "typescript")
	eventAccessNarrowed     = rule(Wire, "event-access-narrowed")
	eventAccessWidened      = rule(Safe, "event-access-widened")
)

// Types, whatever their direction.
var (
	typeRenamed       = rule(Source, "type-renamed")
	typeGone          = rule(Source, "type-gone-from-code")
	typeDeprecated    = rule(Safe, "type-deprecated")
	typeInCode        = rule(Source, "type-changed-in-code")
	nullInCode        = rule(Source, "null-changed-in-code")
	memberRenamed     = rule(Source, "member-renamed-in-code", "python", "go")
	itemRenamed       = rule(Source, "tuple-item-renamed-in-code", "go")
	memberDeprecated  = rule(Safe, "member-deprecated")
	valueAdded        = rule(Safe, "value-added-to-code")
	valueRenamed      = rule(Source, "value-renamed-in-code")
	valueGone         = rule(Source, "value-gone-from-code")
	variantGone       = rule(Source, "variant-gone-from-code")
	memberGone        = rule(Source, "member-gone-from-code")
	memberAlwaysSent  = rule(Source, "results-member-always-sent", "typescript", "go")
	memberOptional    = rule(Source, "params-member-optional", "go")
	unknownVariant    = rule(Source, "results-variant-added")
	unknownValue      = rule(Source, "results-value-added")
	paramsValueAdded  = rule(Safe, "params-value-added")
	paramsVariantMore = rule(Safe, "params-variant-added")
	paramsMemberAdded = rule(Safe, "params-member-added")
	resultMemberAdded = rule(Safe, "results-member-added")
)

// Types of params: what old clients send, and the new server may refuse or read otherwise.
var (
	paramsMemberRequired = rule(Wire, "params-member-required")
	paramsMemberRemoved  = rule(Wire, "params-member-removed")
	paramsClosed         = rule(Wire, "params-closed")
	paramsDefault        = rule(Wire, "params-default-changed")
	paramsMinimum        = rule(Wire, "params-minimum-raised")
	paramsMaximum        = rule(Wire, "params-maximum-lowered")
	paramsMultiple       = rule(Wire, "params-multiple-of-changed")
	paramsMinLength      = rule(Wire, "params-min-length-raised")
	paramsMaxLength      = rule(Wire, "params-max-length-lowered")
	paramsPattern        = rule(Wire, "params-pattern-changed")
	paramsUnique         = rule(Wire, "params-unique-items")
)

// Types of results, events and errors: what the new server sends, and old clients may refuse
// or read otherwise.
var (
	resultsMemberRemoved  = rule(Wire, "results-member-removed")
	resultsMemberOptional = rule(Wire, "results-member-optional")
	resultsDefault        = rule(Wire, "results-default-changed")
	resultsInteger        = rule(Wire, "results-integer-widened")
)

// both is a pair of rules that say the same of each direction.
type both struct{ params, results *Rule }

func wireBoth(id string) both { return both{rule(Wire, "params-"+id), rule(Wire, "results-"+id)} }

var (
	typeChanged     = wireBoth("type-changed")
	nullRefused     = wireBoth("null-refused")
	formatChanged   = wireBoth("format-changed")
	fractionRefused = wireBoth("fraction-refused")
	constantChanged = wireBoth("constant-changed")
	valueRefused    = both{rule(Wire, "params-value-removed"), unknownValue}
	variantRefused  = both{rule(Wire, "params-variant-removed"), unknownVariant}
	tagChanged      = wireBoth("tag-changed")
	tupleChanged    = wireBoth("tuple-changed")
)

// of returns the rule of one direction.
func (b both) of(d direction) *Rule {
	if d == toServer {
		return b.params
	}
	return b.results
}
