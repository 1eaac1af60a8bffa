package policy

import (
	"context"
	"fmt"
	"io"
	"slices"

	"github.com/sekisho/sekisho/internal/model"
	"github.com/sekisho/sekisho/internal/worker"
)

// The questions a worker answers, in the order they come.
const (
	opLoad    = "load"    // folders of policies
	opRules   = "rules"   // that are in them
	opCompile = "compile" // what options enable
	opShow    = "show"    // the views of a render; the worker keeps them
	opAsk     = "ask"     // a rule about some of them
	opForget  = "forget"  // the views
)

type question struct {
	Op      string
	Folders []folder
	Options *Options
	Shown   []wireView
	Rule    string // its id
	Views   []int  // indices into Shown
}

type answer struct {
	Error    string
	Rules    []wireRule
	Verdicts []wireVerdict
	Failures []model.Failure
	Stopped  bool // the rule ran into a limit
}

// Serve is the life of a worker. It returns an exit code.
func Serve(in io.Reader, out io.Writer, builtin Source) int {
	s := &server{builtin: builtin, at: worker.Announcer()}
	return worker.Serve(in, out, s.answer)
}

// server is a worker's state.
type server struct {
	builtin Source
	at      func(file string, line int)
	set     *Set
	engine  *Engine
	asker   *asker
	shown   *judgement
}

func (s *server) answer(q question) (a answer) {
	// What panics here panics in OPA's parser or compiler.
	defer func() {
		if p := recover(); p != nil {
			a = answer{Error: fmt.Sprintf("%s policies: gave up: %v", q.Op, p)}
		}
	}()
	ctx := context.Background()
	switch q.Op {
	case opLoad:
		if err := s.load(q.Folders); err != nil {
			return answer{Error: err.Error()}
		}
	case opRules:
		for _, r := range s.set.rules {
			if !r.src.builtin {
				a.Rules = append(a.Rules, wireRule{r.Rule, r.Bad, r.Good, r.File, r.line, r.conftest})
			}
		}
	case opCompile:
		engine, err := New(s.set, *q.Options)
		if err != nil {
			return answer{Error: err.Error()}
		}
		s.engine = engine
		s.asker = engine.sources[slices.IndexFunc(engine.sources, func(a *asker) bool { return !a.src.builtin })]
	case opShow:
		views := make([]model.View, len(q.Shown))
		for i := range q.Shown {
			views[i] = q.Shown[i].view()
		}
		s.shown = newJudgement(s.engine, views)
		if err := s.shown.open(ctx, s.asker.src); err != nil {
			return answer{Error: err.Error()}
		}
		s.shown.taken() // the parent saw itself which objects cannot be judged
	case opAsk:
		i := slices.IndexFunc(s.asker.rules, func(r *rule) bool { return r.ID == q.Rule })
		a.Stopped = s.shown.ask(ctx, s.asker.single[s.asker.rules[i]], q.Views)
		verdicts, failures := s.shown.taken()
		a.Failures = failures
		for _, v := range verdicts {
			a.Verdicts = append(a.Verdicts, wireVerdict{v.View, v.Path, v.Message, v.Severity, v.Related, v.Fix, v.Beyond})
		}
	case opForget:
		s.shown = nil
	}
	return a
}

// load reads users' policies, one file after the other.
func (s *server) load(users []folder) error {
	builtin, err := readFolder(s.builtin)
	if err != nil {
		return err
	}
	s.set, err = parseAll(append([]folder{builtin}, users...), s.at)
	s.at("", 0)
	return err
}

// wireRule is a rule with the fields that stay out of JSON.
type wireRule struct {
	Rule            model.Rule
	Bad, Good, File string
	Line            int
	Conftest        bool
}

func (w wireRule) rule(src *source) *rule {
	r := &rule{Rule: w.Rule, src: src, line: w.Line, conftest: w.Conftest}
	r.Bad, r.Good, r.File = w.Bad, w.Good, w.File
	return r
}

// wireView is what judging needs of a model.View. The parts of a pod are found
// again by their paths.
type wireView struct {
	ID         model.ObjectID
	Value      map[string]any
	Facts      map[string]any
	Pod, Meta  bool // it has them
	PodPath    model.Path
	MetaPath   model.Path
	Containers []wireContainer
	Seen       bool
	Context    bool
}

type wireContainer struct {
	Path model.Path
	Type string
}

func wired(v *model.View) wireView {
	w := wireView{ID: v.Object.ID, Value: v.Object.Value, Facts: v.Facts, Seen: v.Seen, Context: v.Context}
	if v.Pod != nil {
		w.Pod, w.Meta, w.PodPath, w.MetaPath = true, v.Pod.Meta != nil, v.Pod.Path, v.Pod.MetaPath
	}
	for _, c := range v.Containers {
		w.Containers = append(w.Containers, wireContainer{c.Path, c.Type})
	}
	return w
}

func (w *wireView) view() model.View {
	v := model.View{Object: &model.Object{ID: w.ID, Value: w.Value}, Facts: w.Facts, Seen: w.Seen, Context: w.Context}
	if w.Pod {
		v.Pod = &model.Pod{Path: indices(w.PodPath), MetaPath: indices(w.MetaPath)}
		if w.Meta {
			v.Pod.Meta = map[string]any{}
		}
	}
	for _, c := range w.Containers {
		v.Containers = append(v.Containers, model.Container{Path: indices(c.Path), Type: c.Type})
	}
	return v
}

// wireVerdict is a Verdict whose rule is known.
type wireVerdict struct {
	View     int
	Path     model.Path
	Message  string
	Severity model.Severity
	Related  []Related
	Fix      []model.FixOp
	Beyond   bool
}

func (w wireVerdict) verdict(r *rule) Verdict {
	for i := range w.Related {
		indices(w.Related[i].Path)
	}
	for i := range w.Fix {
		indices(w.Fix[i].Path)
	}
	return Verdict{
		Rule: &r.Rule, View: w.View, Path: indices(w.Path), Message: w.Message, Severity: w.Severity,
		Related: w.Related, Fix: w.Fix, Beyond: w.Beyond,
	}
}

// indices turns a path's numbers back into int.
func indices(p model.Path) model.Path {
	for i, e := range p {
		if n, ok := e.(int64); ok {
			p[i] = int(n)
		}
	}
	return p
}
