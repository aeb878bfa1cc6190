package browser

import (
	"net/netip"
	"net/url"
	"slices"
	"strings"
)

// BadPort reports whether no browser connects to a port.
//
// https://fetch.spec.whatwg.org/#port-blocking
func BadPort(port string) bool { return slices.Contains(blockedPorts, port) }

// A Client is the way in which a page reads a stream.
type Client uint8

// The clients that matter.
const (
	EventSource Client = iota + 1 // HTML 9.2: no fields of the page's own, no preflight, comes back by itself
	Script                        // fetch() and a reader of the body: any method and fields, with a preflight where Fetch wants one
)

var clientNames = [...]string{EventSource: "EventSource", Script: "fetch()"}

// String returns the name that a page's author knows it by.
func (c Client) String() string {
	if int(c) < len(clientNames) {
		return clientNames[c]
	}
	return ""
}

// A Page is a document that wants to read a stream.
type Page struct {
	Origin  string // serialised, "https://app.example"
	Include bool   // credentials mode "include"; else that of the default, "same-origin"
	Client  Client
}

// OriginOf returns the origin of a URL as a browser serialises it: scheme and host in lower case, the port where it
// is not the scheme's own.
//
// https://html.spec.whatwg.org/multipage/browsers.html#ascii-serialisation-of-an-origin
func OriginOf(u *url.URL) string {
	host := strings.ToLower(u.Hostname())
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	if p := u.Port(); p != "" && p != defaultPorts[u.Scheme] {
		host += ":" + p
	}
	return strings.ToLower(u.Scheme) + "://" + host
}

var defaultPorts = map[string]string{"http": "80", "https": "443"}

// IsOrigin reports whether s is an origin as a browser writes it, so that one may be equal to it.
func IsOrigin(s string) bool {
	u, err := url.Parse(s)
	return err == nil && u.Scheme != "" && u.Hostname() != "" && OriginOf(u) == s && !strings.ContainsAny(u.Hostname(), "*, ")
}

// Trustworthy reports whether a page over https may ask a URL: over https, or on this very machine.
//
// https://w3c.github.io/webappsec-secure-contexts/#potentially-trustworthy-url
func Trustworthy(u *url.URL) bool { return u.Scheme == "https" || Loopback(u.Hostname()) }

// Loopback reports whether a host is this machine by its very name.
func Loopback(host string) bool {
	host = strings.TrimSuffix(strings.ToLower(host), ".")
	if ip, err := netip.ParseAddr(host); err == nil {
		return ip.IsLoopback()
	}
	return host == "localhost" || strings.HasSuffix(host, ".localhost")
}

// Private reports whether a host lies in a network that the world does not reach: loopback, private or link-local
// addresses, and names under .local.
func Private(host string) bool {
	if ip, err := netip.ParseAddr(host); err == nil {
		ip = ip.Unmap()
		return ip.IsLoopback() || ip.IsPrivate() || ip.IsLinkLocalUnicast()
	}
	return Loopback(host) || strings.HasSuffix(strings.TrimSuffix(strings.ToLower(host), "."), ".local")
}

var blockedPorts = strings.Fields(`0 1 7 9 11 13 15 17 19 20 21 22 23 25 37 42 43 53 69 77 79 87 95 101 102 103 104 109 110 111 113
	115 117 119 123 135 137 139 143 161 179 389 427 465 512 513 514 515 526 530 531 532 540 548 554 556 563 587 601 636 989 990 993
	995 1719 1720 1723 2049 3659 4045 4190 5060 5061 6000 6566 6665 6666 6667 6668 6669 6679 6697 10080`)
