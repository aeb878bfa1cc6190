package resume_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ssespec/ssespec/chaos"
	"github.com/ssespec/ssespec/checks/profile"
	"github.com/ssespec/ssespec/checks/stream"
	"github.com/ssespec/ssespec/checks/wire"
	"github.com/ssespec/ssespec/fixtures"
)

// A recorded is a case that -update records: a server, what is tried on it, and what the rules must say.
// Trials that a sound server cannot make go wrong are taken from another server of the same answer.
type recorded struct {
	name  string // "gap/fail"
	wants []string
	run
	other   *fixtures.Server // another server
	instead []string         // and what is tried on that
	change  func(*wire.Bundle)
}

// want returns one line of a case for a rule of this family.
func want(verdict string, slugs ...string) (lines []string) {
	for _, s := range slugs {
		lines = append(lines, "want "+verdict+" resume/"+s)
	}
	return lines
}

// short is a resumable server whose answer is long enough to be counted, and no longer.
func short(k fixtures.Kind) *fixtures.Server { return fixtures.Resumable{Kind: k, Events: 6}.Server() }

// sound is a run on the plain server.
func sound(cuts ...string) run { return run{server: short(fixtures.Finite), cuts: cuts} }

// with is a run on a server that has the flaw.
func with(name string, cuts ...string) run { return run{server: broken(name), cuts: cuts} }

func broken(name string) *fixtures.Server {
	all := fixtures.Flaws()
	f := all[slices.IndexFunc(all, func(f fixtures.Flaw) bool { return f.Name == name })]
	if f.Events == 0 && f.Name != "shared-history" { // whose readers need time to meet
		f.Events = 6
	}
	f.At = 3
	return f.Server()
}

func endless(cuts ...string) run {
	return run{server: short(fixtures.Live), cuts: cuts}.unending()
}

// unending says that the stream of a run has no end.
func (r run) unending() run {
	r.endless = true
	return r
}

// promising adds what the user declares.
func (r run) promising(what ...string) run {
	r.promises = what
	return r
}

// by sets how the rest is asked for.
func (r run) by(way profile.Way, name string) run {
	r.resume = profile.Resume{Way: way, Name: name}
	return r
}

const (
	cut    = "event:3/rst"
	within = "after-id:4/rst"
	again  = "event:2/rst,event:2/rst"
)

var cases = []recorded{
	{name: "resumes/pass", wants: want("pass", "resumes"), run: sound(cut)},
	{name: "resumes/promised", wants: want("pass", "resumes"), run: sound(cut).promising("resume")},
	{name: "resumes/refused-unpromised", wants: want("pass", "resumes"), run: with("refuses", cut)},
	{name: "resumes/fail-refused", wants: want("fail", "resumes"), run: with("refuses", cut).promising("resume")},
	{name: "resumes/fail-expired", wants: want("fail", "resumes"), run: with("forgets", cut).promising("resume")},
	{name: "resumes/fail-no-ids", wants: want("fail", "resumes"), run: run{server: short(fixtures.NoIDs), cuts: []string{cut}, promises: []string{"resume"}}},
	{name: "resumes/no-ids", wants: append(want("pass", "resumes"), want("not-applicable", "gap", "ids-taken-up")...), run: run{server: short(fixtures.NoIDs), cuts: []string{cut}}},
	{name: "resumes/post-without-a-way", wants: append(want("pass", "resumes"), want("not-applicable", "gap", "ids-taken-up")...), run: run{server: short(fixtures.Route), cuts: []string{cut}}, change: stopped},
	{name: "resumes/live-without-history", wants: append(want("pass", "resumes"), want("not-applicable", "gap", "silent-loss")...),
		run: endless(cut), change: forget},

	{name: "gap/pass", wants: want("pass", "gap", "order", "replay-identical", "restart-detected", "false-end", "hung"), run: sound(cut)},
	{name: "gap/fail", wants: want("fail", "gap"), run: with("off-by-one", cut)},
	{name: "gap/fail-at-the-seam", wants: want("fail", "gap"), run: with("lost-seam", cut).unending()},
	{name: "gap/live", wants: want("pass", "gap"), run: endless(cut)},
	{name: "gap/at-least-once", wants: want("pass", "gap", "order"), run: with("inclusive", cut)},
	{name: "gap/no-longer-kept", wants: want("not-applicable", "gap", "restart-detected"), run: with("forgets", cut)},
	{name: "gap/never-cut", wants: want("inconclusive", "gap"), run: sound("event:40/rst").promising("resume")},
	{name: "gap/fail-in-a-replay", wants: want("fail", "gap"), run: run{server: short(fixtures.Whole), cuts: []string{cut}}.by(profile.FullReplay, ""), change: shorten},

	{name: "false-end/pass", wants: want("pass", "false-end"), run: sound(cut)},
	{name: "false-end/fail", wants: want("fail", "false-end"), run: with("false-end", cut)},
	{name: "false-end/live", wants: want("not-applicable", "false-end", "hung"), run: endless(cut)},
	{name: "silent-loss/pass", wants: want("pass", "silent-loss"), run: sound(cut, cut+",cursor:unknown")},
	{name: "silent-loss/fail", wants: want("fail", "silent-loss"), run: with("empty-resume", cut)},
	{name: "silent-loss/fail-unknown", wants: want("fail", "silent-loss"), run: with("silent-unknown", cut, cut+",cursor:unknown")},
	{name: "silent-loss/no-longer-kept", wants: want("not-applicable", "silent-loss"), run: with("forgets", cut)},
	{name: "hung/pass", wants: want("pass", "hung"), run: sound(cut)},
	{name: "hung/fail", wants: want("fail", "hung"), run: with("never-arrives", cut)},
	{name: "order/pass", wants: want("pass", "order"), run: sound(cut)},
	{name: "order/fail", wants: want("fail", "order"), run: with("reordered", cut)},
	{name: "replay-identical/pass", wants: want("pass", "replay-identical"), run: sound(cut)},
	{name: "replay-identical/fail", wants: want("fail", "replay-identical"), run: with("altered", cut)},
	{name: "replay-identical/fail-other-ids", wants: want("fail", "replay-identical"), run: with("own-ids", cut)},
	{name: "cursor-isolation/pass", wants: want("pass", "cursor-isolation"), run: run{server: short(fixtures.Stored), cuts: []string{cut, cut + ",rival"}}},
	{name: "cursor-isolation/fail", wants: want("fail", "cursor-isolation"), run: with("shared-history", "event:5/rst,rival")},
	{name: "restart-detected/pass", wants: want("pass", "restart-detected", "ids-taken-up"), run: run{server: short(fixtures.Stored), cuts: []string{cut}}},
	{name: "restart-detected/fail", wants: want("fail", "restart-detected"), run: with("restart", cut).promising("resume")},
	{name: "restart-detected/fail-regenerated", wants: want("fail", "restart-detected"), run: with("regenerated", cut).promising("resume")},
	{name: "restart-detected/unpromised", wants: want("not-applicable", "restart-detected"), run: with("restart", cut)},
	{name: "ids-taken-up/pass", wants: want("pass", "ids-taken-up"), run: sound(cut)},
	{name: "ids-taken-up/fail", wants: want("fail", "ids-taken-up"), run: with("restart", cut)},
	{name: "ids-taken-up/fail-regenerated", wants: want("fail", "ids-taken-up"), run: with("regenerated", cut)},
	{name: "ids-taken-up/no-longer-kept", wants: want("not-applicable", "ids-taken-up"), run: with("forgets", cut)},

	{name: "incomplete-event/pass", wants: want("pass", "incomplete-event"), run: sound(within)},
	{name: "incomplete-event/fail", wants: want("fail", "incomplete-event"), run: with("sent-not-read", within)},
	{name: "incomplete-event/at-least-once", wants: want("pass", "incomplete-event"), run: with("inclusive", cut, within)},
	{name: "many-cuts/pass", wants: want("pass", "many-cuts"), run: sound(again)},
	{name: "many-cuts/fail", wants: want("fail", "many-cuts"), run: with("second-cut", again)},
	{name: "suffix-consistency/pass", wants: want("pass", "suffix-consistency"), run: sound(cut + ",cursor:first")},
	{name: "suffix-consistency/fail", wants: want("fail", "suffix-consistency"), run: with("second-cut", cut+",cursor:first")},
	{name: "header-case/pass", wants: want("pass", "header-case"), run: sound(cut, cut+",lower")},
	{name: "header-case/fail", wants: want("fail", "header-case"), run: sound(cut), other: broken("restart"), instead: []string{cut + ",lower"}},
	{name: "header-case/another-way", wants: want("not-applicable", "header-case"), run: run{server: short(fixtures.XCursor), cuts: []string{cut}}.by(profile.HeaderField, "X-Cursor")},
	{name: "unharmed/pass", wants: want("pass", "unharmed"), run: sound("slice:7")},
	{name: "unharmed/fail", wants: want("fail", "unharmed"), run: sound("slice:7"), change: skip},
	{name: "duplicates/pass", wants: want("pass", "duplicates"), run: sound(cut)},
	{name: "duplicates/fail", wants: want("fail", "duplicates"), run: with("inclusive", cut)},
	{name: "duplicates/fail-promised", wants: want("fail", "duplicates"), run: with("inclusive", cut).promising("exactly-once")},

	{name: "while-old-open/pass", wants: want("pass", "while-old-open"), run: sound(cut, "event:3/stall")},
	{name: "while-old-open/fail", wants: want("fail", "while-old-open"), run: sound(cut), other: broken("refuses"), instead: []string{"event:3/half-close"}},
	{name: "two-resumers/pass", wants: want("pass", "two-resumers"), run: sound(cut, cut+",rivals")},
	{name: "two-resumers/fail", wants: want("fail", "two-resumers"), run: sound(cut), other: broken("off-by-one"), instead: []string{cut + ",rivals"}},
	{name: "terminal-cursor/pass", wants: want("pass", "terminal-cursor"), run: sound(cut + ",cursor:terminal")},
	{name: "terminal-cursor/fail", wants: want("fail", "terminal-cursor"), run: sound(cut, cut+",cursor:terminal"), change: behindTheEnd(200, wire.HungUp)},
	{name: "terminal-cursor/ends-at-once", wants: want("pass", "terminal-cursor"), run: sound(cut, cut+",cursor:terminal"), change: behindTheEnd(200, wire.Complete)},
	{name: "without-affinity/pass", wants: want("pass", "without-affinity"), run: sound(cut, "event:2/rst"), change: elsewhere("address")},
	{name: "without-affinity/fail", wants: want("fail", "without-affinity"), run: sound(cut), other: broken("forgets"), instead: []string{cut}, change: elsewhere("address")},
	{name: "without-affinity/fail-without-cookies", wants: want("fail", "without-affinity"), run: with("forgets", cut, "event:2/rst", "event:4/rst").promising("resume"),
		other: short(fixtures.Finite), instead: []string{cut}, change: elsewhere("cookies")},
	{name: "without-affinity/nowhere", wants: append(want("inconclusive", "without-affinity"), want("fail", "gap")...), run: with("off-by-one", cut, "event:2/rst"), change: elsewhere("address")},
	{name: "without-affinity/one-address", wants: want("not-applicable", "without-affinity"), run: sound(cut, cut+",address")},

	{name: "hostile-id/pass", wants: want("pass", "hostile-id"), run: sound(cut+",cursor:malformed", cut+",cursor:non-ascii")},
	{name: "hostile-id/fail", wants: want("fail", "hostile-id"), run: sound(cut + ",cursor:malformed"), change: answering(500)},
	{name: "hostile-id/refuses-everybody", wants: want("not-applicable", "hostile-id", "unknown-id"), run: with("refuses", cut, cut+",cursor:malformed")},
	{name: "unknown-id/pass", wants: want("pass", "unknown-id"), run: sound(cut + ",cursor:unknown")},
	{name: "unknown-id/fail", wants: want("fail", "unknown-id"), run: sound(cut + ",cursor:unknown"), change: answering(500)},
	{name: "unknown-id/fail-silent", wants: want("fail", "unknown-id"), run: sound(cut + ",cursor:unknown"), change: answering(0)},
	{name: "empty-header/pass", wants: want("pass", "empty-header"), run: sound(cut + ",cursor:empty")},
	{name: "empty-header/fail", wants: want("fail", "empty-header"), run: sound(cut + ",cursor:empty"), change: answering(400)},

	{name: "cut-kinds/pass", wants: want("pass", "cut-kinds"), run: sound("event:3/fin", "event:3/rst")},
	{name: "delay-window/pass", wants: want("pass", "delay-window"), run: sound(cut, cut+",wait:100ms")},
	{name: "producer-survives/pass", wants: want("pass", "producer-survives"), run: sound(cut + ",wait:100ms")},
	{name: "producer-survives/soon", wants: want("inconclusive", "producer-survives"),
		run: run{server: fixtures.Resumable{Events: 6, Pace: 50 * time.Millisecond}.Server(), cuts: []string{cut}}},
	{name: "truncation-detectable/pass", wants: want("pass", "truncation-detectable"), run: run{server: short(fixtures.NoIDs), cuts: []string{"event:3/fin"}}},
	{name: "truncation-detectable/looks-whole", wants: want("pass", "truncation-detectable"),
		run: run{server: short(fixtures.NoIDs), cuts: []string{"event:3/fin"}}, change: unframed},
	{name: "5xx-window/pass", wants: want("pass", "5xx-window"), run: sound(cut+",status:503", cut+",refuse:50ms")},
}

// nobody makes none of the usual trials.
func nobody(*chaos.Trial) bool { return false }

// write records a case.
func (c recorded) write(t *testing.T) {
	t.Helper()
	c.usual = nobody
	b := record(t, c.run)
	if c.other != nil {
		extra := record(t, run{server: c.other, resume: c.resume, cuts: c.instead, usual: nobody})
		for _, r := range extra.Recordings {
			if r.Trial != nil {
				r.Scene = wire.Scene(fmt.Sprintf("trial-%d", len(b.Recordings)))
				b.Recordings = append(b.Recordings, r)
			}
		}
	}
	for _, r := range b.Recordings {
		plainly(r, b.Began)
	}
	brief(b)
	b.Wants, b.Duration, b.Requests, b.Noise = c.wants, 0, 0, nil
	b.Target.URL, b.Began = "http://127.0.0.1:8080/resumable", epoch
	if c.change != nil {
		c.change(b)
	}
	file := filepath.Join("testdata", c.name+".rec")
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	f, err := os.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := wire.Encode(f, b); err != nil {
		t.Error(err)
	}
}

// epoch is when all cases began.
var epoch = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

// plainly keeps of a recording what a person wants to read: a chunk for each event, few fields, whole milliseconds.
func plainly(r *wire.Recording, began time.Time) {
	if r.Trial != nil {
		r.Trial.Demanded = false
	}
	for _, x := range r.Exchanges {
		x.Began = epoch.Add(x.Began.Sub(began).Round(time.Millisecond))
		x.Body, x.Raw, x.Address, x.Dial = events(x), nil, "", 0
		x.HeadAt, x.End.At = ms(x.HeadAt), ms(x.End.At)
		x.Request.URL = "http://127.0.0.1:8080" + x.Request.URL[strings.Index(x.Request.URL, "/resumable"):]
		x.Request.Header = kept(x.Request.Header)
		x.Header = kept(x.Header)
		if x.Status == 0 {
			x.End.Note = "connection refused"
			if x.Fault != nil {
				x.Fault.Seen = x.End.Note
			}
		}
	}
}

// brief keeps of an endless stream its beginning, and of what a witness heard what the trials are about.
func brief(b *wire.Bundle) {
	if b.Recording(wire.Control).Last().End.Kind == wire.Complete {
		return
	}
	all := trials(b)
	from, to := all[0].Exchanges[0].Began, all[len(all)-1].Last().Began.Add(all[len(all)-1].Last().End.At)
	for _, r := range b.Recordings {
		x := r.Last()
		switch {
		case r.Trial != nil:
		case r.Scene == wire.Witness:
			x.Body = slices.DeleteFunc(x.Body, func(c wire.Chunk) bool {
				at := x.Began.Add(c.At)
				return at.Before(from) || at.After(to)
			})
		default:
			x.Body = x.Body[:min(6, len(x.Body))]
			x.End.At = x.Body[len(x.Body)-1].At
		}
	}
}

func ms(d time.Duration) time.Duration { return d.Round(time.Millisecond) }

func kept(h wire.Header) wire.Header {
	return slices.DeleteFunc(slices.Clone(h), func(f wire.Field) bool {
		return !slices.Contains([]string{"last-event-id", "x-cursor", "content-type"}, strings.ToLower(f.Name))
	})
}

// events divides a body behind its events.
func events(x *wire.Exchange) (out []wire.Chunk) {
	text, _ := x.Decoded()
	rest, lo := text.Bytes, 0
	for _, e := range stream.Parse(stream.EventStream, text.Bytes).Events {
		out = append(out, wire.Chunk{At: ms(text.When(e.Hi - 1)), Data: text.Bytes[lo:e.Hi]})
		lo, rest = e.Hi, text.Bytes[e.Hi:]
	}
	if len(rest) > 0 {
		out = append(out, wire.Chunk{At: ms(text.When(len(text.Bytes) - 1)), Data: rest})
	}
	return out
}

// trials returns the recordings of trials.
func trials(b *wire.Bundle) (out []*wire.Recording) {
	for _, r := range b.Recordings {
		if r.Trial != nil {
			out = append(out, r)
		}
	}
	return out
}

// forget makes the last connection of every trial begin three events later.
func forget(b *wire.Bundle) {
	for _, r := range trials(b) {
		x := r.Last()
		x.Body = x.Body[3:]
	}
}

// stopped ends every trial where its reader has no way back.
func stopped(b *wire.Bundle) {
	for _, r := range trials(b) {
		r.Trial.Gap = ""
	}
}

// skip leaves out an event of what is sent last.
func skip(b *wire.Bundle) {
	for _, r := range trials(b) {
		x := r.Last()
		x.Body = slices.Delete(x.Body, 2, 3)
	}
}

// shorten lets the last connection of every trial end two events early.
func shorten(b *wire.Bundle) {
	for _, r := range trials(b) {
		x := r.Last()
		x.Body = x.Body[:len(x.Body)-2]
	}
}

// answering gives the last connection of every trial another status, or no answer at all.
func answering(status int) func(*wire.Bundle) {
	return func(b *wire.Bundle) {
		for _, r := range trials(b) {
			x := r.Last()
			x.Status, x.Header, x.Body = status, nil, nil
			if status == 0 {
				x.Proto, x.HeadAt, x.End = "", 0, wire.End{Kind: wire.Silent, At: 2 * time.Second}
			}
		}
	}
}

// behindTheEnd answers what asks for what follows the last event with a stream without events.
func behindTheEnd(status int, end wire.EndKind) func(*wire.Bundle) {
	return func(b *wire.Bundle) {
		x := trials(b)[1].Last()
		x.Status, x.Header = status, wire.Header{{Name: "Content-Type", Value: "text/event-stream"}}
		x.Body = []wire.Chunk{{At: time.Millisecond, Data: []byte(": waiting\n\n")}}
		x.End = wire.End{Kind: end, At: 2 * time.Second}
	}
}

// elsewhere says that the last trial was made with a turn.
func elsewhere(turn string) func(*wire.Bundle) {
	return func(b *wire.Bundle) {
		all := trials(b)
		last := all[len(all)-1]
		last.Trial.Name, last.Trial.Schedule = "back-"+turn, last.Trial.Schedule+","+turn
	}
}

// unframed makes a cut look as it does where the end of the connection is the end of the answer.
func unframed(b *wire.Bundle) {
	x := trials(b)[0].Exchanges[0]
	x.End.Kind, x.Fault.Seen = wire.Complete, "fin, taken for the end"
}
