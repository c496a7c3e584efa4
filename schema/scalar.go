package schema

import (
	"fmt"
	"strings"

	"github.com/wsgen/wsgen/internal/text"
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

func (l *lowerer) scalar(n *text.Node, kind string) Type {
	format := n.GetString("format")
	switch kind {
	case "string":
		s := &Scalar{Kind: String, Format: textFormat(n, format), Limits: lengthLimits(n, "minLength", "maxLength")}
		if s.Format == FormatNone {
			s.Hint = format
		}
		return s
	case "integer":
		return &Scalar{Kind: Integer, Hint: format, Limits: numberLimits(n)}
	case "number":
		s := &Scalar{Kind: Number, Limits: numberLimits(n)}
		switch format {
		case "time-delta":
			s.Format = DurationSeconds
		case "unix-time":
			s.Format = UnixTime
		default:
			s.Hint = format
		}
		return s
	}
	return &Scalar{Kind: Boolean}
}

// textFormat returns the format of a string; content* count where format says nothing.
func textFormat(n *text.Node, format string) Format {
	if f := formats[format]; f != FormatNone {
		return f
	}
	switch n.GetString("contentEncoding") {
	case "base64":
		return Base64
	case "base64url":
		return Base64URL
	case "":
		if n.GetString("contentMediaType") == "application/json" {
			return JSONText
		}
	}
	return FormatNone
}

// decimalPattern begins the pattern that Pydantic writes for a Decimal, whatever
// its limits.
const decimalPattern = `^(?!^[-+.]*$)[+-]?0*`

// isDecimal recognises Pydantic's Decimal: a string with a pattern in results, the
// same or a number in params. The exporter says so with a format.
func isDecimal(n *text.Node) bool {
	if n.GetString("type") == "string" && n.Get("enum") == nil && n.Get("const") == nil {
		return n.GetString("format") == "decimal" || strings.HasPrefix(n.GetString("pattern"), decimalPattern)
	}
	bs := branches(n)
	if len(bs) != 2 {
		return false
	}
	return bs[0].GetString("type") == "number" && isDecimal(bs[1]) || bs[1].GetString("type") == "number" && isDecimal(bs[0])
}

func decimalOf(n *text.Node) Type {
	s := &Scalar{Kind: String, Format: Decimal}
	for _, b := range branches(n) {
		if b.GetString("type") == "number" {
			s.Limits = numberLimits(b)
		}
	}
	return s
}

// numberLimits reads the keywords that narrow a number.
func numberLimits(n *text.Node) *Limits {
	limits := Limits{
		Minimum: number(n.Get("minimum")), Maximum: number(n.Get("maximum")),
		ExclusiveMinimum: number(n.Get("exclusiveMinimum")), ExclusiveMaximum: number(n.Get("exclusiveMaximum")),
		MultipleOf: number(n.Get("multipleOf")),
	}
	// OpenAPI 3.0 writes {minimum: 1, exclusiveMinimum: true}.
	if n.IsTrue("exclusiveMinimum") {
		limits.ExclusiveMinimum, limits.Minimum = limits.Minimum, ""
	}
	if n.IsTrue("exclusiveMaximum") {
		limits.ExclusiveMaximum, limits.Maximum = limits.Maximum, ""
	}
	return orNone(limits)
}

// lengthLimits reads the keywords that narrow the length of a string, a list or
// a map, and the pattern of a string.
func lengthLimits(n *text.Node, minKey, maxKey string) *Limits {
	limits := Limits{MinLength: text.CountOf(n.Get(minKey)), MaxLength: text.CountOf(n.Get(maxKey))}
	if minKey == "minLength" {
		limits.Pattern = n.GetString("pattern")
	}
	return orNone(limits)
}

func orNone(limits Limits) *Limits {
	if limits == (Limits{}) {
		return nil
	}
	return &limits
}

func number(n *text.Node) string {
	if n == nil || n.Kind != text.KindNumber {
		return ""
	}
	return n.Text
}

// fillEnum reads enum, const, or alternatives that are constants.
func (l *lowerer) fillEnum(e *Enum, n *text.Node) {
	values := enumValues(n)
	seen := make(map[string]bool, len(values))
	for _, v := range values {
		if v.Value.Kind == text.KindArray || v.Value.Kind == text.KindObject {
			l.diags.Add(v.Value.Pos, "enum-value", fmt.Sprintf("an enum value must be a scalar, not %s", article(v.Value.Kind.String())),
				"describe the value with a model instead")
			continue
		}
		if key := v.Value.JSON(); !seen[key] {
			seen[key] = true
			e.Values = append(e.Values, v)
		}
	}
	e.Base = baseOf(e.Values)
}

// enumValues lists the values of an enum, with their names and descriptions where
// x-enum-varnames and x-enum-descriptions have one for each.
func enumValues(n *text.Node) []EnumValue {
	list, constant := n.Get("enum"), n.Get("const")
	var values []EnumValue
	switch {
	case list == nil && constant != nil:
		list = array(constant, []*text.Node{constant})
	case list == nil:
		for _, b := range branches(n) {
			c := b.Get("const")
			values = append(values, EnumValue{Value: c.Detached(), Name: b.GetString("title"), Doc: b.GetString("description"), Pos: c.Pos})
		}
		return values
	}
	names, docs := n.Get("x-enum-varnames"), n.Get("x-enum-descriptions")
	for i, v := range list.Items {
		value := EnumValue{Value: v.Detached(), Name: textAt(names, i, list), Doc: textAt(docs, i, list), Pos: v.Pos}
		switch {
		case constant == nil:
			values = append(values, value)
		case v.JSON() == constant.JSON():
			return []EnumValue{value}
		}
	}
	if constant != nil {
		values = []EnumValue{{Value: constant, Pos: constant.Pos}}
	}
	return values
}

// textAt returns item i of a list that goes with another one; "" where the two
// differ in length.
func textAt(list *text.Node, i int, with *text.Node) string {
	if list == nil || len(list.Items) != len(with.Items) || list.Items[i].Kind != text.KindString {
		return ""
	}
	return list.Items[i].Text
}

func baseOf(values []EnumValue) ScalarKind {
	base := Mixed
	for i, v := range values {
		kind := Mixed
		switch v.Value.Kind {
		case text.KindString:
			kind = String
		case text.KindBool:
			kind = Boolean
		case text.KindNumber:
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
