package centrifugo

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// This file reads options as leniently as Centrifugo does: 1, "1", "t" and "TRUE" are
// true, "64" is a number, and "Insecure" is the option insecure.

// lowerKeys turns the names of options into lower case. Names of headers stay.
func lowerKeys(v any, path string) error {
	switch v := v.(type) {
	case []any:
		for i, item := range v {
			if err := lowerKeys(item, fmt.Sprintf("%s[%d]", path, i)); err != nil {
				return err
			}
		}
	case object:
		for _, name := range slices.Sorted(maps.Keys(v)) {
			lower, value := strings.ToLower(name), v[name]
			if _, taken := v[lower]; taken && lower != name {
				return fmt.Errorf("%q and %q are the same option, and it is undefined which one counts", joinPath(path, name), lower)
			}
			delete(v, name)
			v[lower] = value
			if lower == "static_headers" {
				continue
			}
			if err := lowerKeys(value, joinPath(path, lower)); err != nil {
				return err
			}
		}
	}
	return nil
}

func isOn(o object, name string) bool {
	switch value := o[name].(type) {
	case bool:
		return value
	case json.Number:
		return number(o, name) != 0
	case string:
		on, _ := strconv.ParseBool(value)
		return on
	}
	return false
}

func textOf(o object, name string) string {
	s, _ := o[name].(string)
	return s
}

// number returns an option as a whole number; 0 if it is something else.
func number(o object, name string) int64 {
	switch value := o[name].(type) {
	case json.Number:
		f, _ := value.Float64()
		return int64(f)
	case string:
		n, _ := strconv.ParseInt(value, 0, 64)
		return n
	}
	return 0
}

// duration returns an option as a time; 0 if it is none.
func duration(o object, name string) time.Duration { return seconds(textOf(o, name)) }

// seconds returns a text as a time; 0 if it is something else or not in whole seconds,
// with which Centrifugo does not start.
func seconds(text string) time.Duration {
	d, err := time.ParseDuration(text)
	if err != nil || d%time.Second != 0 {
		return 0
	}
	return d
}
