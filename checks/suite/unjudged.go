package suite

// The groups of the catalogue that no family judges yet.
var (
	bufferingRows = unjudged("the family buffering is not part of this release",
		"buffering-headers-early",
		"buffering-first-event",
		"buffering-whole-response",
		"buffering-coalescing",
		"buffering-fixed-interval",
		"buffering-one-event-late",
		"buffering-compressed-parity",
		"buffering-edge-vs-origin",
		"buffering-payload-timestamp",
		"buffering-heartbeats-through",
		"buffering-small-events",
		"buffering-large-event",
		"buffering-version-parity",
		"buffering-method-parity",
		"buffering-useragent-parity",
		"buffering-slow-reader",
		"buffering-request-body",
	)

	altRows = unjudged("other formats than event streams are recorded and not judged in this release",
		"ndjson-media-type",
		"ndjson-line-is-json",
		"ndjson-utf8",
		"ndjson-newline-terminated",
		"ndjson-flush",
		"ndjson-array-stream",
		"ndjson-terminal-record",
		"ndjson-resume",
		"ndjson-keepalive",
		"jsonseq-media-type",
		"jsonseq-record-separator",
		"jsonseq-truncation",
		"jsonseq-bad-element",
		"jsonseq-utf8",
		"ws-upgrade-101",
		"ws-accept",
		"ws-version",
		"ws-bad-handshake",
		"ws-subprotocol",
		"ws-extensions",
		"ws-server-unmasked",
		"ws-control-frames",
		"ws-ping-pong",
		"ws-text-utf8",
		"ws-close-handshake",
		"ws-origin",
		"ws-keepalive",
		"ws-h2",
		"ws-resume",
	)
)

// unjudged returns rows that share the reason why no rule judges them.
func unjudged(reason string, ids ...string) []Requirement {
	var rows []Requirement
	for _, id := range ids {
		rows = append(rows, Requirement{ID: id, Reason: reason})
	}
	return rows
}
