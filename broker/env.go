package broker

import (
	"encoding"
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"strconv"
	"strings"
)

// overrideFromEnvironment sets options from variables named as in Centrifugo: CENTRIFUGO_ and the option's path in
// upper case, joined by underscores (CENTRIFUGO_CLIENT_TOKEN_HMAC_SECRET_KEY). An empty variable counts as not set.
// Lists are separated by spaces; lists of objects, such as namespaces, can only be set in the file.
func overrideFromEnvironment(config *Config, lookup func(string) (string, bool)) error {
	return overrideStruct("CENTRIFUGO", reflect.ValueOf(config).Elem(), lookup)
}

func overrideStruct(prefix string, target reflect.Value, lookup func(string) (string, bool)) error {
	for _, field := range reflect.VisibleFields(target.Type()) {
		tag := field.Tag.Get("json")
		if tag == "" {
			continue
		}
		name := prefix + "_" + strings.ToUpper(tag)
		value := target.FieldByIndex(field.Index)
		if _, isText := value.Addr().Interface().(encoding.TextUnmarshaler); !isText && value.Kind() == reflect.Struct {
			if err := overrideStruct(name, value, lookup); err != nil {
				return err
			}
			continue
		}
		if text, ok := lookup(name); ok && text != "" {
			if err := overrideOption(value, text); err != nil {
				return fmt.Errorf("environment variable %s: %w", name, err)
			}
		}
	}
	return nil
}

func overrideOption(option reflect.Value, text string) error {
	switch target := option.Addr().Interface().(type) {
	case encoding.TextUnmarshaler:
		return target.UnmarshalText([]byte(text))
	case *string:
		*target = text
	case *bool:
		value, err := strconv.ParseBool(text)
		*target = value
		return err
	case *int:
		value, err := strconv.Atoi(text)
		*target = value
		return err
	case *[]string:
		*target = strings.Fields(text)
	default:
		return errors.New("this option can only be set in the file")
	}
	return nil
}

// headerVariable is a reference to an environment variable. Centrifugo replaces it in values of maps only.
var headerVariable = regexp.MustCompile(`\$\{(CENTRIFUGO_VAR_[^}]+)\}`)

// expandHeaders replaces variables in the static headers of all proxies. A variable that is not set is an error.
func expandHeaders(config *Config, lookup func(string) (string, bool)) error {
	var missing []error
	for where, proxy := range config.allProxies() {
		for name, value := range proxy.HTTP.StaticHeaders {
			proxy.HTTP.StaticHeaders[name] = headerVariable.ReplaceAllStringFunc(value, func(reference string) string {
				variable := reference[len("${") : len(reference)-len("}")]
				text, ok := lookup(variable)
				if !ok {
					missing = append(missing, fmt.Errorf("%s: environment variable %s is not set", where, variable))
				}
				return text
			})
		}
	}
	return errors.Join(missing...)
}
