// Checks of Go clients against a started broker: franz-go and sarama.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"runtime/debug"
	"strings"
	"time"
)

type outcome struct {
	Client  string `json:"client"`
	Version string `json:"version"`
	Case    string `json:"case"`
	Outcome string `json:"outcome"`
	Detail  string `json:"detail"`
}

type reporter struct{ client, version string }

func (r reporter) run(title string, body func() error) {
	done := make(chan error, 1)
	go func() {
		defer func() {
			if cause := recover(); cause != nil {
				done <- fmt.Errorf("panic: %v", cause)
			}
		}()
		done <- body()
	}()
	result := outcome{r.client, r.version, title, "passed", ""}
	select {
	case err := <-done:
		if err != nil {
			result.Outcome, result.Detail = "failed", err.Error()
		}
	case <-time.After(180 * time.Second):
		result.Outcome, result.Detail = "failed", "no end within 180 s"
	}
	line, _ := json.Marshal(result)
	fmt.Println(string(line))
}

func moduleVersion(path string) string {
	info, _ := debug.ReadBuildInfo()
	for _, module := range info.Deps {
		if module.Path == path {
			return strings.TrimPrefix(module.Version, "v")
		}
	}
	return "unknown"
}

var (
	bootstrap = os.Getenv("BOOTSTRAP")
	prefix    = os.Getenv("PREFIX")
	filler    = strings.Repeat("abcdefghij", 100)
)

// Keys and values that every client writes: index in the key, a kilobyte that compresses a little in the value.
func row(i int) (key, value string) { return fmt.Sprintf("key-%d", i), fmt.Sprintf("value-%d-%s", i, filler) }

func until(condition func() (bool, error), message string) error {
	for end := time.Now().Add(60 * time.Second); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		if ok, err := condition(); err != nil || ok {
			return err
		}
	}
	return fmt.Errorf("%s", message)
}

func main() {
	switch os.Args[1] {
	case "franz-go":
		franzChecks()
	case "sarama":
		saramaChecks()
	}
}
