package cli

import (
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/go-git/go-git/v5/plumbing/format/gitignore"

	"github.com/sekisho/sekisho/internal/config"
	"github.com/sekisho/sekisho/internal/model"
	"github.com/sekisho/sekisho/internal/yamlpos"
)

// ignore is one ignore comment of a file.
type ignore = yamlpos.Ignore

// ignores reads the ignore comments of files that have findings.
type ignores struct {
	fsys  fs.FS
	files map[string][]ignore
	bad   []model.Failure // malformed comments
}

func (g *ignores) of(file string) []ignore {
	list, ok := g.files[file]
	if !ok {
		if src, err := fs.ReadFile(g.fsys, file); err == nil {
			var errs []*yamlpos.Error
			list, errs = yamlpos.Ignores(src)
			for _, e := range errs {
				g.bad = append(g.bad, model.Failure{File: file, Line: e.Line, Message: e.Message})
			}
		}
		g.files[file] = list
	}
	return list
}

// suppress marks the findings that an ignore comment or an exception of the
// configuration accepts. A comment counts on every line of a finding's chain:
// the template, the values key, the patch. Helm drops comments, so they are
// looked up in the sources, never in what was rendered.
func (s *scanner) suppress(findings []model.Finding) {
	today := s.app.today()
	for i := range findings {
		f := &findings[i]
		f.Suppressed = s.byConfig(f, today)
		if f.Suppressed == nil && s.inline {
			f.Suppressed = s.byComment(f, today)
		}
	}
}

// complain tells of malformed comments.
func (g *ignores) complain(a *app) {
	for _, bad := range g.bad {
		a.sayf("%s:%d: %s", bad.File, bad.Line, bad.Message)
	}
}

func (s *scanner) byComment(f *model.Finding, today string) *model.Suppression {
	for _, l := range append([]model.Location{f.Location}, f.Related...) {
		for _, c := range s.ignores.of(l.File) {
			whole := l.Precision == model.File
			if !whole && !c.Covers(l.StartLine) || !slices.Contains(c.Rules, f.Rule) || expired(c.Until, today) {
				continue
			}
			return &model.Suppression{Kind: "inline", Reason: c.Reason, Until: c.Until, File: l.File, Line: c.Line}
		}
	}
	return nil
}

func (s *scanner) byConfig(f *model.Finding, today string) *model.Suppression {
	for _, e := range s.config.Exceptions {
		if expired(e.Until, today) || !excepts(e, f) {
			continue
		}
		return &model.Suppression{Kind: "config", Reason: e.Reason, Until: e.Until, File: s.config.Source, Line: e.Line}
	}
	return nil
}

// expired tells whether a last day has passed. Dates compare as text.
func expired(until, today string) bool { return until != "" && today > until }

// excepts tells whether every field an exception gives matches a finding.
func excepts(e config.Exception, f *model.Finding) bool {
	if len(e.Rules) > 0 && !slices.Contains(e.Rules, f.Rule) && !slices.Contains(e.Rules, "*") {
		return false
	}
	if len(e.Paths) > 0 {
		matched := false
		for _, p := range e.Paths {
			pattern := gitignore.ParsePattern(p, nil)
			for _, file := range []string{f.Location.File, path.Join(f.Unit.Path, "x")} {
				matched = matched || pattern.Match(strings.Split(file, "/"), false) == gitignore.Exclude
			}
		}
		if !matched {
			return false
		}
	}
	if e.Object != "" {
		kind, name, _ := strings.Cut(e.Object, "/")
		if kind != "*" && kind != f.Object.Kind || name != "*" && name != f.Object.Name {
			return false
		}
	}
	return true
}

// baselineKind is the kind of suppression that a saved result stands for.
const baselineKind = "baseline"

// acceptBaseline suppresses the findings that the saved result of a file holds
// already.
func acceptBaseline(r, saved *model.Result, file string) {
	known := map[string]bool{}
	for i := range saved.Findings {
		known[saved.Findings[i].Fingerprint] = true
	}
	for i := range r.Findings {
		if f := &r.Findings[i]; f.Suppressed == nil && known[f.Fingerprint] {
			f.Suppressed = &model.Suppression{Kind: baselineKind, File: file}
		}
	}
}
