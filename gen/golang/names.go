package golang

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/wsgen/wsgen/internal/naming"
	"github.com/wsgen/wsgen/internal/text"
	"github.com/wsgen/wsgen/schema"
)

// names holds every identifier of the package that the document has a say in.
type names struct {
	types    map[schema.Named]string
	fields   map[*schema.Object][]string // in the order of the fields
	setNull  map[*schema.Field]string    // "SetTitleNull"; only where there is such a method
	values   map[*schema.Enum][]string
	items    map[*schema.Tuple][]string
	sealed   map[*schema.Union]string // the interface that the variants implement
	variants map[*schema.Union][]variant
	errors   map[*schema.APIError]string
	methods  map[*schema.Method]string
	events   map[*schema.Event]string
	args     map[*schema.Event][]string // parameters of the event's method

	scope *naming.Scope // of the package
	diags *text.Diagnostics
}

// variant is a case of a union as Go has it.
type variant struct {
	goName  string
	typ     schema.Type // neither an alias nor nullable
	tags    []*text.Node
	wrapper bool // goName is a type that exists for this case only
}

func newNames(m *schema.Model, diags *text.Diagnostics) *names {
	n := &names{
		types:    make(map[schema.Named]string, len(m.Types)),
		fields:   map[*schema.Object][]string{},
		setNull:  map[*schema.Field]string{},
		values:   map[*schema.Enum][]string{},
		items:    map[*schema.Tuple][]string{},
		sealed:   map[*schema.Union]string{},
		variants: map[*schema.Union][]variant{},
		errors:   map[*schema.APIError]string{},
		methods:  map[*schema.Method]string{},
		events:   map[*schema.Event]string{},
		args:     map[*schema.Event][]string{},
		scope:    naming.NewScope("Go", diags, packageReserved...),
		diags:    diags,
	}
	for _, t := range m.Types {
		h := t.Head()
		n.types[t] = n.scope.Claim(exported(h.Name), naming.Owner{Kind: "type", Wire: h.Name, Pos: h.Pos})
	}
	for _, e := range m.Errors {
		n.errors[e] = n.scope.Claim(exported(e.Name), naming.Owner{Kind: "error", Wire: e.Name, Pos: e.Pos})
	}
	for _, t := range m.Types {
		n.addParts(t)
	}
	n.addClient(m)
	return n
}

// addParts names what belongs to a type: fields, constants, cases.
func (n *names) addParts(t schema.Named) {
	switch t := t.(type) {
	case *schema.Object:
		n.addFields(t)
	case *schema.Enum:
		n.addValues(t)
	case *schema.Union:
		n.addVariants(t)
	case *schema.Tuple:
		n.addItems(t)
	}
}

func (n *names) addFields(o *schema.Object) {
	scope := naming.NewScope("Go", n.diags, fieldReserved...)
	kind := "field of " + o.Name
	fields := make([]string, len(o.Fields))
	n.fields[o] = fields
	for i, f := range o.Fields {
		fields[i] = scope.Claim(goName(f.Name), naming.Owner{Kind: kind, Wire: f.Wire, Pos: f.Pos})
	}
	for i, f := range o.Fields {
		if o.In && remembersNull(f) {
			n.setNull[f] = scope.Distinct("Set" + fields[i] + "Null")
		}
	}
}

func (n *names) addValues(e *schema.Enum) {
	out := make([]string, len(e.Values))
	for i, v := range e.Values {
		out[i] = n.scope.Distinct(n.types[e] + valueName(v))
	}
	n.values[e] = out
}

// valueName is what distinguishes a constant from the others of its type.
func valueName(v schema.EnumValue) string {
	if v.Name != "" {
		return strings.TrimPrefix(goName(schema.SplitName(v.Name)), "X")
	}
	text := v.Value.Text
	minus := ""
	if len(text) > 1 && text[0] == '-' {
		minus, text = "Minus", text[1:]
	}
	return minus + joined(schema.SplitName(text))
}

func (n *names) addItems(t *schema.Tuple) {
	scope := naming.NewScope("Go", n.diags, "Extra", "Rest", "MarshalJSON", "UnmarshalJSON")
	out := make([]string, len(t.Items))
	for i, it := range t.Items {
		name := "V" + itoa(i)
		if it.Name != nil {
			name = goName(it.Name)
		}
		out[i] = scope.Distinct(name)
	}
	n.items[t] = out
}

func (n *names) addVariants(u *schema.Union) {
	name := n.types[u]
	n.sealed[u] = n.scope.Distinct(name + "Variant")
	seen := map[string]bool{}
	add := func(v variant, wrapped string) {
		if v.goName == "" {
			v.goName, v.wrapper = name+wrapped, true
		}
		if !seen[v.goName] {
			seen[v.goName] = true
			n.variants[u] = append(n.variants[u], v)
		}
	}
	for _, v := range u.Variants {
		t, null := stripNull(v.Type)
		if a, ok := t.(*schema.Alias); ok && !isDefined(a) {
			t = schema.Resolve(a)
		}
		goName, wrapped := n.variantName(t)
		add(variant{goName: goName, typ: t, tags: v.Tags}, wrapped)
		if null {
			add(variant{goName: "Null", typ: &schema.Null{}}, "")
		}
	}
	for i, v := range n.variants[u] {
		if v.wrapper {
			n.variants[u][i].goName = n.scope.Distinct(v.goName)
		}
	}
}

// variantName returns the Go type of a case, or, where that type cannot have
// methods, what the name of its wrapper ends with: "TaskList".
func (n *names) variantName(t schema.Type) (goName, wrapped string) {
	switch t := t.(type) {
	case *schema.Null:
		return "Null", ""
	case *schema.Scalar:
		if name := formatType(t); name != "" {
			return name, ""
		}
	case schema.Named:
		return n.types[t], ""
	}
	return "", n.kindName(t)
}

// kindName describes a type in words that can end an identifier.
func (n *names) kindName(t schema.Type) string {
	switch t := t.(type) {
	case *schema.Scalar:
		if name := formatType(t); name != "" {
			return name
		}
		return [...]string{"String", "Int", "Float", "Bool"}[t.Kind]
	case *schema.Null:
		return "Null"
	case *schema.Any:
		return "Any"
	case *schema.Nullable:
		return n.kindName(t.Elem)
	case *schema.List:
		return n.kindName(t.Elem) + "List"
	case *schema.Map:
		return n.kindName(t.Value) + "Map"
	case schema.Named:
		return n.types[t]
	}
	panic(unknownType(t))
}

// methodReserved are the client's own methods, and those that go vet wants to
// have the signature that the standard library gives them.
var methodReserved = strings.Fields(`Connect Close
	Format GobDecode GobEncode MarshalJSON MarshalXML Peek ReadByte ReadFrom ReadRune Scan Seek UnmarshalJSON UnmarshalXML
	UnreadByte UnreadRune WriteByte WriteTo As Is Unwrap`)

func (n *names) addClient(m *schema.Model) {
	scope := naming.NewScope("Go", n.diags, methodReserved...)
	for _, me := range m.Methods {
		n.methods[me] = scope.Claim(goName(me.Name), naming.Owner{Kind: "method", Wire: me.Wire, Pos: me.Pos})
	}
	for _, e := range m.Events {
		n.events[e] = scope.Claim(goName(e.Name), naming.Owner{Kind: "event", Wire: e.Wire, Pos: e.Pos})
		args := naming.NewScope("Go", n.diags, argReserved...)
		for _, p := range e.Channel.Parts {
			if p.Param != "" {
				n.args[e] = append(n.args[e], args.Distinct(unexported(schema.SplitName(p.Param))))
			}
		}
	}
}

// goName is the exported identifier of a name: [get http url] is GetHTTPURL.
func goName(name schema.Name) string { return exported(joined(name)) }

// joined is [goName] for the middle of an identifier. Digits of two words stay
// apart: 1.5 is 1_5.
func joined(name schema.Name) string {
	var b strings.Builder
	digit := false
	for _, w := range name {
		w = identifier(w)
		if w == "" {
			continue
		}
		if digit && '0' <= w[0] && w[0] <= '9' {
			b.WriteByte('_')
		}
		b.WriteString(capital(w))
		digit = '0' <= w[len(w)-1] && w[len(w)-1] <= '9'
	}
	return b.String()
}

// unexported is the identifier of a parameter: [project id] is projectID.
func unexported(name schema.Name) string {
	first := identifier(name[0])
	if first == "" || !unicode.IsLetter(firstRune(first)) {
		first = "v" + first
	}
	return first + joined(name[1:])
}

// exported makes an identifier that other packages see: one that does not begin
// with an upper-case letter gets one, or an X in front.
func exported(s string) string {
	s = identifier(s)
	r := firstRune(s)
	if unicode.IsUpper(r) {
		return s
	}
	if up := unicode.ToUpper(r); s != "" && unicode.IsUpper(up) {
		return string(up) + s[utf8.RuneLen(r):]
	}
	return "X" + s
}

func firstRune(s string) rune {
	r, _ := utf8.DecodeRuneInString(s)
	return r
}

// identifier drops what no Go identifier may hold.
func identifier(s string) string {
	return strings.Map(func(r rune) rune {
		if r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r) {
			return r
		}
		return -1
	}, s)
}

// capital writes a word as in the middle of an identifier.
func capital(word string) string {
	upper := strings.ToUpper(word)
	if initialisms[upper] {
		return upper
	}
	if plural, ok := strings.CutSuffix(upper, "S"); ok && initialisms[plural] {
		return plural + "s"
	}
	return naming.Title(word)
}

// initialisms are those of staticcheck's ST1003, without those that are more
// often words: DB and TS.
var initialisms = set("ACL", "API", "ASCII", "CPU", "CSS", "DNS", "EOF", "GUID", "HTML", "HTTP", "HTTPS", "ID", "IP",
	"JSON", "QPS", "RAM", "RPC", "SLA", "SMTP", "SQL", "SSH", "TCP", "TLS", "TTL", "UDP", "UI", "GID", "UID", "UUID",
	"URI", "URL", "UTF8", "VM", "XML", "XMPP", "XSRF", "XSS", "SIP", "RTP", "AMQP")

func set(words ...string) map[string]bool {
	m := make(map[string]bool, len(words))
	for _, w := range words {
		m[w] = true
	}
	return m
}

// packageReserved are the exported identifiers of the runtime and of the client.
var packageReserved = []string{
	"APIClient", "Base64", "Base64URL", "CallInfo", "CallOption", "CallTimeout", "Caller", "CentrifugoRPCClient", "ConnectionLost",
	"Date", "DateTime", "Decimal", "DecodeError", "Duration", "ErrUnauthorized", "InvalidParamsError", "Issue", "MethodNotFoundError",
	"NewAPIClient", "NewAPIClientWith", "NewBase64", "NewBase64URL", "NewCentrifugoRPCClient", "NewDate", "NewDateTime",
	"NewDuration", "NewTime", "NotConnected", "Null", "Option", "Ptr", "RPCError", "Request", "RequestTooLarge",
	"State", "StateClosed", "StateConnected", "StateConnecting", "Time", "Transport", "TransportPubSub", "TransportRPC",
	"URL", "UUID", "UnknownVariant", "WithCallTimeout", "WithHTTPClient", "WithHeader", "WithMaxFrame", "WithMeta",
	"WithReplyChannel", "WithRequestsChannel", "WithStateFunc", "WithTimeout", "WithTokenFunc", "WithTransport",
}

// fieldReserved are the fields and methods that structs have anyway.
var fieldReserved = []string{"AdditionalProperties", "Extra", "MarshalJSON", "UnmarshalJSON"}

// argReserved are what a parameter must not hide, and the keywords.
var argReserved = []string{
	"break", "case", "chan", "const", "continue", "default", "defer", "else", "fallthrough", "for", "func", "go", "goto",
	"if", "import", "interface", "map", "package", "range", "return", "select", "struct", "switch", "type", "var",
	"c", "channel", "context", "ctx", "error", "iter", "string", "subscribe",
}
