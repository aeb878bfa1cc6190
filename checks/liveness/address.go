package liveness

import (
	"fmt"
	"strings"

	"github.com/ssespec/ssespec/checks"
	"github.com/ssespec/ssespec/checks/wire"
)

var addressParity = &checks.Check{
	ID:     "liveness/address-parity",
	Title:  "Every address of the name should answer alike",
	Level:  checks.Advice,
	Clause: checks.Practice(""),
	Since:  "0.1",
	Doc: `
A pool behaves alike only where each member does. One that was forgotten in a deploy, or that IPv6 leads to,
gives some users another answer and nobody else can repeat it.

Compared are status and media type of at most four addresses. What the events say is not.`,
	Fix:   "Bring the address that differs to the configuration of the others, or take it out of DNS.",
	Good:  "192.0.2.1: 200 text/event-stream\n192.0.2.2: 200 text/event-stream\n",
	Bad:   "192.0.2.1: 200 text/event-stream\n2001:db8::1: 404 text/html\n",
	Needs: []wire.Scene{wire.Addresses},
	Judge: func(ev *checks.Evidence) checks.Outcome {
		var found []checks.Finding
		var first *checks.View
		seen := 0
		for _, v := range ev.Exhibit(wire.Addresses).Views {
			switch {
			case redirects(v):
				continue
			case first == nil:
				first = v
			case v.Status == 0 || first.Status == 0: // no answer in time is no other answer
			case v.Status != first.Status || v.Type.Essence != first.Type.Essence:
				found = append(found, v.AtField(-1, fmt.Sprintf("%s answers %d %q, %s answers %d %q",
					host(v), v.Status, v.Type.Essence, host(first), first.Status, first.Type.Essence)))
			}
			if v.Status != 0 {
				seen++
			}
		}
		if seen < 2 {
			return checks.Unseen("fewer than two addresses gave an answer")
		}
		return checks.Judged(seen, found, "addresses that answer alike")
	},
}

// host returns the address of a peer without its port.
func host(v *checks.View) string {
	if i := strings.LastIndexByte(v.Address, ':'); i >= 0 {
		return strings.Trim(v.Address[:i], "[]")
	}
	return v.Address
}
