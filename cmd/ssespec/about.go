package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/urfave/cli/v2"
)

// version is the release, set by the linker for released binaries.
var version = unreleased

// unreleased is the version of what was not released.
const unreleased = "0.1.0-dev"

// A build says what this binary was made from.
type build struct {
	Version  string `json:"version"`
	Go       string `json:"go"`
	Platform string `json:"platform"`
	Revision string `json:"revision,omitempty"`
	Modified bool   `json:"modified,omitempty"`
	Time     string `json:"time,omitempty"` // of the commit
	Module   string `json:"module,omitempty"`
	Sum      string `json:"sum,omitempty"` // of the module, where it was installed by go install
}

func thisBuild() build {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		info = &debug.BuildInfo{}
	}
	return buildOf(version, info)
}

// buildOf reads what the linker was told and what Go noted. Who installs by go install tells the linker nothing, but
// then the module has a sum, and its version is the release.
func buildOf(linked string, info *debug.BuildInfo) build {
	b := build{
		Version: linked, Go: cmp.Or(info.GoVersion, runtime.Version()), Platform: runtime.GOOS + "/" + runtime.GOARCH,
		Module: info.Main.Path, Sum: info.Main.Sum,
	}
	if linked == unreleased && info.Main.Sum != "" {
		b.Version = strings.TrimPrefix(info.Main.Version, "v")
	}
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			b.Revision = s.Value
		case "vcs.modified":
			b.Modified = s.Value == "true"
		case "vcs.time":
			b.Time = s.Value
		}
	}
	return b
}

func versionCommand() *cli.Command {
	return &cli.Command{
		Name:  "version",
		Usage: "the version of this program",
		Flags: []cli.Flag{toggle("json", "as JSON, with what it was built from")},
		Action: func(c *cli.Context) error {
			b := thisBuild()
			if !c.Bool("json") {
				_, err := fmt.Fprintf(c.App.Writer, "ssespec %s (%s, %s)\n", b.Version, b.Go, b.Platform)
				return err
			}
			e := json.NewEncoder(c.App.Writer)
			e.SetIndent("", "  ")
			return e.Encode(b)
		},
	}
}
