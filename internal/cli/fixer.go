package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"slices"
	"strings"

	"github.com/sekisho/sekisho/internal/discover"
	"github.com/sekisho/sekisho/internal/fix"
	"github.com/sekisho/sekisho/internal/model"
	"github.com/sekisho/sekisho/render"
)

// fixer works out edits. It lays them over the tree, renders and judges
// everything that uses an edited file again, and keeps what proves right
// (package fix says what that is). The tree itself is not touched.
//
// Edits are tried many at once, all of the text as it is. When a try fails its
// edits are tried by halves, down to the one that is to blame. What stands in
// the way of another edit waits for the next round, which begins with the text
// and the lines that came of this one.
type fixer struct {
	s     *scanner // sees the tree with the edits
	whole *discover.Tree

	groups map[string][]model.Unit // what is judged together, by groupKey
	order  []string                // of the groups scanned, as in a result
	states map[string]outcome      // of each group, with the edits kept
	stale  map[string]bool         // groups whose lines are not known since the last edit
	broken []model.Failure         // what could not be read at all

	original map[string][]byte // files that are edited, as they were
	text     map[string][]byte // and as they are now
	fixed    []fixed
	refused  map[string]error // why a finding has no edit, by fix.Key
	tries    map[string]int   // how often its edit failed
}

// fixed is a finding that an edit which was kept removes.
type fixed struct {
	finding model.Finding
	file    string
	at      int // where the new text begins in the file as it is now
	// explicit says that the fix takes the place of a true that somebody wrote,
	// with a purpose perhaps.
	explicit bool
}

// candidate is a finding with the edit that is to remove it.
type candidate struct {
	key     string
	finding *model.Finding
	changes []fix.Change
	groups  []string // that use the files
}

// newFixer lays an empty folder over the scanner's tree. Close removes it.
func (s *scanner) newFixer() (*fixer, error) {
	fail := func(err error) (*fixer, error) {
		return nil, &exitError{exitIncomplete, fmt.Errorf("try edits: %w", err)}
	}
	dir, err := os.MkdirTemp("", "sekisho-")
	if err != nil {
		return fail(err)
	}
	over, err := os.OpenRoot(dir)
	if err != nil {
		return fail(errors.Join(err, os.RemoveAll(dir)))
	}
	own, repo := *s, *s.repo
	repo.over = over
	own.repo, own.fixes = &repo, true
	own.render.Overlay = over
	own.ignores = ignores{fsys: repo.fs(), files: map[string][]ignore{}}
	if own.pool, err = render.NewPool(own.render); err != nil {
		return fail(errors.Join(err, over.Close(), os.RemoveAll(dir)))
	}
	return &fixer{
		s: &own, groups: map[string][]model.Unit{}, states: map[string]outcome{}, stale: map[string]bool{},
		original: map[string][]byte{}, text: map[string][]byte{}, refused: map[string]error{}, tries: map[string]int{},
	}, nil
}

func (x *fixer) Close() error {
	x.s.pool.Close()
	over := x.s.repo.over
	return errors.Join(over.Close(), os.RemoveAll(over.Name()))
}

// scan judges the tree, or those of its groups that only wants.
func (x *fixer) scan(ctx context.Context, only func(group string) bool) (*model.Result, error) {
	tree, found, failures, err := x.s.find(ctx)
	if err != nil {
		return nil, err
	}
	if len(x.s.paths) == 1 && x.s.paths[0] == "." {
		x.whole = tree
	}
	x.broken = failures
	for _, units := range found {
		if key := groupKey(units[0].Kind, units[0].Path); only == nil || only(key) {
			if units[0].Kind == model.Helm { // an edit may be about all variants
				units = slices.DeleteFunc(slices.Clone(tree.Units), func(u model.Unit) bool { return groupKey(u.Kind, u.Path) != key })
			}
			x.groups[key] = units
			x.order = append(x.order, key)
		}
	}
	maps.Copy(x.states, x.judge(ctx, x.s, x.order))
	if ctx.Err() != nil {
		return nil, errInterrupted
	}
	return x.result(), nil
}

// judge renders and judges groups.
func (x *fixer) judge(ctx context.Context, s *scanner, keys []string) map[string]outcome {
	var groups [][]model.Unit
	for _, key := range keys {
		groups = append(groups, x.groups[key])
	}
	out := map[string]outcome{}
	for i, o := range s.judgeAll(ctx, groups) {
		out[keys[i]] = o
	}
	return out
}

// trial judges groups without asking for lines.
func (x *fixer) trial(ctx context.Context, keys []string) map[string]outcome {
	s := *x.s
	s.trial, s.quiet = true, true
	return x.judge(ctx, &s, keys)
}

// result is that of the groups scanned, as far as their lines are known.
func (x *fixer) result() *model.Result {
	var outcomes []outcome
	for _, key := range x.order {
		if !x.stale[key] {
			o := x.states[key]
			o.findings = slices.Clone(o.findings) // result adds to them
			outcomes = append(outcomes, o)
		}
	}
	x.s.ignores.files = map[string][]ignore{} // lines move
	x.s.ignores.bad = nil
	return x.s.result(x.broken, outcomes)
}

// Vendored is that of fix.Sources.
func (x *fixer) Vendored(file string) bool { return x.whole.Vendored(file) }

// Read reads a file that may be edited.
func (x *fixer) Read(file string) ([]byte, error) {
	if text, ok := x.text[file]; ok {
		return text, nil
	}
	if err := x.s.repo.regular(file); err != nil {
		return nil, err
	}
	return fs.ReadFile(x.s.repo.fs(), file)
}

// candidates plans the edits for the findings that wanted is for.
func (x *fixer) candidates(ctx context.Context, r *model.Result, wanted func(*model.Finding) bool) ([]candidate, error) {
	if err := x.knowWhole(ctx); err != nil {
		return nil, err
	}
	var out []candidate
	for i := range r.Findings {
		f := &r.Findings[i]
		key := findingKey(f)
		if len(f.Fix) == 0 || f.Suppressed != nil || x.refused[key] != nil || !wanted(f) {
			continue
		}
		changes, err := fix.Plan(x, f.Fix)
		if err != nil {
			x.refused[key] = err
			continue
		}
		c := candidate{key: key, finding: f, changes: changes}
		c.groups = x.users(c.files())
		if own := groupKey(f.Unit.Kind, f.Unit.Path); !slices.Contains(c.groups, own) {
			c.groups = append(c.groups, own)
		}
		out = append(out, c)
	}
	return out, nil
}

func findingKey(f *model.Finding) string {
	return fix.Key(f.Unit, f.Object, f.Rule, f.Path, f.Message)
}

func (c candidate) files() []string {
	var files []string
	for _, change := range c.changes {
		files = append(files, change.File)
	}
	return files
}

// knowWhole finds what there is in the whole repository, whatever was scanned.
// What was fetched is not of it.
func (x *fixer) knowWhole(ctx context.Context) (err error) {
	if x.whole == nil {
		own := *x.s.repo
		own.over = nil
		x.whole, _, err = discover.Discover(ctx, own.fs(), x.s.whole())
	}
	if err != nil {
		return &exitError{exitUsage, err}
	}
	return nil
}

// users are the groups whose rendering uses one of the files.
func (x *fixer) users(files []string) []string {
	var keys, missing []string
	for _, u := range x.whole.Touching(files) {
		key := groupKey(u.Kind, u.Path)
		if !slices.Contains(keys, key) {
			keys = append(keys, key)
		}
		if _, ok := x.groups[key]; !ok {
			missing = append(missing, key)
		}
	}
	for _, units := range group(x.whole.Units) {
		if key := groupKey(units[0].Kind, units[0].Path); slices.Contains(missing, key) {
			x.groups[key] = units
		}
	}
	return keys
}

// accepted tells of findings that somebody has accepted: an edit for another
// finding must not touch their objects' fields.
func accepted(r *model.Result) func(key string) bool {
	keys := map[string]bool{}
	for i := range r.Findings {
		f := &r.Findings[i]
		if f.Suppressed == nil {
			continue
		}
		keys[findingKey(f)] = true
		for _, o := range f.Also {
			unit := f.Unit
			if o.Unit != nil {
				unit = *o.Unit
			}
			keys[fix.Key(unit, o.Object, f.Rule, o.Path, o.Message)] = true
		}
	}
	return func(key string) bool { return keys[key] }
}

// round is one round of tries, all of the same text.
type round struct {
	*fixer
	keep  func(string) bool
	base  map[string][]byte
	taken []fix.Change
	kept  []candidate
}

// try tries those candidates whose edits can be made together, and returns
// those that were kept and those that have to wait.
func (x *fixer) try(ctx context.Context, r *model.Result, candidates []candidate) (kept, later []candidate, err error) {
	now := &round{fixer: x, keep: accepted(r), base: map[string][]byte{}}
	var together []fix.Change
	var first []candidate
	for _, c := range candidates {
		if len(fix.Together(together, c.changes)) < len(c.changes) {
			later = append(later, c)
			continue
		}
		together = append(together, c.changes...)
		first = append(first, c)
		for _, file := range c.files() {
			if now.base[file], err = x.Read(file); err != nil {
				return nil, nil, err
			}
		}
	}
	if err := now.know(ctx, first); err != nil {
		return nil, nil, err
	}
	parts := components(first)
	errs, err := now.attempt(ctx, parts)
	if err != nil {
		return nil, nil, err
	}
	for i, part := range parts {
		if errs[i] != nil {
			if err := now.halve(ctx, part, errs[i]); err != nil {
				return nil, nil, err
			}
		}
	}
	return now.kept, later, nil
}

// know judges the groups that candidates concern and that were not scanned.
func (r *round) know(ctx context.Context, candidates []candidate) error {
	var keys []string
	for _, c := range candidates {
		for _, key := range c.groups {
			if _, ok := r.states[key]; !ok && !slices.Contains(keys, key) {
				keys = append(keys, key)
			}
		}
	}
	maps.Copy(r.states, r.trial(ctx, keys))
	if ctx.Err() != nil {
		return errInterrupted
	}
	return nil
}

// components are the candidates that concern common groups.
func components(candidates []candidate) [][]candidate {
	var parts [][]candidate
	for _, c := range candidates {
		joined := []candidate{c}
		parts = slices.DeleteFunc(parts, func(part []candidate) bool {
			common := slices.ContainsFunc(part, func(o candidate) bool {
				return slices.ContainsFunc(o.groups, func(key string) bool { return slices.Contains(c.groups, key) })
			})
			if common {
				joined = append(slices.Clone(part), joined...)
			}
			return common
		})
		parts = append(parts, joined)
	}
	return parts
}

// halve tries the halves of a part that failed, until it is known who is to
// blame.
func (r *round) halve(ctx context.Context, part []candidate, failed error) error {
	if len(part) == 1 {
		c := part[0]
		// Its lines may be wrong since another edit was kept: it gets a
		// second chance in the next round.
		if r.tries[c.key]++; r.tries[c.key] > 1 || len(r.taken) == 0 {
			r.refused[c.key] = failed
		}
		return nil
	}
	for _, half := range [][]candidate{part[:len(part)/2], part[len(part)/2:]} {
		errs, err := r.attempt(ctx, [][]candidate{half})
		if err != nil {
			return err
		}
		if errs[0] != nil {
			if err := r.halve(ctx, half, errs[0]); err != nil {
				return err
			}
		}
	}
	return nil
}

// attempt tries parts that have no group in common, and keeps those that prove
// right. It returns what is wrong with each part.
func (r *round) attempt(ctx context.Context, parts [][]candidate) ([]error, error) {
	var keys []string
	tried := make([]map[string][]byte, len(parts)) // files as each part has them
	for i, part := range parts {
		tried[i] = r.edited(part)
		for file, text := range tried[i] {
			if err := r.lay(file, text); err != nil {
				return nil, err
			}
		}
		keys = append(keys, groupsOf(part)...)
	}
	after := r.trial(ctx, keys)
	if ctx.Err() != nil {
		return nil, errInterrupted
	}
	errs := make([]error, len(parts))
	for i, part := range parts {
		if errs[i] = r.check(part, after); errs[i] != nil {
			for file := range tried[i] {
				if err := r.lay(file, r.text[file]); err != nil {
					return nil, err
				}
			}
			continue
		}
		r.keepAll(part, tried[i], after)
	}
	return errs, nil
}

// edited are the files that the edits of some candidates change, with those
// edits and the ones kept in this round.
func (r *round) edited(part []candidate) map[string][]byte {
	out := map[string][]byte{}
	changes := slices.Clone(r.taken)
	for _, c := range part {
		changes = append(changes, c.changes...)
	}
	for _, c := range part {
		for _, file := range c.files() {
			out[file] = fix.Apply(r.base[file], of(file, changes))
		}
	}
	return out
}

// of are the changes of one file.
func of(file string, changes []fix.Change) []fix.Change {
	return slices.DeleteFunc(slices.Clone(changes), func(c fix.Change) bool { return c.File != file })
}

// lay puts a file over the tree; nil takes it away.
func (x *fixer) lay(file string, text []byte) error {
	over := x.s.repo.over
	var err error
	if text == nil {
		err = over.Remove(file)
	} else if err = over.MkdirAll(path.Dir(file), 0o755); err == nil {
		err = over.WriteFile(file, text, 0o644)
	}
	if err != nil {
		return &exitError{exitIncomplete, fmt.Errorf("try edits: %w", err)}
	}
	return nil
}

func groupsOf(part []candidate) []string {
	var keys []string
	for _, c := range part {
		for _, key := range c.groups {
			if !slices.Contains(keys, key) {
				keys = append(keys, key)
			}
		}
	}
	return keys
}

// check tells what is wrong with the edits of some candidates, given what
// became of their groups.
func (r *round) check(part []candidate, after map[string]outcome) error {
	var before, now []fix.Object
	for _, key := range groupsOf(part) {
		if was, is := r.states[key].failures, after[key].failures; len(is) > len(was) {
			return fmt.Errorf("a new failure: %s", is[len(is)-1].Message)
		}
		before = append(before, r.states[key].objects...)
		now = append(now, after[key].objects...)
	}
	gone, err := fix.Check(before, now, r.keep)
	if err != nil {
		return err
	}
	for _, c := range part {
		if gone[c.key] == 0 {
			return errors.New("the finding would stay")
		}
	}
	return nil
}

// keepAll makes the edits of a part the state of the tree.
func (r *round) keepAll(part []candidate, files map[string][]byte, after map[string]outcome) {
	for _, key := range groupsOf(part) {
		r.states[key] = after[key]
		r.stale[key] = true
	}
	for file, text := range files {
		if _, ok := r.original[file]; !ok {
			r.original[file] = r.base[file]
		}
		r.text[file] = text
	}
	for _, c := range part {
		r.taken = append(r.taken, c.changes...)
	}
	r.kept = append(r.kept, part...)
}

// fixAll runs rounds until nothing is left that has an edit.
func (x *fixer) fixAll(ctx context.Context, r *model.Result, wanted func(*model.Finding) bool) error {
	for {
		candidates, err := x.candidates(ctx, r, wanted)
		if err != nil {
			return err
		}
		if len(candidates) == 0 {
			return nil
		}
		base := maps.Clone(x.text)
		kept, later, err := x.try(ctx, r, candidates)
		if err != nil {
			return err
		}
		x.record(base, kept)
		if len(kept) == 0 && len(later) == 0 {
			return nil
		}
		// Lines have moved in the groups that were edited.
		var keys []string
		for _, key := range x.order {
			if x.stale[key] && slices.ContainsFunc(x.states[key].objects, func(o fix.Object) bool {
				return slices.ContainsFunc(o.Problems, func(p fix.Problem) bool {
					return len(p.Fix) > 0 && x.refused[fix.Key(o.Unit, o.ID, p.Rule, p.Path, p.Message)] == nil
				})
			}) {
				keys = append(keys, key)
			}
		}
		for key, o := range x.judge(ctx, x.s, keys) {
			x.states[key] = o
			delete(x.stale, key)
		}
		if ctx.Err() != nil {
			return errInterrupted
		}
		r = x.result()
	}
}

// record notes what was fixed, and where that stands now.
func (x *fixer) record(base map[string][]byte, kept []candidate) {
	var changes []fix.Change
	for _, c := range kept {
		for _, change := range c.changes {
			if !slices.Contains(changes, change) {
				changes = append(changes, change)
			}
		}
	}
	moved := func(file string, at int) int {
		to := at
		for _, c := range of(file, changes) {
			if c.Start < at {
				to += len(c.Text) - (c.End - c.Start)
			}
		}
		return to
	}
	for i := range x.fixed {
		x.fixed[i].at = moved(x.fixed[i].file, x.fixed[i].at)
	}
	for _, c := range kept {
		first := c.changes[0]
		// A line end that the text begins with belongs to the line before.
		skip := len(first.Text) - len(strings.TrimLeft(first.Text, "\r\n"))
		x.fixed = append(x.fixed, fixed{*c.finding, first.File, moved(first.File, first.Start) + skip, x.explicit(base, c.changes)})
	}
}

// explicit tells whether a change takes the place of a true. base holds the
// files that had been edited when the changes were planned.
func (x *fixer) explicit(base map[string][]byte, changes []fix.Change) bool {
	return slices.ContainsFunc(changes, func(c fix.Change) bool {
		src, ok := base[c.File]
		if !ok {
			src = x.original[c.File]
		}
		return string(src[c.Start:c.End]) == "true"
	})
}

// fixedByPlace are the findings that are fixed, in the order of their places in
// the files as they are now. line is where the new text begins.
func (x *fixer) fixedByPlace(each func(f fixed, line int)) {
	slices.SortStableFunc(x.fixed, func(a, b fixed) int {
		return cmp.Or(strings.Compare(a.file, b.file), cmp.Compare(a.at, b.at))
	})
	for _, f := range x.fixed {
		each(f, strings.Count(string(x.text[f.file][:min(f.at, len(x.text[f.file]))]), "\n")+1)
	}
}
