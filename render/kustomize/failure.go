package kustomize

import (
	"path"
	"regexp"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/sekisho/sekisho/internal/model"
)

// explain makes a failure of the library's error: short, with paths of the
// repository, at the entry of the kustomization the error speaks of.
func (t *tree) explain(dir string, err error) model.Failure {
	msg := shorten(err.Error())
	f := model.Failure{File: t.fileOf(dir), Message: msg}
	if file, line, ok := t.mentioned(err.Error()); ok {
		f.File, f.Line = file, line
	}
	return f
}

// fileOf is the kustomization file of a folder, or the folder without one.
func (t *tree) fileOf(dir string) string {
	if k := t.byDir[dir]; k != nil {
		return k.file.name
	}
	return dir
}

var (
	// Every level of bases wraps the error of the one below in what went
	// wrong before it was tried as a folder. Only the innermost cause says
	// something.
	attempt = regexp.MustCompile(`accumulation err='[^\n]*?': (recursed|couldn't|new root|unable|must|hit|path|invalid|cycle|security)`)
	wrapper = regexp.MustCompile(`^(accumulating (resources|components)|accumulateDirectory|loader\.New "?|recursed (accumulation|merging) of path '[^']*'|recursed merging from path '[^']*'|accumulating resources from '[^']*'|merging resources from '[^']*'|couldn't make target for path '[^']*'): `)
)

// shorten takes the library's wrapping off an error.
func shorten(msg string) string {
	msg = strings.ReplaceAll(msg, `\"`, `"`)
	msg = strings.ReplaceAll(msg, root+"/", "")
	msg = strings.ReplaceAll(msg, root, ".")
	msg = strings.Join(strings.Fields(msg), " ")
	for {
		before := msg
		msg = attempt.ReplaceAllString(msg, "$1")
		msg = strings.TrimPrefix(strings.TrimSuffix(wrapper.ReplaceAllString(msg, ""), `"`), `"`)
		if msg == before {
			return msg
		}
	}
}

var (
	quoted   = regexp.MustCompile(`'([^']+)'|"([^"]+)"`)
	atLine   = regexp.MustCompile(`\bline (\d+)\b`)
	yamlFile = regexp.MustCompile(`[\w./-]+\.(ya?ml|json)\b`)
)

// mentioned looks for the file and the line an error speaks of: a line of a
// file it names, else the entry of a kustomization it quotes, innermost last.
func (t *tree) mentioned(msg string) (file string, line int, ok bool) {
	clean := strings.ReplaceAll(msg, root+"/", "")
	files := yamlFile.FindAllString(clean, -1)
	if m := atLine.FindStringSubmatch(clean); m != nil && len(files) > 0 {
		name := files[len(files)-1]
		for i := len(t.order) - 1; i >= 0; i-- {
			if p := path.Join(t.order[i].dir, name); t.fs.Exists(path.Join(root, p)) {
				n, _ := strconv.Atoi(m[1]) // digits only
				return p, n, true
			}
		}
	}
	words := quoted.FindAllStringSubmatch(clean, -1)
	for i := len(words) - 1; i >= 0; i-- {
		word := words[i][1] + words[i][2]
		for j := len(t.order) - 1; j >= 0; j-- {
			k := t.order[j]
			if n := scalar(k.node, word, k.dir); n != nil {
				return k.file.name, n.Line, true
			}
		}
	}
	return "", 0, false
}

// scalar finds the scalar that reads like a word, or that names the same file.
func scalar(n *yaml.Node, word, dir string) *yaml.Node {
	if n.Kind == yaml.ScalarNode && (n.Value == word || path.Join(dir, n.Value) == word) {
		return n
	}
	for _, c := range n.Content {
		if found := scalar(c, word, dir); found != nil {
			return found
		}
	}
	return nil
}
