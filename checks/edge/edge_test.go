package edge_test

import (
	"testing"

	"github.com/ssespec/ssespec/checks/checktest"
	"github.com/ssespec/ssespec/checks/edge"
)

func TestCases(t *testing.T) { checktest.Run(t, edge.Suite) }
