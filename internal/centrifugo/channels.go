package centrifugo

import (
	"cmp"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/wsgen/wsgen/schema"
)

// Options that open channels to all users. Those for history and presence do so even if
// the channel is limited to a user.
const (
	openSubscribe  = "allow_subscribe_for_client"
	openHistory    = "allow_history_for_client"
	openPresence   = "allow_presence_for_client"
	userLimited    = "allow_user_limited_channels"
	subscribeProxy = "subscribe_proxy_enabled"
)

// presence lets Centrifugo keep track of who is on a channel.
const presence = "presence"

func (c *checkup) requests(ch Channel) {
	o, existed := c.namespace(ch)
	if !existed {
		return
	}
	c.forbid(o, "subscribe_stream_proxy_enabled", "requests-closed", "no client may publish on %s: every call gets error 108", ch.Text)
	c.checkRegex(o, ch, "requests-regex", ch.Fill("456", "n", "x"))
	c.checkPublishing(o, ch)
	if !isOn(o.object, "publish_proxy_enabled") {
		c.forbid(o, "allow_publish_for_anonymous", "anonymous-requests", "connections without a user may publish requests, which no worker answers")
	}
	const option = "publication_data_format"
	if format := cmp.Or(textOf(o.object, option), textOf(c.at("channel"), option)); format != jsonObject {
		c.found("requests-format", o.option(option), "clients may publish what is not a JSON object, which no worker can answer")
		o.object[option] = jsonObject
	}
	const reason = "any user may read the requests of all others on %s"
	c.forbid(o, openSubscribe, "requests-readable", reason, ch.Text)
	c.forbid(o, openHistory, "requests-readable", reason, ch.Text)
	c.hiddenPresence(o, "requests-readable", ch)
}

// hiddenPresence finds an option that shows users who else is on a channel.
func (c *checkup) hiddenPresence(o place, code string, ch Channel) {
	if isOn(o.object, presence) {
		c.forbid(o, openPresence, code, "any user may see who is on %s", ch.Text)
	}
}

// checkPublishing makes sure that clients can publish requests, and nothing else. Where
// replies have the same options, it must be proven that the regex refuses them.
func (c *checkup) checkPublishing(o place, ch Channel) {
	reply := c.names.Reply
	unproven := c.names.shared() && !keepsOut(textOf(o.object, "channel_regex"), '#')
	switch {
	case isOn(o.object, "publish_proxy_enabled"):
	case len(c.names.eventsIn(ch.Namespace)) > 0:
		c.found("forgeable-events", o.option("publish_proxy_enabled"),
			"requests share their options with events, which no regex can keep from being forged%s", c.openRequests(o, ch))
	case !isOn(o.object, "allow_publish_for_client"):
		c.found("requests-closed", o.path, "clients may not publish on %s: every call gets error 103%s", ch.Text, c.openRequests(o, ch))
	case unproven && o.letsIn(reply, reply.samples()...):
		c.found("forgeable-replies", o.option("allow_publish_for_client"),
			"any user may publish on %s, and so forge replies to any other: neither the publish proxy nor a regex prevents it%s", reply.Text, c.openRequests(o, ch))
	case unproven:
		c.found("open-publish", o.option("channel_regex"),
			"clients may publish on other channels than %s; a regex certainly refuses %s only if it is between ^ and $ and cannot match \"#\"%s",
			ch.Text, reply.Text, c.openRequests(o, ch))
	case o.letsIn(ch, c.others(ch)...):
		c.found("open-publish", o.option("channel_regex"), "clients may publish on other channels than %s%s", ch.Text, c.openRequests(o, ch))
	}
}

// others returns names that a regex for the requests matches if it lacks a "^", a "$" or
// a backslash, and that are no requests channels themselves.
func (c *checkup) others(ch Channel) []string {
	before, rest := "", ch.Fill("456", "n", "x")
	if ch.Namespace != "" {
		before, rest = ch.Namespace+":", ch.inNamespace(rest)
	}
	names := []string{before + rest + "-other", before + "other-" + rest}
	if strings.Contains(rest, ".") {
		names = append(names, before+strings.ReplaceAll(rest, ".", "x"))
	}
	allowed := regexp.MustCompile(c.names.requestsRegex(ch.Namespace))
	return slices.DeleteFunc(names, func(name string) bool { return allowed.MatchString(ch.inNamespace(name)) })
}

// requestsRegex matches the requests channels of a namespace.
func (n Names) requestsRegex(namespace string) string {
	var expressions []string
	for _, c := range n.requestsIn(namespace) {
		expressions = append(expressions, c.regex())
	}
	return wholeName(expressions)
}

// openRequests allows requests as Configure does: through the proxy where other channels
// have the same options, with a regex in a namespace of their own. It returns words for
// the finding about what that changes for other channels.
func (c *checkup) openRequests(o place, ch Channel) string {
	if c.names.shared() || ch.Namespace == "" {
		o.object["publish_proxy_enabled"] = true
		delete(o.object, "allow_publish_for_client")
		return "; with the patch the publish proxy decides about " + o.all()
	}
	o.object["allow_publish_for_client"] = true
	regex := c.names.requestsRegex(ch.Namespace)
	if textOf(o.object, "channel_regex") == regex {
		return ""
	}
	o.object["channel_regex"] = regex
	return "; the patch closes the namespace for all other channels: those in use need another one"
}

func (c *checkup) replies() {
	ch := c.names.Reply
	o, existed := c.namespace(ch)
	if !existed {
		return
	}
	if !c.names.shared() {
		c.closed(o, ch, "forgeable-replies", "and so forge replies")
	}
	const reason = "any user may read the replies to all others on %s"
	// Even where channels are limited to users: the connect command does not respect that.
	c.forbid(o, openSubscribe, "replies-readable", reason, ch.Text)
	c.forbid(o, openHistory, "replies-readable", reason, ch.Text)
	c.hiddenPresence(o, "replies-readable", ch)
	c.subscribable(o, ch)
	c.recoverable(o, ch)
	if c.names.Presence && !isOn(o.object, presence) {
		c.found("presence-off", o.option(presence),
			"the worker cannot tell when callers have gone, so that calls which are to end with them go on")
		o.object[presence] = true
	}
}

// subscribable makes sure that users can subscribe to their own reply channels and to no
// others. Where a regex matches the requests only, tokens must name the reply channel,
// which they cannot do if it has a nonce.
func (c *checkup) subscribable(o place, ch Channel) {
	byToken := c.names.shared() && !isOn(o.object, "publish_proxy_enabled")
	switch {
	case byToken && !ch.HasNonce():
		return
	case byToken:
		c.found("replies-closed", o.option("channel_regex"), "no client may subscribe to %s, and no token can name it: it has a nonce%s", ch.Text, c.openRequests(o, c.names.Requests))
		o.object[userLimited] = true
		o.object["channel_regex"] = c.names.options(ch.Namespace, true).ChannelRegex
		return
	case isOn(o.object, userLimited), c.personal(ch), isOn(o.object, subscribeProxy):
	default:
		c.found("replies-closed", o.option(userLimited), "no client may subscribe to %s, unless its token names it", ch.Text)
		o.object[userLimited] = true
	}
	c.checkRegex(o, ch, "replies-regex", ch.samples()...)
	c.oneUser(o, ch)
}

// oneUser makes sure that a user-limited channel cannot name two users.
func (c *checkup) oneUser(o place, ch Channel) {
	if !isOn(o.object, userLimited) || !o.letsIn(ch, pairs(ch)...) {
		return
	}
	c.found("multi-user", o.option("channel_regex"),
		"user 999 may subscribe to %s, which names two users; where other channels are in use here, let the regex name them, too", ch.Fill("456,999", "n", "x"))
	o.object["channel_regex"] = c.names.options(ch.Namespace, isOn(o.object, "publish_proxy_enabled")).ChannelRegex
}

// pairs returns names of a channel that name two users.
func pairs(ch Channel) []string {
	var names []string
	for _, user := range sampleUsers {
		for _, nonce := range sampleNonces {
			names = append(names, ch.Fill(user+","+user, nonce, user))
		}
	}
	return names
}

// personal tells whether Centrifugo itself subscribes each user to the reply channel.
func (c *checkup) personal(ch Channel) bool {
	o := c.at("client", "subscribe_to_user_personal_channel")
	return isOn(o, "enabled") && textOf(o, "personal_channel_namespace") == ch.Namespace && ch.inNamespace(ch.Text) == "#{user_id}"
}

// recoverable makes sure that replies can be recovered after a reconnect, and that the
// positions of channels are not kept for long.
func (c *checkup) recoverable(o place, ch Channel) {
	kept := number(o.object, "history_size") > 0 && duration(o.object, "history_ttl") > 0
	if !kept || !isOn(o.object, "force_recovery") {
		c.found("replies-lost", o.option("force_recovery"), "a reply that is published while its caller reconnects is lost: it needs history_size, history_ttl and force_recovery")
		o.object["force_recovery"] = true
	}
	if !kept {
		h := c.names.replyHistory()
		o.object["history_size"], o.object["history_ttl"] = json.Number(fmt.Sprint(h.Size)), h.TTL
	}
	const mode = "force_recovery_mode"
	if m := textOf(o.object, mode); m != "" && m != "stream" {
		c.found("replies-lost", o.option(mode), "of the replies that are published while their caller reconnects, all but the last are lost")
		delete(o.object, mode)
		delete(o.object, "auto_cache_recovery")
	}
	const option = "history_meta_ttl"
	if ch.HasNonce() && duration(o.object, option) == 0 && duration(c.at("channel"), option) == 0 {
		c.found("history-meta-ttl", o.option(option), "each connection has a channel of its own, whose position is kept for 30 days")
		o.object[option] = History{TTL: textOf(o.object, "history_ttl")}.metaTTL()
	}
	c.startableHistory(o)
	c.recoveredAtOnce(o, ch, "replies-lost")
}

// startableHistory makes sure that a position is kept as long as the history.
func (c *checkup) startableHistory(o place) {
	const option = "history_meta_ttl"
	meta := cmp.Or(duration(o.object, option), duration(c.at("channel"), option), defaultMetaTTL)
	if meta < duration(o.object, "history_ttl") {
		c.found("history-meta-ttl", o.option(option), "Centrifugo does not start: history_ttl is longer")
		o.object[option] = History{TTL: textOf(o.object, "history_ttl")}.metaTTL()
	}
}

// recoveredAtOnce makes sure that a client can get all that a channel keeps.
func (c *checkup) recoveredAtOnce(o place, ch Channel, code string) {
	client := c.at("client")
	limit := int64(recoveryLimit)
	if client[recoveryLimitOption] != nil {
		limit = number(client, recoveryLimitOption)
	}
	size := number(o.object, "history_size")
	if limit == 0 || size <= limit || !isOn(o.object, "force_recovery") { // 0 is no limit
		return
	}
	c.found(code, joinPath("client", recoveryLimitOption),
		"%s keeps %d publications, of which a client that has missed more than %d gets none", ch.Text, size, limit)
	client[recoveryLimitOption] = json.Number(fmt.Sprint(size))
}

func (c *checkup) event(e Channel) {
	o, existed := c.namespace(e)
	if !existed {
		return
	}
	c.startableHistory(o)
	c.recoveredAtOnce(o, e, "events-lost")
	c.closed(o, e, "forgeable-events", "and so forge events")
	c.checkRegex(o, e, "events-regex", e.samples()...)
	if !e.byToken() {
		c.eventAccess(o, e)
	}
	// Access to the history depends on no token, no back end and no user limit.
	if !e.Public() || !isOn(o.object, openSubscribe) {
		c.forbid(o, openHistory, "events-readable", "any user may read the past events on %s", e.Text)
	}
	if !e.Public() {
		c.hiddenPresence(o, "events-readable", e)
	}
}

// eventAccess makes sure that those may subscribe whom the manifest names, and nobody else.
func (c *checkup) eventAccess(o place, e Channel) {
	if strings.Contains(e.Text, "#") && !e.UserLimited() {
		c.forbid(o, userLimited, "events-closed", "no client may subscribe to %s: Centrifugo reads what follows \"#\" as users", e.Text)
	}
	asked := isOn(o.object, subscribeProxy) || isOn(o.object, "subscribe_stream_proxy_enabled")
	switch e.Access {
	case schema.AccessUser:
		c.ownEvents(o, e, asked)
	case schema.AccessPermission:
		c.askedEvents(o, e, asked)
	default:
		c.publicEvents(o, e, asked)
	}
}

// ownEvents is for events of one user.
func (c *checkup) ownEvents(o place, e Channel, asked bool) {
	c.closeToAll(o, "any user may read the events of all others on %s", e)
	if !asked && !isOn(o.object, userLimited) {
		c.found("events-closed", o.option(userLimited), "no client may subscribe to %s", e.Text)
		o.object[userLimited] = true
	}
	c.oneUser(o, e)
}

// askedEvents is for events about which the back end decides.
func (c *checkup) askedEvents(o place, e Channel, asked bool) {
	c.closeToAll(o, "any user may read the events on %s, about which the back end is to be asked", e)
	if !asked {
		c.found("events-closed", o.option(subscribeProxy), "no client may subscribe to %s, since the back end is not asked", e.Text)
		o.object[subscribeProxy] = true
	}
}

// publicEvents is for events of all users. The back end is asked about them where other
// events of the namespace are not for all.
func (c *checkup) publicEvents(o place, e Channel, asked bool) {
	option := openSubscribe
	if c.names.eventOptions(e.Namespace).SubscribeProxyEnabled {
		option = subscribeProxy
	}
	if !asked && !isOn(o.object, openSubscribe) {
		c.found("events-closed", o.option(option), "no client may subscribe to %s", e.Text)
		o.object[option] = true
	}
	if isOn(o.object, openSubscribe) {
		c.forbid(o, "allow_subscribe_for_anonymous", "events-readable", "connections without a user may read the events on %s", e.Text)
	}
}

// closeToAll turns off what lets all users subscribe to any channel of a namespace. Only the
// subscribe proxy comes before it, also in the connect command: limits to users do not.
func (c *checkup) closeToAll(o place, reason string, e Channel) {
	if isOn(o.object, subscribeProxy) {
		return
	}
	c.forbid(o, openSubscribe, "events-readable", reason, e.Text)
	c.forbid(o, "allow_subscribe_for_anonymous", "events-readable", reason, e.Text)
}

// closed makes sure that clients cannot publish on a channel on which only the server
// publishes. No regex can do that, since it would keep subscribers out as well.
func (c *checkup) closed(o place, ch Channel, code, so string) {
	if isOn(o.object, "publish_proxy_enabled") || isOn(o.object, "subscribe_stream_proxy_enabled") {
		return
	}
	c.forbid(o, "allow_publish_for_client", code, "any user may publish on %s, %s", ch.Text, so)
	c.forbid(o, "allow_publish_for_subscriber", code, "every subscriber may publish on %s, %s", ch.Text, so)
}

// checkRegex makes sure that a namespace's regex matches at least one of the sample names
// of a channel. The corrected regex still matches what it did before.
func (c *checkup) checkRegex(o place, ch Channel, code string, names ...string) {
	expression := textOf(o.object, "channel_regex")
	if !o.letsIn(ch, names...) {
		tried := ""
		if len(names) > 1 {
			tried = ", whatever id is tried"
		}
		c.found(code, o.option("channel_regex"), "the regex refuses %s%s: every command gets error 107", ch.Text, tried)
		o.object["channel_regex"] = "(" + expression + ")|^" + ch.regex() + "$"
	}
}
