package suite_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/ssespec/ssespec/checks"
	"github.com/ssespec/ssespec/checks/suite"
	"github.com/ssespec/ssespec/checks/wire"
)

func TestSuiteIsFitToBeShown(t *testing.T) {
	if err := suite.All().Validate(); err != nil {
		t.Error(err)
	}
}

// TestACulpritIsJudgedBeforeWhomItExcuses holds each After against the order of judging.
func TestACulpritIsJudgedBeforeWhomItExcuses(t *testing.T) {
	judged := map[string]bool{}
	for _, c := range suite.All() {
		for _, a := range c.After {
			if !judged[a] {
				t.Errorf("%s comes after %s, which is judged later or not at all", c.ID, a)
			}
		}
		judged[c.ID] = true
	}
}

// rowsPerGroup is how many rows the catalogue of requirements has in each group.
var rowsPerGroup = map[string]int{
	"framing": 37, "headers": 28, "http": 46, "cors": 33, "reconnect": 37, "buffering": 17,
	"security": 19, "liveness": 18, "ndjson": 9, "jsonseq": 5, "ws": 15,
}

func TestEveryRequirementHasARuleOrAReason(t *testing.T) {
	rules := map[string]bool{}
	for _, c := range suite.All() {
		rules[c.ID] = true
	}
	seen, groups := map[string]bool{}, map[string]int{}
	for _, r := range suite.Coverage() {
		if seen[r.ID] {
			t.Errorf("%s is listed twice", r.ID)
		}
		seen[r.ID] = true
		group, _, _ := strings.Cut(r.ID, "-")
		groups[group]++
		switch {
		case (r.Rule == "") == (r.Reason == ""):
			t.Errorf("%s has neither rule nor reason, or both", r.ID)
		case r.Rule != "" && !rules[r.Rule]:
			t.Errorf("%s names the rule %s, which does not exist", r.ID, r.Rule)
		}
	}
	if !reflect.DeepEqual(groups, rowsPerGroup) {
		t.Errorf("rows per group are %v, want %v", groups, rowsPerGroup)
	}
}

// recorded returns every recorded case of every family.
func recorded(t testing.TB) map[string]*wire.Bundle {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("..", "*", "testdata", "*", "*.rec"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no recorded cases: %v", err)
	}
	out := map[string]*wire.Bundle{}
	for _, name := range files {
		out[name] = decode(t, mustRead(t, name))
	}
	return out
}

func mustRead(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func decode(t testing.TB, b []byte) *wire.Bundle {
	t.Helper()
	bundle, err := wire.Decode(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	return bundle
}

func encode(t testing.TB, b *wire.Bundle) string {
	t.Helper()
	var out strings.Builder
	if err := wire.Encode(&out, b); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// TestJudgingIsPure judges every recorded case twice, the second time in another order, and finds the
// same outcomes and untouched evidence.
func TestJudgingIsPure(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for name, b := range recorded(t) {
		before := encode(t, b)
		ev := checks.NewEvidence(b)
		once := suite.All().Judge(ev)
		for _, r := range once {
			if r.Verdict == checks.Broken {
				t.Errorf("%s breaks %s: %s", name, r.ID, r.Reason)
			}
		}
		again := map[string]checks.Outcome{}
		for _, i := range rng.Perm(len(once)) {
			alone := checks.Suite{once[i].Check}
			again[once[i].ID] = alone.Judge(ev)[0].Outcome
		}
		for _, r := range once {
			if after := strings.Contains(r.Reason, "failed, so this verdict would mislead"); !after && !reflect.DeepEqual(r.Outcome, again[r.ID]) {
				t.Errorf("%s: %s is %v alone and %v in the suite", name, r.ID, again[r.ID], r.Outcome)
			}
		}
		if encode(t, b) != before {
			t.Errorf("%s: judging changed the evidence", name)
		}
	}
}

// FuzzJudge holds every rule against recordings that nobody thought of: none may be at fault.
func FuzzJudge(f *testing.F) {
	for _, b := range recorded(f) {
		f.Add(encode(f, b))
	}
	f.Fuzz(func(t *testing.T, text string) {
		b, err := wire.Decode(strings.NewReader(text))
		if err != nil {
			return
		}
		for _, r := range suite.All().Judge(checks.NewEvidence(b)) {
			if r.Verdict == checks.Broken {
				t.Errorf("%s: %s", r.ID, r.Reason)
			}
		}
	})
}

// chat is a recording of n bytes of a language model's answer, in reads of 4 KiB.
func chat(n int) *wire.Bundle {
	var body bytes.Buffer
	for i := 0; body.Len() < n; i++ {
		fmt.Fprintf(&body, "id: %d\ndata: {\"id\":\"chatcmpl-1\",\"object\":\"chat.completion.chunk\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\" wörd\"},\"finish_reason\":null}]}\n\n", i)
	}
	x := &wire.Exchange{
		Request: wire.Request{Method: "GET", URL: "http://127.0.0.1/", Proto: "HTTP/1.1"},
		End:     wire.End{Kind: wire.Complete, At: time.Hour},
	}
	head := "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"
	all := append([]byte(head), body.Bytes()...)
	for off := 0; off < len(all); off += 4096 {
		x.Raw = append(x.Raw, wire.Chunk{At: time.Duration(off) * time.Microsecond, Data: all[off:min(off+4096, len(all))]})
	}
	x.Assemble()
	return &wire.Bundle{Recordings: []*wire.Recording{{Scene: wire.Control, Exchanges: []*wire.Exchange{x}}}}
}

// BenchmarkJudge reads and judges 100 MB of a chat by all rules. Seconds are good enough: a gate records for
// fifteen of them.
func BenchmarkJudge(b *testing.B) {
	bundle := chat(100 << 20)
	b.SetBytes(100 << 20)
	b.ReportAllocs()
	for b.Loop() {
		suite.All().Judge(checks.NewEvidence(bundle))
	}
}
