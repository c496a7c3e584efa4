package load

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"path"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/wsgen/wsgen/internal/text"
)

// addOpenAPI reads an OpenAPI 3 document, reports what kin-openapi finds wrong
// with it, and makes its components.schemas referable from other documents. The
// schemas themselves are read from our own nodes, since kin-openapi drops the
// order of members, positions and `default: null`.
func (d *documents) addOpenAPI(name string) {
	root := d.open(name, text.Pos{})
	if root == nil {
		return
	}
	doc := d.bySource[root.Pos.Src]
	if !d.checkOpenAPIVersion(root) {
		return
	}
	d.openapi = append(d.openapi, doc)
	if !d.resolvesAll(root) {
		return // kin-openapi would say the same, without a place
	}
	for _, err := range d.kinErrors(doc) {
		at, message := openAPIPlace(root, err)
		problem := d.diags.Add(at, "openapi-invalid", text.Escape(message), "")
		if !inSchemas(err) {
			problem.Severity = text.Warning // the types are right without it
		}
	}
}

// inSchemas tells whether an error is about one of components.schemas: nothing else is read.
func inSchemas(err error) bool {
	var component *openapi3.ComponentValidationError
	return errors.As(err, &component) && component.Section == "schema"
}

// resolvesAll follows every reference inside n and reports those that fail.
func (d *documents) resolvesAll(n *text.Node) bool {
	ok := true
	for _, item := range n.Items {
		ok = d.resolvesAll(item) && ok
	}
	for i := range n.Members {
		m := &n.Members[i]
		if m.Key == "$ref" && m.Value.Kind == text.KindString {
			_, found := d.resolve(m.Value)
			ok = found && ok
			continue
		}
		ok = d.resolvesAll(m.Value) && ok
	}
	return ok
}

func (d *documents) checkOpenAPIVersion(root *text.Node) bool {
	const code = "openapi-version"
	version := root.Lookup("openapi")
	switch {
	case version != nil && version.Value.Kind == text.KindString &&
		(isVersion(version.Value.Text, "3.0") || isVersion(version.Value.Text, "3.1")):
		return true
	case version != nil:
		d.diags.Add(version.Value.Pos, code, fmt.Sprintf("OpenAPI %s is not known", text.Quote(version.Value.Text)),
			`wsgen reads "3.0.x" and "3.1.x", in quotes`)
	case root.Lookup("swagger") != nil:
		d.diags.Add(root.Lookup("swagger").Value.Pos, code, "Swagger 2.0 is not supported", "convert the document to OpenAPI 3")
	case root.Lookup("asyncapi") != nil:
		d.diags.Add(root.Lookup("asyncapi").KeyPos, code, "this is an AsyncAPI document, not OpenAPI", "pass it with --asyncapi")
	default:
		d.diags.Add(text.Pos{Src: root.Pos.Src, Off: root.Pos.Off}, code, `this is not an OpenAPI document: it lacks the member "openapi"`, "")
	}
	return false
}

// kinErrors runs kin-openapi over the document, written as JSON so that YAML
// means the same to both of us.
func (d *documents) kinErrors(doc *document) (problems []error) {
	defer func() {
		if v := recover(); v != nil {
			problems = append(problems, fmt.Errorf("the OpenAPI validator failed: %v", v))
		}
	}()
	loader := openapi3.NewLoader()
	loader.ReadFromURIFunc = func(_ *openapi3.Loader, at *url.URL) ([]byte, error) {
		if at.Scheme != "" || at.Host != "" {
			return nil, fmt.Errorf("%s is remote, and wsgen reads local files only", at)
		}
		other := d.load(at.Path, draft2020)
		if other.err != nil {
			return nil, other.err
		}
		if other.root == nil {
			return nil, fmt.Errorf("%s is not valid", other.name)
		}
		return []byte(other.root.JSON()), nil
	}
	api, err := loader.LoadFromDataWithPath([]byte(doc.root.JSON()), &url.URL{Path: path.Clean(doc.name)})
	if err == nil {
		// Patterns, defaults and examples are ours to check, and only of what is used.
		err = api.Validate(context.Background(), openapi3.EnableMultiError(), openapi3.DisableExamplesValidation(),
			openapi3.DisableSchemaPatternValidation(), openapi3.DisableSchemaDefaultsValidation())
	}
	return flattenErrors(err)
}

func flattenErrors(err error) []error {
	if err == nil {
		return nil
	}
	many, ok := err.(openapi3.MultiError) //nolint:errorlint // a wrapped one has a place of its own
	if !ok {
		return []error{err}
	}
	var out []error
	for _, e := range many {
		out = append(out, flattenErrors(e)...)
	}
	return out
}

// componentSections are the members of "components" that kin-openapi's errors
// call by these names.
var componentSections = map[string]string{
	"schema": "schemas", "parameter": "parameters", "header": "headers", "request body": "requestBodies",
	"response": "responses", "security scheme": "securitySchemes", "example": "examples", "link": "links",
	"callback": "callbacks",
}

// openAPIPlace finds the value that an error is about, as closely as its chain of
// causes tells, and the message without that place.
func openAPIPlace(root *text.Node, err error) (text.Pos, string) {
	var segments []string
	message := ""
	for e := err; e != nil; e = errors.Unwrap(e) {
		switch e := e.(type) { //nolint:errorlint // every link of the chain is looked at
		case *openapi3.SectionValidationError:
			segments = append(segments, e.Section)
		case *openapi3.ComponentValidationError:
			segments = append(segments, componentSections[e.Section], e.Name)
		case *openapi3.PathValidationError:
			segments = append(segments, e.Path)
		case *openapi3.OperationValidationError:
			segments = append(segments, strings.ToLower(e.Method))
		case *openapi3.SchemaError:
			segments = append(segments, e.JSONPointer()...)
			message = e.Reason
		default:
			if message == "" {
				message = e.Error()
			}
		}
	}
	pos := text.Pos{Src: root.Pos.Src, Off: root.Pos.Off}
	for n := root; len(segments) > 0; segments = segments[1:] {
		m := n.Lookup(segments[0])
		if m == nil {
			return pos, err.Error()
		}
		n, pos = m.Value, m.KeyPos
	}
	if message == "" {
		message = err.Error()
	}
	return pos, message
}
