package chaos

import (
	"context"
	"encoding/json"
	"net/url"
	"slices"
	"strings"

	"github.com/ssespec/ssespec/checks/wire"
)

// The experiments of those who should not see the stream: without credentials, with those of another session, with a
// text that wants to become fields.

// noCredentials tells whether the user's request has none that could be left out.
func noCredentials(l *Lab) error {
	if !slices.ContainsFunc(l.Target.Header, func(f wire.Field) bool { return isCredential(f.Name) }) {
		return moot("the request has no credentials")
	}
	return nil
}

// anonymously returns the user's request without credentials, from the declared origin if there is one.
func (l *Lab) anonymously() ask {
	a := l.look(l.asEventSource())
	if l.Origin != "" {
		a = l.from(l.Origin)
	}
	a.req.Header = slices.DeleteFunc(slices.Clone(a.req.Header), func(f wire.Field) bool { return isCredential(f.Name) })
	return a
}

var anonymous = &Experiment{
	Scene:    wire.Anonymous,
	Title:    "without the credentials",
	Doc:      "a stream that is private must be refused, and the refusal should be readable",
	Requests: 1,
	Always:   true,
	Unless:   noCredentials,
	Run: func(ctx context.Context, l *Lab) (*wire.Recording, error) {
		a := l.anonymously()
		a.patience.linger = againLinger // enough to see whether the same events come
		return l.observe(ctx, wire.Anonymous, a)
	},
}

var anonymousResume = &Experiment{
	Scene:    wire.AnonymousResume,
	Title:    "without the credentials, with an id that came with them",
	Doc:      "what was refused must not be had by naming an id",
	Requests: 1,
	Unless:   noCredentials,
	Moot:     (*Lab).comesBack,
	Run: func(ctx context.Context, l *Lab) (*wire.Recording, error) {
		a := l.anonymously()
		a.req = set(a.req, "Last-Event-ID", firstID(l.control()))
		return l.observe(ctx, wire.AnonymousResume, a)
	},
}

var otherSession = &Experiment{
	Scene:    wire.OtherSession,
	Title:    "with the credentials of another session: alone, then with an id of the first (--other-session)",
	Doc:      "an id must not open the stream of somebody else",
	Requests: 2,
	Unless: func(l *Lab) error {
		if len(l.Other) == 0 {
			return moot("no other session was named (--other-session)")
		}
		return nil
	},
	Moot: (*Lab).comesBack,
	Run: func(ctx context.Context, l *Lab) (*wire.Recording, error) {
		a := l.look(l.asEventSource())
		a.patience.linger = againLinger // enough to see whose events come
		for _, f := range l.Other {
			a.req = set(a.req, f.Name, f.Value)
		}
		named := a
		named.req = set(a.req, "Last-Event-ID", firstID(l.control()))
		return l.observe(ctx, wire.OtherSession, a, named)
	},
}

// An Echo is a place in the request whose text the server repeats in the stream. {text} stands for the text.
type Echo struct {
	URL  string // an absolute URL, or empty for that of the target
	Body string // a request body, or empty for that of the target
}

// Text is what stands for the text in an Echo.
const Text = "{text}"

var inject = &Experiment{
	Scene:    wire.Inject,
	Title:    "with texts that hold line ends, where the server repeats a text (--inject)",
	Doc:      "a text of one user must not become fields of a stream that others read",
	Requests: len(wire.Injections()),
	Unless: func(l *Lab) error {
		if l.Echo == nil {
			return moot("no place was named where the server repeats a text (--inject)")
		}
		return nil
	},
	Run: func(ctx context.Context, l *Lab) (*wire.Recording, error) {
		var asks []ask
		for _, text := range wire.Injections() {
			a := l.look(l.Echo.fill(l.asEventSource(), text))
			a.patience.linger = againLinger // a model may need a moment to repeat it
			asks = append(asks, a)
		}
		return l.observe(ctx, wire.Inject, asks...)
	},
}

// fill puts a text where the template has its place, in the form that its surroundings demand.
func (e *Echo) fill(r wire.Request, text string) wire.Request {
	if e.URL != "" {
		r.URL = strings.ReplaceAll(e.URL, Text, url.QueryEscape(text))
	}
	if e.Body != "" {
		r.Body = []byte(strings.ReplaceAll(e.Body, Text, escaped(e.Body, text)))
	}
	return r
}

// escaped escapes a text for a body: as part of a JSON string where the body is JSON, else as a form's value.
func escaped(body, text string) string {
	if json.Valid([]byte(body)) {
		quoted, _ := json.Marshal(text)
		return string(quoted[1 : len(quoted)-1])
	}
	return url.QueryEscape(text)
}
