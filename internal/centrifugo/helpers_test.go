package centrifugo

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/wsgen/wsgen/internal/text"
	"github.com/wsgen/wsgen/schema"
	"github.com/wsgen/wsgen/schema/load"
)

// isolatedNames replaces the fixtures' channel names by those that the profile isolated needs.
var isolatedNames = strings.NewReplacer("rpc.requests", "rpc:requests", "user#{user_id}", "user:{nonce}#{user_id}")

// fixture loads the manifest of a fixture.
func fixture(t *testing.T, name string, change *strings.Replacer) *schema.Model {
	t.Helper()
	return loadModel(t, "../../fixtures/"+name+"/api.yaml", func(file string) ([]byte, error) {
		data, err := os.ReadFile(file)
		if strings.HasSuffix(file, "api.yaml") && change != nil {
			data = []byte(change.Replace(string(data)))
		}
		return data, err
	})
}

// manifest loads a manifest with one notification, and with one event for each of the channels, behind which the event's
// access may stand.
func manifest(t *testing.T, requests, reply string, events ...string) *schema.Model {
	t.Helper()
	document := fmt.Sprintf("asyncapi: 3.1.0\ninfo: {title: T, version: 1.0.0}\nx-rpc:\n  requests: '%s'\n  reply: '%s'\n"+
		"  methods:\n    ping: {notify: true}\n", requests, reply)
	if len(events) > 0 {
		document += "  events:\n"
	}
	for i, channel := range events {
		channel, access, found := strings.Cut(channel, " ")
		if found {
			access = ", access: " + access
		}
		document += fmt.Sprintf("    e%d: {channel: '%s', payload: {type: string}%s}\n", i, channel, access)
	}
	return loadModel(t, "api.yaml", func(string) ([]byte, error) { return []byte(document), nil })
}

func loadModel(t *testing.T, file string, read func(string) ([]byte, error)) *schema.Model {
	t.Helper()
	model, diags := load.Load(load.Options{AsyncAPI: file, Read: read, List: func(string) []string { return nil }})
	if diags.HasErrors() {
		t.Fatalf("%v", diags)
	}
	return model
}

func names(t *testing.T, model *schema.Model) Names {
	t.Helper()
	n, diags := ReadNames(model)
	if diags.HasErrors() {
		t.Fatalf("%v", diags)
	}
	return n
}

// checkText checks a configuration in JSON.
func checkText(config []byte, n Names) ([]Finding, []byte, error) {
	root, diags := text.ParseJSON(&text.Source{Name: "config.json", Data: config})
	if diags.HasErrors() {
		return nil, nil, errors.New(diags[0].Message)
	}
	return Check(root, n)
}
