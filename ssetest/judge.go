package ssetest

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/ssespec/ssespec/chaos"
	"github.com/ssespec/ssespec/checks"
	"github.com/ssespec/ssespec/checks/standing"
	"github.com/ssespec/ssespec/checks/suite"
	"github.com/ssespec/ssespec/checks/wire"
)

// maxTime bounds a run at an endpoint that is slow in everything, as in the command.
const maxTime = 2 * time.Minute

// Judge judges an endpoint outside of a test. An error says that there was nothing to judge, or an option that cannot be.
func Judge(ctx context.Context, url string, opts ...Option) (*Report, error) {
	s, err := settle(opts)
	if err != nil {
		return nil, err
	}
	return judge(ctx, url, s)
}

func judge(ctx context.Context, url string, s *settings) (*Report, error) {
	rules, err := suite.Undisturbed().Select(s.only, s.skip)
	if err != nil {
		return nil, err
	}
	for id := range s.expected {
		if m, err := rules.Match(id); err != nil || m[0].ID != id {
			return nil, fmt.Errorf("Expected: %q is the id of no rule that is judged: ssespec rules lists them", id)
		}
	}
	b, err := s.gather(ctx, url, rules)
	if err != nil {
		return nil, err
	}
	ev := checks.NewEvidence(b)
	if _, why := standing.Of(ev); why != "" {
		return nil, errors.New(why)
	}
	r := &Report{Evidence: ev, Results: rules.Judge(ev), Short: strings.Join(standing.Cut(b), ", "), settings: s}
	for i := range r.Results {
		s.temper(&r.Results[i])
	}
	if r.Count(checks.Pass)+r.Count(checks.Fail)+r.Count(checks.Expected)+r.Count(checks.Broken) == 0 {
		return nil, errors.New("nothing could be judged: " + r.Results[0].Reason)
	}
	return r, nil
}

// gather makes the recordings that the rules need.
func (s *settings) gather(ctx context.Context, raw string, rules checks.Suite) (*wire.Bundle, error) {
	u, err := url.Parse(raw)
	if err != nil {
		return nil, err
	}
	if u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" {
		return nil, fmt.Errorf("%q is no URL of a stream: write http:// or https:// and a host", raw)
	}
	plan, err := chaos.Plan(rules.Needs())
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, maxTime)
	defer cancel()
	return chaos.Gather(ctx, s.aim(u), "check", plan), nil
}

// aim returns the lab of one endpoint.
func (s *settings) aim(u *url.URL) *chaos.Lab {
	l := s.lab
	if l.Target.Method == "" {
		l.Target.Method = "GET"
		if l.Target.Body != nil {
			l.Target.Method = "POST"
		}
	}
	if l.Target.Body != nil && !l.Target.Header.Has("Content-Type") {
		l.Target.Header = append(l.Target.Header, wire.Field{Name: "Content-Type", Value: "application/json"})
	}
	if u.Fragment = ""; u.Path == "" {
		u.Path = "/"
	}
	l.Target.URL = u.String()
	l.Secrets.AddFrom(l.Target)
	return &l
}

// temper lets options have their say on a result.
func (s *settings) temper(r *checks.Result) {
	for _, id := range s.only {
		r.Required = r.Required || id == r.ID
	}
	reason, known := s.expected[r.ID]
	if known && r.Verdict == checks.Fail {
		r.Verdict, r.Excuse = checks.Expected, &checks.Excuse{Kind: checks.ByBaseline, Reason: reason}
	}
}
