package chaos

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/ssespec/ssespec/chaos/origin"
	"github.com/ssespec/ssespec/checks/wire"
)

// The silences. Products end a stream after 5, 10, 15, 30, 50, 55, 60, 100, 120, 240, 300 or 350 seconds of it: none of ours
// ends at such a moment, so that it is clear who was first.
var (
	silences = []time.Duration{
		4 * time.Second, 9 * time.Second, 19 * time.Second, 28 * time.Second, 34 * time.Second, 44 * time.Second,
		52 * time.Second, 58 * time.Second, 65 * time.Second,
	}
	longSilences = []time.Duration{
		74 * time.Second, 94 * time.Second, 104 * time.Second, 124 * time.Second, 174 * time.Second, 234 * time.Second,
		244 * time.Second, 304 * time.Second, 355 * time.Second,
	}
)

// behindSilence is how long the event behind a silence may be on its way. What has not come by then is lost: a lost packet
// is sent again within a second or two.
const behindSilence = 5 * time.Second

// pingEvery is how often a stream that is to be kept alive says something. Some hops notice that its time is over when the
// next piece comes.
const pingEvery = time.Second

var edgeIdle = &Experiment{
	Scene:    wire.EdgeIdle,
	Title:    "silences of growing length, all at once",
	Doc:      "shows after how long a silent stream is ended, or dropped without a word, and whether comments keep it",
	Requests: 30,
	From:     Standard,
	Aside:    true,
	Moot:     ours,
	Run: func(ctx context.Context, l *Lab) (*wire.Recording, error) {
		xs, err := l.within(ctx, l.longest()+behindSilence, l.silent()...)
		if errors.Is(err, errNoProtocol) {
			err = nil // the hop speaks HTTP/1.1 only, and over that it was asked
		}
		return &wire.Recording{Scene: wire.EdgeIdle, Exchanges: xs}, err
	},
}

// within runs errands side by side, and ends them after d. Each has a patience of its own, but one that had to wait for a
// free connection of the hop would use it up from there on.
func (l *Lab) within(ctx context.Context, d time.Duration, errands ...errand) ([]*wire.Exchange, error) {
	bounded, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	xs, err := l.all(bounded, errands...)
	for _, x := range xs {
		if ctx.Err() == nil && x.End.Note == wire.TimeSpent {
			x.End.Note = "" // not the user's time
		}
	}
	return xs, err
}

// silences returns how long streams are silent.
func (l *Lab) silences() []time.Duration {
	if l.Edge.Depth == Deep {
		return slices.Concat(silences, longSilences)
	}
	return silences
}

func (l *Lab) longest() time.Duration { return slices.Max(l.silences()) }

// silent returns the silent streams, and one that comments keep alive. The longest silence shows when a stream is ended;
// the others show between which two one is dropped, which depends on no phase.
func (l *Lab) silent() []errand {
	all := l.silences()
	longest, middling := l.longest(), all[len(all)/2]
	var out []errand
	for _, d := range all {
		out = append(out, bothWays(hush("stream", d))...)
	}
	for _, phase := range []string{"head", "none"} {
		for _, d := range []time.Duration{middling, longest} {
			out = append(out, bothWays(hush(phase, d))...)
		}
	}
	out = append(out, bothWays(hush("comments", longest))...)
	if l.offersHTTP2() == nil {
		e := hush("stream", longest)
		e.version, e.about = "HTTP/2.0", e.about.With("version", "HTTP/2.0")
		out = append(out, bothWays(e)...)
	}
	return out
}

// hush returns a stream that is silent for d: behind an event, behind the head, or from the beginning; or with nothing
// but comments.
func hush(phase string, d time.Duration) errand {
	return errand{
		about:  wire.Case(fmt.Sprintf("phase=%s silence=%s", phase, d)),
		script: hushed(phase, d), patience: whole(d + behindSilence), behind: settles,
	}
}

func hushed(phase string, d time.Duration) origin.Script {
	const before, after = "data: before\n\n", "data: after\n\n"
	switch phase {
	case "head":
		return origin.Script{Acts: acts(origin.Act{Wait: d, Data: []byte(after)})}
	case "none":
		return origin.Script{Before: d, Acts: acts(origin.Act{Data: []byte(after)})}
	case "comments":
		return origin.Script{Acts: pings(before, ":\n\n", d, after)}
	}
	return origin.Script{Acts: acts(origin.Act{Data: []byte(before)}, origin.Act{Wait: d, Data: []byte(after)})}
}

// pings makes a body that repeats a text for as long as d, between its first and its last piece. However late each is, the
// last one is not: a busy machine would add a second to a minute.
func pings(first, text string, d time.Duration, last string) func(yield func(origin.Act) bool) {
	return func(yield func(origin.Act) bool) {
		began := time.Now()
		if !yield(origin.Act{Data: []byte(first)}) {
			return
		}
		for due := pingEvery; due < d; due += pingEvery {
			if !yield(origin.Act{Wait: time.Until(began.Add(due)), Data: []byte(text)}) {
				return
			}
		}
		yield(origin.Act{Wait: time.Until(began.Add(d)), Data: []byte(last)})
	}
}
