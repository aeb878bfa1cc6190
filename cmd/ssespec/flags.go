package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/urfave/cli/v2"
)

// env names the environment variable of a flag: --max-time is SSESPEC_MAX_TIME.
func env(name string) []string {
	return []string{"SSESPEC_" + strings.ToUpper(strings.NewReplacer("-", "_", ".", "_").Replace(name))}
}

func text(name, usage string, alias ...string) *cli.StringFlag {
	return &cli.StringFlag{Name: name, Usage: usage, Aliases: alias, EnvVars: env(name)}
}

func list(name, usage string, alias ...string) *cli.StringSliceFlag {
	return &cli.StringSliceFlag{Name: name, Usage: usage, Aliases: alias, EnvVars: env(name)}
}

func toggle(name, usage string, alias ...string) *cli.BoolFlag {
	return &cli.BoolFlag{Name: name, Usage: usage, Aliases: alias, EnvVars: env(name), DisableDefaultText: true}
}

func span(name, usage string, value time.Duration) *cli.DurationFlag {
	return &cli.DurationFlag{Name: name, Usage: usage, Value: value, EnvVars: env(name)}
}

// limit is what something may take.
func limit(name, says string) *cli.DurationFlag {
	f := span(name, says, 0)
	f.Action = func(_ *cli.Context, d time.Duration) error {
		if d < 0 {
			return usage(fmt.Sprintf("Write --%s 500ms.", name), "--%s %v: nothing takes less than no time", name, d)
		}
		return nil
	}
	return f
}

// requestFlags mean what they mean in curl.
func requestFlags() []cli.Flag {
	return []cli.Flag{
		text("request", "request `METHOD`", "X"),
		list("header", "request `FIELD`, as 'Name: value'; $NAME in the value is taken from the environment and masked everywhere", "H"),
		toggle("literal", "take $ in the fields of -H and --other-session as it is written"),
		text("data", "request body, or @`FILE`; makes the request a POST", "d"),
		text("user", "`USER:PASSWORD` for HTTP basic authentication", "u"),
		toggle("insecure", "accept any certificate", "k"),
		text("proxy", "`URL` of an HTTP proxy", "x"),
		toggle("location", "follow redirects; always on, as an EventSource does", "L"),
		text("cacert", "`FILE` with certificates to trust"),
		text("cert", "`FILE` with the client's certificate"),
		text("key", "`FILE` with the client's private key"),
		list("resolve", "`HOST:PORT:ADDRESS` to use instead of the name's address"),
		list("connect-to", "`HOST1:PORT1:HOST2:PORT2`: connect to the second instead of the first"),
		text("unix-socket", "connect through this Unix socket `PATH`"),
		toggle("http1.1", "use HTTP/1.1"),
		toggle("http2", "use HTTP/2, without TLS by prior knowledge"),
		toggle("http3", "use HTTP/3 (not in this build)"),
	}
}

// budgetFlags bound what a run may cost.
func budgetFlags() []cli.Flag {
	return []cli.Flag{
		&cli.IntFlag{Name: "max-requests", Usage: "send at most `N` requests", DefaultText: "100, or 190 with --allow-load", EnvVars: env("max-requests")},
		span("max-time", "stop after this `DURATION`; what was not judged by then is inconclusive", 2*time.Minute),
		span("watch", "watch one stream for this `DURATION`", 15*time.Second),
		&cli.Int64Flag{Name: "max-bytes", Usage: "read at most `N` bytes of one answer", Value: 8 << 20, EnvVars: env("max-bytes")},
		toggle("repeat-post", "allow a POST to be sent more than once (it may be billed more than once)"),
		toggle("allow-load", "allow several streams at once and many short connections"),
	}
}

// selectionFlags choose rules.
func selectionFlags() []cli.Flag {
	return []cli.Flag{
		list("only", "judge only rules that match this `GLOB`"),
		list("skip", "leave out rules that match this `GLOB`"),
	}
}

// gateFlags say what makes a run fail.
func gateFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{Name: "fail-on", Usage: "exit 1 on failures at or above this `LEVEL`: must, should, advice, never", Value: "must", EnvVars: env("fail-on")},
		toggle("strict", "the same as --fail-on should"),
		list("require", "exit 4 if a rule that matches this `GLOB` could not be judged"),
		text("baseline", "`FILE` with the failures that are expected, as ssespec baseline write writes it; an entry that passes now is a failure"),
		text("waivers", "`FILE` with the failures that are waived for a time; one that has expired is a failure"),
	}
}

// promiseFlags say what the endpoint is meant to be.
func promiseFlags() []cli.Flag {
	return []cli.Flag{
		list("expect", "a `PROMISE` of the endpoint, so that breaking it is a failure: resume, exactly-once, finite, endless, json, shared, incremental (events are sent as they are made)"),
		text("profile", "the dialect: `NAME` or auto"),
		span("heartbeat", "something comes at least every `DURATION`: an event, or a comment", 0),
		limit("first-event", "the first event comes within this `DURATION` of the request"),
		limit("gap-p99", "the next event comes within this `DURATION`, but for one time in a hundred"),
		limit("recovery", "who is cut off has the next event within this `DURATION` (ssespec chaos)"),
		text("time", "each event's data has the time at which it was made at this JSON `PATH`: shows how late events come"),
		text("seq", "each event's data has its number at this JSON `PATH`: nothing else proves as well that an answer is whole"),
		text("scale", "ask for short and long answers too, which costs six requests: `PATH=SHORT:LONG`, such as max_tokens=16:256; PATH is a JSON path in the body, or a query parameter"),
	}
}

// pageFlags say who else comes to the endpoint: pages on other origins, other sessions, texts of other users.
func pageFlags() []cli.Flag {
	return []cli.Flag{
		text("origin", "an `ORIGIN` whose pages must be able to read the stream: https://app.example"),
		toggle("credentials", "those pages ask with credentials: cookies, HTTP authentication, client certificates"),
		list("other-session", "request `FIELD` with the credentials of another session of yours, which must not be given the first one's events"),
		text("inject", "send texts with line ends to where the server repeats a text: a `URL` or, with -d, a body that holds {text}"),
	}
}

// progressFlags say whether a terminal sees what goes on.
func progressFlags() []cli.Flag {
	return []cli.Flag{&cli.StringFlag{Name: "progress", Usage: "`WHEN` to show progress: auto, never", Value: "auto", EnvVars: env("progress")}}
}

// outputFlags say what is written and where.
func outputFlags() []cli.Flag {
	return append(formatFlags(),
		toggle("quiet", "print nothing but failures of this program", "q"),
		toggle("verbose", "list rules that passed or do not apply", "v"),
		toggle("vv", "list the bytes of every exchange too"),
		remediesFlag(),
		list("product", "a `PRODUCT` that stands before the endpoint, so that its remedies are shown (see ssespec remedies); most name themselves"),
		&cli.StringFlag{Name: "color", Usage: "`WHEN` to use color: auto, always, never", Value: "auto", EnvVars: env("color")},
	)
}
