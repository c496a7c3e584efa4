package golang

import (
	"maps"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/wsgen/wsgen/gen/plan"
	"github.com/wsgen/wsgen/internal/naming"
	"github.com/wsgen/wsgen/internal/text"
	"github.com/wsgen/wsgen/schema"
)

// names holds every identifier of the package that the document has a say in.
type names struct {
	casing
	plan      *plan.Plan
	imports   *plan.Imports
	types     map[schema.Named]string
	inputs    map[schema.Named]string     // of types of other packages that are others in params
	typeNames map[string]string           // the same by their names in the document
	fields    map[*schema.Object][]string // in the order of the fields
	setNull   map[*schema.Field]string    // "SetTitleNull"; only where there is such a method
	getters   map[*schema.Field]string    // "GetTitle"; only where there is such a method
	values    map[*schema.Enum][]string
	flags     map[*schema.Alias][]string
	items     map[*schema.Tuple][]string
	variants  map[*schema.Union][]variant       // in the order of the plan's
	unknown   map[*schema.Union]string          // the type of values that the union does not list
	readers   map[schema.Named]string           // "UnmarshalAttachment", of unions and aliases of unions
	outer     map[*schema.Union][]*schema.Union // whose values a union's values are, too
	errors    map[*schema.APIError]string
	methods   map[*schema.Method]string
	events    map[*schema.Event]string
	paths     map[any]string                // the same behind the namespaces, and these: "Tasks.Get"
	constants map[*schema.Method]string     // descriptors
	fieldOf   map[*plan.Namespace]string    // "Tasks", the member of the client or of the outer namespace
	apis      map[*plan.Namespace]string    // types: "TasksAPI"
	args      map[*schema.Template][]string // parameters for the placeholders of a channel

	variantEnums map[*schema.Enum]bool // those that are variants of unions: these need a type

	memberNames map[string]string // fields by the names of members; see memberName

	scope   *naming.Scope // of the package
	members *naming.Scope // of the struct that is being named
	diags   *text.Diagnostics
}

// variant is a variant of a union as Go has it.
type variant struct {
	goName  string      // of the type that the union's interface holds
	typ     schema.Type // neither nullable nor an alias of what has a name
	wrapper bool        // goName is a type that exists for this variant only
}

func newNames(p *plan.Plan, imports *plan.Imports, initialisms []string, diags *text.Diagnostics) *names {
	n := &names{
		casing:    newCasing(initialisms),
		plan:      p,
		imports:   imports,
		inputs:    map[schema.Named]string{},
		types:     make(map[schema.Named]string, len(p.Types)),
		typeNames: make(map[string]string, len(p.Types)),
		fields:    map[*schema.Object][]string{},
		setNull:   map[*schema.Field]string{},
		getters:   map[*schema.Field]string{},
		values:    map[*schema.Enum][]string{},
		flags:     map[*schema.Alias][]string{},
		items:     map[*schema.Tuple][]string{},
		variants:  map[*schema.Union][]variant{},
		unknown:   map[*schema.Union]string{},
		readers:   map[schema.Named]string{},
		outer:     map[*schema.Union][]*schema.Union{},
		errors:    map[*schema.APIError]string{},
		methods:   map[*schema.Method]string{},
		events:    map[*schema.Event]string{},
		paths:     map[any]string{},
		constants: map[*schema.Method]string{},
		fieldOf:   map[*plan.Namespace]string{},
		apis:      map[*plan.Namespace]string{},
		args:      map[*schema.Template][]string{},

		variantEnums: variantEnums(p),

		memberNames: map[string]string{},

		scope:   naming.NewScope("Go", diags, packageReserved),
		members: naming.NewScope("Go", diags, fieldReserved),
		diags:   diags,
	}
	n.nameTypes()
	n.nameInputs()
	for _, e := range p.Errors {
		n.errors[e] = n.scope.Claim(errorName(e), naming.Owner{Kind: "error", Wire: e.Name, Pos: e.Pos})
	}
	for _, t := range p.Types {
		if e, ok := t.(*schema.Enum); imports.Declares(t) || ok && imports.Any(e) != nil {
			n.addParts(t)
		}
	}
	n.addClient()
	return n
}

func (n *names) nameTypes() {
	var types []schema.Named
	var wants []string
	var owners []naming.Owner
	for _, t := range n.plan.Types {
		if e, ok := t.(*schema.Enum); ok && n.isBare(e) {
			continue
		}
		h := t.Head()
		types, wants = append(types, t), append(wants, exported(h.Name))
		owners = append(owners, naming.Owner{Kind: "type", Wire: h.Name, Pos: h.Pos})
	}
	for i, name := range n.scope.ClaimAll(wants, owners, exported) {
		n.types[types[i]] = name
		n.typeNames[types[i].Head().Name] = name
	}
}

// variantEnums finds the enums that are variants of unions.
func variantEnums(p *plan.Plan) map[*schema.Enum]bool {
	found := map[*schema.Enum]bool{}
	for _, t := range p.Types {
		u, ok := t.(*schema.Union)
		if !ok {
			continue
		}
		for _, v := range p.Union(u).Variants {
			if e, ok := declared(v.Type).(*schema.Enum); ok {
				found[e] = true
			}
		}
	}
	return found
}

// errorName is the type of a declared error: TaskNotFoundError.
func errorName(e *schema.APIError) string {
	name := exported(e.Name)
	if !strings.HasSuffix(name, "Error") {
		name += "Error"
	}
	return name
}

// addParts names what belongs to a type: fields, constants, variants.
func (n *names) addParts(t schema.Named) {
	switch t := t.(type) {
	case *schema.Object:
		n.addFields(t)
	case *schema.Enum:
		if !n.isBare(t) {
			n.addValues(t)
		}
	case *schema.Union:
		n.addVariants(t)
	case *schema.Tuple:
		n.addItems(t)
	case *schema.Alias:
		if isUnion(t) {
			n.readers[t] = n.scope.Distinct("Unmarshal" + n.types[t])
		}
		for _, flag := range t.Flags {
			n.flags[t] = append(n.flags[t], n.scope.Distinct(n.types[t]+n.valueName(flag)))
		}
	}
}

func (n *names) addFields(o *schema.Object) {
	scope := n.members
	scope.Clear()
	kind := "field of " + o.Name
	fields := make([]string, len(o.Fields))
	owners := make([]naming.Owner, len(o.Fields))
	for i, f := range o.Fields {
		fields[i] = n.memberName(f)
		owners[i] = naming.Owner{Kind: kind, Wire: f.Wire, Pos: f.Pos, Chosen: f.Renamed}
	}
	fields = scope.ClaimAll(fields, owners, func(wire string) string { return n.goName(schema.SpellName(wire)) })
	n.fields[o] = fields
	p := n.plan.Object(o)
	for i := range p.Members {
		m := &p.Members[i]
		if alwaysThere(o, m) {
			continue
		}
		if _, null := n.stripNull(m.Type); null && o.In {
			n.setNull[m.Field] = scope.Distinct("Set" + fields[i] + "Null")
		}
		if o.Out && m.Default != nil && !m.Filled && !n.isZeroDefault(m) {
			n.getters[m.Field] = scope.Distinct("Get" + fields[i])
		}
	}
}

// memberName is the field for a member. Many types have members of the same names.
func (n *names) memberName(f *schema.Field) string {
	if f.Renamed {
		return n.goName(f.Name)
	}
	name, known := n.memberNames[f.Wire]
	if !known {
		name = n.goName(cased(f.Name, f.Wire))
		n.memberNames[f.Wire] = name
	}
	return name
}

func (n *names) addValues(e *schema.Enum) {
	out := make([]string, len(e.Values))
	for i, v := range e.Values {
		out[i] = n.scope.Distinct(n.types[e] + n.valueName(v))
	}
	n.values[e] = out
}

// valueName is what distinguishes a constant from the others of its type.
func (c casing) valueName(v schema.EnumValue) string {
	text := v.Value.Text
	if v.Name != "" {
		name := schema.SplitName(v.Name)
		if v.Name == text { // else the case of the name says nothing: RED = "red"
			name = cased(name, text)
		}
		return strings.TrimPrefix(c.goName(name), "X")
	}
	minus := ""
	if len(text) > 1 && text[0] == '-' {
		minus, text = "Minus", text[1:]
	}
	return minus + c.joined(cased(schema.SplitName(text), text))
}

func (n *names) addItems(t *schema.Tuple) {
	scope := naming.NewScope("Go", n.diags, itemReserved)
	out := make([]string, len(t.Items))
	for i, it := range t.Items {
		name := "V" + itoa(i)
		if it.Name != nil {
			name = n.goName(it.Name)
		}
		out[i] = scope.Distinct(name)
	}
	n.items[t] = out
}

func (n *names) addVariants(u *schema.Union) {
	name := n.types[u]
	list := make([]variant, len(n.plan.Union(u).Variants))
	for i, v := range n.plan.Union(u).Variants {
		list[i] = n.newVariant(v.Type)
		if list[i].wrapper {
			list[i].goName = n.scope.Distinct(name + n.kindName(v.Type))
		}
	}
	n.variants[u] = list
	n.addOuter(u, u)
	n.readers[u] = n.scope.Distinct("Unmarshal" + name)
	if u.Out {
		n.unknown[u] = n.scope.Distinct("Unknown" + name)
	}
}

// addOuter notes that the values of unions among the variants of u are values of outer.
func (n *names) addOuter(u, outer *schema.Union) {
	for _, v := range n.plan.Union(u).Variants {
		inner, ok := v.Type.(*schema.Union)
		if ok && inner != outer && !slices.Contains(n.outer[inner], outer) {
			n.outer[inner] = append(n.outer[inner], outer)
			n.addOuter(inner, outer)
		}
	}
}

// newVariant finds the Go type of a variant: a type of the package, which can have
// methods, or a wrapper that is yet to be named.
func (n *names) newVariant(t schema.Type) variant {
	t = declared(t)
	if named, ok := t.(schema.Named); ok && n.imports.Any(named) == nil {
		return variant{goName: n.types[named], typ: t}
	}
	return variant{typ: t, wrapper: true}
}

// declared looks through the aliases that are Go aliases.
func declared(t schema.Type) schema.Type {
	for {
		a, ok := t.(*schema.Alias)
		if !ok || isDefined(a) {
			return t
		}
		t = a.Target
	}
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
	case *schema.Enum:
		if n.isBare(t) {
			return n.joined(schema.SplitName(t.Values[0].Value.Text))
		}
		return n.types[t]
	case schema.Named:
		return n.types[t]
	}
	panic(unknownType(t))
}

// methodReserved are the methods that go vet wants to have the signature that the standard
// library gives them; clientReserved are the client's own.
var (
	methodReserved = naming.Set(`Format GobDecode GobEncode MarshalJSON MarshalXML Peek ReadByte ReadFrom ReadRune Scan Seek
	UnmarshalJSON UnmarshalXML UnreadByte UnreadRune WriteByte WriteTo As Is Unwrap`)
	clientReserved = naming.Set("Batch Connect Close")
)

// addClient names methods and events, and the namespaces that they are in.
func (n *names) addClient() {
	constants := naming.NewScope("Go", nil, nil)
	for _, c := range n.plan.Calls {
		n.constants[c.Method] = constants.Distinct("method" + n.goName(cased(c.Name, c.Wire)))
	}
	reserved := maps.Clone(methodReserved)
	maps.Copy(reserved, clientReserved)
	n.addNamespace(n.plan.Root, "", reserved)
}

// addNamespace names what is in a namespace; path is what stands before it: "Tasks.".
func (n *names) addNamespace(ns *plan.Namespace, path string, reserved map[string]bool) {
	scope := naming.NewScope("Go", n.diags, reserved)
	for _, c := range ns.Calls {
		name := n.goName(cased(ns.Member(c.Wire, c.Name)))
		n.methods[c.Method] = scope.Claim(name, naming.Owner{Kind: "method", Wire: c.Wire, Pos: c.Pos})
		n.paths[c.Method] = path + n.methods[c.Method]
		n.addArgs(c.Channel, c.Args, callArgReserved)
	}
	for _, s := range ns.Subscriptions {
		name := "On" + n.joined(cased(ns.Member(s.Wire, s.Name)))
		n.events[s.Event] = scope.Claim(name, naming.Owner{Kind: "event", Wire: s.Wire, Pos: s.Pos})
		n.paths[s.Event] = path + n.events[s.Event]
		n.addArgs(&s.Channel, s.Args, argReserved)
	}
	for _, inner := range ns.Inner {
		n.fieldOf[inner] = scope.Claim(n.goName(cased(inner.Name, inner.Part)), naming.Owner{Kind: "namespace", Wire: inner.Title(), Pos: inner.Pos})
		n.apis[inner] = n.scope.Distinct(n.goName(cased(inner.Words(), inner.Title())) + "API")
		n.paths[inner] = path + n.fieldOf[inner]
		n.addNamespace(inner, n.paths[inner]+".", methodReserved)
	}
}

// addArgs names the arguments for the placeholders of a channel.
func (n *names) addArgs(channel *schema.Template, placeholders []schema.TemplatePart, reserved map[string]bool) {
	scope := naming.NewScope("Go", n.diags, reserved)
	for _, p := range placeholders {
		n.args[channel] = append(n.args[channel], scope.Distinct(n.unexported(schema.SplitName(p.Param))))
	}
}

// goName is the exported identifier of a name: [get http url] is GetHTTPURL.
func (c casing) goName(name schema.Name) string { return exported(c.joined(name)) }

// joined is [goName] for the middle of an identifier. Digits of two words stay
// apart: 1.5 is 1_5.
func (c casing) joined(name schema.Name) string {
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
		b.WriteString(c.capital(w))
		digit = '0' <= w[len(w)-1] && w[len(w)-1] <= '9'
	}
	return b.String()
}

// unexported is the identifier of a parameter: [project id] is projectID.
func (c casing) unexported(name schema.Name) string {
	first := identifier(name[0])
	if first == "" || !unicode.IsLetter(firstRune(first)) {
		first = "v" + first
	}
	return first + c.joined(name[1:])
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

// longestInitialism is how long a name can be that is an initialism as a whole: IBAN. A
// longer one is a word that is shouted: CLOSED.
const longestInitialism = 4

// cased returns the words of a name in upper case where its source writes them so among
// others that are not: [account iban] of accountIBAN is [account IBAN].
func cased(name schema.Name, source string) schema.Name {
	if strings.ToUpper(source) == source && (len(name) > 1 || len(source) > longestInitialism) {
		return name
	}
	out := slices.Clone(name)
	for i, word := range name {
		upper := strings.ToUpper(word)
		at := strings.Index(strings.ToLower(source), word)
		if at < 0 || len(source) < at+len(upper) {
			return name // the name is another one: it was renamed
		}
		if len(upper) > 1 && source[at:at+len(upper)] == upper {
			out[i] = upper
		}
		source = source[at+len(upper):]
	}
	return out
}

// capital writes a word as in the middle of an identifier.
func (c casing) capital(word string) string {
	upper := strings.ToUpper(word)
	if c[upper] {
		return upper
	}
	if plural, ok := strings.CutSuffix(upper, "S"); ok && c[plural] {
		return plural + "s"
	}
	return naming.Title(word)
}

// casing is the set of words that are written in capital letters.
type casing map[string]bool

// newCasing adds the user's initialisms to the usual ones.
func newCasing(more []string) casing {
	if len(more) == 0 {
		return initialisms
	}
	c := maps.Clone(initialisms)
	for _, word := range more {
		c[strings.ToUpper(word)] = true
	}
	return c
}

// initialisms are those of staticcheck's ST1003, and what programs of banks, shops and
// offices are full of.
var initialisms casing = naming.Set(`ACL API ASCII CPU CSS DNS EOF GUID HTML HTTP HTTPS ID IP JSON QPS RAM RPC SLA SMTP SQL SSH TCP
	TLS TTL UDP UI GID UID UUID URI URL UTF8 VM XML XMPP XSRF XSS SIP RTP AMQP DB TS`, `BBAN BIC CHF CNY CORS CSRF CSV CVV
	EAN EUR GBP GPS GTIN HMAC IBAN ICAO ISBN ISO ISSN JPY JWT KPI LDAP MAC MFA MIME NFC OIDC OTP PDF PNG QR RGB SAML SDK
	SEPA SHA SKU SMS SSL SSO SVG TOTP TSV ULID URN USB USD UTC UTF VAT VIN VPN XLSX YAML`)

// packageReserved are the identifiers that stand beside the models.
var packageReserved = naming.Set("APIBatch APIClient CentrifugoRPCClient NewAPIClient NewAPIClientWith NewCentrifugoRPCClient")

// fieldReserved are the fields and methods that structs have anyway.
var fieldReserved = naming.Set("AdditionalProperties Extra MarshalJSON UnmarshalJSON")

// itemReserved are those of tuples.
var itemReserved = naming.Set("Extra Rest MarshalJSON UnmarshalJSON")

// hiding are what a parameter must not hide, and the keywords.
const hiding = `break case chan const continue default defer else fallthrough for func go goto if import
	interface map package range return select struct switch type var c context ctx error iter rpc string`

// argReserved cannot be arguments of a subscription, and callArgReserved cannot be those of a call.
var argReserved, callArgReserved = naming.Set(hiding, "opts"), naming.Set(hiding, "params opts")
