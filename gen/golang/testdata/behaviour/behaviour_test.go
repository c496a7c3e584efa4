package sdk

import (
	"context"
	"encoding/json"
	"errors"
	"iter"
	"math/big"
	"reflect"
	"strings"
	"testing"

	"example.com/test/rpc"
)

// The interfaces hold their variants, pointers to these, and the variants of unions within.
var (
	_ Route = Mail{}
	_ Route = &Sms{}
	_ Round = Circle{}
	_ Shape = Circle{}
	_ Shape = UnknownRound{}
	_ Shape = ShapeString("x")
	_ Shape = ShapeUUID(rpc.UUID("x"))
	_ Shape = ShapeShapeList{ShapeString("x"), Circle{}}
	_ Shape = ShapeInt{big.NewInt(1)}
	_ Shape = Round(nil)
)

// Constants have their base types; those that may be absent are pointers.
var (
	_ = NoticeParams{Urgent: rpc.Ptr("yes")}
	_ = Notice{Sent: true, Kind: rpc.Ptr(int64(1))}
	_ = Book{Loan: rpc.Ptr("short")}
)

// Names of the runtime are the user's to give.
type (
	Request  struct{}
	State    struct{}
	Option   struct{}
	Date     struct{}
	URL      struct{}
	Decoder  struct{}
	Error    struct{}
	Client   struct{}
	Pattern  struct{}
	UUID     struct{}
	CallInfo struct{}
)

func encoded(t *testing.T, v any) string {
	t.Helper()
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func decoded[T any](t *testing.T, text string) T {
	t.Helper()
	var v T
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return v
}

func TestTagsAreSentAndDecide(t *testing.T) {
	if got := encoded(t, NoticeParams{Route: Sms{To: "1"}}); got != `{"route":{"via":"sms","to":"1"}}` {
		t.Error(got)
	}
	if got := encoded(t, NoticeParams{Route: &Mail{To: "1"}}); got != `{"route":{"via":"mail","to":"1"}}` {
		t.Error(got)
	}
	n := decoded[Notice](t, `{"route":{"via":"sms","to":"1"},"sent":true}`)
	if _, ok := n.Route.(Sms); !ok || !n.Sent || n.Kind != nil {
		t.Errorf("%#v", n)
	}
	if route := decoded[Notice](t, `{"route":{"via":"fax","to":"1"},"sent":true}`).Route; encoded(t, route) != `{"via":"fax","to":"1"}` {
		t.Errorf("%#v", route)
	} else if _, ok := route.(UnknownRoute); !ok {
		t.Errorf("%#v", route)
	}
}

func TestConstants(t *testing.T) {
	for _, text := range []string{`{"id":1}`, `{"id":1,"loan":"short"}`, `{"id":1,"how":"open"}`} {
		if got := encoded(t, decoded[Book](t, text)); got != text {
			t.Errorf("%s came back as %s", text, got)
		}
	}
	if got := encoded(t, Notice{Route: Mail{}}); got != `{"route":{"via":"mail","to":""},"sent":true}` {
		t.Error(got)
	}
	var n Notice
	if err := json.Unmarshal([]byte(`{"route":{"to":""}}`), &n); err == nil {
		t.Error("a required constant is absent, and that is no error")
	}
	future := `{"route":{"via":"mail","to":""},"sent":false,"kind":2}`
	if got := encoded(t, decoded[Notice](t, future)); got != future {
		t.Errorf("%s came back as %s", future, got)
	}
}

func TestStrictTypes(t *testing.T) {
	if got := encoded(t, Strict{List: []string{"x"}}); got != `{"kind":"strict","list":["x"]}` {
		t.Error(got)
	}
	for _, bad := range []string{`{"kind":"other","list":[]}`, `{"kind":"strict","list":["y"]}`, `{"kind":"strict","list":[],"shape":"x"}`} {
		var v Strict
		if err := json.Unmarshal([]byte(bad), &v); err == nil {
			t.Errorf("%s is taken for a value that only the client sends", bad)
		}
	}
}

func TestDefaults(t *testing.T) {
	p := decoded[Price](t, `{"amount":"1"}`)
	want := Price{Amount: "1", Currency: "EUR", Factor: 1.5, Level: LevelHigh, Limit: rpc.Ptr(int64(10)), Tags: []string{"a", "b"}}
	if !reflect.DeepEqual(p, want) {
		t.Errorf("%+v, want %+v", p, want)
	}
	if p = decoded[Price](t, `{"amount":"1","limit":null,"tags":[],"message":null}`); p.Limit != nil || len(p.Tags) != 0 || p.Message != nil {
		t.Errorf("%+v", p)
	}
	params := PriceParams{}
	if got := encoded(t, params); got != `{}` {
		t.Error(got)
	}
	if params.SetMessageNull(); encoded(t, params) != `{"message":null}` {
		t.Error(encoded(t, params))
	}
	if got := encoded(t, PriceParams{Rights: rpc.Ptr(RightsRead | RightsWrite)}); got != `{"rights":3}` {
		t.Error(got)
	}
}

func TestGetters(t *testing.T) {
	var b Book
	if b.GetCopies() != 1 || *b.GetLimit() != 10 || b.GetLevel() != LevelHigh || b.GetTags()[0] != "a" || b.GetRoute().(Sms).To != "1" {
		t.Errorf("%v", b)
	}
	b = decoded[Book](t, `{"id":1,"copies":0,"limit":null,"level":"low","tags":[],"route":{"via":"mail","to":"2"}}`)
	if b.GetCopies() != 0 || b.GetLimit() != nil || b.GetLevel() != LevelLow || len(b.GetTags()) != 0 || b.GetRoute().(Mail).To != "2" {
		t.Errorf("%v", b)
	}
}

func TestUnions(t *testing.T) {
	const id = "0b9d5a4e-7f0a-4c3e-9a57-2f6f2b0d1c11"
	for text, want := range map[string]Shape{
		`{"kind":"circle","r":1}`: Circle{Kind: "circle", R: 1}, `{"kind":"square","a":1}`: Square{Kind: "square", A: 1},
		`{"kind":"cube"}`: UnknownShape{}, `{"r":1}`: UnknownShape{}, `"x"`: ShapeString(""), `18446744073709551615`: ShapeInt{},
		`["x",["y"]]`: ShapeShapeList{}, `"` + id + `"`: ShapeUUID(""), `1.5`: UnknownShape{}, `[{"kind":"cube"}]`: ShapeShapeList{},
	} {
		v, err := UnmarshalShape([]byte(text))
		if err != nil || reflect.TypeOf(v) != reflect.TypeOf(want) {
			t.Errorf("%s is %#v, %v; want %T", text, v, err, want)
		}
		if got := encoded(t, v); got != text {
			t.Errorf("%s came back as %s", text, got)
		}
		whole := `{"one":` + text + `,"maybe":null,"optional":` + text + `,"all":[` + text + `],"named":{"a":` + text + `,"b":null}}`
		if got := encoded(t, decoded[Shapes](t, whole)); got != whole {
			t.Errorf("%s came back as %s", whole, got)
		}
	}
	if v, err := UnmarshalRound([]byte(`{"kind":"circle"}`)); err == nil {
		t.Errorf("%#v lacks a member", v)
	}
	if v, err := UnmarshalMaybeShape([]byte(`null`)); err != nil || v != nil {
		t.Error(v, err)
	}
}

// foreign is a variant of no union: it only embeds one.
type foreign struct{ Circle }

func TestUnionsRefuseNilAndForeignTypes(t *testing.T) {
	var none *Circle
	for want, shape := range map[string]Shape{
		"a Shape is nil": nil, "a Round holds a sdk.foreign": foreign{}, "a Round holds a *sdk.Circle that is nil": none,
	} {
		_, err := json.Marshal(ShapeParams{Shape: shape})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
	p := ShapeParams{Shape: Circle{}}
	if got := encoded(t, p); got != `{"shape":{"kind":"circle","r":0}}` {
		t.Error(got)
	}
	if p.SetOtherNull(); encoded(t, p) != `{"shape":{"kind":"circle","r":0},"other":null}` {
		t.Error(encoded(t, p))
	}
}

func TestNumbers(t *testing.T) {
	// Types that encoding/json reads without the model take it as well.
	if stars := decoded[map[string][]NumbersStars](t, `{"a":[1.0,2e0]}`)["a"]; !reflect.DeepEqual(stars, []NumbersStars{NumbersStars1, NumbersStars2}) {
		t.Error(stars)
	}
	n := decoded[Numbers](t, `{"whole":1e18,"wide":1.0,"mixed":1.0}`)
	if n.Whole != 1_000_000_000_000_000_000 || n.Wide.Int64() != 1 || n.Mixed != NumbersMixed1 {
		t.Errorf("%+v", n)
	}
	if n = decoded[Numbers](t, `{"whole":9223372036854775807,"wide":18446744073709551616,"mixed":"\u0061"}`); n.Mixed != NumbersMixedA || n.Wide.BitLen() != 65 {
		t.Errorf("%+v", n)
	}
	var v Numbers
	err := json.Unmarshal([]byte(`{"whole":9223372036854775808,"wide":1,"mixed":1}`), &v)
	if err == nil || !strings.Contains(err.Error(), "whole: want integer of 64 bits") {
		t.Error(err)
	}
}

// answers is a server in a test: it has a result, or an error, for each method.
type answers map[string]string

func (a answers) Call(_ context.Context, req rpc.Request) (json.RawMessage, error) {
	if text, ok := strings.CutPrefix(a[req.Method], "!"); ok {
		code, data, _ := strings.Cut(text, " ")
		n, _ := new(big.Int).SetString(code, 10)
		return nil, &rpc.Error{Code: n.Int64(), Data: json.RawMessage(data)}
	}
	return json.RawMessage(a[req.Method]), nil
}

func (a answers) Subscribe(_ context.Context, channel string) iter.Seq2[json.RawMessage, error] {
	return func(yield func(json.RawMessage, error) bool) { yield(json.RawMessage(a[channel]), nil) }
}

func TestNamedNullableResults(t *testing.T) {
	ctx := context.Background()
	null := answers{"tasks.find": "null", "tasks.list": "null", "tasks.level": "null", "tasks.name": "null", "tasks.shape": "null"}
	api := NewAPIClientWith(null)
	item, err := api.TasksFind(ctx)
	items, err2 := api.TasksList(ctx)
	level, err3 := api.TasksLevel(ctx)
	name, err4 := api.TasksName(ctx)
	shape, err5 := api.TasksShape(ctx)
	if err := errors.Join(err, err2, err3, err4, err5); err != nil || item != nil || items != nil || level != nil || name != nil || shape != nil {
		t.Error(err, item, items, level, name, shape)
	}
	api = NewAPIClientWith(answers{"tasks.find": `{"n":1}`, "tasks.list": `[{"n":1}]`, "tasks.level": `"low"`, "tasks.name": `"x"`,
		"tasks.shape": `{"kind":"circle","r":1}`, "tasks.only": `"done"`, "tasks.slow": "18446744073709551615"})
	item, err = api.TasksFind(ctx)
	items, err2 = api.TasksList(ctx)
	level, err3 = api.TasksLevel(ctx)
	name, err4 = api.TasksName(ctx)
	shape, err5 = api.TasksShape(ctx)
	if err := errors.Join(err, err2, err3, err4, err5); err != nil || item.N != 1 || len(items) != 1 || *level != "low" || *name != "x" || shape == nil {
		t.Error(err, item, items, level, name, shape)
	}
	only, err := api.TasksOnly(ctx)
	slow, err2 := api.TasksSlow(ctx)
	if err != nil || err2 != nil || only != "done" || slow.BitLen() != 64 {
		t.Error(only, err, slow, err2)
	}
}

func TestDeclaredErrors(t *testing.T) {
	ctx := context.Background()
	fail := func(answer string) error { return NewAPIClientWith(answers{"tasks.fail": answer}).TasksFail(ctx) }
	var missing *TaskNotFoundError
	var answer *rpc.Error
	if err := fail("!404 18446744073709551615"); !errors.As(err, &missing) || missing.Data.BitLen() != 64 || !errors.As(err, &answer) || answer.Code != 404 {
		t.Error(err)
	}
	var locked *LockedError
	if err := fail(`!409 {"n":1}`); !errors.As(err, &locked) || locked.Data.N != 1 || locked.Code != 409 {
		t.Error(err)
	}
	var gone *GoneError
	if err := fail(`!410 "x"`); !errors.As(err, &gone) || gone.Data != ShapeString("x") {
		t.Error(err)
	}
	var closed *ClosedError
	if err := fail(`!411 `); !errors.As(err, &closed) {
		t.Error(err)
	}
}

func TestEvents(t *testing.T) {
	api := NewAPIClientWith(answers{"counted": "18446744073709551615", "shapes:1": `"x"`, "named:1": `"x"`})
	for n, err := range api.OnCounted(context.Background()) {
		if err != nil || n.BitLen() != 64 {
			t.Error(n, err)
		}
	}
	for shape, err := range api.OnShaped(context.Background(), "1") {
		if err != nil || shape != ShapeString("x") {
			t.Error(shape, err)
		}
	}
	for name, err := range api.OnNamed(context.Background(), "1") {
		if err != nil || *name != "x" {
			t.Error(name, err)
		}
	}
}
