package render

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"
	"unicode"

	"sigs.k8s.io/kustomize/api/konfig"

	"github.com/sekisho/sekisho/internal/model"
	"github.com/sekisho/sekisho/internal/repofs"
	"github.com/sekisho/sekisho/render/fetch"
)

// Pool renders in worker processes, which are this program started again with
// WorkerArg. A chart can make a process hang or die; it is the worker that
// dies, and the unit becomes a failure. Manifests and Dockerfiles are read,
// not executed, so they stay in this process.
//
// Workers are started when first needed and used again. They see no
// environment, no network where the kernel allows that, and no more memory
// than Limits says.
type Pool struct {
	opts  Options
	local *Renderer
	exe   string // the program to start
	// fetch gets what a unit needs, and returns nil when it did; nil when the
	// network is not allowed.
	fetch func(context.Context, model.Need) *model.Failure
	temp  string // folder to remove in the end

	mu     sync.Mutex
	idle   []*worker
	closed bool
	plain  atomic.Bool // the kernel refused a network of its own
}

// NewPool prepares; no process is started. Close ends those that are.
func NewPool(opts Options) (*Pool, error) {
	opts.Limits = opts.Limits.orDefault()
	exe, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("find the program to start workers with: %w", err)
	}
	p := &Pool{opts: opts, local: New(opts), exe: exe}
	if !opts.AllowNetwork {
		return p, nil
	}
	if opts.Overlay == nil {
		if p.temp, err = os.MkdirTemp("", "sekisho-"); err == nil {
			p.opts.Overlay, err = os.OpenRoot(p.temp)
		}
		if err != nil {
			return nil, fmt.Errorf("make a folder for what is fetched: %w", err)
		}
	}
	p.fetch = fetch.New(fetch.Options{
		Root: opts.Root, Upper: p.opts.Overlay,
		Time: opts.Limits.Time, File: opts.Limits.File, Archive: opts.Limits.Archive,
	}).Fetch
	return p, nil
}

// Close ends the workers and drops what was fetched.
func (p *Pool) Close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	for _, w := range p.idle {
		w.stop()
	}
	p.idle = nil
	if p.temp != "" {
		p.opts.Overlay.Close()
		_ = os.RemoveAll(p.temp) // the system clears it up otherwise
	}
}

// Session begins a run of renderings in one worker, of the variants of a chart
// say. Sessions run side by side.
func (p *Pool) Session(ctx context.Context) *Session { return &Session{pool: p, ctx: ctx} }

// Session renders like Renderer, in a worker. What it rendered can be asked
// for lines until Close. It is safe for concurrent use, one thing at a time.
type Session struct {
	pool *Pool
	ctx  context.Context

	mu       sync.Mutex
	w        *worker // nil until needed, and after one died
	units    []*unit
	made     int // values that anchors made in manifests
	failures []model.Failure
	closed   bool
}

// unit is one rendering of a session. The worker holds what is needed to find
// its lines; when that worker is gone another one renders it again.
type unit struct {
	model.Unit
	number int
	in     *worker // that has it
	lost   bool    // asking about it killed a worker
}

// Render renders a unit. Like Renderer.Render it does not fail as a whole.
func (s *Session) Render(u model.Unit) *model.Rendered {
	s.mu.Lock()
	defer s.mu.Unlock()
	if u.Kind != model.Helm && u.Kind != model.Kustomize {
		return s.read(u)
	}
	held := &unit{Unit: u, number: len(s.units)}
	s.units = append(s.units, held)
	out := &model.Rendered{Unit: u, Lines: func() []model.Location { return nil }}
	a, err := s.render(held)
	if err == nil && s.pool.fetch != nil {
		a, err = s.supply(held, a)
	}
	if err != nil {
		out.Failures = []model.Failure{s.blame(held, "render", err)}
		return out
	}
	out.Failures, out.Manifest = a.Failures, a.Manifest
	for i := range out.Failures {
		if f := &out.Failures[i]; s.pool.onlyFetched(f.File) {
			f.Message = fmt.Sprintf("%s, which was fetched: %s", f.File, f.Message)
			f.File, f.Line = s.pool.fileOf(u), 0
		}
		if out.Failures[i].Unit == nil { // the worker's own words
			out.Failures[i] = s.failure(u, out.Failures[i].Message)
		}
	}
	defaults := sync.OnceValue(func() map[string]any {
		a, _ := s.ask(held, request{Op: opDefaults})
		return a.Defaults
	})
	for i := range a.Objects {
		obj := a.Objects[i].object()
		obj.Origin = origin{s, held, i}
		if a.Objects[i].Defaults {
			obj.Defaults = defaults
		}
		out.Objects = append(out.Objects, obj)
	}
	out.Lines = func() []model.Location {
		a, _ := s.ask(held, request{Op: opLines})
		return a.Lines
	}
	return out
}

// maxRounds is how often a unit may ask for more once it has what it asked for:
// how many fetched bases may lie in each other.
const maxRounds = 10

// supply fetches what a rendering lacks and renders again, until nothing is
// lacking that can be had. What cannot be had is the failure it was before, for
// a better reason. Callers hold the lock.
func (s *Session) supply(u *unit, a reply) (reply, error) {
	got := map[model.Need]bool{}
	for round := 0; ; round++ {
		more := false
		for i := range a.Failures {
			f := &a.Failures[i]
			switch {
			case f.Need == nil:
			case got[*f.Need]:
				f.Message += " (it was fetched, and is still missing)"
			case round == maxRounds:
				f.Message += fmt.Sprintf(" (it would be the %dth thing fetched for one inside the other)", maxRounds+1)
			default:
				failed := s.pool.fetch(s.ctx, *f.Need)
				if failed == nil {
					got[*f.Need], more = true, true
					continue
				}
				f.Message = failed.Message
				// A place in what was fetched before is none of the repository.
				if failed.File != "" && !strings.Contains(failed.File, repofs.Hidden) {
					f.File, f.Line = failed.File, failed.Line
				}
			}
		}
		if !more {
			return a, nil
		}
		var err error
		if a, err = s.render(u); err != nil {
			return a, err
		}
	}
}

// read renders a manifest or a Dockerfile, in this process. Anchors make many
// values of few bytes; what they make in all manifests of a session is bounded
// by what one manifest may hold. Manifests without them are never refused.
func (s *Session) read(u model.Unit) *model.Rendered {
	r := s.pool.local.Render(s.ctx, u)
	values := 0
	for _, o := range r.Objects {
		values += size(o.Value)
	}
	made := values - len(r.Manifest)/2 // a value takes two bytes to write
	if u.Kind != model.Raw || made <= 0 {
		return r
	}
	if s.made += made; s.made > s.pool.opts.Limits.Values {
		r.Objects = nil
		r.Failures = append(r.Failures, s.failure(u, fmt.Sprintf("anchors make more than %d values in the manifests up to this one", s.pool.opts.Limits.Values)))
	}
	return r
}

// size counts the values in a value.
func size(v any) int {
	n := 1
	switch v := v.(type) {
	case map[string]any:
		for _, e := range v {
			n += size(e)
		}
	case []any:
		for _, e := range v {
			n += size(e)
		}
	}
	return n
}

// Close gives the worker back. What went wrong in questions about lines and
// values is told now: such a question has an answer, if only the file.
func (s *Session) Close() []model.Failure {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	if s.w != nil {
		s.pool.putBack(s.w)
		s.w = nil
	}
	return s.failures
}

// origin asks the worker.
type origin struct {
	s      *Session
	unit   *unit
	object int
}

func (o origin) Locate(p model.Path) model.Trace {
	a, ok := o.s.ask(o.unit, request{Op: opLocate, Object: o.object, Path: p})
	if !ok || a.Trace == nil {
		role := model.RoleTemplate
		if o.unit.Kind == model.Kustomize {
			role = model.RoleDirective
		}
		return model.Trace{Location: model.FileLocation(o.s.pool.fileOf(o.unit.Unit), role)}
	}
	return *a.Trace
}

// ask puts a question about a rendered unit. When the answer costs a worker
// its life, the unit is not asked about again.
func (s *Session) ask(u *unit, q request) (reply, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if u.lost || s.closed || s.ctx.Err() != nil {
		return reply{}, false
	}
	var err error
	if u.in == nil || u.in != s.w {
		_, err = s.render(u)
	}
	var a reply
	if err == nil {
		q.Number = u.number
		a, err = s.call(q, s.pool.opts.Limits.Time)
	}
	if err != nil {
		u.lost = true
		if s.ctx.Err() == nil {
			s.failures = append(s.failures, s.failure(u.Unit, "find lines: "+err.Error()))
		}
		return reply{}, false
	}
	for _, f := range a.Failures {
		s.failures = append(s.failures, s.failure(u.Unit, "find lines: "+f.Message))
	}
	return a, len(a.Failures) == 0
}

// render renders a unit in the session's worker. Callers hold the lock.
func (s *Session) render(u *unit) (reply, error) {
	wire := wireUnit(u.Unit)
	a, err := s.call(request{Op: opRender, Number: u.number, Unit: &wire}, s.pool.opts.Limits.Time)
	u.in = s.w
	return a, err
}

// call puts one question to the session's worker, a new one if need be, and
// lets go of a worker that did not survive it.
func (s *Session) call(q request, limit time.Duration) (a reply, err error) {
	if s.w == nil {
		if s.w, err = s.pool.take(s.ctx); err != nil {
			return a, err
		}
	}
	err = s.w.call(s.ctx, q, &a, limit, s.pool.opts.Limits)
	if err != nil {
		s.w = nil
	}
	return a, err
}

// blame makes a failure of the death of a worker. A second worker looks for
// the template line, within limits that the first had not.
func (s *Session) blame(u *unit, doing string, err error) model.Failure {
	f := s.failure(u.Unit, fmt.Sprintf("%s %s: %v", doing, u.Path, err))
	if s.ctx.Err() != nil || u.Kind != model.Helm {
		return f
	}
	limit := min(10*time.Second, s.pool.opts.Limits.Time)
	wire := wireUnit(u.Unit)
	a, examined := s.call(request{Op: opExamine, Unit: &wire, Time: limit}, limit+time.Second)
	var died *death
	switch {
	case examined == nil && len(a.Failures) > 0:
		f.File, f.Line = a.Failures[0].File, a.Failures[0].Line
		if a.Failures[0].Message != "" {
			f.Message += ": " + a.Failures[0].Message
		}
	case errors.As(examined, &died) && died.file != "":
		f.File, f.Line = died.file, died.line
	}
	return f
}

func (s *Session) failure(u model.Unit, message string) model.Failure {
	ref := u.Ref()
	return model.Failure{Unit: &ref, File: s.pool.fileOf(u), Message: message}
}

// fileOf is the file a unit is known by.
func (p *Pool) fileOf(u model.Unit) string {
	var names []string
	switch u.Kind {
	case model.Helm:
		names = []string{"Chart.yaml"}
	case model.Kustomize:
		names = konfig.RecognizedKustomizationFileNames()
	}
	for _, name := range names {
		file := path.Join(u.Path, name)
		if p.opts.Root == nil {
			return file
		}
		if info, err := fs.Stat(p.opts.Root.FS(), file); err == nil && info.Mode().IsRegular() {
			return file
		}
	}
	return u.Path
}

// onlyFetched tells whether a file is none of the repository: an archive in a
// charts folder, which nobody can look at.
func (p *Pool) onlyFetched(name string) bool {
	if p.fetch == nil || !fs.ValidPath(name) {
		return false
	}
	_, err := p.opts.Root.Lstat(name)
	_, fetched := p.opts.Overlay.Lstat(name)
	return err != nil && fetched == nil
}

// retireAfter is how many questions a worker answers before a fresh one takes
// its place: SDKs keep things.
const retireAfter = 5000

// take is an idle worker or a new one.
func (p *Pool) take(ctx context.Context) (*worker, error) {
	p.mu.Lock()
	if n := len(p.idle); n > 0 {
		w := p.idle[n-1]
		p.idle = p.idle[:n-1]
		p.mu.Unlock()
		return w, nil
	}
	p.mu.Unlock()
	if !p.plain.Load() {
		w, err := p.start(ctx, true)
		if err == nil {
			return w, nil
		}
		p.plain.Store(true)
	}
	return p.start(ctx, false)
}

// putBack keeps a worker for the next session, unless it has grown.
func (p *Pool) putBack(w *worker) {
	limits := p.opts.Limits
	if err := w.call(context.Background(), request{Op: opForget}, &reply{}, 10*time.Second, limits); err != nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed || w.asked > retireAfter || w.heap > uint64(limits.Memory)/2 {
		w.stop()
		return
	}
	p.idle = append(p.idle, w)
}

// start starts a worker.
func (p *Pool) start(ctx context.Context, alone bool) (*worker, error) {
	dir, err := filepath.Abs(p.opts.Root.Name())
	if err != nil {
		return nil, fmt.Errorf("start a worker: %w", err)
	}
	overlay := ""
	if p.opts.Overlay != nil {
		if overlay, err = filepath.Abs(p.opts.Overlay.Name()); err != nil {
			return nil, fmt.Errorf("start a worker: %w", err)
		}
	}
	cmd := exec.Command(p.exe, WorkerArg)
	cmd.Args[0] = os.Args[0] // some programs are several, by their name
	cmd.Env = environment()
	cmd.Dir = dir
	cmd.SysProcAttr = isolate(alone)
	w := &worker{cmd: cmd, stderr: &lastWords{}}
	cmd.Stderr = w.stderr
	cmd.WaitDelay = time.Second
	if w.in, err = cmd.StdinPipe(); err != nil {
		return nil, fmt.Errorf("start a worker: %w", err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("start a worker: %w", err)
	}
	w.out = bufio.NewReaderSize(out, 64<<10)
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start a worker: %w", err)
	}
	hello := greeting{Dir: dir, Overlay: overlay, KubeVersion: p.opts.KubeVersion, Limits: p.opts.Limits}
	if err := w.call(ctx, hello, &reply{}, time.Minute, p.opts.Limits); err != nil {
		return nil, fmt.Errorf("start a worker: %w", err)
	}
	return w, nil
}

// environment is what a worker sees of ours: nothing but what Windows needs to
// start a process. Templates see none of it in any case. A crash names its
// cause without a walk over millions of stack frames.
func environment() []string {
	env := []string{"PATH=", "TZ=UTC", "GOTRACEBACK=none"}
	if root := os.Getenv("SystemRoot"); root != "" {
		env = append(env, "SystemRoot="+root)
	}
	return env
}

// worker is a process that renders.
type worker struct {
	cmd    *exec.Cmd
	in     io.WriteCloser
	out    *bufio.Reader
	stderr *lastWords
	asked  int
	heap   uint64 // bytes, after its last answer
}

// stop ends a worker that is idle.
func (w *worker) stop() {
	w.in.Close()
	end(w.cmd.Process.Pid)
	_ = w.cmd.Wait()
}

// call sends a frame and waits for the answer. An error is the worker's end,
// and says why.
func (w *worker) call(ctx context.Context, q any, a *reply, limit time.Duration, limits Limits) error {
	w.asked++
	var late atomic.Bool
	kill := func() { end(w.cmd.Process.Pid) }
	timer := time.AfterFunc(limit, func() { late.Store(true); kill() })
	defer timer.Stop()
	defer context.AfterFunc(ctx, kill)()
	err := send(w.in, q, maxRequest)
	if err == nil {
		err = receive(w.out, a, limits.Output)
	}
	if err == nil {
		w.heap = a.Heap
		return nil
	}
	w.stop()
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case late.Load():
		d := &death{cause: fmt.Sprintf("took longer than %v", limit)}
		d.file, d.line = lastPlace(w.stderr.String())
		return d
	}
	return w.death(limits)
}

// death says why a worker died.
type death struct {
	cause string
	file  string // it was working on, if it said so
	line  int
}

func (d *death) Error() string { return d.cause }

// death reads a worker's last words.
func (w *worker) death(limits Limits) *death {
	words := w.stderr.String()
	d := &death{cause: "the renderer died: " + w.cmd.ProcessState.String()}
	d.file, d.line = lastPlace(words)
	switch {
	case w.cmd.ProcessState.ExitCode() == exitMemory,
		strings.Contains(words, "out of memory"), strings.Contains(words, "cannot allocate memory"):
		d.cause = "needed more than " + byteSize(limits.Memory) + " of memory"
	case strings.Contains(words, "stack overflow"), strings.Contains(words, "stack exceeds"):
		d.cause = "went deeper and deeper without an end (stack overflow)"
	default:
		for line := range strings.Lines(words) {
			if strings.HasPrefix(line, "fatal error: ") || strings.HasPrefix(line, "panic: ") {
				d.cause = "the renderer died: " + clean(line)
				break
			}
		}
	}
	return d
}

// lastPlace is the last template line a worker announced.
func lastPlace(words string) (file string, line int) {
	if i := strings.LastIndex("\n"+words, "\nat "); i >= 0 {
		if n, err := fmt.Sscanf(words[i:], "at %d %q", &line, &file); n != 2 || err != nil {
			return "", 0
		}
	}
	return file, line
}

// clean makes one line of a worker's words fit for a message.
func clean(line string) string {
	line = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, strings.TrimSpace(line))
	if r := []rune(line); len(r) > 200 {
		line = string(r[:200]) + "…"
	}
	return line
}

// lastWords keeps the last of what a worker writes to its standard error: the
// cause of its death, and before that what it was working on.
type lastWords struct {
	mu sync.Mutex
	b  bytes.Buffer
}

// maxWords is how much is kept at least, in bytes. Go traces the 100 innermost
// functions of an overflown stack, which takes 30 KiB.
const maxWords = 64 << 10

func (t *lastWords) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.b.Len() > maxWords {
		t.b.Next(t.b.Len() - maxWords)
	}
	t.b.Write(p)
	return len(p), nil
}

func (t *lastWords) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.b.String()
}
