package broker

import (
	"slices"
	"strings"
	"time"

	"github.com/centrifugal/centrifuge"
)

// The characters that give a channel's name a meaning; Centrifugo's defaults.
const (
	namespaceBoundary = ":"
	userBoundary      = "#"
	userSeparator     = ","
	privatePrefix     = "$"
)

// channel is a channel's name with the options that hold for it.
type channel struct {
	name string
	rest string // what follows "NAMESPACE:"; the regex is matched against it
	ChannelOptions
}

// lookup finds a channel's options. An empty name or an unknown namespace is error 102.
func (c *Config) lookup(name string) (channel, error) {
	if name == "" {
		return channel{}, centrifuge.ErrorUnknownChannel
	}
	found := channel{name: name, rest: name, ChannelOptions: c.Channel.WithoutNamespace}
	namespace, rest, ok := strings.Cut(strings.TrimPrefix(name, privatePrefix), namespaceBoundary)
	if ok {
		i := slices.IndexFunc(c.Channel.Namespaces, func(n Namespace) bool { return n.Name == namespace })
		if i < 0 {
			return channel{}, centrifuge.ErrorUnknownChannel
		}
		found.rest, found.ChannelOptions = rest, c.Channel.Namespaces[i].ChannelOptions
	}
	if found.HistoryMetaTTL == 0 {
		found.HistoryMetaTTL = c.Channel.HistoryMetaTTL
	}
	if found.PublicationDataFormat == "" {
		found.PublicationDataFormat = c.Channel.PublicationDataFormat
	}
	return found, nil
}

// validName tells whether clients may use the name at all: it must match the regex or, where there is none, be ASCII.
func (ch channel) validName() bool {
	if ch.ChannelRegex.Regexp != nil {
		return ch.ChannelRegex.MatchString(ch.rest)
	}
	return !strings.ContainsFunc(ch.name, func(r rune) bool { return r > 127 })
}

// userLimited tells whether only the users that the name lists after "#" may subscribe.
func (ch channel) userLimited() bool {
	return ch.AllowUserLimitedChannels && strings.Contains(ch.name, userBoundary)
}

// listsUser tells whether the users after the last "#" include this one; nobody (anonymous) is never listed.
func (ch channel) listsUser(user string) bool {
	users := ch.name[strings.LastIndex(ch.name, userBoundary)+1:]
	return user != "" && slices.Contains(strings.Split(users, userSeparator), user)
}

func (o ChannelOptions) keepsHistory() bool { return o.HistorySize > 0 && o.HistoryTTL > 0 }

// subscribeOptions are the options of every subscription to the channel, by clients and by the server.
func (ch channel) subscribeOptions() centrifuge.SubscribeOptions {
	return centrifuge.SubscribeOptions{
		EnablePositioning: ch.ForcePositioning,
		EnableRecovery:    ch.ForceRecovery,
		EmitPresence:      ch.Presence,
		HistoryMetaTTL:    time.Duration(ch.HistoryMetaTTL),
	}
}

// history is the option with which a publication is kept in the channel's history.
func (ch channel) history() centrifuge.PublishOption {
	return centrifuge.WithHistory(ch.HistorySize, time.Duration(ch.HistoryTTL), time.Duration(ch.HistoryMetaTTL))
}
