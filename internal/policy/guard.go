package policy

import (
	"fmt"
	"runtime/metrics"
	"sync"
	"time"

	"github.com/open-policy-agent/opa/v1/topdown"
)

// maxMemory is how much the process may grow while one user's rule is asked,
// in bytes. A text that is doubled forty times needs more.
const maxMemory = 1 << 30

// maxStops is how many times users' rules may run into a limit. After that
// none is asked any more: a thousand endless rules would take hours.
const maxStops = 6

// grace is what a cancelled rule has to come to an end. OPA heeds a cancel
// between steps and in most built-in functions, not in all. A rule that does
// not end is left behind; it ends with the process.
const grace = 2 * time.Second

// guard watches one question to a user's rule.
type guard struct {
	topdown.Cancel
	lost chan struct{} // closed when waiting makes no sense any more
	done chan struct{} // closed by release

	mu  sync.Mutex
	why string
}

// newGuard begins to watch.
func newGuard(cancel topdown.Cancel, limit time.Duration) *guard {
	g := &guard{Cancel: cancel, lost: make(chan struct{}), done: make(chan struct{})}
	go g.watch(limit)
	return g
}

func (g *guard) watch(limit time.Duration) {
	began, before := time.Now(), heap()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	var stopped time.Time
	for {
		select {
		case <-g.done:
			return
		case <-tick.C:
		}
		switch {
		case !stopped.IsZero():
			if time.Since(stopped) > grace {
				close(g.lost)
				return
			}
		case time.Since(began) > limit:
			stopped = g.stop(fmt.Sprintf("stopped after %v", limit))
		case heap() > before+maxMemory:
			stopped = g.stop("stopped for want of memory")
		}
	}
}

func (g *guard) stop(why string) time.Time {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.why = why
	g.Cancel.Cancel()
	return time.Now()
}

// release ends the watch.
func (g *guard) release() { close(g.done) }

// reason is why the rule was stopped, "" when it was not.
func (g *guard) reason() string {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.why
}

// heap is what the Go runtime holds of the system's memory, in bytes.
func heap() uint64 {
	s := []metrics.Sample{{Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/released:bytes"}}
	metrics.Read(s)
	return s[0].Value.Uint64() - s[1].Value.Uint64()
}
