package suite

import "slices"

// A Requirement is one row of the catalogue of requirements and what became of it.
type Requirement struct {
	ID     string // "framing-utf8": group, dash, the row's name
	Rule   string // the id of the rule that judges it, or empty
	Reason string // why no rule does; empty where one does
}

// Coverage returns every row of the catalogue, in its order.
func Coverage() []Requirement {
	return slices.Concat(framingRows, headersRows, httpRows, corsRows, reconnectRows,
		bufferingRows, securityRows, livenessRows, altRows)
}
