package changes

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"sync"
	"time"

	"github.com/sekisho/sekisho/internal/repofs"
	"github.com/sekisho/sekisho/internal/worker"
)

// Bounds are those of a process that reads git's data.
type Bounds struct {
	Dir    string        // root of the work tree, absolute
	Time   time.Duration // of one answer
	Memory int64         // bytes
	File   int64         // bytes of the largest file that is compared; see repofs.New
}

// maxAnswer bounds an answer, in bytes: a file of a revision, or where some
// hundred thousand files are changed.
const maxAnswer = 64 << 20

// WorkerArg is the one argument of a process that reads git's data. A program
// that asks for changes must call Serve when it is called with it, before it
// does anything else.
const WorkerArg = "--git-worker"

// The questions a worker answers.
const (
	opSince = "since" // what differs from a revision
	opCheck = "check" // is there such a revision?
	opOpen  = "open"  // a file or folder of it
)

type question struct {
	Op   string
	Ref  string
	Name string // to open
	File int64
}

type answer struct {
	Error   string
	Missing bool // there is no such file
	Files   map[string]*file
	Info    entry
	Text    []byte
	List    []entry // of a folder
}

// apart reads git's data in another process: a stranger may have written it,
// and no reader of git's formats bounds what it unpacks.
type apart struct {
	ctx    context.Context
	bounds Bounds
	ref    string
	pool   *worker.Pool

	mu   sync.Mutex
	dead error // why there is no further process
}

func newApart(ctx context.Context, b Bounds, ref string) (*apart, error) {
	pool, err := worker.NewPool(worker.Config{
		Arg: WorkerArg, Name: "the process that reads git's data", Dir: b.Dir, Memory: b.Memory, Answer: maxAnswer,
	})
	return &apart{ctx: ctx, bounds: b, ref: ref, pool: pool}, err
}

func (p *apart) ask(op, name string) (a answer, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.dead != nil {
		return a, p.dead
	}
	w, err := p.pool.Take(p.ctx)
	if err != nil {
		return a, err
	}
	err = w.Call(p.ctx, question{op, p.ref, name, p.bounds.File}, &a, p.bounds.Time)
	var large worker.TooLarge
	var died *worker.Death
	switch {
	case errors.As(err, &large):
		p.pool.Put(w)
		return a, err
	case errors.As(err, &died) && died.File != "":
		p.dead = fmt.Errorf("%s: read git's data: %w", died.File, err)
		return a, p.dead
	case err != nil:
		p.dead = fmt.Errorf(".git: read git's data: %w", err)
		return a, p.dead
	}
	p.pool.Put(w)
	switch {
	case a.Missing:
		return a, fs.ErrNotExist
	case a.Error != "":
		return a, errors.New(a.Error)
	}
	return a, nil
}

// Since compares the files on disk with the commit where the work tree's HEAD
// and ref parted, as a pull request does. Removed files are among Files; files
// that git does not track are changed as a whole, and so are those that cannot
// be compared: too large, or no regular files.
func Since(ctx context.Context, b Bounds, ref string) (*Set, error) {
	p, err := newApart(ctx, b, ref)
	if err != nil {
		return nil, err
	}
	defer p.pool.Close()
	a, err := p.ask(opSince, "")
	if err != nil {
		return nil, err
	}
	return &Set{files: a.Files}, nil
}

// Snapshot shows the files of a revision as they were committed. Links are not
// followed: they are errors, like submodules. It is safe for concurrent use.
type Snapshot struct{ apart *apart }

// Revision opens a revision of the repository. Close ends its process.
func Revision(ctx context.Context, b Bounds, ref string) (*Snapshot, error) {
	p, err := newApart(ctx, b, ref)
	if err != nil {
		return nil, err
	}
	if _, err := p.ask(opCheck, ""); err != nil {
		p.pool.Close()
		return nil, err
	}
	return &Snapshot{p}, nil
}

// Close ends the process.
func (s *Snapshot) Close() { s.apart.pool.Close() }

// Open opens a file or a folder.
func (s *Snapshot) Open(name string) (fs.File, error) {
	if !fs.ValidPath(name) {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrInvalid}
	}
	a, err := s.apart.ask(opOpen, name)
	if err != nil {
		return nil, &fs.PathError{Op: "open", Path: name, Err: err}
	}
	return opened(a), nil
}

// Serve is the life of a worker, which stands in the work tree. It returns an
// exit code.
func Serve(in io.Reader, out io.Writer) int {
	say := worker.Announcer()
	return worker.Serve(in, out, (&server{at: func(name string) { say(name, 0) }}).answer)
}

// server is a worker's state.
type server struct {
	at  func(name string)
	ref string // of tree
	rev *revision
}

func (s *server) answer(q question) (a answer) {
	// What panics here panics in the git library.
	defer func() {
		if p := recover(); p != nil {
			a = answer{Error: fmt.Sprintf("read git's data: gave up: %v", p)}
		}
		s.at("")
	}()
	err := s.do(q, &a)
	switch {
	case errors.Is(err, fs.ErrNotExist) && q.Op == opOpen:
		a.Missing = true
	case err != nil:
		a.Error = err.Error()
	}
	return a
}

func (s *server) do(q question, a *answer) error {
	dir, err := os.Getwd()
	if err != nil {
		return err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer root.Close()
	if q.Op == opSince {
		set, err := since(root, repofs.New(root, q.File), q.Ref, s.at)
		if err == nil {
			a.Files = set.files
		}
		return err
	}
	if s.rev == nil || s.ref != q.Ref {
		if s.rev, err = openRevision(root, q.Ref, s.at); err != nil {
			return err
		}
		s.ref = q.Ref
	}
	if q.Op == opCheck {
		return nil
	}
	return s.rev.read(path.Clean(q.Name), a)
}
