package stream

import (
	"bytes"
	"strings"
)

// heartbeats are the words by which heartbeats go, as event name or as data.
var heartbeats = map[string]bool{
	"ping": true, "pong": true, "heartbeat": true, "heart-beat": true, "heart_beat": true, "keepalive": true,
	"keep-alive": true, "keep_alive": true, "hb": true, "alive": true, "noop": true,
}

// IsHeartbeat reports whether a word, the type of an event or its data, says that it is sent to keep the connection busy.
func IsHeartbeat(word []byte) bool {
	word = bytes.TrimSpace(word)
	return len(word) < 16 && heartbeats[strings.ToLower(string(word))]
}
