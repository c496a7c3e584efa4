package chaos

import (
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/wsgen/wsgen/internal/brokertest"
	"github.com/wsgen/wsgen/internal/clienttest"
)

// programs are built once for all tests.
var programs = &builds{drivers: map[string]clienttest.Start{}}

type builds struct {
	dir     string
	mu      sync.Mutex
	broker  string // "" before it is built
	drivers map[string]clienttest.Start
}

// wsgenBroker returns the path of wsgen-broker.
func (b *builds) wsgenBroker(t *testing.T) string {
	t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.broker == "" {
		program, err := brokertest.Build(filepath.Join("..", ".."), b.dir)
		if err != nil {
			t.Fatal(err)
		}
		b.broker = program
	}
	return b.broker
}

// driver builds the driver of the conformance cases in a language.
func (b *builds) driver(l language) (clienttest.Start, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if start := b.drivers[l.name]; start != nil {
		return start, nil
	}
	conformance := filepath.Join("..", "conformance")
	api, err := clienttest.Load(filepath.Join(conformance, "api.yaml"))
	if err != nil {
		return nil, err
	}
	dir := filepath.Join(b.dir, l.name)
	if err := clienttest.Write(dir, os.DirFS(filepath.Join(conformance, "drivers", l.name)), api, l.generate); err != nil {
		return nil, err
	}
	start, err := l.build(dir)
	b.drivers[l.name] = start
	return start, err
}

// TestMain sets the secrets of all brokers, and removes what is built.
func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "chaos")
	if err != nil {
		panic(err)
	}
	programs.dir = dir
	for name, value := range secrets {
		if err := os.Setenv(name, value); err != nil {
			panic(err)
		}
	}
	code := m.Run()
	if err := os.RemoveAll(dir); err != nil {
		panic(err)
	}
	os.Exit(code)
}
