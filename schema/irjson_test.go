package schema

import (
	"os"
	"reflect"
	"strings"
	"testing"
)

// docs/ir.md names every member that `wsgen ir` writes.
func TestEveryMemberOfTheIRIsDocumented(t *testing.T) {
	doc, err := os.ReadFile("../docs/ir.md")
	if err != nil {
		t.Fatal(err)
	}
	seen := map[reflect.Type]bool{}
	var visit func(reflect.Type)
	visit = func(typ reflect.Type) {
		switch typ.Kind() {
		case reflect.Pointer, reflect.Slice:
			visit(typ.Elem())
		case reflect.Struct:
			if seen[typ] {
				return
			}
			seen[typ] = true
			for i := range typ.NumField() {
				name, _, _ := strings.Cut(typ.Field(i).Tag.Get("json"), ",")
				if !strings.Contains(string(doc), "`"+name+"`") {
					t.Errorf("docs/ir.md says nothing about %s of %s", name, typ.Name())
				}
				visit(typ.Field(i).Type)
			}
		}
	}
	visit(reflect.TypeFor[irModel]())
}

// Every format is in the document, too.
func TestEveryFormatIsDocumented(t *testing.T) {
	doc, err := os.ReadFile("../docs/ir.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range []Format{
		DateTime, Date, Time, Duration, UUID, Decimal, URI, Base64, Base64URL, Binary, Email, IPv4, IPv6, IPv4Network, IPv6Network,
		IPv4Interface, IPv6Interface, IPAny, IPAnyNetwork, IPAnyInterface, Path, FilePath, DirectoryPath, RegexFormat, JSONText, UnixTime, DurationSeconds,
	} {
		if !strings.Contains(string(doc), "`"+string(f)+"`") {
			t.Errorf("docs/ir.md does not name the format %s", f)
		}
	}
}
