package headers

import (
	"fmt"

	"github.com/ssespec/ssespec/checks"
	"github.com/ssespec/ssespec/checks/wire"
)

var cacheControl = &checks.Check{
	ID:     "headers/cache-control",
	Title:  "A stream opened with GET should forbid its reuse by caches",
	Level:  checks.Should,
	Clause: checks.RFC("9111", "4.2.2", "a cache MAY assign a heuristic expiration time when an explicit time is not specified"),
	Since:  "0.1",
	Doc: `
A 200 without any word on caching may be stored and reused. Some CDNs do so: the next client is
played what the first one heard, all at once, and then nothing more.

One of no-store, no-cache, private, max-age=0 or an Expires that is over is enough; order, letter case and
further directives do not matter. An answer that grants its reuse in words is for
headers/cache-control-conflict, an answer to POST is not reused without such words, and answers to
requests with Authorization are not shared. Browser caches are out of play, for EventSource bypasses them.`,
	Fix:   "Send Cache-Control: no-store with the stream.",
	Good:  "Content-Type: text/event-stream\nCache-Control: no-store\n",
	Bad:   "Content-Type: text/event-stream\n",
	Needs: []wire.Scene{wire.Control},
	When:  []checks.Condition{streamed, checks.ViaGET},
	Judge: func(ev *checks.Evidence) checks.Outcome {
		v := ev.Control()
		seconds, word := v.Lifetime()
		switch bar := checks.CacheBarrier(v.Header); {
		case bar != "":
			return checks.Held(1, "%s keeps caches from reusing the stream", bar)
		case checks.HasDirective(v.Header, "private"):
			return checks.Held(1, "private keeps shared caches from storing the stream")
		case word != "" && seconds <= 0:
			return checks.Held(1, "%s says that the stream is stale at once", word)
		case word != "" || checks.HasDirective(v.Header, "public"):
			return checks.Unconcerned("the answer grants its reuse in words, which headers/cache-control-conflict judges")
		case v.Request.Header.Has("Authorization"):
			return checks.Unconcerned("shared caches do not reuse the answer to a request with Authorization")
		}
		return checks.Broke(1, v.AtField(v.Header.Index("Cache-Control"),
			"nothing forbids a cache to store the stream: a CDN may play it to the next client in place of a live one"))
	},
}

var cacheControlConflict = &checks.Check{
	ID:     "headers/cache-control-conflict",
	Title:  "A stream should not grant its reuse to caches",
	Level:  checks.Should,
	Clause: checks.RFC("9111", "4.2", "When a response is fresh, it can be used to satisfy subsequent requests without contacting the origin server"),
	Since:  "0.1",
	Doc: `
With public, max-age, s-maxage or an Expires in the future every cache on the way may answer from its
store. A stored stream is an old one: the client is played the past and takes it for the present.

The most restrictive directive wins: next to no-store, no-cache or Vary: * the words do no harm, and max-age=0
grants nothing. Only s-maxage goes before max-age in shared caches. Streams opened with POST are
not judged, since caches do not reuse their answers in practice.`,
	Fix:   "Send Cache-Control: no-store with the stream and exclude it from the site's caching defaults.",
	Good:  "Cache-Control: no-cache, max-age=600\n",
	Bad:   "Cache-Control: public, max-age=600\n",
	Needs: []wire.Scene{wire.Control},
	When:  []checks.Condition{streamed, checks.ViaGET},
	Judge: func(ev *checks.Evidence) checks.Outcome {
		v := ev.Control()
		granted, field := grant(v)
		if granted == "" {
			return checks.Unconcerned("nothing in the answer grants its reuse")
		}
		if bar := checks.CacheBarrier(v.Header); bar != "" {
			return checks.Held(1, "%s outweighs %s", bar, granted)
		}
		return checks.Broke(1, v.AtField(v.Header.Index(field),
			fmt.Sprintf("%s lets a cache play the stored stream to the next client", granted)))
	},
}

// grant returns the words in which an answer grants its reuse, and the field they are in, or "".
func grant(v *checks.View) (words, field string) {
	switch seconds, word := v.Lifetime(); {
	case word == "Expires" && seconds > 0:
		return fmt.Sprintf("Expires, %d seconds ahead,", seconds), "Expires"
	case word != "" && seconds > 0:
		return fmt.Sprintf("%s=%d", word, seconds), "Cache-Control"
	case word == "" && checks.HasDirective(v.Header, "public"):
		return "public", "Cache-Control"
	}
	return "", ""
}

var pragmaOnly = &checks.Check{
	ID:     "headers/pragma-only",
	Title:  "A stream should not rely on Pragma to keep caches away",
	Level:  checks.Advice,
	Clause: checks.RFC("9111", "5.4", "it does not provide a reliable replacement for \"Cache-Control: no-cache\""),
	Since:  "0.1",
	Doc: `
Pragma: no-cache was made for requests. In a response it never had a meaning, so a cache may store
the stream as if the field were not there.

Next to Cache-Control it is needless and harmless.`,
	Fix:   "Send Cache-Control: no-store in place of Pragma.",
	Good:  "Cache-Control: no-store\nPragma: no-cache\n",
	Bad:   "Pragma: no-cache\n",
	Needs: []wire.Scene{wire.Control},
	When:  []checks.Condition{streamed, checks.ViaGET},
	Judge: func(ev *checks.Evidence) checks.Outcome {
		v := ev.Control()
		switch {
		case !v.Header.Has("Pragma"):
			return checks.Unconcerned("the answer has no Pragma")
		case v.Header.Has("Cache-Control"):
			return checks.Held(1, "Pragma stands next to Cache-Control, which counts")
		}
		return checks.Broke(1, v.AtField(v.Header.Index("Pragma"), "caches ignore Pragma in an answer, and there is no Cache-Control"))
	},
}
