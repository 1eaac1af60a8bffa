package report

import (
	"fmt"
	"slices"
	"testing"

	"github.com/sekisho/sekisho/internal/model"
)

// mesh is a map of n groups in several namespaces, in which everybody reaches
// everybody.
func mesh(n, namespaces int) model.NetworkMap {
	var m model.NetworkMap
	for i := range namespaces {
		m.Namespaces = append(m.Namespaces, model.NetworkNamespace{Name: fmt.Sprintf("ns-%02d", i)})
	}
	for i := range n {
		m.Groups = append(m.Groups, model.NetworkGroup{
			Namespace: m.Namespaces[i*namespaces/n].Name, Workloads: []string{fmt.Sprintf("Deployment app-%d", i)},
			Ingress: model.NetworkSide{Isolated: i%2 == 0}, FromOutside: i%3 == 0, ToOutside: true, Metadata: []string{"169.254.169.254"},
		})
		for j := range n {
			m.Edges = append(m.Edges, model.NetworkEdge{From: i, To: j})
		}
	}
	slices.SortFunc(m.Edges, func(a, b model.NetworkEdge) int { return a.From*n + a.To - b.From*n - b.To })
	return m
}

// TestDrawingKeepsApart: cards lie in the box of their namespace, inside the
// drawing, and none on another.
func TestDrawingKeepsApart(t *testing.T) {
	for _, tt := range []struct{ groups, namespaces int }{{1, 1}, {3, 1}, {8, 2}, {40, 1}, {40, 7}, {90, 3}, {400, 40}} {
		m := mesh(tt.groups, tt.namespaces)
		d, ok := draw(m)
		if !ok {
			t.Errorf("%v is not drawn", tt)
			continue
		}
		if d.Joined != (tt.groups > maxDrawn) {
			t.Errorf("%v: joined %v", tt, d.Joined)
		}
		for i, a := range d.Cards {
			if a.W <= 0 || a.X < 0 || a.Y < 0 || a.X+a.W > d.Width || a.Y+a.H > d.Height {
				t.Errorf("%v: card %d lies outside: %+v of %d×%d", tt, i, a, d.Width, d.Height)
			}
			for j, b := range d.Cards[:i] {
				if a.X < b.X+b.W && b.X < a.X+a.W && a.Y < b.Y+b.H && b.Y < a.Y+a.H {
					t.Errorf("%v: cards %d and %d overlap", tt, i, j)
				}
			}
			inside := slices.ContainsFunc(d.Boxes, func(b drawnBox) bool {
				return b.X <= a.X && b.Y <= a.Y && a.X+a.W <= b.X+b.W && a.Y+a.H <= b.Y+b.H
			})
			if inside != a.Walled() {
				t.Errorf("%v: card %d in a namespace: %v", tt, i, inside)
			}
		}
	}
	if _, ok := draw(mesh(60, 60)); ok {
		t.Error("60 namespaces are drawn")
	}
}

// TestJoinedIsHonest: a joined card is as open as its most open workload.
func TestJoinedIsHonest(t *testing.T) {
	m := mesh(90, 30)
	folded, joined, ok := foldMap(m)
	if !joined || !ok || len(folded.Groups) != 30 {
		t.Fatalf("%d groups, joined %v, ok %v", len(folded.Groups), joined, ok)
	}
	workloads := 0
	for _, g := range folded.Groups {
		workloads += len(g.Workloads)
		if g.Ingress.Isolated {
			t.Errorf("%v hides an open workload", g.Workloads)
		}
	}
	if workloads != 90 || len(m.Groups) != 90 || len(m.Groups[0].Workloads) != 1 {
		t.Errorf("%d workloads; the map itself has %d groups", workloads, len(m.Groups))
	}
}

// TestMapFromElsewhere: a saved result may hold anything.
func TestMapFromElsewhere(t *testing.T) {
	good := mesh(3, 1)
	for name, spoil := range map[string]func(*model.NetworkMap){
		"edge to nowhere":      func(m *model.NetworkMap) { m.Edges[0].To = 9 },
		"negative edge":        func(m *model.NetworkMap) { m.Edges[0].From = -1 },
		"group of nothing":     func(m *model.NetworkMap) { m.Groups[1].Workloads = nil },
		"namespace not listed": func(m *model.NetworkMap) { m.Groups[1].Namespace = "x" },
		"no groups":            func(m *model.NetworkMap) { m.Groups, m.Edges = nil, nil },
	} {
		m := good
		m.Groups, m.Edges = slices.Clone(good.Groups), slices.Clone(good.Edges)
		spoil(&m)
		if drawn, _ := mermaid(m); drawn != "" || len(pageMaps(&model.Result{Network: []model.NetworkMap{m}})) != 0 {
			t.Errorf("%s: drawn", name)
		}
	}
}

func TestMermaid(t *testing.T) {
	m := mesh(3, 2)
	m.Groups[1].Workloads = []string{"Deployment a\"]\n::x::", "Deployment b", "Deployment c", "Deployment d", "Deployment e"}
	m.Groups[1].Egress.Isolated = true
	m.Edges = []model.NetworkEdge{{From: 0, To: 1}, {From: 1, To: 0, Ports: []string{"TCP 1", "UDP 53"}}, {From: 1, To: 1}, {From: 2, To: 0}}
	want := `flowchart LR
  subgraph n0["namespace ns-00"]
    g0["app-0"]
    g1["a?????x??, b, c, d and 1 more"]
  end
  subgraph n2["namespace ns-01"]
    g2["app-2"]
  end
  g0 -.-> g1
  g1 -->|"TCP 1, UDP 53"| g0
  g2 --> g0
  from(["from outside"]) --> g0
  g0 & g1 & g2 --> to(["to outside"])
  g0 & g1 & g2 ==> metadata(["instance metadata"])
`
	if got, leftOut := mermaid(m); got != want || leftOut != "" {
		t.Errorf("got\n%s", got)
	}
	for _, tt := range []struct {
		groups int
		drawn  bool
	}{{maxDrawn + 1, false}, {maxDrawn, false}, {16, true}} { // of 40 groups there are very many arrows
		if got, _ := mermaid(mesh(tt.groups, 2)); (got != "") != tt.drawn {
			t.Errorf("a map of %d groups: drawn %v", tt.groups, got != "")
		}
	}
}

// TestArrowsLeftOut: of many arrows those go that the others say, and only
// when it is true.
func TestArrowsLeftOut(t *testing.T) {
	open := func(m model.NetworkMap) model.NetworkMap {
		for i := range m.Groups {
			m.Groups[i].FromOutside, m.Groups[i].Ingress.Isolated, m.Groups[i].Egress.Isolated = true, true, true
		}
		return m
	}
	all, lacking := open(mesh(5, 1)), open(mesh(5, 1))
	lacking.Edges = slices.DeleteFunc(lacking.Edges, func(e model.NetworkEdge) bool { return e.From == 1 && e.To == 2 })
	unlimited := mesh(5, 1)
	for i := range unlimited.Groups {
		unlimited.Groups[i].Ingress.Isolated, unlimited.Groups[i].FromOutside = false, false
	}
	for _, tt := range []struct {
		name  string
		m     model.NetworkMap
		shown int
		says  string
	}{
		{"few", mesh(3, 1), 6, ""},
		{"open to the outside", all, 0, "20 arrows left out: what may reach outside may also reach all that may be reached from outside."},
		{"one lacks", lacking, 19, ""},
		{"no policies", unlimited, 0, "20 arrows left out: what no policy limits on the way out may reach all that no policy limits on the way in."},
	} {
		if shown, leftOut := shownEdges(tt.m); len(shown) != tt.shown || leftOut != tt.says {
			t.Errorf("%s: %d arrows, %q", tt.name, len(shown), leftOut)
		}
	}
}
