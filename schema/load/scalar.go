package load

import (
	"fmt"
	"strings"

	"github.com/wsgen/wsgen/internal/text"
	"github.com/wsgen/wsgen/schema"
)

// formats maps JSON Schema's, OpenAPI's and Pydantic's names to a [schema.Format].
var formats = map[string]schema.Format{
	"date-time": schema.DateTime, "date": schema.Date, "time": schema.Time, "duration": schema.Duration,
	"uuid": schema.UUID, "uuid1": schema.UUID, "uuid3": schema.UUID, "uuid4": schema.UUID, "uuid5": schema.UUID, "uuid6": schema.UUID, "uuid7": schema.UUID, "uuid8": schema.UUID,
	"decimal": schema.Decimal, "uri": schema.URI, "multi-host-uri": schema.URI, "byte": schema.Base64, "base64": schema.Base64, "base64url": schema.Base64URL, "binary": schema.Binary,
	"email": schema.Email, "name-email": schema.FormatNone, "ipv4": schema.IPv4, "ipv6": schema.IPv6, "ipv4network": schema.IPv4Network, "ipv6network": schema.IPv6Network,
	"ipv4interface": schema.IPv4Interface, "ipv6interface": schema.IPv6Interface, "ipvanyaddress": schema.IPAny, "ipvanynetwork": schema.IPAnyNetwork,
	"ipvanyinterface": schema.IPAnyInterface, "path": schema.Path, "file-path": schema.FilePath, "directory-path": schema.DirectoryPath,
	"regex": schema.RegexFormat, "json-string": schema.JSONText,
}

func (l *lowerer) scalar(n *text.Node, kind string) schema.Type {
	format := n.GetString("format")
	switch kind {
	case "string":
		s := &schema.Scalar{Kind: schema.String, Format: textFormat(n, format), Limits: lengthLimits(n, "minLength", "maxLength")}
		if s.Format == schema.FormatNone {
			s.Hint = format
		}
		return s
	case "integer":
		return &schema.Scalar{Kind: schema.Integer, Hint: format, Limits: numberLimits(n)}
	case "number":
		s := &schema.Scalar{Kind: schema.Number, Limits: numberLimits(n)}
		switch format {
		case "time-delta":
			s.Format = schema.DurationSeconds
		case "unix-time":
			s.Format = schema.UnixTime
		default:
			s.Hint = format
		}
		return s
	}
	return &schema.Scalar{Kind: schema.Boolean}
}

// textFormat returns the format of a string; content* count where format says nothing.
func textFormat(n *text.Node, format string) schema.Format {
	if f := formats[format]; f != schema.FormatNone {
		return f
	}
	switch n.GetString("contentEncoding") {
	case "base64":
		return schema.Base64
	case "base64url":
		return schema.Base64URL
	case "":
		if n.GetString("contentMediaType") == "application/json" {
			return schema.JSONText
		}
	}
	return schema.FormatNone
}

// decimalPattern begins the pattern that Pydantic writes for a Decimal, whatever
// its limits.
const decimalPattern = `^(?!^[-+.]*$)[+-]?0*`

// isDecimal recognises the text of Pydantic's Decimal, by its pattern or the format
// that the exporter writes.
func isDecimal(n *text.Node) bool {
	return n.GetString("type") == "string" && n.Get("enum") == nil && n.Get("const") == nil &&
		(n.GetString("format") == "decimal" || strings.HasPrefix(n.GetString("pattern"), decimalPattern))
}

// isLooseDecimal recognises what Pydantic writes for a Decimal in params, and for
// float | Decimal anywhere: a number or the text of a Decimal.
func isLooseDecimal(n *text.Node) bool {
	bs := branches(n)
	if len(bs) != 2 {
		return false
	}
	return bs[0].GetString("type") == "number" && isDecimal(bs[1]) || bs[1].GetString("type") == "number" && isDecimal(bs[0])
}

// decimal lowers both. What is loose is a Decimal until results turn out to have
// it: see [splitDecimals].
func (l *lowerer) decimal(n *text.Node, at place) schema.Type {
	s := &schema.Scalar{Kind: schema.String, Format: schema.Decimal}
	for _, b := range branches(n) {
		if b.GetString("type") == "number" {
			s.Limits = numberLimits(b)
			l.looseDecimals[s] = looseDecimal{n, at}
		}
	}
	return s
}

// numberLimits reads the keywords that narrow a number.
func numberLimits(n *text.Node) *schema.Limits {
	limits := schema.Limits{
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
func lengthLimits(n *text.Node, minKey, maxKey string) *schema.Limits {
	limits := schema.Limits{MinLength: text.CountOf(n.Get(minKey)), MaxLength: text.CountOf(n.Get(maxKey))}
	if minKey == "minLength" {
		limits.Pattern = n.GetString("pattern")
	}
	return orNone(limits)
}

func orNone(limits schema.Limits) *schema.Limits {
	if limits == (schema.Limits{}) {
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
func (l *lowerer) fillEnum(e *schema.Enum, n *text.Node) {
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
// x-enum-varnames and x-enum-descriptions have one for each. An alternative with
// one value has that value's name as its title.
func enumValues(n *text.Node) []schema.EnumValue {
	list, constant := n.Get("enum"), n.Get("const")
	switch {
	case list != nil && constant != nil:
		return constantOf(list, constant, n)
	case list != nil:
		return listedValues(list, n)
	case constant != nil:
		return []schema.EnumValue{{Value: constant.Detached(), Pos: constant.Pos}}
	}
	var values []schema.EnumValue
	for _, b := range branches(n) {
		of := enumValues(b)
		if len(of) == 1 && of[0].Name == "" && of[0].Doc == "" {
			of[0].Name, of[0].Doc = b.GetString("title"), b.GetString("description")
		}
		values = append(values, of...)
	}
	return values
}

func listedValues(list, n *text.Node) []schema.EnumValue {
	names, docs := n.Get("x-enum-varnames"), n.Get("x-enum-descriptions")
	values := make([]schema.EnumValue, len(list.Items))
	for i, v := range list.Items {
		values[i] = schema.EnumValue{Value: v.Detached(), Name: textAt(names, i, list), Doc: textAt(docs, i, list), Pos: v.Pos}
	}
	return values
}

// constantOf returns the value of an enum that a const beside it leaves.
func constantOf(list, constant, n *text.Node) []schema.EnumValue {
	for _, v := range listedValues(list, n) {
		if v.Value.JSON() == constant.JSON() {
			return []schema.EnumValue{v}
		}
	}
	return []schema.EnumValue{{Value: constant.Detached(), Pos: constant.Pos}}
}

// flagsOf lists the constants of an integer.
func flagsOf(n *text.Node) []schema.EnumValue {
	var flags []schema.EnumValue
	for _, m := range n.Get(flagsKeyword).Members {
		if text.CountOf(m.Value) != "" { // else the profile refuses it
			flags = append(flags, schema.EnumValue{Value: m.Value.Detached(), Name: m.Key, Pos: m.KeyPos})
		}
	}
	return flags
}

// textAt returns item i of a list that goes with another one; "" where the two
// differ in length.
func textAt(list *text.Node, i int, with *text.Node) string {
	if list == nil || len(list.Items) != len(with.Items) || list.Items[i].Kind != text.KindString {
		return ""
	}
	return list.Items[i].Text
}

func baseOf(values []schema.EnumValue) schema.ScalarKind {
	base := schema.Mixed
	for i, v := range values {
		kind := schema.Mixed
		switch v.Value.Kind {
		case text.KindString:
			kind = schema.String
		case text.KindBool:
			kind = schema.Boolean
		case text.KindNumber:
			kind = schema.Integer
			if strings.ContainsAny(v.Value.Text, ".eE") {
				kind = schema.Number
			}
		}
		switch {
		case i == 0:
			base = kind
		case base == schema.Integer && kind == schema.Number || base == schema.Number && kind == schema.Integer:
			base = schema.Number
		case base != kind:
			return schema.Mixed
		}
	}
	return base
}
