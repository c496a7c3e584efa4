package typescript

import (
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/wsgen/wsgen/internal/naming"
	"github.com/wsgen/wsgen/internal/text"
	"github.com/wsgen/wsgen/schema"
)

// names holds every identifier of the generated files.
type names struct {
	types     map[schema.Named]string     // types.ts: models
	guards    map[schema.Named]string     // types.ts: isKnown… and …Variant functions
	keys      map[*schema.Enum][]string   // types.ts: members of the constant of an enum
	maps      map[*schema.Map]string      // types.ts: dictionaries that recursion needs a name for
	channels  map[*schema.Event]string    // types.ts: arguments of an event's channel
	methods   map[*schema.Method]string   // client.ts: of APIClient
	events    map[*schema.Event]string    // client.ts: of APIClient
	calls     map[*schema.Method]string   // client.ts: descriptors
	sources   map[*schema.Event]string    // client.ts: descriptors
	errors    map[*schema.APIError]string // client.ts: classes
	recursive map[schema.Named]bool       // types that reach themselves without an interface between
}

// newNames gives out all identifiers, and reports those that clash.
func newNames(m *schema.Model, diags *text.Diagnostics) *names {
	n := &names{
		types:     make(map[schema.Named]string, len(m.Types)),
		guards:    map[schema.Named]string{},
		keys:      map[*schema.Enum][]string{},
		maps:      map[*schema.Map]string{},
		channels:  map[*schema.Event]string{},
		methods:   make(map[*schema.Method]string, len(m.Methods)),
		events:    make(map[*schema.Event]string, len(m.Events)),
		calls:     make(map[*schema.Method]string, len(m.Methods)),
		sources:   make(map[*schema.Event]string, len(m.Events)),
		errors:    make(map[*schema.APIError]string, len(m.Errors)),
		recursive: recursive(m.Types),
	}
	n.nameTypes(m, diags)
	n.nameClient(m, diags)
	return n
}

// nameTypes names what types.ts exports, and the error classes, which index.ts
// exports beside it. Names that nobody chose yield to those of the document.
func (n *names) nameTypes(m *schema.Model, diags *text.Diagnostics) {
	scope := naming.NewScope("TypeScript", diags, reservedTypes...)
	for _, t := range m.Types {
		if d := t.Head(); !n.inPlace(t) {
			n.types[t] = scope.Claim(identifier(d.Name), naming.Owner{Kind: "type", Wire: d.Name, Pos: d.Pos})
		}
	}
	for _, e := range m.Errors {
		want := identifier(e.Name)
		if reservedErrors[want] {
			want += "_"
		}
		n.errors[e] = scope.Claim(want, naming.Owner{Kind: "error", Wire: e.Name, Pos: e.Pos})
	}
	for _, t := range m.Types {
		if n.inPlace(t) {
			continue
		}
		name := n.types[t]
		switch t := t.(type) {
		case *schema.Enum:
			n.guards[t] = scope.Distinct("isKnown" + naming.Title(name))
			n.keys[t] = enumKeys(t)
		case *schema.Union:
			if t.Tag != "" {
				n.guards[t] = scope.Distinct("isKnown" + naming.Title(name))
			} else {
				n.guards[t] = scope.Distinct(lowerFirst(name) + "Variant")
			}
		case *schema.Object, *schema.Tuple, *schema.Alias:
		}
		if n.recursive[t] {
			n.nameMaps(t, name, scope)
		}
	}
	for _, e := range m.Events {
		if hasParams(e) {
			n.channels[e] = scope.Distinct(naming.Pascal(e.Name) + "Channel")
		}
	}
}

// nameMaps names the dictionaries that a recursive type is made of: TypeScript
// resolves Record at once and would go round in circles, an interface is resolved late.
func (n *names) nameMaps(t schema.Named, name string, scope *naming.Scope) {
	var visit func(schema.Type)
	visit = func(t schema.Type) {
		if part, ok := t.(schema.Named); ok && !n.inPlace(part) {
			return
		}
		if m, ok := t.(*schema.Map); ok && n.maps[m] == "" {
			n.maps[m] = scope.Distinct(name + "Map")
		}
		for _, part := range schema.Parts(t) {
			visit(part)
		}
	}
	for _, part := range schema.Parts(t) {
		visit(part)
	}
}

// nameClient names the methods of APIClient and the constants of client.ts.
func (n *names) nameClient(m *schema.Model, diags *text.Diagnostics) {
	members := naming.NewScope("TypeScript", diags, reservedMembers...)
	constants := naming.NewScope("TypeScript", diags, reservedConstants...)
	for _, e := range m.Errors {
		constants.Distinct(n.errors[e])
	}
	for _, me := range m.Methods {
		name := identifier(naming.Camel(me.Name))
		n.methods[me] = members.Claim(name, naming.Owner{Kind: "method", Wire: me.Wire, Pos: me.Pos})
		n.calls[me] = constants.Distinct(name)
	}
	for _, e := range m.Events {
		n.events[e] = members.Claim("on"+naming.Pascal(e.Name), naming.Owner{Kind: "event", Wire: e.Wire, Pos: e.Pos})
		n.sources[e] = constants.Distinct(identifier(naming.Camel(e.Name)))
	}
}

// inPlace tells whether t is written where it is used. Interfaces are always named,
// and so is what could not be written in place because it contains itself.
func (n *names) inPlace(t schema.Named) bool {
	if _, ok := t.(*schema.Object); ok {
		return false
	}
	return t.Head().Inline && !n.recursive[t]
}

// enumKeys names the members of an enum's constant: "in_progress" is InProgress.
func enumKeys(e *schema.Enum) []string {
	scope := naming.NewScope("TypeScript", &text.Diagnostics{})
	keys := make([]string, len(e.Values))
	for i, v := range e.Values {
		name := v.Name
		if name == "" {
			name = v.Value.Text
			if strings.HasPrefix(name, "-") && v.Value.Kind == text.KindNumber {
				name = "minus " + name[1:]
			}
		}
		key := naming.Pascal(schema.SplitName(name))
		if first := []rune(key)[0]; !identifierStart(first) {
			key = "Value" + key
		}
		keys[i] = scope.Distinct(identifier(key))
	}
	return keys
}

// identifier makes s an identifier, which it is already unless a document is
// unusual: 2D is _2D.
func identifier(s string) string {
	if isIdentifier(s) {
		return s
	}
	var b strings.Builder
	for i, r := range s {
		switch {
		case r > 0xffff || !identifierStart(r) && !identifierPart(r):
			b.WriteString("_" + strconv.FormatInt(int64(r), 16))
		case i == 0 && !identifierStart(r):
			b.WriteString("_" + string(r))
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

func lowerFirst(s string) string {
	for i, r := range s {
		return string(unicode.ToLower(r)) + s[i+len(string(r)):]
	}
	return s
}

// recursive finds the types that reach themselves through types that TypeScript
// writes as type aliases: everything but interfaces (Tarjan's algorithm).
func recursive(types []schema.Named) map[schema.Named]bool {
	r := recursion{index: map[schema.Named]int{}, low: map[schema.Named]int{}, onStack: map[schema.Named]bool{}, found: map[schema.Named]bool{}}
	for _, t := range types {
		if _, ok := t.(*schema.Object); !ok && r.index[t] == 0 {
			r.visit(t)
		}
	}
	return r.found
}

type recursion struct {
	index, low map[schema.Named]int
	onStack    map[schema.Named]bool
	stack      []schema.Named
	found      map[schema.Named]bool
}

func (r *recursion) visit(t schema.Named) {
	r.index[t] = len(r.index) + 1
	r.low[t] = r.index[t]
	r.stack = append(r.stack, t)
	r.onStack[t] = true
	self := false
	for _, next := range nextNamed(t, nil) {
		switch {
		case next == t:
			self = true
		case r.index[next] == 0:
			r.visit(next)
			r.low[t] = min(r.low[t], r.low[next])
		case r.onStack[next]:
			r.low[t] = min(r.low[t], r.index[next])
		}
	}
	if r.low[t] == r.index[t] {
		r.pop(t, self)
	}
}

// pop takes the types that reach each other off the stack, down to root. A single
// one is only recursive if it is made of itself.
func (r *recursion) pop(root schema.Named, self bool) {
	i := len(r.stack) - 1
	for r.stack[i] != root {
		i--
	}
	cycle := r.stack[i:]
	for _, t := range cycle {
		r.onStack[t] = false
		r.found[t] = self || len(cycle) > 1
	}
	r.stack = r.stack[:i]
}

// nextNamed appends the named types that t is made of, interfaces left out.
func nextNamed(t schema.Type, next []schema.Named) []schema.Named {
	for _, part := range schema.Parts(t) {
		switch part := part.(type) {
		case *schema.Object:
		case schema.Named:
			next = append(next, part)
		default:
			next = nextNamed(part, next)
		}
	}
	return next
}

// exports are what client.ts and rpc-client.ts export themselves.
var exports = []string{
	"APIClient", "CallError", "CallInfo", "CallOptions", "CallTimeout", "CentrifugoRPCClient", "ClientOptions", "ConnectError",
	"ConnectOptions", "ConnectionLost", "ConnectionState", "EventArgs", "EventHandler", "InvalidParamsError",
	"MethodNotFoundError", "NotConnected", "ParamIssue", "RPCCaller", "RPCError", "RPCErrorClass", "RPCEvent", "RPCMethod",
	"RequestTooLarge", "StateListener", "SubscribeOptions", "TokenSource", "UnauthorizedError", "Unsubscribe", "listen",
}

// reservedTypes are what types.ts itself uses and what index.ts exports besides: a
// model of that name would break one of them.
var reservedTypes = slices.Concat(exports, keywords, []string{
	"Array", "Object", "Partial", "Record", "Shape", "hasShape", "hasType", "tagOf", "variantOf",
})

// reservedErrors are the globals that client.ts uses.
var reservedErrors = map[string]bool{"AsyncIterable": true, "Promise": true, "types": true}

// reservedMembers are members of APIClient, and what JavaScript looks for in any
// object: one with a method called then is taken for a promise.
var reservedMembers = []string{"constructor", "rpc", "then"}

// reservedConstants are what client.ts imports and declares itself, parameters included.
var reservedConstants = slices.Concat(exports, keywords, []string{"channel", "options", "params", "rest", "types"})

// keywords cannot be names of types or of variables in a module.
var keywords = strings.Fields(`
	any arguments as asserts await bigint boolean break case catch class const continue debugger default delete do else enum
	eval export extends false finally for function if implements import in infer instanceof interface intrinsic keyof let
	never new null number object package private protected public readonly return static string super switch symbol this
	throw true try typeof undefined unique unknown var void while with yield`)
