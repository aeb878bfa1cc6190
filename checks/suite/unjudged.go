package suite

// altRows are the rows of the groups that no family judges yet.
var altRows = unjudged("other formats than event streams are recorded and not judged in this release",
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

// unjudged returns rows that share the reason why no rule judges them.
func unjudged(reason string, ids ...string) []Requirement {
	var rows []Requirement
	for _, id := range ids {
		rows = append(rows, Requirement{ID: id, Reason: reason})
	}
	return rows
}
