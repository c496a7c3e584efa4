package broker

import (
	"context"
	"io"
	"log/slog"

	"github.com/centrifugal/centrifuge"
)

// levelNone is above every level that is used, so that nothing is logged.
const levelNone = slog.LevelError + 4

var logLevels = map[string]slog.Level{
	"trace": slog.LevelDebug,
	"debug": slog.LevelDebug,
	"info":  slog.LevelInfo,
	"warn":  slog.LevelWarn,
	"error": slog.LevelError,
	"none":  levelNone,
}

// NewLogger returns a logger that writes lines of the configured level and above.
func (c *Config) NewLogger(w io.Writer) *slog.Logger {
	return slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{Level: logLevels[c.Log.Level]}))
}

// payloads are the library's attributes that hold params, results or whatever else a client has sent.
var payloads = map[string]bool{"command": true, "reply": true, "data": true}

// nodeLog writes the library's log entries to logger, without what clients send and get. The library's info entries are
// about single connections, so they are debug entries here.
func nodeLog(logger *slog.Logger) centrifuge.LogHandler {
	levels := map[centrifuge.LogLevel]slog.Level{
		centrifuge.LogLevelWarn:  slog.LevelWarn,
		centrifuge.LogLevelError: slog.LevelError,
	}
	return func(entry centrifuge.LogEntry) {
		level, ok := levels[entry.Level]
		if !ok {
			level = slog.LevelDebug
		}
		attributes := []any{}
		for name, value := range entry.Fields {
			if !payloads[name] {
				attributes = append(attributes, name, value)
			}
		}
		logger.Log(context.Background(), level, entry.Message, attributes...)
	}
}
