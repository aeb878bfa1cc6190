package security

import (
	"strings"
	"testing"
)

func TestErrorsThatShowTooMuch(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ text, want string }{
		{"Traceback (most recent call last):\n  File \"/app/feed.py\", line 3, in stream\n", "a stack trace"},
		{"panic: oops\n\ngoroutine 17 [running]:\nmain.stream()\n\t/src/main.go:42 +0x1d\n", "a stack trace"},
		{"\tat org.shop.Feed$Source.open(Feed.java:12)", "a stack trace"},
		{`{"trace":"java.lang.Error\n\tat org.shop.Feed.<init>(Feed.kt:12)"}`, "a stack trace"},
		{"PHP Fatal error: boom\n#0 /var/www/html/feed.php(12): run()", "a stack trace"},
		{"Error: boom<br> &nbsp; &nbsp;at /app/index.js:10:9<br>", "a source file and its line"},
		{"<pre>Error: boom\n    at Layer.handle (/app/node_modules/router/layer.js:95:5)</pre>", "a source file and its line"},
		{"    at async file:///srv/app/feed.mjs:3:1", "a source file and its line"},
		{"app/feed.rb: /srv/app/feed.rb:12:in `open'", "a source file and its line"},
		{`   at Shop.Feed.Open() in C:\src\shop\Feed.cs:line 12`, "a source file and its line"},
		{"-----BEGIN RSA PRIVATE KEY-----\nMII", "a private key"},
		{"dial postgres://app:hunter2@db:5432/shop: refused", "a password for a database"},
		{"bad key AKIAIOSFODNN7EXAMPLE", "a key"},
	} {
		if got, _ := leaked([]byte(c.text)); got != c.want {
			t.Errorf("%q: got %q, want %q", c.text, got, c.want)
		}
	}
}

func TestErrorsThatShowNothing(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		`{"timestamp":"2026-01-02T03:04:05.000+00:00","status":404,"error":"Not Found","path":"/home/users/stream.js"}`,
		`{"type":"https://example.com/probs/out-of-credit","title":"No credit","instance":"/account/12345/msgs/abc"}`,
		`{"error":{"message":"Incorrect API key provided: sk-ab***********yz.","type":"invalid_request_error","code":"invalid_api_key"}}`,
		"Failed to load https://cdn.example/app.js:80, see http://localhost:3000/src/main.ts?t=1",
		"The server is at Berlin.Mitte (open 9:00 to 17:00)",
		"use postgres://user@host/db or redis://localhost:6379 or postgres://app:***@db/shop",
		"Cannot GET /stream.js",
		"-----BEGIN CERTIFICATE-----",
		"at 10:05 the goroutine stopped",
	} {
		if got, at := leaked([]byte(text)); got != "" {
			t.Errorf("%q: got %q at %v, want nothing", text, got, at)
		}
	}
}

func TestAnErrorIsQuotedInWholeWords(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ what, text, want string }{
		{aSourceFile, " (/app/server.js:10:5)\n    at next (/app/a.js:1:2)", `: "(/app/server.js:10:5)"`},
		{aSourceFile, `>/app/index.js:10:9<br> &nbsp; &nbsp;at`, `: "/app/index.js:10:9"`},
		{aTrace, `\tat org.shop.Feed.open(Feed.java:12)\n\tat`, `: "at org.shop.Feed.open(Feed.java:12)"`},
		{aTrace, "goroutine 17 [running]: " + strings.Repeat("word ", 20), `: "goroutine 17 [running]: word word word word word word word word word word word …"`},
		{aSourceFile, "/" + strings.Repeat("a", 100) + ".js:1", `: "/` + strings.Repeat("a", 79) + `…"`},
		{"a key", "AKIAIOSFODNN7EXAMPLE", ""},
	} {
		if got := quoted(c.what, []byte(c.text)); got != c.want {
			t.Errorf("%q: got %s, want %s", c.text, got, c.want)
		}
	}
}
