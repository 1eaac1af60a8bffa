// Package policytest tests rules by their examples. A rule's folder goes in,
// what is wrong with it comes out, in words. It hides what "tested" means: the
// bad example is found out on exactly the lines that say so, the good one
// stays silent, and the Rego tests pass. Both `sekisho test` and the tests of
// the built-in rules ask here.
//
// A comment names the findings of its line, as Go strings, each a part of the
// message or a regular expression that matches it:
//
//	hostPath: # want `mounts host path "/var/log"`
//	{key: a, value: b} # want "first finding" "second finding"
//
// A comment alone on its line speaks about the next line that is not a
// comment: Dockerfiles know no other. Every finding must be wanted and every
// want found. Two lines, anywhere in the file, change what the example is
// judged with:
//
//	# with kube-version: v1.24.0
//	# with params: {registries: [registry.example.com]}
//
// and two what the renderers of charts and kustomizations would have known:
//
//	# with values: {auth: {password: hunter2}}
//	# with generator: {password: {field: literals}}
package policytest

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/open-policy-agent/opa/v1/util"

	"github.com/sekisho/sekisho/internal/model"
	"github.com/sekisho/sekisho/internal/policy"
)

// DefaultKubeVersion is what examples are judged with unless they say otherwise.
const DefaultKubeVersion = "v1.37.0"

// Views renders one example file and works out the facts. Origins must be able
// to locate fields in the file.
type Views func(file string, src []byte, kubeVersion string) ([]model.View, error)

// Examples are the file names of a rule's examples, one of each pair.
var Examples = map[string][]string{
	"bad":  {"bad.yaml", "bad.Dockerfile"},
	"good": {"good.yaml", "good.Dockerfile"},
}

// Example judges one example file of a rule and lists what is wrong:
// "pod/a/bad.yaml:12: want …, found nothing". The error is about the file or
// the rule as a whole.
func Example(ctx context.Context, set *policy.Set, rule string, views Views, file string, src []byte) ([]string, error) {
	wants, with, err := parse(file, src)
	if err != nil {
		return nil, err
	}
	engine, err := only(set, rule, with)
	if err != nil {
		return nil, err
	}
	vs, err := views(file, src, with.kubeVersion)
	if err != nil {
		return nil, err
	}
	if len(vs) == 0 {
		return nil, fmt.Errorf("%s: holds no object", file)
	}
	verdicts, failures := engine.Judge(ctx, vs)
	var problems []string
	for _, f := range failures {
		problems = append(problems, fmt.Sprintf("%s:%d: %s", f.File, f.Line, f.Message))
	}
	for _, v := range verdicts {
		line := vs[v.View].Object.Origin.Locate(v.Path).Location.StartLine
		i := slices.IndexFunc(wants, func(w want) bool { return w.line == line && !w.met && w.matches(v.Message) })
		if i < 0 {
			problems = append(problems, fmt.Sprintf("%s:%d: found but not wanted: %s (at %s)", file, line, v.Message, v.Path))
			continue
		}
		wants[i].met = true
	}
	for _, w := range wants {
		if !w.met {
			problems = append(problems, fmt.Sprintf("%s:%d: wanted but not found: %s", file, w.line, w.text))
		}
	}
	return problems, nil
}

// only makes an engine that asks a single rule.
func only(set *policy.Set, rule string, with conditions) (*policy.Engine, error) {
	on, off := true, false
	opts := policy.Options{KubeVersion: with.kubeVersion, Rules: map[string]policy.RuleOptions{}}
	for _, r := range set.Rules() {
		if r.ID == rule {
			opts.Rules[r.ID] = policy.RuleOptions{Enabled: &on, Params: with.params}
		} else {
			opts.Rules[r.ID] = policy.RuleOptions{Enabled: &off}
		}
	}
	return policy.New(set, opts)
}

// want is a finding that an example promises.
type want struct {
	line int
	text string
	met  bool
}

// matches tells whether a message is the wanted one.
func (w want) matches(message string) bool {
	if strings.Contains(message, w.text) {
		return true
	}
	re, err := regexp.Compile(w.text)
	return err == nil && re.MatchString(message)
}

// conditions are what an example is judged with.
type conditions struct {
	kubeVersion string
	params      map[string]any
}

var (
	wantComment = regexp.MustCompile(`#\s*want\s+(["` + "`" + `].*)$`)
	withComment = regexp.MustCompile(`^\s*# with ([a-z-]+):\s*(.*)$`)
)

// parse reads the comments of an example.
func parse(file string, src []byte) ([]want, conditions, error) {
	with := conditions{kubeVersion: DefaultKubeVersion}
	var wants []want
	pending := 0 // wants that wait for their line
	for i, line := range strings.Split(string(src), "\n") {
		n := i + 1
		comment := strings.HasPrefix(strings.TrimSpace(line), "#")
		if m := withComment.FindStringSubmatch(line); m != nil {
			if err := with.set(m[1], m[2]); err != nil {
				return nil, with, fmt.Errorf("%s:%d: %w", file, n, err)
			}
		}
		if m := wantComment.FindStringSubmatch(line); m != nil {
			for rest := m[1]; rest != ""; rest = strings.TrimSpace(rest) {
				quoted, err := strconv.QuotedPrefix(rest)
				if err != nil {
					return nil, with, fmt.Errorf("%s:%d: want: %q is not a Go string", file, n, rest)
				}
				text, err := strconv.Unquote(quoted)
				if err != nil || text == "" {
					return nil, with, fmt.Errorf("%s:%d: want: %s is not the text of a finding", file, n, quoted)
				}
				wants = append(wants, want{line: n, text: text})
				if comment {
					pending++
				}
				rest = rest[len(quoted):]
			}
		}
		if !comment && strings.TrimSpace(line) != "" {
			for j := len(wants) - 1; pending > 0; j-- {
				if wants[j].line != n {
					wants[j].line = n
					pending--
				}
			}
		}
	}
	if pending > 0 {
		return nil, with, fmt.Errorf("%s: want: no line follows the last one", file)
	}
	return wants, with, nil
}

// set reads one `# with` comment.
func (c *conditions) set(name, value string) error {
	switch name {
	case "kube-version":
		c.kubeVersion = value
		return nil
	case "params":
		if err := util.Unmarshal([]byte(value), &c.params); err != nil {
			return fmt.Errorf("with params: %w", err)
		}
		return nil
	case "values", "generator":
		return nil // read by Pretend
	}
	return fmt.Errorf("with %s: kube-version, params, values or generator", name)
}

// Pretend gives the objects of an example what otherwise only the renderers of
// charts and kustomizations know: the chart's own values, and where the entries
// of a generated Secret come from. Views calls it before the facts are made.
func Pretend(src []byte, objects []model.Object) error {
	var values map[string]any
	var entries map[string]model.GeneratorEntry
	for line := range strings.SplitSeq(string(src), "\n") {
		m := withComment.FindStringSubmatch(line)
		var err error
		switch {
		case m == nil:
		case m[1] == "values":
			err = util.Unmarshal([]byte(m[2]), &values)
		case m[1] == "generator":
			err = util.Unmarshal([]byte(m[2]), &entries)
		}
		if err != nil {
			return fmt.Errorf("with %s: %w", m[1], err)
		}
	}
	for i := range objects {
		objects[i].Generator = entries
		if values != nil {
			objects[i].Defaults = func() map[string]any { return values }
		}
	}
	return nil
}

// Result is what testing one rule, or the Rego tests of one folder, brought.
type Result struct {
	Name     string   // "pod/host-path-volume", "pod/host-path-volume/rule_test.rego"
	Problems []string // none: it passed
}

// Run tests every rule of a user's folder: its examples and the Rego tests.
// The built-in rules are there to be imported and to find clashing ids. views
// gets the names of files in src.FS.
func Run(ctx context.Context, src, builtin policy.Source, views Views) ([]Result, error) {
	set, err := policy.Load(builtin, src)
	if err != nil {
		return nil, err
	}
	var results []Result
	for _, r := range set.Rules() {
		rel, own := strings.CutPrefix(r.File, path.Clean(src.Name)+"/")
		if !own {
			continue
		}
		res := Result{Name: r.ID}
		found := false
		for _, which := range slices.Sorted(maps.Keys(Examples)) {
			for _, base := range Examples[which] {
				name := path.Join(path.Dir(rel), base)
				b, err := fs.ReadFile(src.FS, name)
				if errors.Is(err, fs.ErrNotExist) {
					continue
				} else if err != nil {
					return nil, fmt.Errorf("read example: %w", err)
				}
				found = true
				inFS := func(_ string, src []byte, kubeVersion string) ([]model.View, error) {
					return views(name, src, kubeVersion)
				}
				problems, err := Example(ctx, set, r.ID, inFS, path.Join(src.Name, name), b)
				if err != nil {
					problems = append(problems, err.Error())
				}
				res.Problems = append(res.Problems, problems...)
			}
		}
		if found {
			results = append(results, res)
		}
	}
	own := func(file string) bool { return !strings.HasPrefix(file, builtin.Name+"/") }
	rego, err := Rego(ctx, own, builtin, src)
	return append(results, rego...), err
}
