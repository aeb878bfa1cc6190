package main

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ssespec/ssespec/config"
)

func TestJobsThatWouldDisturbEachOtherAreOfOneGroup(t *testing.T) {
	grouped := func(name, url string, flags ...string) *job {
		j := &job{url: url, target: &config.Target{}}
		if name != "" {
			j.target.Group = config.Text{V: name, At: config.Position{Line: 1}}
		}
		for i := 0; i < len(flags); i += 2 {
			j.flags = append(j.flags, config.Flag{Name: flags[i], Value: flags[i+1]})
		}
		return j
	}
	for _, tc := range []struct {
		says string
		todo []*job
		want [][]int
	}{
		{"hosts of their own", []*job{grouped("", "http://a/"), grouped("", "http://b/")}, [][]int{{0}, {1}}},
		{"one host", []*job{grouped("", "http://a/x"), grouped("", "http://b/"), grouped("", "http://a/y")}, [][]int{{0, 2}, {1}}},
		{"one host, written in several ways", []*job{grouped("", "a.example:80/x"), grouped("", "http://A.example/"), grouped("", "https://a.example/")}, [][]int{{0, 1}, {2}}},
		{"two ports of a host", []*job{grouped("", "http://a:1/"), grouped("", "http://a:2/")}, [][]int{{0}, {1}}},
		{"a group of two hosts", []*job{grouped("gpu", "http://a/"), grouped("gpu", "http://b/"), grouped("", "http://b/")}, [][]int{{0, 1}, {2}}},
		{"an endpoint and a route to it", []*job{grouped("", "http://a/"), grouped("", "http://cdn/", "direct", "http://a/", "hop", "in=http://c/"), grouped("", "http://c/")}, [][]int{{0, 1, 2}}},
		{"routes to one address of ours", []*job{grouped("x", "http://a/", "listen", "127.0.0.1:9000"), grouped("", "http://b/", "listen", "https://127.0.0.1:9000")}, [][]int{{0, 1}}},
	} {
		t.Run(tc.says, func(t *testing.T) {
			t.Parallel()
			g := &gateRun{todo: tc.todo}
			if d := cmp.Diff(g.groups(), tc.want); d != "" {
				t.Error(d)
			}
		})
	}
}
