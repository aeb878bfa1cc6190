package suite_test

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/ssespec/ssespec/checks"
	"github.com/ssespec/ssespec/checks/suite"
	"github.com/ssespec/ssespec/checks/wire"
)

// An item is something that must not be flagged, and the recordings of servers that do it.
type item struct {
	says  string
	upTo  checks.Level // a rule may speak up to this level; 0 is none
	cases []soundCase
}

// A soundCase is one recording below testdata/sound, and the rules that a careless checker would flag it with. All of
// them must have looked: a recording that nobody judges proves nothing.
type soundCase struct {
	file   string
	passes string // ids of rules that look at what the item speaks of, and find it right
	moot   string // of those that say that it does not concern them, where that is the right answer
	warns  string // of those that may speak, up to the level of the item
	unseen string // of those that cannot know
}

// soundItems are the things that must not be flagged, in the order of the requirements.
var soundItems = []item{
	{"Parameters or a trailing semicolon after text/event-stream; capital letters; charset=UTF-8", 0, []soundCase{
		{file: "01-type-parameters", passes: "headers/content-type-essence headers/content-type-single headers/charset headers/content-type-case headers/content-type-params"},
	}},
	{"Events without id; ids that are not numbers, not ascending, or with holes", 0, []soundCase{
		{file: "02-odd-ids", passes: "reconnect/ids-present reconnect/id-unique reconnect/id-transportable reconnect/id-trimmed reconnect/id-ascii framing/id-empty"},
		{file: "02-odd-ids-cut", passes: "resume/gap resume/order resume/duplicates resume/many-cuts resume/replay-identical"},
		// Who has the event without id names the one before it, and cannot help being sent it again.
		{file: "02-between-ids-cut", passes: "resume/gap resume/duplicates resume/incomplete-event"},
		{file: "02-countdown-cut", passes: "resume/gap resume/order resume/restart-detected"},
		{file: "02-holes-cut", passes: "resume/gap resume/order resume/many-cuts resume/duplicates"},
		{file: "02-no-ids", passes: "framing/wrong-format reconnect/stop-signal", moot: "reconnect/ids-present reconnect/id-unique"},
	}},
	{"CRLF or CR line ends, mixed ends, blank lines at the start, several blank lines in a row", 0, []soundCase{
		{file: "03-mixed-line-ends", passes: "framing/line-endings framing/lone-cr framing/blank-line framing/final-event-terminated framing/foreign-block-midstream"},
		{file: "03-crlf", passes: "framing/line-endings framing/lone-cr framing/blank-line framing/final-event-terminated"},
		{file: "03-cr", passes: "framing/line-endings framing/cr-only-latency framing/blank-line framing/final-event-terminated", moot: "framing/lone-cr"},
		{file: "03-line-ends-cut", passes: "resume/gap resume/incomplete-event resume/many-cuts resume/duplicates"},
		{file: "03-cr-cut", passes: "resume/gap resume/incomplete-event resume/duplicates"},
	}},
	{"Unknown field names, field order, repeated fields, missing space after the colon, bare data", 0, []soundCase{
		{file: "04-fields", passes: "framing/unknown-field framing/field-name-exact framing/repeated-field framing/space-after-colon framing/unprefixed-continuation " +
			"framing/event-without-data framing/foreign-block-midstream framing/json-payload"},
	}},
	{"Bad retry: ignored by clients, so WARN at most; leading zeros are fine", checks.Should, []soundCase{
		{file: "05-bad-retry", passes: "framing/retry-empty framing/blank-line", moot: "reconnect/retry-range", warns: "framing/retry-digits"},
		{file: "05-retry-zeros", passes: "framing/retry-digits reconnect/retry-range"},
	}},
	{"U+0000 in data; one BOM at the very start of each response; U+FFFD as payload", 0, []soundCase{
		{file: "06-nul-bom", passes: "framing/bom-start-only framing/utf8 framing/replacement-char framing/control-characters framing/id-null", moot: "framing/json-payload"},
		{file: "06-nul-bom-cut", passes: "resume/gap resume/incomplete-event resume/many-cuts resume/replay-identical"},
	}},
	{"Comments anywhere, of any length, also 2 KiB padding; no heartbeat while data flows", 0, []soundCase{
		{file: "07-comments", passes: "framing/comment framing/heartbeat-splits-event framing/blank-line framing/foreign-block-midstream framing/json-payload liveness/heartbeat-form"},
		{file: "07-comments-cut", passes: "resume/gap resume/incomplete-event resume/duplicates"},
		{file: "07-unfinished-comment", passes: "framing/final-event-terminated"},
		{file: "07-no-heartbeat", passes: "liveness/keepalive liveness/dead-open", moot: "liveness/heartbeat-form"},
	}},
	{"A missing blank line after our cut; a half character after our cut", 0, []soundCase{
		{file: "08-half-character", passes: "framing/utf8 framing/blank-line", moot: "framing/final-event-terminated http/chunk-terminator"},
		{file: "08-no-blank-line", passes: "framing/blank-line", moot: "framing/final-event-terminated http/chunk-terminator"},
		{file: "08-byte-limit", passes: "framing/utf8 framing/blank-line", moot: "framing/final-event-terminated http/chunk-terminator"},
		{file: "08-cut", passes: "resume/incomplete-event resume/gap resume/duplicates resume/replay-identical"},
	}},
	// That an event comes twice is a should (the contract on chaos verdicts): it is legal, and gates only where exactly-once is
	// promised.
	{"No replay after reconnect, where nobody promised it; repeated event k (at-least-once)", checks.Should, []soundCase{
		{file: "09-no-replay", passes: "resume/resumes", moot: "resume/gap resume/silent-loss resume/ids-taken-up"},
		{file: "09-no-replay-of-ids", passes: "resume/resumes", moot: "resume/gap resume/silent-loss resume/ids-taken-up"},
		{file: "09-begins-again", passes: "resume/resumes", moot: "resume/restart-detected resume/duplicates resume/ids-taken-up"},
		{file: "09-repeats-last", passes: "resume/gap resume/order resume/restart-detected", warns: "resume/duplicates"},
	}},
	{"Access-Control-Allow-Origin: * without credentials; missing CORS on a same-origin service; missing Expose-Headers, CORP, nosniff, Vary on a no-store or static answer", 0, []soundCase{
		{file: "10-star", passes: "cors/allow-origin-value cors/simple-get cors/acceptable-static cors/expose-headers security/nosniff security/cors-reflection",
			moot: "cors/credentials-no-star cors/vary-origin"},
		{file: "10-star-no-page", passes: "cors/acceptable-static security/cors-reflection security/cors-null", moot: "cors/vary-origin"},
		{file: "10-no-cors", passes: "security/nosniff", moot: "cors/allow-origin-present cors/simple-get cors/vary-origin"},
		{file: "10-own-page", passes: "security/nosniff", moot: "cors/allow-origin-present cors/simple-get cors/vary-origin"},
		{file: "10-own-cookie", passes: "security/credentials-needed security/private-cache", moot: "cors/allow-origin-present cors/credentials-true"},
		{file: "10-fixed-origin", passes: "cors/allow-origin-value cors/simple-get cors/expose-headers", moot: "cors/vary-origin"},
		{file: "10-fixed-origin-stored", passes: "cors/allow-origin-value cors/simple-get headers/cache-control", moot: "cors/vary-origin"},
		{file: "10-no-store-no-vary", passes: "cors/allow-origin-value cors/simple-get security/cors-matching", moot: "cors/vary-origin"},
	}},
	{"No working OPTIONS where no preflight is ever sent; 200 instead of 204 for preflights", 0, []soundCase{
		{file: "11-no-options", passes: "http/options-plain cors/simple-get cors/preflight-needed cors/resume-consistent",
			moot: "cors/preflight-status cors/preflight-origin cors/preflight-last-event-id cors/preflight-max-age"},
		{file: "11-no-options-501", passes: "http/options-plain http/no-server-error cors/simple-get cors/preflight-needed",
			moot: "cors/preflight-status cors/preflight-origin cors/preflight-last-event-id"},
		{file: "11-no-options-no-page", passes: "http/options-plain http/no-server-error", moot: "cors/preflight-status"},
		{file: "11-options-dropped", passes: "cors/simple-get cors/preflight-needed", moot: "http/options-plain cors/preflight-status cors/preflight-origin"},
		{file: "11-preflight-200", passes: "cors/preflight-status cors/preflight-origin cors/preflight-syntax cors/preflight-request-headers cors/preflight-max-age cors/simple-get"},
	}},
	{"Absent X-Accel-Buffering behind a proxy; absent no-transform without damage; absent Retry-After", 0, []soundCase{
		{file: "12-behind-proxy", passes: "headers/no-transform http/503-capacity http/429", moot: "headers/x-accel-buffering headers/retry-after"},
	}},
	{"Connection: close, close-delimited HTTP/1.x bodies (WARN at most), Content-Length on a finite stream", checks.Should, []soundCase{
		{file: "13-connection-close", passes: "headers/connection-h1 headers/content-length http/content-length-exact http/explicit-framing"},
		{file: "13-close-delimited", passes: "http/close-announced framing/final-event-terminated", warns: "http/explicit-framing"},
		{file: "13-close-delimited-cut", passes: "resume/gap resume/false-end resume/incomplete-event"},
		{file: "13-http-1.0", passes: "framing/final-event-terminated http/h10-no-chunked", moot: "http/explicit-framing http/close-announced"},
	}},
	{"404/400/401 instead of 405 or 406; JSON or a stream for a mismatched Accept; HEAD answered 405", 0, []soundCase{
		{file: "14-refuses-400", passes: "http/head http/head-prompt http/405-allow http/options-plain http/accept-mismatch http/accept-star"},
		{file: "14-refuses-404", passes: "http/head http/options-plain http/accept-mismatch http/accept-star", moot: "http/405-allow"},
		{file: "14-refuses-401", passes: "http/head http/options-plain http/accept-mismatch headers/www-authenticate", moot: "http/405-allow"},
		{file: "14-gives-json", passes: "http/head http/405-allow http/accept-mismatch http/accept-star", moot: "headers/vary-accept"},
		{file: "14-refuses-post", passes: "http/options-plain http/accept-mismatch", moot: "http/405-allow"},
		{file: "10-star", passes: "http/accept-mismatch"}, // with a stream
	}},
	{"Server closing the stream after a while with a valid end: that is how polling-style SSE works", 0, []soundCase{
		{file: "15-polling", passes: "http/chunk-terminator reconnect/tight-loop", moot: "liveness/max-duration liveness/terminal-marker reconnect/stop-signal"},
		{file: "15-polling-live", passes: "http/chunk-terminator reconnect/tight-loop", moot: "liveness/max-duration liveness/terminal-marker reconnect/stop-signal"},
		{file: "15-long-poll", passes: "http/chunk-terminator reconnect/tight-loop", moot: "liveness/max-duration reconnect/stop-signal"},
		{file: "15-polled-job", passes: "http/chunk-terminator", moot: "liveness/max-duration reconnect/tight-loop reconnect/stop-signal"},
		{file: "15-polling-cut", passes: "resume/cursor-isolation resume/gap resume/restart-detected"},
	}},
	{"RST_STREAM(NO_ERROR) after END_STREAM; resets provoked by our own cancel; GOAWAY", 0, []soundCase{
		// The recorder leaves at END_STREAM: the frames that this server sends behind it were added by hand.
		{file: "16-reset-after-end", passes: "http/h2-clean-end http/h2-reset-code"},
		{file: "16-goaway", passes: "http/h2-clean-end http/h2-goaway"},
		{file: "16-goaway-open", passes: "http/h2-goaway", moot: "http/h2-reset-code"},
		{file: "16-open-when-we-leave", passes: "liveness/max-duration", moot: "http/h2-reset-code http/h2-goaway"},
		{file: "16-cut", passes: "resume/gap resume/false-end resume/duplicates"},
		{file: "16-open-cut", passes: "resume/gap resume/many-cuts resume/duplicates"},
		{file: "16-goaway-cut", passes: "resume/gap resume/false-end resume/duplicates"},
	}},
	{"Bursts at connect (history), bursts of a bursty source, slow first token of a model", 0, []soundCase{
		{file: "17-history", passes: "http/cache-replay http/cache-reuse liveness/dead-open"},
		// Told over seconds, and then all at once to who comes later: a cache that stored it does the same.
		{file: "17-story", passes: "http/browser-request", unseen: "http/cache-replay http/cache-reuse"},
		{file: "17-bursts", passes: "http/cache-replay http/cache-reuse http/browser-request liveness/keepalive"},
		{file: "17-slow-first-token", passes: "liveness/connect-latency liveness/dead-open", moot: "http/browser-request liveness/keepalive"},
		{file: "17-slow-head", passes: "liveness/connect-latency liveness/dead-open http/browser-request http/head-prompt http/accept-star"},
		{file: "17-slow-head-post", passes: "liveness/connect-latency liveness/dead-open http/browser-request"},
	}},
	{"event: error in vendor APIs; [DONE] markers; POST streams without resume", 0, []soundCase{
		{file: "18-chat", passes: "framing/event-name-reserved framing/json-payload framing/done-marker liveness/terminal-marker security/error-leak", moot: "reconnect/stop-signal reconnect/ids-present"},
		{file: "18-chat-no-profile", passes: "framing/event-name-reserved framing/json-payload liveness/terminal-marker", moot: "framing/done-marker reconnect/stop-signal reconnect/ids-present"},
		{file: "18-done-by-get", passes: "framing/json-payload reconnect/stop-signal", moot: "framing/done-marker"},
		{file: "18-error-event", passes: "framing/event-name-reserved framing/done-marker liveness/terminal-marker security/error-leak"},
		{file: "18-chat-cut", passes: "resume/resumes resume/truncation-detectable", moot: "resume/gap resume/restart-detected resume/ids-taken-up"},
	}},
	{"1xx responses before the 200; chunk extensions; chunks that split an event or a character", 0, []soundCase{
		{file: "19-chunks", passes: "http/interim-responses http/chunk-syntax http/chunk-terminator framing/utf8 framing/transport-leak framing/blank-line"},
	}},
	{"Age: 0; Via; Server; missing Date on a 5xx", 0, []soundCase{
		{file: "20-age-zero", passes: "headers/date http/cache-replay http/cache-reuse headers/no-transform http/no-server-error", moot: "headers/age headers/age-fresh"},
	}},
	{"Events that look the same: identical data with different ids are different events", 0, []soundCase{
		{file: "21-same-data", passes: "liveness/date-progress reconnect/id-unique http/cache-replay"},
		{file: "21-same-data-feed", passes: "liveness/date-progress reconnect/id-unique http/cache-replay"},
		{file: "21-same-data-cut", passes: "resume/duplicates resume/gap resume/replay-identical resume/many-cuts"},
		{file: "21-same-data-feed-cut", passes: "resume/duplicates resume/gap resume/replay-identical resume/many-cuts"},
	}},
	{"Idle streams: 200 + right type + silence is INCONCLUSIVE", 0, []soundCase{
		{file: "22-idle", unseen: "liveness/dead-open", moot: "liveness/keepalive framing/utf8 framing/blank-line reconnect/ids-present"},
		{file: "22-idle-cut", unseen: "resume/resumes resume/cut-kinds", moot: "resume/gap resume/silent-loss"},
	}},
}

const (
	soundDir  = "testdata/sound"
	idleItem  = 22
	idleIndex = idleItem - 1
)

// interruptedItems are those that speak of cuts or of coming back, so that the rules on interrupted answers must be asked too.
var interruptedItems = []int{8, 9, 15, 16}

// TestNothingIsFlaggedThatMustNotBe judges recordings of sound servers of every kind that is flagged by mistake.
func TestNothingIsFlaggedThatMustNotBe(t *testing.T) {
	judged := map[string][]checks.Result{}
	for _, name := range soundFiles(t) {
		b := decode(t, mustRead(t, name))
		judged[strings.TrimSuffix(filepath.Base(name), ".rec")] = rulesFor(b).Judge(checks.NewEvidence(b))
	}
	left := maps.Clone(judged)
	for i, it := range soundItems {
		number := fmt.Sprintf("%02d", i+1)
		if len(it.cases) == 0 {
			t.Errorf("%s %q has no case", number, it.says)
		}
		for _, c := range it.cases {
			delete(left, c.file)
			t.Run(number+"/"+c.file, func(t *testing.T) {
				results := judged[c.file]
				if results == nil {
					t.Fatalf("%s is not recorded", c.file)
				}
				nothingFlagged(t, it.upTo, c, results)
				allLooked(t, c, results)
			})
		}
	}
	for file := range left {
		t.Errorf("%s is the case of no item", file)
	}
	t.Logf("%d items, %d files", len(soundItems), len(judged))
}

// rulesFor returns the rules that a recording was made for.
func rulesFor(b *wire.Bundle) checks.Suite {
	if b.Command == "chaos" {
		return suite.Disturbed()
	}
	return suite.Undisturbed()
}

func soundFiles(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(soundDir, "*.rec"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no sound case: %v", err)
	}
	return files
}

// nothingFlagged demands that no rule is at fault, and that none fails but those that may speak, at no higher a level than upTo.
func nothingFlagged(t *testing.T, upTo checks.Level, c soundCase, results []checks.Result) {
	t.Helper()
	for _, r := range results {
		spoken := r.Level <= upTo && slices.Contains(strings.Fields(c.warns), r.ID)
		if r.Verdict == checks.Broken || r.Verdict == checks.Fail && !spoken {
			t.Errorf("%s (%s) is %s: %s", r.ID, r.Level, r.Verdict, r.Reason)
		}
	}
}

// allLooked demands of each rule that is named that it says what it must: a case at which it does not look is none.
func allLooked(t *testing.T, c soundCase, results []checks.Result) {
	t.Helper()
	says := func(ids string, right ...checks.Verdict) {
		for _, id := range strings.Fields(ids) {
			i := slices.IndexFunc(results, func(r checks.Result) bool { return r.ID == id })
			if i < 0 {
				t.Errorf("%s is no rule that this recording was made for", id)
			} else if r := results[i]; r.Verdict != checks.Fail && !slices.Contains(right, r.Verdict) { // nothingFlagged tells of failures
				t.Errorf("%s: got %s (%s), want %s", id, r.Verdict, r.Reason, right[0])
			}
		}
	}
	says(c.passes, checks.Pass)
	says(c.moot, checks.NotApplicable)
	says(c.warns, checks.Pass)
	says(c.unseen, checks.Inconclusive)
}

// TestSoundCasesAreComplete demands a case of each of the 22 items, and an interrupted one where an item speaks of interruption.
func TestSoundCasesAreComplete(t *testing.T) {
	if got, want := len(soundItems), 22; got != want {
		t.Errorf("got %d items, want %d", got, want)
	}
	cut := map[int]bool{}
	for i, it := range soundItems {
		for _, c := range it.cases {
			if c.passes+c.moot+c.warns+c.unseen == "" {
				t.Errorf("%s names no rule", c.file)
			}
			cut[i+1] = cut[i+1] || decode(t, mustRead(t, filepath.Join(soundDir, c.file+".rec"))).Command == "chaos"
		}
		if !strings.HasPrefix(it.cases[0].file, fmt.Sprintf("%02d-", i+1)) {
			t.Errorf("%s is not numbered as item %d", it.cases[0].file, i+1)
		}
	}
	for _, n := range interruptedItems {
		if !cut[n] {
			t.Errorf("item %d speaks of interruption, and no case of it was interrupted", n)
		}
	}
}

// TestSilenceProvesNothing demands that no rule on what a stream says, or on what it says when it is asked for again, passes
// where it said nothing.
func TestSilenceProvesNothing(t *testing.T) {
	for _, c := range soundItems[idleIndex].cases {
		b := decode(t, mustRead(t, filepath.Join(soundDir, c.file+".rec")))
		for _, r := range rulesFor(b).Judge(checks.NewEvidence(b)) {
			onContent := r.Family() == "framing" || r.Family() == "reconnect" || r.Family() == "resume" || slices.Contains(onWords, r.ID)
			if onContent && r.Verdict != checks.NotApplicable && r.Verdict != checks.Inconclusive {
				t.Errorf("%s: %s is %s: %s", c.file, r.ID, r.Verdict, r.Reason)
			}
		}
	}
}

// onWords are the rules of other families that need bytes of the body.
var onWords = strings.Fields(`headers/content-encoding-truthful http/cache-replay http/cache-reuse http/browser-request
	http/chunk-terminator http/content-length-exact liveness/dead-open liveness/keepalive liveness/heartbeat-form
	liveness/heartbeat-visible liveness/date-progress liveness/terminal-marker liveness/parallel-independence
	security/inject-lf security/inject-cr security/inject-id-event security/id-guessable`)
