package plan

import (
	"strconv"
	"strings"
	"unicode"

	"github.com/wsgen/wsgen/schema"
)

// ReadmeSection is a part of the README of a generated package. The languages
// have the same sections and, where they behave alike, the same words.
type ReadmeSection struct {
	Title    string
	Text     string // paragraphs; empty lines are between them
	Code     string // a sample behind the text; "" for none
	Language string // of the sample; "": the package's own
	After    string // paragraphs behind the sample
}

// ReadmeWords are what the shared text calls things by in one language, each as
// it stands in code, without backticks.
type ReadmeWords struct {
	TokenParam                              string // "a JWT or an async function that fetches one"
	Connect, Close, State                   string // "await rpc.connect()"
	Unauthorized                            string // "UnauthorizedError"
	Timeout, Meta                           string // "timeout_s"
	NativeRPC                               string // `transport="rpc"`
	CallError, Method, CorrelationID, Sent  string
	RPCError, InvalidParams, MethodNotFound string
	CallTimeout, TimeoutKind                string // "CallTimeout", "a TimeoutError"
	ConnectionLost, NotConnected, TooLarge  string
	ConnectError, Overflow                  string
	MaxEvents, DropOldest                   string // options of events
	SubscriptionToken                       string // the option with the function
	UnknownValues                           string // what enums, unions and models hold that only a newer server knows, as a sentence
}

// ReadmeSamples are the pieces that a language writes itself.
type ReadmeSamples struct {
	Install ReadmeSection // whole: every ecosystem has its own way
	Call    string        // a program: connect, call, close
	Events  string        // the first event of the API; "" where there is none
	EventOf string        // what a subscription is, as a sentence
	Errors  string        // what to do about the errors of a call
	Proxy   ReadmeSection // whole
}

// Readme puts the README of a generated package together. Headings and code
// fences are the caller's to print.
func (p *Plan) Readme(w ReadmeWords, s ReadmeSamples, declared []string) []ReadmeSection {
	code := func(text string) string { return "`" + text + "`" }
	sections := []ReadmeSection{s.Install, {
		Title: "Call",
		Text: "The token is " + w.TokenParam + ". A function is called again whenever the token has expired; where it fails with " +
			code(w.Unauthorized) + " nobody is logged in any more, and the connection ends for good. The user id is the token's `sub` " +
			"and may be left out.",
		Code: s.Call,
		After: "The first call or event connects; " + code(w.Connect) + " waits until calls can be answered, and fails with the reason " +
			"why they cannot (" + code(w.ConnectError) + "). A token that expires without a function for the next one ends the client.\n\n" +
			"A call waits for its reply at most " + code(w.Timeout) + ", connecting included: 10 seconds, or what the API declares. " +
			code(w.Meta) + " travels with the request, such as a `traceparent` (not with " + code(w.NativeRPC) + ").\n\n" +
			"A lost connection is opened again by itself; " + code(w.State) + " tells how it is. Calls that had been sent go on waiting " +
			"where the reply channel recovers what was missed; elsewhere they fail with " + code(w.ConnectionLost) +
			", except those of idempotent methods, which are sent again, as they are after temporary errors. " + code(w.Close) +
			" ends all calls and subscriptions; later ones fail with " + code(w.NotConnected) + " until " + code(w.Connect) +
			" opens the client again.\n\n" + w.UnknownValues,
	}}
	if s.Events != "" {
		sections = append(sections, ReadmeSection{
			Title: "Events",
			Text: s.EventOf + " It survives reconnects. Events that were published meanwhile arrive only where their channel has a " +
				"history to recover from; one may arrive twice.\n\n" + p.whoMaySubscribe(),
			Code: s.Events,
			After: "At most 4,096 events (" + code(w.MaxEvents) + ") wait for a loop that is slower than they come. The next one ends it with " +
				code(w.Overflow) + ", after those that wait; with " + code(w.DropOldest) + " the oldest is dropped in silence. " +
				code(w.SubscriptionToken) + " gives the tokens of channels that ask for one.",
		})
	}
	list := []string{"- " + code(w.RPCError) + ": the server answered with an error",
		"- " + code(w.InvalidParams) + ", " + code(w.MethodNotFound) + ": kinds of " + code(w.RPCError)}
	for _, name := range declared {
		list = append(list, "- "+code(name)+": declared by the API")
	}
	list = append(list, "- "+code(w.CallTimeout)+": no reply in time; "+w.TimeoutKind,
		"- "+code(w.ConnectionLost)+", "+code(w.NotConnected)+": the connection broke, or there is none",
		"- "+code(w.TooLarge)+": the request is larger than a frame may be")
	return append(sections, ReadmeSection{
		Title: "Errors",
		Text: "Every failed call tells " + code(w.Method) + ", " + code(w.CorrelationID) + " and " + code(w.Sent) + ". Where " + code(w.Sent) +
			" is false the request certainly did not run and is safe to repeat; where it is true nobody knows.\n\n" + strings.Join(list, "\n"),
		Code: s.Errors,
	}, s.Proxy)
}

// accesses lists who may subscribe, the narrowest first.
var accesses = []schema.Access{schema.AccessUser, schema.AccessPermission, schema.AccessPublic}

// Subscribers says in words who may subscribe to an event.
func Subscribers(access schema.Access) string {
	switch access {
	case schema.AccessUser:
		return "the user whom the channel names"
	case schema.AccessPermission:
		return "whom the back end permits"
	}
	return "every user"
}

// mostEvents is how many events a README names for each access.
const mostEvents = 5

// whoMaySubscribe says who may subscribe to which events:
//
//	Who may subscribe: whom the back end permits (`task.created`); every user (`system.announced`). …
func (p *Plan) whoMaySubscribe() string {
	var groups []string
	for _, access := range accesses {
		var events []string
		for _, s := range p.Subscriptions {
			if s.Access == access {
				events = append(events, wireSpan(s.Wire))
			}
		}
		if more := len(events) - mostEvents; more > 0 {
			events = append(events[:mostEvents], strconv.Itoa(more)+" more")
		}
		if len(events) > 0 {
			groups = append(groups, Subscribers(access)+" ("+strings.Join(events, ", ")+")")
		}
	}
	return "Who may subscribe: " + strings.Join(groups, "; ") + ". Others get error 103, or 403 from the back end."
}

// wireSpan is a wire name as code in Markdown; names may hold anything.
func wireSpan(wire string) string {
	if strings.ContainsFunc(wire, func(r rune) bool { return r == '`' || !unicode.IsPrint(r) }) {
		wire = strings.ReplaceAll(strconv.QuoteToASCII(wire), "`", "'")
	}
	return "`" + wire + "`"
}
