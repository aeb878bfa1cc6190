package config

import "strings"

// A Target is one endpoint and what is asked of it.
type Target struct {
	// The name, by which reports, baselines and waivers know the target; no other target has it.
	Name Text `yaml:"name" form:"name" required:"yes" env:"off"`
	// The URL of the stream; it may be left out where edge is there.
	URL Text `yaml:"url" form:"url"`
	// The timing group: targets of one group run one after the other. Without it, the host of the URL.
	Group Text `yaml:"group" form:"name" env:"off"`
	// How the stream is asked for.
	Request Request `yaml:"request"`
	// The dialect.
	Profile Text `yaml:"profile" form:"profile" flag:"profile"`
	// What the endpoint claims, so that breaking it is a failure.
	Promises []Text `yaml:"promises" form:"promise" flag:"expect"`
	// How the rest of an interrupted answer is asked for.
	Resume Text `yaml:"resume" form:"resume" flag:"resume"`
	// The JSON path at which each event's data has its number.
	Sequence Text `yaml:"sequence" flag:"seq"`
	// The JSON path at which each event's data has the time at which it was made.
	Time Text `yaml:"time" flag:"time"`
	// Something comes at least so often: an event, or a comment.
	Heartbeat Span `yaml:"heartbeat" form:"duration" flag:"heartbeat"`
	// Ask for short and long answers too: PATH=SHORT:LONG.
	Scale Text `yaml:"scale" flag:"scale"`
	// The origins whose pages must be able to read the stream.
	Origins []Text `yaml:"origins" form:"origin"`
	// Those pages ask with credentials.
	Credentials Switch `yaml:"credentials" flag:"credentials"`
	// Header fields with the credentials of another session, which must not be given the first one's events.
	OtherSession []Text `yaml:"other-session" form:"field" flag:"other-session" env:"dollar" secret:"yes"`
	// Where the server repeats a text: a URL or a body that holds {text}.
	Inject Text `yaml:"inject" flag:"inject"`
	// What the run may cost.
	Budgets Budgets `yaml:"budgets"`
	// Which rules are judged, beside what the file says for all targets.
	Rules TargetRules `yaml:"rules" env:"off"`
	// How fast things have to be, in place of what the file says, key by key.
	Thresholds Thresholds `yaml:"thresholds" env:"off"`
	// Whether the stream is checked undisturbed; true unless it is written.
	Check Switch `yaml:"check"`
	// Interrupt answers: true, or how.
	Chaos *Chaos `yaml:"chaos" or:"true"`
	// Judge what stands between: one route, or a list of them.
	Edge []*Edge `yaml:"edge" or:"one"`

	// At is where the name is written, or where the target begins.
	At Position `yaml:"-"`
}

// A Request says how the stream is asked for; everything means what it means in curl.
type Request struct {
	// The request method.
	Method Text `yaml:"method" flag:"request"`
	// The header fields, name and value.
	Headers Pairs `yaml:"headers" whole:"field" join:": " flag:"header" env:"dollar" secret:"yes"`
	// The request body; it makes the request a POST.
	Body Text `yaml:"body" flag:"data" secret:"yes"`
	// The file with the request body.
	BodyFile Text `yaml:"body-file" flag:"data" join:"@" path:"yes"`
	// Name and password for HTTP basic authentication: NAME:PASSWORD.
	User Text `yaml:"user" flag:"user" secret:"yes"`
	// Accept any certificate.
	Insecure Switch `yaml:"insecure" flag:"insecure"`
	// The URL of an HTTP proxy.
	Proxy Text `yaml:"proxy" flag:"proxy" secret:"yes"`
	// The file with certificates to trust.
	CACert Text `yaml:"cacert" flag:"cacert" path:"yes"`
	// The file with the client's certificate.
	Cert Text `yaml:"cert" flag:"cert" path:"yes"`
	// The file with the client's private key.
	Key Text `yaml:"key" flag:"key" path:"yes"`
	// HOST:PORT:ADDRESS to use instead of the name's address.
	Resolve []Text `yaml:"resolve" flag:"resolve"`
	// HOST1:PORT1:HOST2:PORT2: connect to the second instead of the first.
	ConnectTo []Text `yaml:"connect-to" flag:"connect-to"`
	// Connect through this Unix socket.
	UnixSocket Text `yaml:"unix-socket" flag:"unix-socket" path:"yes"`
	// The version of HTTP.
	HTTP Text `yaml:"http" form:"http" flag:"1.1=http1.1 2=http2"`
}

// Budgets bound what a run may cost.
type Budgets struct {
	// Send at most so many requests.
	Requests Number `yaml:"requests" flag:"max-requests" min:"1"`
	// Stop after so long; what was not judged by then is inconclusive.
	Time Span `yaml:"time" form:"duration" flag:"max-time"`
	// Watch one stream for so long.
	Watch Span `yaml:"watch" form:"duration" flag:"watch"`
	// Read at most so many bytes of one answer.
	Bytes Value[int64] `yaml:"bytes" form:"bytes" flag:"max-bytes" min:"1"`
	// Allow a POST to be sent more than once.
	RepeatPost Switch `yaml:"repeat-post" flag:"repeat-post"`
	// Allow several streams at once and many short connections.
	AllowLoad Switch `yaml:"allow-load" flag:"allow-load"`
}

// TargetRules are the rules of one target.
type TargetRules struct {
	Rules
	// Rules that have to be judged: where one is inconclusive, the gate exits with 4.
	Require []Text `yaml:"require" form:"rule-pattern" flag:"require"`
}

// Checks reports whether the stream is to be checked undisturbed.
func (t *Target) Checks() bool { return t.URL.IsSet() && (!t.Check.IsSet() || t.Check.V) }

// Flags returns what is written as flags of the command line.
func (t *Target) Flags() []Flag { return flagsOf(t) }

// check looks at what is asked of the target as a whole.
func (t *Target) check(r *reader, written keys) {
	if t.Name.IsSet() {
		t.At = t.Name.At
	}
	switch {
	case !written["url"] && !written["edge"]:
		r.wrong(t.At, "the key url is missing in this target: write url: %s, or an edge", r.forms.Of("url").example())
	case !written["url"] && t.Chaos != nil:
		r.wrong(t.Chaos.At, "chaos needs the key url in this target: write url: %s", r.forms.Of("url").example())
	case t.Check.IsSet() && !t.Check.V && t.Chaos == nil && !written["edge"]:
		r.wrong(t.Check.At, "nothing is asked of this target: take check: false out, or write chaos: true")
	}
	t.checkRoutes(r)
}

// checkRoutes looks at the names of several routes, by which reports and baselines tell them apart.
func (t *Target) checkRoutes(r *reader) {
	lines := map[string]int{}
	for _, e := range t.Edge {
		before, twice := lines[e.Name.V]
		switch {
		case !twice:
			lines[e.Name.V] = e.At.Line
		case !e.Name.IsSet():
			r.wrong(e.At, "the route in line %d has no name either: write name: cdn", before)
		default:
			r.wrong(e.Name.At, "the route in line %d is called %s too: give each its own name", before, quote(e.Name.V))
		}
	}
}

// check looks at the body, which is written once and means itself.
func (q *Request) check(r *reader, _ keys) {
	if q.Body.IsSet() && q.BodyFile.IsSet() {
		r.wrong(q.BodyFile.At, "body and body-file exclude each other: take one of them out")
	}
	if strings.HasPrefix(q.Body.V, "@") {
		r.wrong(q.Body.At, "body is the text itself and does not begin with @: write body-file for a file")
	}
}
