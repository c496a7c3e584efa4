package scale

import (
	"net"
	"testing"

	"github.com/wsgen/wsgen/internal/brokertest"
)

// site is two brokers, a balancer behind them, and the workers behind that.
type site struct {
	program, config string // of the brokers
	brokers         []*brokertest.Broker
	balancer        *balancer
	workers         []*worker
}

// startSite starts everything, which runs until the test ends.
func (p programs) startSite(t *testing.T, loses bool) *site {
	t.Helper()
	s := &site{program: p.broker, balancer: startBalancer(t, loses), workers: make([]*worker, workers)}
	s.config = configure(t, s.balancer.server.URL)
	t.Cleanup(func() {
		for _, broker := range s.brokers {
			if broker == nil {
				continue
			}
			if err := broker.Stop(); err != nil {
				t.Error("wsgen-broker:", err)
			}
		}
		for _, worker := range s.workers {
			if worker != nil {
				worker.kill()
			}
		}
	})
	for range 2 {
		port, err := brokertest.FreePort() // it stays free while the broker restarts
		if err != nil {
			t.Fatal(err)
		}
		broker, err := brokertest.StartEmpty(s.program, s.config, "--port", port)
		if err != nil {
			t.Fatal(err)
		}
		s.brokers = append(s.brokers, broker)
	}
	for i := range s.workers {
		if err := s.replace(i); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

// replace starts a worker, which the balancer asks in the place of another, if there is one. It publishes
// through one of the brokers, wherever its callers are connected.
func (s *site) replace(i int) error {
	old := ""
	if s.workers[i] != nil {
		old = s.workers[i].address
	}
	next, err := startWorker("RPC_WORKER_API_URL=http://" + s.brokers[i%len(s.brokers)].Address + "/api")
	if err != nil {
		return err
	}
	s.workers[i] = next
	s.balancer.use(next.address, old)
	return nil
}

// restart ends a broker, and starts another at the same address.
func (s *site) restart(i int) error {
	_, port, err := net.SplitHostPort(s.brokers[i].Address)
	if err != nil {
		return err
	}
	if err := s.brokers[i].Stop(); err != nil {
		return err
	}
	s.brokers[i], err = brokertest.StartEmpty(s.program, s.config, "--port", port)
	return err
}
