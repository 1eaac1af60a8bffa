package policy

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/util"

	"github.com/sekisho/sekisho/internal/model"
)

// Source is one folder of policies.
type Source struct {
	FS fs.FS
	// Name stands before the file names in messages: "ci/policies". Empty for
	// the built-in rules.
	Name string
	// Builtin says that these are Sekisho's own rules: their tests ran before
	// they were embedded, so they are compiled when an object asks for them.
	// All other sources are compiled as a whole, so that a mistake shows at once.
	Builtin bool
	// Namespaces are the packages whose deny, warn and violation rules are
	// conftest-style policies; {"main"} when nil.
	Namespaces []string
}

// Set is every rule of some sources, parsed but not compiled.
type Set struct {
	sources []*source
	rules   []*rule // by category and id
}

// source is what is compiled together: the built-in rules, or the policies of
// all users' folders, because that is how conftest takes several folders.
type source struct {
	builtin bool
	modules map[string]*module // by file
	data    map[string]any     // documents beside the policies
}

// module is one file. Of a built-in one only the head is read at first: a run
// on one object needs the METADATA of every rule and the bodies of a few.
type module struct {
	head *ast.Module // all of it, or no more than its package
	body func() (*ast.Module, error)
}

// rule is one thing that can be asked: a set of findings in some package.
type rule struct {
	model.Rule
	src      *source
	ref      ast.Ref        // data.policies.pod["host-path-volume"].deny
	line     int            // of the package or rule in File
	conftest bool           // takes the raw object, gives strings or objects with msg
	override model.Severity // from the configuration, "" without
}

// Rules lists every rule of the set, by category and id.
func (s *Set) Rules() []model.Rule {
	rules := make([]model.Rule, len(s.rules))
	for i, r := range s.rules {
		rules[i] = r.Rule
	}
	return rules
}

// Load reads the policies of all sources: rules of our own contract (package
// policies.<category>["<id>"] with METADATA) and conftest-style policies
// (packages of Namespaces with deny, warn or violation). Every other package
// is a library. Errors name file and line; all that were found are joined.
func Load(sources ...Source) (*Set, error) {
	builtin := &source{builtin: true, modules: map[string]*module{}}
	users := &source{modules: map[string]*module{}, data: map[string]any{}}
	set := &Set{sources: []*source{builtin, users}}
	var errs []error
	for _, s := range sources {
		into := users
		if s.Builtin {
			into = builtin
		}
		rules, err := load(s, into)
		set.rules = append(set.rules, rules...)
		errs = append(errs, err)
	}
	slices.SortStableFunc(set.rules, func(a, b *rule) int {
		return cmp.Or(strings.Compare(a.Category, b.Category), strings.Compare(a.ID, b.ID))
	})
	// Conftest's rules of one name are one rule, in however many places it stands.
	set.rules = slices.CompactFunc(set.rules, func(a, b *rule) bool {
		return a.conftest && b.conftest && a.ID == b.ID
	})
	seen := map[string]*rule{} // by id and alias
	for _, r := range set.rules {
		for _, id := range append([]string{r.ID}, r.Aliases...) {
			if first, ok := seen[id]; ok {
				errs = append(errs, fmt.Errorf("%s:%d: rule %q exists already in %s", r.File, r.line, id, first.File))
				continue
			}
			seen[id] = r
		}
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return set, nil
}

// load parses one source and adds it to what is compiled together.
func load(s Source, src *source) ([]*rule, error) {
	regos, documents, err := list(s)
	if err != nil {
		return nil, err
	}
	modules := make([]*module, len(regos))
	errs := make([]error, len(regos))
	parallel(len(regos), func(i int) {
		modules[i], errs[i] = read(s, regos[i])
	})
	var rules []*rule
	for i, m := range modules {
		if m == nil {
			continue
		}
		src.modules[path.Join(s.Name, regos[i])] = m
		found, err := rulesOf(s, src, regos[i], m.head)
		errs = append(errs, err)
		rules = append(rules, found...)
	}
	for _, d := range documents {
		errs = append(errs, src.addData(s, d))
	}
	return rules, errors.Join(errs...)
}

// list finds the policies of a source and the data documents beside them.
func list(s Source) (regos, documents []string, err error) {
	beside := map[string]bool{} // folders with a policy in them
	var yamls []string
	err = fs.WalkDir(s.FS, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return fmt.Errorf("read policies %s: %w", path.Join(s.Name, name), err)
		}
		hidden := strings.HasPrefix(d.Name(), ".") && name != "."
		switch {
		case d.IsDir() && hidden:
			return fs.SkipDir
		case d.IsDir() || hidden || strings.HasSuffix(name, "_test.rego"):
		case strings.HasSuffix(name, ".rego"):
			regos = append(regos, name)
			beside[path.Dir(name)] = true
		case slices.Contains([]string{".json", ".yaml", ".yml"}, path.Ext(name)) && !isFixture(name):
			yamls = append(yamls, name)
		}
		return nil
	})
	for _, y := range yamls {
		base := strings.TrimSuffix(path.Base(y), path.Ext(y))
		if !s.Builtin && (beside[path.Dir(y)] || base == "data") {
			documents = append(documents, y)
		}
	}
	return regos, documents, err
}

// isFixture tells whether a file is a rule's good or bad example.
func isFixture(name string) bool {
	base := path.Base(name)
	return strings.HasPrefix(base, "good.") || strings.HasPrefix(base, "bad.")
}

// read reads one policy, as far as it must.
func read(s Source, name string) (*module, error) {
	file := path.Join(s.Name, name)
	b, err := fs.ReadFile(s.FS, name)
	if err != nil {
		return nil, fmt.Errorf("%s: read policy: %w", file, cause(err))
	}
	text := string(b)
	if !s.Builtin {
		m, err := parse(file, text)
		if err != nil {
			return nil, err
		}
		return &module{m, func() (*ast.Module, error) { return m, nil }}, nil
	}
	start := 0
	if !strings.HasPrefix(text, "package ") {
		start = strings.Index(text, "\npackage ") + 1
		if start == 0 {
			return nil, fmt.Errorf("%s: no package", file)
		}
	}
	line, _, _ := strings.Cut(text[start:], "\n")
	head, err := ast.ParseModuleWithOpts(file, text[:start+len(line)]+"\n", parserOptions(true))
	if err != nil {
		return nil, err
	}
	return &module{head, sync.OnceValues(func() (*ast.Module, error) {
		return ast.ParseModuleWithOpts(file, text, parserOptions(false))
	})}, nil
}

// cause drops the path from an error, which is relative to the source's folder.
func cause(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	return err
}

// parserOptions reads Rego v1; METADATA only on demand, for it is YAML.
func parserOptions(metadata bool) ast.ParserOptions {
	return ast.ParserOptions{ProcessAnnotation: metadata, RegoVersion: ast.RegoV1, Capabilities: Capabilities()}
}

// parse reads a user's policy as Rego v1 and, unless it is that, as v0.
func parse(file, text string) (*ast.Module, error) {
	m, err := ast.ParseModuleWithOpts(file, text, parserOptions(true))
	if err == nil && m != nil {
		return m, nil
	}
	// Annotations of old policies are not read: what conftest ignores must not
	// be an error here.
	old, errV0 := ast.ParseModuleWithOpts(file, text, ast.ParserOptions{RegoVersion: ast.RegoV0})
	if errV0 != nil {
		return nil, fmt.Errorf("parse policy as Rego v1: %w\nparse it as Rego v0: %w", err, errV0)
	}
	return old, nil
}

// conftestRule is a rule name conftest would evaluate.
var conftestRule = regexp.MustCompile(`^(deny|violation|warn)(?:_([a-zA-Z0-9_]+))?$`)

// rulesOf finds the rules that one module declares.
func rulesOf(s Source, src *source, name string, m *ast.Module) ([]*rule, error) {
	file := path.Join(s.Name, name)
	pkg := m.Package.Path // data.policies.pod["host-path-volume"]
	elems := make([]string, len(pkg)-1)
	for i, t := range pkg[1:] {
		elems[i] = string(t.Value.(ast.String))
	}
	line := m.Package.Location.Row
	if elems[0] == "sekisho" && !s.Builtin {
		return nil, fmt.Errorf("%s:%d: package %s is Sekisho's own", file, line, pkg)
	}
	if reserved[elems[0]] {
		return nil, fmt.Errorf("%s:%d: package %s hides data.%s, which Sekisho provides", file, line, pkg, elems[0])
	}

	if elems[0] == "policies" {
		if len(elems) != 3 {
			return nil, fmt.Errorf("%s:%d: package %s: a rule's package is policies.<category>[\"<id>\"]", file, line, pkg)
		}
		mr, err := metadata(m, elems[1], elems[2])
		if err != nil {
			return nil, fmt.Errorf("%s:%d: %w", file, line, err)
		}
		mr.File = file
		mr.Good, mr.Bad = fixture(s.FS, name, "good"), fixture(s.FS, name, "bad")
		return []*rule{{Rule: mr, src: src, ref: pkg.Append(ast.StringTerm("deny")), line: line}}, nil
	}

	namespaces := s.Namespaces
	if namespaces == nil {
		namespaces = []string{"main"}
	}
	namespace := strings.Join(elems, ".")
	if s.Builtin || !slices.Contains(namespaces, namespace) {
		return nil, nil
	}
	var rules []*rule
	for _, r := range m.Rules {
		head := r.Head.Ref()[0].String()
		match := conftestRule.FindStringSubmatch(head)
		if match == nil {
			continue
		}
		mr := model.Rule{
			ID: namespace + "." + head, Category: "custom", Profile: model.ProfileDefault,
			Severity: model.SeverityError, Title: fmt.Sprintf("Policy %s of package %s", head, namespace), File: file,
		}
		if match[1] == "warn" {
			mr.Severity = model.SeverityWarning
		}
		describe(&mr, r)
		rules = append(rules, &rule{
			Rule: mr, src: src, ref: pkg.Append(ast.StringTerm(head)), line: r.Location.Row, conftest: true,
		})
	}
	return rules, nil
}

// fixture reads the good or bad example beside a rule, "" when there is none.
func fixture(fsys fs.FS, name, which string) string {
	for _, base := range []string{which + ".yaml", which + ".Dockerfile"} {
		if b, err := fs.ReadFile(fsys, path.Join(path.Dir(name), base)); err == nil {
			return string(b)
		}
	}
	return ""
}

// reserved are the documents of data that the engine provides.
var reserved = map[string]bool{"inventory": true, "kube": true, "params": true}

// addData adds a document to data, at the place its folder says, as OPA does:
// teams/data.yaml becomes data.teams. Kubernetes manifests are not data.
func (src *source) addData(s Source, name string) error {
	file := path.Join(s.Name, name)
	b, err := fs.ReadFile(s.FS, name)
	if err != nil {
		return fmt.Errorf("%s: read data: %w", file, cause(err))
	}
	var doc map[string]any
	if err := util.Unmarshal(b, &doc); err != nil {
		return fmt.Errorf("%s: read data: %w", file, err)
	}
	if doc["apiVersion"] != nil && doc["kind"] != nil {
		return nil
	}
	if dir := path.Dir(name); dir != "." {
		elems := strings.Split(dir, "/")
		for _, e := range slices.Backward(elems) {
			doc = map[string]any{e: doc}
		}
	}
	for key := range doc {
		if reserved[key] || key == "sekisho" || key == "policies" {
			return fmt.Errorf("%s: data.%s is Sekisho's own", file, key)
		}
	}
	if key, ok := mergeData(src.data, doc); !ok {
		return fmt.Errorf("%s: data.%s is written by another file too", file, key)
	}
	return nil
}

// mergeData adds from to into; false and the key on which both have a value.
func mergeData(into, from map[string]any) (string, bool) {
	for key, value := range from {
		old, exists := into[key]
		if !exists {
			into[key] = value
			continue
		}
		a, okA := old.(map[string]any)
		b, okB := value.(map[string]any)
		if !okA || !okB {
			return key, false
		}
		if sub, ok := mergeData(a, b); !ok {
			return key + "." + sub, false
		}
	}
	return "", true
}

// parallel calls f for 0 … n-1 on all processors.
func parallel(n int, f func(int)) {
	var wg sync.WaitGroup
	next := make(chan int)
	for range min(n, runtime.GOMAXPROCS(0)) {
		wg.Go(func() {
			for i := range next {
				f(i)
			}
		})
	}
	for i := range n {
		next <- i
	}
	close(next)
	wg.Wait()
}

// WithTests parses sources together with their _test.rego files, for OPA's
// tester, and gives the documents beside them.
func WithTests(sources ...Source) (map[string]*ast.Module, map[string]any, error) {
	all := &source{modules: map[string]*module{}, data: map[string]any{}}
	for _, s := range sources {
		if _, err := load(s, all); err != nil {
			return nil, nil, err
		}
		err := fs.WalkDir(s.FS, ".", func(name string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(name, "_test.rego") {
				return err
			}
			all.modules[path.Join(s.Name, name)], err = read(s, name)
			return err
		})
		if err != nil {
			return nil, nil, fmt.Errorf("read policy tests: %w", err)
		}
	}
	modules, err := parsed(all.modules)
	return modules, all.data, err
}

// parsed is the whole of some modules.
func parsed(modules map[string]*module) (map[string]*ast.Module, error) {
	files := slices.Sorted(maps.Keys(modules))
	errs := make([]error, len(files))
	bodies := make([]*ast.Module, len(files))
	parallel(len(files), func(i int) { bodies[i], errs[i] = modules[files[i]].body() })
	whole := map[string]*ast.Module{}
	for i, file := range files {
		whole[file] = bodies[i]
	}
	return whole, errors.Join(errs...)
}
