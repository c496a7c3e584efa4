package brokertest

import (
	"errors"
	"math/rand/v2"
	"net"
	"strconv"
	"sync/atomic"
)

// Ports in this range are given to nobody who asks the system for any port, as tests
// do all the time: what is free here stays free until the program listens.
const (
	firstPort = 10_000
	ports     = 22_000
)

var lastPort atomic.Uint32

func init() {
	lastPort.Store(rand.Uint32N(ports))
}

// FreePort returns a port of 127.0.0.1 that nothing listens at, for programs that are told theirs
// before they start.
func FreePort() (string, error) {
	for range ports {
		port := strconv.FormatUint(uint64(firstPort+lastPort.Add(1)%ports), 10)
		listener, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", port))
		if err == nil {
			return port, listener.Close()
		}
	}
	return "", errors.New("no port is free")
}
