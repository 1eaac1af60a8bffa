package kustomize

import (
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v3"
	"sigs.k8s.io/kustomize/api/konfig"
	"sigs.k8s.io/kustomize/api/types"

	"github.com/sekisho/sekisho/internal/model"
)

// kustomization is one kustomization file of the tree that a build reads.
type kustomization struct {
	dir    string // of the repository
	file   *source
	node   *yaml.Node // the mapping, on the lines of the file
	fields types.Kustomization
	text   []byte // what the library reads: the file, with fetched entries in their place
	// written are the entries that were fetched, as they stand in the file.
	written map[*yaml.Node]string
	// namespaces are those its charts inherit from the kustomizations that
	// lead here, one for each time the build reads the file, in order.
	namespaces []string
	charts     []chartVisit // one for each namespace
}

// tree is everything one build reads, before it runs: the kustomizations in
// the order the library reaches them, and what would have to be fetched.
type tree struct {
	fs       *repoFS
	dir      string             // of the unit
	sources  map[string]*source // by file of the repository
	byDir    map[string]*kustomization
	order    []*kustomization // the unit's own first
	configs  []string         // files of generators and transformers
	failures []model.Failure
	visits   int
	// marks are shared by all private builds; carried are the resources with
	// their comments.
	marks   []*mark
	carried map[string][]byte
	// fetched finds what was fetched; nil when nothing is.
	fetched func(model.Need) (Place, bool)
	foreign []foreign
	trimmed bool // schemas were left out of one of them
}

// maxVisits bounds a tree in which overlays name each other's bases over and
// over: two bases each, thirty levels deep, are a billion visits.
const maxVisits = 10_000

// walk follows a kustomization. What cannot be read is left to the library,
// whose word decides.
func (t *tree) walk(dir, namespace string, stack []string) {
	if t.visits++; t.visits > maxVisits {
		if t.visits == maxVisits+1 {
			t.failures = append(t.failures, model.Failure{File: dir, Message: fmt.Sprintf("more than %d kustomizations are read, bases counted each time they are used", maxVisits)})
		}
		return
	}
	for _, seen := range stack {
		if seen == dir || strings.HasPrefix(seen, dir+"/") {
			return // a cycle; the library refuses it
		}
	}
	k := t.load(dir)
	if k == nil {
		return
	}
	k.namespaces = append(k.namespaces, namespace)
	if k.fields.Namespace != "" {
		namespace = k.fields.Namespace
	}
	stack = append(stack, dir)
	first := len(k.namespaces) == 1
	if first {
		t.checkFiles(k)
	}
	// The library's order: resources, then bases, generators, components,
	// transformers, validators.
	for _, key := range baseLists {
		list := child(k.node, key)
		if list == nil {
			continue
		}
		for i, entry := range list.Content {
			t.follow(k, key, i, entry, namespace, stack, first)
		}
	}
}

var baseLists = []string{"resources", "bases", "generators", "components", "transformers", "validators"}

// follow is one entry that may be a file, a folder or something remote.
func (t *tree) follow(k *kustomization, key string, i int, entry *yaml.Node, namespace string, stack []string, first bool) {
	config := key == "generators" || key == "transformers" || key == "validators"
	if config && strings.Contains(entry.Value, "\n") {
		if first {
			t.checkConfig(k.file, entry.Value, entry.Line)
		}
		return
	}
	target := path.Join(root, k.dir, entry.Value)
	if path.IsAbs(entry.Value) {
		target = entry.Value
	}
	name, isDir, err := t.fs.stat(target)
	switch {
	case err == nil && t.leaves(k, name):
		if first {
			t.fail(k, entry, "%s %q leads out of what was fetched", strings.TrimSuffix(key, "s"), k.asWritten(entry))
		}
	case err == nil && !isDir && !fetched(entry.Value) && key != "components":
		if config && first {
			t.configs = append(t.configs, name)
			if data, err := t.fs.ReadFile(target); err == nil {
				t.checkConfig(t.source(name, data), string(data), 0)
			}
		}
	case err == nil && isDir && !remote(entry.Value):
		t.walk(name, namespace, stack)
	case !first:
	case remote(entry.Value):
		kind := model.NeedResource
		if key == "components" {
			kind = model.NeedFolder
		}
		t.refuse(k.file, entry, 0, strings.TrimSuffix(key, "s"), entry.Value, &model.Need{Kind: kind, Dir: k.dir, Address: entry.Value})
	case err != nil && entry.Kind == yaml.ScalarNode && entry.Value != "":
		t.fail(k, entry, "%s %q: %s", strings.TrimSuffix(key, "s"), k.asWritten(entry), because(err))
	}
}

// writes tells whether some directive of a selecting class could have written
// a value. Explicit transformers could write any.
func (t *tree) writes(class, value string) bool {
	for _, k := range t.order {
		f := &k.fields
		if len(f.Transformers) > 0 {
			return true
		}
		switch class {
		case classNamespace:
			if f.Namespace != "" && f.Namespace == value {
				return true
			}
		case className:
			if f.NamePrefix != "" && strings.Contains(value, f.NamePrefix) || f.NameSuffix != "" && strings.Contains(value, f.NameSuffix) {
				return true
			}
		case classLabels:
			//lint:ignore SA1019 old kustomizations still have commonLabels
			for _, pairs := range append([]types.Label{{Pairs: f.CommonLabels}}, f.Labels...) {
				for _, v := range pairs.Pairs {
					if v == value {
						return true
					}
				}
			}
		}
	}
	return false
}

// because is the reason of an error about a path, without the path.
func because(err error) string {
	if e, ok := err.(*fs.PathError); ok {
		if e.Err == fs.ErrNotExist {
			return "no such file or directory"
		}
		return e.Err.Error()
	}
	return err.Error()
}

func (t *tree) fail(k *kustomization, n *yaml.Node, format string, args ...any) {
	t.failures = append(t.failures, model.Failure{File: k.file.name, Line: n.Line, Message: fmt.Sprintf(format, args...)})
}

// load reads the kustomization of a folder once. It is nil when there is
// none or several, or when the library could not read it either.
func (t *tree) load(dir string) *kustomization {
	if k, ok := t.byDir[dir]; ok {
		return k
	}
	t.byDir[dir] = nil
	var file string
	for _, name := range konfig.RecognizedKustomizationFileNames() {
		if resolved, _, err := t.fs.stat(path.Join(root, dir, name)); err == nil {
			if file != "" {
				return nil
			}
			file = resolved
		}
	}
	if file == "" {
		return nil
	}
	data, err := t.fs.ReadFile(path.Join(root, file))
	if err != nil {
		return nil
	}
	k := &kustomization{dir: dir, file: t.source(file, data), text: data}
	if err := k.fields.Unmarshal(data); err != nil {
		return nil
	}
	if k.node = mapping(data); k.node == nil {
		return nil
	}
	if t.bring(k) {
		if k.text, err = yaml.Marshal(k.node); err != nil {
			return nil
		}
		k.fields = types.Kustomization{}
		if err := k.fields.Unmarshal(k.text); err != nil {
			return nil
		}
	}
	k.fields.FixKustomization()
	t.byDir[dir] = k
	t.order = append(t.order, k)
	return k
}

// checkFiles looks for remote files where the library reads files only.
func (t *tree) checkFiles(k *kustomization) {
	t.files(k, func(n *yaml.Node, _ model.Path) {
		if file := fileOf(n.Value); fetched(file) {
			t.refuse(k.file, n, 0, "file", file, &model.Need{Kind: model.NeedFile, Dir: k.dir, Address: file})
		}
	})
}

// files calls f for every scalar of a kustomization that names a file the
// library reads, bases and resources left out.
func (t *tree) files(k *kustomization, f func(n *yaml.Node, at model.Path)) {
	for _, key := range []string{"crds", "configurations", "patchesStrategicMerge"} {
		if list := child(k.node, key); list != nil {
			for i, n := range list.Content {
				f(n, model.Path{key, i})
			}
		}
	}
	for _, key := range []string{"patches", "patchesJson6902", "replacements", "openapi", "configMapGenerator", "secretGenerator", "helmCharts", "helmChartInflationGenerator"} {
		if n := child(k.node, key); n != nil {
			filesIn(n, model.Path{key}, f)
		}
	}
}

// checkConfig looks for remote files in the configuration of generators and
// transformers. offset is the line before the text, 0 for a file's own. They
// are not fetched.
func (t *tree) checkConfig(s *source, text string, offset int) {
	for _, doc := range documents([]byte(text)) {
		filesIn(doc, nil, func(n *yaml.Node, _ model.Path) {
			if file := fileOf(n.Value); fetched(file) {
				t.refuse(s, n, offset, "file", file, nil)
			}
		})
	}
}

// filesIn looks at the keys under which the library reads a file.
func filesIn(n *yaml.Node, at model.Path, f func(n *yaml.Node, at model.Path)) {
	for i, c := range n.Content {
		if n.Kind != yaml.MappingNode {
			filesIn(c, at.Join(i), f)
			continue
		}
		if i%2 == 0 {
			continue
		}
		key := n.Content[i-1].Value
		at := at.Join(key)
		switch strings.ToLower(key) {
		case "path", "paths", "files", "envs", "env", "valuesfile", "additionalvaluesfiles", "values":
			if c.Kind == yaml.ScalarNode {
				f(c, at)
			}
			for j, item := range c.Content {
				f(item, at.Join(j))
			}
		case "replacements":
			filesIn(c, at, f)
		}
	}
}

// fileOf is the file that an entry names: "key=file" or "file".
func fileOf(entry string) string {
	if key, file, ok := strings.Cut(entry, "="); ok && !strings.Contains(key, ":") {
		return file
	}
	return entry
}

// refuse makes a failure of what would have to be fetched. need is nil for what
// never is.
func (t *tree) refuse(s *source, n *yaml.Node, offset int, what, address string, need *model.Need) {
	how := " and is not fetched"
	if need != nil && !overWeb.MatchString(address) {
		need = nil
	}
	if need != nil {
		how += " without --allow-network"
	}
	t.failures = append(t.failures, model.Failure{
		File: s.name, Line: offset + n.Line, Need: need,
		Message: fmt.Sprintf("%s %q is remote%s", what, model.BareAddress(address), how),
	})
}

// overWeb are the addresses of servers that are asked by http or https.
var overWeb = regexp.MustCompile(`(?i)^(git::)?(https?://|github\.com[/:])`)

// fetched tells whether the library would read a file over the network.
func fetched(entry string) bool {
	lower := strings.ToLower(entry)
	return !strings.Contains(entry, "\n") && (strings.HasPrefix(lower, "http:") || strings.HasPrefix(lower, "https:"))
}

var remoteEntry = regexp.MustCompile(`(?i)^(git::)?((ssh|https?|file)://|https?:|[a-z][a-z0-9-]*@|github\.com[/:])`)

// remote tells whether the library would clone a repository, or whether it is
// too close to call: what looks like one is never handed on.
func remote(entry string) bool { return remoteEntry.MatchString(entry) }
