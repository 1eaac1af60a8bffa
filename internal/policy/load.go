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

// folder is a Source that was read: all the policies of it that there are to
// parse, and what lies beside them.
type folder struct {
	Name       string
	Builtin    bool
	Namespaces []string
	Policies   []string // names of files, sorted
	Documents  []string
	Files      map[string]string // their text, and that of examples
	size       int               // of all text, in bytes
}

// source is what is compiled together: the built-in rules, or the policies of
// all users' folders, because that is how conftest takes several folders.
type source struct {
	builtin bool
	modules map[string]*module // by file
	data    map[string]any     // documents beside the policies
	apart   *apart             // has them in worker processes; nil when they are here
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
	folders, err := readAll(sources)
	if err != nil {
		return nil, err
	}
	return parseAll(folders, nil)
}

// readAll reads sources, their tests left out.
func readAll(sources []Source) ([]folder, error) {
	folders := make([]folder, len(sources))
	errs := make([]error, len(sources))
	for i, s := range sources {
		folders[i], errs[i] = readFolder(s)
	}
	return folders, errors.Join(errs...)
}

// parseAll makes a set of what was read. at is told which file is at work;
// without it the files are read side by side.
func parseAll(folders []folder, at func(file string, line int)) (*Set, error) {
	builtin := &source{builtin: true, modules: map[string]*module{}}
	users := &source{modules: map[string]*module{}, data: map[string]any{}}
	set := &Set{sources: []*source{builtin, users}}
	var errs []error
	for _, f := range folders {
		into := users
		if f.Builtin {
			into = builtin
		}
		rules, err := load(f, into, at)
		set.rules = append(set.rules, rules...)
		errs = append(errs, err)
	}
	errs = append(errs, set.sort())
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return set, nil
}

// sort puts the rules of a set in order and finds those of the same name.
func (s *Set) sort() error {
	slices.SortStableFunc(s.rules, func(a, b *rule) int {
		return cmp.Or(strings.Compare(a.Category, b.Category), strings.Compare(a.ID, b.ID))
	})
	// Conftest's rules of one name are one rule, in however many places it stands.
	s.rules = slices.CompactFunc(s.rules, func(a, b *rule) bool {
		return a.conftest && b.conftest && a.ID == b.ID
	})
	var errs []error
	seen := map[string]*rule{} // by id and alias
	for _, r := range s.rules {
		for _, id := range append([]string{r.ID}, r.Aliases...) {
			if first, ok := seen[id]; ok {
				errs = append(errs, fmt.Errorf("%s:%d: rule %q exists already in %s", r.File, r.line, id, first.File))
				continue
			}
			seen[id] = r
		}
	}
	return errors.Join(errs...)
}

// load parses one folder and adds it to what is compiled together.
func load(f folder, src *source, at func(file string, line int)) ([]*rule, error) {
	modules := make([]*module, len(f.Policies))
	errs := make([]error, len(f.Policies))
	if at == nil {
		parallel(len(modules), func(i int) { modules[i], errs[i] = f.parse(f.Policies[i]) })
	} else {
		for i, name := range f.Policies {
			at(path.Join(f.Name, name), 0)
			modules[i], errs[i] = f.parse(name)
		}
	}
	var rules []*rule
	for i, m := range modules {
		if m == nil {
			continue
		}
		src.modules[path.Join(f.Name, f.Policies[i])] = m
		found, err := rulesOf(f, src, f.Policies[i], m.head)
		errs = append(errs, err)
		rules = append(rules, found...)
	}
	for _, d := range f.Documents {
		if at != nil {
			at(path.Join(f.Name, d), 0)
		}
		errs = append(errs, src.addData(f, d))
	}
	return rules, errors.Join(errs...)
}

// readFolder finds the policies of a source and the data documents beside
// them, and reads them.
func readFolder(s Source) (folder, error) {
	f := folder{Name: s.Name, Builtin: s.Builtin, Namespaces: s.Namespaces, Files: map[string]string{}}
	beside := map[string]bool{} // folders with a policy in them
	var yamls, examples []string
	err := fs.WalkDir(s.FS, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return fmt.Errorf("read policies %s: %w", path.Join(s.Name, name), err)
		}
		hidden := strings.HasPrefix(d.Name(), ".") && name != "."
		switch {
		case d.IsDir() && hidden:
			return fs.SkipDir
		case d.IsDir() || hidden || strings.HasSuffix(name, "_test.rego"):
		case strings.HasSuffix(name, ".rego"):
			f.Policies = append(f.Policies, name)
			beside[path.Dir(name)] = true
		case isFixture(name):
			examples = append(examples, name)
		case slices.Contains([]string{".json", ".yaml", ".yml"}, path.Ext(name)):
			yamls = append(yamls, name)
		}
		return nil
	})
	if err != nil {
		return f, err
	}
	for _, y := range yamls {
		base := strings.TrimSuffix(path.Base(y), path.Ext(y))
		if !s.Builtin && (beside[path.Dir(y)] || base == "data") {
			f.Documents = append(f.Documents, y)
		}
	}
	var errs []error
	for _, name := range f.Policies {
		errs = append(errs, f.read(s.FS, name, "policy"))
	}
	for _, name := range f.Documents {
		errs = append(errs, f.read(s.FS, name, "data"))
	}
	for _, name := range examples {
		if beside[path.Dir(name)] {
			_ = f.read(s.FS, name, "example") // its test misses it
		}
	}
	return f, errors.Join(errs...)
}

// maxText is how much the policies of a folder and what lies beside them may
// hold, in bytes.
const maxText = 64 << 20

// read reads a file of the folder.
func (f *folder) read(fsys fs.FS, name, what string) error {
	b, err := fs.ReadFile(fsys, name)
	if err == nil && f.size+len(b) > maxText {
		err = fmt.Errorf("the files up to this one hold more than %d bytes", maxText)
	}
	if err != nil {
		return fmt.Errorf("%s: read %s: %w", path.Join(f.Name, name), what, cause(err))
	}
	f.size += len(b)
	f.Files[name] = string(b)
	return nil
}

// isFixture tells whether a file is a rule's good or bad example.
func isFixture(name string) bool {
	base := path.Base(name)
	return strings.HasPrefix(base, "good.") || strings.HasPrefix(base, "bad.")
}

// parse reads one policy, as far as it must.
func (f folder) parse(name string) (*module, error) {
	file, text := path.Join(f.Name, name), f.Files[name]
	if !f.Builtin {
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
		return nil, fmt.Errorf("parse policy as Rego v1: %w\nparse it as Rego v0: %w", short(err), short(errV0))
	}
	return old, nil
}

// maxLine is how much of a line of OPA's words is kept, in bytes. They quote
// the line of a mistake, which may have megabytes.
const maxLine = 500

// short shortens the lines of an error.
func short(err error) error {
	var b strings.Builder
	for line := range strings.Lines(err.Error()) {
		if len(line) > maxLine {
			line = line[:maxLine] + "…\n"
		}
		b.WriteString(line)
	}
	if b.Len() == len(err.Error()) {
		return err
	}
	return errors.New(strings.TrimSuffix(b.String(), "\n"))
}

// conftestRule is a rule name conftest would evaluate.
var conftestRule = regexp.MustCompile(`^(deny|violation|warn)(?:_([a-zA-Z0-9_]+))?$`)

// rulesOf finds the rules that one module declares.
func rulesOf(f folder, src *source, name string, m *ast.Module) ([]*rule, error) {
	file := path.Join(f.Name, name)
	pkg := m.Package.Path // data.policies.pod["host-path-volume"]
	elems := make([]string, len(pkg)-1)
	for i, t := range pkg[1:] {
		elems[i] = string(t.Value.(ast.String))
	}
	line := m.Package.Location.Row
	if elems[0] == "sekisho" && !f.Builtin {
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
		mr.Good, mr.Bad = f.example(name, "good"), f.example(name, "bad")
		return []*rule{{Rule: mr, src: src, ref: pkg.Append(ast.StringTerm("deny")), line: line}}, nil
	}

	namespaces := f.Namespaces
	if namespaces == nil {
		namespaces = []string{"main"}
	}
	namespace := strings.Join(elems, ".")
	if f.Builtin || !slices.Contains(namespaces, namespace) {
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

// example is the good or bad example beside a rule, "" when there is none.
func (f folder) example(name, which string) string {
	for _, base := range []string{which + ".yaml", which + ".Dockerfile"} {
		if text, ok := f.Files[path.Join(path.Dir(name), base)]; ok {
			return text
		}
	}
	return ""
}

// reserved are the documents of data that the engine provides.
var reserved = map[string]bool{"inventory": true, "kube": true, "params": true}

// addData adds a document to data, at the place its folder says, as OPA does:
// teams/data.yaml becomes data.teams. Kubernetes manifests are not data.
func (src *source) addData(f folder, name string) error {
	file := path.Join(f.Name, name)
	var doc map[string]any
	if err := util.Unmarshal([]byte(f.Files[name]), &doc); err != nil {
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
	folders, err := readAll(sources)
	if err != nil {
		return nil, nil, err
	}
	for i, s := range sources {
		f := folders[i]
		if _, err := load(f, all, nil); err != nil {
			return nil, nil, err
		}
		err := fs.WalkDir(s.FS, ".", func(name string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(name, "_test.rego") {
				return err
			}
			if err := f.read(s.FS, name, "policy"); err != nil {
				return err
			}
			all.modules[path.Join(s.Name, name)], err = f.parse(name)
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
