package load

import (
	"slices"
	"strings"

	"github.com/wsgen/wsgen/internal/text"
)

// This file knows how older JSON Schemas and OpenAPI 3.0 write what JSON Schema 2020-12
// writes otherwise. The rest of the package sees only the latter. What can have one meaning
// only is read in any document, so that a document need not say which dialect it is in.

// dialect is the version of JSON Schema that a resource is written in.
type dialect uint8

const (
	draft2020 dialect = iota // also OpenAPI 3.1, AsyncAPI, and whatever does not say
	draft2019
	draft07
	draft06
	draft04
	openAPI30
)

// dialects are the parts of a "$schema" that tell them.
var dialects = map[string]dialect{"/draft/2019-09/": draft2019, "/draft-07/": draft07, "/draft-06/": draft06, "/draft-04/": draft04}

// dialectOf returns the dialect that the root of a resource names, else the one around it.
func dialectOf(root *text.Node, around dialect) dialect {
	uri := root.GetString("$schema")
	for part, d := range dialects {
		if strings.Contains(uri, part) {
			return d
		}
	}
	switch {
	case uri != "":
		return draft2020
	case strings.HasPrefix(root.GetString("openapi"), "3.0"):
		return openAPI30
	}
	return around
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
		if !alone || m.Key == "$ref" || vocabulary[m.Key].keyword.isAnnotation() {
			t.member(m)
		}
	}
	return t.out
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

// dialectAt returns the dialect of the resource that a schema stands in.
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
