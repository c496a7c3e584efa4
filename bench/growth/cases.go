package main

import (
	"fmt"
	"strings"
)

// testCase is a shape of documents that can be made in any size.
type testCase struct {
	name      string
	size      int
	documents func(n int) map[string]string
}

var cases = []testCase{
	{"chain through anyOf [next, null]", 8000, chain(`{"anyOf":[%s,{"type":"null"}]}`)},
	{"chain of aliases", 8000, chain(`%s`)},
	{"chain of allOf", 8000, chain(`{"allOf":[%s,{"properties":{"a":{"type":"string"}}}]}`)},
	{"chain of references with a type beside them", 4000, chain(`{"description":"d","type":"object",%$}`)},
	{"chain of oneOf", 8000, chain(`{"oneOf":[%s,{"type":"string"}]}`)},
	{"chain of references that is too long", 200_000, chain(`{"type":"object","properties":{"next":%s}}`)},
	{"diamonds of allOf", 2000, diamonds(`"allOf":[%s,%s]`)},
	{"diamonds of anyOf", 2000, diamonds(`"anyOf":[%s,%s]`)},
	{"diamonds of anyOf with null", 500, diamonds(`"anyOf":[%s,%s,{"type":"null"}]`)},
	{"parts of an allOf", 4000, parts},
	{"schemas in each other", 200, nested(`{"type":"object","properties":{"a":`, `}}`)},
	{"lists in each other", 200, nested(`{"type":"array","items":`, `}`)},
	{"unions in each other", 100, nested(`{"anyOf":[{"type":"null"},`, `]}`)},
	{"schemas in each other that are too deep", 20_000, nested(`{"type":"array","items":`, `}`)},
	{"missing references", 8000, members(func(i int) string { return ref(fmt.Sprintf("Missing%d", i)) })},
	{"missing references, close names", 8000, closeNames},
	{"missing files", 8000, members(func(i int) string { return fmt.Sprintf(`{"$ref":"missing%d.json"}`, i) })},
	{"missing anchors", 8000, missingAnchors},
	{"problems", 20_000, members(func(int) string { return `{"type":"nothing"}` })},
	{"problems on one line of letters that are not ASCII", 20_000, members(func(int) string { return `{"type":"ä"}` })},
	{"required and not declared", 8000, undeclared},
	{"references with a description beside them", 50_000, members(func(i int) string {
		return `{"description":"d","$ref":"#/$defs/Leaf"}`
	})},
	{"references with limits beside them", 20_000, members(func(i int) string { return `{"minLength":2,"$ref":"#/$defs/Leaf"}` })},
	{"enum values", 20_000, enum(func(i int) string { return fmt.Sprintf(`"v%d"`, i) })},
	{"enums in one oneOf", 10_000, alternatives(func(i int) string { return fmt.Sprintf(`{"const":"v%d","title":"V%[1]d"}`, i) })},
	{"oneOf of models", 4000, variants("")},
	{"oneOf of models with a discriminator", 4000, variants(`,"discriminator":{"propertyName":"kind"}`)},
	{"anyOf of scalars", 40_000, alternatives(func(i int) string { return `{"type":"string","maxLength":3}` })},
	{"anyOf of lists", 16_000, alternatives(func(i int) string { return `{"type":"array","items":{"type":"string"}}` })},
	{"members of one model", 20_000, members(func(int) string { return `{"type":"integer","minimum":0}` })},
	{"types in place", 10_000, members(func(int) string { return `{"type":"object","properties":{"a":{"type":"string"}}}` })},
	{"types in place, of equal names", 8000, equalNames},
	{"two versions of each model", 4000, versions},
	{"models of one name", 2000, oneName},
	{"defaults that do not fit", 2000, members(func(int) string { return `{"type":"string","default":7}` })},
	{"anchors and ids", 8000, identifiers},
	{"methods", 2000, methods},
	{"events", 4000, events},
	{"errors", 8000, methodErrors},
	{"megabytes of models", 32, megabytes},
}

// api is a manifest whose only method has the schema Root of its models as a result.
func api(defs string) map[string]string {
	return map[string]string{
		"api.json": `{"asyncapi":"3.1.0","info":{"title":"Growth","version":"1"},"x-rpc":{"methods":{"get":{"result":` +
			`{"$ref":"models.json#/$defs/Root"}}}}}`,
		"models.json": `{"$defs":{"Leaf":{"type":"string"},` + defs + `}}`,
	}
}

func ref(name string) string { return `{"$ref":"#/$defs/` + name + `"}` }

func list(n int, item func(i int) string) string {
	items := make([]string, n)
	for i := range items {
		items[i] = item(i)
	}
	return strings.Join(items, ",")
}

// chain makes definitions of which each holds a reference to the next one, which replaces
// %s in the schema, or just the member "$ref", which replaces %$.
func chain(schema string) func(n int) map[string]string {
	return func(n int) map[string]string {
		return api(list(n, func(i int) string {
			name, next := fmt.Sprintf("D%d", i), fmt.Sprintf("D%d", i+1)
			if i == 0 {
				name = "Root"
			}
			return fmt.Sprintf("%q:", name) + strings.NewReplacer("%s", ref(next), "%$", strings.Trim(ref(next), "{}")).Replace(schema)
		}) + fmt.Sprintf(`,"D%d":{"type":"object","properties":{"end":{"type":"string"}}}`, n))
	}
}

// members makes a model with many members.
func members(schema func(i int) string) func(n int) map[string]string {
	return func(n int) map[string]string {
		return api(`"Root":{"type":"object","properties":{` +
			list(n, func(i int) string { return fmt.Sprintf(`"m%d":%s`, i, schema(i)) }) + `}}`)
	}
}

// diamonds makes definitions of which each refers to the next one by two ways, which replace
// %s in the schema.
func diamonds(schema string) func(n int) map[string]string {
	return func(n int) map[string]string {
		return api(list(n, func(i int) string {
			name, next := fmt.Sprintf("D%d", i), ref(fmt.Sprintf("D%d", i+1))
			if i == 0 {
				name = "Root"
			}
			sides := fmt.Sprintf("{"+schema+"}", ref(fmt.Sprintf("L%d", i)), ref(fmt.Sprintf("R%d", i)))
			return fmt.Sprintf(`%q:%s,"L%d":%s,"R%[3]d":%[4]s`, name, sides, i, next)
		}) + fmt.Sprintf(`,"D%d":{"type":"object","properties":{"end":{"type":"string"}}}`, n))
	}
}

// parts makes a model of many parts, each with a member that it requires.
func parts(n int) map[string]string {
	return api(`"Root":{"allOf":[` + list(n, func(i int) string {
		return fmt.Sprintf(`{"type":"object","properties":{"m%d":{"type":"string"}},"required":["m%[1]d"]}`, i)
	}) + `]}`)
}

// nested makes one schema with others in it.
func nested(opening, closing string) func(n int) map[string]string {
	return func(n int) map[string]string {
		return api(`"Root":` + strings.Repeat(opening, n) + `{"type":"string"}` + strings.Repeat(closing, n))
	}
}

// megabytes makes models of about n megabytes, with descriptions, as ordinary ones have them.
func megabytes(n int) map[string]string {
	name := func(i int) string {
		if i == 0 {
			return "Root"
		}
		return fmt.Sprintf("Model%d", i)
	}
	return api(list(n*1250, func(i int) string {
		return fmt.Sprintf(`%q:{"type":"object","title":%[1]q,"description":%q,"properties":{"id":{"title":"Id","type":"string","format":"uuid"},`+
			`"count":{"title":"Count","type":"integer","minimum":0,"default":1},"tags":{"type":"array","items":{"type":"string"}},"left":%s,"right":%s},"required":["id"]}`,
			name(i), strings.Repeat("What this model is about, in one sentence. ", 8), ref(name((2*i+1)%(n*1250))), ref(name((2*i+2)%(n*1250))))
	}))
}

// closeNames makes references that lead nowhere among definitions of similar names.
func closeNames(n int) map[string]string {
	defs := list(n, func(i int) string { return fmt.Sprintf(`"Model%05d":{"type":"string"}`, i) })
	return api(defs + `,"Root":{"type":"object","properties":{` +
		list(n, func(i int) string { return fmt.Sprintf(`"m%d":%s`, i, ref(fmt.Sprintf("Modle%05d", i))) }) + `}}`)
}

func missingAnchors(n int) map[string]string {
	defs := list(n, func(i int) string { return fmt.Sprintf(`"Model%05d":{"$anchor":"a%05[1]d","type":"string"}`, i) })
	return api(defs + `,"Root":{"type":"object","properties":{` +
		list(n, func(i int) string { return fmt.Sprintf(`"m%d":{"$ref":"#b%05[1]d"}`, i) }) + `}}`)
}

func undeclared(n int) map[string]string {
	return api(`"Root":{"type":"object","properties":{` +
		list(n, func(i int) string { return fmt.Sprintf(`"member%05d":{"type":"string"}`, i) }) + `},"required":[` +
		list(n, func(i int) string { return fmt.Sprintf(`"membre%05d"`, i) }) + `]}`)
}

func enum(value func(i int) string) func(n int) map[string]string {
	return func(n int) map[string]string { return api(`"Root":{"enum":[` + list(n, value) + `]}`) }
}

// alternatives makes a union of schemas in place.
func alternatives(schema func(i int) string) func(n int) map[string]string {
	return func(n int) map[string]string { return api(`"Root":{"anyOf":[` + list(n, schema) + `]}`) }
}

// variants makes a union of models, each with a constant.
func variants(discriminator string) func(n int) map[string]string {
	return func(n int) map[string]string {
		return api(list(n, func(i int) string {
			return fmt.Sprintf(`"V%d":{"type":"object","properties":{"kind":{"const":"k%[1]d"},"m%[1]d":{"type":"string"}},"required":["kind"]}`, i)
		}) + `,"Root":{"oneOf":[` + list(n, func(i int) string { return ref(fmt.Sprintf("V%d", i)) }) + `]` + discriminator + `}`)
	}
}

// equalNames makes types in place that would have the same name.
func equalNames(n int) map[string]string {
	return api(`"Root":{"type":"object","properties":{` + list(n, func(i int) string {
		return fmt.Sprintf(`%q:{"type":"object","properties":{"a":{"type":"string"}}}`, "a"+signs(i))
	}) + `}}`)
}

// signs writes a number in signs that no name of a type keeps.
func signs(i int) string {
	return strings.NewReplacer("0", "-", "1", "_").Replace(fmt.Sprintf("%020b", i))
}

// versions makes models that have a version for params and one for results.
func versions(n int) map[string]string {
	model := func(suffix string) func(i int) string {
		return func(i int) string {
			return fmt.Sprintf(`"M%d%s":{"type":"object","properties":{"next":%s,"n":{"type":"integer","default":1}}}`, i, suffix, ref(fmt.Sprintf("M%d%s", i+1, suffix)))
		}
	}
	documents := api(list(n, model("-Input")) + "," + list(n, model("-Output")) +
		fmt.Sprintf(`,"M%d-Input":{"type":"object"},"M%[1]d-Output":{"type":"object"}`, n))
	documents["api.json"] = `{"asyncapi":"3.1.0","info":{"title":"Growth","version":"1"},"x-rpc":{"methods":{"get":{` +
		`"params":{"$ref":"models.json#/$defs/M0-Input"},"result":{"$ref":"models.json#/$defs/M0-Output"}}}}}`
	return documents
}

// oneName makes models that differ and would have one name.
func oneName(n int) map[string]string {
	name := func(i int) string { return "M" + signs(i) }
	return api(list(n, func(i int) string {
		return fmt.Sprintf(`%q:{"type":"object","properties":{"m%d":{"type":"string"}}}`, name(i), i)
	}) + `,"Root":{"type":"object","properties":{` + list(n, func(i int) string { return fmt.Sprintf(`"m%d":%s`, i, ref(name(i))) }) + `}}`)
}

// identifiers makes definitions that are resources of their own, with anchors in them.
func identifiers(n int) map[string]string {
	return api(list(n, func(i int) string {
		return fmt.Sprintf(`"M%d":{"$id":"m%[1]d","$anchor":"a","type":"object","properties":{"self":{"$ref":"#a"}}}`, i)
	}) + `,"Root":{"type":"object","properties":{` + list(n, func(i int) string { return fmt.Sprintf(`"m%d":%s`, i, ref(fmt.Sprintf("M%d", i))) }) + `}}`)
}

// methods makes methods in the canonical form, which share channels.
func methods(n int) map[string]string {
	documents := api(list(n, func(i int) string {
		return fmt.Sprintf(`"M%d":{"type":"object","properties":{"a":{"type":"string"}}}`, i)
	}))
	documents["api.json"] = `{"asyncapi":"3.1.0","info":{"title":"Growth","version":"1"},"channels":{"requests":{"address":"rpc.requests","messages":{` +
		list(n, func(i int) string {
			return fmt.Sprintf(`"m%d":{"payload":{"schemaFormat":"application/schema+json;version=draft-2020-12","schema":{"$ref":"models.json#/$defs/M%[1]d"}}}`, i)
		}) + `}}},"operations":{` + list(n, func(i int) string {
		return fmt.Sprintf(`"m%d":{"action":"receive","channel":{"$ref":"#/channels/requests"},"messages":[{"$ref":"#/channels/requests/messages/m%[1]d"}]}`, i)
	}) + `}}`
	return documents
}

func events(n int) map[string]string {
	documents := api(`"Event":{"type":"object","properties":{"a":{"type":"string"}}}`)
	documents["api.json"] = `{"asyncapi":"3.1.0","info":{"title":"Growth","version":"1"},"x-rpc":{"events":{` +
		list(n, func(i int) string {
			return fmt.Sprintf(`"e%d":{"channel":"c%[1]d:{id}","payload":{"$ref":"models.json#/$defs/Event"}}`, i)
		}) + `}}}`
	return documents
}

// methodErrors makes methods that declare the same errors.
func methodErrors(n int) map[string]string {
	documents := api(`"Data":{"type":"object","properties":{"a":{"type":"string"}}}`)
	documents["api.json"] = `{"asyncapi":"3.1.0","info":{"title":"Growth","version":"1"},"x-rpc":{"methods":{` +
		list(n, func(i int) string {
			return fmt.Sprintf(`"m%d":{"errors":[{"code":%d,"name":"E%[2]d","data":{"$ref":"models.json#/$defs/Data"}}]}`, i, i/2+1)
		}) + `}}}`
	return documents
}
