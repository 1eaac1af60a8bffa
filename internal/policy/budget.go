package policy

import (
	"cmp"
	"fmt"
	"sync/atomic"
	"time"
)

// Limits of users' rules. Each of them is asked about one object after the
// other.
const (
	// defaultTimeout is for one rule and all objects of a render: long for a
	// policy and short for a CI job.
	defaultTimeout = 10 * time.Second
	// defaultSteps is for one rule and one object. OPA takes about a million a
	// second. A rule that walks through 5,000 objects of data.inventory takes
	// some ten thousand.
	defaultSteps = 5_000_000
	// maxStops is how many times users' rules may run into a limit. After that
	// none is asked any more: a thousand endless rules would take hours.
	maxStops = 6
)

// budget is what a user's rule may spend on one object. OPA asks it between
// steps and within built-in functions that loop, and takes a yes as a cancel;
// so the same rule stops at the same place on any machine. A cancel from
// outside is the second lock, a third is that the process may be killed.
type budget struct {
	limit int64
	steps atomic.Int64
	late  atomic.Bool
}

// Cancel ends the evaluation because time is over.
func (b *budget) Cancel() { b.late.Store(true) }

// Cancelled counts a step and tells whether it was one too many.
func (b *budget) Cancelled() bool { return b.steps.Add(1) > b.limit || b.late.Load() }

// stopped says why the evaluation was stopped, "" when it was not.
func (b *budget) stopped(timeout time.Duration) string {
	switch {
	case b.steps.Load() > b.limit:
		return fmt.Sprintf("stopped after %d steps", b.limit)
	case b.late.Load():
		return fmt.Sprintf("stopped after %v", timeout)
	}
	return ""
}

// limits are those of one engine, zero ones replaced.
func (o Options) limits() (time.Duration, int64) {
	return cmp.Or(o.Timeout, defaultTimeout), cmp.Or(o.Steps, defaultSteps)
}
