package facts

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"

	"k8s.io/apimachinery/pkg/labels"

	"github.com/sekisho/sekisho/internal/model"
)

// Who selects whom is a question about every policy and every workload. It is
// asked once for all workloads that no policy can tell apart, once for all
// policies that say the same, and only of those that have a label the policy
// asks for.

// A cohort is the workloads that are equal in all that policies look at.
type cohort struct {
	first   *Workload
	members []*Workload
	facts   map[string]any // workloadFacts, once they were asked for
}

// labelPair is a label with its value.
type labelPair struct{ key, value string }

// cohorts are those of a render, in the order of their first members, and the
// same by label and by namespace.
type cohorts struct {
	all      []*cohort
	carrying map[labelPair][]*cohort
	within   map[string][]*cohort
	keys     map[string]map[string]bool // by namespace: the keys of the labels there
}

func cohortsOf(workloads []*Workload) cohorts {
	cs := cohorts{carrying: map[labelPair][]*cohort{}, within: map[string][]*cohort{}, keys: map[string]map[string]bool{}}
	known := map[string]*cohort{}
	for _, w := range workloads {
		key := fmt.Sprintf("%q %q %v %q %#v", w.Namespace.Name, w.ServiceAccount, w.HostNetwork, w.Labels, w.Ports)
		c := known[key]
		if c == nil {
			c = &cohort{first: w}
			known[key] = c
			cs.all = append(cs.all, c)
			name := w.Namespace.Name
			cs.within[name] = append(cs.within[name], c)
			if cs.keys[name] == nil {
				cs.keys[name] = map[string]bool{}
			}
			for k, v := range w.Labels {
				cs.carrying[labelPair{k, v}] = append(cs.carrying[labelPair{k, v}], c)
				cs.keys[name][k] = true
			}
		}
		w.cohort = c
		c.members = append(c.members, w)
	}
	return cs
}

// near are the cohorts among which those of a namespace ("" is any) with a
// label (nil is none) are.
func (cs *cohorts) near(namespace string, label *labelPair) []*cohort {
	near := cs.all
	if namespace != "" {
		near = cs.within[namespace]
	}
	if label != nil && len(cs.carrying[*label]) < len(near) {
		near = cs.carrying[*label]
	}
	return near
}

// neededLabel is a label that everything a selector matches has, nil when there
// is none. The keys that plain rejects are no labels of the pod.
func neededLabel(s labels.Selector, plain func(key string) bool) *labelPair {
	requirements, _ := s.Requirements()
	for _, r := range requirements {
		if values := r.ValuesUnsorted(); len(values) == 1 && plain(r.Key()) {
			switch r.Operator() {
			case "=", "==", "in":
				return &labelPair{r.Key(), values[0]}
			}
		}
	}
	return nil
}

func anyKey(string) bool { return true }

// weightOf is how many comparisons a selector may need.
func weightOf(selectors ...labels.Selector) int {
	weight := 0
	for _, s := range selectors {
		if s == nil {
			continue
		}
		requirements, _ := s.Requirements()
		for _, r := range requirements {
			weight += 1 + len(r.ValuesUnsorted())/8
		}
	}
	return weight
}

// A statement is what one object says about the network, or several equal ones.
type statement struct {
	sections []*policy // one object may hold several; of the first member
	members  []member  // with distinct IDs, in the order of the render
	named    map[model.ObjectID]bool
	facts    map[string]any // policyFacts, once they were asked for
}

// member is an object with its place in the render.
type member struct {
	object *model.Object
	place  int
}

// state finds or reads what an object says; nil when it is no policy.
func state(said map[string]*statement, o *model.Object, place int, home string) *statement {
	if !isPolicy(o.ID) {
		return nil
	}
	text, err := json.Marshal([]any{o.ID.APIVersion, o.ID.Kind, o.ID.Namespace, o.Value["spec"], o.Value["specs"]})
	key := string(text)
	if err != nil { // infinity and the like have no JSON
		key = fmt.Sprint(place)
	}
	st := said[key]
	if st == nil {
		sections := readPolicies(o, home)
		if sections == nil {
			return nil
		}
		st = &statement{sections: sections, named: map[model.ObjectID]bool{}}
		for _, p := range sections {
			p.statement = st
		}
		said[key] = st
	}
	if !st.named[o.ID] {
		st.named[o.ID] = true
		st.members = append(st.members, member{o, place})
	}
	return st
}

// listed are the objects that hold policies, in the order they are asked: the
// first maxListed of them.
func (w *Workload) listed(policies []*policy) []model.ObjectID {
	type entry struct {
		rank int
		member
	}
	var entries []entry
	for _, p := range policies {
		members := p.statement.members
		members = members[:min(len(members), maxListed)]
		w.meter.compare(len(members))
		for _, m := range members {
			entries = append(entries, entry{p.rank, m})
		}
	}
	slices.SortStableFunc(entries, func(a, b entry) int { return cmp.Or(cmp.Compare(a.rank, b.rank), cmp.Compare(a.place, b.place)) })
	var ids []model.ObjectID
	named := map[model.ObjectID]bool{} // one object makes several policies
	for _, e := range entries {
		if len(ids) == maxListed {
			break
		}
		if !named[e.object.ID] {
			named[e.object.ID] = true
			ids = append(ids, e.object.ID)
		}
	}
	return ids
}
