package main

import (
	"path"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/ssespec/ssespec/reports"
)

// arrange rewrites the arguments of a command so that they may be written as curl's users write
// them: flags behind the URL, a value glued to its letter (-XPOST), letters in a bunch (-kL),
// and --json without a value.
func arrange(flags []cli.Flag, args []string) []string {
	var front, rest []string
	for i := 0; i < len(args); i++ {
		a := args[i]
		if a == "--" {
			rest = append(rest, args[i+1:]...)
			break
		}
		if len(a) < 2 || a[0] != '-' {
			rest = append(rest, a)
			continue
		}
		if i+1 < len(args) && mayStandAlone(strings.TrimLeft(a, "-")) && namesReport(args[i+1]) {
			i++
			front = append(front, a+"="+args[i])
			continue
		}
		words := spell(flags, a)
		front = append(front, words...)
		last := words[len(words)-1]
		if takesValue(flags, last) && i+1 < len(args) {
			i++
			front = append(front, args[i])
		}
	}
	return append(append(front, "--"), rest...)
}

// spell turns one argument into words that package flag understands.
func spell(flags []cli.Flag, a string) []string {
	name, _, given := strings.Cut(strings.TrimLeft(a, "-"), "=")
	if f := lookup(flags, name); f != nil || strings.HasPrefix(a, "--") {
		if _, isText := f.(*cli.StringFlag); isText && !given && mayStandAlone(name) {
			return []string{a + "=-"}
		}
		return []string{a}
	}
	var words []string
	for i, r := range a[1:] {
		letter := "-" + string(r)
		words = append(words, letter)
		if f := lookup(flags, string(r)); f == nil {
			return []string{a}
		}
		if takesValue(flags, letter) {
			if tail := a[1+i+len(string(r)):]; tail != "" {
				words[len(words)-1] = letter + "=" + tail
			}
			return words
		}
	}
	return words
}

// mayStandAlone reports whether a flag without a value means standard output: those of the formats do.
func mayStandAlone(name string) bool {
	return slices.ContainsFunc(reports.Formats, func(f reports.Format) bool { return f.Name == name })
}

// namesReport reports whether a word behind a format is the file to write, and not a target.
func namesReport(word string) bool {
	endings := []string{".json", ".xml", ".sarif", ".html", ".md", ".txt", ".tap", ".ndjson"}
	return slices.Contains(endings, path.Ext(word)) && !strings.Contains(word, "://")
}

func lookup(flags []cli.Flag, name string) cli.Flag {
	for _, f := range flags {
		if slices.Contains(f.Names(), name) {
			return f
		}
	}
	return nil
}

func takesValue(flags []cli.Flag, word string) bool {
	if strings.Contains(word, "=") {
		return false
	}
	f := lookup(flags, strings.TrimLeft(word, "-"))
	if f == nil {
		return false
	}
	_, isBool := f.(*cli.BoolFlag)
	return !isBool
}
