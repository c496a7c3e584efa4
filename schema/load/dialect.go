package load

import (
	"slices"
	"strings"

	"github.com/wsgen/wsgen/internal/text"
)

// This file knows how older JSON Schemas and OpenAPI 3.0 write what JSON Schema 2020-12
// writes otherwise. The rest of the package sees only the latter. What can have one meaning
// only is read in any document, so that a document need not say which dialect it is in.

// dialect is the version of JSON Schema that a schema is written in.
type dialect uint8

const (
	draft2020 dialect = iota // also OpenAPI 3.1, and whatever does not say
	draft2019
	draft07
	draft06
	draft04
	openAPI30
)

// dialects are the parts of a "$schema" or a "schemaFormat" that tell them.
var dialects = []struct {
	part string
	dialect
}{{"2020-12", draft2020}, {"2019-09", draft2019}, {"draft-07", draft07}, {"draft-06", draft06}, {"draft-04", draft04}}

// dialectNamed returns the dialect that a name of one has a part of.
func dialectNamed(name string) (d dialect, ok bool) {
	for _, d := range dialects {
		if strings.Contains(name, d.part) {
			return d.dialect, true
		}
	}
	return draft2020, false
}

// dialectOf returns the dialect that a schema says it is in, else the one around it.
func dialectOf(n *text.Node, around dialect) dialect {
	if uri := n.GetString("$schema"); uri != "" {
		around, _ = dialectNamed(uri)
	}
	return around
}

// documentDialect is dialectOf for the root of a document.
func documentDialect(root *text.Node, around dialect) dialect {
	switch {
	case strings.HasPrefix(root.GetString("openapi"), "3.0"):
		return openAPI30
	case root.Get("openapi") != nil:
		around, _ = dialectNamed(root.GetString("jsonSchemaDialect"))
	case root.Get("asyncapi") != nil:
		around = draft2020
	}
	return dialectOf(root, around)
}

// formatDialect returns the dialect that a schemaFormat asks for, around where it does not say.
// AsyncAPI's own is draft-07 with more keywords.
func formatDialect(format string, around dialect) (d dialect, known bool) {
	kind, version, _ := strings.Cut(strings.ReplaceAll(format, " ", ""), ";version=")
	switch {
	case strings.HasPrefix(kind, "application/vnd.oai.openapi") && isVersion(version, "3.0"):
		return openAPI30, true
	case strings.HasPrefix(kind, "application/vnd.oai.openapi"):
		return draft2020, version == "" || isVersion(version, "3.1")
	case strings.HasPrefix(kind, "application/vnd.aai.asyncapi"):
		return draft07, true
	}
	if named, ok := dialectNamed(version); ok {
		return named, true
	}
	return around, version == ""
}

// multiFormat returns the members of {schemaFormat, schema}, as AsyncAPI writes schemas that
// may be in any language, or nil for any other value.
func multiFormat(n *text.Node) (format, schema *text.Node) {
	format, schema = n.Get("schemaFormat"), n.Get("schema")
	if format == nil || schema == nil || format.Kind != text.KindString {
		return nil, nil
	}
	return format, schema
}

// idKeyword is what names a resource.
func (d dialect) idKeyword() string {
	if d == draft04 {
		return "id"
	}
	return "$id"
}

// refStandsAlone tells whether keywords beside a $ref do not count.
func (d dialect) refStandsAlone() bool { return d == draft04 || d == draft06 || d == draft07 }

// translated returns the members of a schema as 2020-12 has them:
//
//	items: [A, B], additionalItems: C   ──►  prefixItems: [A, B], items: C
//	minimum: 1, exclusiveMinimum: true  ──►  exclusiveMinimum: 1
//	dependencies: {a: [b], c: A}        ──►  dependentRequired: {a: [b]}, dependentSchemas: {c: A}
//
// Documentation beside a $ref counts in all dialects.
func (d dialect) translated(n *text.Node) []text.Member {
	if n.Kind != text.KindObject || !slices.ContainsFunc(n.Members, d.differs) {
		return n.Members
	}
	t := translator{of: n}
	alone := d.refStandsAlone() && n.Get("$ref") != nil
	for _, m := range n.Members {
		if !alone || countsBesideRef(m.Key) {
			t.member(m)
		}
	}
	return t.out
}

func countsBesideRef(key string) bool {
	return key == "$ref" || vocabulary[key].keyword.isAnnotation()
}

// dropped returns the members of a schema that do not count, as they stand beside a $ref.
func (d dialect) dropped(n *text.Node) (members []text.Member) {
	if !d.refStandsAlone() || n.Get("$ref") == nil {
		return nil
	}
	for _, m := range n.Members {
		if use := vocabulary[m.Key].use; !countsBesideRef(m.Key) && use != unknown && use != silent {
			members = append(members, m)
		}
	}
	return members
}

// differs tells whether a member may have to be translated.
func (d dialect) differs(m text.Member) bool {
	switch m.Key {
	case "items":
		return m.Value.Kind == text.KindArray
	case "exclusiveMinimum", "exclusiveMaximum":
		return m.Value.Kind == text.KindBool
	case "$ref":
		return d.refStandsAlone()
	}
	return m.Key == "dependencies"
}

type translator struct {
	of  *text.Node
	out []text.Member
}

func (t *translator) member(m text.Member) {
	switch m.Key {
	case "items":
		if m.Value.Kind != text.KindArray {
			break
		}
		if m.Key = "prefixItems"; len(m.Value.Items) > 0 {
			t.out = append(t.out, m)
		}
		if rest := t.of.Lookup("additionalItems"); rest != nil {
			t.out = append(t.out, text.Member{Key: "items", KeyPos: rest.KeyPos, Value: rest.Value})
		}
		return
	case "minimum", "maximum":
		if exclusive := "exclusiveM" + m.Key[1:]; t.of.IsTrue(exclusive) {
			m.Key = exclusive
		}
	case "exclusiveMinimum", "exclusiveMaximum":
		if m.Value.Kind == text.KindBool {
			return
		}
	case "dependencies":
		t.dependencies(m)
		return
	}
	t.out = append(t.out, m)
}

// dependencies splits what the keyword of that name holds.
func (t *translator) dependencies(m text.Member) {
	members, schemas := *m.Value, *m.Value
	members.Members, schemas.Members = nil, nil
	for _, of := range m.Value.Members {
		if of.Value.Kind == text.KindArray {
			members.Members = append(members.Members, of)
		} else {
			schemas.Members = append(schemas.Members, of)
		}
	}
	if len(members.Members) > 0 {
		t.out = append(t.out, text.Member{Key: "dependentRequired", KeyPos: m.KeyPos, Value: &members})
	}
	if len(schemas.Members) > 0 {
		t.out = append(t.out, text.Member{Key: "dependentSchemas", KeyPos: m.KeyPos, Value: &schemas})
	}
}

// dialectAt returns the dialect of the scope that a schema is in.
func (d *documents) dialectAt(n *text.Node) dialect {
	doc := d.bySource[n.Pos.Src]
	switch {
	case doc == nil || doc.scopes == nil:
		return draft2020
	case len(doc.scopes) == 1:
		return doc.scopes[0].dialect
	}
	return doc.scopeAt(n.Pos.Off).dialect
}
