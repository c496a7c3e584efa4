package schema

import (
	"fmt"
	"strings"
)

// formats maps JSON Schema's, OpenAPI's and Pydantic's names to a [Format].
var formats = map[string]Format{
	"date-time": DateTime, "date": Date, "time": Time, "duration": Duration,
	"uuid": UUID, "uuid1": UUID, "uuid3": UUID, "uuid4": UUID, "uuid5": UUID, "uuid6": UUID, "uuid7": UUID, "uuid8": UUID,
	"decimal": Decimal, "uri": URI, "multi-host-uri": URI, "byte": Base64, "base64": Base64, "base64url": Base64URL, "binary": Binary,
	"email": Email, "name-email": FormatNone, "ipv4": IPv4, "ipv6": IPv6, "ipv4network": IPv4Network, "ipv6network": IPv6Network,
	"ipv4interface": IPv4Interface, "ipv6interface": IPv6Interface, "ipvanyaddress": IPAny, "ipvanynetwork": IPAnyNetwork,
	"ipvanyinterface": IPAnyInterface, "path": Path, "file-path": FilePath, "directory-path": DirectoryPath,
	"regex": RegexFormat, "json-string": JSONText,
}

func (l *lowerer) scalar(n *Node, kind string) Type {
	s := &Scalar{Limits: limitsOf(n, "minLength", "maxLength")}
	format := n.GetString("format")
	switch kind {
	case "string":
		s.Kind, s.Format = String, formats[format]
		if encoding := n.GetString("contentEncoding"); encoding == "base64" && s.Format == FormatNone {
			s.Format = Base64
		} else if encoding == "base64url" {
			s.Format = Base64URL
		}
		if s.Format == FormatNone && n.GetString("contentMediaType") == "application/json" {
			s.Format = JSONText
		}
		if s.Format == FormatNone {
			s.Hint = format
		}
	case "integer":
		s.Kind, s.Hint = Integer, format
	case "number":
		s.Kind, s.Hint = Number, format
		switch format {
		case "time-delta":
			s.Format, s.Hint = DurationSeconds, ""
		case "unix-time":
			s.Format, s.Hint = UnixTime, ""
		}
	case "boolean":
		s.Kind = Boolean
	}
	return s
}

// decimalPattern begins the pattern that Pydantic writes for a Decimal, whatever
// its limits.
const decimalPattern = `^(?!^[-+.]*$)[+-]?0*`

// isDecimal recognises Pydantic's Decimal: a string with a pattern in results,
// the same or a number in params.
func isDecimal(n *Node) bool {
	if n.GetString("type") == "string" {
		return strings.HasPrefix(n.GetString("pattern"), decimalPattern)
	}
	bs := branches(n)
	if len(bs) != 2 {
		return false
	}
	return bs[0].GetString("type") == "number" && isDecimal(bs[1]) || bs[1].GetString("type") == "number" && isDecimal(bs[0])
}

func decimalOf(n *Node) Type {
	s := &Scalar{Kind: String, Format: Decimal}
	for _, b := range branches(n) {
		if b.GetString("type") == "number" {
			s.Limits = limitsOf(b, "", "")
		}
	}
	return s
}

// limitsOf reads the keywords that narrow a value; minKey and maxKey are those
// of its length.
func limitsOf(n *Node, minKey, maxKey string) *Limits {
	limits := Limits{
		Minimum: textOf(n.Get("minimum")), Maximum: textOf(n.Get("maximum")),
		ExclusiveMinimum: number(n.Get("exclusiveMinimum")), ExclusiveMaximum: number(n.Get("exclusiveMaximum")),
		MultipleOf: textOf(n.Get("multipleOf")), Pattern: n.GetString("pattern"),
		MinLength: textOf(n.Get(minKey)), MaxLength: textOf(n.Get(maxKey)),
	}
	// OpenAPI 3.0 writes {minimum: 1, exclusiveMinimum: true}.
	if n.IsTrue("exclusiveMinimum") {
		limits.ExclusiveMinimum, limits.Minimum = limits.Minimum, ""
	}
	if n.IsTrue("exclusiveMaximum") {
		limits.ExclusiveMaximum, limits.Maximum = limits.Maximum, ""
	}
	if limits == (Limits{}) {
		return nil
	}
	return &limits
}

func number(n *Node) string {
	if n == nil || n.Kind != KindNumber {
		return ""
	}
	return n.Text
}

// fillEnum reads enum, const, or alternatives that are constants.
func (l *lowerer) fillEnum(e *Enum, n *Node) {
	names, docs := n.Get("x-enum-varnames"), n.Get("x-enum-descriptions")
	add := func(v *Node, name, doc string) {
		if v.Kind == KindArray || v.Kind == KindObject {
			l.diags.add(v.Pos, "enum-value", fmt.Sprintf("an enum value must be a scalar, not an %s", v.Kind), "describe the value with a model instead")
			return
		}
		for _, other := range e.Values {
			if other.Value.Kind == v.Kind && other.Value.Text == v.Text {
				return
			}
		}
		e.Values = append(e.Values, EnumValue{Value: v, Name: name, Doc: doc, Pos: v.Pos})
	}
	switch {
	case n.Get("const") != nil:
		add(n.Get("const"), textAt(names, 0), textAt(docs, 0))
	case n.Get("enum") != nil:
		for i, v := range n.Get("enum").Items {
			add(v, textAt(names, i), textAt(docs, i))
		}
	default:
		for _, b := range branches(n) {
			add(b.Get("const"), b.GetString("title"), b.GetString("description"))
		}
	}
	e.Base = baseOf(e.Values)
}

func textAt(list *Node, i int) string {
	if list == nil || i >= len(list.Items) {
		return ""
	}
	return list.Items[i].Text
}

func baseOf(values []EnumValue) ScalarKind {
	base := Mixed
	for i, v := range values {
		kind := Mixed
		switch v.Value.Kind {
		case KindString:
			kind = String
		case KindBool:
			kind = Boolean
		case KindNumber:
			kind = Integer
			if strings.ContainsAny(v.Value.Text, ".eE") {
				kind = Number
			}
		}
		switch {
		case i == 0:
			base = kind
		case base == Integer && kind == Number || base == Number && kind == Integer:
			base = Number
		case base != kind:
			return Mixed
		}
	}
	return base
}
