package ssetest

import (
	"cmp"
	"context"
	"encoding/base64"
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
	is, why := standing.Of(ev)
	if is == standing.NoStream {
		return nil, errors.New(asOptions.Replace(why))
	}
	r := &Report{Evidence: ev, Results: rules.Judge(ev), Short: asOptions.Replace(strings.Join(standing.Cut(b), ", ")), settings: s}
	for i := range r.Results {
		s.temper(&r.Results[i])
	}
	if is == standing.TooLittle && len(r.Failures()) == 0 { // else those say what is wrong with the little
		return nil, errors.New(asOptions.Replace(why))
	}
	if r.Count(checks.Pass)+r.Count(checks.Fail)+r.Count(checks.Expected)+r.Count(checks.Broken) == 0 {
		return nil, errors.New("nothing could be judged: " + r.Results[0].Reason)
	}
	return r, nil
}

// asOptions puts options in the place of the command's flags, and the mistake of a handler before that of a proxy.
var asOptions = strings.NewReplacer(
	"-H 'Authorization: Bearer $TOKEN' or -u", "Header",
	"(--watch)", "(Watch)", " (--max-time)", "", " (--max-requests)", "",
	"(--cacert FILE trusts one, -k any)", "(CACert trusts one)",
	"it is slow, or a proxy holds the answer back (nginx: proxy_buffering)", "it is slow or does not flush, or a proxy holds the answer back",
)

// gather makes the recordings that the rules need.
func (s *settings) gather(ctx context.Context, raw string, rules checks.Suite) (*wire.Bundle, error) {
	u, err := url.Parse(raw)
	if err != nil { // which quotes all of it, passwords too
		return nil, fmt.Errorf("the URL cannot be read: %w: write http:// or https:// and a host", errors.Unwrap(err))
	}
	if u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" {
		return nil, fmt.Errorf("%q is no URL of a stream: write http:// or https:// and a host", u.Redacted())
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
	login(&l, u)
	l.Target.URL = u.String()
	l.Secrets.AddFrom(l.Target)
	return &l
}

// login sends a name and password of the URL as a field, as browsers and the command do (RFC 7617).
func login(l *chaos.Lab, u *url.URL) {
	if u.User == nil {
		return
	}
	name := u.User.Username()
	password, _ := u.User.Password()
	l.Secrets.Add(cmp.Or(password, name)) // some services take the token for the name
	if r := &l.Target; !r.Header.Has("Authorization") {
		r.Header = r.Header.Set("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(name+":"+password)))
	}
	u.User = nil
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
