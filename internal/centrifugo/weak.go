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

// Centrifugo is not strict about types: 1, "1", "t" and "TRUE" are true, "64" is a
// number, and "Insecure" is the option insecure.

// lowerKeys writes all options as Centrifugo's own are. Headers are no options.
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
				return fmt.Errorf("%q and %q are the same option, and which one counts is left to chance", joinPath(path, name), lower)
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

// number returns a whole number; what is none is 0.
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

// duration returns a time in whole seconds; what is none is 0, and stops Centrifugo.
func duration(o object, name string) time.Duration {
	d, err := time.ParseDuration(textOf(o, name))
	if err != nil || d%time.Second != 0 {
		return 0
	}
	return d
}
