package demo

import (
	"encoding/json"
	"time"

	"github.com/wsgen/wsgen/broker"
)

// publishEvents publishes a task.updated every interval, and a system.maintenance every fifth time.
func (d *Demo) publishEvents(interval time.Duration) {
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	for count := 1; ; count++ {
		select {
		case <-d.ctx.Done():
			return
		case <-ticker.C:
		}
		if t, err := d.store.byID(firstTask); err == nil {
			changed := *t
			changed.UpdatedAt = now()
			changed.Priority = t.Priority%3 + 1
			d.store.put(&changed)
			d.publishTaskUpdated(t, &changed, nil)
		}
		if count%5 == 0 {
			event := maintenance{StartsAt: now().Add(time.Hour), Duration: "PT5M", Reason: "Upgrade"}
			d.publishEvent("system:maintenance", event)
		}
	}
}

// publishEvent fails where the configuration has no such namespace; then nobody can be subscribed either.
func (d *Demo) publishEvent(channel string, event any) {
	data, err := json.Marshal(event)
	if err == nil {
		_, err = d.Publish(channel, data, broker.PublishOptions{})
	}
	if err != nil {
		d.logger.Debug("event not published", "channel", channel, "error", err)
	}
}
