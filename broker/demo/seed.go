package demo

import (
	"slices"
	"time"
)

type serviceHealth struct {
	Name      string   `json:"name"`
	Healthy   bool     `json:"healthy"`
	LatencyMS *float64 `json:"latency_ms"`
}

type healthResult struct {
	Status   string          `json:"status"`
	Version  string          `json:"version"`
	UptimeS  int             `json:"uptime_s"`
	Services []serviceHealth `json:"services"`
}

func (d *Demo) systemHealth(c call) (any, error) {
	var params struct {
		IncludeServices bool `json:"include_services"`
	}
	if err := c.decode(&params); err != nil {
		return nil, err
	}
	result := healthResult{Status: "ok", Version: "1.4.2", UptimeS: int(time.Since(d.started).Seconds())}
	result.Services = []serviceHealth{}
	if params.IncludeServices {
		latency := 0.75
		result.Status = "degraded"
		result.Services = append(result.Services,
			serviceHealth{Name: "database", Healthy: true, LatencyMS: &latency},
			serviceHealth{Name: "mail", Healthy: false})
	}
	return result, nil
}

type presenceResult struct {
	UserID    string    `json:"user_id"`
	Status    string    `json:"status"`
	Message   *string   `json:"message"`
	UpdatedAt time.Time `json:"updated_at"`
}

func (d *Demo) updatePresence(c call) (any, error) {
	var params struct {
		UserID  string  `json:"user_id"`
		Status  string  `json:"status"`
		Message *string `json:"message"`
	}
	if err := c.decode(&params, "user_id", "status"); err != nil {
		return nil, err
	}
	if !slices.Contains([]string{"online", "away", "offline"}, params.Status) {
		return nil, invalid(issue{[]string{"status"}, "Input should be 'online', 'away' or 'offline'", "enum"})
	}
	return presenceResult{params.UserID, params.Status, params.Message, now()}, nil
}

// now returns the time with the precision that the fixtures' back end would send: UTC, in microseconds.
func now() time.Time { return time.Now().UTC().Truncate(time.Microsecond) }
