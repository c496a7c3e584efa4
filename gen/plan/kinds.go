package plan

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/wsgen/wsgen/internal/text"
	"github.com/wsgen/wsgen/schema"
)

// Kinds is a set of JSON types. A number without a fraction is an integer,
// however it is written: 1.0 is one; TypeScript could not tell it from 1.
type Kinds uint8

// The JSON types.
const (
	JSONNull Kinds = 1 << iota
	JSONBoolean
	JSONInteger
	JSONFraction // a number that is not an integer
	JSONString
	JSONArray
	JSONObject

	JSONNumber = JSONInteger | JSONFraction
	JSONAny    = JSONNull | JSONBoolean | JSONNumber | JSONString | JSONArray | JSONObject
)

// Names lists the JSON Schema names of a set, "number" for all numbers.
func (k Kinds) Names() []string {
	var names []string
	for _, one := range []struct {
		kind Kinds
		name string
	}{
		{JSONNull, "null"}, {JSONBoolean, "boolean"}, {JSONInteger, "integer"}, {JSONNumber, "number"},
		{JSONString, "string"}, {JSONArray, "array"}, {JSONObject, "object"},
	} {
		if k&one.kind == one.kind && !(one.kind == JSONInteger && k&JSONNumber == JSONNumber) {
			names = append(names, one.name)
		}
	}
	return names
}

// Has tells whether the sets have a kind in common.
func (k Kinds) Has(other Kinds) bool { return k&other != 0 }

// KindsOf returns the JSON types that the schema of t allows.
func KindsOf(t schema.Type) Kinds {
	switch t := t.(type) {
	case *schema.Null:
		return JSONNull
	case *schema.Any:
		return JSONAny
	case *schema.Scalar:
		return [...]Kinds{JSONString, JSONInteger, JSONNumber, JSONBoolean}[t.Kind]
	case *schema.Nullable:
		return JSONNull | KindsOf(t.Elem)
	case *schema.List, *schema.Tuple:
		return JSONArray
	case *schema.Map, *schema.Object:
		return JSONObject
	case *schema.Enum:
		var k Kinds
		for _, v := range t.Values {
			k |= KindOf(v.Value)
		}
		return k
	case *schema.Union:
		var k Kinds
		for _, v := range t.Variants {
			k |= KindsOf(v.Type)
		}
		return k
	case *schema.Alias:
		return KindsOf(t.Target)
	}
	panic(fmt.Sprintf("plan: unexpected type %T", t))
}

// KindOf returns the JSON type of a value.
func KindOf(n *text.Node) Kinds {
	switch n.Kind {
	case text.KindNull:
		return JSONNull
	case text.KindBool:
		return JSONBoolean
	case text.KindString:
		return JSONString
	case text.KindArray:
		return JSONArray
	case text.KindObject:
		return JSONObject
	}
	if isInteger(n.Text) {
		return JSONInteger
	}
	return JSONFraction
}

// isInteger tells whether a number has no fraction: 1.0 and 1e20 have none.
func isInteger(number string) bool {
	if !strings.ContainsAny(number, ".eE") {
		return true
	}
	f, err := strconv.ParseFloat(number, 64)
	return err == nil && f == math.Trunc(f)
}
