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

var limitKeywords = map[string]limit{
	"minimum": minimum, "exclusiveMinimum": exclusiveMinimum, "minLength": minLength, "minItems": minItems, "minProperties": minProperties,
	"maximum": maximum, "exclusiveMaximum": exclusiveMaximum, "maxLength": maxLength, "maxItems": maxItems, "maxProperties": maxProperties,
	"multipleOf": multipleOf, "uniqueItems": uniqueItems,
}

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

var noteKeywords = map[string]note{
	"title": title, "description": description, "default": defaultValue, "examples": examples, "example": example,
	"deprecated": deprecated, "x-deprecated": deprecationNote, "readOnly": readOnly, "writeOnly": writeOnly,
}

// flagsKeyword names the constants of an integer, as the exporter writes Python's
// Flag classes: {"READ": 1, "WRITE": 2}.
const flagsKeyword = "x-enum-flags"

// typeOfKeyword has the types that keywords are about.
var typeOfKeyword = map[string]string{
	"properties": "object", "additionalProperties": "object", "patternProperties": "object", "propertyNames": "object",
	"required": "object", "minProperties": "object", "maxProperties": "object",
	"items": "array", "prefixItems": "array", "minItems": "array", "maxItems": "array", "uniqueItems": "array",
	"pattern": "string", "minLength": "string", "maxLength": "string", "contentEncoding": "string", "contentMediaType": "string",
	"minimum": "number", "maximum": "number", "exclusiveMinimum": "number", "exclusiveMaximum": "number", "multipleOf": "number",
}

// ignoredKeywords narrow values, not types.
var ignoredKeywords = map[string]bool{
	"if": true, "then": true, "else": true, "not": true, "contains": true, "minContains": true, "maxContains": true,
	"unevaluatedItems": true, "unevaluatedProperties": true, "dependentSchemas": true, "dependentRequired": true,
	"dependencies": true, "$dynamicRef": true, "$recursiveRef": true,
}

// silentKeywords say nothing about values.
var silentKeywords = map[string]bool{
	"$comment": true, "$id": true, "$anchor": true, "$schema": true, "$defs": true, "definitions": true, "externalDocs": true, "xml": true,
}

// read returns the keywords of a schema and of those inside it.
func (l *lowerer) read(n *text.Node) *keywords {
	if k := l.schemas[n]; k != nil {
		return k
	}
	k := &keywords{node: n, pos: n.Pos}
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
		m := &n.Members[i]
		if t := typeOfKeyword[m.Key]; t != "" && !slices.Contains(k.implied, t) {
			if k.implied == nil {
				k.implied = single(t)
			} else {
				k.implied = append(k.implied, t)
			}
		}
		if !l.readSchemas(k, m) && !k.readValues(m) {
			k.readOther(m)
		}
	}
	return k
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
	default:
		return false
	}
	return true
}

// readOther reads limits, annotations, extensions, and notes what is not read.
func (k *keywords) readOther(m *text.Member) {
	if i, ok := limitKeywords[m.Key]; ok {
		if k.limits == nil {
			k.limits = new([limitCount]*text.Node)
		}
		k.limits[i] = m.Value
		return
	}
	if i, ok := noteKeywords[m.Key]; ok {
		if k.notes == nil {
			k.notes = new([noteCount]*text.Node)
		}
		k.notes[i] = m.Value
		return
	}
	switch m.Key {
	case "x-enum-varnames":
		k.labels = laterLabels(k.labels, &enumLabels{names: m.Value.Items})
	case "x-enum-descriptions":
		k.labels = laterLabels(k.labels, &enumLabels{docs: m.Value.Items})
	case flagsKeyword:
		k.flags = m.Value
	}
	switch {
	case silentKeywords[m.Key]:
	case strings.HasPrefix(m.Key, "x-"):
		k.extended = true
	default:
		k.unread = true
		k.ignored = k.ignored || ignoredKeywords[m.Key]
	}
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
