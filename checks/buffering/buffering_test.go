package buffering

import (
	"testing"

	"github.com/ssespec/ssespec/checks/checktest"
)

func TestRecordedCases(t *testing.T) { checktest.Run(t, Suite) }
