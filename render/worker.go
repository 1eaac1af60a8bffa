package render

import (
	"context"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/sekisho/sekisho/internal/model"
	"github.com/sekisho/sekisho/internal/worker"
	"github.com/sekisho/sekisho/render/helm"
)

// WorkerArg is the one argument of a worker process. A program that makes a
// Pool must call Serve when it is called with it, before it does anything else.
const WorkerArg = "--render-worker"

// Serve is the life of a worker: it renders what the parent asks for, one unit
// after the other, until the parent closes in. It returns an exit code.
func Serve(in io.Reader, out io.Writer) int {
	return serve(in, out, func(o Options) func(context.Context, model.Unit) *model.Rendered { return New(o).Render })
}

func serve(in io.Reader, out io.Writer, renderer func(Options) func(context.Context, model.Unit) *model.Rendered) int {
	s := &server{renderer: renderer, units: map[int]*model.Rendered{}}
	return worker.Serve(in, out, s.answer)
}

// server is a worker's state.
type server struct {
	renderer func(Options) func(context.Context, model.Unit) *model.Rendered
	opts     Options
	render   func(context.Context, model.Unit) *model.Rendered
	units    map[int]*model.Rendered
}

// open opens the tree that units are rendered from, for the rest of the life
// of the process.
func (s *server) open(hello greeting) error {
	s.opts = Options{KubeVersion: hello.KubeVersion, Limits: hello.Limits}
	var err error
	if s.opts.Root, err = os.OpenRoot(hello.Dir); err != nil {
		return err
	}
	if hello.Overlay != "" {
		if s.opts.Overlay, err = os.OpenRoot(hello.Overlay); err != nil {
			return err
		}
	}
	s.render = s.renderer(s.opts)
	return nil
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
	case opOpen:
		if err := s.open(*q.Open); err != nil {
			return reply{Failures: []model.Failure{{Message: err.Error()}}}
		}
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
	return helm.Examine(context.Background(), s.opts.fs(), unit, helm.Options{KubeVersion: s.opts.KubeVersion, Unpacked: s.opts.Limits.Archive}, limit, worker.Announcer())
}
