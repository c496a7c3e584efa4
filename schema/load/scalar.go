package load

import (
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

// scalar reads a scalar of one kind.
func (k *keywords) scalar(kind string) *schema.Scalar {
	switch kind {
	case "string":
		s := &schema.Scalar{Kind: schema.String, Format: k.textFormat(), Limits: k.sizeLimits(minLength, maxLength)}
		if s.Format == schema.FormatNone {
			s.Hint = stringOf(k.get(formatName))
		}
		return s
	case "integer":
		return &schema.Scalar{Kind: schema.Integer, Hint: stringOf(k.get(formatName)), Limits: k.numberLimits()}
	case "number":
		s := &schema.Scalar{Kind: schema.Number, Limits: k.numberLimits()}
		switch stringOf(k.get(formatName)) {
		case "time-delta":
			s.Format = schema.DurationSeconds
		case "unix-time":
			s.Format = schema.UnixTime
		default:
			s.Hint = stringOf(k.get(formatName))
		}
		return s
	}
	return &schema.Scalar{Kind: schema.Boolean}
}

// textFormat returns the format of a string; content* count where format says nothing.
func (k *keywords) textFormat() schema.Format {
	if f := formats[stringOf(k.get(formatName))]; f != schema.FormatNone {
		return f
	}
	switch stringOf(k.get(encoding)) {
	case "base64":
		return schema.Base64
	case "base64url":
		return schema.Base64URL
	case "":
		if stringOf(k.get(mediaType)) == "application/json" {
			return schema.JSONText
		}
	}
	return schema.FormatNone
}

// decimal lowers the text of a Decimal, and a loose one. That is a Decimal until
// results turn out to have it: see [splitDecimals].
func (l *lowerer) decimal(k *keywords, at place) schema.Type {
	s := &schema.Scalar{Kind: schema.String, Format: schema.Decimal}
	for _, b := range k.branches() {
		if b.namedType() == "number" {
			s.Limits = b.numberLimits()
			l.looseDecimals[s] = looseDecimal{k, at}
		}
	}
	return s
}

// numberLimits reads the keywords that narrow a number.
func (k *keywords) numberLimits() *schema.Limits {
	return orNone(schema.Limits{
		Minimum: number(k.get(minimum)), Maximum: number(k.get(maximum)),
		ExclusiveMinimum: number(k.get(exclusiveMinimum)), ExclusiveMaximum: number(k.get(exclusiveMaximum)),
		MultipleOf: number(k.get(multipleOf)),
	})
}

// sizeLimits reads the keywords that narrow the length of a string, a list or a
// map, and the pattern of a string.
func (k *keywords) sizeLimits(least, most keyword) *schema.Limits {
	limits := schema.Limits{MinLength: text.CountOf(k.get(least)), MaxLength: text.CountOf(k.get(most))}
	if least == minLength {
		limits.Pattern = stringOf(k.get(pattern))
	}
	return orNone(limits)
}

func orNone(limits schema.Limits) *schema.Limits {
	if limits == (schema.Limits{}) {
		return nil
	}
	found := limits // so that only what is returned is allocated
	return &found
}

func number(n *text.Node) string {
	if n == nil || n.Kind != text.KindNumber {
		return ""
	}
	return n.Text
}
