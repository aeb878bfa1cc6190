package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/ssespec/ssespec/checks"
	"github.com/ssespec/ssespec/checks/remedy"
	"github.com/ssespec/ssespec/checks/suite"
	"github.com/ssespec/ssespec/reports"
)

func completionCommand() *cli.Command {
	return &cli.Command{
		Name:      "completion",
		Usage:     "a completion script for a shell",
		ArgsUsage: "bash|zsh|fish",
		Action: func(c *cli.Context) error {
			script, ok := completions[c.Args().First()]
			if !ok {
				return usage("Write ssespec completion bash, zsh or fish.", "completion takes the name of a shell")
			}
			_, err := fmt.Fprint(c.App.Writer, script(vocabularyOf(c.App)))
			return err
		},
	}
}

var completions = map[string]func(vocabulary) string{"bash": bashCompletion, "zsh": zshCompletion, "fish": fishCompletion}

// A vocabulary is all that can be completed. Scripts hold it whole, so that no key waits for this program.
type vocabulary struct {
	commands []suggestion
	flags    map[string][]suggestion // of each command
	values   []choice                // behind a flag, where that is known
	operands []choice                // behind a command, where that is known
}

// A suggestion is a command, or a flag with its dashes.
type suggestion struct {
	word, says string
	value      bool // a value follows
}

// A choice is the words that may stand behind others.
type choice struct {
	behind string
	words  []string
}

func vocabularyOf(app *cli.App) vocabulary {
	rules, products := ruleWords(), productWords()
	v := vocabulary{
		flags: map[string][]suggestion{},
		values: []choice{
			{"--only", rules}, {"--skip", rules}, {"--require", rules}, {"--break", rules}, {"--product", products}, {"--to", formatWords()}, {"--expect", checks.Promises}, {"--profile", append([]string{"auto"}, checks.Profiles...)},
			{"--fail-on", []string{"must", "should", "advice", "never"}}, {"--color", []string{"auto", "always", "never"}}, {"--progress", []string{"auto", "never"}},
			{"--cuts", []string{"sweep", "random"}}, {"--resume", []string{"auto", "last-event-id", "replay", "none"}},
		},
		operands: []choice{
			{"explain", rules}, {"rules", rules}, {"remedies", products}, {"completion", []string{"bash", "zsh", "fish"}}, {"baseline", []string{"write", "check"}},
		},
	}
	for _, c := range app.VisibleCommands() {
		v.commands = append(v.commands, suggestion{word: c.Name, says: c.Usage})
		v.flags[c.Name] = flagsOf(c)
	}
	return v
}

func flagsOf(c *cli.Command) []suggestion {
	var out []suggestion
	for _, f := range c.VisibleFlags() {
		d := f.(cli.DocGenerationFlag)
		if f == cli.HelpFlag { // the command that runs has it already, others have not yet
			continue
		}
		for _, n := range f.Names() {
			out = append(out, suggestion{dashed(n), strings.ReplaceAll(d.GetUsage(), "`", ""), d.TakesValue()})
		}
	}
	return append(out, suggestion{word: "--help", says: "show help"})
}

// dashed writes the name of a flag as it is given.
func dashed(name string) string {
	if len(name) == 1 {
		return "-" + name
	}
	return "--" + name
}

// ruleWords are the families and the ids of the rules.
func ruleWords() []string {
	var out []string
	for _, c := range suite.All() {
		if !slices.Contains(out, c.Family()) {
			out = append(out, c.Family())
		}
		out = append(out, c.ID)
	}
	return out
}

func productWords() []string {
	var out []string
	for _, p := range remedy.Builtin().Products {
		out = append(out, p.Name)
	}
	return out
}

func formatWords() []string {
	var out []string
	for _, f := range reports.Formats {
		out = append(out, f.Name)
	}
	return out
}

// plain are the flags that a value follows of which nothing is known: a file, or what only the user knows.
func (v vocabulary) plain() []string {
	var out []string
	known := func(flag string) bool {
		return slices.ContainsFunc(v.values, func(c choice) bool { return c.behind == flag })
	}
	for _, c := range v.commands {
		for _, t := range v.flags[c.word] {
			if t.value && !known(t.word) && !slices.Contains(out, t.word) {
				out = append(out, t.word)
			}
		}
	}
	return out
}
