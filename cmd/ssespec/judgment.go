package main

import (
	"fmt"

	"github.com/urfave/cli/v2"

	"github.com/ssespec/ssespec/checks"
	"github.com/ssespec/ssespec/checks/excuse"
	"github.com/ssespec/ssespec/checks/remedy"
	"github.com/ssespec/ssespec/checks/wire"
	"github.com/ssespec/ssespec/reports"
)

// A judgment is how recordings are judged and where the reports go.
type judgment struct {
	c        *cli.Context
	suite    checks.Suite
	gate     gate
	book     excuse.Book // of what is known to fail
	text     reports.Text
	out      *outputs
	remedies remedy.Table
	products []string
}

func newJudgment(c *cli.Context, s checks.Suite) (*judgment, error) {
	j, err := newQuietJudgment(c, s)
	if err != nil {
		return nil, err
	}
	if j.text, err = textOf(c); err != nil {
		return nil, err
	}
	if j.book, err = bookOf(c, false); err != nil {
		return nil, err
	}
	j.book.Expected, _ = among(c, j.book.Expected)
	j.out, err = newRunOutputs(c)
	return j, err
}

// newQuietJudgment returns a judgment whose reports somebody else writes.
func newQuietJudgment(c *cli.Context, s checks.Suite) (*judgment, error) {
	j := &judgment{c: c}
	var err error
	if j.suite, err = selected(c, s); err != nil {
		return nil, err
	}
	if j.gate, err = newGate(c); err != nil {
		return nil, err
	}
	if err := knownPromises(c.StringSlice("expect")); err != nil {
		return nil, err
	}
	if j.remedies, err = remediesOf(c); err != nil {
		return nil, err
	}
	j.products, err = productsOf(c, j.remedies)
	return j, err
}

// follow makes recordings while a terminal and a file see what goes on, keeps them in a file if one is named, and judges them.
func (j *judgment) follow(command, file string, record func(audience) (*wire.Bundle, error)) (*reports.Report, error) {
	shown, tell := newBar(j.c)
	b, err := record(tellBoth(tell, j.out.tell("", command)))
	shown.stop()
	if err != nil {
		return nil, err
	}
	if err := keep(b, file); err != nil {
		return nil, err
	}
	r := j.judge(command, b)
	r.Kept = file
	return r, nil
}

// judge judges one bundle.
func (j *judgment) judge(command string, b *wire.Bundle) *reports.Report {
	ev := checks.NewEvidence(b)
	return j.conclude(command, ev, j.suite.Judge(ev))
}

// conclude excuses what is known to fail and says what the results mean for the run.
func (j *judgment) conclude(command string, ev *checks.Evidence, results []checks.Result) *reports.Report {
	r := &reports.Report{Version: thisBuild().Version, Command: command, Evidence: ev, Remedies: j.remedies, Products: j.products}
	r.Results = j.book.Excuse(caseOf(ev.Bundle, results))
	r.FailOn = j.gate.word()
	r.Exit, r.Why = j.gate.decide(ev, r.Results)
	r.Partial = r.Exit == exitInterrupted
	return r
}

// finish writes the reports and returns the error that carries the worst exit code.
func (j *judgment) finish(rs []*reports.Report) error {
	kept := upkeep(j.book, "what is known to fail", rs[0].Command, rs, false)
	unwritten := j.out.write(rs, kept)
	quiet := j.out.machine || j.c.Bool("quiet")
	if !quiet {
		if err := j.print(rs, kept); err != nil {
			return err
		}
	}
	code, why := worst(rs, kept)
	return ended(code, why, quiet, unwritten)
}

// documents returns what programs are told of reports, and of the book they were judged with.
func documents(rs []*reports.Report, kept *reports.Document) []*reports.Document {
	var ds []*reports.Document
	for _, r := range rs {
		ds = append(ds, r.Document())
	}
	if kept != nil {
		ds = append(ds, kept)
	}
	return ds
}

// print writes the reports one below the other, and what is wrong with the book.
func (j *judgment) print(rs []*reports.Report, kept *reports.Document) error {
	for i, r := range rs {
		if i > 0 {
			fmt.Fprintln(j.c.App.Writer)
		}
		if err := j.text.Report(j.c.App.Writer, r); err != nil {
			return err
		}
	}
	if kept == nil {
		return nil
	}
	return j.text.Upkeep(j.c.App.Writer, kept)
}

// worst returns the worst exit code of several runs, and why it is so.
func worst(rs []*reports.Report, kept *reports.Document) (code int, why string) {
	for _, r := range rs {
		if worse(code, r.Exit) != code {
			code, why = r.Exit, r.Why
		}
	}
	if kept != nil && worse(code, kept.Exit) != code {
		code, why = kept.Exit, kept.Why
	}
	return code, why
}

// ended returns the error that carries an exit code. Where a report was printed it has said why. A file that could not be written
// is the user's mistake.
func ended(code int, why string, quiet bool, unwritten error) error {
	switch {
	case unwritten != nil && worse(code, exitUsage) == exitUsage:
		return unwritten
	case unwritten != nil:
		return &exitError{code, unwritten.Error()}
	case code == exitPass:
		return nil
	case !quiet || code == exitFindings:
		why = ""
	}
	return &exitError{code, why}
}
