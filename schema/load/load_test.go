package load_test

import (
	"os"
	"testing"

	"github.com/wsgen/wsgen/internal/mutate"
	"github.com/wsgen/wsgen/schema/load"
)

const loadManifest = "asyncapi: 3.1.0\ninfo: {title: T, version: '1'}\nx-rpc: {methods: {a.b: {params: {$ref: 'models.yaml#/$defs/P'}, result: {$ref: 'models.yaml#/$defs/P'}}}}\n"

// loadSeeds are pairs of a manifest and its models.
func loadSeeds(tb testing.TB) [][2]string {
	var seeds [][2]string
	for _, models := range []string{
		"$defs: {P: {type: object, properties: {a: {$ref: '#/$defs/P'}, b: {anyOf: [{type: string}, {type: 'null'}]}}}}",
		"$defs: {P: {oneOf: [{$ref: '#/$defs/Q'}, {$ref: '#/$defs/P'}]}, Q: {properties: {k: {const: 1}}}}",
		"$defs: {P: {allOf: [{$ref: '#/$defs/P'}, {properties: {a: {enum: [1, null, x]}}}]}}",
		"$defs: {P: {$ref: '#/$defs/Q', nullable: true}, Q: {$ref: '#/$defs/P', nullable: true}}",
		"$defs: {P: {discriminator: {propertyName: k}, oneOf: [{properties: {k: {const: a}}}, {oneOf: [{properties: {k: {const: b}}}], discriminator: {propertyName: k}}]}}",
		"$defs: {P: {type: [array, object], prefixItems: [{type: string}, false], items: {$ref: '#/$defs/P'}, additionalProperties: {$ref: '#/$defs/P'}}}",
	} {
		seeds = append(seeds, [2]string{loadManifest, models})
	}
	for _, name := range []string{"seed", "tasks"} {
		api, err := os.ReadFile("../../fixtures/" + name + "/api.yaml")
		if err != nil {
			tb.Fatal(err)
		}
		models, err := os.ReadFile("../../fixtures/" + name + "/models.json")
		if err != nil {
			tb.Fatal(err)
		}
		seeds = append(seeds, [2]string{string(api), string(models)})
	}
	return seeds
}

func FuzzLoad(f *testing.F) {
	load.LimitWork(f)
	for _, seed := range loadSeeds(f) {
		f.Add(seed[0], seed[1])
	}
	f.Fuzz(checkLoad)
}

// TestLoadChangedDocuments loads a fixed set of documents that were changed at random.
func TestLoadChangedDocuments(t *testing.T) {
	load.LimitWork(t)
	seeds := loadSeeds(t)
	for seed := range uint64(3_000) {
		of := seeds[seed%uint64(len(seeds))]
		checkLoad(t, of[0], mutate.Text(seed, of[1]))
		checkLoad(t, mutate.Text(seed, of[0]), of[1])
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
}

// checkLoad loads any two documents: it must neither panic nor hang, and a model
// without errors must hold together.
func checkLoad(t *testing.T, manifest, models string) {
	model, diags := load.Load(load.Options{AsyncAPI: "api.yaml", Values: true, Read: func(name string) ([]byte, error) {
		switch name {
		case "api.yaml":
			return []byte(manifest), nil
		case "models.yaml", "models.json":
			return []byte(models), nil
		}
		return nil, os.ErrNotExist
	}})
	if !diags.HasErrors() {
		checkModel(t, model)
	}
}

// Schemas that merge with themselves end in a diagnostic or a type, not in a hang.
func TestMergingEnds(t *testing.T) {
	const manifest = "asyncapi: 3.1.0\ninfo: {title: T, version: '1'}\nx-rpc: {methods: {a.b: {params: {$ref: 'models.yaml#/P'}}}}\n"
	for name, models := range map[string]string{
		"properties": "P: {allOf: [{$ref: '#/B'}, {properties: {x: {$ref: '#/P'}, y: {$ref: '#/P'}}}]}\nB: {properties: {x: {$ref: '#/P'}, y: {$ref: '#/B'}}}\n",
		"branches":   "P: {properties: {x: {$ref: '#/P'}}, oneOf: [{$ref: '#/P'}, {properties: {x: {$ref: '#/P'}}}]}\n",
		"branch":     "P: {properties: {x: {$ref: '#/P'}}, oneOf: [{$ref: '#/P'}]}\n",
		"default":    "P: {properties: {x: {$ref: '#/U', default: 2}}}\nU: {oneOf: [{$ref: '#/P'}, {$ref: '#/U'}]}\n",
		"parts":      "P: {$ref: '#/P', oneOf: [{$ref: '#/P', allOf: [{$ref: '#/P', anyOf: [{$ref: '#/P'}]}]}]}\n",
		"product":    "P: {oneOf: [{enum: [x]}, {allOf: [{$ref: '#/P'}, {oneOf: [{enum: [x]}, {$ref: '#/P'}, {enum: [x]}]}]}, {oneOf: [{$ref: '#/P'}, {$ref: '#/P'}]}]}\n",
		"in place":   "P: {properties: {x: {$ref: '#/U', propertyNames: {enum: [a]}}}}\nU: {oneOf: [{enum: [x]}, {$ref: '#/U', propertyNames: {enum: [b]}}]}\n",
		"tag's default": "P: {properties: {x: {discriminator: {propertyName: k, mapping: {a: '#/A', b: '#/B'}}, oneOf: [{$ref: '#/A'}, {$ref: '#/B'}]}}}\n" +
			"A: {type: object, properties: {k: {type: string, default: -1}}}\nB: {type: object, properties: {k: {type: string}}}\n",
		"tag": "P: {discriminator: {propertyName: k}, oneOf: [{properties: {k: {$ref: '#/K'}}}, {$ref: '#/P'}]}\nK: {anyOf: [{$ref: '#/K'}]}\n",
	} {
		t.Run(name, func(t *testing.T) {
			model, diags := load.Load(load.Options{AsyncAPI: "api.yaml", Read: func(name string) ([]byte, error) {
				if name == "api.yaml" {
					return []byte(manifest), nil
				}
				return []byte(models), nil
			}})
			if !diags.HasErrors() {
				checkModel(t, model)
			}
		})
	}
}
