package rpc

import (
	"cmp"
	"encoding/json"
	"fmt"
	"math"
	"math/big"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// owner and item are what generated types look like.
type owner struct {
	ID    string
	Email *string
	Extra map[string]json.RawMessage
}

func (v *owner) codeJSON(c *Codec) {
	p := Object(v, c, &v.Extra)
	for p.Next() {
		Value(p.Required("id"), &v.ID, CodeString)
		Optional(p.Member("email"), &v.Email, CodeString)
	}
}

type item struct {
	Title string
	Count int64
	Score float64
	Done  bool
	Owner *owner
	Tags  []string
	Sub   []item
	Extra map[string]json.RawMessage
}

func (v *item) codeJSON(c *Codec) {
	p := Object(v, c, &v.Extra)
	for p.Next() {
		Value(p.Required("title"), &v.Title, CodeString)
		Value(p.Member("count"), &v.Count, CodeInt)
		Value(p.Member("score"), &v.Score, CodeFloatOrNaN)
		Value(p.Member("done"), &v.Done, CodeBool)
		Nullable(p.Member("owner"), &v.Owner, (*owner).codeJSON)
		Value(p.Member("tags"), &v.Tags, ListOf[[]string](CodeString))
		NilableIfSet(p.Member("sub"), &v.Sub, v.Sub == nil, ListOf[[]item]((*item).codeJSON))
	}
}

func trip(t *testing.T, text string) string {
	t.Helper()
	var v item
	if err := Unmarshal([]byte(text), &v, (*item).codeJSON); err != nil {
		t.Fatalf("decode %s: %v", text, err)
	}
	out, err := Marshal(&v, (*item).codeJSON)
	if err != nil {
		t.Fatalf("encode: %v", err)
	}
	return string(out)
}

func TestTrip(t *testing.T) {
	const rest = `,"count":0,"score":0,"done":false,"owner":null,"tags":[]`
	for _, c := range []struct{ name, in, want string }{
		{"zero values", `{"title":""}`, `{"title":""` + rest + `}`},
		{"white space", " {\n\t\"title\" : \"a\" }\r\n", `{"title":"a"` + rest + `}`},
		{"spaces after names", `{ "title" :"a", "count" : 2 , "x":1}`, `{"title":"a","count":2,"score":0,"done":false,"owner":null,"tags":[],"x":1}`},
		{"last of duplicates", `{"title":"a","title":"b"}`, `{"title":"b"` + rest + `}`},
		{"keys are exact", `{"title":"a","Title":1}`, `{"title":"a"` + rest + `,"Title":1}`},
		{"escaped key", `{"\u0074itle":"a"}`, `{"title":"a"` + rest + `}`},
		{"unknown members, sorted and on one line", "{\"z\":{\"a\": [1,\n2]},\"title\":\"\",\"b\":null}",
			`{"title":""` + rest + `,"b":null,"z":{"a":[1,2]}}`},
		{"escapes", `{"title":"\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00<&>\u2028"}`,
			`{"title":"\"\\/\u0008\u000c\n\r\té😀<&>` + "\u2028" + `"` + rest + `}`},
		{"explicit null of an optional member", `{"title":"","owner":{"id":"1","email":null}}`,
			`{"title":"","count":0,"score":0,"done":false,"owner":{"id":"1","email":null},"tags":[]}`},
		{"null as a number is NaN", `{"title":"","score":null}`, `{"title":"","count":0,"score":null,"done":false,"owner":null,"tags":[]}`},
		{"integers in other notations", `{"title":"","count":1.0}`, `{"title":"","count":1,"score":0,"done":false,"owner":null,"tags":[]}`},
		{"large integers in other notations", `{"title":"","count":1e18}`,
			`{"title":"","count":1000000000000000000,"score":0,"done":false,"owner":null,"tags":[]}`},
		{"limits", `{"title":"","count":-9223372036854775808,"score":1e-7}`,
			`{"title":"","count":-9223372036854775808,"score":1e-07,"done":false,"owner":null,"tags":[]}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := trip(t, c.in); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

// many has more members than a word has bits, and other members of one type.
type many struct {
	fields     [130]int64
	Additional map[string]string
	Extra      map[string]json.RawMessage
}

func (v *many) codeJSON(c *Codec) {
	p := ClosedObject(v, c, &v.Extra)
	for p.Next() {
		for i := range v.fields {
			Value(p.Required("f"+strconv.Itoa(i)), &v.fields[i], CodeInt)
		}
		Additional(&p, &v.Additional, CodeString)
	}
}

func TestMembersInAnyOrder(t *testing.T) {
	var members []string
	for i := range len(many{}.fields) {
		members = append(members, fmt.Sprintf(`"f%d":%d`, i, i))
	}
	inOrder := "{" + strings.Join(members, ",") + `,"x":"a","y":"b"}`
	slices.Reverse(members)
	var v many
	for _, text := range []string{inOrder, `{"y":"b",` + strings.Join(members, ",") + `,"x":"a"}`} {
		if err := Unmarshal([]byte(text), &v, (*many).codeJSON); err != nil {
			t.Fatal(err)
		}
		if out, err := Marshal(&v, (*many).codeJSON); err != nil || string(out) != inOrder {
			t.Errorf("%v, got %s", err, out)
		}
	}
	for i, m := range members {
		text := "{" + strings.Join(slices.Delete(slices.Clone(members), i, i+1), ",") + "}"
		name, _, _ := strings.Cut(m, ":")
		if err := Unmarshal([]byte(text), &v, (*many).codeJSON); err == nil || err.Error() != "member "+name+" is missing" {
			t.Errorf("without %s: %v", name, err)
		}
	}
}

// TestNullInAnyOrder: an explicit null of an optional member is remembered wherever it stands.
func TestNullInAnyOrder(t *testing.T) {
	const text = `{"g":null,"f":null,"e":null,"d":null,"c":null,"b":null,"a":null,"x":1}`
	v, err := Read([]byte(text), (*nulls).codeJSON)
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"a":null,"b":null,"c":null,"d":null,"e":null,"f":null,"g":null,"x":1}`
	if out, err := Marshal(&v, (*nulls).codeJSON); err != nil || string(out) != want {
		t.Errorf("got %s, %v", out, err)
	}
}

type nulls struct {
	fields [7]*string
	Extra  map[string]json.RawMessage
}

func (v *nulls) codeJSON(c *Codec) {
	p := Object(v, c, &v.Extra)
	for p.Next() {
		for i := range v.fields {
			Optional(p.Member("abcdefg"[i:i+1]), &v.fields[i], CodeString)
		}
	}
}

// odd has a member whose name ends as no name in JSON does.
type odd struct {
	Odd, Even int64
	Extra     map[string]json.RawMessage
}

func (v *odd) codeJSON(c *Codec) {
	p := Object(v, c, &v.Extra)
	for p.Next() {
		Value(p.Escaped(`a\`, true), &v.Odd, CodeInt)
		Value(p.Required("b"), &v.Even, CodeInt)
	}
}

func TestNamesWithEscapes(t *testing.T) {
	for text, want := range map[string]string{
		`{"a\\":1,"b":2}`: "", `{"b":2,"\u0061\u005c":1}`: `{"a\\":1,"b":2}`, `{"a\":1":3,"a\\":1,"b":2}`: `{"a\\":1,"b":2,"a\":1":3}`,
	} {
		v, err := Read([]byte(text), (*odd).codeJSON)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		if out, err := Marshal(&v, (*odd).codeJSON); err != nil || string(out) != cmp.Or(want, text) {
			t.Errorf("%s comes back as %s, %v", text, out, err)
		}
	}
}

// only is a type without other members than its own.
type only struct {
	A     int64
	Extra map[string]json.RawMessage
}

func (v *only) codeJSON(c *Codec) {
	p := ClosedObject(v, c, &v.Extra)
	for p.Next() {
		Value(p.Member("a"), &v.A, CodeInt)
	}
}

func TestClosedObjectsRefuseMembers(t *testing.T) {
	for _, text := range []string{`{"b":1}`, `{"a":1,"b":1}`, `{"a":1,"b":{"c":2},"a":1}`, `{"a":1,"a":2,"b":1}`} {
		if _, err := Read([]byte(text), (*only).codeJSON); err == nil || err.Error() != "b: unknown member" {
			t.Errorf("%s: %v", text, err)
		}
	}
}

// pair is what a generated tuple looks like.
type pair struct {
	Amount int64
	Unit   *string
	Extra  []json.RawMessage
}

func (v *pair) codeJSON(c *Codec) {
	p := Array(v, c, 1)
	for p.Next() {
		Value(p.Item(), &v.Amount, CodeInt)
		Boxed(p.ItemIf(v.Unit != nil), &v.Unit, CodeString)
		Rest(&p, &v.Extra, CodeRaw)
	}
}

func TestTuples(t *testing.T) {
	for _, text := range []string{`[1]`, `[1,"h"]`, `[1,"h",true,{}]`} {
		var v pair
		if err := Unmarshal([]byte(text), &v, (*pair).codeJSON); err != nil {
			t.Fatal(err)
		}
		if out, err := Marshal(&v, (*pair).codeJSON); err != nil || string(out) != text {
			t.Errorf("%s comes back as %s, %v", text, out, err)
		}
	}
	var v pair
	if err := Unmarshal([]byte(`[]`), &v, (*pair).codeJSON); err == nil || err.Error() != "want at least 1 items, got 0" {
		t.Error(err)
	}
}

func TestDecodeErrors(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{``, `want object, got the end of the document`},
		{`null`, `want object, got null`},
		{`{}`, `member "title" is missing`},
		{`{"title":"","sub":[{"title":""},{"title":"","owner":{"id":3}}]}`, `sub[1].owner.id: want string, got 3`},
		{`{"title":"","sub":[{"title":""},{}]}`, `sub[1]: member "title" is missing`},
		{`{"title":"","count":"x"}`, `count: want integer, got "x"`},
		{`{"title":"","count":1.5}`, `count: want integer of 64 bits, got 1.5`},
		{`{"title":"","count":9223372036854775808}`, `count: want integer of 64 bits, got 9223372036854775808`},
		{`{"title":"","count":null}`, `count: want integer, got null`},
		{`{"title":"","score":1e999}`, `score: want number of 64 bits, got 1e999`},
		{`{"title":"\ud83dx\ude00"}`, `title: the text is not valid Unicode`},
		{"{\"title\":\"a\xffb\"}", `title: the text is not valid Unicode`},
		{`{"title":"","\ude00":1}`, `the text is not valid Unicode`},
		{`{"title":"","tags":["a",]}`, `tags[1]: invalid JSON`},
		{`{"title":"","tags":[1]}`, `tags[0]: want string, got 1`},
		{`{"title":"","count":01}`, `count: invalid number`},
		{`{"title":"","a b":tru}`, `["a b"]: invalid JSON`},
		{`{"title":"a` + "\n" + `"}`, `title: control character in a string`},
		{`{"title":"\x"}`, `title: invalid escape in a string`},
		{`{"title":""} x`, `unexpected data after the value`},
		{`{"title":""`, `title: unexpected end of the document`},
		{`{,}`, `want a member's name`},
		{`{"title":"","x":` + strings.Repeat("[", 2000), `nested too deeply`},
	} {
		var v item
		err := Unmarshal([]byte(c.in), &v, (*item).codeJSON)
		if err == nil || !strings.HasSuffix(err.Error(), c.want) {
			t.Errorf("%.60s\ngot  %v\nwant %s", c.in, err, c.want)
		}
	}
}

// FuzzDecode compares what is valid, and what comes back, with encoding/json.
func FuzzDecode(f *testing.F) {
	for _, s := range []string{`{"a":[1,2.5e3,"\u00e9\ud83d\ude00",true,null]}`, `[`, `"\ud800"`, `-0`, `{"a":1,}`, "\"\x00\"", `[1 2]`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var raw json.RawMessage
		err := Unmarshal(data, &raw, CodeRaw)
		if valid := json.Valid(data); valid != (err == nil) {
			if valid && (strings.Contains(err.Error(), "deeply") || strings.Contains(err.Error(), notUnicode)) {
				return
			}
			t.Fatalf("%q: %v, encoding/json says valid: %v", data, err, valid)
		}
		var mine, theirs string
		if err != nil || json.Unmarshal(data, &theirs) != nil || string(data) == "null" {
			return
		}
		if err := Unmarshal(data, &mine, CodeString); err != nil || mine != theirs {
			t.Fatalf("%q: %q, %v; encoding/json has %q", data, mine, err, theirs)
		}
		var back string
		if err := json.Unmarshal(appendString(nil, mine), &back); err != nil || back != strings.ToValidUTF8(mine, "\ufffd") {
			t.Fatalf("%q is written as %q", mine, appendString(nil, mine))
		}
	})
}

func TestFloats(t *testing.T) {
	for _, f := range []float64{0, math.Copysign(0, -1), 1, 0.1, 1e-7, 1e20, 1e21, 123456789.123, math.MaxFloat64, 5e-324} {
		var e encoder
		encodeFloat(&f, &e)
		var back float64
		if err := json.Unmarshal(e.buf, &back); err != nil || math.Float64bits(back) != math.Float64bits(f) {
			t.Errorf("%v is written as %s", f, e.buf)
		}
	}
	for _, f := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
		var e encoder
		if encodeFloat(&f, &e); string(e.buf) != "null" {
			t.Errorf("%v is written as %s", f, e.buf)
		}
	}
}

func TestBigInt(t *testing.T) {
	const text = "123456789012345678901234567890"
	var n *big.Int
	if err := Unmarshal([]byte(text), &n, CodeBigInt); err != nil || n.String() != text {
		t.Fatal(n, err)
	}
	if out, err := Marshal(&n, CodeBigInt); err != nil || string(out) != text {
		t.Error(string(out), err)
	}
	if err := Unmarshal([]byte("1.5e29"), &n, CodeBigInt); err != nil || n.String() != "15"+strings.Repeat("0", 28) {
		t.Error(n, err)
	}
	for _, bad := range []string{"1.5", "1e-1", "1e5000", "1e999999999999999999999", strings.Repeat("9", 1<<20)} {
		if err := Unmarshal([]byte(bad), &n, CodeBigInt); err == nil {
			t.Errorf("%.20s was taken for an integer of a bounded size", bad)
		}
	}
}

func TestEncodeRefusesBrokenRaw(t *testing.T) {
	v := item{Extra: map[string]json.RawMessage{"x": json.RawMessage(`{`)}}
	if _, err := Marshal(&v, (*item).codeJSON); err == nil {
		t.Error("broken JSON was written")
	}
}

func TestEncodeRefusesCycle(t *testing.T) {
	v := item{Sub: make([]item, 1)}
	v.Sub[0] = v
	v.Sub[0].Sub = v.Sub
	v.Sub[0].Sub[0].Sub = v.Sub
	if _, err := Marshal(&v, (*item).codeJSON); err == nil {
		t.Error("a value that contains itself was written")
	}
}

func TestTimes(t *testing.T) {
	want := time.Date(2025, 3, 1, 18, 30, 59, 123000000, time.UTC)
	for _, text := range []DateTime{
		"2025-03-01T18:30:59.123000Z", "2025-03-01T18:30:59.123", "2025-03-01T20:30:59.123+02:00", "2025-03-01 18:30:59.123", "2025-03-01t16:00:59.1230000009-0230",
	} {
		if got := text.Time(); !got.Equal(want) {
			t.Errorf("%s is %v", text, got)
		}
		if _, err := ParseDateTime(string(text)); err != nil {
			t.Error(err)
		}
	}
	if got := NewDateTime(want); got != "2025-03-01T18:30:59.123Z" {
		t.Error(got)
	}
	if got := NewDateTime(want.In(time.FixedZone("", -3600))).Time(); !got.Equal(want) || got.Hour() != 17 {
		t.Error("the offset is lost:", got)
	}
	if got := NewDate(want); got != "2025-03-01" || !got.Time().Equal(want.Truncate(24*time.Hour)) {
		t.Error(got)
	}
	if got := Time("09:30:00").Time(); got.Hour() != 9 || got.Minute() != 30 {
		t.Error(got)
	}
	if !Date("2025-02-30").Time().IsZero() {
		t.Error("February 30 is a date")
	}
	for _, text := range []string{
		"", "2025", "2025-02-30T00:00:00Z", "2025-02-03T24:00:00Z", "2025-02-03T10:60:00Z", "2025-02-03T10", "2025-02-03T10:00:00+2", "2025-02-03T10:00:00.Z",
		"2025-02-03X10:00:00Z", "2025-02-03T10:00:00Zz", "2025-02-03T10:00:00+02:", "2025-2-3T10:00:00Z",
	} {
		if _, err := ParseDateTime(text); err == nil || !DateTime(text).Time().IsZero() {
			t.Errorf("%q is a date-time", text)
		}
	}
}

// TestDecodedTimesAreValid: what was read needs no check, and is sent back as it came.
func TestDecodedTimesAreValid(t *testing.T) {
	const text = "2025-03-01T18:30:59.120000+00:00"
	var moment DateTime
	if err := Unmarshal([]byte(`"`+text+`"`), &moment, CodeDateTime); err != nil || moment != text {
		t.Error(moment, err)
	}
	if out, err := Marshal(&moment, CodeDateTime); err != nil || string(out) != `"`+text+`"` {
		t.Error(string(out), err)
	}
	var day Date
	var clock Time
	for _, err := range []error{
		Unmarshal([]byte(`"yesterday"`), &moment, CodeDateTime), Unmarshal([]byte(`"2025-13-01"`), &day, CodeDate), Unmarshal([]byte(`"25:00"`), &clock, CodeTime),
	} {
		if err == nil || !strings.HasPrefix(err.Error(), "want ") {
			t.Error(err)
		}
	}
}

func TestDurations(t *testing.T) {
	for text, want := range map[Duration]time.Duration{
		"PT0S": 0, "P7DT1.5S": 7*24*time.Hour + 1500*time.Millisecond, "-PT1M30S": -90 * time.Second,
		"P1W": 7 * 24 * time.Hour, "P3DT4H0.000001S": 76*time.Hour + time.Microsecond, "PT2H3M": 123 * time.Minute,
	} {
		if got, err := text.Duration(); err != nil || got != want {
			t.Errorf("%s is %v, %v; want %v", text, got, err, want)
		}
		if got, err := NewDuration(want).Duration(); err != nil || got != want {
			t.Errorf("%v is written as %s", want, NewDuration(want))
		}
	}
	for _, text := range []Duration{"", "P", "PT", "P1Y", "P1M", "1D", "P1", "PT1X", "P999999999D"} {
		if got, err := text.Duration(); err == nil {
			t.Errorf("%s is %v", text, got)
		}
	}
}

// plainItem is item as a person writes it for encoding/json.
type plainItem struct {
	Title string      `json:"title"`
	Count int64       `json:"count"`
	Score float64     `json:"score"`
	Done  bool        `json:"done"`
	Owner *plainOwner `json:"owner"`
	Tags  []string    `json:"tags"`
	Sub   []plainItem `json:"sub,omitempty"`
}

type plainOwner struct {
	ID    string  `json:"id"`
	Email *string `json:"email,omitempty"`
}

func large(t testing.TB) []byte {
	one := item{Title: "Write the README", Count: 1234567, Score: 0.58333, Done: true, Owner: &owner{ID: "456", Email: Ptr("ada@example.com")},
		Tags: []string{"docs", "first steps"}}
	whole := item{Title: "all", Tags: []string{}}
	for range 700 {
		whole.Sub = append(whole.Sub, one)
	}
	data, err := Marshal(&whole, (*item).codeJSON)
	if err != nil || len(data) < 100_000 {
		t.Fatal(len(data), err)
	}
	return data
}

// TestSameAsEncodingJSON also keeps the benchmarks comparable.
func TestSameAsEncodingJSON(t *testing.T) {
	data := large(t)
	var p plainItem
	if err := json.Unmarshal(data, &p); err != nil {
		t.Fatal(err)
	}
	theirs, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	var mine, again any
	if json.Unmarshal(data, &mine) != nil || json.Unmarshal(theirs, &again) != nil || !reflect.DeepEqual(mine, again) {
		t.Error("encoding/json reads another value")
	}
}

// BenchmarkBesideEncodingJSON reads and writes a result of 100 KB, in turns with
// encoding/json, which does so with the same structs as a person writes them. It reports
// the share of encoding/json's time; at most 0.5 is wanted.
func BenchmarkBesideEncodingJSON(b *testing.B) {
	data := large(b)
	b.SetBytes(int64(len(data)))
	var mine, theirs time.Duration
	for range b.N {
		start := time.Now()
		v, err := Read(data, (*item).codeJSON)
		if _, again := Marshal(&v, (*item).codeJSON); err != nil || again != nil {
			b.Fatal(err, again)
		}
		middle := time.Now()
		var p plainItem
		err = json.Unmarshal(data, &p)
		if _, again := json.Marshal(p); err != nil || again != nil {
			b.Fatal(err, again)
		}
		mine += middle.Sub(start)
		theirs += time.Since(middle)
	}
	b.ReportMetric(mine.Seconds()/theirs.Seconds(), "of-encoding/json")
}

func BenchmarkCodec(b *testing.B) {
	data := large(b)
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for range b.N {
		v, err := Read(data, (*item).codeJSON)
		if _, again := Marshal(&v, (*item).codeJSON); err != nil || again != nil {
			b.Fatal(err, again)
		}
	}
}

func BenchmarkEncodingJSON(b *testing.B) {
	data := large(b)
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for range b.N {
		var v plainItem
		err := json.Unmarshal(data, &v)
		if _, again := json.Marshal(v); err != nil || again != nil {
			b.Fatal(err, again)
		}
	}
}

// sharedUser is a type of another package.
type sharedUser struct {
	ID  string `json:"id"`
	Age *int   `json:"age,omitempty"`
}

// Types of other packages are read and written by encoding/json, and errors name the place.
func TestImportedTypes(t *testing.T) {
	list := ListOf[[]sharedUser](CodeImported)
	users, err := Read([]byte(`[{"id":"<1>","age":2},{"id":"2","new":{}}]`), list)
	if err != nil || len(users) != 2 || users[0].ID != "<1>" || *users[0].Age != 2 {
		t.Fatalf("%v, %v", users, err)
	}
	text, err := Marshal(&users, list)
	if want := `[{"id":"\u003c1\u003e","age":2},{"id":"2"}]`; err != nil || string(text) != want {
		t.Errorf("%s is written, not %s: %v", text, want, err)
	}
	for text, want := range map[string]string{
		`[{"id":"1"},null]`:     "want a value, got null",
		`[{"id":"1"},{"id":2}]`: "cannot unmarshal number",
		`[{"id":"1"},{"id"}]`:   "",
	} {
		if _, err := Read([]byte(text), list); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "[1]") && want != "" {
			t.Errorf("%s: %v, not an error with %q", text, err, want)
		}
	}
}
