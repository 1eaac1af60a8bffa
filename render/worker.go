package render

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"time"

	"github.com/sekisho/sekisho/internal/model"
	"github.com/sekisho/sekisho/render/helm"
)

// WorkerArg is the one argument of a worker process. A program that makes a
// Pool must call Serve when it is called with it, before it does anything else.
const WorkerArg = "--render-worker"

// softMemory is where a worker begins to collect its garbage as it goes.
const softMemory = 240 << 20

// exitMemory is the exit code of a worker that found itself too large.
const exitMemory = 97

// Serve is the life of a worker: it renders what the parent asks for, one unit
// after the other, until the parent closes in. It returns an exit code.
func Serve(in io.Reader, out io.Writer) int {
	return serve(in, out, func(o Options) func(context.Context, model.Unit) *model.Rendered { return New(o).Render })
}

func serve(in io.Reader, out io.Writer, renderer func(Options) func(context.Context, model.Unit) *model.Rendered) int {
	os.Stdout = os.Stderr // an SDK that prints must not talk to the parent
	refuseNetwork()
	r := bufio.NewReader(in)
	var hello greeting
	if err := receive(r, &hello, maxRequest); err != nil {
		return 1
	}
	if err := confine(hello.Limits.Memory); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	go watchMemory(hello.Limits.Memory)
	root, err := os.OpenRoot(hello.Dir)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer root.Close()
	var overlay *os.Root
	if hello.Overlay != "" {
		if overlay, err = os.OpenRoot(hello.Overlay); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		defer overlay.Close()
	}
	opts := Options{Root: root, Overlay: overlay, KubeVersion: hello.KubeVersion, Limits: hello.Limits}
	w := &server{opts: opts, render: renderer(opts), units: map[int]*model.Rendered{}}
	if err := send(out, reply{}, maxRequest); err != nil {
		return 1
	}
	// Read ahead, so that a worker whose parent is gone ends in the middle of
	// its work.
	requests := make(chan request)
	go func() {
		for {
			var q request
			if err := receive(r, &q, maxRequest); err != nil {
				os.Exit(0)
			}
			requests <- q
		}
	}()
	for q := range requests {
		a := w.answer(q)
		a.Heap = heap()
		err := send(out, a, hello.Limits.Output)
		var large errTooLarge
		if errors.As(err, &large) {
			err = send(out, reply{Failures: []model.Failure{{Message: large.Error()}}, Heap: a.Heap}, hello.Limits.Output)
		}
		if err != nil {
			return 1
		}
	}
	return 0
}

// server is a worker's state.
type server struct {
	opts   Options
	render func(context.Context, model.Unit) *model.Rendered
	units  map[int]*model.Rendered
}

func (s *server) answer(q request) (a reply) {
	ctx := context.Background()
	unit := s.units[q.Number]
	if unit == nil && (q.Op == opLocate || q.Op == opLines || q.Op == opDefaults) {
		return reply{Failures: []model.Failure{{Message: "the worker was asked about a unit it does not have"}}}
	}
	// What panics here panics in an SDK; rendering catches its own.
	defer func() {
		if p := recover(); p != nil {
			a = reply{Failures: []model.Failure{{Message: fmt.Sprintf("%s: gave up: %v", q.Op, p)}}}
		}
	}()
	switch q.Op {
	case opRender:
		r := s.render(ctx, model.Unit(*q.Unit))
		s.units[q.Number] = r
		return wired(r)
	case opLocate:
		trace := unit.Objects[q.Object].Origin.Locate(indices(q.Path))
		return reply{Trace: &trace}
	case opLines:
		return reply{Lines: unit.Lines()}
	case opDefaults:
		for _, o := range unit.Objects {
			if o.Defaults != nil {
				return reply{Defaults: o.Defaults()}
			}
		}
	case opForget:
		clear(s.units)
	case opExamine:
		return reply{Failures: s.examine(model.Unit(*q.Unit), q.Time)}
	}
	return reply{}
}

// examine looks for the template line that makes a chart too expensive.
func (s *server) examine(unit model.Unit, limit time.Duration) []model.Failure {
	if unit.Kind != model.Helm {
		return nil
	}
	return helm.Examine(context.Background(), s.opts.fs(), unit, helm.Options{KubeVersion: s.opts.KubeVersion, Unpacked: s.opts.Limits.Archive}, limit, announce())
}

// announce writes to the standard error which template line is at work, so that
// the parent finds the last one there when it kills the process. A chart that
// survives many lines meets a limit instead.
func announce() func(file string, line int) {
	n := 0
	return func(file string, line int) {
		switch n++; {
		case n < 100_000:
			fmt.Fprintf(os.Stderr, "at %d %q\n", line, file)
		case n == 100_000:
			fmt.Fprintf(os.Stderr, "at 0 \"\"\n") // what was last said is no longer true
		}
	}
}

// refuseNetwork makes the transports that the SDKs use refuse. It is the
// second lock: nothing asks them, and on Linux the worker has no network
// where the kernel allows that.
func refuseNetwork() {
	refuse := errors.New("the network is not used")
	http.DefaultTransport = transport(func(*http.Request) (*http.Response, error) { return nil, refuse })
	http.DefaultClient.Transport = http.DefaultTransport
	net.DefaultResolver = &net.Resolver{
		PreferGo: true,
		Dial:     func(context.Context, string, string) (net.Conn, error) { return nil, refuse },
	}
}

type transport func(*http.Request) (*http.Response, error)

func (t transport) RoundTrip(r *http.Request) (*http.Response, error) { return t(r) }

// confine bounds the process's memory. What grows beyond dies by the
// collector's hand, by the kernel's or by watchMemory's.
func confine(limit int64) error {
	runtime.GOMAXPROCS(min(2, runtime.GOMAXPROCS(0))) // rendering is serial; the second is the collector's
	debug.SetGCPercent(400)
	debug.SetMemoryLimit(min(limit/4*3, softMemory))
	debug.SetMaxStack(int(min(limit/4, 128<<20)))
	return limitProcess(limit)
}

// watchMemory ends the process when it holds more than the limit: where the
// kernel does not bound it, and before it does.
func watchMemory(limit int64) {
	for {
		if heap() > uint64(limit) {
			os.Exit(exitMemory)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// heap is what the Go runtime holds: mapped and not given back.
func heap() uint64 {
	s := []metrics.Sample{{Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/released:bytes"}}
	metrics.Read(s)
	return s[0].Value.Uint64() - s[1].Value.Uint64()
}
