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
	j := &judgement{
		engine: e, views: views, byView: make([][]Verdict, len(views)),
		repeated: map[string]int{}, more: map[int]int{},
	}
	j.convert()
	inventory := j.inventory()
	for _, a := range e.sources {
		if len(a.rules) > 0 {
			j.ask(ctx, a, inventory)
		}
	}
	if err := context.Cause(ctx); err != nil {
		j.failures = append(j.failures, model.Failure{Message: fmt.Sprintf("judge %d objects: %v", len(views), err)})
	}
	for i, n := range j.more {
		j.failures[i].Message += fmt.Sprintf(" (and for %d more objects)", n)
	}
	var verdicts []Verdict
	for _, vs := range j.byView {
		verdicts = append(verdicts, vs...)
	}
	return verdicts, j.failures
}

// judgement is the work of one Judge.
type judgement struct {
	engine   *Engine
	views    []model.View
	objects  []*ast.Term // what a conftest-style policy gets; nil when not converted
	inputs   []*ast.Term // what our own contract gets
	byView   [][]Verdict
	failures []model.Failure
	repeated map[string]int // by line and rule: the index in failures
	more     map[int]int    // by index in failures: how many more objects
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
			j.inputs[i], err = input(v, obj)
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

// store holds data for one source: what the engine provides and the documents
// that lie beside the policies.
func (j *judgement) store(src *source, inventory *ast.Term) (storage.Store, error) {
	items := []any{"inventory", inventory}
	j.engine.data.Value.(ast.Object).Foreach(func(k, v *ast.Term) {
		items = append(items, string(k.Value.(ast.String)), v)
	})
	for key, doc := range src.data {
		t, err := term(doc)
		if err != nil {
			return nil, fmt.Errorf("data.%s: %w", key, err)
		}
		items = append(items, key, t)
	}
	return inmem.NewFromASTObject(object(items...).Value.(ast.Object)), nil
}

// ask puts the rules of one source to OPA.
func (j *judgement) ask(ctx context.Context, a *asker, inventory *ast.Term) {
	store, err := j.store(a.src, inventory)
	if err != nil {
		j.fail(model.Failure{Message: fmt.Sprintf("judge: %v", err)})
		return
	}
	txn, err := store.NewTransaction(ctx)
	if err != nil {
		j.fail(model.Failure{Message: fmt.Sprintf("judge: %v", err)})
		return
	}
	defer store.Abort(ctx, txn)

	// Views by query, queries in the order they first come up.
	var order []*query
	members := map[*query][]int{}
	for i := range j.views {
		v := &j.views[i]
		if j.objects[i] == nil {
			continue
		}
		qs, err := a.queries(v.Object.ID.Kind, v.Pod != nil)
		if err != nil {
			j.fail(model.Failure{Message: fmt.Sprintf("judge %s: %v", title(v.Object), err)})
			continue
		}
		for _, q := range qs {
			if v.Seen {
				if q = q.beyond; q == nil {
					continue
				}
			}
			if members[q] == nil {
				order = append(order, q)
			}
			members[q] = append(members[q], i)
		}
	}
	for _, q := range order {
		j.askQuery(ctx, a, q, members[q], store, txn)
	}
}

// askQuery asks one query about some views. A user's rules have their time.
func (j *judgement) askQuery(ctx context.Context, a *asker, q *query, views []int, store storage.Store, txn storage.Transaction) {
	cancel := topdown.NewCancel()
	defer context.AfterFunc(ctx, cancel.Cancel)()
	run := func(q *query, i int) error { return j.keep(i)(j.run(ctx, q, i, store, txn, cancel)) }
	var watch *guard
	if !a.src.builtin {
		if j.engine.stops.Load() >= maxStops {
			j.fail(model.Failure{File: q.rules[0].File, Line: q.rules[0].line, Message: fmt.Sprintf(
				"judge %d objects with rule %q: not asked, users' rules were stopped %d times", len(views), q.rules[0].ID, maxStops)})
			return
		}
		watch = newGuard(cancel, j.engine.timeout)
		defer watch.release()
		run = func(q *query, i int) error { return j.runGuarded(ctx, q, i, store, txn, watch) }
	}
	for n, i := range views {
		err := run(q, i)
		if err != nil && len(q.rules) > 1 && !cancel.Cancelled() {
			// One rule failed and took the query along: ask each by itself.
			for _, r := range q.rules {
				var single *query
				if single, err = newQuery(q.program, []*rule{r}); err == nil {
					err = run(single, i)
				}
				if ctx.Err() != nil {
					return
				}
				if err != nil {
					j.failRule(err, r, j.views[i].Object)
				}
			}
			continue
		}
		switch {
		case err == nil:
		case ctx.Err() != nil:
			return // Judge reports it once
		case cancel.Cancelled():
			j.engine.stops.Add(1)
			j.fail(model.Failure{File: q.rules[0].File, Line: q.rules[0].line, Message: fmt.Sprintf(
				"judge %s with rule %q: %s, %d of %d objects judged",
				title(j.views[i].Object), q.rules[0].ID, watch.reason(), n, len(views))})
			return
		default:
			j.failRule(err, q.rules[0], j.views[i].Object)
		}
	}
}

// keep adds what was found about a view.
func (j *judgement) keep(i int) func([]Verdict, error) error {
	return func(found []Verdict, err error) error {
		j.byView[i] = append(j.byView[i], found...)
		return err
	}
}

// runGuarded asks a user's query and does not wait for it for ever.
func (j *judgement) runGuarded(ctx context.Context, q *query, i int, store storage.Store, txn storage.Transaction, watch *guard) error {
	type answer struct {
		found []Verdict
		err   error
	}
	answered := make(chan answer, 1)
	go func() {
		var a answer
		defer func() {
			if p := recover(); p != nil {
				a = answer{err: fmt.Errorf("OPA gave up: %v", p)}
			}
			answered <- a
		}()
		a.found, a.err = j.run(ctx, q, i, store, txn, watch.Cancel)
	}()
	select {
	case a := <-answered:
		return j.keep(i)(a.found, a.err)
	case <-watch.lost:
		return errors.New(watch.reason())
	}
}

// run asks one query about one view.
func (j *judgement) run(ctx context.Context, q *query, i int, store storage.Store, txn storage.Transaction, cancel topdown.Cancel) ([]Verdict, error) {
	in := j.inputs[i]
	conftest := q.rules[0].conftest // never mixed with others
	if conftest {
		in = j.objects[i]
	}
	ask := func(body ast.Body) (topdown.QueryResultSet, error) {
		return topdown.NewQuery(body).
			WithQueryCompiler(q.prepared).WithCompiler(q.program.compiler).
			WithStore(store).WithTransaction(txn).
			WithInput(in).WithCancel(cancel).
			// conftest takes a builtin's error as undefined, and so did the authors of such policies.
			WithStrictBuiltinErrors(!conftest).
			Run(ctx)
	}
	if q.except != nil {
		if spared, err := ask(q.except); err != nil || len(spared) > 0 {
			return nil, err
		}
	}
	results, err := ask(q.body)
	if err != nil {
		return nil, err
	}
	var found []Verdict
	for _, res := range results {
		denies := res[result].Value.(*ast.Array)
		for n, r := range q.rules {
			verdicts, err := r.verdicts(denies.Elem(n), i, j.find(i))
			if err != nil {
				return nil, err
			}
			for k := range verdicts {
				verdicts[k].Beyond = q.program.beyond[r]
			}
			found = append(found, verdicts...)
		}
	}
	return found, nil
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
