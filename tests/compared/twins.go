package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// openAPI returns a version as an OpenAPI 3.0 document, nil where there is none: tuples are
// not part of it.
func openAPI(c *change, version int) []byte {
	rpc := c.rpc(version)
	paths := map[string]any{}
	content := func(schema any) map[string]any {
		return map[string]any{"application/json": map[string]any{"schema": openAPISchema(schema)}}
	}
	for name, value := range mapOf(rpc["methods"]) {
		method := mapOf(value)
		ok := map[string]any{"description": "The result."}
		if result, found := method["result"]; found {
			ok["content"] = content(result)
		}
		responses := map[string]any{"200": ok}
		if method["notify"] == true {
			responses = map[string]any{"202": map[string]any{"description": "Taken."}}
		}
		errors, _ := method["errors"].([]any)
		for _, item := range errors {
			declared := mapOf(item)
			response := map[string]any{"description": declared["name"]}
			if data, found := declared["data"]; found {
				response["content"] = content(data)
			}
			responses[fmt.Sprint(declared["code"])] = response
		}
		post := map[string]any{"operationId": name, "responses": responses}
		if params, found := method["params"]; found {
			post["requestBody"] = map[string]any{"required": mapOf(params)["required"] != nil, "content": content(params)}
		}
		if deprecated, found := method["deprecated"]; found {
			post["deprecated"] = deprecated
		}
		paths["/"+name] = map[string]any{"post": post}
	}
	for name, value := range mapOf(rpc["events"]) {
		paths["/events/"+name] = map[string]any{"get": map[string]any{
			"operationId": name, "responses": map[string]any{"200": map[string]any{"description": "The event.", "content": content(mapOf(value)["payload"])}},
		}}
	}
	document := map[string]any{"openapi": "3.0.3", "info": map[string]any{"title": "T", "version": "1"}, "paths": paths}
	if c.Types != nil {
		document["components"] = map[string]any{"schemas": openAPISchema(map[string]any{"properties": c.Types}).(map[string]any)["properties"]}
	}
	data, err := json.Marshal(document)
	if err != nil {
		panic(err)
	}
	if strings.Contains(string(data), `"prefixItems"`) {
		return nil
	}
	return data
}

// openAPISchema writes a schema as OpenAPI 3.0 has it: nullable, a constant as an enum, and
// exclusive bounds as booleans.
func openAPISchema(schema any) any {
	s, ok := schema.(map[string]any)
	if !ok {
		return schema
	}
	out := map[string]any{}
	for key, value := range s {
		switch key {
		case "const":
			out["enum"] = []any{value}
		case "exclusiveMinimum":
			out["minimum"], out[key] = value, true
		case "anyOf", "oneOf":
			list := value.([]any)
			if i := slices.IndexFunc(list, isNull); i >= 0 && len(list) == 2 {
				maps.Copy(out, openAPISchema(list[1-i]).(map[string]any))
				out["nullable"] = true
				continue
			}
			var variants []any
			for _, variant := range list {
				variants = append(variants, openAPISchema(variant))
			}
			out[key] = variants
		case "properties":
			members := map[string]any{}
			for name, member := range value.(map[string]any) {
				members[name] = openAPISchema(member)
			}
			out[key] = members
		case "items", "additionalProperties":
			out[key] = openAPISchema(value)
		default:
			out[key] = value
		}
	}
	return out
}

func isNull(schema any) bool { return mapOf(schema)["type"] == "null" }

func mapOf(value any) map[string]any {
	m, _ := value.(map[string]any)
	return m
}

// protobuf returns both versions as a service, "" where there is none. Members and values
// that both have keep their numbers, as people would do it.
func protobuf(c *change) (before, after string) {
	p := &protoWriter{change: c, numbers: map[string]int{}, counts: map[string]int{}}
	before, after = p.file(0), p.file(1)
	if p.impossible {
		return "", ""
	}
	return before, after
}

type protoWriter struct {
	*change
	numbers    map[string]int // of members and values, by "Message.member"
	counts     map[string]int
	messages   []string // of the file that is being written
	declared   map[string]bool
	impossible bool
}

func (p *protoWriter) number(of, name string) int {
	key := of + "." + name
	if p.numbers[key] == 0 {
		p.counts[of]++
		p.numbers[key] = p.counts[of]
	}
	return p.numbers[key]
}

func (p *protoWriter) file(version int) string {
	rpc := p.rpc(version)
	p.messages, p.declared = nil, map[string]bool{}
	var calls []string
	add := func(kind, name string, m map[string]any, in, out string) {
		title := pascal(name)
		request, response := title+"Params", title+"Result"
		p.wrapped(request, m[in])
		p.wrapped(response, m[out])
		option := ";"
		if m["deprecated"] == true {
			option = " { option deprecated = true; }"
		}
		if m["idempotent"] == true {
			option = " { option idempotency_level = IDEMPOTENT; }"
		}
		calls = append(calls, fmt.Sprintf("  rpc %s(%s) returns (%s%s)%s\n", title, request, kind, response, option))
	}
	for _, name := range sorted(mapOf(rpc["methods"])) {
		add("", name, mapOf(mapOf(rpc["methods"])[name]), "params", "result")
	}
	for _, name := range sorted(mapOf(rpc["events"])) {
		add("stream ", name, mapOf(mapOf(rpc["events"])[name]), "", "payload")
	}
	return "syntax = \"proto3\";\npackage api.v1;\n\nservice API {\n" + strings.Join(calls, "") + "}\n" + strings.Join(p.messages, "")
}

// wrapped declares the message of params or a result: an object's own, or one with a value.
func (p *protoWriter) wrapped(name string, schema any) {
	s := mapOf(schema)
	switch {
	case schema == nil:
		p.message(name, map[string]any{})
	case s["properties"] != nil:
		p.message(name, s)
	default:
		p.message(name, map[string]any{"properties": map[string]any{"value": schema}, "required": []any{"value"}})
	}
}

func (p *protoWriter) message(name string, s map[string]any) {
	if p.declared[name] {
		return
	}
	p.declared[name] = true
	var b strings.Builder
	fmt.Fprintf(&b, "\nmessage %s {\n", name)
	members := mapOf(s["properties"])
	required, _ := s["required"].([]any)
	for _, member := range sorted(members) {
		m := mapOf(members[member])
		if variants := alternatives(m); len(variants) > 1 {
			fmt.Fprintf(&b, "  oneof %s {\n", member)
			for _, variant := range variants {
				typ := p.typeOf(name+pascal(member), mapOf(variant))
				arm := member + "_" + strings.ToLower(typ)
				fmt.Fprintf(&b, "    %s %s = %d;\n", typ, arm, p.number(name, arm))
			}
			b.WriteString("  }\n")
			continue
		} else if len(variants) == 1 {
			m = mapOf(variants[0])
		}
		label := ""
		typ := p.typeOf(name+pascal(member), m)
		if !slices.Contains(required, any(member)) && !strings.HasPrefix(typ, "repeated ") && !strings.HasPrefix(typ, "map<") {
			label = "optional "
		}
		option := ""
		if m["deprecated"] == true {
			option = " [deprecated = true]"
		}
		fmt.Fprintf(&b, "  %s%s %s = %d%s;\n", label, typ, member, p.number(name, member), option)
	}
	b.WriteString("}\n")
	p.messages = append(p.messages, b.String())
}

// alternatives are those of a union, but for null.
func alternatives(s map[string]any) (list []any) {
	for _, key := range []string{"anyOf", "oneOf"} {
		for _, item := range listOf(s[key]) {
			if !isNull(item) {
				list = append(list, item)
			}
		}
	}
	return list
}

func listOf(value any) []any {
	list, _ := value.([]any)
	return list
}

// typeOf returns the type of a member, and declares it where it needs that.
func (p *protoWriter) typeOf(name string, s map[string]any) string {
	if ref, found := s["$ref"].(string); found {
		target := ref[strings.LastIndex(ref, "/")+1:]
		p.message(target, mapOf(p.Types[target]))
		return target
	}
	if values := listOf(s["enum"]); values != nil {
		var b strings.Builder
		fmt.Fprintf(&b, "\nenum %s {\n  %s_UNSPECIFIED = 0;\n", name, strings.ToUpper(name))
		for _, value := range values {
			fmt.Fprintf(&b, "  %s_%s = %d;\n", strings.ToUpper(name), strings.ToUpper(fmt.Sprint(value)), p.number(name, fmt.Sprint(value)))
		}
		p.messages = append(p.messages, b.String()+"}\n")
		return name
	}
	switch s["type"] {
	case "string":
		return "string"
	case "integer":
		return "int64"
	case "number":
		return "double"
	case "boolean":
		return "bool"
	case "array":
		if s["prefixItems"] == nil {
			return "repeated " + p.typeOf(name, mapOf(s["items"]))
		}
	case "object":
		if s["properties"] == nil && s["additionalProperties"] != nil {
			return "map<string, " + p.typeOf(name, mapOf(s["additionalProperties"])) + ">"
		}
		p.message(name, s)
		return name
	}
	p.impossible = true // a tuple, a constant, or anything
	return "string"
}

func sorted(m map[string]any) []string { return slices.Sorted(maps.Keys(m)) }

// pascal writes a name as Protobuf does.
func pascal(name string) (s string) {
	for _, word := range strings.FieldsFunc(name, func(r rune) bool { return r == '.' || r == '_' }) {
		s += strings.ToUpper(word[:1]) + word[1:]
	}
	return s
}
