package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"math/big"
	randv2 "math/rand/v2"
	"net"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/ssespec/ssespec/chaos"
	"github.com/ssespec/ssespec/chaos/origin"
	"github.com/ssespec/ssespec/checks"
	"github.com/ssespec/ssespec/checks/wire"
	"github.com/ssespec/ssespec/reports"
)

func edgeCommand() *cli.Command {
	return &cli.Command{
		Name:        "edge",
		Usage:       "judge what stands between an endpoint and its readers: what it holds, loses and changes",
		ArgsUsage:   "--via URL --listen ADDR | --via URL --direct URL",
		Description: edgeDescription,
		Flags: slices.Concat(edgeFlags(), directFlags(), requestFlags(), edgeBudgetFlags(), selectionFlags(), promiseFlags(), gateFlags(), outputFlags(), progressFlags(),
			[]cli.Flag{text("output", "keep the evidence of the run in `FILE`, to be judged again", "o")}),
		Action: func(c *cli.Context) error {
			if c.NArg() != 0 || c.String("via") == "" {
				return usage("Try: ssespec edge --via http://localhost:8080/stream --listen 127.0.0.1:9000", "edge wants to know the URL of the stream behind the hop: --via URL")
			}
			return runEdge(c)
		},
	}
}

const edgeDescription = `With --listen, ssespec is the endpoint itself: point a route of the proxy at that address, and --via at the route.
Then both ends of the hop are known, and each event's delay, each lost byte and each masked cut is measured.

    ssespec edge --via https://app.example/stream --listen 127.0.0.1:9000

With --direct, your own endpoint is asked straight and through the hop, or hop by hop from the endpoint to the reader:

    ssespec edge --direct http://10.0.0.7:8080/chat --hop ingress=http://10.0.0.1/chat --via https://app.example/chat`

// edgeFlags say what is between what.
func edgeFlags() []cli.Flag {
	return []cli.Flag{
		text("via", "the `URL` as its readers see it, through what is to be judged"),
		text("listen", "be the endpoint, at this `ADDRESS` (127.0.0.1:9000 or https://127.0.0.1:9443), to which the hop leads"),
		text("direct", "the `URL` of your own endpoint, past what is to be judged"),
		list("hop", "`NAME=URL` of a place between --direct and --via where the stream can be read, the endpoint's neighbour first"),
		text("listen-cert", "`FILE` with the certificate for an https --listen; without one it is self-signed"),
		text("listen-key", "`FILE` with its private key"),
		toggle("quick", "15 seconds: held bytes, fields, cuts"),
		toggle("deep", "16 minutes: silences up to 6 minutes, and age"),
		span("wait", "how long the hop may take to find that --listen answers", 10*time.Second),
	}
}

// edgeBudgetFlags are the budget flags with what fits an edge.
func edgeBudgetFlags() []cli.Flag {
	flags := budgetFlags()
	for _, f := range flags {
		switch f := f.(type) {
		case *cli.IntFlag:
			f.DefaultText = "no limit with --listen, else 60"
		case *cli.DurationFlag:
			if f.Name == "max-time" {
				f.Value, f.DefaultText = 0, "that of the depth"
			}
		}
	}
	return flags
}

func runEdge(c *cli.Context) error {
	j, err := newJudgment(c, between)
	if err != nil {
		return err
	}
	l, err := edgeLab(c)
	if err != nil {
		return err
	}
	ctx, stop := interruptible(c.Context)
	defer stop()
	r, err := j.follow("edge", c.String("output"), func(tell audience) (*wire.Bundle, error) {
		return gatherEdge(ctx, c, l, j.suite, tell)
	})
	if err != nil {
		return err
	}
	return j.finish([]*reports.Report{r})
}

// edgeLab turns the flags into a lab between an endpoint and its readers.
func edgeLab(c *cli.Context) (*chaos.Lab, error) {
	l, err := newLab(c, c.String("via"))
	if err != nil {
		return nil, err
	}
	if l.Edge, err = newEdge(c, l); err != nil {
		return nil, err
	}
	if !c.IsSet("max-requests") && c.String("listen") != "" { // it is our own origin that is asked
		l.Limits.Requests = 0
	}
	if l.Seed = randv2.Int64N(1 << 31); c.IsSet("seed") {
		l.Seed = c.Int64("seed")
	}
	return l, nil
}

// newEdge says what is between what.
func newEdge(c *cli.Context, l *chaos.Lab) (*chaos.Edge, error) {
	e := &chaos.Edge{Depth: chaos.Standard, Wait: c.Duration("wait")}
	switch quick, deep := c.Bool("quick"), c.Bool("deep"); {
	case quick && deep:
		return nil, usage("", "--quick and --deep exclude each other")
	case quick:
		e.Depth = chaos.Quick
	case deep:
		e.Depth = chaos.Deep
	}
	switch listen, direct := c.String("listen"), c.String("direct"); {
	case listen == "" && direct == "":
		return nil, usage("Write --listen 127.0.0.1:9000 to put ssespec behind the hop, or --direct URL of your own endpoint.", "edge needs both ends: only --via was given")
	case listen != "" && direct != "":
		return nil, usage("Give one of them.", "--listen and --direct exclude each other")
	case listen != "":
		if len(c.StringSlice("hop")) > 0 {
			return nil, usage("Give --direct in place of --listen.", "--hop goes with --direct")
		}
		return e, nil
	}
	return e, fillHops(c, l, e)
}

// gatherEdge makes the recordings. Where ssespec is the endpoint it serves meanwhile.
func gatherEdge(ctx context.Context, c *cli.Context, l *chaos.Lab, s checks.Suite, tell audience) (*wire.Bundle, error) {
	ctx, cancel := within(ctx, c)
	defer cancel()
	plan := edgePlan(s)
	if c.String("listen") != "" {
		stop, err := listenAt(ctx, c, l)
		if err != nil {
			return nil, err
		}
		defer stop()
	}
	experiments(l, plan, tell)
	return chaos.GatherEdge(ctx, l, plan), nil
}

// edgePlan returns the experiments that the rules need, the one that finds the way first.
func edgePlan(s checks.Suite) []*chaos.Experiment {
	needs := s.Needs()
	return slices.DeleteFunc(chaos.EdgeExperiments(), func(e *chaos.Experiment) bool {
		return e.Scene != wire.EdgeFields && !slices.Contains(needs, e.Scene)
	})
}

// listenAt serves our own origin at --listen until stop is called.
func listenAt(ctx context.Context, c *cli.Context, l *chaos.Lab) (stop func(), err error) {
	scheme, addr, ok := strings.Cut(c.String("listen"), "://")
	if !ok {
		scheme, addr = "http", scheme
	}
	if scheme != "http" && scheme != "https" {
		return nil, usage("Write 127.0.0.1:9000, or https://127.0.0.1:9443.", "--listen %q is no address", c.String("listen"))
	}
	if _, _, err := net.SplitHostPort(addr); err != nil {
		return nil, usage("Write HOST:PORT, such as 127.0.0.1:9000.", "--listen %q is no address", c.String("listen"))
	}
	var secure *tls.Config
	if scheme == "https" {
		if secure, l.Edge.DirectTLS, err = certificateOf(c, addr); err != nil {
			return nil, err
		}
	}
	ln, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, usage("", "--listen: %v", err)
	}
	l.Edge.Origin = origin.New(secure)
	l.Edge.Direct = directURL(l.Target.URL, scheme, ln.Addr().(*net.TCPAddr))
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		l.Edge.Origin.Serve(ctx, ln)
	}()
	return func() { cancel(); <-done }, nil
}

// directURL is the URL at which our own origin is asked: the path of the target, at the address that it listens at.
func directURL(target, scheme string, at *net.TCPAddr) string {
	u, err := url.Parse(target)
	if err != nil {
		return ""
	}
	host := at.IP.String()
	if at.IP.IsUnspecified() {
		host = "127.0.0.1"
	}
	u.Scheme, u.Host = scheme, net.JoinHostPort(host, fmt.Sprint(at.Port))
	return u.String()
}

// certificateOf returns the certificate of an https origin, and a configuration that trusts it.
func certificateOf(c *cli.Context, addr string) (server, client *tls.Config, err error) {
	var pair tls.Certificate
	if f := c.String("listen-cert"); f != "" {
		if pair, err = tls.LoadX509KeyPair(f, c.String("listen-key")); err != nil {
			return nil, nil, usage("", "--listen-cert cannot be used: %v", err)
		}
	} else if pair, err = selfSigned(addr); err != nil {
		return nil, nil, err
	}
	// We ask ourselves: there is nobody to take us for another.
	return &tls.Config{Certificates: []tls.Certificate{pair}}, &tls.Config{InsecureSkipVerify: true}, nil
}

// selfSigned makes a certificate for an address, which a hop must be told to accept.
func selfSigned(addr string) (tls.Certificate, error) {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return tls.Certificate{}, usage("Write https://HOST:PORT.", "--listen %q is no address", addr)
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, err
	}
	t := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		DNSNames: []string{"localhost", host}, IPAddresses: []net.IP{net.ParseIP("127.0.0.1")}}
	der, err := x509.CreateCertificate(rand.Reader, t, t, &key.PublicKey, key)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, err
}
