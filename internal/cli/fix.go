package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/rogpeppe/go-internal/diff"
	"github.com/spf13/cobra"

	"github.com/sekisho/sekisho/internal/config"
	"github.com/sekisho/sekisho/internal/model"
	"github.com/sekisho/sekisho/internal/report"
)

func (a *app) fixCommand() *cobra.Command {
	var f scanFlags
	var rules []string
	var dryRun bool
	cmd := &cobra.Command{
		Use:   "fix [PATH…]",
		Short: "Apply the safe fixes",
		Long: "Fix edits the manifests, bases, patches, templates and values files that findings come from, where a rule\n" +
			"knows a fix that changes nothing for a well-behaved workload and the source says plainly where to write\n" +
			"it. Before a file is touched the edit is laid over the tree and all that uses the file is rendered and\n" +
			"judged again: the finding must be gone, nothing else may change, nothing new may be found.\n" +
			"Findings that a comment or the configuration accepts stay as they are.\n\n" +
			"Exit codes: 0 fixed what has a fix, 2 bad usage or configuration, 3 incomplete: something could not be\n" +
			"rendered, judged or written.",
		RunE: func(cmd *cobra.Command, args []string) error { return a.fix(cmd.Context(), args, f, rules, dryRun) },
	}
	f.registerJudging(cmd.Flags())
	cmd.Flags().BoolVar(&f.quiet, "quiet", false, "print what is fixed alone")
	cmd.Flags().StringSliceVar(&rules, "rule", nil, "fix findings of the rule `ID` only (repeatable)")
	cmd.Flags().BoolVar(&dryRun, "dry-run", false, "print the edits as a diff for git apply and write nothing")
	return cmd
}

// fix works out the edits and makes them, or prints them.
func (a *app) fix(ctx context.Context, args []string, f scanFlags, rules []string, dryRun bool) (err error) {
	repo, err := openRepository()
	if err != nil {
		return &exitError{exitIncomplete, err}
	}
	defer repo.Close()
	s, err := a.newScanner(ctx, repo, args, f)
	if err != nil {
		return err
	}
	defer s.close()
	if err := checkRules(rules, s.engine.Rules()); err != nil {
		return err
	}
	x, err := s.newFixer()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, x.Close()) }()
	found, err := x.scan(ctx, nil)
	if err != nil {
		return err
	}
	x.s.ignores.complain(a)
	wanted := func(f *model.Finding) bool { return len(rules) == 0 || slices.Contains(rules, f.Rule) }
	if err := x.fixAll(ctx, found, wanted); err != nil {
		return err
	}
	if dryRun {
		err = x.printDiff(a.out)
	} else {
		err = x.write()
	}
	if err != nil {
		return &exitError{exitIncomplete, err}
	}
	list := a.out
	if dryRun {
		list = a.err
	}
	x.fixedByPlace(func(f fixed, line int) {
		message := f.finding.Message
		if f.explicit {
			message += " (replaced an explicit true)"
		}
		if n := len(f.finding.Also); n > 0 {
			message += fmt.Sprintf(" (and %d more by this line)", n)
		}
		fmt.Fprintf(list, "%s\n", report.Text(fmt.Sprintf("%s:%d  %s  %s", f.file, line, f.finding.Rule, message)))
	})
	for _, failure := range found.Failures {
		fmt.Fprintf(a.err, "sekisho: not checked: %s\n", report.Text(report.FailureText(failure)))
	}
	if !f.quiet {
		x.sayRefused(a, found, wanted)
		a.sayf("%s", x.outcome(found, wanted, dryRun))
	}
	if len(found.Failures) > 0 {
		return &exitError{code: exitIncomplete}
	}
	return nil
}

// checkRules finds misspelt ids.
func checkRules(ids []string, rules []model.Rule) error {
	var known []string
	for _, r := range rules {
		known = append(known, r.ID)
	}
	for _, id := range ids {
		if slices.Contains(known, id) {
			continue
		}
		if near := config.Nearest(id, known); near != "" {
			return usagef("--rule: no rule %q is asked, did you mean %q?", id, near)
		}
		return usagef("--rule: no rule %q is asked", id)
	}
	return nil
}

// maxRefused is how many findings are told that have a fix and no edit.
const maxRefused = 20

// sayRefused tells why findings that have a fix were not fixed.
func (x *fixer) sayRefused(a *app, found *model.Result, wanted func(*model.Finding) bool) {
	n := 0
	for i := range found.Findings {
		f := &found.Findings[i]
		err := x.refused[findingKey(f)]
		if err == nil || !wanted(f) {
			continue
		}
		if n++; n <= maxRefused {
			a.sayf("%s:%d: %s: not fixed: %v", f.Location.File, f.Location.StartLine, f.Rule, err)
		}
	}
	if n > maxRefused {
		a.sayf("%d more are not fixed", n-maxRefused)
	}
}

// outcome sums up what was fixed and what has no fix.
func (x *fixer) outcome(found *model.Result, wanted func(*model.Finding) bool, dryRun bool) string {
	done := map[string]bool{}
	for _, f := range x.fixed {
		done[findingKey(&f.finding)] = true
	}
	left, unplaced := 0, 0
	for i := range found.Findings {
		f := &found.Findings[i]
		switch {
		case f.Suppressed != nil || !wanted(f) || done[findingKey(f)]:
		case len(f.Fix) > 0:
			unplaced++
		default:
			left++
		}
	}
	verb := "fixed"
	if dryRun {
		verb = "would fix"
	}
	parts := []string{fmt.Sprintf("%s %s in %s", verb, count(len(done), "finding"), count(len(x.text), "file"))}
	if unplaced > 0 {
		parts = append(parts, fmt.Sprintf("%s a fix that no plain edit makes", count(unplaced, "finding has", "findings have")))
	}
	if left > 0 {
		parts = append(parts, fmt.Sprintf("%s no automatic fix", count(left, "finding has", "findings have")))
	}
	return strings.Join(parts, "; ")
}

// count is "1 file" or "2 files"; a plural that is no s is given.
func count(n int, noun string, plural ...string) string {
	if n != 1 {
		noun = append(plural, noun+"s")[0]
	}
	return fmt.Sprintf("%d %s", n, noun)
}

// write puts the edited files in the place of the old ones.
func (x *fixer) write() error {
	for _, file := range slices.Sorted(maps.Keys(x.text)) {
		if err := x.s.repo.rewrite(file, x.original[file], x.text[file]); err != nil {
			return fmt.Errorf("write %s: %w", file, err)
		}
	}
	return nil
}

// printDiff prints the edits the way git does.
func (x *fixer) printDiff(w io.Writer) error {
	for _, file := range slices.Sorted(maps.Keys(x.text)) {
		d := diff.Diff(gitName("a/"+file), x.original[file], gitName("b/"+file), x.text[file])
		_, hunks, _ := strings.Cut(string(d), "\n") // without a line that git does not write
		if _, err := io.WriteString(w, hunks); err != nil {
			return err
		}
	}
	return nil
}

// gitName is a file's name as git writes it in a diff: in quotes when it would
// not be read back otherwise.
func gitName(name string) string {
	plain := true
	var b strings.Builder
	for i := range len(name) {
		switch c := name[i]; {
		case c == '"' || c == '\\':
			b.WriteString("\\" + string(c))
			plain = false
		case c < ' ' || c == 0x7f:
			fmt.Fprintf(&b, "\\%03o", c)
			plain = false
		default:
			b.WriteByte(c)
		}
	}
	switch {
	case !plain:
		return `"` + b.String() + `"`
	case strings.Contains(name, " "):
		return name + "\t" // ends the name
	}
	return name
}
