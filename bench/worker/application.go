package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// startApplication runs an ASGI application of this benchmark, and waits until it takes requests. A
// process that was started is returned with an error, too.
func startApplication(application, port string, environment ...string) (*exec.Cmd, error) {
	process := exec.Command(filepath.Join(".tools", "py313", "bin", "python"), "-B", "-m", "uvicorn", application,
		"--port", port, "--log-level", "info", "--no-access-log")
	process.Env = append(os.Environ(), environment...)
	process.Env = append(process.Env, "PYTHONPATH="+strings.Join([]string{"server", folder}, string(os.PathListSeparator)))
	stderr, err := process.StderrPipe()
	if err != nil {
		return nil, err
	}
	if err := process.Start(); err != nil {
		return nil, err
	}
	return process, awaitText(stderr, "running on ")
}

// awaitText reads output until a line holds a text, and shows the rest.
func awaitText(output io.Reader, text string) error {
	lines := bufio.NewScanner(output)
	var said []string
	for lines.Scan() {
		if strings.Contains(lines.Text(), text) {
			go func() { _, _ = io.Copy(os.Stderr, output) }()
			return nil
		}
		said = append(said, lines.Text())
	}
	return errors.Join(lines.Err(), fmt.Errorf("it ended before it printed %q: %s", text, strings.Join(said, "\n")))
}
