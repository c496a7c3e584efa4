package typescript

import (
	"cmp"
	"fmt"
	"maps"
	"strconv"
	"strings"
	"unicode"

	"github.com/wsgen/wsgen/gen"
	"github.com/wsgen/wsgen/gen/plan"
	"github.com/wsgen/wsgen/internal/naming"
	"github.com/wsgen/wsgen/internal/text"
	"github.com/wsgen/wsgen/schema"
)

// names holds every identifier of the generated files.
type names struct {
	plan    *plan.Plan
	imports *plan.Imports
	modules map[string]string // types.ts: what is imported of modules that have all types in one
	settings
	extension  string                      // of modules in imports
	converting map[schema.Named]bool       // types in which something is converted
	types      map[schema.Named]string     // types.ts: models
	linkable   map[string]string           // the same by their names in the document
	inputs     map[schema.Named]string     // types.ts: the params version of a model that has two
	twoForms   map[schema.Named]bool       // types with a params version of their own, those without a name included
	guards     map[schema.Named]guard      // types.ts: functions that know an enum or a union
	keys       map[schema.Named][]string   // types.ts: members of the constant of an enum, or of flags
	maps       map[mapForm]string          // types.ts: dictionaries that recursion needs a name for
	channels   map[*schema.Template]string // types.ts: arguments of the channel of an event or a method
	methods    map[*schema.Method]string   // client.ts: of APIClient
	events     map[*schema.Event]string    // client.ts: of APIClient
	calls      map[*schema.Method]string   // client.ts: descriptors
	sources    map[*schema.Event]string    // client.ts: descriptors
	errors     map[*schema.APIError]string // client.ts: classes
	paths      map[any]string              // methods and events behind their namespaces: "tasks.get"
	fields     map[*plan.Namespace]string  // client.ts: "tasks", the member of the client or of the outer namespace
	apis       map[*plan.Namespace]string  // client.ts: classes, "TasksAPI"
	recursive  map[schema.Named]bool       // types that reach themselves without an interface between
}

// guard names the functions that know an enum or a union.
type guard struct {
	known    string // isKnownTaskStatus: of an enum, or of a union with a discriminator
	variant  string // placeVariant: of another union, like the two below
	is       string // isPlaceVariant
	variants string // PlaceVariants
}

// mapForm is a dictionary as results or as params have it.
type mapForm struct {
	of    *schema.Map
	input bool
}

// newNames gives out all identifiers, and reports those that clash.
func newNames(p *plan.Plan, opt gen.Options, diags *text.Diagnostics) *names {
	m := p.Model
	n := &names{
		plan:      p,
		modules:   map[string]string{},
		settings:  settingsOf(opt),
		types:     make(map[schema.Named]string, len(m.Types)),
		linkable:  make(map[string]string, len(m.Types)),
		inputs:    map[schema.Named]string{},
		twoForms:  findTwoForms(p),
		guards:    map[schema.Named]guard{},
		keys:      map[schema.Named][]string{},
		maps:      map[mapForm]string{},
		channels:  map[*schema.Template]string{},
		methods:   make(map[*schema.Method]string, len(m.Methods)),
		events:    make(map[*schema.Event]string, len(m.Events)),
		calls:     make(map[*schema.Method]string, len(m.Methods)),
		sources:   make(map[*schema.Event]string, len(m.Events)),
		errors:    make(map[*schema.APIError]string, len(m.Errors)),
		paths:     map[any]string{},
		fields:    map[*plan.Namespace]string{},
		apis:      map[*plan.Namespace]string{},
		recursive: recursive(m.Types),
	}
	n.converting = n.findConverting()
	n.imports = n.importsOf(opt.Shared, diags)
	n.nameTypes(diags)
	n.nameClient(diags)
	return n
}

// nameTypes names what types.ts exports, and the error classes, which index.ts
// exports beside it. Names that nobody chose yield to those of the document.
func (n *names) nameTypes(diags *text.Diagnostics) {
	m := n.plan.Model
	scope := naming.NewScope("TypeScript", diags, n.reserved(reservedTypes))
	var types []schema.Named
	var wants []string
	var owners []naming.Owner
	for _, t := range m.Types {
		if d := t.Head(); !n.inPlace(t) {
			types, wants = append(types, t), append(wants, identifier(d.Name))
			owners = append(owners, naming.Owner{Kind: "type", Wire: d.Name, Pos: d.Pos})
		}
	}
	for i, name := range scope.ClaimAll(wants, owners, identifier) {
		n.types[types[i]] = name
		n.linkable[types[i].Head().Name] = name
	}
	for _, e := range m.Errors {
		want := identifier(e.Name)
		if n.reserved(reservedErrors)[want] {
			want += "_"
		}
		n.errors[e] = scope.Claim(want, naming.Owner{Kind: "error", Wire: e.Name, Pos: e.Pos})
	}
	n.nameInputs(scope, diags)
	n.nameModules(scope)
	for _, t := range m.Types {
		if a, ok := t.(*schema.Alias); ok {
			n.nameAliasGuards(a, scope)
		}
	}
	for _, t := range m.Types {
		n.nameGuards(t, scope)
		if n.recursive[t] {
			n.nameMaps(t, scope)
		}
	}
	for _, s := range n.plan.Subscriptions {
		if len(s.Args) > 0 {
			n.channels[&s.Event.Channel] = scope.Distinct(identifier(naming.Pascal(s.Name) + "Channel"))
		}
	}
	for _, ns := range n.plan.Root.All()[1:] {
		n.apis[ns] = scope.Distinct(identifier(naming.Pascal(ns.Words()) + "API"))
	}
	for _, c := range n.plan.Calls {
		if len(c.Args) > 0 {
			n.channels[c.Channel] = scope.Distinct(identifier(naming.Pascal(c.Name) + "Channel"))
		}
	}
}

// nameInputs names the params versions: Money has MoneyInput, as the loader calls
// versions that differ.
func (n *names) nameInputs(scope *naming.Scope, diags *text.Diagnostics) {
	taken := map[string]bool{}
	for _, t := range n.plan.Types {
		taken[t.Head().Name] = true
	}
	for _, t := range n.plan.Types {
		if !n.twoForms[t] || n.inPlace(t) {
			continue
		}
		d := t.Head()
		want := d.Name + "Input"
		name := want
		for i := 2; taken[name]; i++ {
			name = want + strconv.Itoa(i)
		}
		if name != want {
			diags.Add(d.Pos, "version-name", fmt.Sprintf("the params version of %s is called %s in TypeScript, since %s is taken", d.Name, name, want),
				"rename the model "+want).Severity = text.Warning
		}
		taken[name] = true
		n.inputs[t] = scope.Distinct(identifier(name))
	}
}

// nameGuards names the functions that know an enum or a union. Those of a union that is
// written in place are called after the place.
func (n *names) nameGuards(t schema.Named, scope *naming.Scope) {
	switch t := t.(type) {
	case *schema.Enum:
		if !n.inPlace(t) {
			n.guards[t] = guard{known: scope.Distinct("isKnown" + naming.Title(n.types[t]))}
			n.keys[t] = constantKeys(t.Values)
		}
	case *schema.Union:
		if _, named := n.guards[t]; named {
			return
		}
		n.nameUnionGuards(t, cmp.Or(n.types[t], identifier(t.Name)), scope)
	case *schema.Alias:
		n.keys[t] = constantKeys(t.Flags)
	case *schema.Object, *schema.Tuple:
	}
}

// nameAliasGuards names the functions that know a union without a name after the
// alias that it is all of.
func (n *names) nameAliasGuards(a *schema.Alias, scope *naming.Scope) {
	u, ok := schema.Resolve(notNull(a.Target)).(*schema.Union)
	if ok && n.inPlace(u) && !n.inPlace(a) {
		n.nameUnionGuards(u, n.types[a], scope)
	}
}

// nameUnionGuards names the functions that know a union.
func (n *names) nameUnionGuards(t *schema.Union, called string, scope *naming.Scope) {
	if n.plan.Union(t).Declared {
		n.guards[t] = guard{known: scope.Distinct("isKnown" + naming.Title(called))}
		return
	}
	n.guards[t] = guard{
		variant:  scope.Distinct(lowerFirst(called) + "Variant"),
		is:       scope.Distinct("is" + naming.Title(called) + "Variant"),
		variants: scope.Distinct(called + "Variants"),
	}
}

func notNull(t schema.Type) schema.Type {
	if n, ok := t.(*schema.Nullable); ok {
		return n.Elem
	}
	return t
}

// nameMaps names the dictionaries that a recursive type is made of: TypeScript
// resolves Record at once and would go round in circles, an interface is resolved late.
func (n *names) nameMaps(t schema.Named, scope *naming.Scope) {
	for _, input := range n.forms(t) {
		var visit func(schema.Type)
		visit = func(part schema.Type) {
			if named, ok := part.(schema.Named); ok && !n.inPlace(named) {
				return
			}
			if m, ok := part.(*schema.Map); ok && n.maps[mapForm{m, input}] == "" {
				n.maps[mapForm{m, input}] = scope.Distinct(n.typeName(t, input) + "Map")
			}
			for _, p := range schema.Parts(part) {
				visit(p)
			}
		}
		for _, p := range schema.Parts(t) {
			visit(p)
		}
	}
}

// forms lists the forms that a type is declared in: input is how params have it.
// What only params use has that one under its plain name.
func (n *names) forms(t schema.Named) (input []bool) {
	d := t.Head()
	if n.twoForms[t] {
		return []bool{false, true}
	}
	return []bool{d.In && !d.Out}
}

// isExported tells whether types.ts exports a type in one of its forms.
func (n *names) isExported(t schema.Named, input bool) bool {
	return n.imports.Of(t, input) != nil || n.imports.Declares(t)
}

// typeName returns the name of a type in one of its forms.
func (n *names) typeName(t schema.Named, input bool) string {
	if input && n.inputs[t] != "" {
		return n.inputs[t]
	}
	return n.types[t]
}

// nameClient names the methods of APIClient and the constants of client.ts.
func (n *names) nameClient(diags *text.Diagnostics) {
	m := n.plan.Model
	constants := naming.NewScope("TypeScript", diags, n.reserved(reservedConstants))
	for _, e := range m.Errors {
		constants.Distinct(n.errors[e])
	}
	for _, class := range n.apis {
		constants.Distinct(class)
	}
	for _, me := range m.Methods {
		n.calls[me] = constants.Distinct(identifier(naming.Camel(me.Name)))
	}
	for _, e := range m.Events {
		n.sources[e] = constants.Distinct(identifier(naming.Camel(e.Name)))
	}
	n.nameNamespace(n.plan.Root, "", diags)
}

// nameNamespace names what is in a namespace; path is what stands before it: "tasks.".
func (n *names) nameNamespace(ns *plan.Namespace, path string, diags *text.Diagnostics) {
	reserved := reservedMembers
	if ns == n.plan.Root {
		reserved = clientMembers
	}
	members := naming.NewScope("TypeScript", diags, reserved)
	for _, c := range ns.Calls {
		words, _ := ns.Member(c.Wire, c.Name)
		n.methods[c.Method] = members.Claim(identifier(naming.Camel(words)), naming.Owner{Kind: "method", Wire: c.Wire, Pos: c.Pos})
		n.paths[c.Method] = path + n.methods[c.Method]
	}
	for _, s := range ns.Subscriptions {
		words, _ := ns.Member(s.Wire, s.Name)
		n.events[s.Event] = members.Claim("on"+naming.Pascal(words), naming.Owner{Kind: "event", Wire: s.Wire, Pos: s.Pos})
		n.paths[s.Event] = path + n.events[s.Event]
	}
	for _, inner := range ns.Inner {
		n.fields[inner] = members.Claim(identifier(naming.Camel(inner.Name)), naming.Owner{Kind: "namespace", Wire: inner.Title(), Pos: inner.Pos})
		n.paths[inner] = path + n.fields[inner]
		n.nameNamespace(inner, n.paths[inner]+".", diags)
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

// constantKeys names the members of a constant with values: as the document names them,
// IN_PROGRESS, or after the values, where "in_progress" is InProgress and "EUR" is EUR.
func constantKeys(values []schema.EnumValue) []string {
	scope := naming.NewScope("TypeScript", nil, nil)
	keys := make([]string, len(values))
	for i, v := range values {
		name := v.Name
		if !isIdentifier(name) {
			name = keyOf(cmp.Or(name, valueName(v.Value)))
		}
		keys[i] = scope.Distinct(name)
	}
	return keys
}

// valueName says what a value is called that has no name: "minus 1" is -1.
func valueName(v *text.Node) string {
	if strings.HasPrefix(v.Text, "-") && v.Kind == text.KindNumber {
		return "minus " + v.Text[1:]
	}
	return v.Text
}

// keyOf makes the name of a member of any text.
func keyOf(name string) string {
	if isIdentifier(name) && name == strings.ToUpper(name) && !strings.ContainsAny(name, "_$") {
		return name
	}
	key := naming.Pascal(schema.SplitName(name))
	if first := []rune(key)[0]; !identifierStart(first) {
		key = "Value" + key
	}
	return identifier(key)
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

// exports are what client.ts and rpc-client.ts export themselves.
const exports = `APIClient CallError CallInfo CallOptions CallSettings CallTimeout CentrifugoRPCClient ClientOptions ConnectError ConnectOptions ConnectionLost
	ConnectionState EventArgs EventHandler EventIterable EventOverflow EventPosition Events EventsLost FakeHandlers FakeRPC InvalidParamsError MethodNotFoundError Methods NotConnected
	ParamIssue RPCCall RPCCaller RPCConnection RPCError RPCErrorClass RPCEvent RPCInterceptor RPCMethod RPCNext RPCStream RPCStreamMethod RequestTooLarge
	StateListener StreamOptions Streams SubscribeOptions TokenSource UnauthorizedError UnknownNumber UnknownString UnknownVariant Unsubscribe batched listen on
	readStream rpcEvents rpcMethods rpcStreams stream`

// reservedTypes are what types.ts itself uses and what index.ts exports besides: a
// model of that name would break one of them.
var reservedTypes = naming.Set(exports, keywords, "Array Chosen Exclude Object Partial Record Shapes formats shapes tagOf variantOf")

// reservedErrors are the globals that client.ts uses.
var reservedErrors = naming.Set("Promise types")

// reserved adds to reserved words what converted values need.
func (n *names) reserved(words map[string]bool) map[string]bool {
	if !n.converts() {
		return words
	}
	all := maps.Clone(words)
	maps.Copy(all, naming.Set("Date Temporal besideNumbers bigints codec dateTimes dates digits durations integers listed numbers times variant"))
	return all
}

// reservedMembers are members of APIClient and of namespaces, and what JavaScript looks for
// in any object: one with a method called then is taken for a promise.
var reservedMembers = naming.Set(inEachClass)

// clientMembers are those of APIClient.
var clientMembers = naming.Set(inEachClass, "batch")

const inEachClass = "constructor rpc then"

// reservedConstants are what client.ts imports and declares itself, parameters included.
var reservedConstants = naming.Set(exports, keywords, "channel options params rest types")

// keywords cannot be names of types or of variables in a module.
const keywords = `any arguments as asserts await bigint boolean break case catch class const continue debugger default delete do else enum
	eval export extends false finally for function if implements import in infer instanceof interface intrinsic keyof let
	never new null number object package private protected public readonly return static string super switch symbol this
	throw true try typeof undefined unique unknown var void while with yield`
