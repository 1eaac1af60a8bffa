package policy

import (
	"context"
	"errors"
	"fmt"
	"regexp"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/storage"
	"github.com/open-policy-agent/opa/v1/storage/inmem"
	"github.com/open-policy-agent/opa/v1/topdown"

	"github.com/sekisho/sekisho/internal/model"
)

// Judge asks every enabled rule about the views of one render. Verdicts come
// in the order of views, within a view the built-in rules before users' and
// each by category and id, within a rule in Rego's order of the results. A rule that could not be asked about an
// object is a failure; all others still have their say. When ctx ends, what
// was not judged is a failure.
func (e *Engine) Judge(ctx context.Context, views []model.View) ([]Verdict, []model.Failure) {
	j := newJudgement(e, views)
	for _, a := range e.sources {
		switch {
		case len(a.rules) == 0:
		case a.src.apart != nil:
			a.src.apart.judge(ctx, j, a.rules)
		default:
			j.judge(ctx, a)
		}
	}
	if err := context.Cause(ctx); err != nil {
		j.fail(model.Failure{Message: fmt.Sprintf("judge %d objects: %v", len(views), err)})
	}
	return j.taken()
}

// judgement is the work of one Judge.
type judgement struct {
	engine   *Engine
	views    []model.View
	objects  []*ast.Term // what a conftest-style policy gets; nil when not converted
	inputs   []*ast.Term // what our own contract gets
	store    storage.Store
	txn      storage.Transaction
	byView   [][]Verdict
	failures []model.Failure
	repeated map[string]int // by line and rule: the index in failures
	more     map[int]int    // by index in failures: how many more objects
}

func newJudgement(e *Engine, views []model.View) *judgement {
	j := &judgement{
		engine: e, views: views, byView: make([][]Verdict, len(views)),
		repeated: map[string]int{}, more: map[int]int{},
	}
	j.convert()
	return j
}

// taken is what was found since it was last asked.
func (j *judgement) taken() (verdicts []Verdict, failures []model.Failure) {
	for i, n := range j.more {
		j.failures[i].Message += fmt.Sprintf(" (and for %d more objects)", n)
	}
	for i, vs := range j.byView {
		verdicts = append(verdicts, vs...)
		j.byView[i] = nil
	}
	failures, j.failures = j.failures, nil
	clear(j.repeated)
	clear(j.more)
	return verdicts, failures
}

// convert makes the Rego values of all views, each object once.
func (j *judgement) convert() {
	j.objects = make([]*ast.Term, len(j.views))
	j.inputs = make([]*ast.Term, len(j.views))
	for i := range j.views {
		v := &j.views[i]
		obj, err := term(v.Object.Value)
		if err == nil {
			j.objects[i] = obj
			if !v.Context {
				j.inputs[i], err = input(v, obj)
			}
		}
		if err != nil {
			j.fail(model.Failure{Message: fmt.Sprintf("judge %s: %v", title(v.Object), err)})
			j.objects[i] = nil
		}
	}
}

// input is the document a rule sees, made of the terms of the object.
func input(v *model.View, obj *ast.Term) (*ast.Term, error) {
	facts, err := term(v.Facts)
	if err != nil {
		return nil, fmt.Errorf("facts: %w", err)
	}
	if v.Facts == nil {
		facts = ast.ObjectTerm()
	}
	containers := make([]*ast.Term, len(v.Containers))
	for i, c := range v.Containers {
		containers[i] = object("value", at(obj, c.Path), "path", pathTerm(c.Path), "type", ast.InternedTerm(c.Type))
	}
	kvs := []any{
		"object", obj, "kind", ast.InternedTerm(v.Object.ID.Kind),
		"facts", facts, "containers", ast.ArrayTerm(containers...),
	}
	if v.Pod != nil {
		pod := []any{"spec", at(obj, v.Pod.Path), "path", pathTerm(v.Pod.Path), "meta_path", pathTerm(v.Pod.MetaPath)}
		if meta := at(obj, v.Pod.MetaPath); meta != nil && v.Pod.Meta != nil {
			pod = append(pod, "meta", meta)
		}
		kvs = append(kvs, "pod", object(pod...))
	}
	return object(kvs...), nil
}

// inventory is data.inventory: [kind][namespace] lists the objects of the
// render, in order.
func (j *judgement) inventory() *ast.Term {
	type key struct{ kind, namespace string }
	lists := map[key][]*ast.Term{}
	namespaces := map[string][]string{}
	var kinds []string
	for i := range j.views {
		obj := &j.views[i]
		if j.objects[i] == nil {
			continue
		}
		meta, _ := obj.Object.Value["metadata"].(map[string]any)
		namespace, _ := meta["namespace"].(string)
		k := key{obj.Object.ID.Kind, namespace}
		if lists[k] == nil {
			if namespaces[k.kind] == nil {
				kinds = append(kinds, k.kind)
			}
			namespaces[k.kind] = append(namespaces[k.kind], namespace)
		}
		lists[k] = append(lists[k], j.objects[i])
	}
	var byKind []any
	for _, kind := range kinds {
		var byNamespace []any
		for _, ns := range namespaces[kind] {
			byNamespace = append(byNamespace, ns, ast.ArrayTerm(lists[key{kind, ns}]...))
		}
		byKind = append(byKind, kind, object(byNamespace...))
	}
	return object(byKind...)
}

// open puts data for one source into a store: what the engine provides and the
// documents that lie beside the policies. close lets go of it.
func (j *judgement) open(ctx context.Context, src *source) error {
	items := []any{"inventory", j.inventory()}
	j.engine.data.Value.(ast.Object).Foreach(func(k, v *ast.Term) {
		items = append(items, string(k.Value.(ast.String)), v)
	})
	for key, doc := range src.data {
		t, err := term(doc)
		if err != nil {
			return fmt.Errorf("data.%s: %w", key, err)
		}
		items = append(items, key, t)
	}
	j.store = inmem.NewFromASTObject(object(items...).Value.(ast.Object))
	var err error
	j.txn, err = j.store.NewTransaction(ctx)
	return err
}

func (j *judgement) close(ctx context.Context) { j.store.Abort(ctx, j.txn) }

// judge puts the rules of one source to OPA.
func (j *judgement) judge(ctx context.Context, a *asker) {
	if err := j.open(ctx, a.src); err != nil {
		j.fail(model.Failure{Message: fmt.Sprintf("judge: %v", err)})
		return
	}
	defer j.close(ctx)
	if a.src.builtin {
		j.askTogether(ctx, a)
		return
	}
	j.askEach(ctx, a.rules, func(r *rule, views []int) bool { return j.ask(ctx, a.single[r], views) })
}

// askTogether asks the built-in rules that judge the same kinds in one query.
func (j *judgement) askTogether(ctx context.Context, a *asker) {
	// Views by query, queries in the order they first come up.
	var order []*query
	members := map[*query][]int{}
	for i := range j.views {
		v := &j.views[i]
		if j.objects[i] == nil || v.Context {
			continue
		}
		q, err := a.query(v.Object.ID.Kind, v.Pod != nil)
		if err != nil {
			j.fail(model.Failure{Message: fmt.Sprintf("judge %s: %v", title(v.Object), err)})
			continue
		}
		if q != nil && v.Seen {
			q = q.beyond
		}
		if q == nil {
			continue
		}
		if members[q] == nil {
			order = append(order, q)
		}
		members[q] = append(members[q], i)
	}
	cancel := topdown.NewCancel()
	defer context.AfterFunc(ctx, cancel.Cancel)()
	for _, q := range order {
		for _, i := range members[q] {
			err := j.run(ctx, q, i, cancel)
			if err != nil && len(q.rules) > 1 && !cancel.Cancelled() {
				j.askApart(ctx, q, i, cancel)
				continue
			}
			if ctx.Err() != nil {
				return // Judge reports it once
			}
			if err != nil {
				j.failRule(err, q.rules[0], j.views[i].Object)
			}
		}
	}
}

// askApart asks each rule of a query by itself: one failed and took the query
// along.
func (j *judgement) askApart(ctx context.Context, q *query, view int, cancel topdown.Cancel) {
	for _, r := range q.rules {
		single, err := newQuery(q.program, []*rule{r})
		if err == nil {
			err = j.run(ctx, single, view, cancel)
		}
		if ctx.Err() != nil {
			return
		}
		if err != nil {
			j.failRule(err, r, j.views[view].Object)
		}
	}
}

// askEach asks users' rules one by one about the views they judge. ask tells
// whether the rule ran into a limit.
func (j *judgement) askEach(ctx context.Context, rules []*rule, ask func(r *rule, views []int) bool) {
	for _, r := range rules {
		var views []int
		for i := range j.views {
			v := &j.views[i]
			if j.objects[i] != nil && !v.Context && r.judges(v.Object.ID.Kind, v.Pod != nil) {
				views = append(views, i)
			}
		}
		switch {
		case len(views) == 0:
		case ctx.Err() != nil:
			return
		case j.engine.stops.Load() >= maxStops:
			j.failWhole(r, len(views), fmt.Sprintf("not asked, users' rules were stopped %d times", maxStops))
		case ask(r, views):
			j.engine.stops.Add(1)
		}
	}
}

// ask asks a user's rule within its limits, and tells whether it kept to them.
func (j *judgement) ask(ctx context.Context, q *query, views []int) (stopped bool) {
	r := q.rules[0]
	timed, cancel := context.WithTimeout(ctx, j.engine.timeout)
	defer cancel()
	for n, i := range views {
		q := q
		if j.views[i].Seen {
			if q = q.beyond; q == nil {
				continue
			}
		}
		b := &budget{limit: j.engine.steps}
		release := context.AfterFunc(timed, b.Cancel)
		err := j.run(ctx, q, i, b)
		release()
		switch why := b.stopped(j.engine.timeout); {
		case ctx.Err() != nil:
			return false // Judge reports it once
		case err != nil && why != "":
			j.fail(model.Failure{File: r.File, Line: r.line, Message: fmt.Sprintf(
				"judge %s with rule %q: %s, %d of %d objects judged", title(j.views[i].Object), r.ID, why, n, len(views))})
			return true
		case err != nil:
			j.failRule(err, r, j.views[i].Object)
		}
	}
	return false
}

// run asks one query about one view and keeps what it finds.
func (j *judgement) run(ctx context.Context, q *query, i int, cancel topdown.Cancel) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("OPA gave up: %v", p)
		}
	}()
	in := j.inputs[i]
	conftest := q.rules[0].conftest // never mixed with others
	if conftest {
		in = j.objects[i]
	}
	ask := func(body ast.Body) (topdown.QueryResultSet, error) {
		return topdown.NewQuery(body).
			WithQueryCompiler(q.prepared).WithCompiler(q.program.compiler).
			WithStore(j.store).WithTransaction(j.txn).
			WithInput(in).WithCancel(cancel).
			// conftest takes a builtin's error as undefined, and so did the authors of such policies.
			WithStrictBuiltinErrors(!conftest).
			Run(ctx)
	}
	if q.except != nil {
		if spared, err := ask(q.except); err != nil || len(spared) > 0 {
			return err
		}
	}
	results, err := ask(q.body)
	if err != nil {
		return err
	}
	var found []Verdict
	for _, res := range results {
		denies := res[result].Value.(*ast.Array)
		for n, r := range q.rules {
			verdicts, err := r.verdicts(denies.Elem(n), i, j.find(i))
			if err != nil {
				return err
			}
			for k := range verdicts {
				verdicts[k].Beyond = q.program.beyond[r]
			}
			found = append(found, verdicts...)
		}
	}
	j.byView[i] = append(j.byView[i], found...)
	return nil
}

// find looks for an object as the rules about view i name it: another one, for
// of two that have one name the rule means the other. A namespace that nobody
// wrote is chosen at install time, so what has none is found last.
func (j *judgement) find(i int) func(*identity) (int, bool) {
	return func(want *identity) (int, bool) {
		if want == nil {
			return i, true
		}
		unnamed := -1
		for n := range j.views {
			id := &j.views[n].Object.ID
			switch {
			case n == i || id.Kind != want.kind || id.Name != want.name || want.apiVersion != "" && id.APIVersion != want.apiVersion:
			case id.Namespace == want.namespace:
				return n, true
			case id.Namespace == "" && unnamed < 0:
				unnamed = n
			}
		}
		return unnamed, unnamed >= 0
	}
}

// verdicts reads what a rule found.
func (r *rule) verdicts(denies *ast.Term, view int, find func(*identity) (int, bool)) ([]Verdict, error) {
	var found []Verdict
	var errs []error
	add := func(t *ast.Term) {
		v, err := verdict(t, r.conftest, find)
		if err != nil {
			errs = append(errs, err)
			return
		}
		v.Rule, v.View = &r.Rule, view
		if v.Severity == "" || r.override != "" {
			v.Severity = r.Severity
		}
		found = append(found, v)
	}
	switch set := denies.Value.(type) {
	case ast.Set:
		if set.Len() > 0 {
			set.Foreach(add)
		}
	case *ast.Array:
		set.Foreach(add)
	default:
		add(denies)
	}
	return found, errors.Join(errs...)
}

var lineBreak = regexp.MustCompile(`\s*\n\s*`)

// failRule says that a rule could not judge an object, and where in the
// policy. The same problem with further objects is counted, not repeated.
func (j *judgement) failRule(err error, r *rule, obj *model.Object) {
	f := model.Failure{File: r.File, Line: r.line}
	reason := err.Error()
	var evaluation *topdown.Error
	if errors.As(err, &evaluation) {
		reason = evaluation.Code + ": " + evaluation.Message
		if l := evaluation.Location; l != nil && l.File != "" {
			f.File, f.Line = l.File, l.Row
		}
	}
	key := fmt.Sprintf("%s:%d: %s", f.File, f.Line, r.ID)
	if n, ok := j.repeated[key]; ok {
		j.more[n]++
		return
	}
	j.repeated[key] = len(j.failures)
	reason = lineBreak.ReplaceAllString(reason, " ") // conflicts list their values
	f.Message = fmt.Sprintf("judge %s with rule %q: %s", title(obj), r.ID, reason)
	j.fail(f)
}

// failWhole says that a user's rule did not judge some objects at all.
func (j *judgement) failWhole(r *rule, objects int, why string) {
	j.fail(model.Failure{File: r.File, Line: r.line, Message: fmt.Sprintf("judge %d objects with rule %q: %s", objects, r.ID, why)})
}

// fail keeps a failure.
func (j *judgement) fail(f model.Failure) { j.failures = append(j.failures, f) }

// title names an object in a message.
func title(obj *model.Object) string {
	name := obj.ID.Name
	if obj.ID.Namespace != "" {
		name = obj.ID.Namespace + "/" + name
	}
	return fmt.Sprintf("%s %q", obj.ID.Kind, name)
}
