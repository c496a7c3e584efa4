package conformance

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/wsgen/wsgen/internal/brokertest"
	"github.com/wsgen/wsgen/internal/centrifugo"
	"github.com/wsgen/wsgen/schema"
	"github.com/wsgen/wsgen/schema/load"
)

// profile is a wsgen-broker that runs for all cases that want it.
type profile struct {
	url     string
	secret  string         // signs its tokens
	claims  map[string]any // that it asks for
	apiURL  string
	apiKey  string
	process *brokertest.Broker // nil for the scripted broker
}

// brokers starts each profile once, and ends all with the tests.
type brokers struct {
	mu      sync.Mutex
	dir     string // of the program
	program string // "" before it is built
	running map[string]*profile
}

var profiles = &brokers{running: map[string]*profile{}}

// start returns the broker of a profile, which it starts where it does not run.
func (b *brokers) start(name string) (*profile, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if p := b.running[name]; p != nil {
		return p, nil
	}
	if b.program == "" {
		dir, err := os.MkdirTemp("", "conformance")
		if err != nil {
			return nil, err
		}
		b.dir = dir
		if b.program, err = brokertest.Build(filepath.Join("..", ".."), dir); err != nil {
			return nil, err
		}
	}
	config := filepath.Join("..", "..", "broker", "profiles", name+".json")
	if history, isWritten := written[name]; isWritten {
		config = filepath.Join(b.dir, name+".json")
		if err := writeProfile(config, history); err != nil {
			return nil, err
		}
	}
	p, err := startProfile(b.program, config)
	if err != nil {
		return nil, fmt.Errorf("wsgen-broker with profile %s: %w", name, err)
	}
	b.running[name] = p
	return p, nil
}

// stop ends the brokers that run.
func (b *brokers) stop() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	var all error
	for _, p := range b.running {
		all = errors.Join(all, p.process.Stop())
	}
	if b.dir != "" {
		all = errors.Join(all, os.RemoveAll(b.dir))
	}
	return all
}

// written are the profiles that wsgen centrifugo-config writes, by what it is told to keep of events.
var written = map[string]centrifugo.History{
	"wsgen":       {},
	"wsgen-keeps": {TTL: "24h", Size: 400},
}

// writeProfile writes a configuration as wsgen does, and adds the secrets. Of the events of the API it has the
// one whose channel is in a namespace of its own.
func writeProfile(file string, history centrifugo.History) error {
	model, problems := load.Load(load.Options{AsyncAPI: "api.yaml", Read: os.ReadFile})
	if problems.HasErrors() {
		return fmt.Errorf("api.yaml: %v", problems)
	}
	model.Methods = slices.DeleteFunc(model.Methods, func(m *schema.Method) bool { return m.Channel != nil })
	model.Events = slices.DeleteFunc(model.Events, func(e *schema.Event) bool { return e.Wire != "announced" })
	model.Events[0].Access = schema.AccessPublic
	names, problems := centrifugo.ReadNames(model)
	if problems.HasErrors() {
		return fmt.Errorf("api.yaml: %v", problems)
	}
	names.History = history
	made, _, problems := centrifugo.Configure(names, centrifugo.Dev, centrifugo.DefaultBackend)
	if problems.HasErrors() {
		return fmt.Errorf("api.yaml: %v", problems)
	}
	config := decode(made.JSON()).(map[string]any)
	config["client"].(map[string]any)["token"] = map[string]any{"hmac_secret_key": "secret-of-the-tokens"}
	config["http_api"] = map[string]any{"key": "key-of-the-api"}
	return os.WriteFile(file, []byte(encode(config)), 0o666)
}

// startProfile starts a broker with a configuration.
func startProfile(program, config string) (*profile, error) {
	p, err := readProfile(config)
	if err != nil {
		return nil, err
	}
	if p.process, err = brokertest.Start(program, config); err != nil {
		return nil, err
	}
	p.url, p.apiURL = brokertest.URL(p.process.Address), "http://"+p.process.Address+"/api/"
	return p, nil
}

// readProfile finds what clients of a configuration have to know.
func readProfile(config string) (*profile, error) {
	data, err := os.ReadFile(config)
	if err != nil {
		return nil, err
	}
	var c struct {
		Client struct {
			Token struct {
				Secret   string `json:"hmac_secret_key"`
				Audience string `json:"audience"`
				Issuer   string `json:"issuer"`
			} `json:"token"`
		} `json:"client"`
		HTTPAPI struct {
			Key string `json:"key"`
		} `json:"http_api"`
	}
	if err := json.Unmarshal(data, &c); err != nil {
		return nil, err
	}
	p := &profile{secret: c.Client.Token.Secret, apiKey: c.HTTPAPI.Key, claims: map[string]any{}}
	if c.Client.Token.Audience != "" {
		p.claims["aud"], p.claims["iss"] = c.Client.Token.Audience, c.Client.Token.Issuer
	}
	return p, nil
}

// call calls a method of the broker's HTTP API.
func (p *profile) call(method string, params any) error {
	r, err := http.NewRequest(http.MethodPost, p.apiURL+method, strings.NewReader(encode(params)))
	if err != nil {
		return err
	}
	r.Header.Set("X-API-Key", p.apiKey)
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK || has(decode(body), "error") {
		return fmt.Errorf("%s: %s: %s", method, response.Status, body)
	}
	return nil
}

// signJWT makes a token that is signed with HMAC and SHA-256.
func signJWT(secret string, claims any) string {
	part := base64.RawURLEncoding.EncodeToString
	text := part([]byte(`{"alg":"HS256","typ":"JWT"}`)) + "." + part([]byte(encode(claims)))
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(text))
	return text + "." + part(mac.Sum(nil))
}
