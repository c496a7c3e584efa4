package main

import (
	"os"
	"strings"
	"testing"
)

// wsgen is right on every change of the table, and the page has a row for each.
func TestChanges(t *testing.T) {
	changes, err := readChanges("changes.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if len(changes) < 80 {
		t.Errorf("there are %d changes", len(changes))
	}
	page, err := os.ReadFile("../../docs/breaking-compared.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range changes {
		got, err := c.wsgen()
		if err != nil {
			t.Fatal(err)
		}
		if got != c.Is {
			t.Errorf("%s: wsgen says %s, and it is %s", c.Name, got, c.Is)
		}
		if row := "| " + c.Name + " | **" + c.Is + "** |"; !strings.Contains(string(page), row) {
			t.Errorf("docs/breaking-compared.md has no row %s: run `make compared`", row)
		}
	}
}
