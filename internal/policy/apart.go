package policy

import (
	"context"
	"errors"
	"fmt"
	"path"
	"strings"
	"sync/atomic"
	"time"

	"github.com/sekisho/sekisho/internal/worker"
)

// Bounds are those of a process that reads users' policies and judges with them.
type Bounds struct {
	Dir    string        // it works in, absolute
	Time   time.Duration // of reading and compiling all of them
	Memory int64         // bytes
	Answer int           // bytes of what one rule finds in one render
}

// Isolate is Load with users' policies in worker processes: one that makes a
// process hang or die takes nobody else's verdicts along. Without users'
// policies no process is started. Close ends those that are.
func Isolate(ctx context.Context, b Bounds, builtin Source, users ...Source) (*Set, error) {
	if len(users) == 0 {
		return Load(builtin)
	}
	set, err := Load(builtin)
	if err != nil {
		return nil, err
	}
	u := &apart{time: b.Time}
	if u.folders, err = readAll(users); err != nil {
		return nil, err
	}
	u.pool, err = worker.NewPool(worker.Config{
		Arg: WorkerArg, Name: "the process that judges", Dir: b.Dir, Memory: b.Memory, Answer: b.Answer,
		Prepare: func(ctx context.Context, w *worker.Process) error {
			_, err := u.call(ctx, w, question{Op: opLoad, Folders: u.folders}, "read")
			if opts := u.opts.Load(); err == nil && opts != nil {
				_, err = u.call(ctx, w, question{Op: opCompile, Options: opts}, "compile")
			}
			return err
		},
	})
	if err != nil {
		return nil, err
	}
	w, err := u.pool.Take(ctx)
	if err != nil {
		return nil, err
	}
	defer u.pool.Put(w)
	a, err := u.call(ctx, w, question{Op: opRules}, "read")
	if err != nil {
		return nil, err
	}
	src := &source{apart: u}
	for _, r := range a.Rules {
		set.rules = append(set.rules, r.rule(src))
	}
	set.sources[1] = src
	return set, set.sort()
}

// Close ends the processes of an isolated set.
func (s *Set) Close() {
	for _, src := range s.sources {
		if src.apart != nil {
			src.apart.pool.Close()
		}
	}
}

// apart are users' policies in worker processes.
type apart struct {
	folders []folder
	pool    *worker.Pool
	time    time.Duration
	opts    atomic.Pointer[Options] // nil before compile
}

// call puts a question about all policies. Mistakes in a policy are errors, and
// so is the end of the process, with the file it was reading.
func (u *apart) call(ctx context.Context, w *worker.Process, q question, doing string) (a answer, err error) {
	err = w.Call(ctx, q, &a, u.time)
	var died *worker.Death
	switch {
	case errors.As(err, &died) && died.File != "":
		return a, fmt.Errorf("%s: %s policy: %w", died.File, doing, err)
	case err != nil:
		names := make([]string, len(u.folders))
		for i, f := range u.folders {
			names[i] = path.Clean(f.Name)
		}
		return a, fmt.Errorf("%s: %s policies: %w", strings.Join(names, ", "), doing, err)
	case a.Error != "":
		return a, errors.New(a.Error)
	}
	return a, nil
}

// compile makes the process that was started, and those to come, compile the
// policies.
func (u *apart) compile(opts Options) error {
	ctx := context.Background()
	w, err := u.pool.Take(ctx)
	if err != nil {
		return err
	}
	if _, err = u.call(ctx, w, question{Op: opCompile, Options: &opts}, "compile"); err != nil {
		return err
	}
	u.opts.Store(&opts)
	u.pool.Put(w)
	return nil
}

// grace is what a process has to notice that a rule's time is over, before it
// is killed.
const grace = 2 * time.Second

// judge asks the rules about the views of a judgement. A rule that costs a
// process its life is a failure; another process goes on with the next rule.
func (u *apart) judge(ctx context.Context, j *judgement, rules []*rule) {
	var w *worker.Process // with the views
	j.askEach(ctx, rules, func(r *rule, views []int) (stopped bool) {
		if w == nil {
			var err error
			if w, err = u.show(ctx, j); err != nil {
				j.failWhole(r, len(views), err.Error())
				return true
			}
		}
		var a answer
		err := w.Call(ctx, question{Op: opAsk, Rule: r.ID, Views: views}, &a, j.engine.timeout+grace)
		var large worker.TooLarge
		var died *worker.Death
		switch {
		case errors.As(err, &large):
			j.failWhole(r, len(views), large.Error())
			return true
		case errors.As(err, &died):
			w = nil
			if died.Late {
				died.Cause = fmt.Sprintf("stopped after %v", j.engine.timeout)
			}
			j.failWhole(r, len(views), died.Cause)
			return true
		case err != nil:
			w = nil
			return false // the context is done, which Judge reports
		}
		for _, v := range a.Verdicts {
			found := v.verdict(r)
			j.byView[found.View] = append(j.byView[found.View], found)
		}
		j.failures = append(j.failures, a.Failures...)
		return a.Stopped
	})
	if w != nil && w.Call(context.Background(), question{Op: opForget}, &answer{}, grace) == nil {
		u.pool.Put(w)
	}
}

// show hands the views of a judgement to a process.
func (u *apart) show(ctx context.Context, j *judgement) (*worker.Process, error) {
	w, err := u.pool.Take(ctx)
	if err != nil {
		return nil, err
	}
	q := question{Op: opShow, Shown: make([]wireView, len(j.views))}
	for i := range j.views {
		q.Shown[i] = wired(&j.views[i])
	}
	_, err = u.call(ctx, w, q, "show objects to")
	return w, err
}

// WorkerArg is the one argument of a process that judges with users' policies.
// A program that isolates them must call Serve when it is called with it,
// before it does anything else.
const WorkerArg = "--policy-worker"
