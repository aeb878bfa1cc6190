package edge_test

import (
	"os"
	"strings"
	"testing"

	"github.com/ssespec/ssespec/checks"
	"github.com/ssespec/ssespec/checks/edge"
	"github.com/ssespec/ssespec/checks/wire"
)

func TestRefusalsOfTheHopAreNamed(t *testing.T) {
	t.Parallel()
	for file, want := range map[string]string{
		"large-event/refused":     "1 of 8 requests were answered 429 by the hop",
		"cut-visible/refused":     "2 of 3 requests were answered 429 by the hop",
		"close-delimited/refused": "2 of 3 requests were answered 429 by the hop",
	} {
		f, err := os.Open("testdata/" + file + ".rec")
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		b, err := wire.Decode(f)
		if err != nil {
			t.Fatal(err)
		}
		id := "edge/" + strings.TrimSuffix(file, "/refused")
		for _, r := range edge.Suite.Judge(checks.NewEvidence(b)) {
			if r.Check.ID == id && !strings.HasSuffix(r.Reason, want) {
				t.Errorf("%s: got %q, want it to end in %q", id, r.Reason, want)
			}
		}
	}
}
