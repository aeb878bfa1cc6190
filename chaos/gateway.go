package chaos

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/ssespec/ssespec/checks/wire"
)

// page is what gateways show in place of an answer.
const page = "<html><body>gateway</body></html>\n"

// gateway answers one connection in place of the target.
func (k *link) gateway(s Step) (net.Conn, error) {
	reader, front, err := k.pair()
	if err != nil {
		return nil, err
	}
	status := s.N
	if s.Kind == wire.WrongType {
		status = http.StatusOK
	}
	k.gates.Go(func() {
		defer front.Close()
		front.SetDeadline(time.Now().Add(dialTimeout))
		if _, err := http.ReadRequest(bufio.NewReader(front)); err != nil {
			return
		}
		fmt.Fprintf(front, "HTTP/1.1 %d %s\r\nContent-Type: text/html\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s",
			status, http.StatusText(status), len(page), page)
		closeWrite(front)
		for b := make([]byte, 512); err == nil; {
			_, err = front.Read(b) // until the reader has left: closing before might reset
		}
	})
	return reader, nil
}
