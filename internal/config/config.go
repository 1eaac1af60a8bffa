// Package config reads .sekisho.yaml, the one file by which a repository tells
// Sekisho what to leave out, what to render besides the defaults, how to weigh
// the rules and which findings it accepts. Bytes go in, a checked File or one
// error naming the line comes out; nobody else looks at the YAML.
//
// Nothing in the file can name a command, an address to fetch from or a path
// outside the repository.
package config

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/sekisho/sekisho/internal/model"
)

// Name is the file looked for at the root of the repository.
const Name = ".sekisho.yaml"

// File is a parsed configuration. The zero File is the default one.
type File struct {
	Profile    string          `yaml:"profile"`
	Exclude    []string        `yaml:"exclude"`  // patterns in gitignore syntax
	Policies   []string        `yaml:"policies"` // folders of users' policies, relative to the root
	Namespaces []string        `yaml:"namespaces"`
	Rules      map[string]Rule `yaml:"rules"`
	Exceptions []Exception     `yaml:"exceptions"`
	Releases   []Release       `yaml:"releases"`
	// ValuesRequired are charts that are not meant to render with their
	// defaults alone: folders, relative to the root.
	ValuesRequired []string `yaml:"values-required"`
	Limits         Limits   `yaml:"limits"`

	Source string `yaml:"-"` // the file's name, for locations and errors

	limitLines map[string]int // by key
}

// Rule adjusts one rule.
type Rule struct {
	Enabled  *bool          `yaml:"enabled"`
	Severity model.Severity `yaml:"severity"`
	Params   map[string]any `yaml:"params"`

	Line int `yaml:"-"`
}

// Exception accepts findings. Every field that is given must match; Reason is
// required, so that whoever reads the file a year later knows why.
type Exception struct {
	Rules  []string `yaml:"rules"`
	Paths  []string `yaml:"paths"`  // patterns for the file of the finding's location or its unit's path
	Object string   `yaml:"object"` // Kind/name, either may be *
	Reason string   `yaml:"reason"`
	Until  string   `yaml:"until"` // YYYY-MM-DD, the last day it holds

	Line int `yaml:"-"`
}

// Release is one more rendering of a chart, as it is installed somewhere.
type Release struct {
	Name      string         `yaml:"name"`
	Chart     string         `yaml:"chart"`
	Namespace string         `yaml:"namespace"`
	Values    []string       `yaml:"values"`
	Set       map[string]any `yaml:"set"`

	Line int `yaml:"-"`
}

// SetStrings is Set with every value as `--set` would take it.
func (r Release) SetStrings() map[string]string {
	if len(r.Set) == 0 {
		return nil
	}
	out := make(map[string]string, len(r.Set))
	for k, v := range r.Set {
		out[k] = fmt.Sprint(v)
	}
	return out
}

// Error is a mistake in a configuration file.
type Error struct {
	File    string
	Line    int
	Message string
}

func (e *Error) Error() string {
	if e.Line == 0 {
		return fmt.Sprintf("%s: %s", e.File, e.Message)
	}
	return fmt.Sprintf("%s:%d: %s", e.File, e.Line, e.Message)
}

// maxBytes bounds a configuration: it is read in the program's own process.
const maxBytes = 1 << 20

// Parse reads a configuration. name is used in errors, all of which are
// *Error.
func Parse(name string, src []byte) (*File, error) {
	f := &File{Source: name}
	if len(src) > maxBytes {
		return nil, &Error{File: name, Message: fmt.Sprintf("%d bytes are more than the limit of %d", len(src), maxBytes)}
	}
	var doc yaml.Node
	if err := yaml.Unmarshal(src, &doc); err != nil {
		return nil, syntaxError(name, err)
	}
	if len(doc.Content) == 0 {
		return f, nil
	}
	if err := checkKeys(doc.Content[0], f, ""); err != nil {
		err.File = name
		return nil, err
	}
	if err := doc.Decode(f); err != nil {
		return nil, syntaxError(name, err)
	}
	f.setLines(doc.Content[0])
	if err := f.check(); err != nil {
		err.File = name
		return nil, err
	}
	return f, nil
}

// syntaxError turns the YAML library's errors ("yaml: line 3: …", or a list
// of them) into ours.
func syntaxError(name string, err error) *Error {
	text := strings.TrimPrefix(err.Error(), "yaml: ")
	var typeErr *yaml.TypeError
	if errors.As(err, &typeErr) && len(typeErr.Errors) > 0 {
		text = typeErr.Errors[0]
	}
	e := &Error{File: name, Message: text}
	var line int
	if n, _ := fmt.Sscanf(text, "line %d:", &line); n == 1 {
		e.Line = line
		_, e.Message, _ = strings.Cut(text, ": ")
	}
	return e
}

// setLines notes where each rule, exception and release stands.
func (f *File) setLines(root *yaml.Node) {
	for i := 0; i+1 < len(root.Content); i += 2 {
		value := root.Content[i+1]
		if value.Kind == yaml.AliasNode {
			value = value.Alias
		}
		switch root.Content[i].Value {
		case "rules":
			for j := 0; j+1 < len(value.Content); j += 2 {
				id := value.Content[j].Value
				r := f.Rules[id]
				r.Line = value.Content[j].Line
				f.Rules[id] = r
			}
		case "exceptions":
			for j := range f.Exceptions {
				f.Exceptions[j].Line = value.Content[j].Line
			}
		case "limits":
			f.limitLines = map[string]int{}
			for j := 0; j+1 < len(value.Content); j += 2 {
				f.limitLines[value.Content[j].Value] = value.Content[j].Line
			}
		case "releases":
			for j := range f.Releases {
				f.Releases[j].Line = value.Content[j].Line
			}
		}
	}
}

// check holds everything that can be said without knowing the rules.
func (f *File) check() *Error {
	if f.Profile != "" && f.Profile != model.ProfileDefault && f.Profile != model.ProfileStrict {
		return &Error{Message: fmt.Sprintf("profile %q is neither default nor strict", f.Profile)}
	}
	for name, n := range map[string]int{"documents": f.Limits.Documents, "values": f.Limits.Values, "policy-steps": f.Limits.PolicySteps} {
		if n < 0 {
			return &Error{Message: fmt.Sprintf("limits: %s %d is less than nothing", name, n)}
		}
	}
	for _, dir := range f.Policies {
		if !inside(dir) {
			return &Error{Message: fmt.Sprintf("policies: %q is not a path inside the repository", dir)}
		}
	}
	for _, chart := range f.ValuesRequired {
		if !inside(chart) {
			return &Error{Message: fmt.Sprintf("values-required: %q is not a path inside the repository", chart)}
		}
	}
	for id, r := range f.Rules {
		if r.Severity != "" && r.Severity.Rank() > 2 {
			return &Error{Line: r.Line, Message: fmt.Sprintf("rule %s: severity %q is none of error, warning, note", id, r.Severity)}
		}
	}
	for _, e := range f.Exceptions {
		switch {
		case e.Reason == "":
			return &Error{Line: e.Line, Message: "exception without a reason"}
		case len(e.Rules) == 0 && len(e.Paths) == 0 && e.Object == "":
			return &Error{Line: e.Line, Message: "exception without rules, paths or object would accept everything"}
		}
		if e.Until != "" {
			if _, err := time.Parse(time.DateOnly, e.Until); err != nil {
				return &Error{Line: e.Line, Message: fmt.Sprintf("exception: until %q is not a date like 2027-01-31", e.Until)}
			}
		}
		if e.Object != "" && strings.Count(e.Object, "/") != 1 {
			return &Error{Line: e.Line, Message: fmt.Sprintf("exception: object %q is not of the form Kind/name", e.Object)}
		}
	}
	seen := map[string]bool{}
	for i := range f.Releases {
		r := &f.Releases[i]
		switch {
		case r.Name == "":
			return &Error{Line: r.Line, Message: "release without a name"}
		case r.Chart == "":
			return &Error{Line: r.Line, Message: fmt.Sprintf("release %q names no chart", r.Name)}
		case seen[r.Chart+"\x00"+r.Name]:
			return &Error{Line: r.Line, Message: fmt.Sprintf("release %q of chart %q stands twice", r.Name, r.Chart)}
		}
		seen[r.Chart+"\x00"+r.Name] = true
		r.Chart = path.Clean(r.Chart)
		for _, p := range append([]string{r.Chart}, r.Values...) {
			if !inside(p) {
				return &Error{Line: r.Line, Message: fmt.Sprintf("release %q: %q is not a path inside the repository", r.Name, p)}
			}
		}
		for k, v := range r.Set {
			switch v.(type) {
			case map[string]any, []any:
				return &Error{Line: r.Line, Message: fmt.Sprintf("release %q: set %q takes one value, not a list or mapping", r.Name, k)}
			}
		}
	}
	return nil
}

// inside tells whether p is a relative path that stays below the root.
func inside(p string) bool {
	c := path.Clean(p)
	return p != "" && !path.IsAbs(c) && c != ".." && !strings.HasPrefix(c, "../") && !strings.Contains(p, "\\")
}

// CheckRules reports the first rule id the configuration names that does not
// exist. ids are all known ids, earlier names included.
func (f *File) CheckRules(ids []string) error {
	for _, id := range sortedByLine(f.Rules) {
		if !slices.Contains(ids, id) {
			return &Error{File: f.Source, Line: f.Rules[id].Line, Message: unknown("rule", id, ids)}
		}
	}
	for _, e := range f.Exceptions {
		for _, id := range e.Rules {
			if id != "*" && !slices.Contains(ids, id) {
				return &Error{File: f.Source, Line: e.Line, Message: unknown("rule", id, ids)}
			}
		}
	}
	return nil
}

// sortedByLine lists rule ids in the order they stand in the file.
func sortedByLine(rules map[string]Rule) []string {
	ids := make([]string, 0, len(rules))
	for id := range rules {
		ids = append(ids, id)
	}
	slices.SortFunc(ids, func(a, b string) int { return rules[a].Line - rules[b].Line })
	return ids
}
