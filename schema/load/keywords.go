package load

import (
	"slices"
	"strings"

	"github.com/wsgen/wsgen/internal/text"
)

// keywords are the keywords of one schema, read once: what the passes of the lowerer
// work on. They are not changed: a pass that wants others makes a copy. A value of
// the wrong kind, which the profile reports, is as good as none.
type keywords struct {
	kind     schemaKind
	ignored  bool // the node has keywords that narrow values, not types, or do not count beside a $ref
	extended bool // it has a member that begins with x-
	unread   bool // it has other members that are not read here
	sealed   bool // unevaluatedProperties is false
	combined bool // allOf holds schemas that the document does not combine itself
	implied  impliedTypes

	pos  text.Pos
	node *text.Node // the schema in the document; nil where a pass put it together

	written typeKeyword

	ref                     *text.Node
	allOf, anyOf, oneOf     *schemaList
	enum                    *enumKeyword
	properties, patterns    *memberList // patterns: patternProperties
	additional, memberNames *keywords   // additionalProperties, propertyNames
	items                   *keywords
	prefixItems             *schemaList
	conditions              *schemaList    // then, else and those of dependentSchemas
	values                  []keywordValue // of the other keywords

	writtenAs *schemaList // of an alternative: those of the document that it is put together from
	conflict  *conflict   // of merged schemas; nil for none

	known *facts // what passes found out; nil for nothing yet
}

// keywordValue is a keyword that is kept as it is in the document.
type keywordValue struct {
	keyword keyword
	node    *text.Node
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
	pos   text.Pos
	form  typeForm
	names []string
}

// typeForm tells how "type" is written.
type typeForm uint8

const (
	noType typeForm = iota
	oneType
	typeList
)

// schemaList is the value of allOf, anyOf, oneOf or prefixItems, or schemas of no such keyword.
type schemaList struct {
	keyPos  text.Pos
	schemas []*keywords
}

// list returns the schemas of l, which may be nil.
func (l *schemaList) list() []*keywords {
	if l == nil {
		return nil
	}
	return l.schemas
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

// keyword is one that is kept as it is.
type keyword uint8

const (
	minimum keyword = iota + 1
	exclusiveMinimum
	minLength
	minItems
	minProperties
	maximum
	exclusiveMaximum
	maxLength
	maxItems
	maxProperties
	multipleOf
	uniqueItems
	formatName
	pattern // limits are up to here

	title
	description
	defaultValue
	examples
	example
	deprecated
	deprecationNote
	readOnly
	presence  // x-required: that of [document.exactRequired], in a document made of others
	writeOnly // annotations are up to here

	constant
	enumNames
	enumDocs
	flagNames // the constants of an integer, as the exporter writes Python's Flag classes: {"READ": 1, "WRITE": 2}
	discriminator
	requiredMembers
	nullable
	encoding
	mediaType
	contentSchema
)

func (k keyword) isLimit() bool      { return k <= pattern }
func (k keyword) isAnnotation() bool { return pattern < k && k <= writeOnly }

// use is what is done with a keyword.
type use uint8

const (
	unknown use = iota
	reads       // it has a case in [lowerer.readStructure]
	silent      // it says nothing about values
	narrows     // it narrows values in ways that types cannot tell: it is ignored, and reported

	// These are kept as they are. Of two schemas that hold at once, the later one's counts,
	keeps
	atLeast // or the greater,
	atMost  // or the lesser,
	unites  // or both.
)

// holds is how many schemas the value of a keyword is.
type holds uint8

const (
	one     holds = iota + 1
	several       // its items or members
)

// vocabulary has all that is to know about a keyword: the type of the values that it is
// about, what is done with it, and whether there are schemas in it.
var vocabulary = map[string]struct {
	about   string
	use     use
	keyword keyword
	holds   holds
}{
	"type": {use: reads}, "enum": {use: reads}, "$ref": {use: reads},
	"allOf": {use: reads, holds: several}, "anyOf": {use: reads, holds: several}, "oneOf": {use: reads, holds: several},
	"properties": {"object", reads, 0, several}, "patternProperties": {"object", reads, 0, several},
	"additionalProperties": {"object", reads, 0, one}, "propertyNames": {"object", reads, 0, one},
	"items": {"array", reads, 0, one}, "prefixItems": {"array", reads, 0, several},

	"minimum": {"number", atLeast, minimum, 0}, "exclusiveMinimum": {"number", atLeast, exclusiveMinimum, 0},
	"maximum": {"number", atMost, maximum, 0}, "exclusiveMaximum": {"number", atMost, exclusiveMaximum, 0},
	"multipleOf": {"number", keeps, multipleOf, 0},
	"minLength":  {"string", atLeast, minLength, 0}, "maxLength": {"string", atMost, maxLength, 0},
	"minItems": {"array", atLeast, minItems, 0}, "maxItems": {"array", atMost, maxItems, 0},
	"uniqueItems":   {"array", keeps, uniqueItems, 0},
	"minProperties": {"object", atLeast, minProperties, 0}, "maxProperties": {"object", atMost, maxProperties, 0},
	"format": {"", keeps, formatName, 0}, "pattern": {"string", keeps, pattern, 0},

	"title": {"", keeps, title, 0}, "description": {"", keeps, description, 0}, "default": {"", keeps, defaultValue, 0},
	"examples": {"", keeps, examples, 0}, "example": {"", keeps, example, 0},
	"deprecated": {"", keeps, deprecated, 0}, "x-deprecated": {"", keeps, deprecationNote, 0},
	"x-required": {"", keeps, presence, 0}, "readOnly": {"", keeps, readOnly, 0}, "writeOnly": {"", keeps, writeOnly, 0},

	"const": {"", keeps, constant, 0}, "x-enum-varnames": {"", keeps, enumNames, 0}, "x-enum-descriptions": {"", keeps, enumDocs, 0},
	"x-enum-flags": {"", keeps, flagNames, 0}, "discriminator": {"", keeps, discriminator, 0}, "nullable": {"", keeps, nullable, 0},
	"required":        {"object", unites, requiredMembers, 0},
	"contentEncoding": {"string", keeps, encoding, 0}, "contentMediaType": {"string", keeps, mediaType, 0},
	"contentSchema": {"", keeps, contentSchema, 0},

	"$comment": {use: silent}, "$id": {use: silent}, "$anchor": {use: silent}, "$schema": {use: silent},
	"$defs": {use: silent, holds: several}, "definitions": {use: silent, holds: several}, "externalDocs": {use: silent}, "xml": {use: silent},

	"if": {use: narrows, holds: one}, "then": {use: narrows, holds: one}, "else": {use: narrows, holds: one}, "not": {use: narrows, holds: one},
	"contains": {use: narrows, holds: one}, "minContains": {use: narrows}, "maxContains": {use: narrows},
	"unevaluatedItems": {use: narrows, holds: one}, "unevaluatedProperties": {use: narrows, holds: one},
	"dependentSchemas": {use: narrows, holds: several}, "dependentRequired": {use: narrows},
	"$dynamicRef": {use: narrows}, "$recursiveRef": {use: narrows},
}

// mergeUses are the uses of the keywords that are not just kept.
var mergeUses = func() (uses [contentSchema + 1]use) {
	for _, v := range vocabulary {
		uses[v.keyword] = v.use
	}
	return uses
}()

// read returns the keywords of a schema and of those inside it.
func (l *lowerer) read(n *text.Node) *keywords {
	if k := l.numbered(n.Mark); k != nil && k.node == n {
		return k
	}
	k := l.enroll(n)
	switch {
	case n.Kind == text.KindObject:
	case n.Kind != text.KindBool:
		k.kind = noSchema
	case n.Text == "true":
		k.kind = trueSchema
	default:
		k.kind = falseSchema
	}
	base := len(l.reading)
	in := l.docs.dialectAt(n)
	members := in.translated(n)
	k.ignored = len(in.dropped(n)) > 0
	for i := range members {
		l.readKeyword(k, &members[i])
	}
	k.values = l.cutValues(l.reading[base:])
	l.reading = l.reading[:base]
	switch {
	case k.enum == nil || len(k.enum.values) > 0:
	case isTrue(k.get(nullable)): // nothing but null
		k.enum, k.written = nil, typeKeyword{k.enum.keyPos, oneType, single("null")}
	default:
		k.kind = falseSchema
	}
	return k
}

// cutValues copies values to where many are allocated at a time.
func (l *lowerer) cutValues(values []keywordValue) []keywordValue {
	n := len(values)
	if n > len(l.unusedValues) {
		l.unusedValues = make([]keywordValue, max(n, 256))
	}
	out := l.unusedValues[:n:n]
	l.unusedValues = l.unusedValues[n:]
	copy(out, values)
	return out
}

// chunk is how many keywords are allocated at a time.
const chunk = 64

// numbered returns the keywords of a number, nil where it has none.
func (l *lowerer) numbered(number int32) *keywords {
	i := int(number) - 1
	if i < 0 || i >= l.schemas {
		return nil
	}
	return &l.chunks[i/chunk][i%chunk]
}

// enroll makes the keywords of a schema, whose mark is their number from now on.
func (l *lowerer) enroll(n *text.Node) *keywords {
	if l.schemas%chunk == 0 {
		l.chunks = append(l.chunks, make([]keywords, chunk))
	}
	l.schemas++
	n.Mark = int32(l.schemas)
	k := l.numbered(n.Mark)
	k.node, k.pos = n, n.Pos
	return k
}

func (l *lowerer) readKeyword(k *keywords, m *text.Member) {
	keyword := vocabulary[m.Key]
	k.implied = k.implied.with(keyword.about)
	extension := strings.HasPrefix(m.Key, "x-")
	switch keyword.use {
	case unknown:
		k.extended, k.unread = k.extended || extension, k.unread || !extension
	case narrows:
		k.ignored, k.unread = true, true
		l.readCondition(k, m)
	case reads:
		l.readStructure(k, m)
	case unites:
		if len(m.Value.Items) == 0 {
			break
		}
		fallthrough
	case keeps, atLeast, atMost:
		k.extended = k.extended || extension && !keyword.keyword.isAnnotation()
		l.reading = append(l.reading, keywordValue{keyword.keyword, m.Value})
	}
}

// readStructure reads the keywords that are more than a value.
func (l *lowerer) readStructure(k *keywords, m *text.Member) {
	switch m.Key {
	case "type":
		k.written = typeKeyword{m.Value.Pos, typeList, texts(m.Value)}
		if m.Value.Kind == text.KindString {
			k.written.form, k.written.names = oneType, single(m.Value.Text)
		}
	case "enum":
		k.enum = &enumKeyword{m.KeyPos, m.Value.Items}
	case "$ref":
		k.ref = m.Value
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
	}
}

// readCondition reads what keywords that narrow values say of members.
func (l *lowerer) readCondition(k *keywords, m *text.Member) {
	switch m.Key {
	case "then", "else":
		k.addCondition(l.read(m.Value))
	case "dependentSchemas":
		for _, of := range m.Value.Members {
			k.addCondition(l.read(of.Value))
		}
	case "unevaluatedProperties":
		k.sealed = m.Value.Kind == text.KindBool && m.Value.Text == "false"
	}
}

// addCondition is for a schema that is being read.
func (k *keywords) addCondition(condition *keywords) {
	if k.conditions == nil {
		k.conditions = &schemaList{}
	}
	k.conditions.schemas = append(k.conditions.schemas, condition)
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
	c.known = nil
	return &c
}

// get returns the value of a keyword that is kept, nil where there is none.
func (k *keywords) get(of keyword) *text.Node {
	for i := range k.values {
		if k.values[i].keyword == of {
			return k.values[i].node
		}
	}
	return nil
}

// has tells whether k has a keyword of a kind.
func (k *keywords) has(of func(keyword) bool) bool {
	return slices.ContainsFunc(k.values, func(v keywordValue) bool { return of(v.keyword) })
}

// without returns a copy of k without some of the keywords that are kept.
func (k *keywords) without(drop func(keyword) bool) *keywords {
	c := k.copy()
	c.values = slices.DeleteFunc(slices.Clone(k.values), func(v keywordValue) bool { return drop(v.keyword) })
	return c
}

// with returns a copy of k with values that go before its own.
func (k *keywords) with(values []keywordValue) *keywords {
	c := k.copy()
	c.values = mergeKept(k.values, values)
	return c
}

// annotations are the values of k that are for people, and the default.
func (k *keywords) annotations() []keywordValue { return k.without(notAnnotation).values }

func notAnnotation(k keyword) bool { return !k.isAnnotation() }

func isNullable(k keyword) bool { return k == nullable }

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
