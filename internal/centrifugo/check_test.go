package centrifugo

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
)

// A safe configuration for each way of naming channels, into which tests plant faults.
const (
	plainSafe = `{"client":{"queue_max_size":33554432,"concurrency":64},
"channel":{"proxy":{"publish":{"endpoint":"http://web/centrifugo/publish","http":{"static_headers":{"x-centrifugo-rpc-secret":"s"}}}},
"without_namespace":{"publish_proxy_enabled":true,"allow_user_limited_channels":true,"channel_regex":"^(rpc\\.requests|user#[0-9]+)$",
"publication_data_format":"json_object","history_size":64,"history_ttl":"60s","force_recovery":true}}}`
	isolatedSafe = `{"client":{"queue_max_size":33554432},"channel":{"publication_data_format":"json_object","namespaces":[
{"name":"rpc","allow_publish_for_client":true,"channel_regex":"^requests$","x-own":1},
{"name":"user","allow_user_limited_channels":true,"channel_regex":"^[a-z]*#[0-9]+$",
"history_size":64,"history_ttl":"60s","history_meta_ttl":"10m","force_recovery":true},
{"name":"tasks","allow_subscribe_for_client":true}]}}`
)

// Each planted fault is found, with its code, and the patch corrects it.
func TestCheck(t *testing.T) {
	for _, test := range []struct {
		fault, old, new string // in the safe configuration
		codes           string
	}{
		{"publishing open to all", `"publish_proxy_enabled":true,"allow_user_limited_channels":true,"channel_regex":"^(rpc\\.requests|user#[0-9]+)$"`,
			`"allow_publish_for_client":true,"allow_user_limited_channels":true`, "forgeable-replies multi-user"},
		{"no publishing", `"publish_proxy_enabled":true,`, ``, "requests-closed"},
		{"a loose regex is all there is", `"publish_proxy_enabled":true`, `"allow_publish_for_client":true`, "forgeable-replies"},
		{"a regex that lets more than requests in", `"publish_proxy_enabled":true,"allow_user_limited_channels":true,"channel_regex":"^(rpc\\.requests|user#[0-9]+)$"`,
			`"allow_publish_for_client":true,"channel_regex":"^rpc\\."`, "open-publish replies-closed replies-regex"},
		{"requests can be read", `"publish_proxy_enabled"`, `"allow_subscribe_for_client":true,"publish_proxy_enabled"`, "requests-readable"},
		{"histories can be read", `"publish_proxy_enabled"`, `"allow_history_for_client":true,"publish_proxy_enabled"`, "requests-readable"},
		{"no user-limited channels", `"allow_user_limited_channels":true,`, ``, "replies-closed"},
		{"the regex forgets the requests", `rpc\\.requests|`, `rpc|`, "requests-regex"},
		{"the regex forgets the replies", `|user#[0-9]+`, ``, "replies-regex"},
		{"the multi-user trick", `user#[0-9]+`, `user#[0-9,]+`, "multi-user"},
		{"no recovery", `,"force_recovery":true`, ``, "replies-lost"},
		{"no history", `"history_size":64,"history_ttl":"60s",`, ``, "replies-lost"},
		{"no endpoint", `"endpoint":"http://web/centrifugo/publish",`, ``, "proxy-endpoint"},
		{"no secret", `"x-centrifugo-rpc-secret":"s"`, ``, "proxy-secret"},
		{"one call at a time", `,"concurrency":64`, ``, "proxy-concurrency"},
		{"a small queue", `"queue_max_size":33554432,`, ``, "queue-too-small"},
		{"short requests", `"client":`, `"websocket":{"message_size_limit":1000},"client":`, "message-too-small"},
		{"requests of any form", `"publication_data_format":"json_object",`, ``, "requests-format"},
		{"an insecure API", `"client":`, `"http_api":{"insecure":true},"client":`, "insecure"},
		{"no signatures", `"client":{`, `"client":{"insecure_skip_token_signature_verify":true,`, "insecure"},
		{"a named proxy", `{"client":`, `{"proxies":[{"name":"p","endpoint":"http://web","http":{"static_headers":[{"key":"X-Centrifugo-RPC-Secret","value":"s"}]}}],"client":`, ""},
		{"a proxy that is not there", `"publish_proxy_enabled"`, `"publish_proxy_name":"p","publish_proxy_enabled"`, "proxy-missing"},
		{"another header", `x-centrifugo-rpc-secret`, `X-Env`, "proxy-secret"},
		{"a time without unit", `"endpoint":"http://web/centrifugo/publish"`, `"timeout":"5","endpoint":"http://web/centrifugo/publish"`, "proxy-timeout"},
		{"a history longer than Centrifugo keeps its position", `"60s"`, `"1000h"`, "history-meta-ttl"},
		{"an empty secret", `secret":"s"`, `secret":""`, "proxy-secret"},
		{"a list of other headers", `{"x-centrifugo-rpc-secret":"s"}`, `[{"key":"X-Env","value":"prod"}]`, "proxy-secret"},
		{"publishing open to all users with a UUID", `"publish_proxy_enabled":true,"allow_user_limited_channels":true,"channel_regex":"^(rpc\\.requests|user#[0-9]+)$"`,
			`"allow_publish_for_client":true,"allow_user_limited_channels":true,"channel_regex":"^(rpc\\.requests|user#[0-9a-f-]{36})$"`, "forgeable-replies"},
		{"and to users whose ids nobody thought of", `"publish_proxy_enabled":true,"allow_user_limited_channels":true,"channel_regex":"^(rpc\\.requests|user#[0-9]+)$"`,
			`"allow_publish_for_client":true,"allow_user_limited_channels":true,"channel_regex":"^(rpc\\.requests|user#u-[xyz]{3}-.)$"`, "open-publish replies-regex"},
		{"insecure: 1", `"client":{`, `"client":{"insecure":1,`, "insecure"},
		{`insecure: "T"`, `"client":{`, `"Client":{"Insecure":"T",`, "insecure"},
		{"a number as text", `33554432`, `"33554432"`, ""},
		{"another boundary", `"channel":{`, `"channel":{"user_boundary":"@",`, "boundary"},
		{"a history of no time", `"60s"`, `"0s"`, "replies-lost"},
		{"a cache", `"force_recovery":true`, `"force_recovery":true,"force_recovery_mode":"cache"`, "replies-lost"},
		{"a history longer than its position", `"60s"`, `"60s","history_meta_ttl":"10s"`, "history-meta-ttl"},
		{"who is there", `"publish_proxy_enabled"`, `"presence":true,"allow_presence_for_client":true,"publish_proxy_enabled"`, "requests-readable"},
		{"a stream proxy", `"publish_proxy_enabled":true`, `"subscribe_stream_proxy_enabled":true`, "requests-closed requests-closed"},
		{"a misspelled section", `"channel":`, `"chanel":`, "unknown-option"},
		{"a misspelled option", `"force_recovery"`, `"force_recover"`, "unknown-option"},
		{"a misspelled engine", `{"client":`, `{"engine":{"types":"redis"},"client":`, "unknown-option"},
		{"a misspelled address", `{"client":`, `{"engine":{"type":"redis","redis":{"adress":"redis://a:1"}},"client":`, "unknown-option"},
		{"Redis", `{"client":`, `{"engine":{"type":"redis","redis":{"address":"redis://a:1","prefix":"p"}},"client":`, ""},
		{"nothing", plainSafe, `{}`, "queue-too-small requests-closed requests-format replies-closed multi-user replies-lost proxy-endpoint proxy-secret proxy-concurrency"},
	} {
		checkFault(t, test.fault, plainSafe, test.old, test.new, test.codes, DefaultNames())
	}
}

// Calls of a connection run side by side wherever a proxy answers them, also in an API with notifications. Whoever needs
// these in order sets 1.
func TestCheckConcurrency(t *testing.T) {
	const native = `{"rpc":{"without_namespace":{"proxy_enabled":true},"proxy":{"endpoint":"http://web/centrifugo/rpc","timeout":"36s",
"http":{"static_headers":{"X-Centrifugo-RPC-Secret":"s"}}}},`
	direct := strings.Replace(isolatedSafe, "{", native, 1)
	for _, ordered := range []bool{false, true} {
		n := DefaultNames()
		n.Ordered = ordered
		checkFault(t, "the publish proxy", plainSafe, `,"concurrency":64`, ``, "proxy-concurrency", n)
		checkFault(t, "one after another", plainSafe, `"concurrency":64`, `"concurrency":1`, "", n)
		isolated := names(t, manifest(t, "rpc:requests", "user:{nonce}#{user_id}"))
		isolated.Ordered = ordered
		checkFault(t, "native calls without the publish proxy", direct, ``, ``, "proxy-concurrency", isolated)
		checkFault(t, "no proxy", isolatedSafe, ``, ``, "", isolated)
	}
}

// Presence is needed where calls end with their callers. No client may see it in any case.
func TestCheckPresence(t *testing.T) {
	n := names(t, manifest(t, "rpc:requests", "user:{nonce}#{user_id}"))
	n.Presence = true
	const kept = `"force_recovery":true}`
	checkFault(t, "off", isolatedSafe, ``, ``, "presence-off", n)
	checkFault(t, "on", isolatedSafe, kept, `"force_recovery":true,"presence":true}`, "", n)
	checkFault(t, "for all", isolatedSafe, kept, `"force_recovery":true,"presence":true,"allow_presence_for_client":true}`, "replies-readable", n)
	checkFault(t, "no namespace", isolatedSafe, `"name":"user"`, `"name":"other"`, "namespace-missing", n)
	n.Presence = false
	checkFault(t, "on without need", isolatedSafe, kept, `"force_recovery":true,"presence":true}`, "", n)
	shared := DefaultNames()
	shared.Presence = true
	checkFault(t, "off beside requests", plainSafe, ``, ``, "presence-off", shared)
}

// Each event is open to those whom the manifest names, and to nobody else.
func TestCheckAccess(t *testing.T) {
	const proxy = `"proxy":{"subscribe":{"endpoint":"http://web/centrifugo/subscribe","http":{"static_headers":{"X-Centrifugo-RPC-Secret":"s"}}}},`
	const asked, open = `"subscribe_proxy_enabled":true`, `"allow_subscribe_for_client":true`
	const own = `"allow_user_limited_channels":true,"channel_regex":"^([^#]+|#[0-9]+)$"`
	for _, test := range []struct{ fault, events, options, codes string }{
		{"asked", "tasks:{id}", asked, ""},
		{"open to all", "tasks:{id}", open, "events-readable events-closed"},
		{"open to nobody", "tasks:{id}", `"history_size":0`, "events-closed"},
		{"the proxy comes first", "tasks:{id}", asked + "," + open, ""},
		{"the past is open to all", "tasks:{id}", asked + `,"allow_history_for_client":true`, "events-readable"},
		{"who is there is open to all", "tasks:{id}", asked + `,"presence":true,"allow_presence_for_client":true`, "events-readable"},
		{"one's own", "tasks:#{user_id}", own, ""},
		{"anybody's, by the connect command", "tasks:#{user_id}", own + "," + open, "events-readable"},
		{"one's own, but not open", "tasks:#{user_id}", `"channel_regex":"^#[0-9]+$"`, "events-closed"},
		{"those of two users", "tasks:#{user_id}", `"allow_user_limited_channels":true`, "multi-user"},
		{"public", "tasks:{id} public", open, ""},
		{"public, asked", "tasks:{id} public", asked, ""},
		{"public, even for strangers", "tasks:{id} public", open + `,"allow_subscribe_for_anonymous":true`, "events-readable"},
		{"public, but closed", "tasks:{id} public", `"history_size":0`, "events-closed"},
		{"public beside one's own", "tasks:news tasks:#{user_id}", own + "," + open, "events-readable events-closed"},
		{"public beside one's own, asked", "tasks:news tasks:#{user_id}", own + "," + asked, ""},
		{"private", "$tasks:{id}", `"history_size":0`, ""},
	} {
		event := strings.Split(test.events, " tasks")
		for i := range event[1:] {
			event[i+1] = "tasks" + event[i+1]
		}
		n := names(t, manifest(t, "rpc:requests", "user:{nonce}#{user_id}", event...))
		safe := strings.Replace(isolatedSafe, `"channel":{`, `"channel":{`+proxy, 1)
		checkFault(t, test.fault, safe, open, test.options, test.codes, n)
	}
}

// What a channel keeps can be recovered, and Centrifugo starts with it.
func TestCheckHistory(t *testing.T) {
	n := names(t, manifest(t, "rpc:requests", "user:{nonce}#{user_id}", "tasks:{id} public"))
	const events, replies = `"allow_subscribe_for_client":true`, `"history_size":64,"history_ttl":"60s"`
	kept := func(size, ttl string) string {
		return events + `,"force_recovery":true,"history_size":` + size + `,"history_ttl":"` + ttl + `"`
	}
	client := func(limit string) string { return `"client":{"recovery_max_publication_limit":` + limit + "," }
	for _, test := range []struct{ fault, old, new, limit, codes string }{
		{"events for a day", events, kept("300", "24h"), "", ""},
		{"events for longer than their position", events, kept("300", "24h") + `,"history_meta_ttl":"23h"`, "", "history-meta-ttl"},
		{"events for longer than any position", events, kept("300", "721h"), "", "history-meta-ttl"},
		{"more events than can be recovered", events, kept("301", "24h"), "", "events-lost"},
		{"more events than may be recovered", events, kept("301", "24h"), "300", "events-lost"},
		{"as many events as may be recovered", events, kept("301", "24h"), "301", ""},
		{"any number of events", events, kept("301", "24h"), "0", ""},
		{"events that nobody recovers", events, events + `,"history_size":1000,"history_ttl":"1h"`, "", ""},
		{"more replies than can be recovered", replies, `"history_size":301,"history_ttl":"60s"`, "", "replies-lost"},
	} {
		safe := isolatedSafe
		if test.limit != "" {
			safe = strings.Replace(safe, `"client":{`, client(test.limit), 1)
		}
		checkFault(t, test.fault, safe, test.old, test.new, test.codes, n)
	}
}

// Whoever is asked about subscriptions must be there, and know that Centrifugo asks.
func TestCheckSubscribeProxy(t *testing.T) {
	n := names(t, manifest(t, "rpc:requests", "user:{nonce}#{user_id}", "tasks:{id}"))
	asking := strings.Replace(isolatedSafe, `"allow_subscribe_for_client"`, `"subscribe_proxy_enabled"`, 1)
	for _, test := range []struct{ fault, proxy, codes string }{
		{"nobody", ``, "proxy-endpoint proxy-secret"},
		{"the worker, without the secret", `"proxy":{"subscribe":{"endpoint":"http://web/centrifugo/subscribe","timeout":"5s"}},`, "proxy-secret"},
		{"another back end", `"proxy":{"subscribe":{"endpoint":"http://web/subs"}},`, ""},
	} {
		checkFault(t, test.fault, asking, `"channel":{`, `"channel":{`+test.proxy, test.codes, n)
	}
}

// The proxy for native calls is checked like the publish proxy.
func TestCheckNativeCalls(t *testing.T) {
	safe := strings.Replace(plainSafe, "{", `{"rpc":{"without_namespace":{"proxy_enabled":true},"proxy":{"endpoint":"http://web/centrifugo/rpc","timeout":"36s",
"http":{"static_headers":{"X-Centrifugo-RPC-Secret":"s"}}}},`, 1)
	n := DefaultNames()
	n.LongestS = 31
	for _, test := range []struct{ fault, old, new, codes string }{
		{"none", ``, ``, ""},
		{"no secret", `"X-Centrifugo-RPC-Secret":"s"`, ``, "proxy-secret"},
		{"no endpoint", `"endpoint":"http://web/centrifugo/rpc",`, ``, "proxy-endpoint"},
		{"no time", `"timeout":"36s",`, ``, "proxy-timeout"},
		{"less time than a method takes", `"36s"`, `"31s"`, "proxy-timeout"},
		{"a time without unit", `"36s"`, `"36"`, "proxy-timeout"},
		{"nothing", `"proxy":{"endpoint":"http://web/centrifugo/rpc","timeout":"36s",
"http":{"static_headers":{"X-Centrifugo-RPC-Secret":"s"}}}`, `"proxy":{}`, "proxy-endpoint proxy-secret"},
		{"a proxy that is not there", `"proxy_enabled":true`, `"proxy_enabled":true,"proxy_name":"p"`, "proxy-missing"},
		{"a named proxy without secret", `{"rpc":{"without_namespace":{`, `{"proxies":[{"name":"p","endpoint":"http://web","timeout":"1m"}],"rpc":{"without_namespace":{"proxy_name":"p",`, "proxy-secret"},
		{"switched off", `"proxy_enabled":true},"proxy":{"endpoint":"http://web/centrifugo/rpc"`, `"proxy_enabled":false},"proxy":{"endpoint":""`, ""},
	} {
		checkFault(t, test.fault, safe, test.old, test.new, test.codes, n)
	}
}

// Options that may be right are notes, which need no patch.
func TestCheckNotes(t *testing.T) {
	for planted, want := range map[string]string{
		`"grpc_api":{"enabled":true},"client":{`:             "grpc_api.key",
		`"client":{"user_id_http_header":"X-User",`:          "client.user_id_http_header",
		`"client":{"history_cel":"x",`:                       "client.history_cel",
		`"broker":{"enabled":true,"type":"nats"},"client":{`: "broker.type",
		`"push_notifications":{},"client":{`:                 "push_notifications",
		`"grpc_api":{"enabled":true,"key":"k"},"client":{`:   "",
	} {
		findings, patch, err := checkText([]byte(strings.Replace(plainSafe, `"client":{`, planted, 1)), DefaultNames())
		var got []string
		for _, f := range findings {
			if f.Path != "channel.proxy.publish.timeout" { // it has none
				got = append(got, f.Path)
			}
		}
		if err != nil || patch != nil || strings.Join(got, " ") != want || len(findings) == len(got) {
			t.Errorf("%s: got %v, %v, %s", planted, findings, err, patch)
		}
	}
}

// Faults where requests, replies and an event have namespaces of their own.
func TestCheckNamespaces(t *testing.T) {
	n := names(t, manifest(t, "rpc:requests", "user:{nonce}#{user_id}", "tasks:{id} public"))
	for _, test := range []struct{ fault, old, new, codes string }{
		{"no requests namespace", `"name":"rpc"`, `"name":"other"`, "namespace-missing"},
		{"no replies namespace", `"name":"user"`, `"name":"other"`, "namespace-missing"},
		{"no events namespace", `"name":"tasks"`, `"name":"other"`, "namespace-missing"},
		{"no regex for requests", `,"channel_regex":"^requests$"`, ``, "open-publish"},
		{"no publishing", `"allow_publish_for_client":true,`, ``, "requests-closed"},
		{"anyone may forge replies", `"allow_user_limited_channels"`, `"allow_publish_for_client":true,"allow_user_limited_channels"`, "forgeable-replies"},
		{"subscribers may", `"allow_user_limited_channels"`, `"allow_publish_for_subscriber":true,"allow_user_limited_channels"`, "forgeable-replies"},
		{"anyone may read replies", `"allow_user_limited_channels":true`, `"allow_subscribe_for_client":true`, "replies-readable replies-closed"},
		{"or their history", `"allow_user_limited_channels"`, `"allow_history_for_client":true,"allow_user_limited_channels"`, "replies-readable"},
		{"positions for 30 days", `"history_meta_ttl":"10m",`, ``, "history-meta-ttl"},
		{"anyone may forge events", `"allow_subscribe_for_client":true`, `"allow_subscribe_for_client":true,"allow_publish_for_client":true`, "forgeable-events"},
		{"nobody gets events", `,"allow_subscribe_for_client":true`, ``, "events-closed"},
		{"the regex forgets events", `"name":"tasks",`, `"name":"tasks","channel_regex":"^[0-9]{2}$",`, "events-regex"},
		{"a regex without a start", `"^requests$"`, `"requests$"`, "open-publish"},
		{"replies of users with a UUID are forgeable", `"allow_user_limited_channels":true,"channel_regex":"^[a-z]*#[0-9]+$"`,
			`"allow_publish_for_client":true,"allow_user_limited_channels":true,"channel_regex":"^[a-z]*#[0-9a-f-]{36}$"`, "forgeable-replies"},
		{"nobody but strangers", `"name":"rpc",`, `"name":"rpc","allow_publish_for_anonymous":true,`, "anonymous-requests"},
		{"the back end decides on events", `"allow_subscribe_for_client"`, `"subscribe_proxy_enabled"`, "proxy-endpoint proxy-secret"},
	} {
		checkFault(t, test.fault, isolatedSafe, test.old, test.new, test.codes, n)
	}
}

// A reply channel that tokens name needs no permission to subscribe, but cannot have a nonce.
func TestCheckByToken(t *testing.T) {
	const byToken = `{"client":{"queue_max_size":33554432},"channel":{"without_namespace":{"allow_publish_for_client":true,
"channel_regex":"^rpc\\.requests$","publication_data_format":"json_object","history_size":64,"history_ttl":"60s","history_meta_ttl":"1m","force_recovery":true}}}`
	checkFault(t, "by token", byToken, "", "", "", DefaultNames())
	checkFault(t, "with a nonce", byToken, "", "", "replies-closed proxy-endpoint proxy-secret proxy-concurrency",
		names(t, manifest(t, "rpc.requests", "user.{nonce}#{user_id}")))
}

// checkFault checks that the findings have the codes, in order, and that the patched configuration
// has no faults.
func checkFault(t *testing.T, fault, safe, old, planted, codes string, n Names) {
	t.Helper()
	t.Run(fault, func(t *testing.T) {
		config := strings.Replace(safe, old, planted, 1)
		if config == safe && old != planted {
			t.Fatal("the fault cannot be planted")
		}
		findings, patch, err := checkText([]byte(config), n)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, f := range findings {
			if !f.Note {
				got = append(got, f.Code)
			}
		}
		if strings.Join(got, " ") != codes {
			t.Fatalf("got %q, want %q\n%s", got, codes, patch)
		}
		if codes == "" {
			return
		}
		patched := apply(t, config, patch)
		if left, again, err := checkText(patched, n); err != nil || again != nil {
			t.Errorf("the patch leaves %v (%v)\n%s", left, err, patched)
		}
		if strings.Contains(config, "x-own") && !strings.Contains(string(patched), "x-own") {
			t.Errorf("the patch loses an option:\n%s", patched)
		}
	})
}

// apply applies a JSON merge patch, as RFC 7396 describes it.
func apply(t *testing.T, config string, patch []byte) []byte {
	t.Helper()
	var target, change any
	if err := json.Unmarshal([]byte(config), &target); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(patch, &change); err != nil {
		t.Fatal(err)
	}
	merged, err := json.Marshal(mergePatch(target, change))
	if err != nil {
		t.Fatal(err)
	}
	return merged
}

func mergePatch(target, patch any) any {
	changes, isObject := patch.(map[string]any)
	if !isObject {
		return patch
	}
	merged, isObject := target.(map[string]any)
	if !isObject {
		merged = map[string]any{}
	}
	for name, value := range changes {
		if value == nil {
			delete(merged, name)
		} else {
			merged[name] = mergePatch(merged[name], value)
		}
	}
	return merged
}

// A configuration that cannot be checked is an error with the place of the problem.
func TestCheckUnreadable(t *testing.T) {
	for config, want := range map[string]string{
		"[]":                 "not an object of options",
		"null":               "not an object of options",
		`{"client":[]}`:      `"client" is not an object`,
		`{"namespaces":[]}`:  "Centrifugo 5 or older",
		`{"asyncapi":"3.1"}`: "none of its keys is an option of Centrifugo 6",
		`{"channel":{"without_namespace":{"channel_regex":"("}}}`:          "channel.without_namespace.channel_regex",
		`{"channel":{"namespaces":{}}}`:                                    `"channel.namespaces" is not a list`,
		`{"client":{},"proxies":{}}`:                                       `"proxies" is not a list`,
		`{"channel":{"namespaces":[{"name":"chat","channel_regex":"("}]}}`: "channel.namespaces[chat].channel_regex",
		`{"channel":{"namespaces":[{"name":"chat"},{"name":"chat"}]}}`:     "there are two of channel.namespaces[chat]",
	} {
		n := DefaultNames()
		n.Events = append(n.Events, channel("event e", literal("tasks:x")))
		if _, _, err := checkText([]byte(config), n); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %s", config, err, want)
		}
	}
}

// A section that is null counts as missing.
func TestCheckNulls(t *testing.T) {
	empty, want, err := checkText([]byte(`{}`), DefaultNames())
	if err != nil {
		t.Fatal(err)
	}
	nulls, patch, err := checkText([]byte(`{"client":null,"channel":{"without_namespace":null,"namespaces":null}}`), DefaultNames())
	if err != nil || !reflect.DeepEqual(nulls, empty) || string(patch) != string(want) {
		t.Errorf("got %v, %v, %s", err, nulls, patch)
	}
}

// The patch holds nothing but the changes.
func TestPatchIsSmall(t *testing.T) {
	_, patch, err := checkText([]byte(strings.Replace(plainSafe, `"publish_proxy_enabled"`, `"allow_subscribe_for_client":true,"publish_proxy_enabled"`, 1)), DefaultNames())
	var got any
	if err != nil || json.Unmarshal(patch, &got) != nil {
		t.Fatal(err)
	}
	want := object{"channel": object{"without_namespace": object{"allow_subscribe_for_client": nil}}}
	if !reflect.DeepEqual(got, any(want)) {
		t.Errorf("got %s", patch)
	}
}
