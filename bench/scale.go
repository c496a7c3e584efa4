package main

import (
	"bytes"
	"encoding/json"
	"fmt"

	"go.yaml.in/yaml/v3"
)

// document is an artificial API in the canonical form: a manifest and its models.
type document struct {
	manifest, models []byte
}

// object is a JSON object that keeps the order in which its members are added.
type object struct{ buf bytes.Buffer }

func (o *object) add(key string, value any) *object {
	if o.buf.Len() > 0 {
		o.buf.WriteByte(',')
	}
	fmt.Fprintf(&o.buf, "%s:", marshal(key))
	o.buf.Write(marshal(value))
	return o
}

func (o *object) MarshalJSON() ([]byte, error) { return []byte("{" + o.buf.String() + "}"), nil }

func marshal(v any) []byte {
	data, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return data
}

type m = map[string]any

func ref(to string) m { return m{"$ref": to} }

// scale returns an API of n methods. Each has a model for its params and one for its
// result; every group of `sharing` methods has five more models in common.
func scale(n, sharing int) document {
	defs, operations := &object{}, &object{}
	requests, replies, messages := &object{}, &object{}, &object{}
	for i := range n {
		wire := fmt.Sprintf("area%d.do_thing_%d", i%40, i)
		params, result := fmt.Sprintf("Thing%dParams", i), fmt.Sprintf("Thing%dResult", i)
		defs.add(params, model(params, i, sharing, false)).add(result, model(result, i, sharing, true))
		if i%sharing == 0 {
			addShared(defs, i)
		}
		requests.add(wire, ref("#/components/messages/"+wire))
		replies.add(wire+".result", ref("#/components/messages/"+wire+".result"))
		messages.add(wire, message(params)).add(wire+".result", message(result))
		operations.add(wire, operation(wire, i))
	}
	manifest := (&object{}).add("asyncapi", "3.1.0").
		add("info", m{"title": "Scale", "version": "1.0.0"}).
		add("channels", (&object{}).
			add("requests", (&object{}).add("address", "rpc.requests").add("messages", requests)).
			add("replies", (&object{}).add("address", nil).add("messages", replies))).
		add("operations", operations).
		add("components", m{"messages": messages})
	return document{indent(manifest), indent((&object{}).add("$defs", defs))}
}

// asYAML returns the documents as YAML in block style, as people write it.
func (d document) asYAML() document {
	return document{blockStyle(bytes.ReplaceAll(d.manifest, []byte("models.json"), []byte("models.yaml"))), blockStyle(d.models)}
}

func blockStyle(data []byte) []byte {
	var root yaml.Node
	if err := yaml.Unmarshal(data, &root); err != nil {
		panic(err)
	}
	var clear func(n *yaml.Node)
	clear = func(n *yaml.Node) {
		n.Style = 0
		for _, c := range n.Content {
			clear(c)
		}
	}
	clear(&root)
	out, err := yaml.Marshal(&root)
	if err != nil {
		panic(err)
	}
	return out
}

func indent(v any) []byte {
	var out bytes.Buffer
	if err := json.Indent(&out, marshal(v), "", " "); err != nil {
		panic(err)
	}
	return out.Bytes()
}

func message(model string) m {
	return m{
		"correlationId": m{"location": "$message.header#/correlation_id"},
		"payload":       m{"schemaFormat": "application/schema+json;version=draft-2020-12", "schema": ref("models.json#/$defs/" + model)},
	}
}

func operation(wire string, i int) m {
	return m{
		"action":   "receive",
		"summary":  fmt.Sprintf("Do thing number %d and tell how it went.", i),
		"channel":  ref("#/channels/requests"),
		"messages": []m{ref("#/channels/requests/messages/" + wire)},
		"reply": m{
			"address":  m{"location": "$message.header#/reply_to"},
			"channel":  ref("#/channels/replies"),
			"messages": []m{ref("#/channels/replies/messages/" + wire + ".result")},
		},
	}
}

// model is an object of eight members, two of which refer to shared models.
func model(name string, i, sharing int, result bool) *object {
	shared := i / sharing * sharing
	props := (&object{}).
		add("id", m{"title": "Id", "type": "string", "format": "uuid"}).
		add("project_id", m{"title": "Project Id", "type": "string", "description": "The project that this belongs to."}).
		add("count", m{"title": "Count", "type": "integer", "minimum": 0, "maximum": 1000}).
		add("ratio", m{"title": "Ratio", "type": "number", "default": 0.5}).
		add("tags", m{"title": "Tags", "type": "array", "items": m{"type": "string"}, "default": []any{}}).
		add("since", m{"title": "Since", "anyOf": []m{{"type": "string", "format": "date-time"}, {"type": "null"}}, "default": nil}).
		add("state", ref(fmt.Sprintf("#/$defs/State%d", shared))).
		add("owner", ref(fmt.Sprintf("#/$defs/Owner%d", shared)))
	required := []string{"id", "project_id", "count", "state", "owner"}
	if result && i == shared {
		props.add("filter", ref(fmt.Sprintf("#/$defs/Filter%d", i)))
		required = append(required, "filter")
	}
	return (&object{}).add("description", "What "+name+" is about, in one sentence.").
		add("properties", props).add("required", required).add("title", name).add("type", "object")
}

// addShared adds an enum, a recursive object, and a tagged union of two.
func addShared(defs *object, i int) {
	defs.add(fmt.Sprintf("State%d", i), m{"title": fmt.Sprintf("State%d", i), "type": "string", "enum": []string{"open", "in_progress", "done"}, "x-enum-varnames": []string{"OPEN", "IN_PROGRESS", "DONE"}})
	owner := fmt.Sprintf("Owner%d", i)
	defs.add(owner, (&object{}).add("properties", (&object{}).
		add("name", m{"title": "Name", "type": "string", "maxLength": 200}).
		add("email", m{"title": "Email", "anyOf": []m{{"type": "string"}, {"type": "null"}}, "default": nil}).
		add("deputy", m{"anyOf": []m{ref("#/$defs/" + owner), {"type": "null"}}, "default": nil})).
		add("required", []string{"name"}).add("title", owner).add("type", "object"))
	filter := fmt.Sprintf("Filter%d", i)
	mapping := m{}
	var variants []m
	for _, kind := range []string{"label", "owner"} {
		to := "#/$defs/" + filter + "_" + kind
		mapping[kind] = to
		variants = append(variants, ref(to))
		defs.add(filter+"_"+kind, (&object{}).add("properties", (&object{}).
			add("kind", m{"const": kind, "title": "Kind", "type": "string"}).
			add("value", m{"title": "Value", "type": "string"})).
			add("required", []string{"kind", "value"}).add("title", filter+"_"+kind).add("type", "object"))
	}
	defs.add(filter, m{"discriminator": m{"propertyName": "kind", "mapping": mapping}, "oneOf": variants})
}
