package centrifugo

import (
	"maps"
	"slices"
	"strings"

	"github.com/wsgen/wsgen/internal/text"
)

// The options of Centrifugo 6, as the structs of its package configtypes name them
// up to version 6.9 and a little beyond. Centrifugo PRO has more.
var (
	// sections are the keys at the top.
	sections = strings.Fields(`
admin broker channel client consumers controller debug dev emulation enable_unreleased_features engine graphite grpc_api
health http_api http_server http_stream init log map_broker node opentelemetry pid_file presence_manager prometheus
proxies rpc shared_poll shutdown sse swagger uni_grpc uni_http_stream uni_sse uni_websocket usage_stats websocket
webtransport`)

	clientOptions = strings.Fields(`
allow_anonymous_connect_without_token allowed_origins channel_limit channel_position_check_delay
channel_position_max_time_lag concurrency connect_code_to_unidirectional_disconnect connect_include_server_time
connection_limit connection_rate_limit disallow_anonymous_connection_tokens expired_close_delay
expired_sub_close_delay history_max_publication_limit insecure insecure_skip_token_signature_verify ping_interval
pong_timeout presence_update_interval proxy queue_max_size recovery_max_publication_limit stale_close_delay
subscribe_to_user_personal_channel subscription_token token user_connection_limit user_id_http_header`)

	engineOptions = strings.Fields("redis type")

	redisOptions = strings.Fields(`
address client_name cluster_address connect_timeout db force_resp2 history_use_lists io_timeout password prefix
presence_hash_field_ttl presence_ttl presence_user_mapping sentinel_address sentinel_client_name sentinel_master_name
sentinel_password sentinel_tls sentinel_user tls user`)

	channelSectionOptions = strings.Fields(`
history_meta_ttl max_length namespace_boundary namespaces private_prefix proxy publication_data_format user_boundary
user_separator without_namespace`)

	// channelOptions are those of a namespace.
	channelOptions = strings.Fields(`
allow_history_for_anonymous allow_history_for_client allow_history_for_subscriber allow_positioning
allow_presence_for_anonymous allow_presence_for_client allow_presence_for_subscriber allow_publish_for_anonymous
allow_publish_for_client allow_publish_for_subscriber allow_recovery allow_subscribe_for_anonymous
allow_subscribe_for_client allow_tags_filter allow_user_limited_channels allowed_delta_types auto_cache_recovery
channel_regex delta_publish force_positioning force_push_join_leave force_recovery force_recovery_mode
history_meta_ttl history_size history_ttl join_leave map map_clients_presence_channel_prefix
map_users_presence_channel_prefix presence publication_data_format publish_proxy_enabled publish_proxy_name
shared_poll sub_refresh_proxy_enabled sub_refresh_proxy_name subscribe_proxy_enabled subscribe_proxy_name
subscribe_stream_proxy_bidirectional subscribe_stream_proxy_enabled subscribe_stream_proxy_name subscription_type`)
)

// In Centrifugo 5 nearly all options stood at the top: those of channels, and those
// of other sections with a prefix.
var (
	olderNames    = strings.Fields("address allow_anonymous_connect_without_token allowed_origins name namespaces port tls")
	olderPrefixes = strings.Fields("admin_ api_ client_ grpc_ http_ internal_ log_ nats_ proxy_ redis_ rpc_ tls_ token_ uni_ user_ websocket_")
)

// older tells whether a key at the top is an option of Centrifugo 5.
func older(name string) bool {
	if slices.Contains(sections, name) || text.Nearest(name, sections) != "" {
		return false
	}
	return slices.Contains(olderNames, name) || slices.Contains(channelOptions, name) ||
		slices.ContainsFunc(olderPrefixes, func(prefix string) bool { return strings.HasPrefix(name, prefix) })
}

// unknown finds options that Centrifugo ignores.
func (c *checkup) unknown() {
	ours := c.names.namespaces()
	c.known(place{c.tree, ""}, sections, true)
	c.known(place{c.at("engine"), "engine"}, engineOptions, true)
	c.known(place{c.at("engine", "redis"), "engine.redis"}, redisOptions, true)
	c.known(place{c.at("client"), "client"}, clientOptions, true)
	c.known(place{c.at("channel"), "channel"}, channelSectionOptions, true)
	c.known(place{c.at("channel", "without_namespace"), "channel.without_namespace"}, channelOptions, slices.Contains(ours, ""))
	for _, o := range c.namespaces() {
		c.known(o, append([]string{"name"}, channelOptions...), slices.Contains(ours, textOf(o.object, "name")))
	}
}

// known reports options that are not among names. It corrects a misspelled one, but not
// for channels of others, which would be changed by it. An option that is not misspelled
// may be of another version or edition of Centrifugo: it stays.
func (c *checkup) known(p place, names []string, ours bool) {
	o := p.object
	for _, name := range slices.Sorted(maps.Keys(o)) {
		if slices.Contains(names, name) {
			continue
		}
		near := text.Nearest(name, names)
		if near == "" || !ours || !slip(name, near) {
			reason := "Centrifugo 6 has no such option, as far as wsgen knows, and ignores it"
			if near != "" {
				reason += "; the nearest is " + near
			}
			c.note("unknown-option", p.option(name), reason)
			continue
		}
		c.found("unknown-option", p.option(name), "Centrifugo ignores the option: did you mean %s?", near)
		if _, taken := o[near]; !taken {
			o[near] = o[name]
		}
		delete(o, name)
	}
}

// slip tells whether names differ by one letter, or by two that are swapped. More is no
// misspelling: history_ttl and Centrifugo PRO's history_cel are two options.
func slip(a, b string) bool {
	for a != "" && b != "" && a[0] == b[0] {
		a, b = a[1:], b[1:]
	}
	for a != "" && b != "" && a[len(a)-1] == b[len(b)-1] {
		a, b = a[:len(a)-1], b[:len(b)-1]
	}
	return max(len(a), len(b)) <= 1 || len(a) == 2 && len(b) == 2 && a[0] == b[1] && a[1] == b[0]
}
