package reconnect

import (
	"encoding/json"
	"slices"
	"time"

	"github.com/ssespec/ssespec/checks"
	"github.com/ssespec/ssespec/checks/stream"
	"github.com/ssespec/ssespec/checks/wire"
)

// mcp cites the transports of MCP, in the revision that asks for what is judged here.
func mcp(quote string) checks.Clause {
	return checks.Clause{Spec: "MCP", Section: "transports", URL: "https://modelcontextprotocol.io/specification/2025-11-25/basic/transports", Quote: quote}
}

// primes is the revision of MCP whose streams begin with an event that has nothing but an id. The ones before it do
// not know that yet, and the next one has no ids any more.
const primes = "2025-11-25"

var primingEvent = &checks.Check{
	ID:     "reconnect/priming-event",
	Title:  "An MCP stream that can be taken up should begin with an event that has an id and no data",
	Level:  checks.Should,
	Clause: mcp("The server SHOULD immediately send an SSE event consisting of an event ID and an empty data field in order to prime the client to reconnect"),
	Since:  "0.3",
	Doc: `
A call may take minutes until it has something to say. A connection that is lost before the first id leaves its reader
with no place to come back to: it has to make the call again.

Judged are streams opened by POST under revision 2025-11-25, which is read from MCP-Protocol-Version or from the call
of initialize. Not flagged are servers that give no ids at all, since resumption is optional, and answers
that are there at once.`,
	Fix:   "Send \"id: …\" and an empty \"data:\" line right behind the head of the answer.",
	Good:  "id: s1-0\ndata:\n\nid: s1-1\ndata: {\"jsonrpc\":\"2.0\"}\n\n",
	Bad:   "id: s1-1\ndata: {\"jsonrpc\":\"2.0\"}\n\n",
	Needs: control,
	When: []checks.Condition{checks.EventStream, {
		Says: "the stream is one of MCP " + primes + ", opened by POST",
		Else: "the stream is not known to be one of MCP " + primes + " that is opened by POST",
		Holds: func(ev *checks.Evidence) bool {
			return ev.Profile() == "mcp" && ev.Method() == "POST" && revision(ev) == primes
		},
	}, hasIDs},
	Judge: judgePriming,
}

func judgePriming(ev *checks.Evidence) checks.Outcome {
	v, first := ev.Control(), named(ev)[0]
	i := slices.IndexFunc(v.Stream.Events, func(e stream.Event) bool { return len(e.Data) > 0 })
	if i < 0 || first.lo < v.Stream.Events[i].Lo {
		return checks.Held(1, "the id %.40q came before any data, %v after the request", first.id, checks.Brief(v.Text.When(first.lo)))
	}
	if took := v.Text.When(len(v.Text.Bytes)) - v.Text.When(0); v.End.Kind == wire.Complete && took < atOnce {
		return checks.Unconcerned("the answer was there at once: there was nothing to come back for")
	}
	e := v.Stream.Events[i]
	return checks.Broke(1, v.At(e.Lo, e.Hi, "the first event has data, and no id came before it: a reader that loses its connection until then has no place to come back to"))
}

// atOnce is how long an answer takes that no reader loses half of.
const atOnce = 100 * time.Millisecond

// revision returns the revision of MCP that the request speaks, or "".
func revision(ev *checks.Evidence) string {
	r := ev.Control().Request
	if v := r.Header.Get("MCP-Protocol-Version"); v != "" {
		return v
	}
	var call struct {
		Method string
		Params struct{ ProtocolVersion string }
	}
	if json.Unmarshal(r.Body, &call) != nil || call.Method != "initialize" {
		return ""
	}
	return call.Params.ProtocolVersion
}
