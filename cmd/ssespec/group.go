package main

import (
	"cmp"
	"net"
	"slices"
	"strings"

	"github.com/ssespec/ssespec/config"
)

// A group is jobs that are done one after the other.
type group struct {
	places []string
	jobs   []int
}

// groups returns the indexes of jobs that have a place in common, be it by way of others.
func (g *gateRun) groups() [][]int {
	var all []group
	for i, j := range g.todo {
		mine, others := group{j.places(), []int{i}}, []group(nil)
		for _, o := range all {
			if !meet(o.places, mine.places) {
				others = append(others, o)
				continue
			}
			mine = group{append(o.places, mine.places...), append(o.jobs, mine.jobs...)}
		}
		all = append(others, mine)
	}
	var out [][]int
	for _, o := range all {
		slices.Sort(o.jobs)
		out = append(out, o.jobs)
	}
	slices.SortFunc(out, slices.Compare)
	return out
}

func meet(a, b []string) bool {
	return slices.ContainsFunc(a, func(s string) bool { return slices.Contains(b, s) })
}

// places names what two jobs cannot use at the same time without disturbing each other: the hosts that are asked, or the timing
// group in their place, and the address at which ssespec itself is asked.
func (j *job) places() []string {
	out := []string{}
	if j.target.Group.IsSet() {
		out = append(out, "group "+j.target.Group.V)
	}
	for _, f := range append([]config.Flag{{Name: "via", Value: j.url}}, j.flags...) {
		switch f.Name {
		case "listen":
			out = append(out, "listen "+f.Value[strings.LastIndex(f.Value, "/")+1:])
		case "via", "direct", "hop":
			if _, u, ok := strings.Cut(f.Value, "="); ok && f.Name == "hop" {
				f.Value = u
			}
			if !j.target.Group.IsSet() {
				out = append(out, hostOf(f.Value))
			}
		}
	}
	return out
}

// hostOf returns the host and the port that a URL leads to.
func hostOf(raw string) string {
	u, err := parseURL(raw)
	if err != nil {
		return raw
	}
	port := map[string]string{"http": "80", "https": "443"}[u.Scheme]
	return net.JoinHostPort(strings.ToLower(u.Hostname()), cmp.Or(u.Port(), port))
}
