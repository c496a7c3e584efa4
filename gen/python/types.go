package python

import (
	"fmt"
	"strings"

	"github.com/wsgen/wsgen/gen/plan"
	"github.com/wsgen/wsgen/internal/emit"
	"github.com/wsgen/wsgen/internal/text"
	"github.com/wsgen/wsgen/schema"
)

// modelsFile prints models.py: the types, each after those that it is made of.
func (p *printer) modelsFile() []byte {
	f := p.newFile()
	f.marks = true
	f.importShared()
	for _, t := range p.imports.Declared {
		f.declare(t)
	}
	f.rebuild()
	return f.bytes("Types of " + p.title() + ".")
}

// file is a module that is being printed.
type file struct {
	*printer
	body      *emit.Buffer
	uses      map[string]map[string]bool // names by module; "" stands for the module itself
	waiting   map[schema.Named]bool      // being declared further up: only cycles come here
	cyclic    []string                   // classes that refer to later ones
	forward   bool                       // the annotation being printed names a later type
	qualified bool                       // the class hides names: write "_datetime.datetime"
	sync      bool                       // the client is for code without asyncio
	atRoot    bool                       // the class being printed is the client, not a namespace
	asValue   bool                       // types are arguments, where checkers know no aliases with parameters
	marks     bool                       // models of other packages are to be marked, for what the file writes as JSON
}

func (p *printer) newFile() *file {
	return &file{
		printer: p, body: emit.New("    ", width), uses: map[string]map[string]bool{}, waiting: map[schema.Named]bool{},
	}
}

// declare prints the declaration of t. What an alias is made of goes first;
// classes may refer to later types, in quotes.
func (f *file) declare(t schema.Named) {
	if f.done[t] || f.waiting[t] || inPlace(t) {
		return
	}
	switch t := t.(type) {
	case *schema.Object:
		f.writeObject(t)
	case *schema.Enum:
		f.writeEnum(t)
	case *schema.Union:
		f.declareParts(t)
		f.writeUnion(t)
	case *schema.Tuple:
		f.declareParts(t)
		f.writeAlias(t, f.tupleExpr(t))
	case *schema.Alias:
		if t.Flags != nil {
			f.writeFlags(t)
			break
		}
		f.declareParts(t)
		f.writeAlias(t, f.typeExpr(t.Target, t.Out))
	default:
		panic(fmt.Sprintf("unexpected declaration %T", t))
	}
	f.done[t] = true
}

func (f *file) declareParts(t schema.Named) {
	f.waiting[t] = true
	var visit func(schema.Type)
	visit = func(part schema.Type) {
		if n, ok := part.(schema.Named); ok && !inPlace(n) {
			f.declare(n)
			return
		}
		for _, inner := range schema.Parts(part) {
			visit(inner)
		}
	}
	for _, part := range schema.Parts(t) {
		visit(part)
	}
	delete(f.waiting, t)
	f.forward = false
}

// inPlace tells whether a type is written where it is used instead of declared.
func inPlace(t schema.Named) bool {
	if !t.Head().Inline {
		return false
	}
	switch t := t.(type) {
	case *schema.Enum:
		return literals(t)
	case *schema.Tuple, *schema.Alias:
		return true
	}
	return false
}

// literals tells whether an enum can be a Literal, which knows no floats.
func literals(e *schema.Enum) bool {
	for _, v := range e.Values {
		if v.Value.Kind == text.KindNumber && strings.ContainsAny(v.Value.Text, ".eE") {
			return false
		}
	}
	return e.Base != schema.Number
}

func (f *file) classLine(name string, bases ...string) {
	args := make([]expr, len(bases))
	for i, base := range bases {
		args[i] = atom(base)
	}
	writeExpr(f.body, "class ", call(name, args...), ":")
}

// rebuild completes the classes that name types below them.
//
//	Comment.model_rebuild()
func (f *file) rebuild() {
	if len(f.cyclic) > 0 {
		f.body.Raw("\n\n")
	}
	for _, name := range f.cyclic {
		f.body.Line(name, ".model_rebuild()")
	}
}

// hasClass tells whether an enum is a class and not a Literal, since no class can
// hold its values.
func hasClass(e *schema.Enum) bool {
	return !inPlace(e) && e.Base != schema.Boolean && (e.Base != schema.Mixed || !literals(e))
}

// writeEnum prints an enum class, or a Literal where no class can hold the
// values:
//
//	class TaskStatus(str, Enum):
//	    """Where a task stands."""
//
//	    OPEN = "open"
func (f *file) writeEnum(e *schema.Enum) {
	if !hasClass(e) {
		f.writeAlias(e, f.literalExpr(e), f.facts().Enum(e))
		return
	}
	b := f.body
	b.Raw("\n\n")
	f.classLine(f.names.types[e], f.enumBases(e)...)
	b.Indent(func() {
		f.writeTypeDoc(e, f.facts().Enum(e))
		b.Blank()
		f.writeValues(f.names.members[e], e.Values)
	})
}

func (f *file) enumBases(e *schema.Enum) []string {
	switch e.Base {
	case schema.Integer:
		return []string{f.runtime("IntegerEnum")}
	case schema.Number:
		return []string{f.runtime("NumberEnum")}
	}
	f.use("enum", "Enum")
	if e.Base == schema.String {
		return []string{"str", "Enum"}
	}
	return []string{"Enum"}
}

// writeFlags prints a class of integers that combine constants:
//
//	class Rights(_models.Flags):
//	    """What somebody may do."""
//
//	    READ = 1
func (f *file) writeFlags(a *schema.Alias) {
	f.body.Raw("\n\n")
	f.classLine(f.names.types[a], f.runtime("Flags"))
	f.body.Indent(func() {
		f.writeTypeDoc(a, f.facts().Flags(a))
		f.body.Blank()
		f.writeValues(f.names.flags[a], a.Flags)
	})
}

// writeValues prints the members of an enum class.
func (f *file) writeValues(names []string, values []schema.EnumValue) {
	for i, v := range values {
		f.body.Line(names[i], " = ", pyValue(v.Value))
		writeAttributeDoc(f.body, prose(v.Doc))
	}
}

// writeAlias prints a name for another type:
//
//	UserId = str
//	"""Who somebody is."""
func (f *file) writeAlias(t schema.Named, target expr, facts ...string) {
	f.body.Raw("\n")
	if f.body.Len() > 1 { // behind imports, ruff wants one empty line
		f.body.Raw("\n")
	}
	name := f.names.types[t]
	if f.forward { // through aliases alone: only TypeAliasType can
		f.forward = false
		f.use("typing_extensions", "TypeAliasType")
		target = call("TypeAliasType", atom(quote(name)), atom(quote(target.flat())))
	}
	writeExpr(f.body, name+" = ", target, "")
	writeAttributeDoc(f.body, f.typeDoc(t, facts...))
}

// typeExpr returns the annotation of t. A tolerant one takes what a newer server
// may send.
func (f *file) typeExpr(t schema.Type, tolerant bool) expr {
	switch t := t.(type) {
	case *schema.Scalar:
		return f.constrained(f.scalarExpr(t, tolerant), t, tolerant)
	case *schema.Null:
		return atom("None")
	case *schema.Any:
		return atom(f.typing("Any"))
	case *schema.Nullable:
		if s, ok := t.Elem.(*schema.Scalar); ok && s.Kind == schema.Number && tolerant {
			return unionOf(atom(f.builtin("float")), atom("None")) // null is None, not NaN
		}
		return unionOf(f.typeExpr(t.Elem, tolerant), atom("None"))
	case *schema.List:
		return f.constrained(subscript(f.builtin("list"), f.typeExpr(t.Elem, tolerant)), t, tolerant)
	case *schema.Map:
		return f.constrained(f.mapExpr(t, tolerant), t, tolerant)
	case *schema.Enum:
		return f.enumExpr(t, tolerant)
	case schema.Named:
		return f.namedExpr(t, tolerant)
	}
	panic(fmt.Sprintf("unexpected type %T", t))
}

func (f *file) namedExpr(t schema.Named, tolerant bool) expr {
	if inPlace(t) {
		switch t := t.(type) {
		case *schema.Tuple:
			return f.tupleExpr(t)
		case *schema.Alias:
			return f.typeExpr(t.Target, tolerant)
		}
	}
	return f.nameOf(t, tolerant)
}

// nameOf is the name of a type, which may be declared further down. A name for
// null cannot be part of a union.
func (f *file) nameOf(t schema.Named, tolerant bool) expr {
	if isNull(t) {
		return atom("None")
	}
	if !f.done[t] {
		f.forward = true
	}
	return f.marked(t, !tolerant)
}

func isNull(t schema.Type) bool {
	_, null := schema.Resolve(t).(*schema.Null)
	return null
}

// knownExpr is an enum without what else a newer server may send: TaskStatus, or
// Literal["open", "done"].
func (f *file) knownExpr(e *schema.Enum) expr {
	if inPlace(e) {
		return f.literalExpr(e)
	}
	return f.nameOf(e, true)
}

func (f *file) literalExpr(e *schema.Enum) expr {
	values := make([]expr, len(e.Values))
	for i, v := range e.Values {
		values[i] = atom(pyValue(v.Value))
	}
	return subscript(f.typing("Literal"), values...)
}

// enumExpr is a known value or, where it is tolerant, any of its kind:
//
//	_models.Open[TaskStatus]
//	Annotated[TaskStatus | _models.UnknownString, _models.KNOWN_FIRST]
//	Annotated[Literal["a", 1] | _models.UnknownString | _models.UnknownInteger, _models.KNOWN_FIRST]
func (f *file) enumExpr(e *schema.Enum, tolerant bool) expr {
	known := f.knownExpr(e)
	if !tolerant {
		return known
	}
	switch {
	case e.Base == schema.Boolean:
		return known
	case f.asValue || e.Base == schema.Mixed:
	case e.Base == schema.String:
		return subscript(f.runtime("Open"), known)
	case e.Base == schema.Integer:
		return subscript(f.runtime("OpenInteger"), known)
	case e.Base == schema.Number:
		return subscript(f.runtime("OpenNumber"), known)
	}
	types := []expr{known}
	for _, v := range e.Values {
		types = append(types, f.unknownExpr(v.Value))
	}
	return subscript(f.typing("Annotated"), unionOf(types...), atom(f.runtime("KNOWN_FIRST")))
}

// valueExpr is a type as an argument.
func (f *file) valueExpr(t schema.Type, tolerant bool) expr {
	f.asValue = true
	e := f.typeExpr(t, tolerant)
	f.asValue = false
	return e
}

// unknownExpr is the class of unknown values of the same JSON type.
func (f *file) unknownExpr(n *text.Node) expr {
	switch kind := plan.KindOf(n); {
	case kind == plan.JSONBoolean:
		return atom(f.builtin("bool"))
	case kind == plan.JSONInteger:
		return atom(f.runtime("UnknownInteger"))
	case kind == plan.JSONFraction:
		return atom(f.runtime("UnknownNumber"))
	}
	return atom(f.runtime("UnknownString"))
}

// tupleExpr is tuple[int, str]; a shorter one is a variant of its own, since
// defaults are the server's. A tolerant one may be longer:
//
//	Annotated[tuple[int, str], _models.FurtherItems(Any)]
func (f *file) tupleExpr(t *schema.Tuple) expr {
	items := make([]expr, len(t.Items))
	for i, it := range t.Items {
		items[i] = f.typeExpr(it.Type, t.Out)
	}
	var lengths []expr
	for n := len(items); n >= t.Min; n-- {
		whole := f.fixedTuple(items[:n])
		if n == len(items) && t.Rest != nil {
			whole = f.longTuple(items, f.typeExpr(t.Rest, t.Out))
		} else if n == len(items) && t.Out {
			whole = subscript(f.typing("Annotated"), whole, call(f.runtime("FurtherItems"), atom(f.typing("Any"))))
		}
		lengths = append(lengths, whole)
	}
	return unionOf(lengths...)
}

func (f *file) fixedTuple(items []expr) expr {
	if len(items) == 0 {
		items = []expr{atom("()")}
	}
	return subscript(f.builtin("tuple"), items...)
}

// longTuple is a tuple that goes on with items of one type:
//
//	Annotated[tuple[int, Unpack[tuple[str, ...]]], _models.FurtherItems(str)]
func (f *file) longTuple(items []expr, rest expr) expr {
	more := subscript(f.builtin("tuple"), rest, atom("..."))
	if len(items) == 0 {
		return more
	}
	parts := append(items[:len(items):len(items)], subscript(f.member("typing_extensions", "Unpack"), more))
	return subscript(f.typing("Annotated"), subscript(f.builtin("tuple"), parts...), call(f.runtime("FurtherItems"), rest))
}

func (f *file) mapExpr(t *schema.Map, tolerant bool) expr {
	key := atom(f.builtin("str"))
	switch k := schema.Resolve(t.Key).(type) {
	case *schema.Enum:
		if k.Base == schema.String {
			key = f.typeExpr(t.Key, tolerant)
		}
	case *schema.Scalar:
		if k.Kind == schema.String {
			key = f.typeExpr(t.Key, tolerant)
		}
	}
	return subscript(f.builtin("dict"), key, f.typeExpr(t.Value, tolerant))
}
