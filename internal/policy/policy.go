// Package policy judges rendered objects with Rego. Views go in, verdicts come
// out: which rule, on which path of which object, in which words. Rules are
// read from any fs.FS, the built-in ones and a user's alike; a rule's METADATA
// becomes a model.Rule.
//
// The package hides how the questions are put to OPA. An object is converted
// to Rego's terms once and every view is made of the same terms. The built-in
// rules that look at one kind of object are asked in one query, and only rules
// that some object asks for are compiled. A user's rules are asked one by one,
// so that none can take another's verdict along when it fails.
package policy

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/open-policy-agent/opa/v1/ast"

	"github.com/sekisho/sekisho/internal/model"
)

// Options are the parameters of an Engine. The zero value asks every rule of
// the default profile at its own severity.
type Options struct {
	Strict      bool                   // ask the rules of the strict profile too
	KubeVersion string                 // "v1.37.0", data.kube of the rules; required
	Rules       map[string]RuleOptions // by id or alias
	Timeout     time.Duration          // for one user's rule in one Judge; 10 s when 0
}

// RuleOptions is what a configuration says about one rule.
type RuleOptions struct {
	Enabled  *bool          // nil: as the profile says
	Severity model.Severity // "" keeps the rule's own
	Params   map[string]any // replaces defaults of the same name
}

// defaultTimeout is long for a policy and short for a CI job.
const defaultTimeout = 10 * time.Second

// Verdict is one finding of a rule, its place still an address in the object.
type Verdict struct {
	Rule     *model.Rule
	View     int        // index into the views that were judged
	Path     model.Path // of the field; may lead to a field that is absent
	Message  string
	Severity model.Severity
	Related  []Related
	Fix      []model.FixOp
	// Beyond says that the rule looks beyond the object, so that an equal
	// object of another render need not have the same verdict.
	Beyond bool
}

// Related is a further field that somebody who looks into a verdict wants to
// see: of the same object, or of another one of the render.
type Related struct {
	View int // index into the views that were judged
	Path model.Path
}

// Engine asks the enabled rules of a Set. It is safe for concurrent use.
type Engine struct {
	timeout time.Duration
	stops   atomic.Int32 // how often a user's rule ran into a limit
	rules   []*rule
	data    *ast.Term // kube and params: what data holds in every Judge
	sources []*asker
}

// New makes an engine of the rules that opts enables, and compiles users'
// policies. Errors are mistakes of a configuration or a user's policy.
func New(set *Set, opts Options) (*Engine, error) {
	chosen, err := resolve(set, opts.Rules)
	if err != nil {
		return nil, err
	}
	e := &Engine{timeout: opts.Timeout}
	if e.timeout == 0 {
		e.timeout = defaultTimeout
	}
	params := map[string]any{}
	for _, r := range set.rules {
		o := chosen[r]
		on := r.Profile == model.ProfileDefault || opts.Strict
		if o.Enabled != nil {
			on = *o.Enabled
		}
		if !on {
			continue
		}
		merged, err := mergeParams(r, o.Params)
		if err != nil {
			return nil, err
		}
		if merged != nil {
			params[r.ID] = merged
		}
		enabled := *r
		enabled.override = o.Severity
		if o.Severity != "" {
			enabled.Severity = o.Severity
		}
		e.rules = append(e.rules, &enabled)
	}

	kube, err := kubeData(opts.KubeVersion)
	if err != nil {
		return nil, err
	}
	if e.data, err = term(map[string]any{"kube": kube, "params": params}); err != nil {
		return nil, fmt.Errorf("read parameters: %w", err)
	}
	for _, src := range set.sources {
		a := &asker{src: src, classes: map[string][]*query{}}
		for _, r := range e.rules {
			if r.src == src {
				a.rules = append(a.rules, r)
			}
		}
		if !src.builtin {
			if err := a.compileAll(set.lib()); err != nil {
				return nil, err
			}
		}
		e.sources = append(e.sources, a)
	}
	return e, nil
}

// Rules lists the rules that are asked, by category and id, at the severity
// the configuration gives them.
func (e *Engine) Rules() []model.Rule {
	rules := make([]model.Rule, len(e.rules))
	for i, r := range e.rules {
		rules[i] = r.Rule
	}
	return rules
}

// resolve finds the rule each option is about.
func resolve(set *Set, options map[string]RuleOptions) (map[*rule]RuleOptions, error) {
	byID := map[string]*rule{}
	for _, r := range set.rules {
		for _, id := range append([]string{r.ID}, r.Aliases...) {
			byID[id] = r
		}
	}
	chosen := map[*rule]RuleOptions{}
	for _, id := range slices.Sorted(maps.Keys(options)) {
		r, ok := byID[id]
		if !ok {
			return nil, fmt.Errorf("rule %q does not exist: sekisho rules lists them", id)
		}
		if _, twice := chosen[r]; twice {
			return nil, fmt.Errorf("rule %q is configured twice, by an earlier name as well", r.ID)
		}
		if s := options[id].Severity; s != "" && s.Rank() > 2 {
			return nil, fmt.Errorf("rule %q: severity is %q: error, warning or note", id, s)
		}
		chosen[r] = options[id]
	}
	return chosen, nil
}

// mergeParams puts configured parameters over a rule's defaults.
func mergeParams(r *rule, configured map[string]any) (map[string]any, error) {
	merged := maps.Clone(r.Params)
	for _, name := range slices.Sorted(maps.Keys(configured)) {
		def, ok := r.Params[name]
		if !ok {
			return nil, fmt.Errorf("rule %q has no parameter %q", r.ID, name)
		}
		if a, b := shape(def), shape(configured[name]); a != b && def != nil {
			return nil, fmt.Errorf("rule %q: parameter %q is a %s, not a %s", r.ID, name, a, b)
		}
		merged[name] = configured[name]
	}
	return merged, nil
}

// shape names the JSON type of a value.
func shape(v any) string {
	switch v.(type) {
	case nil:
		return "null"
	case bool:
		return "boolean"
	case string:
		return "string"
	case []any, []string:
		return "list"
	case map[string]any:
		return "mapping"
	}
	return "number"
}

var kubeVersion = regexp.MustCompile(`^v1\.(\d+)(\.\d+.*)?$`)

// kubeData is data.kube.
func kubeData(version string) (map[string]any, error) {
	m := kubeVersion.FindStringSubmatch(version)
	if m == nil {
		return nil, fmt.Errorf("%q is not a Kubernetes version like v1.37.0", version)
	}
	minor, err := strconv.Atoi(m[1])
	if err != nil {
		return nil, fmt.Errorf("read version %q: %w", version, err)
	}
	return map[string]any{"version": version, "minor": minor}, nil
}

// asker puts the rules of one source to OPA.
type asker struct {
	src   *source
	rules []*rule // enabled ones

	mu      sync.Mutex          // over classes
	classes map[string][]*query // by kind and whether it is a workload
	single  map[*rule]*query    // users' sources: every policy compiled together, asked alone
}

// query is what is asked about one object at a time.
type query struct {
	rules    []*rule
	prepared ast.QueryCompiler
	body     ast.Body // result = [deny of each rule]
	except   ast.Body // holds when conftest's exception spares the rule; nil without
	program  *program
	beyond   *query // only the rules that look beyond the object; nil without any
}

// program is a compiled set of policies.
type program struct {
	compiler *ast.Compiler
	beyond   map[*rule]bool
}

// lib are the modules that users' policies may import.
func (s *Set) lib() map[string]*module {
	lib := map[string]*module{}
	for _, src := range s.sources {
		for file, m := range src.modules {
			if src.builtin && m.head.Package.Path.HasPrefix(libRef) {
				lib[file] = m
			}
		}
	}
	return lib
}

// libRef holds every shared package of the built-in rules.
var libRef = ast.MustParseRef("data.sekisho")

// compileAll compiles users' policies as a whole, with what they use of lib,
// and prepares a query for every rule.
func (a *asker) compileAll(lib map[string]*module) error {
	modules, err := needed(lib, refs(a.src.modules))
	if err != nil {
		return err
	}
	own, err := parsed(a.src.modules)
	if err != nil {
		return err
	}
	maps.Copy(modules, own)
	p, err := compile(modules, a.rules, false)
	if err != nil {
		return err
	}
	a.single = map[*rule]*query{}
	for _, r := range a.rules {
		if a.single[r], err = prepare(p, []*rule{r}); err != nil {
			return err
		}
	}
	return nil
}

// queries gives what there is to ask about objects of a kind, compiling it the
// first time.
func (a *asker) queries(kind string, workload bool) ([]*query, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	key := kind
	if workload {
		key += " workload"
	}
	if qs, ok := a.classes[key]; ok {
		return qs, nil
	}
	var rules []*rule
	for _, r := range a.rules {
		if r.judges(kind, workload) {
			rules = append(rules, r)
		}
	}
	var qs []*query
	switch {
	case len(rules) == 0:
	case a.single != nil:
		for _, r := range rules {
			qs = append(qs, a.single[r])
		}
	default:
		ids := strings.Join(ruleIDs(rules), " ") // kinds of the same rules share a query
		shared, ok := a.classes[ids]
		if !ok {
			roots := make([]ast.Ref, len(rules))
			for i, r := range rules {
				roots[i] = r.ref
			}
			modules, err := needed(a.src.modules, roots)
			if err != nil {
				return nil, err
			}
			p, err := compile(modules, rules, true)
			if err != nil {
				return nil, err
			}
			q, err := prepare(p, rules)
			if err != nil {
				return nil, err
			}
			shared = []*query{q}
			a.classes[ids] = shared
		}
		qs = shared
	}
	a.classes[key] = qs
	return qs, nil
}

// ruleIDs lists the ids of some rules.
func ruleIDs(rules []*rule) []string {
	ids := make([]string, len(rules))
	for i, r := range rules {
		ids[i] = r.ID
	}
	return ids
}

// compile compiles modules and finds the rules that look beyond the object.
// What is known to be right, because tests compiled it, is not checked again.
func compile(modules map[string]*ast.Module, rules []*rule, known bool) (*program, error) {
	c := ast.NewCompiler().WithCapabilities(Capabilities())
	if known {
		c = c.WithSkipStages(ast.StageCheckTypes, ast.StageCheckUndefinedFuncs, ast.StageCheckRecursion,
			ast.StageCheckRuleConflicts, ast.StageCheckVoidCalls, ast.StageCheckKeywordOverrides,
			ast.StageCheckDuplicateImports, ast.StageCheckUnsafeBuiltins, ast.StageCheckDeprecatedBuiltins)
	}
	c.Compile(modules)
	if c.Failed() {
		return nil, fmt.Errorf("compile policies: %w", c.Errors)
	}
	p := &program{compiler: c, beyond: map[*rule]bool{}}
	for _, r := range rules {
		if looksBeyond(c, r.ref) {
			p.beyond[r] = true
		}
	}
	return p, nil
}

// prepare makes the query for some rules of a program.
func prepare(p *program, rules []*rule) (*query, error) {
	q, err := newQuery(p, rules)
	if err != nil {
		return nil, err
	}
	var beyond []*rule
	for _, r := range rules {
		if p.beyond[r] {
			beyond = append(beyond, r)
		}
	}
	switch len(beyond) {
	case 0:
	case len(rules):
		q.beyond = q
	default:
		q.beyond, err = newQuery(p, beyond)
	}
	return q, err
}

// result is the variable a query binds.
const result = ast.Var("result")

// newQuery prepares: result = [data.policies.pod["a"].deny, …]
func newQuery(p *program, rules []*rule) (*query, error) {
	refs := make([]*ast.Term, len(rules))
	for i, r := range rules {
		refs[i] = ast.NewTerm(r.ref.Copy()) // compiling a query rewrites it
	}
	q := &query{rules: rules, program: p, prepared: p.compiler.QueryCompiler()}
	body, err := q.prepared.Compile(ast.NewBody(ast.Equality.Expr(ast.NewTerm(result), ast.ArrayTerm(refs...))))
	if err != nil {
		return nil, fmt.Errorf("prepare query: %w", err)
	}
	q.body = body
	// A conftest-style rule is asked alone.
	if r := rules[0]; r.conftest && len(p.compiler.GetRulesWithPrefix(r.exception())) > 0 {
		if q.except, err = q.prepared.Compile(r.exceptionQuery()); err != nil {
			return nil, fmt.Errorf("prepare query: %w", err)
		}
	}
	return q, nil
}

// exception is where a package keeps conftest's exceptions: data.main.exception.
func (r *rule) exception() ast.Ref {
	return r.ref[:len(r.ref)-1].Append(ast.StringTerm("exception"))
}

// exceptionQuery asks whether one of them names the rule by what follows its
// prefix: data.main.exception[_][_] = "run_as_root" spares deny_run_as_root.
func (r *rule) exceptionQuery() ast.Body {
	name := string(r.ref[len(r.ref)-1].Value.(ast.String))
	_, suffix, _ := strings.Cut(name, "_")
	named := r.exception().Append(ast.VarTerm("_exception")).Append(ast.VarTerm("_rule"))
	return ast.NewBody(ast.Equality.Expr(ast.NewTerm(named), ast.StringTerm(suffix)))
}

// needed are the modules that some references reach, whole.
func needed(modules map[string]*module, roots []ast.Ref) (map[string]*ast.Module, error) {
	found := map[string]*ast.Module{}
	for len(roots) > 0 {
		next := map[string]*module{}
		for _, ref := range roots {
			for _, file := range reached(modules, ref) {
				if found[file] == nil {
					next[file] = modules[file]
				}
			}
		}
		whole, err := parsed(next)
		if err != nil {
			return nil, err
		}
		maps.Copy(found, whole)
		roots = refs(next)
	}
	return found, nil
}

// reached are the files of the package that a reference leads into, or of all
// packages below it.
func reached(modules map[string]*module, ref ast.Ref) []string {
	var inside, below []string
	for file, m := range modules {
		switch pkg := m.head.Package.Path; {
		case ref.HasPrefix(pkg):
			inside = append(inside, file)
		case pkg.HasPrefix(ref):
			below = append(below, file)
		}
	}
	if inside != nil {
		return inside
	}
	return below
}

// refs are the references to data in modules that were parsed.
func refs(modules map[string]*module) []ast.Ref {
	seen := map[string]ast.Ref{}
	for _, m := range modules {
		body, err := m.body()
		if err != nil {
			continue // parsed said so
		}
		// WalkRefs sees the paths of imports, too.
		ast.WalkRefs(body, func(r ast.Ref) bool {
			if r = r.ConstantPrefix(); r.HasPrefix(ast.DefaultRootRef) && len(r) > 1 {
				seen[r.String()] = r
			}
			return false
		})
	}
	return slices.Collect(maps.Values(seen))
}

// looksBeyond tells whether a rule's verdict may depend on the other objects of
// the render: whether it, or anything it calls, refers to data.inventory, to a
// fact of model.RenderFacts, or to the input in a way that could be either.
func looksBeyond(c *ast.Compiler, ref ast.Ref) bool {
	seen := map[*ast.Rule]bool{}
	var look func(*ast.Rule) bool
	look = func(r *ast.Rule) bool {
		if seen[r] {
			return false
		}
		seen[r] = true
		found := false
		ast.WalkRefs(r, func(ref ast.Ref) bool {
			found = found || refLooksBeyond(ref)
			return found
		})
		ast.WalkTerms(r, func(t *ast.Term) bool {
			v, ok := t.Value.(ast.Var) // the whole input, handed to a function
			found = found || ok && v.Equal(ast.InputRootDocument.Value)
			_, isRef := t.Value.(ast.Ref)
			return isRef || found
		})
		if found {
			return true
		}
		for dep := range c.Graph.Dependencies(r) {
			if look(dep.(*ast.Rule)) {
				return true
			}
		}
		return false
	}
	return slices.ContainsFunc(c.GetRules(ref), look)
}

// refLooksBeyond is looksBeyond for one reference.
func refLooksBeyond(ref ast.Ref) bool {
	key := func(i int) (string, bool) {
		if i >= len(ref) {
			return "", false
		}
		s, ok := ref[i].Value.(ast.String)
		return string(s), ok
	}
	first, constant := key(1)
	switch {
	case ref.HasPrefix(ast.DefaultRootRef):
		return !constant || first == "inventory"
	case ref.HasPrefix(ast.InputRootRef):
		if !constant {
			return true
		}
		fact, constant := key(2)
		return first == "facts" && (!constant || slices.Contains(model.RenderFacts, fact))
	}
	return false
}
