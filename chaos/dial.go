package chaos

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"net/url"
	"os"
	"strings"
	"syscall"
	"time"

	"github.com/ssespec/ssespec/checks/wire"
)

// dialTimeout bounds name look-up, TCP and TLS together: browsers give up later, but a gate waits for us.
const dialTimeout = 10 * time.Second

// A line is one connection to the target, TLS included, that knows when its bytes came.
type line struct {
	net.Conn          // what is read and written: TLS where the target is https
	bottom   *stamped // the connection below TLS
	tls      *tls.Conn
	info     *wire.TLS
	dial     time.Duration
}

// stamped notes the moment of every read right where it leaves the socket.
type stamped struct {
	net.Conn
	last time.Time // of the latest read that brought bytes
	eof  bool      // the peer closed
	// a write met the peer's reset. That uses the error up: a read behind it says io.EOF. (Had the peer
	// closed before, the write would have met EPIPE.)
	reset bool
}

func (s *stamped) Read(b []byte) (int, error) {
	n, err := s.Conn.Read(b)
	if n > 0 {
		s.last = time.Now()
	}
	if errors.Is(err, io.EOF) {
		s.eof = true
	}
	return n, err
}

func (s *stamped) Write(b []byte) (int, error) {
	n, err := s.Conn.Write(b)
	if errors.Is(err, syscall.ECONNRESET) {
		s.reset = true
	}
	return n, err
}

// lingerNot makes the close that follows a reset.
func (s *stamped) lingerNot() {
	if c, ok := s.Conn.(interface{ SetLinger(int) error }); ok {
		c.SetLinger(0)
	}
}

// CloseWrite ends our side of the connection.
func (s *stamped) CloseWrite() error {
	if c, ok := s.Conn.(interface{ CloseWrite() error }); ok {
		return c.CloseWrite()
	}
	return errors.ErrUnsupported
}

// connect opens a connection for a request to u. protocols are offered by ALPN; ip, if valid, is used
// in place of the name's address.
func (l *Lab) connect(ctx context.Context, u *url.URL, protocols []string, ip netip.Addr) (*line, error) {
	whole := ctx
	ctx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	start := time.Now()
	host, port := u.Hostname(), portOf(u)
	addr := net.JoinHostPort(host, port)
	if ip.IsValid() {
		addr = net.JoinHostPort(ip.String(), port)
	}
	c, info, err := l.path(ctx, u, addr, protocols)
	switch {
	case err != nil && whole.Err() != nil: // it is the user's time that is over
		return nil, stopped(whole)
	case err != nil:
		return nil, explainDial(host, addr, err)
	}
	ln := &line{Conn: c, bottom: c}
	if u.Scheme == "https" {
		ln.info = info
	}
	if u.Scheme == "https" && info == nil {
		if err := ln.secure(ctx, l.TLS, host, protocols); err != nil {
			c.Close()
			if whole.Err() != nil {
				return nil, stopped(whole)
			}
			return nil, explainTLS(host, err)
		}
	}
	ln.dial = time.Since(start)
	return ln, nil
}

// path opens the connection below TLS: through the link, if there is one. In its exact mode TLS is spoken
// behind it, and info says what was agreed on.
func (l *Lab) path(ctx context.Context, u *url.URL, addr string, protocols []string) (*stamped, *wire.TLS, error) {
	if l.link == nil {
		c, err := l.tunnel(ctx, u.Scheme, addr)
		return c, nil, err
	}
	c, info, err := l.link.dial(ctx, u, addr, protocols)
	if err != nil {
		return nil, nil, err
	}
	return &stamped{Conn: c}, info, nil
}

func portOf(u *url.URL) string {
	switch {
	case u.Port() != "":
		return u.Port()
	case u.Scheme == "https":
		return "443"
	}
	return "80"
}

// tunnel opens the TCP connection, through the proxy if there is one.
func (l *Lab) tunnel(ctx context.Context, scheme, addr string) (*stamped, error) {
	dial := l.Dial
	if dial == nil {
		dial = (&net.Dialer{}).DialContext
	}
	if l.Proxy == nil {
		c, err := dial(ctx, "tcp", addr)
		return &stamped{Conn: c}, err
	}
	proxy := net.JoinHostPort(l.Proxy.Hostname(), portOf(l.Proxy))
	c, err := dial(ctx, "tcp", proxy)
	if err != nil {
		return nil, plainly(err, "the proxy: %v", explainDial(l.Proxy.Hostname(), proxy, err))
	}
	if scheme == "http" { // plain requests are sent to the proxy in absolute form
		return &stamped{Conn: c}, nil
	}
	if err := connectThrough(ctx, c, addr, l.Proxy.User); err != nil {
		c.Close()
		return nil, err
	}
	return &stamped{Conn: c}, nil
}

// connectThrough asks a proxy for a tunnel (RFC 9110, 9.3.6).
func connectThrough(ctx context.Context, c net.Conn, addr string, user *url.Userinfo) error {
	stop := context.AfterFunc(ctx, func() { c.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	var b bytes.Buffer
	fmt.Fprintf(&b, "CONNECT %s HTTP/1.1\r\nHost: %s\r\n%s\r\n", addr, addr, proxyAuthorization(user))
	if _, err := c.Write(b.Bytes()); err != nil {
		return err
	}
	var head []byte
	for one := make([]byte, 1); !bytes.HasSuffix(head, []byte("\r\n\r\n")); head = append(head, one[0]) {
		if _, err := io.ReadFull(c, one); err != nil {
			return fmt.Errorf("the proxy ended the connection: %w", err)
		}
		if len(head) > defaultHead {
			return errors.New("the proxy's answer has no end")
		}
	}
	first, _, _ := bufio.NewReader(bytes.NewReader(head)).ReadLine()
	if f := strings.Fields(string(first)); len(f) < 2 || !strings.HasPrefix(f[1], "2") {
		return fmt.Errorf("the proxy refused the tunnel: %q", first)
	}
	return nil
}

func proxyAuthorization(user *url.Userinfo) string {
	if user == nil {
		return ""
	}
	password, _ := user.Password()
	return "Proxy-Authorization: Basic " + base64.StdEncoding.EncodeToString([]byte(user.Username()+":"+password)) + "\r\n"
}

// secure does the TLS handshake.
func (ln *line) secure(ctx context.Context, base *tls.Config, host string, protocols []string) error {
	cfg := base.Clone()
	if cfg == nil {
		cfg = &tls.Config{}
	}
	if cfg.ServerName == "" {
		cfg.ServerName = host
	}
	cfg.NextProtos = protocols
	t := tls.Client(ln.bottom, cfg)
	if err := t.HandshakeContext(ctx); err != nil {
		return err
	}
	st := t.ConnectionState()
	ln.Conn, ln.tls = t, t
	ln.info = &wire.TLS{Version: tls.VersionName(st.Version), ALPN: st.NegotiatedProtocol}
	return nil
}

// errNoProtocol says that the server speaks none of the protocols offered by ALPN.
var errNoProtocol = errors.New("the server does not speak the offered HTTP version")

// A plainError says what went wrong in a sentence, and keeps the cause for who asks.
type plainError struct {
	sentence string
	cause    error
}

func (e *plainError) Error() string { return e.sentence }
func (e *plainError) Unwrap() error { return e.cause }

func plainly(cause error, format string, a ...any) error {
	return &plainError{fmt.Sprintf(format, a...), cause}
}

// explainDial turns a failure to connect into a sentence.
func explainDial(host, addr string, err error) error {
	var dns *net.DNSError
	var plain *plainError
	switch {
	case errors.As(err, &plain):
		return err
	case errors.As(err, &dns) && dns.IsNotFound:
		return plainly(err, "the name %s does not exist (DNS)", host)
	case errors.As(err, &dns):
		return plainly(err, "the name %s could not be looked up: %s", host, dns.Err)
	case errors.Is(err, syscall.ECONNREFUSED):
		return plainly(err, "%s refused the connection: is the server running?", addr)
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded):
		return plainly(err, "%s did not answer within %v", addr, dialTimeout)
	}
	return fmt.Errorf("%s cannot be reached: %w", addr, err)
}

// explainTLS turns a failed handshake into a sentence.
func explainTLS(host string, err error) error {
	var unknown x509.UnknownAuthorityError
	var name x509.HostnameError
	var record tls.RecordHeaderError
	switch {
	case strings.Contains(err.Error(), "no application protocol"): // alert 120 has no exported type (RFC 7301, 3.2)
		return errNoProtocol
	case errors.As(err, &unknown):
		return plainly(err, "TLS: the certificate of %s is not signed by a known authority (--cacert FILE trusts one, -k any)", host)
	case errors.As(err, &name):
		return plainly(err, "TLS: the certificate of %s is made out to another name (-k accepts it): %v", host, name)
	case errors.As(err, &record):
		return plainly(err, "TLS: %s does not speak it on this port (is it http:// rather than https://?)", host)
	case errors.Is(err, io.EOF), gone(err):
		return plainly(err, "TLS: %s closed the connection during the handshake", host)
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded):
		return plainly(err, "TLS: %s did not finish the handshake within %v", host, dialTimeout)
	}
	return fmt.Errorf("TLS: the handshake with %s failed: %w", host, err)
}
