package stream

import (
	"strconv"
	"strings"
)

// A reading is what a whole stream amounts to.
type reading struct {
	events []plainEvent
	id     string
	hasID  bool
	retry  int64
}

type plainEvent struct {
	Lo, Hi         int
	Type, Data, ID string
}

func plain(e Event) plainEvent {
	return plainEvent{e.Lo, e.Hi, string(e.Type), string(e.Data), string(e.ID)}
}

// naive reads an event stream as the standard's text goes, one step after the other, and shares
// nothing with the package; its buffers are plain strings.
func naive(body string) reading {
	out := reading{retry: -1}
	offset := 0
	if strings.HasPrefix(body, "\xEF\xBB\xBF") {
		body, offset = body[3:], 3
	}
	var data, typ, idBuffer string
	idSeen := false
	lo := offset
	for {
		end := strings.IndexAny(body, "\r\n")
		if end < 0 {
			return out // the pending data is discarded
		}
		line, skip := body[:end], 1
		if strings.HasPrefix(body[end:], "\r\n") {
			skip = 2
		}
		body = body[end+skip:]
		offset += end + skip
		if line == "" {
			out.id, out.hasID = idBuffer, idSeen
			if data != "" {
				data = strings.TrimSuffix(data, "\n")
				out.events = append(out.events, plainEvent{lo, offset, typ, data, out.id})
			}
			data, typ, lo = "", "", offset
			continue
		}
		name, value, _ := strings.Cut(line, ":")
		value = strings.TrimPrefix(value, " ")
		switch {
		case strings.HasPrefix(line, ":"):
		case name == "event":
			typ = value
		case name == "data":
			data += value + "\n"
		case name == "id" && !strings.Contains(value, "\x00"):
			idBuffer, idSeen = value, true
		case name == "retry" && value != "" && strings.Trim(value, "0123456789") == "":
			out.retry, _ = strconv.ParseInt(value, 10, 64) // the largest number if out of range
		}
	}
}
