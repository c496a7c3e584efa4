package centrifugo

import (
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/wsgen/wsgen/internal/golden"
	"github.com/wsgen/wsgen/schema"
)

// What each profile writes for the fixtures' channels. Tests of broker/ run these files.
func TestProfiles(t *testing.T) {
	for _, name := range []string{"seed", "tasks"} {
		for _, profile := range Profiles {
			t.Run(name+" "+profile, func(t *testing.T) {
				model := fixture(t, name, nil)
				if profile == Isolated || profile == Existing {
					model = fixture(t, name, isolatedNames)
				}
				n := names(t, model)
				config, _, diags := Configure(n, profile, DefaultBackend)
				if diags.HasErrors() {
					t.Fatalf("%v", diags)
				}
				golden.File(t, filepath.Join("testdata", name+"."+profile+".json"), config.JSON())
				data := config.JSON()
				if profile == Existing {
					data = []byte(strings.Replace(string(data), "{", `{"client":{"queue_max_size":33554432},`, 1))
				}
				if findings, _, err := checkText(data, n); err != nil || len(findings) > 0 {
					t.Errorf("the doctor finds %v in it (%v)", findings, err)
				}
			})
		}
	}
}

// TestHistoryOfStreams keeps room for the items of several streams.
func TestHistoryOfStreams(t *testing.T) {
	for _, streams := range []bool{false, true} {
		model := fixture(t, "seed", nil)
		model.Methods[0].Stream = streams
		config, _, diags := Configure(names(t, model), Proxy, DefaultBackend)
		want := map[bool]int{false: 64, true: 300}[streams]
		if got := config.Channel.WithoutNamespace.HistorySize; diags.HasErrors() || got != want {
			t.Errorf("streams %t: %d publications are kept, want %d (%v)", streams, got, want, diags)
		}
	}
}

// Events in namespaces of their own keep as much as is asked for, and all of it can be recovered; replies keep what
// they did. The doctor agrees.
func TestHistoryOfEvents(t *testing.T) {
	for _, test := range []struct {
		asked, kept History
		meta        string
		limit       int // 0 is Centrifugo's own, 300
	}{
		{History{}, History{"60s", 64}, "10m", 0},
		{History{TTL: "5m"}, History{"5m", 64}, "10m", 0},
		{History{Size: 300}, History{"60s", 300}, "10m", 0},
		{History{"24h", 301}, History{"24h", 301}, "24h", 301},
	} {
		for _, profile := range Profiles {
			n := names(t, manifest(t, "rpc:requests", "user:{nonce}#{user_id}", "tasks:{id}", "news:all public", "user:inbox#{user_id}"))
			n.History = test.asked
			config, notes, diags := Configure(n, profile, DefaultBackend)
			if diags.HasErrors() {
				t.Fatal(diags)
			}
			for _, ns := range config.Channel.Namespaces {
				got := History{ns.HistoryTTL, ns.HistorySize}
				switch {
				case ns.Name == "user" && (got != History{"60s", 64} || ns.HistoryMetaTTL != "10m"):
					t.Errorf("%s: for %v replies keep %v", profile, test.asked, got)
				case ns.Name != "user" && ns.Name != "rpc" && (got != test.kept || ns.HistoryMetaTTL != test.meta):
					t.Errorf("%s: for %v %s keeps %v, and its position %s", profile, test.asked, ns.Name, got, ns.HistoryMetaTTL)
				}
			}
			data, told := config.JSON(), strings.Join(notes, "\n")
			if profile == Existing {
				if strings.Contains(told, "set client.recovery_max_publication_limit to 301") != (test.limit > 0) {
					t.Errorf("%v: the notes are\n%s", test.asked, told)
				}
				data = []byte(strings.Replace(string(data), "{", `{"client":{"queue_max_size":33554432,"recovery_max_publication_limit":301},`, 1))
			} else if config.Client.RecoveryLimit != test.limit {
				t.Errorf("%s: for %v %d are recovered at once, want %d", profile, test.asked, config.Client.RecoveryLimit, test.limit)
			}
			if shares := strings.Contains(told, "user:inbox#{user_id} shares"); shares != (test.asked != History{}) {
				t.Errorf("%s: for %v the notes are\n%s", profile, test.asked, told)
			}
			if findings, _, err := checkText(data, n); err != nil || len(findings) > 0 {
				t.Errorf("%s: for %v the doctor finds %v (%v)", profile, test.asked, findings, err)
			}
		}
	}
}

// Where no event has a namespace of its own, and where clients would not take so many events, the notes say so.
func TestNotesOfHistory(t *testing.T) {
	for want, test := range map[string]struct {
		event string
		size  int
	}{
		"there is no event": {"user:inbox#{user_id}", 100},
		"raise max_events":  {"tasks:{id}", 5000},
	} {
		n := names(t, manifest(t, "rpc:requests", "user:{nonce}#{user_id}", test.event))
		n.History = History{Size: test.size}
		if _, notes, _ := Configure(n, Proxy, DefaultBackend); !strings.Contains(strings.Join(notes, "\n"), want) {
			t.Errorf("%s, %d: the notes are %q", test.event, test.size, notes)
		}
	}
}

// Centrifugo keeps track of who is on reply channels, and on no others, where calls of a method end with their callers.
func TestPresenceForTheWorker(t *testing.T) {
	for _, ends := range []bool{false, true} {
		model := fixture(t, "tasks", isolatedNames)
		model.Methods[0].CancelOnDisconnect = ends
		n := names(t, model)
		for _, profile := range Profiles {
			config, notes, diags := Configure(n, profile, DefaultBackend)
			if diags.HasErrors() {
				t.Fatalf("%s: %v", profile, diags)
			}
			for _, ns := range config.Channel.Namespaces {
				if want := ends && ns.Name == "user"; ns.Presence != want {
					t.Errorf("%s, ends %t: presence of %s is %t, want %t", profile, ends, ns.Name, ns.Presence, want)
				}
			}
			if told := strings.Contains(strings.Join(notes, "\n"), "(presence)"); told != ends {
				t.Errorf("%s, ends %t: the notes tell of it: %t", profile, ends, told)
			}
		}
	}
}

// Centrifugo waits for the slowest method: otherwise callers would get its error instead of the
// worker's.
func TestTimeoutOfNativeRPC(t *testing.T) {
	for slowest, want := range map[int64]string{0: "15s", 500: "15s", 30_001: "36s"} {
		model := fixture(t, "tasks", nil)
		model.Methods[0].TimeoutMS = slowest
		config, _, _ := Configure(names(t, model), Proxy, DefaultBackend)
		if got := config.RPC.Proxy.Timeout; got != want {
			t.Errorf("%d ms: got %s, want %s", slowest, got, want)
		}
	}
}

// Names that are unsafe with any configuration, or with that of the profile.
func TestUnsafeNames(t *testing.T) {
	const rpc, user = "rpc:requests", "user:{nonce}#{user_id}"
	for _, test := range []struct {
		profile, requests, reply, event, want string // event: several are separated by spaces
	}{
		{Proxy, "rpc#requests", user, "", `must not contain "#" or ","`},
		{Proxy, "$rpc:requests", user, "", `or begin with "$"`},
		{Proxy, "r:requests", user, "", `refuses the namespace "r"`},
		{Proxy, "rpc.réq", user, "", "refuses the characters"},
		{Proxy, rpc, "user.{user_id}", "", `only by an id behind "#"`},
		{Proxy, rpc, "user#{user_id}.x", "", `only by an id behind "#"`},
		{Proxy, rpc, "user#{nonce}#{user_id}", "", `only by an id behind "#"`},
		{Proxy, rpc, "$user#{user_id}", "", `only by an id behind "#"`},
		{Dev, "rpc.requests", "user#{user_id}", "orders#{user_id}", "whoever may publish these could forge it"},
		{Proxy, "rpc:requests", "user#{user_id}", "rpc:in#{user_id}", "shares its namespace with the requests"},
		{Proxy, "rpc.requests", "user#{user_id}", "news", "shares its namespace with the requests"},
		{Proxy, rpc, user, "user:news", "shares its namespace with the replies"},
		{Proxy, rpc, user, "{project}:news", "has a placeholder in its namespace"},
		{Proxy, rpc, user, "inbox:{box}#{user_id} inbox:{a}#{b}", "nobody could subscribe"},
		{Dev, "rpc.requests", "user.{nonce}#{user_id}", "", "cannot know the nonce"},
		{Isolated, "rpc.requests", "user#{user_id}", "", "share a namespace"},
		{Isolated, "app:requests", "app:{nonce}#{user_id}", "", "share a namespace"},
		{Isolated, rpc, "user.{nonce}#{user_id}", "", "have no namespace"},
		{Isolated, rpc, "user:#{user_id}", "", "shared by all connections"},
		{Existing, "rpc.requests", user, "", "have no namespace"},
		{Existing, rpc, user, "news", "has no namespace"},
	} {
		t.Run(test.profile+" "+test.requests+" "+test.reply+" "+test.event, func(t *testing.T) {
			n, diags := ReadNames(manifest(t, test.requests, test.reply, strings.Fields(test.event)...))
			if !diags.HasErrors() {
				_, _, diags = Configure(n, test.profile, DefaultBackend)
			}
			for _, d := range diags {
				if strings.Contains(d.Message, test.want) && d.Hint != "" && d.Code == "channel-unsafe" {
					return
				}
			}
			t.Errorf("got %v, want %q with a hint", diags, test.want)
		})
	}
}

// Whatever the names are, clients can publish requests only, and cannot get replies to other users.
func TestRegex(t *testing.T) {
	for _, test := range []struct {
		requests, reply, profile string
		allowed, refused         []string // channels, "NAMESPACE:" included
	}{
		{"rpc.requests", "user#{user_id}", Proxy,
			[]string{"rpc.requests", "user#456", "user.tab_A-1#a.b@c.de", "user#auth0|64f1c0", "user#google-oauth2|1", "user#a@b.co+tag", "user#ü",
				"user#" + strings.Repeat("x", 200)},
			[]string{"rpcxrequests", "rpc.requests2", "user#456,999", "user.a,b#456", "user#", "other#456", "xuser#456", "user#a#b", "user#a|b,456", "user#ü#456"}},
		{"rpc.requests", "user#{user_id}", Dev, []string{"rpc.requests"}, []string{"user#456", "rpcxrequests", "rpc.requests2"}},
		{"rpc:requests", "user:#{user_id}", Dev, []string{"rpc:requests", "user:#456", "user:tab#456"}, []string{"rpc:other", "user:tab#456,999"}},
		{"rpc:requests", "user:{nonce}#{user_id}", Isolated,
			[]string{"rpc:requests", "user:tabA#456", "user:#456"}, []string{"rpc:other", "user:tabA#456,999", "user:a.b#456"}},
		{"app:rpc", "app:user.{nonce}#{user_id}", Proxy, []string{"app:rpc", "app:user.n#456"}, []string{"app:user#456", "app:other"}},
	} {
		n := names(t, manifest(t, test.requests, test.reply))
		config, _, diags := Configure(n, test.profile, DefaultBackend)
		if diags.HasErrors() {
			t.Fatalf("%v", diags)
		}
		for want, list := range map[bool][]string{true: test.allowed, false: test.refused} {
			for _, name := range list {
				if got := regexp.MustCompile(regexOf(config, name)).MatchString(name[strings.Index(name, ":")+1:]); got != want {
					t.Errorf("%s, %s in %s: %s is let in: %v", test.requests, test.reply, test.profile, name, got)
				}
			}
		}
	}
}

func regexOf(config *Config, channel string) string {
	before, _, found := strings.Cut(channel, ":")
	for _, n := range config.Channel.Namespaces {
		if found && n.Name == before {
			return n.ChannelRegex
		}
	}
	return config.Channel.WithoutNamespace.ChannelRegex
}

// The options of an event's namespace open it no further than the names of its events need.
func TestEventOptions(t *testing.T) {
	n := names(t, manifest(t, "rpc.requests", "user#{user_id}", "tasks:{id}", "$secret:{id}", "inbox:{box}#{user_id}", "news:{id} public",
		"shop:{id}", "shop:news", "mail:news", "mail:in#{user_id}"))
	config, _, _ := Configure(n, Proxy, DefaultBackend)
	for i, want := range []options{
		{SubscribeProxyEnabled: true, ChannelRegex: "^[^#]+$"},
		{ChannelRegex: "^[^#]+$"},
		{AllowUserLimited: true, ChannelRegex: "^[^#]+#[^,#:]+$"},
		{AllowSubscribe: true, ChannelRegex: "^[^#]+$"},
		{SubscribeProxyEnabled: true, ChannelRegex: "^([^#]+|news)$"},
		{SubscribeProxyEnabled: true, AllowUserLimited: true, ChannelRegex: "^(news|in#[^,#:]+)$"},
	} {
		want.keepHistory(History{"60s", 64})
		if got := config.Channel.Namespaces[i]; got.options != want {
			t.Errorf("%s: %+v, want %+v", got.Name, got.options, want)
		}
	}
}

// Methods may have a requests channel of their own: each is open for publishing, and nothing else is.
func TestSeveralRequestsChannels(t *testing.T) {
	model := func(own string) *schema.Model {
		document := "asyncapi: 3.1.0\ninfo: {title: T, version: 1.0.0}\nx-rpc:\n  requests: rpc:requests\n  reply: 'user:{nonce}#{user_id}'\n" +
			"  methods: {a: {}, b: {requests: '" + own + "'}, c: {requests: '" + own + "'}}\n  events: {e: {channel: 'news:{id}'}}\n"
		return loadModel(t, "api.yaml", func(string) ([]byte, error) { return []byte(document), nil })
	}
	for _, test := range []struct {
		own, profile     string
		allowed, refused []string
	}{
		{"rpc:orders", Isolated, []string{"rpc:requests", "rpc:orders"}, []string{"rpc:orders2", "rpc:requests-other"}},
		{"orders:in", Isolated, []string{"rpc:requests", "orders:in"}, []string{"rpc:in", "orders:requests"}},
		{"orders:{shop}", Proxy, []string{"rpc:requests", "orders:7"}, []string{"rpc:7", "orders:7#456"}},
		{"rpc.orders", Proxy, []string{"rpc:requests", "rpc.orders"}, []string{"rpc:orders", "rpcxorders"}},
	} {
		n := names(t, model(test.own))
		config, _, diags := Configure(n, test.profile, DefaultBackend)
		if diags.HasErrors() {
			t.Fatalf("%s: %v", test.own, diags)
		}
		if findings, _, err := checkText(config.JSON(), n); err != nil || len(findings) > 0 {
			t.Errorf("%s: the doctor finds %v (%v)", test.own, findings, err)
		}
		for want, list := range map[bool][]string{true: test.allowed, false: test.refused} {
			for _, name := range list {
				if got := regexp.MustCompile(regexOf(config, name)).MatchString(name[strings.Index(name, ":")+1:]); got != want {
					t.Errorf("%s in %s: %s is let in: %v", test.own, test.profile, name, got)
				}
			}
		}
	}
	if _, _, diags := Configure(names(t, model("orders:{shop}")), Isolated, DefaultBackend); !diags.HasErrors() {
		t.Error("a worker cannot subscribe to a channel with a placeholder")
	}
	closed := `{"client": {"queue_max_size": 33554432}, "channel": {"namespaces": [
		{"name": "rpc", "allow_publish_for_client": true, "channel_regex": "^requests$", "publication_data_format": "json_object"}]}}`
	findings, patch, err := checkText([]byte(closed), names(t, model("rpc:orders")))
	if err != nil || !slices.ContainsFunc(findings, func(f Finding) bool { return f.Code == "requests-regex" && strings.Contains(f.Reason, "rpc:orders") }) {
		t.Errorf("the doctor finds %v (%v), not that rpc:orders is closed", findings, err)
	}
	if !strings.Contains(string(patch), "orders") {
		t.Errorf("the patch does not open rpc:orders: %s", patch)
	}
}
