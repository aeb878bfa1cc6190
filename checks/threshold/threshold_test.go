package threshold_test

import (
	"testing"

	"github.com/ssespec/ssespec/checks/checktest"
	"github.com/ssespec/ssespec/checks/threshold"
)

func TestRecordedCases(t *testing.T) { checktest.Run(t, threshold.Suite) }
