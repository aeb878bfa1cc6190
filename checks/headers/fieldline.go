package headers

import (
	"fmt"
	"strings"

	"github.com/ssespec/ssespec/checks"
	"github.com/ssespec/ssespec/checks/wire"
)

var lineFolding = &checks.Check{
	ID:     "headers/line-folding",
	Title:  "A field must not continue on the next line",
	Level:  checks.Must,
	Clause: checks.RFC("9112", "5.2", "A sender MUST NOT generate a message that includes line folding"),
	Since:  "0.1",
	Doc: `
A line of the head that begins with white space continues the field before it. Proxies have to
answer 502 in its place or rewrite it, strict clients refuse the answer, and where two readers
disagree a field can be smuggled in.

Most client libraries unfold in silence, so the connection's own bytes are looked at. HTTP/2 has no such lines.`,
	Fix:   "Write every field on one line; look for values that hold line ends.",
	Good:  "X-Note: a, b\n",
	Bad:   "X-Note: a,\n b\n",
	Needs: []wire.Scene{wire.Control},
	Judge: func(ev *checks.Evidence) checks.Outcome {
		var found []checks.Finding
		seen, old := 0, false
		for _, v := range heads(ev) {
			old = old || strings.HasPrefix(v.Proto, "HTTP/1")
			if v.Message == nil {
				continue
			}
			seen += len(v.Header)
			for _, o := range v.Message.Oddities {
				if o.Kind == wire.FoldedLine {
					found = checks.AddOnce(found, v.AtRaw(o.Lo, o.Hi, fmt.Sprintf("a field continues on the next line, %.60q: proxies and strict clients refuse the answer", line(v, o))))
				}
			}
		}
		switch {
		case seen == 0 && old:
			return checks.Unseen("the connection's own bytes were not recorded")
		case seen == 0:
			return checks.Unconcerned("no answer came over HTTP/1.x")
		}
		return checks.Judged(seen, found, "%d fields, each on one line", seen)
	},
}

// line returns the bytes of an oddity without their line end.
func line(v *checks.View, o wire.Oddity) string {
	return strings.TrimRight(string(v.RawBytes()[o.Lo:o.Hi]), "\r\n")
}

var fieldBytes = &checks.Check{
	ID:     "headers/field-bytes",
	Title:  "Field names must be tokens, and field values must not hold control characters",
	Level:  checks.Must,
	Clause: checks.RFC("9110", "5.5", "Field values containing CR, LF, or NUL characters are invalid and dangerous … Field values containing other CTL characters are also invalid"),
	Since:  "0.1",
	Doc: `
A NUL, a CR or another control character in a value, or a name that is no token, makes strict clients
and HTTP/2 gateways refuse the whole answer; others drop the field or read another one out of it.

Bytes from 80 to FF are legal, and so is the tab.`,
	Fix:   "Encode what goes into a field, in percent signs or Base64, and refuse line ends in it.",
	Good:  "X-Note: a b\n",
	Bad:   "X Note: a b\n",
	Needs: []wire.Scene{wire.Control},
	Reads: []wire.Scene{wire.HTTP2},
	Judge: func(ev *checks.Evidence) checks.Outcome {
		var found []checks.Finding
		seen := 0
		for _, v := range heads(ev) {
			seen += len(v.Header) + len(v.Trailer)
			if v.Message != nil {
				found = badLines(found, v)
			} else {
				found = badFields(found, v)
			}
		}
		if seen == 0 && len(found) == 0 {
			return checks.Unconcerned("no answer has a field")
		}
		return checks.Judged(seen, found, "%d fields, their names tokens, their values without control characters", seen)
	},
}

// badLines looks at the connection's own bytes.
func badLines(found []checks.Finding, v *checks.View) []checks.Finding {
	for _, o := range v.Message.Oddities {
		switch o.Kind {
		case wire.BadFieldLine:
			found = checks.AddOnce(found, v.AtRaw(o.Lo, o.Hi, fmt.Sprintf("%.60q is no field: a name that is a token, a colon, a value; strict clients refuse the answer", line(v, o))))
		case wire.BadFieldByte:
			found = checks.AddOnce(found, v.AtRaw(o.Lo, o.Hi, fmt.Sprintf("%.60q holds a control character: strict clients refuse the answer", line(v, o))))
		}
	}
	return found
}

// badFields looks at fields as they were read.
func badFields(found []checks.Finding, v *checks.View) []checks.Finding {
	for i, f := range v.Header {
		found = badField(found, v, i, f)
	}
	for _, f := range v.Trailer {
		found = badField(found, v, -1, f)
	}
	return found
}

func badField(found []checks.Finding, v *checks.View, i int, f wire.Field) []checks.Finding {
	switch {
	case !wire.IsToken(f.Name):
		found = checks.AddOnce(found, v.AtField(i, fmt.Sprintf("the field name %.60q is no token: strict clients refuse the answer", f.Name)))
	case strings.IndexFunc(f.Value, isControl) >= 0:
		found = checks.AddOnce(found, v.AtField(i, fmt.Sprintf("%s: %.60q holds a control character: strict clients refuse the answer", f.Name, f.Value)))
	}
	return found
}

// isControl reports what a field value must not hold (RFC 9110, 5.5).
func isControl(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }

// singletons are fields of an answer that have one value. Content-Type has a check of its own.
var singletons = []string{"Date", "Location", "Retry-After"}

var duplicateSingletons = &checks.Check{
	ID:     "headers/duplicate-singletons",
	Title:  "A field that has one value must be sent once",
	Level:  checks.Must,
	Clause: checks.RFC("9110", "5.3", "a sender MUST NOT generate multiple field lines with the same name in a message"),
	Since:  "0.1",
	Doc: `
Of a repeated Date, Location or Retry-After one client takes the first, one
the last, and one joins them to a value that means nothing: a browser then refuses the stream to
another origin.

Content-Length may be repeated if the values are equal. Lists and Set-Cookie may be repeated, and
Content-Type is for headers/content-type-single.`,
	Fix:   "Find out which layer adds the second field (framework, middleware, gateway) and let one of them set it.",
	Good:  "Date: Sun, 06 Nov 1994 08:49:37 GMT\n",
	Bad:   "Date: Sun, 06 Nov 1994 08:49:37 GMT\nDate: Sun, 06 Nov 1994 08:49:38 GMT\n",
	Needs: []wire.Scene{wire.Control},
	Reads: []wire.Scene{wire.HTTP2},
	Judge: func(ev *checks.Evidence) checks.Outcome {
		var found []checks.Finding
		seen := 0
		for _, v := range heads(ev) {
			for _, name := range singletons {
				at := indices(v.Header, name)
				seen += len(at)
				if len(at) > 1 {
					found = checks.AddOnce(found, v.AtField(at[1], fmt.Sprintf("%s is sent %d times: some clients take the first value, some the last, some neither", name, len(at))))
				}
			}
			at, differ := lengths(v.Header)
			seen += len(at)
			if differ {
				found = checks.AddOnce(found, v.AtField(at[len(at)-1], "Content-Length has several different values: clients refuse the answer or cut it where they like"))
			}
		}
		if seen == 0 {
			return checks.Unconcerned("no answer has a field of the kind")
		}
		return checks.Judged(seen, found, "%d fields that have one value, none sent twice", seen)
	},
}

// lengths returns where Content-Length is, and whether its values differ: equal ones are taken as one
// (RFC 9112, 6.3).
func lengths(h wire.Header) (at []int, differ bool) {
	values := h.Tokens("Content-Length")
	for _, n := range values {
		differ = differ || strings.TrimLeft(n, "0") != strings.TrimLeft(values[0], "0")
	}
	return indices(h, "Content-Length"), differ
}
