package cli

import (
	"cmp"
	"slices"
	"strings"

	"github.com/sekisho/sekisho/internal/model"
)

// sortFindings is the one order of findings: place, rule, message, and what
// else keeps it total.
func sortFindings(findings []model.Finding) {
	slices.SortStableFunc(findings, func(a, b model.Finding) int {
		return cmp.Or(
			strings.Compare(a.Location.File, b.Location.File),
			cmp.Compare(a.Location.StartLine, b.Location.StartLine),
			cmp.Compare(a.Location.StartColumn, b.Location.StartColumn),
			strings.Compare(a.Rule, b.Rule),
			strings.Compare(a.Message, b.Message),
			strings.Compare(a.Unit.Path, b.Unit.Path),
			strings.Compare(a.Object.Namespace, b.Object.Namespace),
			strings.Compare(a.Object.Kind, b.Object.Kind),
			strings.Compare(a.Object.Name, b.Object.Name),
			strings.Compare(a.Path.String(), b.Path.String()),
		)
	})
}

// mergeCauses sorts the findings and makes one of those that a single source
// line caused: containers made by one loop, objects of any kind made by one
// helper, a base that several overlays use, probes that print one values key.
// The first in order stays, the others become its Also.
func mergeCauses(findings []model.Finding) []model.Finding {
	sortFindings(findings)
	out := make([]model.Finding, 0, len(findings))
	first := map[causeKey]int{}
	for _, f := range findings {
		if f.Location.Precision != model.File {
			key := causeOf(f)
			if i, ok := first[key]; ok {
				also := model.Occurrence{Object: f.Object, Path: f.Path, Message: f.Message}
				if f.Unit.Path != out[i].Unit.Path {
					unit := f.Unit
					also.Unit = &unit
				}
				out[i].Also = append(out[i].Also, also)
				continue
			}
			first[key] = len(out)
		}
		out = append(out, f)
	}
	return out
}

// causeKey is what findings of one cause have in common.
type causeKey struct {
	rule         string
	severity     model.Severity
	file         string
	line, column int
	path         string
}

// causeOf is the cause of a finding: its rule at its place. Lines of a template
// or a manifest can print several fields, so those have to be the same field of
// whatever they print; a values key that stands on one line is one cause.
func causeOf(f model.Finding) causeKey {
	at := f.Location
	key := causeKey{rule: f.Rule, severity: f.Severity, file: at.File, line: at.StartLine, column: at.StartColumn}
	if at.Role != model.RoleValue || at.Precision != model.Exact || at.StartLine != at.EndLine {
		key.path = wildcards(f.Path)
	}
	return key
}

// wildcards prints a path with every index as [*], and a pod's path in the
// same way for all workload kinds.
func wildcards(p model.Path) string {
	w := make(model.Path, len(p))
	for i, e := range p {
		if _, isIndex := e.(int); isIndex {
			e = "*"
		}
		w[i] = e
	}
	s := w.String()
	for _, pod := range []string{"spec.jobTemplate.spec.template.", "spec.template."} {
		if inPod, ok := strings.CutPrefix(s, pod); ok {
			return inPod
		}
	}
	return s
}

// mergeFailures makes one of equal failures, listing the variants they showed
// in, and sorts them by place.
func mergeFailures(failures []model.Failure) []model.Failure {
	type key struct {
		file, message string
		line          int
		kind          model.Kind
		path          string
	}
	out := make([]model.Failure, 0, len(failures))
	at := map[key]int{}
	for _, f := range failures {
		k := key{file: f.File, message: f.Message, line: f.Line}
		// The same mistake in a file that several units read is said once.
		if f.Unit != nil && f.File == "" {
			k.kind, k.path = f.Unit.Kind, f.Unit.Path
		}
		i, ok := at[k]
		if !ok {
			at[k] = len(out)
			out = append(out, f)
			continue
		}
		if f.Unit == nil || out[i].Unit == nil || f.Unit.Path != out[i].Unit.Path {
			continue
		}
		merged := *out[i].Unit
		for _, v := range f.Unit.Variants {
			if !slices.Contains(merged.Variants, v) {
				merged.Variants = append(slices.Clone(merged.Variants), v)
			}
		}
		out[i].Unit = &merged
	}
	slices.SortStableFunc(out, func(a, b model.Failure) int {
		return cmp.Or(strings.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), strings.Compare(a.Message, b.Message))
	})
	return out
}
