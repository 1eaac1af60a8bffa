package worker

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"time"
	"unicode"
)

// Process is a worker as its parent sees it. One question is put at a time.
type Process struct {
	config Config
	cmd    *exec.Cmd
	in     io.WriteCloser
	out    *bufio.Reader
	stderr *lastWords
	asked  int
	heap   uint64 // bytes, after its last answer
	gone   bool
}

func newProcess(cmd *exec.Cmd, c Config) (*Process, error) {
	w := &Process{config: c, cmd: cmd, stderr: &lastWords{}}
	cmd.Stderr = w.stderr
	var err error
	if w.in, err = cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	w.out = bufio.NewReaderSize(out, 64<<10)
	return w, nil
}

// stop ends a worker that is idle or hopeless.
func (w *Process) stop() {
	if w.gone {
		return // another process may have its number
	}
	w.gone = true
	w.in.Close()
	end(w.cmd.Process.Pid)
	_ = w.cmd.Wait()
}

// Call puts a question and reads the answer into a. Of the errors, a TooLarge
// leaves the worker ready for the next question. All others are its end: the
// context's own, or a *Death that says why.
func (w *Process) Call(ctx context.Context, q, a any, limit time.Duration) error {
	w.asked++
	var late atomic.Bool
	kill := func() { end(w.cmd.Process.Pid) }
	timer := time.AfterFunc(limit, func() { late.Store(true); kill() })
	defer timer.Stop()
	defer context.AfterFunc(ctx, kill)()
	var large TooLarge
	err := send(w.in, q, maxQuestion)
	if errors.As(err, &large) {
		return err
	}
	var head status
	if err == nil {
		err = receive(w.out, &head, maxQuestion)
	}
	if err == nil {
		w.heap = head.Heap
		if head.TooLarge > 0 {
			return TooLarge{head.TooLarge, w.config.Answer}
		}
		err = receive(w.out, a, w.config.Answer)
	}
	if err == nil {
		return nil
	}
	w.stop()
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case late.Load():
		d := &Death{Cause: fmt.Sprintf("took longer than %v", limit), Late: true}
		d.File, d.Line = lastPlace(w.stderr.String())
		return d
	}
	return w.death()
}

// Death says why a worker died.
type Death struct {
	Cause string
	Late  bool   // it was killed for being slow
	File  string // it was working on, if it said so
	Line  int
}

func (d *Death) Error() string { return d.Cause }

// death reads a worker's last words.
func (w *Process) death() *Death {
	words := w.stderr.String()
	d := &Death{Cause: w.config.Name + " died: " + w.cmd.ProcessState.String()}
	d.File, d.Line = lastPlace(words)
	switch {
	case w.cmd.ProcessState.ExitCode() == exitMemory,
		strings.Contains(words, "out of memory"), strings.Contains(words, "cannot allocate memory"):
		d.Cause = "needed more than " + ByteSize(w.config.Memory) + " of memory"
	case strings.Contains(words, "stack overflow"), strings.Contains(words, "stack exceeds"):
		d.Cause = "went deeper and deeper without an end (stack overflow)"
	default:
		for line := range strings.Lines(words) {
			if strings.HasPrefix(line, "fatal error: ") || strings.HasPrefix(line, "panic: ") {
				d.Cause = w.config.Name + " died: " + clean(line)
				break
			}
		}
	}
	return d
}

// lastPlace is the last line of a file that a worker announced.
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
