package load

import (
	"cmp"
	"slices"
	"strings"

	"github.com/wsgen/wsgen/internal/text"
)

// keywords are the keywords of one schema, read once: what the passes of the lowerer
// work on. They are not changed: a pass that wants others makes a copy. A value of
// the wrong kind, which the profile reports, is as good as none.
type keywords struct {
	kind schemaKind
	pos  text.Pos
	node *text.Node // the schema in the document; nil where a pass put it together

	written typeKeyword
	implied []string // the types that the other keywords are about

	ref                 *text.Node
	allOf, anyOf, oneOf *schemaList
	discriminator       *text.Node

	constant, flags *text.Node
	enum            *enumKeyword
	labels          *enumLabels

	properties, patterns    *memberList // patterns: patternProperties
	required                []*text.Node
	additional, memberNames *keywords // additionalProperties, propertyNames
	items                   *keywords
	prefixItems             *schemaList

	format, pattern, encoding, mediaType, contentSchema *text.Node
	limits                                              *[limitCount]*text.Node
	nullable                                            *text.Node
	notes                                               *[noteCount]*text.Node

	ignored  bool // the node has keywords that narrow values, not types
	extended bool // it has a member that begins with x-
	unread   bool // it has other members that are not read here
	combined bool // allOf holds schemas that the document does not combine itself
}

// schemaKind tells what a schema is written as.
type schemaKind uint8

const (
	objectSchema schemaKind = iota
	trueSchema
	falseSchema
	noSchema // the profile reports it
)

// typeKeyword is the value of "type".
type typeKeyword struct {
	pos    text.Pos
	form   typeForm
	names  []string
	places []text.Pos // of each of names, in a list
}

// typeForm tells how "type" is written.
type typeForm uint8

const (
	noType typeForm = iota
	oneType
	typeList
)

// schemaList is the value of allOf, anyOf, oneOf or prefixItems.
type schemaList struct {
	keyPos  text.Pos
	schemas []*keywords
}

// memberList is the value of properties or patternProperties.
type memberList struct {
	pos     text.Pos
	members []member
}

type member struct {
	key    string
	keyPos text.Pos
	schema *keywords
}

type enumKeyword struct {
	keyPos text.Pos
	values []*text.Node
}

// enumLabels are x-enum-varnames and x-enum-descriptions. Each counts where it has an
// item for each value.
type enumLabels struct{ names, docs []*text.Node }

// limit is a keyword that bounds a number or a size.
type limit int

const (
	minimum limit = iota
	exclusiveMinimum
	minLength
	minItems
	minProperties
	maximum // lower limits are before it
	exclusiveMaximum
	maxLength
	maxItems
	maxProperties
	multipleOf // from here on no limit is stricter than another
	uniqueItems
	limitCount
)

// note is a keyword for people, or the default.
type note int

const (
	title note = iota
	description
	defaultValue
	examples
	example
	deprecated
	deprecationNote
	readOnly
	writeOnly
	noteCount
)

// flagsKeyword names the constants of an integer, as the exporter writes Python's
// Flag classes: {"READ": 1, "WRITE": 2}.
const flagsKeyword = "x-enum-flags"

// vocabulary has what is to know about a keyword. Those that hold schemas or say
// which values there are have a case of their own in [lowerer.readKeyword].
var vocabulary = map[string]struct {
	about string // the type of the values that it is about
	use   use
	index int // the limit or the note
}{
	"properties": {about: "object"}, "additionalProperties": {about: "object"}, "patternProperties": {about: "object"},
	"propertyNames": {about: "object"}, "required": {about: "object"},
	"items": {about: "array"}, "prefixItems": {about: "array"},
	"pattern": {about: "string"}, "contentEncoding": {about: "string"}, "contentMediaType": {about: "string"},

	"minimum": {"number", limits, int(minimum)}, "exclusiveMinimum": {"number", limits, int(exclusiveMinimum)},
	"maximum": {"number", limits, int(maximum)}, "exclusiveMaximum": {"number", limits, int(exclusiveMaximum)},
	"multipleOf": {"number", limits, int(multipleOf)},
	"minLength":  {"string", limits, int(minLength)}, "maxLength": {"string", limits, int(maxLength)},
	"minItems": {"array", limits, int(minItems)}, "maxItems": {"array", limits, int(maxItems)},
	"uniqueItems":   {"array", limits, int(uniqueItems)},
	"minProperties": {"object", limits, int(minProperties)}, "maxProperties": {"object", limits, int(maxProperties)},

	"title": {"", annotates, int(title)}, "description": {"", annotates, int(description)}, "default": {"", annotates, int(defaultValue)},
	"examples": {"", annotates, int(examples)}, "example": {"", annotates, int(example)},
	"deprecated": {"", annotates, int(deprecated)}, "x-deprecated": {"", annotates, int(deprecationNote)},
	"readOnly": {"", annotates, int(readOnly)}, "writeOnly": {"", annotates, int(writeOnly)},

	"$comment": {use: silent}, "$id": {use: silent}, "$anchor": {use: silent}, "$schema": {use: silent}, "$defs": {use: silent},
	"definitions": {use: silent}, "externalDocs": {use: silent}, "xml": {use: silent},

	"if": {use: narrows}, "then": {use: narrows}, "else": {use: narrows}, "not": {use: narrows},
	"contains": {use: narrows}, "minContains": {use: narrows}, "maxContains": {use: narrows},
	"unevaluatedItems": {use: narrows}, "unevaluatedProperties": {use: narrows}, "dependentSchemas": {use: narrows},
	"dependentRequired": {use: narrows}, "dependencies": {use: narrows}, "$dynamicRef": {use: narrows}, "$recursiveRef": {use: narrows},
}

// use is what a keyword is for.
type use uint8

const (
	describes use = iota // the type
	limits               // numbers and sizes
	annotates
	silent  // it says nothing about values
	narrows // values in ways that types cannot tell: it is ignored, and reported
)

// read returns the keywords of a schema and of those inside it.
func (l *lowerer) read(n *text.Node) *keywords {
	if k := l.schemas[n]; k != nil {
		return k
	}
	k := l.newKeywords()
	k.node, k.pos = n, n.Pos
	l.schemas[n] = k
	switch {
	case n.Kind == text.KindObject:
	case n.Kind != text.KindBool:
		k.kind = noSchema
	case n.Text == "true":
		k.kind = trueSchema
	default:
		k.kind = falseSchema
	}
	for i := range n.Members {
		l.readKeyword(k, &n.Members[i])
	}
	return k
}

// newKeywords allocates many at a time.
func (l *lowerer) newKeywords() *keywords {
	if len(l.unused) == 0 {
		l.unused = make([]keywords, 64)
	}
	k := &l.unused[0]
	l.unused = l.unused[1:]
	return k
}

func (l *lowerer) readKeyword(k *keywords, m *text.Member) {
	keyword := vocabulary[m.Key]
	if keyword.about != "" && !slices.Contains(k.implied, keyword.about) {
		if k.implied == nil {
			k.implied = single(keyword.about)
		} else {
			k.implied = append(k.implied, keyword.about)
		}
	}
	switch keyword.use {
	case limits:
		if k.limits == nil {
			k.limits = new([limitCount]*text.Node)
		}
		k.limits[keyword.index] = m.Value
	case annotates:
		if k.notes == nil {
			k.notes = new([noteCount]*text.Node)
		}
		k.notes[keyword.index] = m.Value
	case narrows:
		k.ignored, k.unread = true, true
	case describes:
		if !l.readSchemas(k, m) && !k.readValues(m) {
			k.extended = k.extended || strings.HasPrefix(m.Key, "x-")
			k.unread = k.unread || !strings.HasPrefix(m.Key, "x-")
		}
	}
}

// readSchemas reads the keywords that hold schemas.
func (l *lowerer) readSchemas(k *keywords, m *text.Member) bool {
	switch m.Key {
	case "allOf":
		k.allOf = l.readList(m)
	case "anyOf":
		k.anyOf = l.readList(m)
	case "oneOf":
		k.oneOf = l.readList(m)
	case "prefixItems":
		k.prefixItems = l.readList(m)
	case "properties":
		k.properties = l.readMembers(m.Value)
	case "patternProperties":
		k.patterns = l.readMembers(m.Value)
	case "additionalProperties":
		k.additional = l.read(m.Value)
	case "propertyNames":
		k.memberNames = l.read(m.Value)
	case "items":
		k.items = l.read(m.Value)
	default:
		return false
	}
	return true
}

func (l *lowerer) readList(m *text.Member) *schemaList {
	list := &schemaList{keyPos: m.KeyPos, schemas: make([]*keywords, len(m.Value.Items))}
	for i, n := range m.Value.Items {
		list.schemas[i] = l.read(n)
	}
	return list
}

func (l *lowerer) readMembers(n *text.Node) *memberList {
	list := &memberList{pos: n.Pos, members: make([]member, len(n.Members))}
	for i, m := range n.Members {
		list.members[i] = member{m.Key, m.KeyPos, l.read(m.Value)}
	}
	return list
}

// readValues reads the keywords that say which values there are.
func (k *keywords) readValues(m *text.Member) bool {
	switch m.Key {
	case "type":
		k.written = readType(m.Value)
	case "enum":
		k.enum = &enumKeyword{m.KeyPos, m.Value.Items}
	case "const":
		k.constant = m.Value
	case "$ref":
		k.ref = m.Value
	case "discriminator":
		k.discriminator = m.Value
	case "nullable":
		k.nullable = m.Value
	case "required":
		k.required = m.Value.Items
	case "format":
		k.format = m.Value
	case "pattern":
		k.pattern = m.Value
	case "contentEncoding":
		k.encoding = m.Value
	case "contentMediaType":
		k.mediaType = m.Value
	case "contentSchema":
		k.contentSchema = m.Value
	case "x-enum-varnames":
		k.labels, k.extended = laterLabels(k.labels, &enumLabels{names: m.Value.Items}), true
	case "x-enum-descriptions":
		k.labels, k.extended = laterLabels(k.labels, &enumLabels{docs: m.Value.Items}), true
	case flagsKeyword:
		k.flags, k.extended = m.Value, true
	default:
		return false
	}
	return true
}

// laterLabels returns the labels of b, and those of a that it lacks.
func laterLabels(a, b *enumLabels) *enumLabels {
	if a == nil || b == nil {
		return cmp.Or(a, b)
	}
	c := *a
	if b.names != nil {
		c.names = b.names
	}
	if b.docs != nil {
		c.docs = b.docs
	}
	return &c
}

func readType(n *text.Node) typeKeyword {
	if n.Kind == text.KindString {
		return typeKeyword{pos: n.Pos, form: oneType, names: single(n.Text)}
	}
	t := typeKeyword{pos: n.Pos, form: typeList, names: texts(n)}
	for _, item := range n.Items {
		t.places = append(t.places, item.Pos)
	}
	return t
}

// place is that of the name with an index.
func (t *typeKeyword) place(i int) text.Pos {
	if t.form == oneType {
		return t.pos
	}
	return t.places[i]
}

// single returns a list of one type, the same one for each call: schemas are many.
func single(name string) []string {
	if list := singleTypes[name]; list != nil {
		return list
	}
	return []string{name}
}

var singleTypes = map[string][]string{
	"string": {"string"}, "number": {"number"}, "integer": {"integer"}, "boolean": {"boolean"}, "object": {"object"}, "array": {"array"}, "null": {"null"},
}

func stringOf(n *text.Node) string {
	if n == nil || n.Kind != text.KindString {
		return ""
	}
	return n.Text
}

func isTrue(n *text.Node) bool { return n != nil && n.Kind == text.KindBool && n.Text == "true" }

// copy returns a copy to change.
func (k *keywords) copy() *keywords {
	c := *k
	return &c
}

// limit returns the value of a limit, nil where there is none.
func (k *keywords) limit(i limit) *text.Node {
	if k.limits == nil {
		return nil
	}
	return k.limits[i]
}

// note returns the value of an annotation, nil where there is none.
func (k *keywords) note(i note) *text.Node {
	if k.notes == nil {
		return nil
	}
	return k.notes[i]
}

// nodes are the schemas of the document that k is read or put together from.
func (k *keywords) nodes() []*text.Node {
	if k.node != nil {
		return []*text.Node{k.node}
	}
	var nodes []*text.Node
	if k.allOf != nil {
		for _, part := range k.allOf.schemas {
			nodes = append(nodes, part.nodes()...)
		}
	}
	return nodes
}

// get returns the schema of a member, nil where there is none.
func (l *memberList) get(key string) *keywords {
	if l != nil {
		for i := range l.members {
			if l.members[i].key == key {
				return l.members[i].schema
			}
		}
	}
	return nil
}
