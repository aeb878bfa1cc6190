package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/ssespec/ssespec/chaos"
	"github.com/ssespec/ssespec/checks"
	"github.com/ssespec/ssespec/checks/profile"
	"github.com/ssespec/ssespec/checks/recovery"
	"github.com/ssespec/ssespec/checks/wire"
	"github.com/ssespec/ssespec/reports"
)

func chaosCommand() *cli.Command {
	return &cli.Command{
		Name:        "chaos",
		Usage:       "interrupt the answer in every way, ask for the rest, and prove whether it comes back whole",
		ArgsUsage:   "URL",
		Description: chaosDescription,
		Flags: slices.Concat(requestFlags(), chaosBudgetFlags(), chaosFlags(), selectionFlags(), promiseFlags(), gateFlags(), outputFlags(), progressFlags(),
			[]cli.Flag{text("output", "keep the evidence of the run in `FILE`, to be judged again", "o")}),
		Action: func(c *cli.Context) error {
			if c.NArg() != 1 {
				return usage("Try: ssespec chaos http://localhost:8080/stream", "chaos takes one URL")
			}
			return runChaos(c)
		},
	}
}

const chaosDescription = `A schedule is what happens to one reader, in steps between commas: event:5/rst,refuse:2s,event:1/fin,cursor:first

Places    event:5 (behind it), event:5+7 (7 bytes more), byte:812, before-head, after-head, before-end;
          in or behind event 5, the first one if none is named: inside-id:5, after-id, inside-name, inside-rune,
          inside-crlf, before-blank, inside-chunk-size
Faults    at a place: fin, rst, stall, stall:2s (and go on), half-close, slow-close:1s, duplicate, flip;
          over HTTP/2: rst-stream, goaway
          of a whole connection: latency:50ms, jitter:20ms, bandwidth:50 (KB/s), slice:7 (bytes)
Way back  refuse:2s, status:503, wrong-type, dns, tls: what a reader meets that comes back
          wait:10s, address, cookies, lower, twice, rivals, rival: what it does
          cursor:first, last, terminal: asks once more from there; cursor:unknown, malformed, expired, future,
          foreign, long, non-ascii, empty: names such an id in place of its own`

// chaosFlags say what is done to the endpoint.
func chaosFlags() []cli.Flag {
	return []cli.Flag{
		list("cuts", "where to cut: sweep (every border and every byte), random, or `SPEC` such as event:5/rst, byte:812/fin, inside-rune/rst, before-blank/stall; several steps for one reader stand between commas"),
		list("faults", "only these `KINDS`: fin, rst, stall, half-close, slow-close, latency, …"),
		text("resume", "how the rest is asked for: `WAY` is auto, last-event-id, header:NAME, query:NAME, get:URL-TEMPLATE, replay or none"),
		&cli.IntFlag{Name: "runs", Usage: "make each trial `N` times; of --cuts random, draw N schedules", DefaultText: "1; random: 20", EnvVars: env("runs")},
		&cli.Int64Flag{Name: "seed", Usage: "draw by lot from this `NUMBER`", DefaultText: "another one each time, and printed", EnvVars: env("seed")},
		text("replay", "do what this printed `SCHEDULE` says, and nothing else"),
		list("i-may-break", "`HOST` that is not loopback and may be disturbed"),
		&cli.IntFlag{Name: "parallel", Usage: "make `N` trials at the same time", DefaultText: "16 on loopback and 64 of a sweep, else 2", EnvVars: env("parallel")},
		&cli.Float64Flag{Name: "rate", Usage: "send at most `N` requests a second; 0 is no limit", DefaultText: "no limit on loopback, else 5", EnvVars: env("rate")},
		span("patience", "how long a stream that was taken up may bring nothing new before it counts as hung, beside what the undisturbed one needed", 5*time.Second),
		list("stay-away", "also come back only after this `DURATION`, to see how long the answer is kept"),
	}
}

// chaosBudgetFlags are the budget flags with what fits many trials.
func chaosBudgetFlags() []cli.Flag {
	flags := budgetFlags()
	for _, f := range flags {
		switch f := f.(type) {
		case *cli.IntFlag:
			if f.Name == "max-requests" {
				f.DefaultText = "500, or 6000 with --cuts sweep"
			}
		case *cli.DurationFlag:
			if f.Name == "max-time" {
				f.Value = 10 * time.Minute
			}
		}
	}
	return flags
}

// A chaosRun is one run of chaos as the user wants it.
type chaosRun struct {
	c        *cli.Context
	l        *chaos.Lab
	campaign *chaos.Campaign
	course   *chaos.Course
	resume   profile.Resume
	faults   []wire.FaultKind
	loopback bool
	quiet    bool
}

func runChaos(c *cli.Context) error {
	j, err := newJudgment(c, disturbed)
	if err != nil {
		return err
	}
	r, err := newRun(c, c.Args().First())
	if err != nil {
		return err
	}
	ctx, stop := interruptible(c.Context)
	defer stop()
	report, err := j.follow("chaos", c.String("output"), func(tell audience) (*wire.Bundle, error) { return r.record(ctx, tell) })
	if err != nil {
		return err
	}
	return j.finish([]*reports.Report{report})
}

func newRun(c *cli.Context, raw string) (*chaosRun, error) {
	r := &chaosRun{c: c, quiet: c.Bool("quiet")}
	var err error
	if r.l, err = newLab(c, raw); err != nil {
		return nil, err
	}
	if r.loopback, err = r.permitted(r.l.Target.URL); err != nil {
		return nil, err
	}
	r.l.Permit = func(u *url.URL) bool {
		_, err := r.permitted(u.String())
		return err == nil
	}
	if way := c.String("resume"); way != "" && way != "auto" {
		if r.resume, err = profile.ParseResume(way); err != nil {
			return nil, usage("Write auto, last-event-id, header:NAME, query:NAME, get:URL-TEMPLATE, replay or none.", "--resume: %v", err)
		}
	}
	for _, k := range words(c.StringSlice("faults")) {
		kind, err := chaos.ParseFault(k)
		if err != nil {
			return nil, usage("", "--faults: %v", err)
		}
		r.faults = append(r.faults, kind)
	}
	if _, err := r.schedules(); err != nil {
		return nil, err
	}
	for _, d := range words(c.StringSlice("stay-away")) {
		if _, err := time.ParseDuration(d); err != nil {
			return nil, usage("Write a duration such as 30s.", "--stay-away %q is no duration", d)
		}
	}
	r.l.Patience, r.l.Sequence = c.Duration("patience"), c.String("seq")
	if limit := r.l.Slowest.Recovery; limit > 0 && !c.IsSet("patience") {
		r.l.Patience = max(r.l.Patience, limit+time.Second) // else it could not be judged
	}
	r.l.Seed = c.Int64("seed")
	if !c.IsSet("seed") {
		r.l.Seed = rand.Int64N(1 << 31)
	}
	if !c.IsSet("max-requests") {
		r.l.Limits.Requests = 500
		if r.sweep() {
			r.l.Limits.Requests = 6000
		}
	}
	return r, nil
}

// words takes lists apart that are written with commas.
func words(lists []string) []string {
	var out []string
	for _, l := range lists {
		for w := range strings.SplitSeq(l, ",") {
			if w = strings.TrimSpace(w); w != "" {
				out = append(out, w)
			}
		}
	}
	return out
}

func (r *chaosRun) sweep() bool  { return slices.Contains(r.c.StringSlice("cuts"), "sweep") }
func (r *chaosRun) random() bool { return slices.Contains(r.c.StringSlice("cuts"), "random") }

// schedules returns those that the user wrote.
func (r *chaosRun) schedules() ([]chaos.Schedule, error) {
	var out []chaos.Schedule
	texts := r.c.StringSlice("cuts")
	if s := r.c.String("replay"); s != "" {
		texts = append(texts, s)
	}
	for _, t := range texts {
		if t == "sweep" || t == "random" {
			continue
		}
		s, err := chaos.ParseSchedule(t)
		if err != nil {
			return nil, usage("A cut is written PLACE/FAULT, such as event:5/rst; see ssespec chaos --help.", "%v", err)
		}
		out = append(out, s)
	}
	return out, nil
}

// permitted refuses to disturb what is neither on this machine nor named by the user, and says whether it is
// on this machine.
func (r *chaosRun) permitted(raw string) (loopback bool, err error) {
	u, err := url.Parse(raw)
	if err != nil {
		return false, err
	}
	if r.local(u) {
		return true, nil
	}
	for _, h := range r.c.StringSlice("i-may-break") {
		if strings.EqualFold(h, u.Hostname()) || strings.EqualFold(h, u.Host) {
			return false, nil
		}
	}
	return false, usage(fmt.Sprintf("If you may disturb it, say so: --i-may-break %s", u.Hostname()), "%s is not on this machine", u.Hostname())
}

// local reports whether what answers at a URL is on this machine.
func (r *chaosRun) local(u *url.URL) bool {
	if r.c.String("unix-socket") != "" {
		return true
	}
	if len(r.c.StringSlice("resolve")) > 0 || len(r.c.StringSlice("connect-to")) > 0 {
		return false // where it leads is the user's word, and so is the permission
	}
	if p := r.l.Proxy; p != nil && !isLoopback(p.Hostname()) {
		return false
	}
	return isLoopback(u.Hostname())
}

func isLoopback(host string) bool {
	if ip, err := netip.ParseAddr(host); err == nil {
		return ip.IsLoopback()
	}
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true // RFC 6761, 6.3
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	ips, err := net.DefaultResolver.LookupNetIP(ctx, "ip", host)
	return err == nil && len(ips) > 0 && !slices.ContainsFunc(ips, func(ip netip.Addr) bool { return !ip.Unmap().IsLoopback() })
}

// record makes all trials and returns the evidence.
func (r *chaosRun) record(ctx context.Context, tell audience) (*wire.Bundle, error) {
	ctx, cancel := within(ctx, r.c)
	defer cancel()
	r.say("at most %d requests in %v, seed %d", r.l.Limits.Requests, r.c.Duration("max-time"), r.l.Seed)
	r.campaign = chaos.Begin(ctx, r.l)
	if x := r.campaign.Control(); x != nil {
		if _, err := r.permitted(x.Request.URL); err != nil {
			r.campaign.End()
			return nil, err
		}
	}
	if !r.campaign.Opened() {
		return r.campaign.End(), nil
	}
	r.campaign.Parallel, r.campaign.Rate = r.c.Int("parallel"), r.c.Float64("rate")
	if !r.c.IsSet("parallel") {
		r.campaign.Parallel = 2
		switch {
		case r.loopback && r.sweep(): // nearly all of a trial's time is waited for the reconnection
			r.campaign.Parallel = 64
		case r.loopback:
			r.campaign.Parallel = 16
		}
	}
	if !r.c.IsSet("rate") {
		r.campaign.Rate = map[bool]float64{true: 0, false: 5}[r.loopback]
	}
	r.course = r.campaign.Course(r.resume)
	r.course.Delays = words(r.c.StringSlice("stay-away"))
	tried, err := r.trials()
	if err != nil {
		return nil, err
	}
	requests := 0
	for _, t := range tried {
		requests += t.Requests()
	}
	r.say("%s, about %s", count(len(tried), "trial", "trials"), count(requests, "request", "requests"))
	r.campaign.Try(ctx, tried, eachTrial(len(tried), tell))
	r.alone(ctx, tried)
	r.shrink(ctx, tried)
	r.campaign.Confirm(ctx)
	return r.campaign.End(), nil
}

// say tells on standard error what is about to be done.
func (r *chaosRun) say(format string, a ...any) {
	if !r.quiet {
		fmt.Fprintf(r.c.App.ErrWriter, "ssespec: "+format+"\n", a...)
	}
}

// trials returns what is to be tried.
func (r *chaosRun) trials() ([]*chaos.Trial, error) {
	named, err := r.schedules()
	if err != nil {
		return nil, err
	}
	trials := r.course.Named(named)
	n := max(1, r.c.Int("runs"))
	if r.sweep() {
		most := r.mostKept()
		if limit := r.l.Limits.Requests; limit > 0 {
			most = min(most, max(1, (limit-r.campaign.Requests())/(2*n)))
		}
		swept, tried, places := r.course.Sweep(r.faults, most)
		if over := len(swept) - most; over > 0 && over < tried { // an even spread may take one more
			swept, tried = swept[:most], tried-over
		}
		if tried < places {
			r.say("the answer has %d places; %d of them are tried, evenly spread", places, tried)
		}
		trials = append(trials, swept...)
	}
	if len(trials) == 0 && !r.random() {
		trials = r.course.Trials(r.faults)
	}
	once := trials
	for range n - 1 {
		trials = append(trials, once...)
	}
	if r.random() {
		if !r.c.IsSet("runs") {
			n = 20
		}
		trials = append(trials, r.course.Random(r.faults, n, r.l.Seed)...)
	}
	if len(trials) == 0 {
		return nil, usage("", "--faults leaves nothing to try")
	}
	return trials, nil
}

// evidenceLimit bounds what a sweep keeps.
const evidenceLimit = 64 << 20

// mostKept is how many trials of this answer can be kept as evidence.
func (r *chaosRun) mostKept() int { return max(100, evidenceLimit/(2*r.course.Body+4096)) }

// mostAgain bounds how many trials are made again alone, and samples how many of them tell whether it makes a
// difference.
const (
	mostAgain = 200
	samples   = 3
)

// alone makes trials again one by one whose readers were refused, or were told nothing: a server that was asked
// by many at once may have had enough of it, and that is not what the user wants to know.
func (r *chaosRun) alone(ctx context.Context, trials []*chaos.Trial) {
	if r.campaign.Parallel < 2 {
		return
	}
	judged := func() []recovery.Judgment { return recovery.Judge(checks.NewEvidence(r.campaign.Evidence())) }
	before := judged()
	var suspects []int
	for i, j := range before {
		if crowded(&j) && len(suspects) < mostAgain {
			suspects = append(suspects, i)
		}
	}
	for n, i := range suspects {
		r.campaign.Redo(ctx, trials[i], before[i].Recording.Scene)
		if judged()[i].Verdict == before[i].Verdict {
			if n+1 == samples {
				return
			}
			continue
		}
		for _, i := range suspects[n+1:] {
			r.campaign.Redo(ctx, trials[i], before[i].Recording.Scene)
		}
		r.say("many readers at once were too much for the server: %s made again one by one", count(len(suspects), "trial was", "trials were"))
		return
	}
}

// crowded reports whether what came of a trial may have come of how many readers there were.
func crowded(j *recovery.Judgment) bool {
	switch j.Verdict {
	case recovery.Refused, recovery.Hung:
		return true
	case recovery.Inconclusive:
		return slices.ContainsFunc(j.Recording.Exchanges, func(x *wire.Exchange) bool {
			return x.Status >= 400 && (x.Fault == nil || x.Fault.Landed < 0) // and not by a gateway of ours
		})
	}
	return false
}

// shrinkTries bounds how many trials the search for a simpler schedule may cost.
const shrinkTries = 40

// shrink looks, for the first schedule drawn by lot that fails, for the simplest one that fails alike, which
// then stands before all others in the evidence.
func (r *chaosRun) shrink(ctx context.Context, trials []*chaos.Trial) {
	if !r.random() {
		return
	}
	verdicts := verdictsOf(r.campaign.Evidence())
	i := slices.IndexFunc(verdicts, recovery.Verdict.Wrong)
	if i < 0 || len(trials[i].Schedule) < 2 {
		return
	}
	t, want := trials[i], verdicts[i]
	simplest := chaos.Shrink(t.Schedule, shrinkTries, func(s chaos.Schedule) bool {
		all := verdictsOf(r.campaign.Attempt(ctx, r.shrunk(s)))
		got := all[len(all)-1]
		return got == want || got.Loss() && want.Loss()
	})
	if simplest.String() != t.Schedule.String() {
		r.say("%s fails as %s does: %s", simplest, t.Schedule, want)
		r.campaign.TryFirst(ctx, r.shrunk(simplest))
	}
}

func (r *chaosRun) shrunk(s chaos.Schedule) *chaos.Trial {
	t := r.course.Named([]chaos.Schedule{s})[0]
	t.Name, t.Demanded = "shrunk", false
	return t
}

func verdictsOf(b *wire.Bundle) []recovery.Verdict {
	var out []recovery.Verdict
	for _, j := range recovery.Judge(checks.NewEvidence(b)) {
		out = append(out, j.Verdict)
	}
	return out
}

// untold returns why a run that made trials has told nothing, or nothing of what the user asked for.
func untold(ev *checks.Evidence) string {
	all := recovery.Judge(ev)
	told, first := false, ""
	for _, j := range all {
		if j.Verdict != recovery.Inconclusive {
			told = true
			continue
		}
		if j.Trial().Demanded {
			return fmt.Sprintf("%s: %s", j.Trial().Schedule, j.Reason)
		}
		if first == "" || strings.HasPrefix(first, "-") {
			first = j.Reason
		}
	}
	if told || len(all) == 0 {
		return ""
	}
	return first
}
