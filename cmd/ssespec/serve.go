package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/ssespec/ssespec/fixtures"
)

func serveCommand() *cli.Command {
	return &cli.Command{
		Name:      "serve",
		Usage:     "serve the sound endpoint, or one with named defects, to learn on and to test pipelines with",
		ArgsUsage: "[SOUND…]",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "listen", Usage: "`ADDR` of the first server; others take free ports", Value: "127.0.0.1:0", EnvVars: env("listen")},
			text("profile", "serve what speaks this dialect: eventsource, fetch or llm"),
			list("break", "serve the defect that breaks this rule `ID`; several break one endpoint together"),
			toggle("list", "list the sound servers and the defects"),
		},
		Action: func(c *cli.Context) error {
			if c.Bool("list") {
				return listServers(c)
			}
			servers, err := chooseServers(c)
			if err != nil {
				return err
			}
			return serve(c, servers)
		},
	}
}

func listServers(c *cli.Context) error {
	for _, n := range fixtures.SoundNames() {
		fmt.Fprintln(c.App.Writer, n)
	}
	for _, k := range fixtures.Kinds() {
		fmt.Fprintln(c.App.Writer, k)
	}
	for _, d := range fixtures.Defects() {
		fmt.Fprintf(c.App.Writer, "--break '%s'\n", d.Title())
	}
	for _, f := range fixtures.Flaws() {
		fmt.Fprintf(c.App.Writer, "--break '%s'\n", f.Name)
	}
	return nil
}

// chooseServers returns the sound servers that are named (feed, answer and chat if none is), or the
// one with the defects.
func chooseServers(c *cli.Context) ([]*fixtures.Server, error) {
	if broken := c.StringSlice("break"); len(broken) > 0 {
		s, err := brokenServer(broken)
		return []*fixtures.Server{s}, err
	}
	names := c.Args().Slice()
	if len(names) == 0 {
		var ok bool
		if names, ok = speaking[c.String("profile")]; !ok {
			return nil, usage("Write eventsource, fetch or llm.", "no server speaks the dialect %q", c.String("profile"))
		}
	}
	var servers []*fixtures.Server
	for _, n := range names {
		s := sound(n)
		if s == nil {
			return nil, usage("See ssespec serve --list.", "there is no sound server %q", n)
		}
		servers = append(servers, s)
	}
	return servers, nil
}

// sound returns the sound server of a name, or nil: one that is judged undisturbed, or one of the kinds
// that can be interrupted.
func sound(name string) *fixtures.Server {
	for _, k := range fixtures.Kinds() {
		if k.String() == name {
			return fixtures.Resumable{Kind: k}.Server()
		}
	}
	return fixtures.Sound(name)
}

// speaking are the sound servers of a dialect; without one, all three.
var speaking = map[string][]string{
	"": {"feed", "answer", "chat"}, "eventsource": {"feed", "answer"}, "fetch": {"chat"}, "llm": {"chat"},
}

// brokenServer applies defects one upon the other; the first one's base is the endpoint.
func brokenServer(ids []string) (*fixtures.Server, error) {
	if s := flawed(ids); s != nil {
		return s, nil
	}
	var s *fixtures.Server
	for _, id := range ids {
		all := fixtures.Defects()
		i := slices.IndexFunc(all, func(d fixtures.Defect) bool { return d.Title() == id })
		if i < 0 {
			i = slices.IndexFunc(all, func(d fixtures.Defect) bool { return d.Breaks == id })
		}
		if i < 0 {
			return nil, usage("See ssespec serve --list.", "there is no defect that breaks %q", id)
		}
		if s == nil {
			s = all[i].Server()
		} else {
			all[i].Apply(s)
		}
	}
	s.Name = strings.Join(ids, " + ")
	return s, nil
}

// flawed returns the server with the flaw that is named, alone, or by the rule that it breaks; or nil.
func flawed(ids []string) *fixtures.Server {
	for _, f := range fixtures.Flaws() {
		if len(ids) == 1 && (f.Name == ids[0] || f.Breaks == ids[0]) {
			return f.Server()
		}
	}
	return nil
}

// serve prints the URLs, one a line, and stays until it is interrupted.
func serve(c *cli.Context, servers []*fixtures.Server) error {
	ctx, stop := interruptible(c.Context)
	defer stop()
	addr := c.String("listen")
	for _, s := range servers {
		e, err := fixtures.Listen(ctx, s, addr)
		if err != nil {
			return &exitError{exitUsage, err.Error()}
		}
		defer e.Close()
		fmt.Fprintln(c.App.Writer, e.URL)
		describe(c, s)
		addr = "127.0.0.1:0"
	}
	<-ctx.Done()
	return nil
}

// describe says on standard error how a server is asked, where a plain GET is not enough.
func describe(c *cli.Context, s *fixtures.Server) {
	var flags []string
	for _, f := range s.Ask {
		flags = append(flags, fmt.Sprintf("-H '%s: %s'", f.Name, f.Value))
	}
	if s.Method != "GET" {
		flags = append(flags, fmt.Sprintf("-d '%s'", s.Body))
	}
	if s.Method != "GET" && s.Method != "POST" {
		flags = append(flags, "-X "+s.Method)
	}
	if s.TLS {
		flags = append(flags, "-k")
	}
	for _, limit := range []struct {
		flag string
		most time.Duration
	}{{"--first-event ", s.Limits.FirstEvent}, {"--gap-p99 ", s.Limits.GapP99}, {"--recovery ", s.Limits.Recovery}} {
		if limit.most > 0 {
			flags = append(flags, limit.flag+limit.most.String())
		}
	}
	if s.Origin != "" {
		flags = append(flags, "--origin "+s.Origin)
	}
	if s.Include {
		flags = append(flags, "--credentials")
	}
	for _, f := range s.Other {
		flags = append(flags, fmt.Sprintf("--other-session '%s: %s'", f.Name, f.Value))
	}
	if s.Echo != "" {
		flags = append(flags, fmt.Sprintf("--inject '%s'", s.Echo))
	}
	if len(flags) > 0 {
		fmt.Fprintf(c.App.ErrWriter, "  ask it with %s\n", strings.Join(flags, " "))
	}
}

// listenAll starts servers on free loopback ports.
func listenAll(ctx context.Context, servers ...*fixtures.Server) (urls []string, stop func(), err error) {
	var ends []*fixtures.Endpoint
	stop = func() {
		for _, e := range ends {
			e.Close()
		}
	}
	for _, s := range servers {
		e, err := fixtures.Listen(ctx, s, "")
		if err != nil {
			stop()
			return nil, nil, err
		}
		ends, urls = append(ends, e), append(urls, e.URL)
	}
	return urls, stop, nil
}
