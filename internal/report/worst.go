package report

import (
	"cmp"
	"slices"

	"github.com/sekisho/sekisho/internal/model"
)

// WorstFirst lists the findings that count, the worst first. Among those of one
// severity the ones on changed lines come first, as hosts show nothing outside
// of the diff; then what a rule's security severity says is worse.
func WorstFirst(r *model.Result) []*model.Finding {
	var out []*model.Finding
	for i := range r.Findings {
		if r.Findings[i].Suppressed == nil {
			out = append(out, &r.Findings[i])
		}
	}
	score := map[string]float64{}
	for i := range r.Rules {
		score[r.Rules[i].ID] = r.Rules[i].SecuritySeverity
	}
	slices.SortStableFunc(out, func(a, b *model.Finding) int {
		return cmp.Or(
			cmp.Compare(a.Severity.Rank(), b.Severity.Rank()),
			btoi(a.Changed == nil)-btoi(b.Changed == nil),
			cmp.Compare(score[b.Rule], score[a.Rule]),
		)
	})
	return out
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// place is where a finding is shown to somebody who looks at a change: the
// first line of its chain that the change touches, else its location.
func place(f *model.Finding) model.Location {
	if f.Changed != nil {
		return *f.Changed
	}
	return f.Location
}

// budget counts what a host still shows of each kind of command.
type budget map[string]int

// take uses up one of a kind and tells whether it was there.
func (b budget) take(kind string) bool {
	if b[kind] == 0 {
		return false
	}
	b[kind]--
	return true
}
