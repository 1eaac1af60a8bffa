package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/sekisho/sekisho/internal/model"
)

// ShowsNetwork tells whether a format shows the network maps of a result, or
// keeps them for one that does.
func ShowsNetwork(format string) bool {
	return format == "html" || format == "json" || format == "markdown"
}

// maxDrawn is how many groups a drawing shows. Beyond it groups are joined.
const maxDrawn = 40

// foldMap joins groups until a map can be drawn: first those that are equally
// open, then whole namespaces. ok is false when even that is too much. An edge
// of a joined group is one of some of its workloads.
func foldMap(m model.NetworkMap) (_ model.NetworkMap, joined, ok bool) {
	if len(m.Groups) <= maxDrawn {
		return m, false, true
	}
	alike := joinGroups(m, func(g model.NetworkGroup) string {
		return fmt.Sprint(g.Namespace, "\x00", g.HostNetwork, g.FromOutside, g.ToOutside, g.Ingress.Isolated, g.Egress.Isolated, len(g.Metadata))
	})
	if len(alike.Groups) > maxDrawn {
		alike = joinGroups(m, func(g model.NetworkGroup) string { return g.Namespace })
	}
	return alike, true, len(alike.Groups) <= maxDrawn
}

// joinGroups makes one group of those with the same key. It is as open as its
// most open member.
func joinGroups(m model.NetworkMap, key func(model.NetworkGroup) string) model.NetworkMap {
	out := m
	out.Groups, out.Edges = nil, nil
	at := map[string]int{}
	place := make([]int, len(m.Groups))
	for i, g := range m.Groups {
		k := key(g)
		j, ok := at[k]
		if !ok {
			at[k], place[i] = len(out.Groups), len(out.Groups)
			g.Workloads = slices.Clone(g.Workloads)
			out.Groups = append(out.Groups, g)
			continue
		}
		place[i] = j
		all := &out.Groups[j]
		all.Workloads = append(all.Workloads, g.Workloads...)
		all.HostNetwork = all.HostNetwork && g.HostNetwork
		all.FromOutside = all.FromOutside || g.FromOutside
		all.ToOutside = all.ToOutside || g.ToOutside
		all.Ingress.Isolated = all.Ingress.Isolated && g.Ingress.Isolated
		all.Egress.Isolated = all.Egress.Isolated && g.Egress.Isolated
		if len(all.Metadata) == 0 {
			all.Metadata = g.Metadata
		}
	}
	seen := map[[2]int]int{}
	for _, e := range m.Edges {
		e.From, e.To = place[e.From], place[e.To]
		k := [2]int{e.From, e.To}
		i, ok := seen[k]
		if !ok {
			seen[k] = len(out.Edges)
			out.Edges = append(out.Edges, e)
			continue
		}
		known := &out.Edges[i]
		if len(known.Ports) == 0 || len(e.Ports) == 0 {
			known.Ports = nil
			continue
		}
		known.Ports = slices.Compact(slices.Sorted(slices.Values(append(slices.Clone(known.Ports), e.Ports...))))
	}
	return out
}

// maxPlainArrows is how many arrows a reader can still follow. Beyond it those
// that other marks on a drawing already say are left out.
const maxPlainArrows = 12

// shownEdges are the edges to draw, and in words which are left out. What
// reaches itself needs no arrow.
func shownEdges(m model.NetworkMap) (shown []model.NetworkEdge, leftOut string) {
	reaches := map[[2]int]bool{}
	for _, e := range m.Edges {
		if e.From != e.To {
			shown = append(shown, e)
			reaches[[2]int{e.From, e.To}] = true
		}
	}
	drop := func(said func(model.NetworkEdge) bool, why string) {
		all := len(shown)
		if all <= maxPlainArrows {
			return
		}
		shown = slices.DeleteFunc(shown, said)
		if n := all - len(shown); n > 0 {
			leftOut = strings.TrimSpace(fmt.Sprintf("%s %s left out: %s.", leftOut, Plural(n, "arrow"), why))
		}
	}
	if openToAll(m, reaches) {
		drop(func(e model.NetworkEdge) bool { return m.Groups[e.From].ToOutside && m.Groups[e.To].FromOutside },
			"what may reach outside may also reach all that may be reached from outside")
	}
	drop(func(e model.NetworkEdge) bool { return unlimited(m, e) },
		"what no policy limits on the way out may reach all that no policy limits on the way in")
	return shown, leftOut
}

// openToAll tells whether each group that may reach public addresses reaches
// each group that public addresses reach. It need not be so: ports differ, and
// so do the networks that policies name.
func openToAll(m model.NetworkMap, reaches map[[2]int]bool) bool {
	for i, from := range m.Groups {
		for j, to := range m.Groups {
			if i != j && from.ToOutside && to.FromOutside && !reaches[[2]int{i, j}] {
				return false
			}
		}
	}
	return true
}

// unlimited tells whether no policy has a word about an edge.
func unlimited(m model.NetworkMap, e model.NetworkEdge) bool {
	return !m.Groups[e.From].Egress.Isolated && !m.Groups[e.To].Ingress.Isolated
}

// validMap tells whether a saved map fits together: a result can come from a
// file that somebody edited.
func validMap(m model.NetworkMap) bool {
	for _, e := range m.Edges {
		if min(e.From, e.To) < 0 || max(e.From, e.To) >= len(m.Groups) {
			return false
		}
	}
	namespaces := map[string]bool{}
	for _, ns := range m.Namespaces {
		namespaces[ns.Name] = true
	}
	return len(m.Groups) > 0 && !slices.ContainsFunc(m.Groups, func(g model.NetworkGroup) bool {
		return len(g.Workloads) == 0 || !namespaces[g.Namespace]
	})
}

// mapTitle names the render a map is of.
func mapTitle(m model.NetworkMap) string {
	switch {
	case m.Unit.Kind == model.Raw:
		return "raw manifests"
	case len(m.Unit.Variants) > 0 && m.Unit.Variants[0] != model.DefaultVariant:
		return m.Unit.Path + " with " + m.Unit.Variants[0]
	}
	return m.Unit.Path
}

// groupName lists the first workloads of a group: "api, web and 3 more".
func groupName(g model.NetworkGroup, most int) string {
	names := make([]string, len(g.Workloads))
	for i, w := range g.Workloads {
		_, names[i], _ = strings.Cut(w, " ")
		names[i] = cmp.Or(names[i], w)
	}
	return listed(names, most)
}

// listed joins the first names and counts the others.
func listed(names []string, most int) string {
	if len(names) > most {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
	}
	return strings.Join(names, ", ")
}

// maxMermaidEdges keeps well below 500, where Mermaid refuses, and where
// nobody sees anything any more.
const maxMermaidEdges = 200

// mermaid draws a map in the language of that name, which GitHub shows, and
// says which arrows are left out; empty for a map that is too large. A line can say nothing but what mermaidText
// lets pass, so it can stand in any fenced block.
func mermaid(m model.NetworkMap) (drawing, leftOut string) {
	if !validMap(m) || len(m.Groups) > maxDrawn {
		return "", ""
	}
	shown, leftOut := shownEdges(m)
	if len(shown) > maxMermaidEdges {
		return "", ""
	}
	var b strings.Builder
	b.WriteString("flowchart LR\n")
	var in, out, metadata []int
	for i, g := range m.Groups {
		if i == 0 || g.Namespace != m.Groups[i-1].Namespace {
			if i > 0 {
				b.WriteString("  end\n")
			}
			fmt.Fprintf(&b, "  subgraph n%d[\"namespace %s\"]\n", i, mermaidText(g.Namespace))
		}
		fmt.Fprintf(&b, "    g%d[\"%s\"]\n", i, mermaidText(groupName(g, 4)))
		if g.FromOutside {
			in = append(in, i)
		}
		if g.ToOutside {
			out = append(out, i)
		}
		if len(g.Metadata) > 0 {
			metadata = append(metadata, i)
		}
	}
	b.WriteString("  end\n")
	for _, e := range shown {
		switch {
		case len(e.Ports) > 0:
			fmt.Fprintf(&b, "  g%d -->|\"%s\"| g%d\n", e.From, mermaidText(listed(e.Ports, 4)), e.To)
		case unlimited(m, e):
			fmt.Fprintf(&b, "  g%d -.-> g%d\n", e.From, e.To)
		default:
			fmt.Fprintf(&b, "  g%d --> g%d\n", e.From, e.To)
		}
	}
	if len(in) > 0 {
		fmt.Fprintf(&b, "  from([\"from outside\"]) --> %s\n", mermaidIDs(in))
	}
	if len(out) > 0 {
		fmt.Fprintf(&b, "  %s --> to([\"to outside\"])\n", mermaidIDs(out))
	}
	if len(metadata) > 0 {
		fmt.Fprintf(&b, "  %s ==> metadata([\"instance metadata\"])\n", mermaidIDs(metadata))
	}
	return b.String(), leftOut
}

// mermaidIDs joins nodes for one row of arrows.
func mermaidIDs(groups []int) string {
	ids := make([]string, len(groups))
	for i, g := range groups {
		ids[i] = fmt.Sprintf("g%d", g)
	}
	return strings.Join(ids, " & ")
}

// mermaidText leaves of a text what names are made of.
func mermaidText(s string) string {
	s = strings.Map(func(r rune) rune {
		if 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || strings.ContainsRune(" .,/-_", r) {
			return r
		}
		return '?'
	}, s)
	return cmp.Or(strings.TrimSpace(s), "?")
}
