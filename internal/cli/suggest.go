package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/sekisho/sekisho/internal/annotate"
	"github.com/sekisho/sekisho/internal/fix"
	"github.com/sekisho/sekisho/internal/model"
	"github.com/sekisho/sekisho/internal/report"
)

// maxSuggestions bounds the findings of a review whose edits are worked out:
// hosts get no more remarks than that.
const maxSuggestions = 30

// suggestTime bounds all the tries for one review: a stranger's chart may be
// slow to render, and it is rendered again for each.
const suggestTime = 2 * time.Minute

// suggest works out the edits of the findings that a review is about, the worst
// first, and returns those that are one change of a run of lines, by fingerprint.
// Like those of sekisho fix they were tried.
func (s *scanner) suggest(ctx context.Context, r *model.Result) (_ map[string]*annotate.Suggestion, err error) {
	wanted := map[string]bool{} // by findingKey
	groups := map[string]bool{}
	for _, f := range report.WorstFirst(r) {
		if len(f.Fix) > 0 && (s.changes == nil || f.Changed != nil) && len(wanted) < maxSuggestions {
			wanted[findingKey(f)] = true
			groups[groupKey(f.Unit.Kind, f.Unit.Path)] = true
		}
	}
	if len(wanted) == 0 {
		return nil, nil
	}
	ctx, cancel := context.WithTimeout(ctx, suggestTime)
	defer cancel()
	x, err := s.newFixer()
	if err != nil {
		return nil, err
	}
	defer func() {
		if errors.Is(ctx.Err(), context.DeadlineExceeded) {
			err = fmt.Errorf("not done after %v", suggestTime)
		}
		err = errors.Join(err, x.Close())
	}()
	found, err := x.scan(ctx, func(group string) bool { return groups[group] })
	if err != nil {
		return nil, err
	}
	kept, err := x.each(ctx, found, func(f *model.Finding) bool { return wanted[findingKey(f)] })
	if err != nil {
		return nil, err
	}
	out := map[string]*annotate.Suggestion{}
	said := map[fix.Change]bool{} // two containers, one edit of their pod
	hidden := sensitiveLines(r)
	for _, f := range report.WorstFirst(r) {
		c, ok := kept[findingKey(f)]
		if !ok || len(c.changes) != 1 || said[c.changes[0]] || out[f.Fingerprint] != nil {
			continue
		}
		src, err := fs.ReadFile(s.repo.fs(), c.changes[0].File)
		if err != nil {
			return nil, err
		}
		if suggestion := newSuggestion(c.changes[0], src); suggestion != nil && !hidden.touches(suggestion.Place) {
			out[f.Fingerprint] = suggestion
			said[c.changes[0]] = true
		}
	}
	return out, nil
}

// each tries the edit of each finding that wanted is for, of the tree as it is,
// and returns those that proved right, by findingKey. Edits that stand in each
// other's way are tried one after the other.
func (x *fixer) each(ctx context.Context, r *model.Result, wanted func(*model.Finding) bool) (map[string]candidate, error) {
	out := map[string]candidate{}
	candidates, err := x.candidates(ctx, r, wanted)
	for err == nil && len(candidates) > 0 {
		var kept []candidate
		before := maps.Clone(x.states)
		if kept, candidates, err = x.try(ctx, r, candidates); err != nil {
			break
		}
		for _, c := range kept {
			out[c.key] = c
		}
		for file := range x.text {
			err = errors.Join(err, x.lay(file, nil))
		}
		clear(x.text)
		clear(x.original)
		maps.Copy(x.states, before)
	}
	return out, err
}

// newSuggestion is a change as the lines that become others; nil for text that
// does not get through a comment as it is.
func newSuggestion(c fix.Change, src []byte) *annotate.Suggestion {
	first, last, text := c.Lines(src)
	block, ok := annotate.SuggestionBlock(text)
	if !ok {
		return nil
	}
	s := &annotate.Suggestion{Place: annotate.Place{File: c.File, First: first, Last: last}, Block: block}
	lines := strings.Split(string(src), "\n")
	s.EndColumn = utf8.RuneCountInString(lines[last-1]) + 1
	return s
}

// places are lines of files.
type places []annotate.Place

// sensitiveLines are those that may hold secrets: a comment does not repeat them.
func sensitiveLines(r *model.Result) places {
	var out places
	for i := range r.Findings {
		f := &r.Findings[i]
		if !slices.ContainsFunc(r.Rules, func(rule model.Rule) bool { return rule.ID == f.Rule && rule.Sensitive }) {
			continue
		}
		for _, l := range append([]model.Location{f.Location}, f.Related...) {
			out = append(out, newPlace(l))
		}
	}
	return out
}

func (ps places) touches(o annotate.Place) bool {
	return slices.ContainsFunc(ps, func(p annotate.Place) bool {
		return p.File == o.File && p.First <= o.Last && o.First <= p.Last
	})
}
