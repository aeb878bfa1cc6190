package passage_test

import (
	"testing"

	"github.com/ssespec/ssespec/checks/passage"
	"github.com/ssespec/ssespec/checks/wire"
)

func TestABodyIsPassedOnWhereTheOriginSeesItBeforeItsEnd(t *testing.T) {
	t.Parallel()
	x := &wire.Exchange{Hits: []*wire.Hit{{At: -1600 * ms, Upload: saying(-1500*ms, "abc", -ms, "def")}}}
	if got, known := passage.UploadOf(x); !known || !got.Passed() || got.Bytes != 6 || got.Head != 1600*ms {
		t.Errorf("got %+v, want six bytes that were passed on", got)
	}
	x.Hits[0].Upload = saying(ms, "abcdef")
	if got, known := passage.UploadOf(x); !known || got.Passed() {
		t.Errorf("got %+v, want a body that was collected", got)
	}
	x.Hits[0].Upload = nil
	if _, known := passage.UploadOf(x); known {
		t.Error("a body that did not come tells something")
	}
}
