package cli

import (
	"cmp"
	"slices"
	"strings"

	"github.com/sekisho/sekisho/internal/model"
)

// compareFindings is the one order of findings: place, rule, message, and what
// else keeps it total.
func compareFindings(a, b *model.Finding) int {
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
		cmp.Compare(a.Unit.Kind.Rank(), b.Unit.Kind.Rank()),
		strings.Compare(a.Object.APIVersion, b.Object.APIVersion),
	)
}

// mergeCauses sorts the findings and makes one of those that a single source
// line caused: containers made by one loop, objects of any kind made by one
// helper, a base that several overlays use, probes that print one values key.
// The first in order stays, the others become its Also. What was accepted does
// not take along what was not.
//
// Findings that are merged already are taken apart first, so that the parts of
// a result give the result: mergeCauses(mergeCauses(a) + mergeCauses(b)) is
// mergeCauses(a + b). A finding that is given twice is one.
func mergeCauses(findings []model.Finding) []model.Finding {
	type one struct {
		finding model.Finding // without its Also; of an Also what is known
		cause   causeKey
	}
	var all []one
	for _, f := range findings {
		cause, also := causeOf(&f), f.Also
		f.Also = nil
		all = append(all, one{f, cause})
		for _, o := range also {
			part := f
			part.Object, part.Path, part.Message = o.Object, o.Path, o.Message
			if o.Unit != nil {
				part.Unit = *o.Unit
			}
			all = append(all, one{part, cause})
		}
	}
	// Of the findings of a cause the first is never an Also.
	slices.SortStableFunc(all, func(a, b one) int { return compareFindings(&a.finding, &b.finding) })
	out := make([]model.Finding, 0, len(findings))
	first := map[causeKey]int{}
	var last one
	for n, next := range all {
		f := next.finding
		repeated := n > 0 && last.cause == next.cause && compareFindings(&last.finding, &f) == 0
		last = next
		if repeated {
			continue
		}
		if f.Location.Precision != model.File {
			if i, ok := first[next.cause]; ok {
				also := model.Occurrence{Object: f.Object, Path: f.Path, Message: f.Message}
				if !sameUnit(f.Unit, out[i].Unit) {
					also.Unit = &f.Unit
				}
				out[i].Also = append(out[i].Also, also)
				continue
			}
			first[next.cause] = len(out)
		}
		out = append(out, f)
	}
	return out
}

// sameUnit tells whether two findings show in the same renderings.
func sameUnit(a, b model.UnitRef) bool {
	return a.Kind == b.Kind && a.Path == b.Path && slices.Equal(a.Variants, b.Variants)
}

// causeKey is what findings of one cause have in common.
type causeKey struct {
	rule         string
	severity     model.Severity
	file         string
	line, column int
	path         string
	accepted     model.Suppression // by a comment or an exception; a baseline accepts causes
}

// causeOf is the cause of a finding: its rule at its place. Lines of a template
// or a manifest can print several fields, so those have to be the same field of
// whatever they print; a values key that stands on one line is one cause.
func causeOf(f *model.Finding) causeKey {
	at := f.Location
	key := causeKey{rule: f.Rule, severity: f.Severity, file: at.File, line: at.StartLine, column: at.StartColumn}
	if at.Role != model.RoleValue || at.Precision != model.Exact || at.StartLine != at.EndLine {
		key.path = wildcards(f.Path)
	}
	if f.Suppressed != nil && f.Suppressed.Kind != baselineKind {
		key.accepted = *f.Suppressed
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
// in, and sorts them by place. The first unit in order stands for all.
func mergeFailures(failures []model.Failure) []model.Failure {
	type key struct {
		file, message string
		line          int
		kind          model.Kind
		path          string
	}
	failures = slices.Clone(failures)
	slices.SortStableFunc(failures, func(a, b model.Failure) int {
		return cmp.Or(
			strings.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), strings.Compare(a.Message, b.Message),
			compareUnits(a.Unit, b.Unit),
		)
	})
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
		if f.Unit == nil || out[i].Unit == nil || compareUnits(f.Unit, out[i].Unit) != 0 {
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
	return out
}

// compareUnits is the order in which units are found, whatever their variants:
// charts, kustomizations, manifests, Dockerfiles, each by path. What is of no
// unit comes first.
func compareUnits(a, b *model.UnitRef) int {
	switch {
	case a == nil && b == nil:
		return 0
	case a == nil:
		return -1
	case b == nil:
		return 1
	}
	return cmp.Or(cmp.Compare(a.Kind.Rank(), b.Kind.Rank()), strings.Compare(a.Path, b.Path))
}
