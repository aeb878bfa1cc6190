package chaos

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/ssespec/ssespec/checks/stream"
	"github.com/ssespec/ssespec/checks/wire"
)

// An Experiment is how one scene gets recorded.
type Experiment struct {
	Scene    wire.Scene
	Title    string                                               // what is asked, in a few words
	Doc      string                                               // why
	Requests int                                                  // what it costs, redirects aside
	Safe     bool                                                 // its requests use a safe method even where the user's does not
	From     Depth                                                // at an edge: the depth from which on it is made
	Aside    bool                                                 // at an edge: it is nearly silent, and made beside the others
	Brief    bool                                                 // at an edge: whatever the hop does, it ends in three seconds at depth quick, and in eight at others
	Always   bool                                                 // made even where no stream was opened: it may tell why
	Unless   func(*Lab) error                                     // why it is not made for this user, whatever the endpoint is; may be nil
	Moot     func(*Lab) error                                     // why the scene does not concern the endpoint, as far as known without asking; may be nil
	Run      func(context.Context, *Lab) (*wire.Recording, error) // errors: [MootError], or nothing could be observed
}

// Experiments lists every experiment in the order in which they are performed: what later ones
// build on comes first, what disturbs comes last.
func Experiments() []*Experiment {
	return []*Experiment{
		control, fetch, compressed, accept, http10, http2Scene, options,
		ranged, conditional, reconnect, returns, crossOrigin, crossResume, crossStop, script, scriptResume, spaced,
		stranger, nullOrigin, lookalikes, anonymous, anonymousResume, otherSession, inject,
		halfClose, twins, slowRead, addresses, again, variants, lengths,
		head, // a server that goes on behind it spoils the next request on the connections of a proxy before it
		crowd, churn,
	}
}

// Plan returns the experiments that record the given scenes, in the order in which they are performed.
// The control scene always comes first. A scene that no experiment records is an error.
func Plan(scenes []wire.Scene) ([]*Experiment, error) {
	var plan []*Experiment
	left := slices.Clone(scenes)
	for _, e := range Experiments() {
		if e.Scene == wire.Control || slices.Contains(left, e.Scene) {
			plan = append(plan, e)
		}
		left = slices.DeleteFunc(left, func(s wire.Scene) bool { return s == e.Scene })
	}
	if len(left) > 0 {
		return nil, fmt.Errorf("no experiment records the scene %s", left[0])
	}
	return plan, nil
}

// Forecast returns why an experiment would not be made at this lab whatever the endpoint says, or nil.
func (l *Lab) Forecast(e *Experiment) error {
	if e.Unless != nil {
		if err := e.Unless(l); err != nil {
			return err
		}
	}
	if e.Scene != wire.Control && !e.Safe && !l.safe() {
		return fmt.Errorf("a %s is sent once only, since each may be billed (--repeat-post allows more)", l.Target.Method)
	}
	return nil
}

// A Take is one experiment done: a recording, or the reason why there is none.
type Take struct {
	Experiment *Experiment
	Recording  *wire.Recording // nil where nothing was observed
	Err        error
}

// Perform makes the experiments one after another, since each could disturb the next, and yields what
// came of each. When ctx ends the current one is cut short and the others yield an error.
func Perform(ctx context.Context, l *Lab, plan []*Experiment) iter.Seq[Take] {
	return func(yield func(Take) bool) {
		if l.recordings == nil {
			l.recordings = map[wire.Scene]*wire.Recording{}
		}
		for _, e := range plan {
			if l.Tap != nil {
				l.Tap(Progress{Experiment: e})
			}
			if !yield(l.perform(ctx, e)) {
				return
			}
		}
	}
}

func (l *Lab) perform(ctx context.Context, e *Experiment) Take {
	t := Take{Experiment: e}
	switch foreseen := l.Forecast(e); {
	case ctx.Err() != nil:
		t.Err = stopped(ctx)
	case e.Scene != wire.Control && l.control() == nil:
		t.Err = errors.New("the control request could not be made")
	case e.Moot != nil && e.Moot(l) != nil:
		t.Err = e.Moot(l)
	case foreseen != nil:
		t.Err = foreseen
	case e.Scene != wire.Control && l.control().End.Note == wire.RequestsSpent: // on the way to the stream
		t.Err = errBudget
	case e.Scene != wire.Control && !opened(l.control()) && !(e.Always && l.control().Status != 0):
		t.Err = moot("no event stream was opened")
	case l.Limits.Requests > 0 && l.requests+e.Requests > l.Limits.Requests:
		t.Err = errBudget
	default:
		t.Recording, t.Err = e.Run(ctx, l)
	}
	if e.Scene != wire.Control && errors.Is(t.Err, syscall.ECONNREFUSED) {
		t.Err = plainly(t.Err, "the server answered before and refuses connections now: it may have crashed")
	}
	if t.Recording != nil && len(t.Recording.Exchanges) == 0 {
		t.Recording = nil
	}
	if t.Recording != nil {
		l.recordings[e.Scene] = t.Recording
	}
	return t
}

func stopped(ctx context.Context) error {
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return errors.New(wire.TimeSpent)
	}
	return errors.New(wire.Interrupted)
}

// Gather performs the plan and puts everything that was recorded into one bundle.
func Gather(ctx context.Context, l *Lab, command string, plan []*Experiment) *wire.Bundle {
	began := time.Now()
	noise := l.listen(began)
	b := &wire.Bundle{Command: command, Target: l.Secrets.Request(l.Target), Promises: l.Promises, Origin: l.Origin, Include: l.Include,
		Clock: l.Clock, Heartbeat: l.Heartbeat, Limits: l.Slowest, Began: began}
	for t := range Perform(ctx, l, plan) {
		l.keep(b, t)
	}
	b.Noise = noise.stop()
	b.Profile = l.profile()
	b.Duration, b.Requests = time.Since(began), l.requests
	b.OneClock()
	return b
}

// keep puts what came of an experiment into a bundle.
func (l *Lab) keep(b *wire.Bundle, t Take) {
	if t.Recording != nil {
		b.Recordings = append(b.Recordings, t.Recording)
		return
	}
	var m *MootError
	g := wire.Gap{Scene: t.Experiment.Scene, Moot: errors.As(t.Err, &m), Reason: "nothing was observed"}
	if t.Err != nil {
		g.Reason = l.Secrets.Mask(t.Err.Error())
	}
	b.Gaps = append(b.Gaps, g)
}

// profile returns the dialect: the one the user named, or what the control answer looks like.
func (l *Lab) profile() string {
	if l.Profile != "" {
		return l.Profile
	}
	x := l.control()
	if x == nil {
		return "eventsource"
	}
	switch stream.SyntaxOf(x.Header.MediaType().Essence) {
	case stream.NDJSON:
		return "ndjson"
	case stream.JSONSeq:
		return "json-seq"
	}
	switch {
	case x.Header.Has("Mcp-Session-Id"), callsMCP(l.Target):
		return "mcp"
	case l.Target.Method != "GET":
		return "fetch"
	}
	return "eventsource"
}

// callsMCP reports whether a request is a call by the Model Context Protocol, whose servers need not have sessions. Other
// protocols speak JSON-RPC too, with other methods.
func callsMCP(r wire.Request) bool {
	var call struct{ JSONRPC, Method string }
	if r.Method != "POST" || json.Unmarshal(r.Body, &call) != nil {
		return false
	}
	return call.JSONRPC == "2.0" && (call.Method == "initialize" || strings.HasPrefix(call.Method, "tools/"))
}
