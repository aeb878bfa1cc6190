package stream

// SyntaxOf returns the syntax of a media type, given as type/subtype in lower case.
func SyntaxOf(essence string) Syntax {
	switch essence {
	case "text/event-stream":
		return EventStream
	case "application/x-ndjson", "application/ndjson", "application/jsonl", "application/stream+json":
		return NDJSON
	case "application/json-seq":
		return JSONSeq
	}
	return Text
}
