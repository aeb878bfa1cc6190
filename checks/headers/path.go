package headers

import (
	"strings"

	"github.com/ssespec/ssespec/checks"
	"github.com/ssespec/ssespec/checks/wire"
)

var noTransform = &checks.Check{
	ID:     "headers/no-transform",
	Title:  "A stream that is transformed on its way should be sent with no-transform",
	Level:  checks.Advice,
	Clause: checks.RFC("9111", "5.2.2.6", "an intermediary (regardless of whether it implements a cache) MUST NOT transform the content"),
	Since:  "0.1",
	Doc: `
Status 203 says that something between has changed the answer. It may compress or gather the
stream, and any status but 200 makes an EventSource give up for good. The directive no-transform forbids it,
and several compressors obey it.

Without such a sign the absence of no-transform is no fault. Transfer codings are not transformations.`,
	Fix:   "Send Cache-Control: no-store, no-transform with the stream.",
	Good:  "HTTP/1.1 200 OK\nVia: 1.1 edge\n",
	Bad:   "HTTP/1.1 203 Non-Authoritative Information\nCache-Control: no-store\n",
	Needs: []wire.Scene{wire.Control},
	Reads: []wire.Scene{wire.Fetch, wire.Compressed},
	Judge: func(ev *checks.Evidence) checks.Outcome {
		var found []checks.Finding
		seen := 0
		for _, v := range heads(ev) {
			changed := v.Status == 203
			if !isStream(v) || !asksForStream(v) || !changed && (v.Status != 200 || forwarded(v.Header) == "") {
				continue
			}
			seen++
			if changed && !checks.HasDirective(v.Header, "no-transform") {
				found = checks.AddOnce(found, v.AtField(v.Header.Index("Cache-Control"), "status 203 says that the stream was transformed on its way, and no-transform does not forbid it"))
			}
		}
		if seen == 0 {
			return checks.Unconcerned("no answer shows an intermediary")
		}
		return checks.Judged(seen, found, "%d answers passed an intermediary, and none was transformed against no-transform", seen)
	},
}

var connectionH1 = &checks.Check{
	ID:     "headers/connection-h1",
	Title:  "Tells what the stream says about its connection",
	Level:  checks.Fact,
	Clause: checks.RFC("9112", "9.3", "HTTP/1.1 defaults to the use of \"persistent connections\""),
	Since:  "0.1",
	Doc: `
Connection: keep-alive, which many tutorials demand, is needless over HTTP/1.1. Connection: close is
legal and changes nothing for the stream.

Over HTTP/2 the field is forbidden, which the checks on HTTP judge.`,
	Good:  "HTTP/1.1 200 OK\nContent-Type: text/event-stream\n",
	Bad:   "Connection: keep-alive (legal, and told)\n",
	Needs: []wire.Scene{wire.Control},
	When:  []checks.Condition{streamed, checks.HTTP1},
	Judge: func(ev *checks.Evidence) checks.Outcome {
		v := ev.Control()
		for _, option := range v.Header.Tokens("Connection") {
			switch option {
			case "keep-alive":
				return checks.Held(1, "Connection says keep-alive, which HTTP/1.1 means anyway")
			case "close":
				return checks.Held(1, "Connection says close, which is legal: the connection is used for this answer only")
			}
		}
		return checks.Unconcerned("the stream says nothing about its connection")
	},
}

var xAccelBuffering = &checks.Check{
	ID:     "headers/x-accel-buffering",
	Title:  "Tells whether X-Accel-Buffering reaches the client",
	Level:  checks.Fact,
	Clause: checks.Practice("https://nginx.org/en/docs/http/ngx_http_proxy_module.html#proxy_buffering"),
	Since:  "0.1",
	Doc: `
nginx takes X-Accel-Buffering: no as the order not to gather the answer, and removes the field. If it is
seen, no nginx with default settings has handled the answer.

Its absence proves nothing. Whether a stream is gathered shows in the time its bytes take, not in a field.`,
	Good:  "Content-Type: text/event-stream\n",
	Bad:   "X-Accel-Buffering: no (legal, and told)\n",
	Needs: []wire.Scene{wire.Control},
	When:  []checks.Condition{streamed},
	Judge: func(ev *checks.Evidence) checks.Outcome {
		h := ev.Control().Header
		switch edge := forwarded(h); {
		case !h.Has("X-Accel-Buffering"):
			return checks.Unconcerned("X-Accel-Buffering is not seen, which proves nothing")
		case edge != "":
			return checks.Unconcerned("%s says that an edge answered, so X-Accel-Buffering tells nothing about the origin", edge)
		}
		return checks.Held(1, "X-Accel-Buffering is %.40q: no nginx with default settings has handled the answer", strings.TrimSpace(h.Get("X-Accel-Buffering")))
	},
}
