package centrifugo

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// The patch makes any configuration safe for all users, and nothing is found in the patched one.
func TestPatchesAreSafe(t *testing.T) {
	random := rand.New(rand.NewPCG(4, 2))
	for _, channels := range [][]string{
		{"rpc.requests", "user#{user_id}"},
		{"rpc.requests", "user.{nonce}#{user_id}", "tasks:{id} public"},
		{"rpc.requests", "user#{user_id}", "orders#{user_id}", "tasks:{id}", "news:{id} public"},
		{"rpc:requests", "user:{nonce}#{user_id}", "user:orders.#{user_id}", "shop:{id}", "shop:news", "shop:inbox#{user_id}"},
		{"rpc:requests", "user:{nonce}#{user_id}", "shop:news", "shop:inbox#{user_id}"},
		{"app:rpc", "app:user#{user_id}", "app2:inbox.{box}#{user_id}"},
		{"rpc:requests", "user:{nonce}#{user_id}", "tasks:{id}", "$secret:{id}"},
		{"rpc:re.quests", "user:#{user_id}", "inbox:{box}#{user_id}", "tasks:a#{id}"},
		{"rpc.requests", "user:#{user_id}"},
		{"rpc:requests", "user#{user_id}", "tasks:{id}"},
	} {
		n := names(t, manifest(t, channels[0], channels[1], channels[2:]...))
		for range 200 {
			config := randomConfig(random, n)
			findings, patch, err := checkText(config, n)
			if err != nil {
				t.Fatalf("%v\n%s", err, config)
			}
			patched := config
			if patch != nil {
				patched = apply(t, string(config), patch)
			}
			if left, again, err := checkText(patched, n); err != nil || again != nil {
				t.Fatalf("%v: the patch leaves %v (%v)\n%s\n%s", channels, left, err, config, patched)
			}
			if hole := readServer(t, patched).hole(random, n); hole != "" {
				t.Fatalf("%v: %s\n%s\n%v\n%s", channels, hole, config, findings, patched)
			}
		}
	}
}

// What each profile writes is safe for all users, whichever events share a namespace.
func TestEmittedConfigurationsAreSafe(t *testing.T) {
	random := rand.New(rand.NewPCG(4, 2))
	events := []string{"orders:{order_id}", "news:{id} public", "inbox:{box}#{user_id}", "shop:{id}", "shop:news", "shop:in#{user_id}",
		"mail:news", "mail:in#{user_id}", "$secret:{id}"}
	for _, profile := range Profiles {
		for _, channels := range [][]string{
			append([]string{"rpc:requests", "user:{nonce}#{user_id}", "user:orders.#{user_id}"}, events...),
			append([]string{"rpc.requests", "user#{user_id}"}, events...),
			append([]string{"rpc.requests", "user#{user_id}", "orders#{user_id}"}, events...),
		} {
			n := names(t, manifest(t, channels[0], channels[1], channels[2:]...))
			config, _, diags := Configure(n, profile, DefaultBackend)
			if diags.HasErrors() {
				if channels[0] == "rpc:requests" {
					t.Errorf("%s: %v", profile, diags)
				}
				continue // the other names are not for every profile
			}
			for range 400 {
				if hole := readServer(t, config.JSON()).hole(random, n); hole != "" {
					t.Fatalf("%s, %v: %s\n%s", profile, channels, hole, config.JSON())
				}
			}
		}
	}
}

// randomConfig returns a configuration with random options in all places that concern the names.
func randomConfig(random *rand.Rand, n Names) []byte {
	channels := object{"without_namespace": randomOptions(random)}
	var list []any
	for _, name := range append(n.namespaces(), "other") {
		if name != "" && random.IntN(8) > 0 {
			o := randomOptions(random)
			o["name"] = name
			list = append(list, o)
		}
	}
	channels["namespaces"] = list
	for _, o := range []struct {
		name   string
		values []any
	}{
		{"user_boundary", []any{"@", "#"}}, {"user_separator", []any{";"}}, {"publication_data_format", []any{"json", "json_object"}},
	} {
		if random.IntN(8) == 0 {
			channels[o.name] = o.values[random.IntN(len(o.values))]
		}
	}
	client := object{}
	if random.IntN(4) == 0 {
		client["subscribe_to_user_personal_channel"] = object{"enabled": true, "personal_channel_namespace": "user"}
	}
	if random.IntN(8) == 0 {
		client["Insecure"] = randomTruth(random)
	}
	data, err := json.Marshal(object{"client": client, "channel": channels})
	if err != nil {
		panic(err)
	}
	return data
}

var (
	switches = strings.Fields(`allow_subscribe_for_client allow_subscribe_for_anonymous allow_publish_for_client
allow_publish_for_client allow_publish_for_anonymous allow_publish_for_subscriber allow_history_for_client
allow_history_for_subscriber presence allow_presence_for_client allow_user_limited_channels allow_user_limited_channels
subscribe_proxy_enabled subscribe_stream_proxy_enabled publish_proxy_enabled force_recovery allow_Publish_for_clien`)
	regexes = []string{
		`^rpc\.requests$`, `^(rpc\.requests|chat)$`, `^(rpc\.requests|user#[0-9]+)$`, `^rpc\.`, `requests$`, `^requests$`, `^re.quests$`, `^.*$`, `#`,
		`^[a-z]*#[0-9a-f-]{36}$`, `^user#u-[0-9a-z]{2}$`, `^(requests|[a-z]{0,4}#.+)$`, `^$`, `(?i)^RPC\.REQUESTS$`, `^user#[0-9,]+$`, `^rpc$`,
		`(?m)^rpc\.requests$`, `^rpc\.requests$|user`, `^[^#]+$`, `^user[.#]`, `x`,
	}
)

func randomOptions(random *rand.Rand) object {
	o := object{}
	for _, name := range switches {
		if random.IntN(4) == 0 {
			o[name] = randomTruth(random)
		}
	}
	if random.IntN(3) > 0 {
		o["channel_regex"] = regexes[random.IntN(len(regexes))]
	}
	if random.IntN(3) == 0 {
		o["history_size"], o["history_ttl"] = random.IntN(3)*50, []string{"60s", "0s", "1h", "soon"}[random.IntN(4)]
	}
	if random.IntN(4) == 0 {
		o["history_meta_ttl"] = []string{"10s", "10m", "2h"}[random.IntN(3)]
	}
	if random.IntN(6) == 0 {
		o["publish_proxy_name"] = "p"
	}
	return o
}

func randomTruth(random *rand.Rand) any { return []any{true, true, 1, "1", "T", false}[random.IntN(6)] }

// server decides as Centrifugo 6 does, in the order of the checks in its handlers.
type server struct {
	t        *testing.T
	client   object
	channels object
	compiled map[string]*regexp.Regexp
}

func readServer(t *testing.T, config []byte) server {
	t.Helper()
	var root struct{ Client, Channel object }
	if err := json.Unmarshal(config, &root); err != nil {
		t.Fatal(err)
	}
	return server{t, root.Client, root.Channel, map[string]*regexp.Regexp{}}
}

// options returns the options of a channel, and whether its name matches the regex.
func (s server) options(channel string) (o object, valid bool) {
	namespace, rest, found := strings.Cut(strings.TrimPrefix(channel, "$"), ":")
	if o, _ = s.channels["without_namespace"].(object); !found {
		rest = channel
	}
	if found {
		list, _ := s.channels["namespaces"].([]any)
		i := slices.IndexFunc(list, func(item any) bool { return item.(object)["name"] == namespace })
		if i < 0 {
			s.t.Fatalf("there is no namespace for %s", channel)
		}
		o = list[i].(object)
	}
	expression, _ := o["channel_regex"].(string)
	if s.compiled[expression] == nil {
		s.compiled[expression] = regexp.MustCompile(expression)
	}
	return o, s.compiled[expression].MatchString(rest)
}

func truth(o object, name string) bool {
	return slices.Contains([]string{"true", "1", "T"}, fmt.Sprint(o[name]))
}

// maySubscribe tells whether a user may subscribe to a channel. Where a proxy decides, the back end refuses.
func (s server) maySubscribe(user, channel string) bool {
	o, valid := s.options(channel)
	if !valid || strings.HasPrefix(channel, "$") {
		return false
	}
	insecure := truth(s.client, "insecure")
	if truth(o, "allow_user_limited_channels") && strings.Contains(channel, "#") {
		users := channel[strings.LastIndex(channel, "#")+1:]
		return slices.Contains(strings.Split(users, ","), user) || insecure
	}
	if truth(o, "subscribe_proxy_enabled") || truth(o, "subscribe_stream_proxy_enabled") {
		return false
	}
	return truth(o, "allow_subscribe_for_client") || insecure
}

// mayConnectTo tells whether the connect command of a user opens a channel. Centrifugo decides in another way than for
// the subscribe command: a limit to other users does not close a channel that is open to all.
func (s server) mayConnectTo(user, channel string) bool {
	o, valid := s.options(channel)
	if !valid || strings.HasPrefix(channel, "$") || truth(o, "subscribe_proxy_enabled") {
		return false
	}
	users := channel[strings.LastIndex(channel, "#")+1:]
	limited := truth(o, "allow_user_limited_channels") && strings.Contains(channel, "#")
	return limited && slices.Contains(strings.Split(users, ","), user) || truth(o, "allow_subscribe_for_client")
}

// mayRead tells whether a user may subscribe in either way.
func (s server) mayRead(user, channel string) bool {
	return s.maySubscribe(user, channel) || s.mayConnectTo(user, channel)
}

// mayPublish tells whether a user may publish on a channel. Where a proxy decides, the worker allows requests only.
func (s server) mayPublish(n Names, channel string, subscribed bool) bool {
	o, valid := s.options(channel)
	switch {
	case !valid:
		return false
	case truth(o, "publish_proxy_enabled"):
		return channel == n.Requests.Text
	case truth(o, "subscribe_stream_proxy_enabled"):
		return false
	}
	return truth(o, "allow_publish_for_client") || subscribed && truth(o, "allow_publish_for_subscriber") || truth(s.client, "insecure")
}

// mayAsk tells whether users may read the history or the presence of a channel.
func (s server) mayAsk(channel string) bool {
	o, valid := s.options(channel)
	return valid && (truth(o, "allow_history_for_client") || truth(o, "presence") && truth(o, "allow_presence_for_client"))
}

// byBackEnd tells whether the back end decides who may subscribe, by a proxy or by a token.
func (s server) byBackEnd(n Names, channel string) bool {
	o, _ := s.options(channel)
	open, _ := s.options(n.Requests.Text)
	direct := n.shared() && !truth(open, "publish_proxy_enabled") && channel != n.Requests.Text && !n.Reply.HasNonce()
	personal := channel == "user:"+channel[max(0, strings.LastIndex(channel, "#")):]
	return truth(o, "subscribe_proxy_enabled") || truth(o, "subscribe_stream_proxy_enabled") || direct || personal
}

// hole returns what a hostile user can do, or what a user cannot do; "" if all is as it must be.
func (s server) hole(random *rand.Rand, n Names) string {
	for range 5 {
		victim, user, nonce := randomID(random), "h"+randomID(random), []string{"", "n-_1"}[random.IntN(2)]
		own, foreign := n.Reply.Fill(user, nonce, ""), n.Reply.Fill(victim, nonce, "")
		requests := n.Requests.Text
		switch {
		case s.mayRead(user, requests) || s.mayAsk(requests):
			return user + " may read requests"
		case !s.mayPublish(n, requests, false):
			return user + " may not publish requests"
		case s.mayRead(user, foreign) || s.mayAsk(foreign):
			return user + " may read " + foreign
		case s.mayRead("456", n.Reply.Fill("alice,456", nonce, "")):
			return "456 may join alice"
		case s.mayPublish(n, foreign, false) || s.mayPublish(n, own, true):
			return user + " may publish on " + foreign
		}
		for _, e := range n.Events {
			if hole := s.eventHole(n, e, user, victim); hole != "" {
				return hole
			}
		}
	}
	// The regex of the configuration may refuse the ids above, so the usual ones are tried.
	if !s.reaches(n, n.Reply) {
		return "nobody may subscribe to " + n.Reply.Text
	}
	return ""
}

// reaches tells whether some user can subscribe to his or her own channel.
func (s server) reaches(n Names, ch Channel) bool {
	return slices.ContainsFunc(sampleUsers, func(user string) bool {
		own := ch.Fill(user, "n", user)
		return s.maySubscribe(user, own) || s.byBackEnd(n, own)
	})
}

func (s server) eventHole(n Names, e Channel, user, victim string) string {
	foreign := e.Fill(victim, "", "x")
	restricted := !e.Public()
	switch {
	case s.mayPublish(n, foreign, true):
		return user + " may publish on " + foreign
	case restricted && s.mayRead(user, foreign):
		return user + " may read " + foreign
	}
	if o, _ := s.options(foreign); restricted && truth(o, "allow_history_for_client") {
		return user + " may read the history of " + foreign
	}
	if !strings.HasPrefix(e.Text, "$") && !s.reaches(n, e) {
		return "nobody may subscribe to " + e.Text
	}
	return ""
}

// randomID returns a user id with the characters that Configure's regex allows.
func randomID(random *rand.Rand) string {
	letters := []rune("0123456789ABCXYZabcxyz_.@-|+ ü")
	id := []rune{}
	for range 1 + random.IntN(70) {
		id = append(id, letters[random.IntN(len(letters))])
	}
	if random.IntN(2) == 0 {
		return []string{"7d444840-9dc0-11d1-b245-5ffdce74fad2", "456", "u-a1", "chat", "rpc.requests", "requests"}[random.IntN(6)]
	}
	return string(id)
}
