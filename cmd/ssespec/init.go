package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/urfave/cli/v2"

	"github.com/ssespec/ssespec/config"
)

func initCommand() *cli.Command {
	return &cli.Command{
		Name:      "init",
		Usage:     "write a commented configuration to begin with",
		ArgsUsage: "[FILE]",
		Action: func(c *cli.Context) error {
			if c.NArg() > 1 {
				return usage("", "init writes one file, and %d were named", c.NArg())
			}
			name := c.Args().First()
			switch name {
			case "":
				name = configName
			case "-":
				_, err := io.WriteString(c.App.Writer, config.Example)
				return err
			}
			return writeConfig(c, name)
		},
	}
}

// writeConfig writes the example where nothing is yet.
func writeConfig(c *cli.Context, name string) error {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	switch {
	case errors.Is(err, fs.ErrExist):
		return usage("Name another file, or - for standard output.", "%s is there already", name)
	case err != nil:
		return usage("", "%v", err)
	}
	_, err = f.WriteString(config.Example)
	then := "ssespec gate"
	if name != configName {
		then += " -c " + name
	}
	fmt.Fprintf(c.App.Writer, "%s is written. Name your endpoints in it, then: %s\n", name, then)
	return errors.Join(err, f.Close())
}
