package text

import (
	"strings"
	"testing"
)

func TestIndentJSON(t *testing.T) {
	long := `"` + strings.Repeat("é", 90) + `"`
	for _, c := range []struct{ in, want string }{
		{`{"a":1,"b":[true,null]}`, `{"a":1,"b":[true,null]}`},
		{`[` + long + `,{"k":{}}]`, "[\n  " + long + ",\n  {\"k\":{}}\n]"},
		{`{"name":` + long + `}`, "{\n  \"name\": " + long + "\n}"},
	} {
		var b strings.Builder
		if err := IndentJSON(&b, []byte(c.in)); err != nil {
			t.Fatal(err)
		}
		if b.String() != c.want+"\n" {
			t.Errorf("%s\n got %s\nwant %s", c.in, b.String(), c.want)
		}
	}
}
