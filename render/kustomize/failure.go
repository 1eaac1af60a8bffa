package kustomize

import (
	"fmt"
	"path"
	"regexp"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
	"sigs.k8s.io/kustomize/api/konfig"

	"github.com/sekisho/sekisho/internal/model"
	"github.com/sekisho/sekisho/internal/yamlpos"
)

// The library wraps an error at every level of bases it passes, each time
// together with what went wrong when it first took the base for a file:
//
//	accumulating resources: accumulation err='accumulating resources from
//	'../base': '/r/base' must resolve to a file': recursed accumulation of path
//	'/r/base': trouble configuring builtin PatchTransformer with config: …: …
//
// The wrapping says where the cause is; the cause is what a human wants.
var (
	tried     = regexp.MustCompile(`^accumulation err='accumulating resources from '([^']*)': (.*?)': ((?:recursed|couldn't|must build at|new root|cycle|path|hit|not a valid) .*)$`)
	entered   = regexp.MustCompile(`^(?:recursed accumulation of|couldn't make target for) path '([^']*)': (.*)$`)
	merged    = regexp.MustCompile(`^recursed merging from path '[^']*': (.*)$`)
	reading   = regexp.MustCompile(`^(?:accumulating|merging) resources from '([^']*)': (.*)$`)
	step      = regexp.MustCompile("^(?:accumulating resources|accumulating components|loading KV pairs|loading generator plugins|failed to load generator|must build at directory|not a valid directory|trouble configuring builtin \\w+ with config: `[^`]*`): (.*)$")
	goQuoted  = regexp.MustCompile(`^(?:accumulateDirectory:|loader\.New) (".*")$`)
	malformed = regexp.MustCompile(`^MalformedYAMLError: yaml: line (\d+): (.*) in File: (.*)$`)
)

// cause is an error without its wrapping.
type cause struct {
	message string
	dir     string // of the kustomization it happened in
	entry   string // of that kustomization, if one was being read
	file    string // of the repository, when it is about the file's text
	line    int
}

func unwrap(dir, msg string) cause {
	msg = strings.ReplaceAll(msg, root+"/", "")
	msg = strings.ReplaceAll(msg, root, ".")
	msg = strings.ReplaceAll(msg, ": statat ", ": ") // the system call an os.Root makes says nothing to a reader
	msg = strings.Join(strings.Fields(msg), " ")
	c := cause{dir: dir}
	for {
		if m := tried.FindStringSubmatch(msg); m != nil {
			c.entry, msg = m[1], m[3]
			if strings.HasPrefix(msg, "must build at") || strings.HasPrefix(msg, "new root") {
				msg = m[2] // it is no folder; what was wrong with the file counts
			}
		} else if m := entered.FindStringSubmatch(msg); m != nil {
			c.dir, c.entry, msg = m[1], "", m[2]
		} else if m := reading.FindStringSubmatch(msg); m != nil {
			c.entry, msg = m[1], m[2]
		} else if m := merged.FindStringSubmatch(msg); m != nil {
			msg = m[1]
		} else if m := step.FindStringSubmatch(msg); m != nil {
			msg = m[1]
		} else if m := goQuoted.FindStringSubmatch(msg); m != nil {
			inner, err := strconv.Unquote(m[1])
			if err != nil {
				inner = strings.Trim(m[1], `"`)
			}
			msg = inner
		} else {
			break
		}
	}
	if m := malformed.FindStringSubmatch(msg); m != nil {
		c.line, _ = strconv.Atoi(m[1]) // digits only
		c.message, c.file = m[2], path.Join(c.dir, m[3])
		return c
	}
	c.message = msg
	return c
}

// explain makes a failure of the library's error: the cause alone, in the file
// and line it speaks of.
func (t *tree) explain(dir string, err error) model.Failure {
	c := unwrap(dir, err.Error())
	f := model.Failure{File: c.file, Line: c.line, Message: c.message}
	if f.File == "" {
		f.File, f.Line = t.mentioned(c)
	}
	if c.entry != "" && c.file == "" {
		f.Message = fmt.Sprintf("resource %q: %s", c.entry, c.message)
	}
	return f
}

// fileOf is the kustomization file of a folder, or the folder without one.
func (t *tree) fileOf(dir string) string {
	for _, name := range konfig.RecognizedKustomizationFileNames() {
		if file := path.Join(dir, name); t.fs.Exists(path.Join(root, file)) {
			return file
		}
	}
	return dir
}

var (
	ownLine   = regexp.MustCompile(`^invalid Kustomization: .*\bline (\d+)\b`)
	unknown   = regexp.MustCompile(`unknown field "([^"]*)"`)
	duplicate = regexp.MustCompile(`mapping key "([^"]*)" already defined`)
	missing   = regexp.MustCompile(`([^\s:]+): (?:no such file or directory|file does not exist)`)
	objectID  = regexp.MustCompile(`(\w+)\.[^ ]*/([^ "]+)\.\S*`)
	word      = regexp.MustCompile(`'([^']+)'|"([^"]+)"`)
)

// mentioned looks for the place an error speaks of, in the kustomization it
// happened in and the patches of that. Line 0 is the file as a whole.
func (t *tree) mentioned(c cause) (file string, line int) {
	file = t.fileOf(c.dir)
	if m := ownLine.FindStringSubmatch(c.message); m != nil {
		line, _ = strconv.Atoi(m[1])
		return file, line
	}
	if file == c.dir { // no kustomization: the entry that leads here
		for _, k := range t.order {
			if at := scalarWhere(k.node, func(s string) bool { return path.Join(k.dir, s) == c.dir }); at != nil {
				return k.file.name, at.Line
			}
		}
	}
	var n *yaml.Node
	if k := t.byDir[c.dir]; k != nil {
		n = k.node
	} else if data, err := t.fs.ReadFile(path.Join(root, file)); err == nil {
		n = mapping(data)
	}
	if n == nil {
		return file, 0
	}
	if m := duplicate.FindStringSubmatch(c.message); m != nil {
		return t.duplicated(file, m[1])
	}
	if m := unknown.FindStringSubmatch(c.message); m != nil {
		if at := scalarWhere(n, func(s string) bool { return s == m[1] }); at != nil {
			return file, at.Line
		}
	}
	if c.entry != "" {
		if at := scalarWhere(n, func(s string) bool { return s == c.entry }); at != nil {
			return file, at.Line
		}
	}
	if m := missing.FindStringSubmatch(c.message); m != nil {
		if at := scalarWhere(n, func(s string) bool {
			s = s[strings.Index(s, "=")+1:]
			return s == m[1] || path.Join(c.dir, s) == m[1]
		}); at != nil {
			return file, at.Line
		}
	}
	if m := objectID.FindStringSubmatch(c.message); m != nil {
		if f, l := t.about(file, c.dir, n, m[1], m[2]); l > 0 {
			return f, l
		}
	}
	for _, m := range word.FindAllStringSubmatch(c.message, -1) {
		w := m[1] + m[2]
		if f, l := t.inPatches(file, c.dir, n, func(s string) bool { return s == w }); l > 0 {
			return f, l
		}
		if at := scalarWhere(n, func(s string) bool { return s == w || path.Join(c.dir, s) == w }); at != nil {
			return file, at.Line
		}
		for _, config := range t.configs {
			for _, d := range t.sources[config].documents() {
				if at := scalarWhere(d, func(s string) bool { return s == w }); at != nil {
					return config, at.Line
				}
			}
		}
	}
	return file, 0
}

// scalarWhere is the first scalar, keys included, whose text satisfies ok.
func scalarWhere(n *yaml.Node, ok func(string) bool) *yaml.Node {
	if n.Kind == yaml.ScalarNode && n.Value != "" && ok(n.Value) {
		return n
	}
	for _, c := range n.Content {
		if found := scalarWhere(c, ok); found != nil {
			return found
		}
	}
	return nil
}

// patchTexts calls f for the text of every patch of a kustomization, until it
// returns a line; offset is the line of the file before the text.
func (t *tree) patchTexts(file, dir string, n *yaml.Node, f func(name string, docs []*yaml.Node, offset int) int) (string, int) {
	for _, key := range []string{"patches", "patchesJson6902", "patchesStrategicMerge"} {
		list := child(n, key)
		if list == nil {
			continue
		}
		for _, e := range list.Content {
			entry, text := unalias(e), child(e, "patch")
			if entry.Kind == yaml.MappingNode {
				entry = child(e, "path")
			} else if strings.Contains(entry.Value, "\n") {
				text = entry
			}
			if text != nil && text.Value != "" {
				offset := text.Line
				if text.Style&yaml.LiteralStyle == 0 {
					offset--
				}
				if l := f(file, documents([]byte(text.Value)), offset); l > 0 {
					return file, l
				}
			} else if entry != nil {
				name := path.Join(dir, entry.Value)
				if data, err := t.fs.ReadFile(path.Join(root, name)); err == nil {
					if l := f(name, documents(data), 0); l > 0 {
						return name, l
					}
				}
			}
		}
	}
	return "", 0
}

func (t *tree) inPatches(file, dir string, n *yaml.Node, ok func(string) bool) (string, int) {
	return t.patchTexts(file, dir, n, func(_ string, docs []*yaml.Node, offset int) int {
		for _, d := range docs {
			if at := scalarWhere(d, ok); at != nil {
				return offset + at.Line
			}
		}
		return 0
	})
}

// about finds the patch, or else the entry, for an object.
func (t *tree) about(file, dir string, n *yaml.Node, kind, name string) (string, int) {
	f, l := t.patchTexts(file, dir, n, func(_ string, docs []*yaml.Node, offset int) int {
		for _, d := range docs {
			if at := find(d, model.Path{"metadata", "name"}); at != nil && at.Value == name && text(d, "kind") == kind {
				return offset + at.Line
			}
		}
		return 0
	})
	if l > 0 {
		return f, l
	}
	for _, key := range []string{"patches", "patchesJson6902", "replacements", "vars"} {
		if list := child(n, key); list != nil {
			if at := scalarWhere(list, func(s string) bool { return s == name }); at != nil {
				return file, at.Line
			}
		}
	}
	return "", 0
}

// duplicated finds the resource in which a key stands twice. The library
// notices only when it prints, and does not say where.
func (t *tree) duplicated(fallback, key string) (string, int) {
	for _, k := range t.order {
		for _, entry := range k.fields.Resources {
			name, isDir, err := t.fs.stat(path.Join(root, k.dir, entry))
			if err != nil || isDir {
				continue
			}
			data, err := t.fs.ReadFile(path.Join(root, name))
			if err != nil {
				continue
			}
			docs, _ := yamlpos.Parse(data)
			for _, d := range docs {
				for _, dup := range d.Duplicates {
					if dup.Path[len(dup.Path)-1] == key {
						return name, dup.Line
					}
				}
			}
		}
	}
	return fallback, 0
}
