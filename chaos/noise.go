package chaos

import (
	"slices"
	"time"

	"github.com/ssespec/ssespec/checks/wire"
)

// tick is the period of the clock that watches this machine. Delays of 5 to 100 ms were measured on
// two busy cores, so ten milliseconds sees what could spoil a verdict on timing.
const tick = 10 * time.Millisecond

// A listener measures how late this machine's timers fire while recordings are made.
type listener struct {
	quit chan struct{}
	done chan []time.Duration
}

func listen() *listener {
	n := &listener{quit: make(chan struct{}), done: make(chan []time.Duration, 1)}
	go n.run()
	return n
}

func (n *listener) run() {
	var late []time.Duration
	t := time.NewTimer(tick)
	defer t.Stop()
	for due := time.Now().Add(tick); ; {
		select {
		case <-n.quit:
			n.done <- late
			return
		case now := <-t.C:
			late = append(late, max(0, now.Sub(due)))
			due = now.Add(tick)
			t.Reset(tick)
		}
	}
}

// stop ends the measurement and returns it, or nil where the run was too short for one.
func (n *listener) stop() *wire.Noise {
	close(n.quit)
	late := <-n.done
	if len(late) == 0 {
		return nil
	}
	slices.Sort(late)
	return &wire.Noise{P50: late[len(late)/2], P99: late[len(late)*99/100]}
}
