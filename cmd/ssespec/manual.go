package main

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/urfave/cli/v2"
)

func manCommand() *cli.Command {
	return &cli.Command{
		Name:  "man",
		Usage: "the manual page, for man -l -",
		Action: func(c *cli.Context) error {
			_, err := fmt.Fprint(c.App.Writer, manual(c.App, thisBuild()))
			return err
		},
	}
}

// manual writes the manual page. Its day is that of the commit, so that the same commit gives the same page.
func manual(app *cli.App, made build) string {
	var b strings.Builder
	day, _, _ := strings.Cut(made.Time, "T")
	fmt.Fprintf(&b, ".TH ssespec 1 %q \"ssespec %s\" \"User Commands\"\n", day, made.Version)
	fmt.Fprintf(&b, ".SH NAME\nssespec \\- %s\n", roff(app.Usage))
	fmt.Fprintf(&b, ".SH SYNOPSIS\n.nf\n%s\n.fi\n", roff(app.UsageText))
	b.WriteString(".SH COMMANDS\n")
	for _, c := range app.VisibleCommands() {
		if c.Name != "help" {
			manualCommand(&b, c)
		}
	}
	b.WriteString(manualEnd)
	return b.String()
}

func manualCommand(b *strings.Builder, c *cli.Command) {
	fmt.Fprintf(b, ".SS ssespec %s\n%s.\n", roff(strings.TrimSpace(c.Name+" "+c.ArgsUsage)), roff(c.Usage))
	for p := range strings.SplitSeq(strings.TrimSpace(c.Description), "\n\n") {
		manualParagraph(b, p)
	}
	for _, f := range c.VisibleFlags() {
		if f != cli.HelpFlag {
			fmt.Fprintf(b, ".TP\n%s\n%s\n", manualFlag(f), roffFlag(f.(cli.DocGenerationFlag)))
		}
	}
}

// manualParagraph writes a paragraph, its lines as they are where some are indented: that is a file, or a command.
func manualParagraph(b *strings.Builder, p string) {
	switch {
	case p == "":
	case strings.HasPrefix(p, " ") || strings.Contains(p, "\n "):
		fmt.Fprintf(b, ".PP\n.nf\n%s\n.fi\n", roff(p))
	default:
		fmt.Fprintf(b, ".PP\n%s\n", roff(p))
	}
}

var placeholder = regexp.MustCompile("`([^`]*)`")

// manualFlag writes the names of a flag and the placeholder of its value.
func manualFlag(f cli.Flag) string {
	var names []string
	for _, n := range f.Names() {
		names = append(names, `\fB`+roff(dashed(n))+`\fR`)
	}
	s := strings.Join(names, ", ")
	if d := f.(cli.DocGenerationFlag); d.TakesValue() {
		value := "VALUE"
		if m := placeholder.FindStringSubmatch(d.GetUsage()); m != nil {
			value = m[1]
		}
		s += ` \fI` + roff(value) + `\fR`
	}
	return s
}

// roffFlag writes what a flag is for, and its default where it has one.
func roffFlag(d cli.DocGenerationFlag) string {
	says := placeholder.ReplaceAllString(roff(d.GetUsage()), `\fI$1\fR`)
	if v := d.GetDefaultText(); v != "" && d.TakesValue() {
		says += " (default: " + roff(v) + ")"
	}
	return says + "."
}

// roffOrder is what begins a line that the formatter would obey.
var roffOrder = regexp.MustCompile(`(?m)^[.']`)

// roff escapes what the formatter would obey.
func roff(s string) string {
	return roffOrder.ReplaceAllString(strings.NewReplacer(`\`, `\e`, "-", `\-`).Replace(s), `\&$0`)
}

const manualEnd = `.SH EXIT STATUS
.TP
.B 0
Everything that had to be judged was judged and passed.
.TP
.B 1
Findings at or above
.BR \-\-fail\-on ,
a stale entry of the baseline, or an expired waiver.
.TP
.B 2
A mistake in the command line or in the configuration.
.TP
.B 3
The target cannot be reached, refuses authentication or is no stream.
.TP
.B 4
Inconclusive: nothing judged, a required rule not judged, budget or time spent.
.TP
.B 70
ssespec itself is at fault.
.TP
.B 130
Interrupted: the report is partial.
.PP
When several apply, the order is 70, 2, 3, 1, 4.
.SH ENVIRONMENT
Each flag may be given as a variable:
.B \-\-max\-time
is
.BR SSESPEC_MAX_TIME .
.BR NO_COLOR ,
.BR CI ,
.BR TERM=dumb ,
.BR HTTPS_PROXY ,
.B NO_PROXY
and
.B GITHUB_STEP_SUMMARY
are honoured.
.SH EXAMPLES
.nf
ssespec http://localhost:8080/stream
ssespec chaos http://localhost:8080/stream
ssespec gate \-c ssespec.yml \-\-junit=junit.xml \-\-html=report.html
.fi
`
