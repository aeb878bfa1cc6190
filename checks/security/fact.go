package security

import (
	"slices"

	"github.com/ssespec/ssespec/checks"
	"github.com/ssespec/ssespec/checks/wire"
)

var noSniff = &checks.Check{
	ID:     "security/nosniff",
	Title:  "Tells whether the answer has X-Content-Type-Options",
	Level:  checks.Fact,
	Clause: checks.Fetch("X-Content-Type-Options header", "x-content-type-options-header", "can be used to require checking of a response's `Content-Type` header against the destination of a request"),
	Since:  "0.3",
	Doc: `
An EventSource and fetch() go by Content-Type alone; the field changes nothing for them. It matters where somebody
opens the address of the stream as a page: a browser that sniffs could take events with markup in them for HTML.

It is told, and never held against the server.`,
	Good:  "X-Content-Type-Options: nosniff\n",
	Bad:   "(no such field: told, and no mistake)",
	Needs: []wire.Scene{wire.Control},
	When:  []checks.Condition{checks.EventStream},
	Judge: func(ev *checks.Evidence) checks.Outcome {
		h := ev.Control().Header
		if !h.Has("X-Content-Type-Options") {
			return checks.Held(1, "X-Content-Type-Options is not sent; an EventSource does not look at it")
		}
		return checks.Held(1, "X-Content-Type-Options is %.40q; an EventSource does not look at it", h.Get("X-Content-Type-Options"))
	},
}

var mixedSecretCompression = &checks.Check{
	ID:     "security/mixed-secret-compression",
	Title:  "Tells whether a stream that may mix secrets with other people's text is compressed",
	Level:  checks.Fact,
	Clause: checks.RFC("9110", "17.6", "Some attacks on encrypted protocols use the differences in size created by dynamic compression to reveal confidential information"),
	Since:  "0.3",
	Doc: `
One compressor runs over the whole stream. Where a secret and a text that somebody else chooses pass through it, the
length of what leaves tells how alike the two are, guess by guess. A long stream gives many guesses.

A stream without secrets, or without other people's text, loses nothing by it, which cannot be seen from here.`,
	Good:  "(no Content-Encoding on a stream with secrets)",
	Bad:   "Content-Encoding: gzip\n(told, and no mistake by itself)",
	Needs: []wire.Scene{wire.Control, wire.Compressed},
	When:  []checks.Condition{checks.EventStream},
	Judge: func(ev *checks.Evidence) checks.Outcome {
		v := ev.View(wire.Compressed)
		codings := slices.DeleteFunc(v.Header.Tokens("Content-Encoding"), func(c string) bool { return c == "identity" })
		if !v.OpenedEventStream() || len(codings) == 0 {
			return checks.Unconcerned("the stream is not compressed")
		}
		secret := "it is asked for without credentials, so what it gives is hardly secret"
		if byItself, byScript := credentialed(v.Request); byItself || byScript {
			secret = "it is asked for with credentials: keep text that others choose out of it, or leave secrets out"
		}
		return checks.Held(1, "the stream is compressed with %.20q where that is offered; %s", codings[0], secret)
	},
}
