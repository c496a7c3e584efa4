package python

import (
	"strconv"
	"strings"
	"unicode"

	"github.com/wsgen/wsgen/gen/plan"
	"github.com/wsgen/wsgen/internal/naming"
	"github.com/wsgen/wsgen/internal/text"
	"github.com/wsgen/wsgen/schema"
)

// names holds every identifier of the package that comes from the document.
type names struct {
	types   map[schema.Named]string
	inputs  map[schema.Named]string     // of types that are imported and are others in params
	attrs   map[*schema.Object][]string // in the order of the fields
	members map[*schema.Enum][]string   // in the order of the values
	flags   map[*schema.Alias][]string  // in the order of the flags
	errors  map[*schema.APIError]string
	methods map[*schema.Method]string
	events  map[*schema.Event]string

	unknowns map[*schema.Union]string // classes of unknown variants, where a member tells the variants apart

	params map[*schema.Template][]string // a channel's placeholders, in their order

	descriptors map[any]string // constants of methods and events

	paths  map[any]string             // methods and events behind their namespaces: "tasks.get"
	fields map[*plan.Namespace]string // "tasks", the member of the client or of the outer namespace
	apis   map[*plan.Namespace]string // classes: "TasksAPI"

	used  map[string]bool // types in annotations of the object at hand
	scope *naming.Scope   // of its attributes
}

func newNames(p *plan.Plan, imports *plan.Imports) (*names, text.Diagnostics) {
	m := p.Model
	n := &names{
		types:   make(map[schema.Named]string, len(m.Types)),
		inputs:  map[schema.Named]string{},
		attrs:   make(map[*schema.Object][]string, len(m.Types)),
		members: map[*schema.Enum][]string{},
		flags:   map[*schema.Alias][]string{},
		errors:  map[*schema.APIError]string{},
		methods: map[*schema.Method]string{},
		events:  map[*schema.Event]string{},
		params:  map[*schema.Template][]string{},

		unknowns: map[*schema.Union]string{},

		descriptors: make(map[any]string, len(m.Methods)+len(m.Events)),

		paths:  map[any]string{},
		fields: map[*plan.Namespace]string{},
		apis:   map[*plan.Namespace]string{},

		used: map[string]bool{},
	}
	var diags text.Diagnostics
	n.scope = naming.NewScope("Python", &diags, nil)
	n.nameTypes(p, imports, &diags)
	for _, t := range m.Types {
		switch t := t.(type) {
		case *schema.Object:
			n.nameAttrs(t)
		case *schema.Enum:
			n.members[t] = nameMembers(t.Values)
		case *schema.Alias:
			n.flags[t] = nameMembers(t.Flags)
		}
	}
	n.nameCalls(p, &diags)
	return n, diags
}

// nameTypes names what the package exports: declared errors share the scope.
func (n *names) nameTypes(p *plan.Plan, imports *plan.Imports, diags *text.Diagnostics) {
	scope := naming.NewScope("Python", diags, reservedTypes)
	wants, owners := make([]string, len(p.Types)), make([]naming.Owner, len(p.Types))
	for i, t := range p.Types {
		d := t.Head()
		wants[i], owners[i] = typeName(d.Name, "T"), naming.Owner{Kind: "type", Wire: d.Name, Pos: d.Pos}
	}
	for i, name := range scope.ClaimAll(wants, owners, func(name string) string { return typeName(name, "T") }) {
		n.types[p.Types[i]] = name
	}
	for _, e := range p.Errors {
		n.errors[e] = scope.Claim(typeName(e.Name, "E"), naming.Owner{Kind: "error", Wire: e.Name, Pos: e.Pos})
	}
	for _, ns := range p.Root.All()[1:] {
		n.apis[ns] = freeClass(typeName(naming.Pascal(ns.Words())+"API", "N"), scope)
	}
	for _, t := range imports.Imported {
		if imports.Versions(t) {
			n.inputs[t] = scope.Distinct(n.types[t] + "Input")
		}
	}
	taken := n.typeNames()
	for _, t := range p.Types {
		// The tag is an attribute of the class, which has an attribute root of its own.
		if u, ok := t.(*schema.Union); ok && u.Out && p.Union(u).Tag != "" && p.Union(u).Tag != "root" {
			n.unknowns[u] = yield("Unknown"+n.types[u], taken)
		}
	}
}

// tagAttr is the attribute by which the variants of a union are told apart.
func (n *names) tagAttr(u *plan.Union) string {
	for _, leaf := range u.Leaves {
		o, ok := schema.Resolve(leaf).(*schema.Object)
		if !ok {
			continue
		}
		for i, f := range o.Fields {
			if f.Wire == u.Tag {
				return n.attrs[o][i]
			}
		}
	}
	return legal(u.Tag, "field_")
}

// nameAttrs names the attributes of a model: the wire name where it is legal, is
// no attribute of BaseModel, and does not hide a type that the model refers to.
func (n *names) nameAttrs(o *schema.Object) {
	clear(n.used)
	for _, f := range o.Fields {
		n.collectTypes(f.Type, n.used)
	}
	n.scope.Clear()
	kind := "field of " + o.Name
	attrs := make([]string, len(o.Fields))
	owners := make([]naming.Owner, len(o.Fields))
	for i, f := range o.Fields {
		attrs[i] = n.freeAttr(attrName(f))
		owners[i] = naming.Owner{Kind: kind, Wire: f.Wire, Pos: f.Pos, Chosen: f.Renamed}
	}
	n.attrs[o] = n.scope.ClaimAll(attrs, owners, func(wire string) string {
		return n.freeAttr(legal(naming.Snake(schema.SpellName(wire)), "field_"))
	})
}

// freeAttr makes way for the attributes of BaseModel and the types in annotations.
func (n *names) freeAttr(name string) string { return yield(yield(name, reservedAttrs), n.used) }

// collectTypes adds the names that an annotation of t mentions.
func (n *names) collectTypes(t schema.Type, used map[string]bool) {
	if named, ok := t.(schema.Named); ok && !inPlace(named) {
		used[n.types[named]] = true
		return
	}
	for _, p := range schema.Parts(t) {
		n.collectTypes(p, used)
	}
}

// nameMembers names the members of an enum or flag class. Nobody chose these names,
// so those that coincide are numbered.
func nameMembers(values []schema.EnumValue) []string {
	scope := naming.NewScope("Python", nil, nil)
	members := make([]string, len(values))
	for i, v := range values {
		label := v.Name
		if label == "" {
			label = v.Value.Text
			if v.Value.Kind == text.KindNumber {
				label = strings.Replace(label, "-", "minus ", 1) // -1 is not called as 1 is
			}
		}
		members[i] = scope.Distinct(legal(naming.Screaming(schema.SplitName(label)), "VALUE_"))
	}
	return members
}

// freeClass is the name of a namespace's class, such that it is free with Sync before it, too.
func freeClass(want string, scope *naming.Scope) string {
	name := scope.Distinct(want)
	scope.Distinct("Sync" + name)
	return name
}

// nameCalls names the methods of the client: none hides a type that annotations
// of later ones mention, which scripts without case could.
func (n *names) nameCalls(m *plan.Plan, diags *text.Diagnostics) {
	types := n.typeNames()
	constants := naming.NewScope("Python", nil, nil)
	constant := func(name string) string {
		return constants.Distinct(yield(strings.ToUpper(yield(yield(name, keywords), types)), types))
	}
	for _, c := range m.Calls {
		n.descriptors[c.Method] = constant(legal(naming.Snake(c.Name), "method_"))
		n.nameParams(c.Wire, c.Channel, c.Args, diags)
	}
	for _, e := range m.Subscriptions {
		n.descriptors[e.Event] = constant(legal("on_"+naming.Snake(e.Name), ""))
		n.nameParams(e.Wire, &e.Channel, e.Args, diags)
	}
	n.nameNamespace(m.Root, "", types, diags)
}

// nameNamespace names what is in a namespace; path is what stands before it: "tasks.".
func (n *names) nameNamespace(ns *plan.Namespace, path string, types map[string]bool, diags *text.Diagnostics) {
	var reserved map[string]bool
	if path == "" {
		reserved = clientNames
	}
	scope := naming.NewScope("Python", diags, reserved)
	claim := func(of any, words schema.Name, before, otherwise string, o naming.Owner) string {
		name := scope.Claim(yield(yield(legal(before+naming.Snake(words), otherwise), keywords), types), o)
		n.paths[of] = path + name
		return name
	}
	for _, c := range ns.Calls {
		words, _ := ns.Member(c.Wire, c.Name)
		n.methods[c.Method] = claim(c.Method, words, "", "method_", naming.Owner{Kind: "method", Wire: c.Wire, Pos: c.Pos})
	}
	for _, e := range ns.Subscriptions {
		words, _ := ns.Member(e.Wire, e.Name)
		n.events[e.Event] = claim(e.Event, words, "on_", "", naming.Owner{Kind: "event", Wire: e.Wire, Pos: e.Pos})
	}
	for _, inner := range ns.Inner {
		n.fields[inner] = claim(inner, inner.Name, "", "namespace_", naming.Owner{Kind: "namespace", Wire: inner.Title(), Pos: inner.Pos})
		n.nameNamespace(inner, n.paths[inner]+".", types, diags)
	}
}

// nameParams names the parameters for the placeholders of a channel.
func (n *names) nameParams(wire string, channel *schema.Template, placeholders []schema.TemplatePart, diags *text.Diagnostics) {
	scope := naming.NewScope("Python", diags, reservedParams)
	for _, p := range placeholders {
		name := legal(naming.Snake(schema.SplitName(p.Param)), "param_")
		owner := naming.Owner{Kind: "placeholder of " + wire, Wire: p.Param, Pos: channel.Pos}
		n.params[channel] = append(n.params[channel], scope.Claim(name, owner))
	}
}

// typeName is the name of a type, as params or as results have it.
func (n *names) typeName(t schema.Named, input bool) string {
	if name := n.inputs[t]; input && name != "" {
		return name
	}
	return n.types[t]
}

// typeNames are the names of all types and errors.
func (n *names) typeNames() map[string]bool {
	names := make(map[string]bool, len(n.types)+len(n.errors))
	for _, name := range n.types {
		names[name] = true
	}
	for _, name := range n.inputs {
		names[name] = true
	}
	for _, name := range n.errors {
		names[name] = true
	}
	return names
}

// attrName returns the attribute for a wire name: "from-date" is from_date, "_id"
// is id_, since Pydantic treats names that begin with an underscore as private.
func attrName(f *schema.Field) string {
	wire := f.Wire
	if f.Renamed {
		return legal(naming.Snake(f.Name), "field_")
	}
	if !strings.HasPrefix(wire, "_") && isIdentifier(wire) {
		return wire
	}
	if bare := strings.Trim(wire, "_"); bare != wire && isIdentifier(bare) {
		return bare + "_"
	}
	return legal(naming.Snake(f.Name), "field_")
}

// typeName returns the name of a class: "_Page" is Page_, since names with an underscore
// in front are private to each module, the runtime's among them.
func typeName(name, prefix string) string {
	bare := strings.TrimLeft(name, "_")
	if bare == name {
		return legal(name, prefix)
	}
	return legal(bare, prefix) + "_"
}

// yield makes way for reserved words.
func yield(name string, reserved map[string]bool) string {
	for reserved[name] {
		name += "_"
	}
	return name
}

// legal returns name as an identifier: other characters are spelled by code
// point, and prefix goes before a digit.
func legal(name, prefix string) string {
	if isIdentifier(name) {
		return name
	}
	var b strings.Builder
	for i, r := range name {
		switch {
		case !identifierRune(r):
			b.WriteString("u" + strconv.FormatInt(int64(r), 16))
		case i == 0 && r >= '0' && r <= '9':
			b.WriteString(prefix)
			b.WriteRune(r)
		default:
			b.WriteRune(r)
		}
	}
	if b.Len() == 0 {
		return prefix + "empty"
	}
	return b.String()
}

func isIdentifier(name string) bool {
	for i, r := range name {
		if !identifierRune(r) || i == 0 && r >= '0' && r <= '9' {
			return false
		}
	}
	return name != ""
}

// identifierRune allows ASCII, and letters that Python's normalization of
// identifiers (NFKC) leaves alone.
func identifierRune(r rune) bool {
	switch {
	case r < 0x80:
		return r == '_' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
	case r >= 0xc0 && r <= 0x17e:
		return r != 0xd7 && r != 0xf7 && r != 0x132 && r != 0x133 && r != 0x13f && r != 0x140 && r != 0x149
	case r >= 0x388 && r <= 0x3ce, r >= 0x400 && r <= 0x481, r >= 0x48a && r <= 0x52f, r >= 0x5d0 && r <= 0x5ea,
		r >= 0x620 && r <= 0x64a, r >= 0x904 && r <= 0x939, r >= 0x3041 && r <= 0x3096, r >= 0x30a1 && r <= 0x30fa,
		r >= 0x4e00 && r <= 0x9fff, r >= 0xac00 && r <= 0xd7a3:
		return unicode.IsLetter(r)
	}
	return false
}

const keywordList = `False None True and as assert async await break class continue def del elif else except finally
	for from global if import in is lambda nonlocal not or pass raise return try while with yield`

const builtinClasses = `ArithmeticError AssertionError AttributeError BaseException BaseExceptionGroup BlockingIOError
	BrokenPipeError BufferError BytesWarning ChildProcessError ConnectionAbortedError ConnectionError
	ConnectionRefusedError ConnectionResetError DeprecationWarning EOFError Ellipsis EncodingWarning EnvironmentError
	Exception ExceptionGroup FileExistsError FileNotFoundError FloatingPointError FutureWarning GeneratorExit IOError
	ImportError ImportWarning IndentationError IndexError InterruptedError IsADirectoryError KeyError
	KeyboardInterrupt LookupError MemoryError ModuleNotFoundError NameError NotADirectoryError NotImplemented
	NotImplementedError OSError OverflowError PendingDeprecationWarning PermissionError ProcessLookupError
	PythonFinalizationError RecursionError ReferenceError ResourceWarning RuntimeError RuntimeWarning
	StopAsyncIteration StopIteration SyntaxError SyntaxWarning SystemError SystemExit TabError TimeoutError TypeError
	UnboundLocalError UnicodeDecodeError UnicodeEncodeError UnicodeError UnicodeTranslateError UnicodeWarning
	UserWarning ValueError Warning ZeroDivisionError`

const builtinFunctions = `abs aiter all anext any ascii bin bool breakpoint bytearray bytes callable chr classmethod
	compile complex copyright credits delattr dict dir divmod enumerate eval exec exit filter float format frozenset
	getattr globals hasattr hash help hex id input int isinstance issubclass iter len license list locals map max
	memoryview min next object oct open ord pow print property quit range repr reversed round set setattr slice
	sorted staticmethod str sum super tuple type vars zip`

// runtimeNames are what users get from the runtime.
const runtimeNames = `APIClient CallError CallOptions CallTimeout Caller CentrifugoRPCClient ConnectError ConnectionLost
	EventOverflow EventPosition EventsLost InvalidParamsError MethodNotFoundError NotConnected ParamsMapping RPCError
	RequestTooLarge SyncAPIClient SyncEvents UnauthorizedError UnknownInteger UnknownNumber UnknownString UnknownValue`

// importedNames are what models.py and client.py import; other names that they need for
// themselves begin with an underscore.
const importedNames = `Annotated Any ClassVar ConfigDict Enum Field Literal TypeAliasType Unpack decimal
	deprecated dt ipaddress uuid`

const baseModelAttrs = `construct copy dict from_orm json model_computed_fields model_config model_construct model_copy
	model_dump model_dump_json model_extra model_fields model_fields_set model_json_schema model_parametrized_name
	model_post_init model_rebuild model_validate model_validate_json model_validate_strings parse_file parse_obj
	parse_raw schema schema_json update_forward_refs validate
	mro register` // the last two are those of its metaclass

var (
	keywords       = naming.Set(keywordList)
	clientNames    = naming.Set("batch") // what the client has of its own
	reservedTypes  = naming.Set(keywordList, builtinClasses, builtinFunctions, runtimeNames, importedNames, "batch")
	reservedAttrs  = naming.Set(keywordList, baseModelAttrs)
	reservedParams = naming.Set(keywordList, builtinFunctions, "self params options since timeout_s")
)
