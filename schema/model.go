package schema

import (
	"strings"

	"github.com/wsgen/wsgen/internal/text"
)

// Model is an API as the language packages see it: what can be called, what can
// arrive, and the types of both. It holds no identifier of any language.
type Model struct {
	Info     APIInfo
	Requests string      // channel that requests are published on, unless the method has one
	Reply    Template    // the caller's reply channel; knows {user_id} and {nonce}
	Types    []Named     // everything reachable: a type after the types that it uses, else by name
	Methods  []*Method   // in document order
	Events   []*Event    // in document order
	Errors   []*APIError // declared errors, each once, in order of first use

	// Dir is the manifest's folder with a final slash, "" for the working directory:
	// [Model.WriteJSON] names files relative to it.
	Dir string
}

// APIInfo is the manifest's own title and version.
type APIInfo struct {
	Title, Version, Doc string
}

// Method is one remote procedure.
type Method struct {
	Wire       string // "tasks.get_stats"
	Name       Name
	Doc        string
	Deprecated *Deprecation
	Params     Type        // nil: takes none; else a type whose values are JSON objects
	Result     Type        // nil: returns nothing; an item of the stream, if there is one
	Errors     []*APIError // declared by this method
	Notify     bool        // fire and forget: no reply is sent
	Stream     bool        // replies with any number of results, one after another
	Idempotent bool        // may be sent again under the same correlation id
	TimeoutMS  int64       // 0: the client's default
	// CancelOnDisconnect says that a call ends when its caller has gone.
	CancelOnDisconnect bool
	Channel            *Template // its own requests channel, whose parameters are arguments; nil: [Model.Requests]
	Pos                text.Pos
}

// Event is a typed subscription.
type Event struct {
	Wire       string // "task.updated"
	Name       Name
	Doc        string
	Deprecated *Deprecation
	Channel    Template // its parameters are the subscription's arguments
	Access     Access
	// AccessStated says that the document gives the access; else it is the default.
	AccessStated bool
	Payload      Type
	Pos          text.Pos
}

// Access says who may subscribe to an event.
type Access string

// The values of [Access].
const (
	AccessPublic     Access = "public"     // every user who is logged in
	AccessUser       Access = "user"       // the user whom the channel names: see [Template.UserLimited]
	AccessPermission Access = "permission" // whom the back end permits
)

// APIError is an application error that a method declares.
type APIError struct {
	Name string // "TaskNotFound"
	Code int64
	Doc  string
	Data Type // nil: none declared
	Pos  text.Pos
}

// Template is a channel name with {placeholders}.
type Template struct {
	Text  string
	Parts []TemplatePart
	Pos   text.Pos
}

// UserLimited tells whether the name ends with "#{user_id}" and has no other "#", so that
// Centrifugo lets only that user subscribe.
func (t Template) UserLimited() bool {
	return strings.HasSuffix(t.Text, "#{user_id}") && strings.Count(t.Text, "#") == 1
}

// TemplatePart is a piece of a [Template]: literal text or a placeholder.
type TemplatePart struct {
	Literal string
	Param   string // name between the braces; "" for literal text
	Doc     string // of the parameter
}

// Type is the type of a JSON value. It is one of *Scalar, *Null, *Any, *List,
// *Map, *Nullable, or a [Named] type. Recursion goes through named types only.
type Type interface{ isType() }

// Named is a type with a declaration of its own: *Object, *Enum, *Union, *Tuple
// or *Alias. It stands for itself wherever it is used.
type Named interface {
	Type
	Head() *Decl
}

// Decl is what all named types share.
type Decl struct {
	// Name is unique in the model, in PascalCase: Pydantic's own name where it is one.
	Name string
	// Inline says that the document gives no name: Name is made from the place
	// of use ("TaskStatsMode"). Languages that can write the type in place do so.
	Inline bool
	// Generic says that it is a form of a generic model: Pydantic has made its name of the model
	// and the arguments, as in Page_Task_, and the module has no class of that name.
	Generic    bool
	Doc        string
	Title      string // only where it says more than Name
	Deprecated *Deprecation
	In         bool // reachable from params: what a client sends
	Out        bool // reachable from a result, an event or an error: be tolerant
	Examples   []*text.Node
	Pos        text.Pos
	Sources    []Source // what it is made of; none where several schemas were merged

	// DocName is Name as the document has it: without what the loader or the user made of
	// it; "" where Inline.
	DocName string
	// Twins are the schemas of OpenAPI documents that describe the same values, where somebody
	// asked for them.
	Twins []Twin
}

// Head implements [Named].
func (d *Decl) Head() *Decl { return d }

// Deprecation marks something as deprecated.
type Deprecation struct {
	Note string // what to use instead; may be empty
}

// ScalarKind is the JSON type of a [Scalar].
type ScalarKind uint8

// The scalar kinds. Mixed is only used as the base of an [Enum].
const (
	String ScalarKind = iota
	Integer
	Number
	Boolean
	Mixed
)

// String returns the name that JSON Schema uses.
func (k ScalarKind) String() string {
	return [...]string{"string", "integer", "number", "boolean", "mixed"}[k]
}

// Format is a JSON Schema format that changes the type in some language. Other
// formats are documentation, see [Scalar].
type Format string

// The formats that languages map to types of their own. All are strings on the wire.
const (
	FormatNone      Format = ""
	DateTime        Format = "date-time" // RFC 3339, or naive: without an offset
	Date            Format = "date"
	Time            Format = "time"
	Duration        Format = "duration" // ISO 8601: "PT1H30M"
	UUID            Format = "uuid"
	Decimal         Format = "decimal" // Pydantic's Decimal: digits in a string
	URI             Format = "uri"
	Base64          Format = "base64"
	Base64URL       Format = "base64url"
	Binary          Format = "binary" // bytes as UTF-8 text, Pydantic's default
	Email           Format = "email"
	IPv4            Format = "ipv4"
	IPv6            Format = "ipv6"
	IPv4Network     Format = "ipv4network"
	IPv6Network     Format = "ipv6network"
	IPv4Interface   Format = "ipv4interface"
	IPv6Interface   Format = "ipv6interface"
	IPAny           Format = "ipvanyaddress"
	IPAnyNetwork    Format = "ipvanynetwork"
	IPAnyInterface  Format = "ipvanyinterface"
	Path            Format = "path"
	FilePath        Format = "file-path"
	DirectoryPath   Format = "directory-path"
	RegexFormat     Format = "regex"
	JSONText        Format = "json-string" // Pydantic's Json[T] in params: JSON in a string
	UnixTime        Format = "unix-time"   // on a Number: seconds since 1970
	DurationSeconds Format = "seconds"     // on a Number: Pydantic's timedelta as a float
)

// Scalar is a string, a number or a boolean.
type Scalar struct {
	Kind   ScalarKind
	Format Format
	Hint   string // a format that is documentation only: "hostname"
	Limits *Limits
}

// Limits narrow a value, not its type. Numbers keep the document's text; "" is none.
type Limits struct {
	Minimum, Maximum                   string
	ExclusiveMinimum, ExclusiveMaximum string
	MultipleOf                         string
	MinLength, MaxLength               string // of a string; also of a list or map (items, properties)
	Pattern                            string // ECMA 262, as written
}

// Null is a value that is always null.
type Null struct{}

// Any is any JSON value.
type Any struct{}

// Nullable is Elem or null. Elem is never Nullable, Null or Any.
type Nullable struct{ Elem Type }

// List is a JSON array whose items are alike.
type List struct {
	Elem   Type
	Unique bool // a set
	Limits *Limits
}

// Map is a JSON object used as a dictionary.
type Map struct {
	Key    Type // what the member names hold: a string Scalar, or an Enum of strings
	Value  Type
	Limits *Limits
}

// Object is a JSON object with declared members.
type Object struct {
	Decl
	Fields []*Field // in document order
	Extra  Type     // type of members that are not declared; nil: none are expected
	Closed bool     // additionalProperties is false: the server refuses others
	Open   bool     // the document says nothing of others, which allows them
}

// Field returns the member of that name, or nil.
func (o *Object) Field(wire string) *Field {
	for _, f := range o.Fields {
		if f.Wire == wire {
			return f
		}
	}
	return nil
}

// Field is one declared member of an [Object]. Optional (not Required), nullable
// (Type is *Nullable) and defaulted are three different things.
type Field struct {
	Wire       string
	Name       Name
	Type       Type
	Renamed    bool // the user chose Name
	Required   bool // a value without it is refused
	Sent       bool // a result, an event or an error always has it; in params-only types: Required
	ReadOnly   bool // computed by the server
	WriteOnly  bool
	Default    *text.Node // nil: none
	Doc        string
	Title      string // only where it says more than the name
	Deprecated *Deprecation
	Examples   []*text.Node
	Pos        text.Pos // of the member's name
}

// Enum is a closed set of scalars: Python's Enum or, where Inline, Literal.
type Enum struct {
	Decl
	Base   ScalarKind // of all values, or Mixed
	Values []EnumValue
}

// EnumValue is one member of an [Enum], or a flag of an [Alias]. The value is never null: see [Nullable].
type EnumValue struct {
	Value *text.Node
	Name  string // the member's own name ("IN_PROGRESS"); "" where the document has none
	Doc   string
	Pos   text.Pos
}

// Union is one of several types: never nullable itself, see [Nullable].
type Union struct {
	Decl
	Tag      string // the member that tells the variants apart; "": told apart by their shape
	Variants []Variant
}

// Variant is one case of a [Union].
type Variant struct {
	Type Type         // of a tagged union: *Object, or a tagged *Union
	Tags []*text.Node // values of the tag that select it
	Pos  text.Pos
}

// Tuple is a JSON array with a type for each place.
type Tuple struct {
	Decl
	Items []TupleItem
	Min   int  // items that must be there; the rest have defaults
	Rest  Type // of further items; nil: none
}

// TupleItem is one place of a [Tuple].
type TupleItem struct {
	Name Name // of a NamedTuple's field; nil where it has none
	Type Type
	Doc  string
}

// Alias is a name for a type that needs none: a RootModel, a type statement, or a
// Python Flag class.
type Alias struct {
	Decl
	Target Type
	// Flags are named constants of an integer; its values are combinations of them.
	Flags []EnumValue
}

func (*Scalar) isType()   {}
func (*Null) isType()     {}
func (*Any) isType()      {}
func (*Nullable) isType() {}
func (*List) isType()     {}
func (*Map) isType()      {}
func (*Object) isType()   {}
func (*Enum) isType()     {}
func (*Union) isType()    {}
func (*Tuple) isType()    {}
func (*Alias) isType()    {}

var (
	_ Named = (*Object)(nil)
	_ Named = (*Enum)(nil)
	_ Named = (*Union)(nil)
	_ Named = (*Tuple)(nil)
	_ Named = (*Alias)(nil)
)
