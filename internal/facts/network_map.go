package facts

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/sekisho/sekisho/internal/model"
)

// Bounds of a map. Asking who reaches whom takes quadratic time.
const (
	maxMapWorkloads = 300
	maxMapEdges     = 2000
	// maxMapComparisons is maxComparisons for a map: every two workloads are asked about.
	maxMapComparisons = 2 * maxComparisons
)

// Map is the network in the form that reports draw: workloads that nobody can
// tell apart by what policies do to them are one group. An open namespace of
// fifty workloads is one group that reaches itself, not 2,450 edges.
//
// An error says that this takes too many comparisons, or is the cause why the
// context of the network is done.
func (n *Network) Map() (m model.NetworkMap, err error) {
	if n.meter != nil {
		n.meter.comparisons, n.meter.bound = maxMapComparisons, maxMapComparisons
	}
	err = metered(func() { m = n.draw() })
	return m, err
}

func (n *Network) draw() model.NetworkMap {
	m := model.NetworkMap{Namespaces: []model.NetworkNamespace{}, Groups: []model.NetworkGroup{}, Edges: []model.NetworkEdge{}}
	for _, ns := range n.Namespaces {
		m.Namespaces = append(m.Namespaces, model.NetworkNamespace{
			Name: ns.Name, DefaultDenyIngress: ns.DefaultDeny.Ingress, DefaultDenyEgress: ns.DefaultDeny.Egress,
		})
	}
	bounded := *n
	if extra := len(n.Workloads) - maxMapWorkloads; extra > 0 {
		bounded.Workloads, m.OmittedWorkloads = n.Workloads[:maxMapWorkloads], extra
	}
	edges := bounded.Edges()
	members := alike(bounded.Workloads, edges)
	slices.SortStableFunc(members, func(a, b []int) int {
		return cmp.Compare(bounded.Workloads[a[0]].Namespace.Name, bounded.Workloads[b[0]].Namespace.Name)
	})
	groupOf := make([]int, len(bounded.Workloads))
	for i, group := range members {
		m.Groups = append(m.Groups, mapGroup(bounded.Workloads, group))
		for _, w := range group {
			groupOf[w] = i
		}
	}
	for _, e := range edges {
		from, to := groupOf[e.From], groupOf[e.To]
		// Members are alike, so the first speaks for all.
		if e.From != members[from][0] || e.To != members[to][0] {
			continue
		}
		m.Edges = append(m.Edges, model.NetworkEdge{From: from, To: to, Ports: mapPorts(e)})
	}
	slices.SortFunc(m.Edges, func(a, b model.NetworkEdge) int {
		return cmp.Or(cmp.Compare(a.From, b.From), cmp.Compare(a.To, b.To))
	})
	if extra := len(m.Edges) - maxMapEdges; extra > 0 {
		m.Edges, m.OmittedEdges = m.Edges[:maxMapEdges], extra
	}
	return m
}

// alike parts the workloads into classes of equals: same namespace, same
// policies, and the same edges to and from every workload, their own kind
// included. The classes come in the order of their first members.
func alike(workloads []*Workload, edges []Edge) [][]int {
	ways := make([]strings.Builder, len(workloads))
	for i, w := range workloads {
		fmt.Fprintf(&ways[i], "%q %v %v %v %v %v %v %v %v\n", w.Namespace.Name, w.HostNetwork, w.FromOutside, w.ToOutside,
			w.Ingress.Isolated, w.Ingress.Policies, w.Egress.Isolated, w.Egress.Policies, metadataOf(w))
	}
	for _, e := range edges {
		fmt.Fprintf(&ways[e.From], "to %d %q\n", e.To, mapPorts(e))
	}
	for _, e := range edges {
		fmt.Fprintf(&ways[e.To], "from %d %q\n", e.From, mapPorts(e))
	}
	var classes [][]int
	class := map[string]int{}
	for i := range workloads {
		key := ways[i].String()
		c, ok := class[key]
		if !ok {
			c = len(classes)
			class[key] = c
			classes = append(classes, nil)
		}
		classes[c] = append(classes[c], i)
	}
	return classes
}

func mapGroup(workloads []*Workload, members []int) model.NetworkGroup {
	first := workloads[members[0]]
	g := model.NetworkGroup{
		Namespace: first.Namespace.Name, HostNetwork: first.HostNetwork,
		FromOutside: first.FromOutside, ToOutside: first.ToOutside,
		Ingress: mapSide(first.Ingress), Egress: mapSide(first.Egress), Metadata: metadataOf(first),
	}
	for _, i := range members {
		g.Workloads = append(g.Workloads, workloads[i].ID.Kind+" "+workloads[i].ID.Name)
	}
	return g
}

func mapSide(s Isolation) model.NetworkSide {
	side := model.NetworkSide{Isolated: s.Isolated}
	for _, id := range s.Policies {
		name := id.Name
		if id.Namespace != "" {
			name = id.Namespace + "/" + name
		}
		side.Policies = append(side.Policies, id.Kind+" "+name)
	}
	return side
}

func metadataOf(w *Workload) []string {
	var addresses []string
	for _, o := range w.Metadata {
		addresses = append(addresses, o.Address.String())
	}
	return addresses
}

// mapPorts lists the open ports of an edge, none when any port is open.
func mapPorts(e Edge) []string {
	if e.Any {
		return nil
	}
	var ports []string
	for _, p := range e.Ports {
		ports = append(ports, fmt.Sprintf("%s %d", p.Protocol, p.Number))
	}
	slices.Sort(ports)
	return slices.Compact(ports)
}
