package facts

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sekisho/sekisho/internal/model"
)

// spellMap says a map in lines: groups, then edges.
func spellMap(m model.NetworkMap) string {
	var b strings.Builder
	for _, g := range m.Groups {
		fmt.Fprintf(&b, "%s: %s; isolated %v %v; outside %v %v; metadata %d\n", g.Namespace, strings.Join(g.Workloads, ", "),
			g.Ingress.Isolated, g.Egress.Isolated, g.FromOutside, g.ToOutside, len(g.Metadata))
	}
	for _, e := range m.Edges {
		fmt.Fprintf(&b, "%d to %d %s\n", e.From, e.To, strings.Join(e.Ports, " "))
	}
	return b.String()
}

// TestMapFolds: an open namespace is one group, one policy sets its workload
// apart, and what it is alike with depends on who may reach it.
func TestMapFolds(t *testing.T) {
	web := func(name string) string { return "---\n" + strings.ReplaceAll(pod, "api", name) }
	open := pod + web("web") + web("cache")
	for _, tt := range []struct{ name, objects, want string }{
		{"open", open, `shop: Pod api, Pod web, Pod cache; isolated false false; outside true true; metadata 2
0 to 0 
`},
		{"one door", open + `---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: api, namespace: shop}
spec:
  podSelector: {matchLabels: {app: api}}
  ingress: [{from: [{podSelector: {matchLabels: {app: web}}}], ports: [{port: 8080}]}]
`, `shop: Pod api; isolated true false; outside false true; metadata 2
shop: Pod web; isolated false false; outside true true; metadata 2
shop: Pod cache; isolated false false; outside true true; metadata 2
0 to 1 
0 to 2 
1 to 0 TCP 8080
1 to 1 
1 to 2 
2 to 1 
2 to 2 
`},
		{"no workloads", shop, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := draw(t, readNetwork(t, objectsOf(t, tt.objects), Options{}))
			if diff := cmp.Diff(tt.want, spellMap(got)); diff != "" {
				t.Errorf("want -, got +:\n%s", diff)
			}
		})
	}
}

// TestMapIsExact unfolds the map of random clusters: it says of every pair of
// workloads what Edges says.
func TestMapIsExact(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for seed := range 300 {
		n := readNetwork(t, randomCluster(r).objects(t), Options{})
		m := draw(t, n)
		want, got := map[string]string{}, map[string]string{}
		name := func(w *Workload) string { return w.Namespace.Name + " " + w.ID.Kind + " " + w.ID.Name }
		for _, e := range n.Edges() {
			want[name(n.Workloads[e.From])+" to "+name(n.Workloads[e.To])] = fmt.Sprint(mapPorts(e))
		}
		for _, e := range m.Edges {
			for _, from := range m.Groups[e.From].Workloads {
				for _, to := range m.Groups[e.To].Workloads {
					got[m.Groups[e.From].Namespace+" "+from+" to "+m.Groups[e.To].Namespace+" "+to] = fmt.Sprint(e.Ports)
				}
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("seed %d, want -, got +:\n%s", seed, diff)
		}
	}
}

// TestMapIsBounded: a render of very many workloads has a map all the same.
func TestMapIsBounded(t *testing.T) {
	var b strings.Builder
	for i := range maxMapWorkloads + 7 {
		fmt.Fprintf(&b, "---\n%s", strings.ReplaceAll(pod, "api", fmt.Sprintf("api-%d", i)))
	}
	m := draw(t, readNetwork(t, objectsOf(t, b.String()), Options{}))
	if m.OmittedWorkloads != 7 || len(m.Groups) != 1 || len(m.Groups[0].Workloads) != maxMapWorkloads {
		t.Errorf("%d groups, %d workloads left out", len(m.Groups), m.OmittedWorkloads)
	}
}
