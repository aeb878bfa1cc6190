package wire

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// awkward are strings that a careless writer or reader of lines would spoil.
var awkward = []string{
	"", " ", "  two  ", "a b", "\t", "a\tb\t", "\"", "\"quoted\"", "a\"b", "'", "'a'", "`a`", "\\", "\\n", "a\\", "\n", "\r\n", "a\r", "\x00", "\x7f",
	":", "a:b", "a: b", "#", "# no comment", "+1ms", "-1ms", ">", "=", "a=b", "raw", "end", "want", "1", "103", "open",
	"\xff", "a\xc3", "\xed\xa0\x80", "\u00fc", "\u4f60\u597d", "\U0001f600", "\ufeff", "\ufeffa", "\ufffd", "\u00a0", "\u0085", "\u2028", "\u202e",
}

func encodeText(t testing.TB, b *Bundle) string {
	t.Helper()
	var w strings.Builder
	if err := Encode(&w, b); err != nil {
		t.Fatal(err)
	}
	return w.String()
}

// checkRoundTrip fails unless b survives being stored.
func checkRoundTrip(t *testing.T, b *Bundle) string {
	t.Helper()
	text := encodeText(t, b)
	got, err := Decode(strings.NewReader(text))
	if err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	if diff := cmp.Diff(got, b, cmp.Comparer(bytes.Equal)); diff != "" {
		t.Errorf("decoded - encoded +\n%s", diff)
	}
	if again := encodeText(t, got); again != text {
		t.Errorf("encoded again, got - want +\n%s", cmp.Diff(again, text))
	}
	return text
}

// everything uses every field; s stands wherever a string may.
func everything(s string) *Bundle {
	fields := Header{{"A", s}, {s, "b"}, {s, s}, {"A", s + " "}}
	at := time.Date(2024, 2, 29, 23, 59, 59, 123456789, time.UTC)
	return &Bundle{
		Command: s, Name: s, Profile: s, Promises: []string{s, "b"},
		Target: Request{Method: "POST", URL: s, Proto: s, Header: fields, Body: []byte(s + "x")},
		Origin: s, Include: true, Sequence: s, Clock: s, Heartbeat: 15 * time.Second,
		Limits: Limits{FirstEvent: time.Second, GapP99: 2 * time.Second, Recovery: 3 * time.Second},
		Began:  at, Duration: 90*time.Second + time.Nanosecond, Requests: 7, Seed: -1 << 63,
		Hops: []Hop{{s, s}, {"via", "http://a/"}}, Depth: s,
		Noise: &Noise{P50: time.Microsecond, P99: time.Millisecond, Pauses: []Stretch{{time.Second, 2 * time.Second}}},
		Gaps:  []Gap{{Scene: Fetch, Reason: s}, {Scene: Scene(s), Moot: true, Reason: "no"}},
		Wants: []string{"want pass a/b", "want fail a/b body 1..2"},
		Recordings: []*Recording{
			{Scene: Scene(s)},
			{Scene: "a trial", Trial: &Trial{Name: s, Schedule: s, Resume: s, Mode: Mode(s), Demanded: true, Gap: "g" + s, Moot: true}},
			{Scene: "another trial", Trial: &Trial{}},
			{Scene: HTTP2, Exchanges: []*Exchange{{
				Request: Request{Method: s, URL: s, Proto: "HTTP/2.0", Header: fields, Body: []byte(s + "\n")},
				Began:   at.Add(time.Second), Address: s, Dial: 3 * time.Millisecond,
				TLS:   &TLS{Version: s, ALPN: s, Closed: true, CloseNotify: true},
				Proto: s, Status: 200, Header: fields, HeadAt: 4 * time.Millisecond,
				Interim: []Interim{{103, fields, time.Millisecond}, {100, nil, 0}},
				Body:    []Chunk{{5 * time.Millisecond, []byte(s)}, {-time.Millisecond, []byte("b" + s)}, {1<<63 - 1, []byte(s + "c")}},
				Trailer: fields,
				Frames: []Frame{
					{At: time.Millisecond, Type: "SETTINGS", Settings: []Setting{{1, 1<<32 - 1}, {1<<16 - 1, 0}}},
					{At: time.Millisecond, Type: s, Stream: 1<<32 - 1, Flags: 255, Length: 1<<24 - 1, Code: 1, Last: 2, Increment: 3},
				},
				Fault: &Fault{Kind: FaultKind(s), Aim: s, Landed: -1, Seen: s},
				Role:  Role(s), Cursor: s, Case: Case("route=via").With("size", "4096"),
				Hits: []*Hit{
					{At: -time.Millisecond, Request: Request{Method: s, URL: s, Proto: s, Header: fields}, Upload: []Chunk{{time.Millisecond, []byte(s)}},
						HeadAt: time.Millisecond, Status: 200, Header: fields, Sent: []Chunk{{2 * time.Millisecond, []byte(s)}}, Written: 9, End: Abandoned, EndAt: time.Second},
					{},
				},
				End: End{Kind: Reset, At: time.Hour, Note: s},
			}, {
				Request: Request{Method: "GET", URL: "/"},
				TLS:     &TLS{Closed: true},
				Fault:   &Fault{},
				End:     End{Kind: Silent},
			}, {
				TLS:    &TLS{},
				Header: Header{{"no", "status"}},
				End:    End{Kind: HungUp, At: -1},
			}}},
		},
	}
}

func TestABundleSurvivesBeingStored(t *testing.T) {
	t.Parallel()
	for _, s := range awkward {
		t.Run(fmt.Sprintf("%+q", s), func(t *testing.T) {
			t.Parallel()
			checkRoundTrip(t, everything(s))
		})
	}
	t.Run("nothing at all", func(t *testing.T) {
		t.Parallel()
		if got, want := checkRoundTrip(t, &Bundle{}), "rec 1\n"; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	})
	for kind := Complete; kind <= HungUp; kind++ {
		t.Run("an exchange that is "+kind.String(), func(t *testing.T) {
			t.Parallel()
			checkRoundTrip(t, &Bundle{Recordings: []*Recording{{Scene: Control, Exchanges: []*Exchange{{End: End{Kind: kind}}}}}})
		})
	}
	for name, target := range map[string]Request{
		"a method":  {Method: "GET"},
		"a version": {Proto: "HTTP/1.1"},
		"a field":   {Header: Header{{"A", "b"}, {"C", "d"}}},
		"a body":    {Body: []byte("x")},
	} {
		t.Run("a target of which no more is known than "+name, func(t *testing.T) {
			t.Parallel()
			checkRoundTrip(t, &Bundle{Target: target})
		})
	}
}

func TestABundleIsStoredAsLinesThatReadWell(t *testing.T) {
	t.Parallel()
	got := encodeText(t, everything("a b\xff"))
	want := `rec 1
want pass a/b
want fail a/b body 1..2
command "a b\xff"
target POST "a b\xff" "a b\xff"
target A: "a b\xff"
target "a b\xff": b
target "a b\xff": "a b\xff"
target A: "a b\xff "
target= "a b\xffx"
name "a b\xff"
profile "a b\xff"
promise "a b\xff"
promise b
origin "a b\xff"
credentials include
sequence "a b\xff"
clock "a b\xff"
heartbeat 15s
limit first-event 1s
limit gap-p99 2s
limit recovery 3s
began 2024-02-29T23:59:59.123456789Z
duration 1m30.000000001s
requests 7
seed -9223372036854775808
hop "a b\xff" "a b\xff"
hop via http://a/
depth "a b\xff"
noise 1µs 1ms
pause 1s 2s
gap fetch "a b\xff"
moot "a b\xff" "no"

scene "a b\xff"

scene "a trial"
trial "a b\xff" "a b\xff" "a b\xff" "a b\xff"
demanded
moot "ga b\xff"

scene "another trial"
trial "" "" "" ""

scene http2
> "a b\xff" "a b\xff" HTTP/2.0
> A: "a b\xff"
> "a b\xff": b
> "a b\xff": "a b\xff"
> A: "a b\xff "
>= "a b\xff\n"
began 2024-03-01T00:00:00.123456789Z
peer "a b\xff" 3ms
tls "a b\xff" "a b\xff" close-notify
interim 103 +1ms
interim A: "a b\xff"
interim "a b\xff": b
interim "a b\xff": "a b\xff"
interim A: "a b\xff "
interim 100 +0s
< "a b\xff" 200
< A: "a b\xff"
< "a b\xff": b
< "a b\xff": "a b\xff"
< A: "a b\xff "
head +4ms
+5ms "a b\xff"
-1ms "ba b\xff"
+2562047h47m16.854775807s "a b\xffc"
trailer A: "a b\xff"
trailer "a b\xff": b
trailer "a b\xff": "a b\xff"
trailer A: "a b\xff "
frame +1ms SETTINGS stream=0 flags=0x0 length=0 1:4294967295 65535:0
frame +1ms "a b\xff" stream=4294967295 flags=0xff length=16777215 code=1 last=2 increment=3
fault "a b\xff" "a b\xff" -1 "a b\xff"
case route=via size=4096
hit -1ms "a b\xff" "a b\xff" "a b\xff"
hit> A: "a b\xff"
hit> "a b\xff": b
hit> "a b\xff": "a b\xff"
hit> A: "a b\xff "
upload +1ms "a b\xff"
sent-head 200 +1ms
sent> A: "a b\xff"
sent> "a b\xff": b
sent> "a b\xff": "a b\xff"
sent> A: "a b\xff "
sent +2ms "a b\xff"
written 9
hit-end abandoned +1s
hit +0s "" "" ""
cursor "a b\xff"
role "a b\xff"
end reset +1h0m0s "a b\xff"

> GET /
tls "" "" no-close-notify
fault "" "" 0
end silent +0s

> "" ""
tls "" "" open
< "" 0
< no: status
end hung-up -1ns
`
	if diff := cmp.Diff(got, want); diff != "" {
		t.Errorf("got - want +\n%s", diff)
	}
}

func TestTimesAreStoredInUTC(t *testing.T) {
	t.Parallel()
	began := time.Date(2024, 1, 1, 1, 0, 0, 0, time.FixedZone("", 3600))
	text := encodeText(t, &Bundle{Began: began})
	if want := "rec 1\nbegan 2024-01-01T00:00:00Z\n"; text != want {
		t.Errorf("got %q, want %q", text, want)
	}
	b, err := Decode(strings.NewReader("began 2024-01-01T01:00:00+01:00\n"))
	if err != nil || b.Began.Location() != time.UTC || !b.Began.Equal(began) {
		t.Errorf("got %v, %v, want %v in UTC", b.Began, err, began)
	}
}

func TestOfAnExchangeWithRawBytesOnlyTheseAreStored(t *testing.T) {
	t.Parallel()
	x := &Exchange{
		Request: Request{Method: "GET", URL: "http://a/", Proto: "HTTP/1.1"},
		Raw: []Chunk{
			{time.Millisecond, []byte("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n")},
			{2 * time.Millisecond, []byte(chunked + "9\r\ndata")},
			{3 * time.Millisecond, []byte(": a\n\n\r\n0\r\nX: y\r\n\r\n")},
		},
		End: End{Kind: Complete, At: 3 * time.Millisecond},
	}
	x.Assemble()
	if x.Status != 200 || len(x.Interim) != 1 || len(x.Body) != 2 || len(x.Trailer) != 1 || x.HeadAt != 2*time.Millisecond {
		t.Fatalf("not taken apart: %+v", x)
	}
	got := checkRoundTrip(t, &Bundle{Recordings: []*Recording{{Scene: Control, Exchanges: []*Exchange{x}}}})
	want := `rec 1

scene control
> GET http://a/ HTTP/1.1
raw +1ms "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
raw +2ms "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\ndata"
raw +3ms ": a\n\n\r\n0\r\nX: y\r\n\r\n"
end complete +3ms
`
	if diff := cmp.Diff(got, want); diff != "" {
		t.Errorf("got - want +\n%s", diff)
	}
}

func TestDecodeReadsWhatPeopleWrite(t *testing.T) {
	t.Parallel()
	answer := func(x Exchange) *Bundle {
		x.Request.Method, x.Request.URL = "GET", "/"
		if x.End.Kind == 0 {
			x.End.Kind = Complete
		}
		return &Bundle{Recordings: []*Recording{{Scene: Control, Exchanges: []*Exchange{&x}}}}
	}
	for name, c := range map[string]struct {
		in   string
		want *Bundle
	}{
		"nothing":                      {"", &Bundle{}},
		"comments and blank lines":     {"# one\n\n   \n\t# two\nname a\n#", &Bundle{Name: "a"}},
		"no first line, no last one":   {"name a", &Bundle{Name: "a"}},
		"CRLF":                         {"rec 1\r\nname a\r\n\r\nscene control\r\n> GET /\r\nend complete 0s\r\n", &Bundle{Name: "a", Recordings: answer(Exchange{}).Recordings}},
		"white space around lines":     {"  name a\t \n", &Bundle{Name: "a"}},
		"more space between words":     {"noise   1ms   2ms\n", &Bundle{Noise: &Noise{P50: 1e6, P99: 2e6}}},
		"wants anywhere":               {"want a\nscene control\n> GET /\nwant b\nend complete 0s\nwant c", &Bundle{Wants: []string{"want a", "want b", "want c"}, Recordings: answer(Exchange{}).Recordings}},
		"a comment within an exchange": {"scene control\n> GET /\n# why\n\nend complete 0s", answer(Exchange{})},
		"moments without their sign":   {"scene control\n> GET /\n< HTTP/1.1 200\nhead 1ms\nend truncated 5ms", answer(Exchange{Proto: "HTTP/1.1", Status: 200, HeadAt: 1e6, End: End{Kind: Truncated, At: 5e6}})},
		"bytes as they are typed":      {"scene control\n> GET /\n< HTTP/1.1 200\n+1ms   \"t\u00fc\t\xff'\\u00fc\\x00\\101\"\nend complete 0s", answer(Exchange{Proto: "HTTP/1.1", Status: 200, Body: []Chunk{{1e6, []byte("t\u00fc\t\xff'\u00fc\x00A")}}})},
		"fields without space behind":  {"scene control\n> GET /\n< HTTP/1.1 200\n< a:b\n< c:\n< 'd': `e`\n< f: g\"h\" \\n\n< i:  j  \nend complete 0s", answer(Exchange{Proto: "HTTP/1.1", Status: 200, Header: Header{{"a", "b"}, {"c", ""}, {"'d'", "`e`"}, {"f", `g"h" \n`}, {"i", "j"}}})},
		"an answer of no status":       {"scene control\n> GET /\n< \"\" 0\n< a: b\nend complete 0s", answer(Exchange{Header: Header{{"a", "b"}}})},
		"a scene without an exchange":  {"scene control", &Bundle{Recordings: []*Recording{{Scene: Control}}}},
		"an empty body is none":        {"scene control\n> GET /\n>= \"\"\nend complete 0s", answer(Exchange{})},
		"a frame with hex and decimal": {"scene control\n> GET /\nframe 1ms DATA flags=1 length=0x10\nend complete 0s", answer(Exchange{Frames: []Frame{{At: 1e6, Type: "DATA", Flags: 1, Length: 16}}})},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := Decode(strings.NewReader(c.in))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(got, c.want); diff != "" {
				t.Errorf("got - want +\n%s", diff)
			}
			checkRoundTrip(t, got)
		})
	}
}

func TestDecodeSaysWhichLineIsWrongAndWhatItExpected(t *testing.T) {
	t.Parallel()
	const open = "scene control\n> GET /\n"
	for name, c := range map[string]struct{ in, want string }{
		"an unknown line":                      {"# one\nwhat is this\n", `line 2: "what" is no line of a recording`},
		"a line of an exchange outside of one": {"end complete 0s", `line 1: "end" is no line of a recording`},
		"another format":                       {"rec 2", `line 1: recording format "2" is not known: this version reads format 1`},
		"a key without a value":                {"name", "line 1: name takes one value"},
		"a name of two words":                  {"name my stream", "line 1: name takes one value, quoted if it holds spaces"},
		"a quote without an end":               {`name "a`, "is not quoted well"},
		"a time that is none":                  {"began yesterday", `line 1: "yesterday" is not a time such as 2006-01-02T15:04:05Z`},
		"a time too late to be written":        {"began 9999-12-31T23:59:59-23:00", "is not a time such as"},
		"a time too early to be written":       {"began 0000-01-01T00:00:00+01:00", "is not a time such as"},
		"a duration without a unit":            {"duration 5", `line 1: "5" is not a duration such as 12ms`},
		"a number that is none":                {"requests many", `line 1: "many" is not a whole number`},
		"a seed that is none":                  {"seed 1.5", `line 1: "1.5" is not a whole number`},
		"noise of one value":                   {"noise 1ms", "line 1: noise is not: noise <p50> <p99>"},
		"noise that is no duration":            {"noise 1ms x", `line 1: "x" is not a duration`},
		"the other noise that is no duration":  {"noise x 1ms", `line 1: "x" is not a duration`},
		"a gap without a reason":               {"gap fetch", "line 1: gap is not: gap <scene> <reason, quoted>"},
		"a gap whose reason is not quoted":     {"moot fetch no need", "line 1: moot is not: moot <scene> <reason, quoted>"},
		"a target of one word":                 {"target GET", "line 1: a request begins with: <method> <url> [<version>]"},
		"a target's field without a colon":     {"target GET /\ntarget accept", `line 2: "accept" is not a field: <name>: <value>`},
		"a target's body without quotes":       {"target= a", "line 1: bytes are not in double quotes"},
		"a target's body in other quotes":      {"target= `a`", "line 1: bytes are not in double quotes"},
		"a request outside of a scene":         {"> GET /", "line 1: a request outside of a scene"},
		"a request of four words":              {"scene control\n> GET / HTTP/1.1 x", "line 2: a request begins with: <method> <url> [<version>]"},
		"a request where an end is missing":    {open + "> GET http://a/ HTTP/1.1", "line 3: \"GET http://a/ HTTP/1.1\" is not a field: <name>: <value>, the name quoted if it holds a space (or an end line is missing before)"},
		"a scene where an end is missing":      {open + "scene head", `line 3: "scene" is no line of an exchange (or its end line is missing)`},
		"no end at all":                        {open + "\n# nothing more\n", "line 4: the last exchange has no end line"},
		"a request's body without quotes":      {open + ">= a", "line 3: bytes are not in double quotes"},
		"a field of no name":                   {open + "> : a", "is not a field"},
		"a field's name quoted badly":          {open + `> "a: b`, "is not quoted well"},
		"a field's value quoted badly":         {open + `> a: "b`, "line 3: the value of a is not quoted well"},
		"more behind a field's quoted value":   {open + `> a: "b" c`, "line 3: the value of a is not quoted well"},
		"an answer with a reason":              {open + "< HTTP/1.1 200 OK", "line 3: an answer begins with: < <version> <status>"},
		"an answer quoted badly":               {open + `< "HTTP/1.1 200`, "is not quoted well"},
		"a status that is no number":           {open + "< HTTP/1.1 ok", `line 3: "ok" is not a whole number`},
		"a trailer without a colon":            {open + "trailer a", `line 3: "a" is not a field`},
		"an interim field before an interim":   {open + "interim a: b", "line 3: interim is not: interim <status> <moment>"},
		"an interim that is no field":          {open + "interim 103 0s\ninterim 103 soon", "line 4: \"103 soon\" is not a field"},
		"a head of two words":                  {open + "head 1ms 2ms", "line 3: head takes one value"},
		"a head that is no duration":           {open + "head soon", `line 3: "soon" is not a duration`},
		"a time of an exchange that is none":   {open + "began soon", `line 3: "soon" is not a time`},
		"a peer without its time":              {open + "peer 127.0.0.1:80", "line 3: peer is not: peer <address> <dial time>"},
		"a peer whose time is none":            {open + "peer 127.0.0.1:80 x", `line 3: "x" is not a duration`},
		"tls of two words":                     {open + "tls a b", "line 3: tls is not: tls <version> <alpn> open|close-notify|no-close-notify"},
		"tls closed in another way":            {open + "tls a b shut", "line 3: tls is not: tls <version> <alpn> open|close-notify|no-close-notify"},
		"a word of an exchange quoted badly":   {open + `tls "TLS 1.3 h2 open`, "is not quoted well"},
		"a word with a bad escape":             {open + `tls "\q" h2 open`, "is not quoted well"},
		"a frame of one word":                  {open + "frame 1ms", "line 3: frame is not: frame <moment> <type> key=value…"},
		"a frame whose moment is none":         {open + "frame x DATA", `line 3: "x" is not a duration`},
		"a frame's key that is unknown":        {open + "frame 1ms DATA size=1", `line 3: frame: "size=1" has another key than stream, flags,`},
		"a frame's value that is no number":    {open + "frame 1ms DATA stream=x", `line 3: frame: "stream=x" is not <key>=<number of at most 32 bits>`},
		"a frame's flags of nine bits":         {open + "frame 1ms DATA flags=0x100", `line 3: frame: "flags=0x100" is not <key>=<number of at most 8 bits>`},
		"a frame's setting that is none":       {open + "frame 1ms SETTINGS 65536:1", `line 3: frame: "65536:1" is not a setting: <id>:<value>`},
		"a frame's setting of no value":        {open + "frame 1ms SETTINGS 3:", `line 3: frame: "3:" is not a setting: <id>:<value>`},
		"a fault of two words":                 {open + "fault close event:1", "line 3: fault is not: fault <kind> <aim> <landed>"},
		"a fault that landed nowhere":          {open + "fault close event:1 x", `line 3: "x" is not a whole number`},
		"an end without a moment":              {open + "end complete", "line 3: end is not: end <kind> <moment> [<note>]"},
		"an end whose note is not quoted":      {open + "end hung-up 1s byte limit", "line 3: end is not: end <kind> <moment> [<note>]"},
		"an end of another kind":               {open + "end badly 1s", `line 3: "badly" is no way to end: complete, truncated, reset, silent, hung-up`},
		"an end of no kind":                    {open + `end "" 1s`, `line 3: "" is no way to end`},
		"an end whose moment is none":          {open + "end complete soon", `line 3: "soon" is not a duration`},
		"bytes outside of an exchange":         {`+1ms "a"`, "line 1: bytes outside of an exchange"},
		"raw bytes outside of an exchange":     {`raw +1ms "a"`, "line 1: bytes outside of an exchange"},
		"bytes without a moment":               {open + `raw "a"`, "line 3: bytes are not: [raw] +<moment> <quoted bytes>"},
		"raw and nothing else":                 {open + "raw", "line 3: bytes are not: [raw] +<moment> <quoted bytes>"},
		"bytes whose moment is none":           {open + `+1 "a"`, `line 3: "+1" is not a duration`},
		"bytes without quotes":                 {open + "+1ms a", "line 3: bytes are not in double quotes"},
		"bytes in other quotes":                {open + "+1ms `a`", "line 3: bytes are not in double quotes"},
		"one quote":                            {open + `+1ms "`, "line 3: bytes are not in double quotes"},
		"a backslash before the last quote":    {open + `+1ms "a\"`, "line 3: bytes are not quoted well"},
		"an escape that is none":               {open + `+1ms "\q"`, "line 3: bytes are not quoted well"},
		"half a surrogate":                     {open + `+1ms "\ud800"`, "line 3: bytes are not quoted well"},
		"bytes behind the closing quote":       {open + `+1ms "a" "b"`, "line 3: bytes are not quoted well: more follows the closing quote"},
		"the same after an escape":             {open + `+1ms "\n" "b"`, "line 3: bytes are not quoted well: more follows the closing quote"},
		"raw bytes and a body":                 {open + "raw 1ms \"a\"\n+1ms \"b\"\nend complete 1s", "line 5: an exchange holds raw bytes and an answer beside them"},
		"raw bytes and a status":               {open + "raw 1ms \"a\"\n< \"\" 200\nend complete 1s", "line 5: an exchange holds raw bytes and an answer"},
		"raw bytes and a moment of the head":   {open + "raw 1ms \"a\"\nhead 1ms\nend complete 1s", "line 5: an exchange holds raw bytes and an answer"},
		"raw bytes and an interim answer":      {open + "raw 1ms \"a\"\ninterim 103 1ms\nend complete 1s", "line 5: an exchange holds raw bytes and an answer"},
		"raw bytes and a trailer":              {open + "raw 1ms \"a\"\ntrailer a: b\nend complete 1s", "line 5: an exchange holds raw bytes and an answer"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := Decode(strings.NewReader(c.in))
			if err == nil {
				t.Fatalf("got %+v, want the error %q", got, c.want)
			}
			if !strings.HasPrefix(err.Error(), "line ") || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %q, want %q in it, and its line", err, c.want)
			}
		})
	}
}

func TestDecodePassesOnWhyTheReaderFailed(t *testing.T) {
	t.Parallel()
	_, err := Decode(&failing{text: "rec 1\nname a\n", err: os.ErrPermission})
	if got, want := fmt.Sprint(err), "line 3: permission denied"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// failing gives its text, then its error.
type failing struct {
	text string
	err  error
}

func (f *failing) Read(p []byte) (int, error) {
	n := copy(p, f.text)
	f.text = f.text[n:]
	if n == 0 {
		return 0, f.err
	}
	return n, nil
}

func (f *failing) Write([]byte) (int, error) { return 0, f.err }

func TestEncodePassesOnWhyTheWriterFailed(t *testing.T) {
	t.Parallel()
	if err := Encode(&failing{err: os.ErrPermission}, chat(1<<20)); err != os.ErrPermission {
		t.Errorf("got %v, want %v", err, os.ErrPermission)
	}
}

func TestChunksOfAnExchangeAreNeighbours(t *testing.T) {
	for _, raw := range []bool{false, true} {
		b := chat(1 << 20)
		x := b.Recordings[0].Exchanges[0]
		if raw {
			x.Raw, x.Body = x.Body, nil
			x.Raw[0].Data = append([]byte(ok200+"\r\n"), x.Raw[0].Data...)
			x.Proto, x.Status, x.Header = "", 0, nil
		}
		got, err := Decode(strings.NewReader(encodeText(t, b)))
		if err != nil {
			t.Fatal(err)
		}
		x = got.Recordings[0].Exchanges[0]
		if len(x.Body) < 1000 || raw != (len(x.Raw) > 0) {
			t.Fatalf("got %d chunks of the body, %d raw ones", len(x.Body), len(x.Raw))
		}
		var sum int
		joins := func() { sum += len(x.BodyBytes()) + len(x.RawBytes()) }
		if got := testing.AllocsPerRun(10, joins); got != 0 {
			t.Errorf("raw %t: joining allocates %v times, want none", raw, got)
		}
	}
}

// chat is a stream of n bytes as language models send them, one event a read.
func chat(n int) *Bundle {
	words := []string{"Der", " Fluss", " \u00fcber", "\\n\\n", " said", " \\\"no\\\"", " \U0001f600", ",", " and", " 42"}
	rnd := rand.New(rand.NewPCG(5, 6))
	x := &Exchange{
		Request: Request{Method: "POST", URL: "http://127.0.0.1/v1/chat/completions", Proto: "HTTP/1.1", Body: []byte(`{"stream":true}`)},
		Proto:   "HTTP/1.1", Status: 200, Header: Header{{"Content-Type", "text/event-stream"}},
	}
	for size := 0; size < n; {
		event := fmt.Appendf(nil, "data: {\"id\":\"chatcmpl-%x\",\"object\":\"chat.completion.chunk\",\"created\":1700000000,\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"%s\"},\"finish_reason\":null}]}\n\n",
			rnd.Uint64(), words[rnd.IntN(len(words))])
		size += len(event)
		x.Body = append(x.Body, Chunk{time.Duration(len(x.Body)) * 7 * time.Millisecond, event})
	}
	x.End = End{Kind: Complete, At: time.Duration(len(x.Body)) * 7 * time.Millisecond}
	return &Bundle{Recordings: []*Recording{{Scene: Control, Exchanges: []*Exchange{x}}}}
}

// FuzzDecode: what is read at all is written so that the same is read again.
func FuzzDecode(f *testing.F) {
	files, err := filepath.Glob("../*/testdata/*/*.rec")
	if err != nil || len(files) == 0 {
		f.Fatalf("no recorded cases: %v", err)
	}
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		if len(text) < 1<<16 {
			f.Add(text)
		}
	}
	for _, s := range awkward {
		f.Add([]byte(encodeText(f, everything(s))))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		b, err := Decode(bytes.NewReader(text))
		if err != nil {
			if !strings.HasPrefix(err.Error(), "line ") {
				t.Errorf("%q: %v names no line", text, err)
			}
			return
		}
		checkRoundTrip(t, b)
	})
}

func BenchmarkEncode(b *testing.B) {
	bundle := chat(16 << 20)
	var w bytes.Buffer
	b.SetBytes(16 << 20)
	b.ReportAllocs()
	for b.Loop() {
		w.Reset()
		if err := Encode(&w, bundle); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkDecode(b *testing.B) {
	text := encodeText(b, chat(16<<20))
	b.SetBytes(16 << 20)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Decode(strings.NewReader(text)); err != nil {
			b.Fatal(err)
		}
	}
}
