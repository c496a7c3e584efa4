package breaking

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/wsgen/wsgen/internal/text"
	"github.com/wsgen/wsgen/schema"
	"github.com/wsgen/wsgen/schema/load"
)

func readCases(t *testing.T) []*text.Node {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", "cases.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	// The table is a list, and documents are objects.
	root, diags := text.ParseDocument(&text.Source{Name: "cases.yaml", Data: append([]byte("cases:\n"), data...)})
	if diags.HasErrors() {
		t.Fatal(diags[0].Message)
	}
	return root.Get("cases").Items
}

// Each change of the table, and its opposite, is reported by the rules that the table names.
func TestCases(t *testing.T) {
	for _, c := range readCases(t) {
		t.Run(c.GetString("name"), func(t *testing.T) {
			before, after := models(t, c)
			check(t, Compare(before, after), c.Get("gives"))
			check(t, Compare(after, before), c.Get("back"))
		})
	}
}

func check(t *testing.T, changes []Change, want *text.Node) {
	t.Helper()
	var got, wanted []string
	for _, change := range changes {
		got = append(got, change.ID)
	}
	for _, id := range want.Items {
		wanted = append(wanted, id.Text)
	}
	slices.Sort(got)
	slices.Sort(wanted)
	if !slices.Equal(got, wanted) {
		for _, change := range changes {
			t.Logf("%s: %s [%s]", change.At, change.Message, change.ID)
		}
		t.Errorf("got %v, want %v", got, wanted)
	}
}

// models loads the two versions of a case.
func models(t *testing.T, c *text.Node) (before, after *schema.Model) {
	t.Helper()
	var both [2]*schema.Model
	for i := range both {
		document := `{"asyncapi":"3.1.0","info":{"title":"T","version":"1"},"x-rpc":` + rpc(c, i)
		if types := c.Get("types"); types != nil {
			document += `,"components":{"schemas":` + types.JSON() + `}`
		}
		if c.IsTrue("exact") {
			document += `,"x-required":"always-sent"`
		}
		var diags text.Diagnostics
		both[i], diags = load.Load(load.Options{AsyncAPI: "api.json", Read: func(string) ([]byte, error) { return []byte(document + "}"), nil }})
		if diags.HasErrors() {
			var b strings.Builder
			diags.Print(&b, "text", false)
			t.Fatal(b.String())
		}
	}
	return both[0], both[1]
}

// rpc writes the methods and events of a version.
func rpc(c *text.Node, version int) string {
	for key, frame := range map[string][2]string{
		"api":    {``, ``},
		"params": {`{"methods":{"m":{"params":`, `}}}`},
		"result": {`{"methods":{"m":{"result":`, `}}}`},
		"event":  {`{"events":{"e":{"channel":"news","payload":`, `}}}`},
		"error":  {`{"methods":{"m":{"errors":[{"code":404,"name":"NotFound","data":`, `}]}}}`},
	} {
		if pair := c.Get(key); pair != nil {
			return frame[0] + pair.Items[version].JSON() + frame[1]
		}
	}
	panic("the case has no API")
}

// No rule is without a case in which it applies.
func TestEveryRuleHasACase(t *testing.T) {
	seen := map[string]bool{}
	for _, c := range readCases(t) {
		for _, key := range []string{"gives", "back"} {
			for _, id := range c.Get(key).Items {
				if Rules[id.Text] == nil {
					t.Errorf("%s: there is no rule %s", c.GetString("name"), id.Text)
				}
				seen[id.Text] = true
			}
		}
	}
	for id := range Rules {
		if !seen[id] && !strings.Contains(id, "renamed-in-code") { // those need `rename`: see the scenario of the command
			t.Errorf("no case shows the rule %s", id)
		}
	}
}

// docs/breaking.md has a row for each rule, with its level.
func TestRulesAreDocumented(t *testing.T) {
	data, err := os.ReadFile(filepath.Join("..", "..", "docs", "breaking.md"))
	if err != nil {
		t.Fatal(err)
	}
	rows := map[string]string{}
	for _, m := range regexp.MustCompile("(?m)^\\| `([a-z-]+)` \\| ([a-z]+(?:: [A-Za-z, ]+)?) \\|").FindAllStringSubmatch(string(data), -1) {
		rows[m[1]] = m[2]
	}
	for id, r := range Rules {
		want := r.Level.String()
		if r.Languages != nil {
			want += ": " + strings.Join(r.Languages, ", ")
		}
		if strings.ToLower(rows[id]) != want {
			t.Errorf("docs/breaking.md says %q of %s, which is %s", rows[id], id, want)
		}
		delete(rows, id)
	}
	for id := range rows {
		t.Errorf("docs/breaking.md explains %s, which is not a rule", id)
	}
}

func TestNextVersion(t *testing.T) {
	safe, source, wire := []Change{{Rule: methodAdded}}, []Change{{Rule: typeRenamed}, {Rule: methodAdded}}, []Change{{Rule: methodRemoved}}
	for _, c := range []struct {
		from    string
		changes []Change
		want    string
	}{
		{"1.2.3", nil, "1.2.3"},
		{"1.2.3", safe, "1.3.0"},
		{"1.2.3", source, "2.0.0"},
		{"1.2.3", wire, "2.0.0"},
		{"0.2.3", wire, "0.3.0"},
		{"0.2.3", safe, "0.2.4"},
		{"1.2", safe, "1.3.0"},
		{"1.2.3-rc.1", safe, "1.3.0"},
		{"2024-05", safe, ""},
		{"latest", wire, ""},
	} {
		if got := NextVersion(c.from, c.changes); got != c.want {
			t.Errorf("after %s come %q, want %q", c.from, got, c.want)
		}
	}
}
