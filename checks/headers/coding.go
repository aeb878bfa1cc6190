package headers

import (
	"errors"
	"fmt"

	"github.com/ssespec/ssespec/checks"
	"github.com/ssespec/ssespec/checks/wire"
)

var contentEncodingTruthful = &checks.Check{
	ID:     "headers/content-encoding-truthful",
	Title:  "The body must have the content codings that Content-Encoding lists, and no others",
	Level:  checks.Must,
	Clause: checks.RFC("9110", "8.4", "the sender that applied the encodings MUST generate a Content-Encoding header field that lists the content codings in the order in which they were applied"),
	Since:  "0.1",
	Doc: `
A browser removes the codings that Content-Encoding lists. If the body is not coded so it drops the
connection; if the body is coded and the field does not say so, it reads compressed bytes as text
and finds no event.

Every answer that opened the stream is looked at. A body that we or the path cut short is judged as
far as it came, and a coding without its last bytes is let pass, as browsers do. A coding that we do not know is not
judged, and identity in the field is needless, not wrong.`,
	Fix:   "Let one layer compress the stream and set Content-Encoding; look for a second compressor, or a proxy that drops or copies the field.",
	Good:  "Content-Encoding: gzip\n\n(the events, in gzip)",
	Bad:   "Content-Encoding: gzip\n\ndata: a\n\n",
	Needs: []wire.Scene{wire.Control},
	Reads: []wire.Scene{wire.Compressed},
	Judge: func(ev *checks.Evidence) checks.Outcome {
		var found []checks.Finding
		seen, open := 0, ""
		for _, v := range streams(ev) {
			if len(v.Codings()) == 0 && wire.LooksCoded(v.Text.Bytes) == "" {
				continue
			}
			lie, unsure := untruth(v)
			switch {
			case unsure != "":
				open = unsure
				continue
			case lie != nil:
				found = checks.AddOnce(found, *lie)
			}
			seen++
		}
		switch {
		case seen == 0 && open != "":
			return checks.Unseen("%s", open)
		case seen == 0:
			return checks.Unconcerned("no answer has a content coding")
		}
		return checks.Judged(seen, found, "%d answers decode as Content-Encoding says", seen)
	},
}

// untruth returns what is not true about the content coding of an answer, or why that cannot be told.
func untruth(v *checks.View) (lie *checks.Finding, unsure string) {
	field := v.Header.Index("Content-Encoding")
	var wrong *wire.CodingError
	var f checks.Finding
	switch {
	case errors.As(v.CodingErr, &wrong):
		f = v.AtField(field, fmt.Sprintf("the body is %v: a browser drops the connection", wrong))
	case errors.Is(v.CodingErr, wire.ErrCodedCut) && len(v.Text.Bytes) == 0:
		return nil, "nothing could be decoded of what came before the end"
	case v.CodingErr != nil && !errors.Is(v.CodingErr, wire.ErrCodedCut):
		return nil, v.CodingErr.Error()
	default:
		coding := wire.LooksCoded(v.Text.Bytes)
		switch {
		case coding == "" && len(v.Text.Bytes) == 0:
			return nil, "the coded answer has no body"
		case coding == "":
			return nil, ""
		}
		f = v.At(0, min(4, len(v.Text.Bytes)), fmt.Sprintf("the body is %s beyond what Content-Encoding says: a client reads compressed bytes as text and finds no event", coding))
	}
	return &f, ""
}

var identityHonoured = &checks.Check{
	ID:     "headers/identity-honoured",
	Title:  "A client that accepts only identity should be sent no content coding",
	Level:  checks.Should,
	Clause: checks.RFC("9110", "12.5.3", "the origin server SHOULD send a response without any content coding"),
	Since:  "0.1",
	Doc: `
A client that cannot decompress says Accept-Encoding: identity. If it is sent a coded stream all the
same it reads compressed bytes as text and finds no event.

Only requests that say so are looked at: without Accept-Encoding any coding is allowed.`,
	Fix:   "Compress the stream only for requests whose Accept-Encoding lists the coding.",
	Good:  "> Accept-Encoding: identity\n< Content-Type: text/event-stream\n",
	Bad:   "> Accept-Encoding: identity\n< Content-Type: text/event-stream\n< Content-Encoding: gzip\n",
	Needs: []wire.Scene{wire.Control},
	Reads: []wire.Scene{wire.Compressed},
	After: []string{"headers/content-encoding-truthful"},
	Judge: func(ev *checks.Evidence) checks.Outcome {
		var found []checks.Finding
		seen, coded := 0, false
		for _, v := range streams(ev) {
			coded = coded || len(v.Codings()) > 0
			if !wantsIdentity(v.Request.Header) {
				continue
			}
			seen++
			if len(v.Codings()) > 0 {
				i := v.Header.Index("Content-Encoding")
				found = checks.AddOnce(found, v.AtField(i, fmt.Sprintf("identity was asked for and Content-Encoding is %.40q: a client that cannot decode it finds no event", v.Header[i].Value)))
			}
		}
		switch {
		case seen == 0:
			return checks.Unconcerned("no request that opened the stream asked for identity alone")
		case !coded:
			return checks.Unconcerned("no answer had a content coding")
		}
		return checks.Judged(seen, found, "%d requests asked for identity and were given it", seen)
	},
}

// wantsIdentity reports whether a request accepts no coding: Accept-Encoding is identity or empty.
func wantsIdentity(h wire.Header) bool {
	if !h.Has("Accept-Encoding") {
		return false
	}
	for _, coding := range h.Tokens("Accept-Encoding") {
		if coding != "identity" {
			return false
		}
	}
	return true
}
