package broker

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/centrifugal/centrifuge"
	"github.com/golang-jwt/jwt/v5"
)

// claims is what a connection token (sub, channels, subs, meta) or a subscription token (sub, channel, client) says.
type claims struct {
	jwt.RegisteredClaims
	ExpireAt *int64              `json:"expire_at"`
	Info     json.RawMessage     `json:"info"`
	Channels []string            `json:"channels"`
	Subs     map[string]tokenSub `json:"subs"`
	Meta     json.RawMessage     `json:"meta"`
	Channel  string              `json:"channel"`
	Client   string              `json:"client"`
	Override json.RawMessage     `json:"override"`
}

// tokenSub is a server-side subscription of a connection token.
type tokenSub struct {
	Info     json.RawMessage `json:"info"`
	Data     json.RawMessage `json:"data"`
	Override json.RawMessage `json:"override"`
}

var errInvalidToken = errors.New("invalid token")

// verify checks signature, audience and issuer (errInvalidToken) and the time (error 109).
func (t Token) verify(token string) (*claims, error) {
	if t.HMACSecretKey == "" {
		return nil, fmt.Errorf("%w: client.token.hmac_secret_key is not set", errInvalidToken)
	}
	// Times are checked below, since an expired token is another error than a forged one.
	parser := jwt.NewParser(jwt.WithValidMethods([]string{"HS256", "HS384", "HS512"}), jwt.WithoutClaimsValidation())
	var c claims
	key := func(*jwt.Token) (any, error) { return []byte(t.HMACSecretKey), nil }
	if _, err := parser.ParseWithClaims(token, &c, key); err != nil {
		return nil, fmt.Errorf("%w: %w", errInvalidToken, err)
	}
	if c.overrides() {
		return nil, fmt.Errorf("%w: this broker does not know the claim override", errInvalidToken)
	}
	now := time.Now()
	if c.ExpiresAt != nil && now.After(c.ExpiresAt.Time) || c.NotBefore != nil && now.Before(c.NotBefore.Time) {
		return nil, centrifuge.ErrorTokenExpired
	}
	if t.Audience != "" && !slices.Contains(c.Audience, t.Audience) {
		return nil, fmt.Errorf("%w: its audience is not %q", errInvalidToken, t.Audience)
	}
	if t.Issuer != "" && c.Issuer != t.Issuer {
		return nil, fmt.Errorf("%w: its issuer is not %q", errInvalidToken, t.Issuer)
	}
	return &c, nil
}

// overrides tells whether a token changes options of its channels, which this broker does not support.
func (c *claims) overrides() bool {
	for _, sub := range c.Subs {
		if sub.Override != nil {
			return true
		}
	}
	return c.Override != nil
}

// expiry returns when the connection or subscription ends, in Unix seconds; 0 is never. expire_at overrides exp, so
// that a short-lived token can open a long-lived connection.
func (c *claims) expiry() int64 {
	switch {
	case c.ExpireAt != nil:
		return max(*c.ExpireAt, 0)
	case c.ExpiresAt != nil:
		return c.ExpiresAt.Unix()
	}
	return 0
}

// subscriptions returns the server-side subscriptions of a connection token. Permissions and the channel regex do not
// apply to them, but an unknown namespace is error 102.
func (c *claims) subscriptions(config *Config) (map[string]centrifuge.SubscribeOptions, error) {
	subs := c.Subs
	if len(subs) == 0 {
		subs = map[string]tokenSub{}
		for _, name := range c.Channels {
			subs[name] = tokenSub{}
		}
	}
	result := map[string]centrifuge.SubscribeOptions{}
	for name, sub := range subs {
		ch, err := config.lookup(name)
		if err != nil {
			return nil, err
		}
		options := ch.subscribeOptions()
		options.ChannelInfo, options.Data = sub.Info, sub.Data
		options.Source = sourceConnectionToken
		result[name] = options
	}
	return result, nil
}

// NewToken makes a connection token for a user, as a back end would: valid for ttl (0: for ever), with the
// configuration's audience and issuer, and with server-side subscriptions to the channels, if any.
func (c *Config) NewToken(user string, ttl time.Duration, channels ...string) (string, error) {
	body := map[string]any{"sub": user}
	if ttl != 0 {
		body["exp"] = time.Now().Add(ttl).Unix()
	}
	if len(channels) > 0 {
		body["channels"] = channels
	}
	return c.Sign(body)
}

// Sign makes a token with any claims; the configuration's audience and issuer are added unless the claims have some.
func (c *Config) Sign(body map[string]any) (string, error) {
	if c.Client.Token.HMACSecretKey == "" {
		return "", errors.New("client.token.hmac_secret_key is not set")
	}
	all := jwt.MapClaims{}
	if c.Client.Token.Audience != "" {
		all["aud"] = c.Client.Token.Audience
	}
	if c.Client.Token.Issuer != "" {
		all["iss"] = c.Client.Token.Issuer
	}
	for name, value := range body {
		all[name] = value
	}
	return jwt.NewWithClaims(jwt.SigningMethodHS256, all).SignedString([]byte(c.Client.Token.HMACSecretKey))
}
