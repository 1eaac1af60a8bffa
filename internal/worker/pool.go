package worker

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"sync"
	"sync/atomic"
	"time"
)

// Config says how the workers of a pool are started.
type Config struct {
	Arg    string // the one argument they get
	Name   string // what they are in a message: "the renderer"
	Dir    string // they work in, absolute
	Memory int64  // bytes each may take
	Answer int    // bytes of the largest answer
	// Prepare says the first words to a new worker, once the pool has greeted it.
	Prepare func(context.Context, *Process) error
}

// Pool starts workers when they are needed and keeps them for the next time.
// It is safe for concurrent use.
type Pool struct {
	config Config
	exe    string // the program to start

	mu      sync.Mutex
	idle    []*Process
	closed  bool
	plain   atomic.Bool // the kernel refused a network of its own
	started atomic.Int32
}

// NewPool prepares; no process is started. Close ends those that are.
func NewPool(c Config) (*Pool, error) {
	exe, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("find the program to start workers with: %w", err)
	}
	return &Pool{config: c, exe: exe}, nil
}

// Close ends the workers that are idle. Those that are put back later end then.
func (p *Pool) Close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	for _, w := range p.idle {
		w.stop()
	}
	p.idle = nil
}

// Started is how many workers were started so far.
func (p *Pool) Started() int { return int(p.started.Load()) }

// Take is an idle worker or a new one.
func (p *Pool) Take(ctx context.Context) (*Process, error) {
	p.mu.Lock()
	if n := len(p.idle); n > 0 {
		w := p.idle[n-1]
		p.idle = p.idle[:n-1]
		p.mu.Unlock()
		return w, nil
	}
	p.mu.Unlock()
	var w *Process
	var err error
	if !p.plain.Load() {
		if w, err = p.start(ctx, true); err != nil {
			p.plain.Store(true)
		}
	}
	if w == nil {
		if w, err = p.start(ctx, false); err != nil {
			return nil, err
		}
	}
	if p.config.Prepare != nil {
		if err := p.config.Prepare(ctx, w); err != nil {
			w.stop()
			return nil, err
		}
	}
	return w, nil
}

// retireAfter is how many questions a worker answers before a fresh one takes
// its place: SDKs keep things.
const retireAfter = 5000

// Put keeps a worker for the next time, unless it has grown.
func (p *Pool) Put(w *Process) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed || w.asked > retireAfter || w.heap > uint64(p.config.Memory)/2 {
		w.stop()
		return
	}
	p.idle = append(p.idle, w)
}

// start starts a worker and greets it.
func (p *Pool) start(ctx context.Context, alone bool) (*Process, error) {
	cmd := exec.Command(p.exe, p.config.Arg)
	cmd.Args[0] = os.Args[0] // some programs are several, by their name
	cmd.Env = environment()
	cmd.Dir = p.config.Dir
	cmd.SysProcAttr = isolate(alone)
	cmd.WaitDelay = time.Second
	w, err := newProcess(cmd, p.config)
	if err == nil {
		err = cmd.Start()
	}
	if err == nil {
		p.started.Add(1)
		err = w.Call(ctx, limits{p.config.Memory, p.config.Answer}, &struct{}{}, time.Minute)
	}
	if err != nil {
		return nil, fmt.Errorf("start a worker: %w", err)
	}
	return w, nil
}

// environment is what a worker sees of ours: nothing but what Windows needs to
// start a process. A crash names its cause without a walk over millions of
// stack frames.
func environment() []string {
	env := []string{"PATH=", "TZ=UTC", "GOTRACEBACK=none"}
	if root := os.Getenv("SystemRoot"); root != "" {
		env = append(env, "SystemRoot="+root)
	}
	return env
}
