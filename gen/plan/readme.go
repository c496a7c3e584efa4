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
	Since, Position                         string // the option that begins at a position; how that of an event is read, as a sentence
	Lost, LostPosition, NoPosition          string // "EventsLost", "position"; the position before all events
	Window                                  string // option of streams
	SubscriptionToken                       string // the option with the function
	UnknownValues                           string // what enums, unions and models hold that only a newer server knows, as a sentence
}

// ReadmeSamples are the pieces that a language writes itself.
type ReadmeSamples struct {
	Install  ReadmeSection // whole: every ecosystem has its own way
	Call     string        // a program: connect, call, close
	NoCall   bool          // no method has params of which a short example is surely valid
	Batch    string        // two calls that leave together; "" where there are none that are easily shown
	Streams  string        // the first stream of the API; "" where there is none that is easily shown
	Events   string        // the first event of the API; "" where there is none
	Restart  string        // the same, going on where an earlier run has ended
	BatchOf  string        // what a batch is and when it leaves, as a paragraph
	StreamOf string        // how a stream is read and left, as a paragraph
	EventOf  string        // what a subscription is, as a sentence
	Errors   string        // what to do about the errors of a call
	Proxy    ReadmeSection // whole

	Interceptors []ReadmeSection // whole: what they are good for
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
		After: p.notShown(s) + "The first call or event connects; " + code(w.Connect) + " waits until calls can be answered, and fails with the reason " +
			"why they cannot (" + code(w.ConnectError) + "). A token that expires without a function for the next one ends the client.\n\n" +
			"A call waits for its reply at most " + code(w.Timeout) + ", connecting included: 10 seconds, or what the API declares. " +
			code(w.Meta) + " travels with the request, such as a `traceparent` (not with " + code(w.NativeRPC) + ").\n\n" +
			"A lost connection is opened again by itself; " + code(w.State) + " tells how it is. Calls that had been sent go on waiting " +
			"where the reply channel recovers what was missed; elsewhere they fail with " + code(w.ConnectionLost) +
			", except those of idempotent methods, which are sent again, as they are after temporary errors. " + code(w.Close) +
			" ends all calls and subscriptions; later ones fail with " + code(w.NotConnected) + " until " + code(w.Connect) +
			" opens the client again.\n\n" + w.UnknownValues,
	}}
	if s.Batch != "" {
		sections = append(sections, ReadmeSection{
			Title: "Several calls at once",
			Text:  s.BatchOf + " Calls cost much less that way than with a message for each, and every one still has its own outcome and deadline.",
			Code:  s.Batch,
			After: "A message takes up to 100 requests of one requests channel, as far as they fit into a frame; what is left begins another. " +
				"Notifications leave alone, and so does a call that is sent again, or that travels by " + code(w.NativeRPC) + ".",
		})
	}
	if s.Streams != "" {
		sections = append(sections, ReadmeSection{
			Title: "Streams",
			Text:  s.StreamOf,
			Code:  s.Streams,
			After: "The server never sends more than " + code(w.Window) + " items (32, at most 1,000) that the loop has not taken: a slow loop " +
				"slows it down. " + code(w.Timeout) + " bounds each silence, not the whole. Where the reply channel recovers what was missed, " +
				"a stream goes on after a lost connection; elsewhere it ends with " + code(w.ConnectionLost) + ", after the items that have come. " +
				"Streams do not work with " + code(w.NativeRPC) + ".",
		})
	}
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
	if s.Restart != "" {
		sections = append(sections, ReadmeSection{
			Title: "Events over restarts",
			Text: w.Position + " A program stores it once the event is handled, as JSON, and begins there the next time (" + code(w.Since) +
				"): what was published meanwhile comes first, and an event whose position was not stored comes again. " + code(w.NoPosition) +
				" is the beginning.\n\n" +
				"Where the channel no longer has all events since the position, then or after a lost connection, the loop ends with " + code(w.Lost) +
				". Fetch anew what the events are about, and go on from its " + code(w.LostPosition) + ".",
			Code: s.Restart,
			After: "This needs a channel that recovers: with `history_size`, `history_ttl` and `force_recovery` in Centrifugo's configuration. " +
				"Else there are no positions, and " + code(w.Since) + " ends with error 108. It ends with error 105 where the client or " +
				"the server has subscribed the channel already.",
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
	sections = append(sections, ReadmeSection{
		Title: "Errors",
		Text: "Every failed call tells " + code(w.Method) + ", " + code(w.CorrelationID) + " and " + code(w.Sent) + ". Where " + code(w.Sent) +
			" is false the request certainly did not run and is safe to repeat; where it is true nobody knows.\n\n" + strings.Join(list, "\n"),
		Code: s.Errors,
	})
	return append(append(sections, s.Interceptors...), s.Proxy)
}

// notShown says that the program makes no call, where it makes none.
func (p *Plan) notShown(s ReadmeSamples) string {
	if !s.NoCall || len(p.Calls) == 0 {
		return ""
	}
	return "No call is shown here: no method has params of which a short example is surely valid.\n\n"
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
