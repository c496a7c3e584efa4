package conformance

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
)

// callDoors are the ways in which calls reach a worker.
var callDoors = []string{"subscriber", "publish", "rpc"}

// doors are all ways in which a worker is asked.
var doors = append(slices.Clone(callDoors), "subscribe")

// workerCase is one entry of a file in worker/cases/.
type workerCase struct {
	Topic    string         `yaml:"-"` // the file's name
	Name     string         `yaml:"name"`
	Why      string         `yaml:"why"`
	Doors    []string       `yaml:"doors"`    // those that it concerns; by default those for calls
	Settings map[string]any `yaml:"settings"` // of the worker; cases with the same ones share a process
	Alone    bool           `yaml:"alone"`    // whether it needs a process of its own, because it ends that
	Steps    []step         `yaml:"steps"`
}

// loadWorkerCases reads all files in worker/cases/, in the order of their names.
func loadWorkerCases() ([]*workerCase, error) {
	files, err := filepath.Glob("worker/cases/*.yaml")
	if err != nil {
		return nil, err
	}
	var all []*workerCase
	names := map[string]bool{}
	for _, file := range files {
		var cases []*workerCase
		if err := readYAML(file, &cases); err != nil {
			return nil, err
		}
		for _, c := range cases {
			if err := c.check(names); err != nil {
				return nil, fmt.Errorf("%s: %w", file, err)
			}
			c.Topic = strings.TrimSuffix(filepath.Base(file), ".yaml")
		}
		all = append(all, cases...)
	}
	return all, nil
}

// check refuses what the runner would not understand.
func (c *workerCase) check(names map[string]bool) error {
	if c.Name == "" || len(c.Steps) == 0 || names[c.Name] {
		return fmt.Errorf("a case without name or steps, or with the name of another: %q", c.Name)
	}
	names[c.Name] = true
	if c.Doors == nil {
		c.Doors = callDoors
	}
	for _, door := range c.Doors {
		if !slices.Contains(doors, door) {
			return fmt.Errorf("%s: there is no front door %q", c.Name, door)
		}
	}
	for _, s := range c.Steps {
		if workerVerbs[s.Verb] == nil {
			return fmt.Errorf("line %d: there is no step %q", s.Line, s.Verb)
		}
	}
	return nil
}

// concerns tells whether a case is one of a front door's.
func (c *workerCase) concerns(door string) bool { return slices.Contains(c.Doors, door) }

// group is the key of the process that runs a case.
func (c *workerCase) group() string {
	key := encode(c.Settings)
	if c.Alone {
		key += c.Name
	}
	return key
}
