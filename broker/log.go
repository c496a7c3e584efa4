package broker

import (
	"context"
	"io"
	"log/slog"

	"github.com/centrifugal/centrifuge"
)

// levelNone is above every level that anything is logged at.
const levelNone = slog.LevelError + 4

var logLevels = map[string]slog.Level{
	"trace": slog.LevelDebug,
	"debug": slog.LevelDebug,
	"info":  slog.LevelInfo,
	"warn":  slog.LevelWarn,
	"error": slog.LevelError,
	"none":  levelNone,
}

// NewLogger writes lines from the configuration's level up.
func (c *Config) NewLogger(w io.Writer) *slog.Logger {
	return slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{Level: logLevels[c.Log.Level]}))
}

// nodeLog passes the library's log on. What the library calls info is about single connections, so it is debug here.
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
			attributes = append(attributes, name, value)
		}
		logger.Log(context.Background(), level, entry.Message, attributes...)
	}
}
