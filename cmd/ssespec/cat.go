package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/ssespec/ssespec/chaos"
	"github.com/ssespec/ssespec/checks/browser"
	"github.com/ssespec/ssespec/checks/stream"
	"github.com/ssespec/ssespec/checks/wire"
)

func catCommand() *cli.Command {
	return &cli.Command{
		Name:      "cat",
		Usage:     "show events as they arrive, each with its arrival offset",
		ArgsUsage: "URL",
		Flags: slices.Concat(requestFlags(), []cli.Flag{
			span("max-time", "stop after this `DURATION`", 0),
			toggle("raw", "show the body's bytes in quoted form, one read a line"),
			toggle("data-only", "show the data of events only, as it is"),
			text("as", "read as this `CLIENT`: eventsource comes back as a browser does, with Last-Event-ID, until it is told to stop"),
			text("origin", "with --as eventsource: as a page on this `ORIGIN`, which must be let in"),
			toggle("credentials", "with --origin: that page asks with credentials"),
			&cli.Int64Flag{Name: "max-bytes", Usage: "read at most `N` bytes", Value: 1 << 30, EnvVars: env("max-bytes")},
		}),
		Action: func(c *cli.Context) error {
			if c.NArg() != 1 {
				return usage("", "cat takes one URL")
			}
			return showStream(c)
		},
	}
}

// forever stands for no limit of time.
const forever = 365 * 24 * time.Hour

// showStream prints what comes until the stream ends or the user leaves.
func showStream(c *cli.Context) error {
	l, err := newLab(c, c.Args().First())
	if err != nil {
		return err
	}
	if l.Watch = c.Duration("max-time"); l.Watch == 0 {
		l.Watch = forever
	}
	ctx, stop := interruptible(c.Context)
	defer stop()
	v := newViewer(c)
	switch as := c.String("as"); {
	case strings.EqualFold(as, "eventsource"):
		return attend(ctx, c, l, v)
	case as != "":
		return usage("Write eventsource, or leave it out.", "--as %q is no client", as)
	case l.Origin != "":
		return usage("Write --as eventsource too.", "--origin says where an EventSource lies")
	}
	x, err := l.Follow(ctx, v.take)
	if err != nil {
		return &exitError{exitUnreachable, err.Error()}
	}
	return v.end(x, ctx.Err() != nil)
}

// attend prints what an EventSource dispatches, and what becomes of its connections, until it is CLOSED.
func attend(ctx context.Context, c *cli.Context, l *chaos.Lab, v *viewer) error {
	if l.Target.Method != "GET" {
		return usage("", "an EventSource sends GET, not %s", l.Target.Method)
	}
	if d := c.Duration("max-time"); d > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, d)
		defer cancel()
		l.Watch = forever
	}
	e := chaos.NewEventSource(l.Target.URL, browser.Page{Origin: l.Origin, Include: l.Include})
	opens := 0
	e.OnOpen = func(x *wire.Exchange) {
		opens++
		fmt.Fprintf(v.errs, "open: %s %d after %v\n", x.Proto, x.Status, x.HeadAt.Round(time.Microsecond))
	}
	e.OnMessage = func(at time.Duration, ev *stream.Event) {
		v.at = at
		v.event(ev)
	}
	e.OnError = func() {
		if e.State == chaos.Closed {
			fmt.Fprintf(v.errs, "error: CLOSED: %s\n", printable(l.Secrets.Mask(e.Why.Error())))
			return
		}
		with := "without Last-Event-ID"
		if e.LastEventID != "" {
			with = fmt.Sprintf("with Last-Event-ID %s", strconv.Quote(stream.Decode([]byte(e.LastEventID))))
		}
		fmt.Fprintf(v.errs, "error: CONNECTING again in %v %s\n", e.ReconnectionTime, with)
	}
	err := l.Listen(ctx, e)
	switch {
	case err != nil:
		return &exitError{exitUnreachable, err.Error()}
	case errors.Is(ctx.Err(), context.Canceled):
		return &exitError{exitInterrupted, ""}
	case opens == 0:
		return &exitError{exitUnreachable, "the stream did not open"}
	}
	return nil
}

// A viewer prints events as they come.
type viewer struct {
	w      io.Writer
	errs   io.Writer
	raw    bool
	data   bool
	escape bool
	at     time.Duration
	opened bool
	reader *stream.Reader
}

func newViewer(c *cli.Context) *viewer {
	return &viewer{w: c.App.Writer, errs: c.App.ErrWriter, raw: c.Bool("raw"), data: c.Bool("data-only"), escape: isTerminal(c.App.Writer)}
}

// maxCatEvent bounds one event that is held before it is shown.
const maxCatEvent = 16 << 20

// take is given the decoded body bytes of one read.
func (v *viewer) take(x *wire.Exchange, at time.Duration, body []byte) {
	if !v.opened {
		v.opened = true
		t := x.Header.MediaType().Essence
		fmt.Fprintf(v.errs, "%s %d  %s  after %v\n", x.Proto, x.Status, strconv.QuoteToASCII(t), x.HeadAt.Round(time.Microsecond))
		v.reader = stream.NewReader(stream.SyntaxOf(t), v.event)
		v.reader.MaxEvent = maxCatEvent
	}
	v.at = at
	switch {
	case v.raw, v.reader == nil:
		fmt.Fprintf(v.w, "%s  %q\n", v.offset(), body)
	default:
		v.reader.Write(body)
	}
}

func (v *viewer) offset() string { return fmt.Sprintf("%10.3fs", v.at.Seconds()) }

// event prints one event: its moment, its type and id where it has them, and its data line by line.
func (v *viewer) event(e *stream.Event) {
	if v.data {
		fmt.Fprintln(v.w, v.shown(e.Data))
		return
	}
	label := ""
	if n := e.Name(); n != "message" {
		label = strconv.QuoteToASCII(n) + " "
	}
	if len(e.ID) > 0 {
		label += "#" + strings.Trim(strconv.Quote(stream.Decode(e.ID)), `"`) + " "
	}
	for i, l := range strings.Split(stream.Decode(e.Data), "\n") {
		lead := v.offset()
		if i > 0 {
			lead = strings.Repeat(" ", len(lead))
		}
		fmt.Fprintf(v.w, "%s  %s%s\n", lead, label, v.shown([]byte(l)))
		label = strings.Repeat(" ", len(label))
	}
}

// shown returns data for the terminal, where it must not do anything but stand there.
func (v *viewer) shown(b []byte) string {
	s := stream.Decode(b)
	if !v.escape && v.data {
		return s
	}
	return strings.ReplaceAll(strings.ReplaceAll(printable(s), `\"`, `"`), `\\`, `\`)
}

// printable escapes what is not printable.
func printable(s string) string {
	q := strconv.Quote(s)
	return q[1 : len(q)-1]
}

// end says how the stream stopped.
func (v *viewer) end(x *wire.Exchange, interrupted bool) error {
	fmt.Fprintf(v.errs, "%s after %v %s\n", x.End.Kind, x.End.At.Round(time.Millisecond), x.End.Note)
	switch {
	case interrupted:
		return &exitError{exitInterrupted, ""}
	case x.Status != 200:
		return &exitError{exitUnreachable, fmt.Sprintf("the target answered status %d", x.Status)}
	}
	return nil
}
