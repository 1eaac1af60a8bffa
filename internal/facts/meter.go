package facts

import (
	"context"
	"fmt"

	"github.com/sekisho/sekisho/internal/model"
)

// Facts are worked out in the program's own process, which nobody can kill. So
// the work is counted where it can grow faster than the text it is about, and
// the count is the same on every machine.
const (
	// maxComparisons bounds how often objects of one render are held against
	// each other: a selector against labels, a rule against a peer, a binding
	// against an account. 4,500 workloads with a policy each take some 100,000,
	// and a second is enough for 20 million or so.
	maxComparisons = 50_000_000
	// maxPatternText bounds, in bytes, the text of one object that patterns of
	// providers' tokens are asked about, each pattern counted. A dashboard of
	// 1 MB that speaks of ten providers takes less.
	maxPatternText = 16 << 20
)

// A meter counts work and stops it when it is too much or when its context is
// done. It stops by a panic with a stopped value, which [metered] turns back
// into an error: the joins are deep, and most of their steps are predicates. A
// nil meter counts nothing.
type meter struct {
	ctx context.Context
	// comparisons are those left to the render, patternText what is left to
	// the object at hand.
	comparisons, patternText int
	bound                    int           // what comparisons began with
	steps                    int           // since the context was asked
	about                    *model.Object // whose turn it is: it is charged
}

func newMeter(ctx context.Context) *meter {
	return &meter{ctx: ctx, comparisons: maxComparisons, bound: maxComparisons}
}

// stopped is why a meter stops the work.
type stopped struct{ err error }

// limitError says that the work about an object went beyond a bound.
type limitError struct {
	object *model.Object
	text   string
}

func (e *limitError) Error() string { return e.text }

// metered does work that a meter may stop.
func metered(work func()) (err error) {
	defer func() {
		if r := recover(); r != nil {
			s, ours := r.(stopped)
			if !ours {
				panic(r)
			}
			err = s.err
		}
	}()
	work()
	return nil
}

// turn says which object is at hand.
func (m *meter) turn(o *model.Object) {
	if m != nil {
		m.about = o
	}
}

// compare counts comparisons.
func (m *meter) compare(n int) {
	if m == nil {
		return
	}
	if m.comparisons -= n; m.comparisons < 0 {
		panic(stopped{&limitError{m.about, fmt.Sprintf(
			"comparing objects with each other takes more than %d comparisons", m.bound)}})
	}
	m.step(n)
}

// patterns counts text that a pattern is asked about.
func (m *meter) patterns(text string) {
	if m == nil {
		return
	}
	if m.patternText -= len(text); m.patternText < 0 {
		panic(stopped{&limitError{m.about, fmt.Sprintf(
			"looking for providers' tokens takes more than %d MiB of text near their names, each pattern counted", maxPatternText>>20)}})
	}
	m.step(len(text) / 16)
}

// step counts work that needs no bound of its own and asks now and then whether
// the context is done.
func (m *meter) step(n int) {
	if m == nil {
		return
	}
	if m.steps += n; m.steps >= 1<<12 {
		m.steps = 0
		if m.ctx.Err() != nil {
			panic(stopped{context.Cause(m.ctx)})
		}
	}
}
