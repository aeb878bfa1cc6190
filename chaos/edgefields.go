package chaos

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/ssespec/ssespec/chaos/origin"
	"github.com/ssespec/ssespec/checks/browser"
	"github.com/ssespec/ssespec/checks/wire"
)

// settles is how long the origin may take to notice what the reader has long seen.
const settles = 200 * time.Millisecond

var edgeFields = &Experiment{
	Scene:    wire.EdgeFields,
	Title:    "whether the hop leads to our origin, and what fields come through",
	Doc:      "each request carries a number that only our origin knows, so that it has proof of being asked",
	Requests: 4,
	From:     Quick,
	Moot:     ours,
	Run: func(ctx context.Context, l *Lab) (*wire.Recording, error) {
		if err := l.reach(ctx); err != nil {
			return nil, err
		}
		var errands []errand
		for _, codings := range []string{"identity", browserCodings} {
			errands = append(errands, bothWays(errand{
				about: wire.Case("offered=" + firstWord(codings)), script: telltale(), patience: whole(5 * time.Second), behind: settles,
				fields: wire.Header{{Name: "Accept-Encoding", Value: codings}, {Name: "Last-Event-ID", Value: "ssespec-17"}, {Name: "X-Ssespec", Value: "kept"}},
			})...)
		}
		xs, err := l.all(ctx, errands...)
		return &wire.Recording{Scene: wire.EdgeFields, Exchanges: xs}, err
	},
}

func firstWord(codings string) string {
	if codings == browserCodings {
		return "all"
	}
	return codings
}

// telltale is an answer with fields that a hop is known to drop, obey or change, and a body that says when it was sent.
func telltale() origin.Script {
	fields := append(origin.Live(), wire.Header{
		{Name: "X-Accel-Buffering", Value: "no"}, {Name: "X-Ssespec", Value: "kept"}, {Name: "Access-Control-Allow-Origin", Value: "*"},
		{Name: "Vary", Value: "Origin"},
	}...)
	return origin.Script{Fields: fields, Acts: acts(origin.Act{Data: []byte("id: 1\ndata: here\n\n")}, origin.Act{Wait: 50 * time.Millisecond, Data: []byte("id: 2\nevent: done\ndata: here\n\n")})}
}

// acts makes a body of pieces.
func acts(all ...origin.Act) func(yield func(origin.Act) bool) {
	return func(yield func(origin.Act) bool) {
		for _, a := range all {
			if !yield(a) {
				return
			}
		}
	}
}

// between is how long a hop is given to find the origin anew.
const betweenLooks = 500 * time.Millisecond

// reach waits until the hop leads to the origin: some ask for its health first, now and then. The error says why it
// does not, in a sentence.
func (l *Lab) reach(ctx context.Context) error {
	until := time.Now().Add(l.Edge.Wait)
	for {
		err := l.reached(ctx)
		var no *MootError
		if err == nil || errors.As(err, &no) || ctx.Err() != nil || time.Now().After(until) {
			return err
		}
		wait(ctx, betweenLooks)
	}
}

// reached asks once.
func (l *Lab) reached(ctx context.Context) error {
	straight, err := l.run(ctx, errand{route: wire.Direct, script: telltale(), patience: whole(5 * time.Second), behind: settles})
	if err != nil {
		return fmt.Errorf("our own origin cannot be reached at %s: %w", l.Edge.Direct, err)
	}
	x, err := l.run(ctx, errand{route: wire.Via, script: telltale(), patience: whole(5 * time.Second), behind: settles})
	switch {
	case err != nil:
		return fmt.Errorf("nothing answers at %s: %w", l.Target.URL, err)
	case len(x.Hits) > 0 && x.Address == straight.Address && l.Proxy == nil:
		return fmt.Errorf("%s leads straight to our own origin at %s: nothing stands between", l.Target.URL, x.Address)
	case len(x.Hits) > 0:
		return nil
	case browser.Redirects(x.Status) && x.Header.Has("Location"):
		return fmt.Errorf("%s redirects to %s: name that URL with --via", l.Target.URL, printable(withoutNumber(x.Header.Get("Location"))))
	case x.Status == 0:
		return fmt.Errorf("%s did not answer, and no request came from there: does its route lead to %s?", l.Target.URL, l.Edge.Direct)
	}
	return fmt.Errorf("%s answered %d, and no request came from there: does its route lead to %s, and keep the parameter %s of the query?",
		l.Target.URL, x.Status, l.Edge.Direct, origin.Param)
}

// withoutNumber returns a URL without the parameter that is ours.
func withoutNumber(raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		return raw
	}
	q := u.Query()
	q.Del(origin.Param)
	u.RawQuery = q.Encode()
	return u.String()
}

func printable(s string) string {
	return strings.Trim(fmt.Sprintf("%.200q", s), `"`)
}
