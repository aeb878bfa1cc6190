package http

import (
	"bytes"
	"fmt"
	"time"

	"github.com/ssespec/ssespec/checks"
	"github.com/ssespec/ssespec/checks/wire"
)

var allow405 = &checks.Check{
	ID:     "http/405-allow",
	Title:  "A 405 answer must list the methods that are supported in Allow",
	Level:  checks.Must,
	Clause: checks.RFC("9110", "15.5.6", "The origin server MUST generate an Allow header field in a 405 response containing a list of the target resource's currently supported methods"),
	Since:  "0.1",
	Doc: `
Status 405 says that the method is wrong; Allow says which is right. Whoever opens a POST stream with an
EventSource learns of his mistake from this field.

The list may be empty. 404, 400, 401, 403 and 501 are other legal answers to a method: 405 is not demanded.`,
	Fix:   "Add an Allow field that lists the methods of this URL to every 405.",
	Good:  "HTTP/1.1 405 Method Not Allowed\nAllow: GET, HEAD\n",
	Bad:   "HTTP/1.1 405 Method Not Allowed\n",
	Needs: []wire.Scene{wire.Control},
	Reads: []wire.Scene{wire.Head, wire.Options},
	Judge: func(ev *checks.Evidence) checks.Outcome {
		all := answered(ev, 405)
		if len(all) == 0 {
			return checks.Unconcerned("no answer was 405")
		}
		var found []checks.Finding
		for _, v := range all {
			if !v.Header.Has("Allow") {
				found = append(found, v.AtField(-1, fmt.Sprintf("the 405 to %s has no Allow: a client cannot learn which method is right", where(v))))
			}
		}
		return checks.Judged(len(all), found, "every 405 (%d seen) has Allow", len(all))
	},
}

var head = &checks.Check{
	ID:     "http/head",
	Title:  "The answer to HEAD must have no body",
	Level:  checks.Must,
	Clause: checks.RFC("9110", "9.3.2", "The HEAD method is identical to GET except that the server MUST NOT send content in the response"),
	Since:  "0.1",
	Doc: `
Body bytes behind the head are taken for the beginning of the next answer on the connection.

405, 404 and 501 are legal answers for a stream. Fields that differ from those of GET are not judged, nor is a
stray line end, which clients skip.`,
	Fix:   "Treat HEAD apart from GET: send the head and return, or answer 405 with Allow.",
	Good:  "HTTP/1.1 200 OK\nContent-Type: text/event-stream\n\n",
	Bad:   "HTTP/1.1 200 OK\nContent-Type: text/event-stream\n\ndata: a\n\n",
	Needs: []wire.Scene{wire.Control, wire.Head},
	When:  []checks.Condition{checks.ViaGET, opened},
	Judge: judgeHead,
}

func judgeHead(ev *checks.Evidence) checks.Outcome {
	v, get := ev.View(wire.Head), ev.Control()
	found := stray(v, "the answer to HEAD has a body: a client takes it for the next answer")
	switch {
	case len(found) > 0 && !onlyLineEnds(v):
		return checks.Judged(1, found, "")
	case v.Status == 0:
		return checks.Unseen("HEAD: %s", unanswered(v))
	case limited(v):
		return overRate(v)
	case v.Status == 200 && v.Type.Essence != get.Type.Essence:
		return checks.Held(1, "HEAD is answered %d without a body, with media type %q where GET has %q", v.Status, v.Type.Essence, get.Type.Essence)
	}
	return checks.Held(1, "HEAD is answered %d without a body", v.Status)
}

// onlyLineEnds reports whether nothing but line ends stands behind the head of an HTTP/1.x answer.
func onlyLineEnds(v *checks.View) bool {
	return v.Message != nil && v.Message.Head.Hi > 0 && len(bytes.Trim(v.RawBytes()[v.Message.Head.Hi:], "\r\n")) == 0
}

var headPrompt = &checks.Check{
	ID:     "http/head-prompt",
	Title:  "HEAD should be answered at once",
	Level:  checks.Should,
	Timing: true,
	Clause: checks.RFC("9110", "9.3.2", "The HEAD method is identical to GET except that the server MUST NOT send content in the response"),
	Since:  "0.1",
	Doc: `
Monitors, link checkers and load balancers ask with HEAD. A handler that opens the stream for them too, and
sends the head only with its first event, hangs until they give up, and leaves a subscriber behind.

An endpoint whose GET is slow too is not judged.`,
	Fix:   "Treat HEAD apart from GET: send the head and return, or answer 405 with Allow. See it with curl -I.",
	Good:  "HTTP/1.1 200 OK\nContent-Type: text/event-stream\n\n",
	Bad:   "(no answer within 5 s)",
	Needs: []wire.Scene{wire.Control, wire.Head},
	When:  []checks.Condition{checks.ViaGET, opened},
	After: []string{"http/head"},
	Judge: judgeHeadPrompt,
}

// slowHead is how late the head of GET may be for a HEAD that has none yet to count as hanging: the
// lab waits five seconds.
const slowHead = 2 * time.Second

func judgeHeadPrompt(ev *checks.Evidence) checks.Outcome {
	v, get := ev.View(wire.Head), ev.Control()
	switch {
	case v.End.Kind == wire.Silent && restless(ev):
		return checks.Unseen("HEAD was not answered in %v, but this machine's clock was up to %v late", checks.Brief(v.End.At), checks.Brief(ev.Bundle.Noise.P99))
	case v.End.Kind == wire.Silent && get.HeadAt > slowHead:
		return checks.Unseen("HEAD was not answered in %v, but GET is slow too: its head took %v", checks.Brief(v.End.At), checks.Brief(get.HeadAt))
	case v.End.Kind == wire.Silent && v.Status == 0:
		return checks.Broke(1, v.AtField(-1, fmt.Sprintf("HEAD was not answered in %v, though GET was in %v: whoever asks hangs", checks.Brief(v.End.At), checks.Brief(get.HeadAt))))
	case v.End.Kind == wire.Silent:
		return checks.Broke(1, v.AtField(-1, fmt.Sprintf("the answer to HEAD did not end in %v: whoever asks hangs", checks.Brief(v.End.At))))
	case v.Status == 0:
		return checks.Unseen("HEAD: %s", unanswered(v))
	}
	if limited(v) {
		return overRate(v)
	}
	return checks.Held(1, "HEAD is answered %d after %v", v.Status, checks.Brief(v.HeadAt))
}

var optionsPlain = &checks.Check{
	ID:     "http/options-plain",
	Title:  "What OPTIONS without any CORS field is answered is told",
	Level:  checks.Fact,
	Clause: checks.RFC("9110", "9.3.7", "The OPTIONS method requests information about the communication options available for the target resource"),
	Since:  "0.1",
	Doc: `
Any answer is right. It is no preflight: browsers send Origin and Access-Control-Request-Method with
those, and the rules on CORS judge them.`,
	Needs: []wire.Scene{wire.Options},
	Judge: func(ev *checks.Evidence) checks.Outcome {
		v := ev.View(wire.Options)
		switch {
		case v.Status == 0:
			return checks.Unconcerned("OPTIONS: %s", unanswered(v))
		case v.Header.Has("Allow"):
			return checks.Held(1, "OPTIONS is answered %d, Allow: %q", v.Status, v.Header.Get("Allow"))
		}
		return checks.Held(1, "OPTIONS is answered %d without Allow", v.Status)
	},
}
