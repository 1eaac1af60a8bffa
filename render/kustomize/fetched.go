package kustomize

import (
	"cmp"
	"fmt"
	"maps"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/sekisho/sekisho/internal/model"
)

// What a kustomization names by its address may have been fetched. The entry
// then reads, to the library, as if it named the place in the repository where
// it was laid; to whoever reads findings and failures, as it is written.

// Place is where something that was fetched lies.
type Place struct {
	Path string // file or folder, relative to the root
	Root string // what holds all that came with it
}

// foreign is something that was fetched, and what brought it in.
type foreign struct {
	root    string
	address string
	// entry is the one of a kustomization in the repository that led here,
	// over others that were fetched perhaps.
	entry *mark
}

// bring points the entries of a kustomization that were fetched to where they
// lie. It reports whether there are any.
func (t *tree) bring(k *kustomization) bool {
	if t.fetched == nil {
		return false
	}
	k.written = map[*yaml.Node]string{}
	for _, key := range baseLists {
		list := child(k.node, key)
		if list == nil {
			continue
		}
		for i, n := range list.Content {
			kind := model.NeedFolder
			switch {
			case n.Kind != yaml.ScalarNode, !remote(n.Value):
				continue
			case key != "components":
				kind = model.NeedResource
			}
			t.replace(k, n, &mark{src: k.file, path: model.Path{key, i}, role: model.RoleDirective}, kind)
		}
	}
	t.files(k, func(n *yaml.Node, at model.Path) {
		if fetched(fileOf(n.Value)) {
			t.replace(k, n, &mark{src: k.file, path: at, role: model.RoleDirective}, model.NeedFile)
		}
	})
	return len(k.written) > 0
}

// replace makes one entry a path below the repository, relative to its
// kustomization. A key in front of an equals sign stays.
func (t *tree) replace(k *kustomization, n *yaml.Node, entry *mark, kind model.NeedKind) {
	address := n.Value
	if kind == model.NeedFile {
		address = fileOf(address)
	}
	p, ok := t.fetched(model.Need{Kind: kind, Dir: k.dir, Address: address})
	if !ok {
		return
	}
	rel, err := filepath.Rel(k.dir, p.Path)
	if err != nil {
		return
	}
	k.written[n] = n.Value
	n.Value = strings.TrimSuffix(n.Value, address) + filepath.ToSlash(rel)
	t.cross(k, p.Root, address, entry)
}

// cross remembers the border to something that was fetched.
func (t *tree) cross(k *kustomization, root, address string, entry *mark) {
	if slices.ContainsFunc(t.foreign, func(f foreign) bool { return f.root == root }) {
		return // the first entry that leads there speaks for all
	}
	if outer := t.foreignOf(k.file.name); outer != nil {
		entry = outer.entry
	}
	t.foreign = append(t.foreign, foreign{root, model.BareAddress(address), entry})
}

// foreignOf is what was fetched and holds a file, nil for a file of the
// repository.
func (t *tree) foreignOf(name string) *foreign {
	var found *foreign
	for i := range t.foreign {
		f := &t.foreign[i]
		if (name == f.root || strings.HasPrefix(name, f.root+"/")) && (found == nil || len(f.root) > len(found.root)) {
			found = f
		}
	}
	return found
}

// leaves tells whether an entry of a fetched kustomization leads out of what
// was fetched with it. Kustomize refuses that too.
func (t *tree) leaves(k *kustomization, name string) bool {
	from := t.foreignOf(k.dir)
	return from != nil && t.foreignOf(name) == nil
}

// asWritten is an entry as its author wrote it.
func (k *kustomization) asWritten(n *yaml.Node) string {
	if s, ok := k.written[n]; ok {
		return model.BareAddress(s)
	}
	return model.BareAddress(n.Value)
}

// home brings a location in what was fetched back to the entry that brought
// it in. The line that set the field is below that entry, so to speak.
func (t *tree) home(loc model.Location) model.Location {
	f := t.foreignOf(loc.File)
	if f == nil {
		return loc
	}
	at := f.entry.location()
	if at.Precision = ""; loc.Precision != "" {
		at.Precision = model.Parent
	}
	return at
}

// homeward does so for a trace. Stations in what was fetched are one.
func (t *tree) homeward(tr model.Trace) model.Trace {
	if len(t.foreign) == 0 {
		return tr
	}
	tr.Location = t.home(tr.Location)
	same := func(a, b model.Location) bool {
		return a.File == b.File && a.StartLine == b.StartLine && a.StartColumn == b.StartColumn
	}
	var related []model.Location
	for _, loc := range tr.Related {
		if at := t.home(loc); !same(at, tr.Location) && !slices.ContainsFunc(related, func(l model.Location) bool { return same(l, at) }) {
			related = append(related, at)
		}
	}
	tr.Related = related
	return tr
}

// returned brings a failure in what was fetched back to the entry, and says
// where it is there.
func (t *tree) returned(f model.Failure) model.Failure {
	f.Message = t.inAddresses(f.Message)
	from := t.foreignOf(f.File)
	if from == nil {
		return f
	}
	where := strings.TrimPrefix(strings.TrimPrefix(f.File, from.root), "/")
	if where == "" {
		where = path.Base(f.File)
	}
	if f.Line > 0 {
		where = fmt.Sprintf("%s:%d", where, f.Line)
	}
	f.Message = fmt.Sprintf("%s, %s: %s", from.address, where, f.Message)
	at := from.entry.location()
	f.File, f.Line = at.File, at.StartLine
	return f
}

// inAddresses writes the addresses into a message in place of where things
// were laid.
func (t *tree) inAddresses(message string) string {
	words := map[string]string{}
	for _, f := range t.foreign {
		words[f.root] = f.address
	}
	for _, k := range t.order {
		for n, address := range k.written {
			words[fileOf(n.Value)] = model.BareAddress(fileOf(address))
		}
	}
	var pairs []string
	longestFirst := func(a, b string) int { return cmp.Or(cmp.Compare(len(b), len(a)), cmp.Compare(a, b)) }
	for _, word := range slices.SortedFunc(maps.Keys(words), longestFirst) {
		pairs = append(pairs, word, words[word])
	}
	return strings.NewReplacer(pairs...).Replace(message)
}

// shown is a file's name for readers.
func (t *tree) shown(name string) string {
	if f := t.foreignOf(name); f != nil {
		return f.address + strings.TrimPrefix(name, f.root)
	}
	return name
}
