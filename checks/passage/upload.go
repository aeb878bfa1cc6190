package passage

import (
	"time"

	"github.com/ssespec/ssespec/checks/wire"
)

// An Upload is how a request's body came to the origin.
type Upload struct {
	Head, First time.Duration // before the last byte was sent: when the head came to the origin, and the first bytes of the body; negative if behind it
	Bytes       int           // how much came
}

// Passed reports whether the body was passed on while it was sent.
func (u Upload) Passed() bool { return u.First >= whileSent }

// whileSent is more than a pause of a busy machine, and less than the time for which the body is sent.
const whileSent = 500 * time.Millisecond

// UploadOf returns how the body of an exchange came to the origin, if any of it did.
func UploadOf(x *wire.Exchange) (u Upload, known bool) {
	h := x.Origin()
	if h == nil || len(h.Upload) == 0 {
		return Upload{}, false
	}
	for _, c := range h.Upload {
		u.Bytes += len(c.Data)
	}
	u.Head, u.First = -h.At, -h.Upload[0].At // moments count from the last byte
	return u, true
}
