package demo

import (
	"context"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/centrifugal/centrifuge"

	"github.com/wsgen/wsgen/broker"
)

// Demo is a running broker that answers calls by itself.
type Demo struct {
	*broker.Server
	logger  *slog.Logger
	methods map[string]method
	store   *store
	started time.Time
	streams sync.Map // those under way: *stream by streamID

	ready chan struct{} // closed once Server is set
	ctx   context.Context
	stop  context.CancelFunc
	work  sync.WaitGroup
}

// Start starts a broker and the demo behind it. It publishes events every interval; 0 is never.
func Start(config broker.Config, interval time.Duration, logger *slog.Logger) (*Demo, error) {
	d := &Demo{logger: logger, store: newStore(), started: time.Now(), ready: make(chan struct{})}
	d.methods = d.allMethods()
	d.ctx, d.stop = context.WithCancel(context.Background())
	server, err := broker.Start(config, broker.WithBackend(d), broker.WithLogger(logger))
	if err != nil {
		d.stop()
		return nil, err
	}
	d.Server = server
	close(d.ready)
	if interval > 0 {
		d.work.Go(func() { d.publishEvents(interval) })
	}
	return d, nil
}

// Close ends the calls that are under way, then the broker.
func (d *Demo) Close() error {
	d.stop()
	err := d.Server.Close()
	d.work.Wait()
	return err
}

// AllowSubscribe allows every user the maintenance notices, and the tasks of projects that exist or are called like the
// user.
func (d *Demo) AllowSubscribe(user, channel string) error {
	<-d.ready
	if !d.maySubscribe(user, channel) {
		return &centrifuge.Error{Code: 403, Message: "permission denied"}
	}
	return nil
}

// AllowPublish allows publishing on the requests channel only, as the back end of a publish proxy must.
func (d *Demo) AllowPublish(pub broker.Publication) error {
	if !isRequestsChannel(pub.Channel) {
		return &centrifuge.Error{Code: 403, Message: "clients publish requests only"}
	}
	return nil
}

// maySubscribe answers as the permissions of the fixtures' events do.
func (d *Demo) maySubscribe(user, channel string) bool {
	project, isTasks := strings.CutPrefix(channel, "tasks:")
	if user == "" || !isTasks {
		return user != "" && strings.HasPrefix(channel, "system:")
	}
	d.store.mu.Lock()
	defer d.store.mu.Unlock()
	return project == user || d.store.projects[project] != nil
}
