package facts

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"math"
	"net/netip"
	"slices"
	"strings"

	"github.com/sekisho/sekisho/internal/model"
)

// Network is who may talk to whom in one render: every pod template as a
// workload, with the policies that reach it, under the meaning that Kubernetes
// gives them (https://kubernetes.io/docs/concepts/services-networking/network-policies/).
// Cilium, Calico and admin policies are read into the same form; where their
// languages say more than "this pod, this direction, this peer, this port",
// the rest (HTTP rules, DNS names, host endpoints) is left out.
//
// Rules see it as input.facts.network, with the keys given at
// [Network.workloadFacts], [Network.policyFacts] and [Network.namespaceFacts].
type Network struct {
	Namespaces []*Namespace // sorted by name
	Workloads  []*Workload  // in the order of the objects

	home     string // the namespace of objects that name none
	policies []*policy
	objects  map[*model.Object]any // *Workload, *Namespace or *statement
	cohorts  cohorts
	makers   map[string]bool // namespaces in which a custom resource may make pods
	partial  bool            // Options.Incomplete
	meter    *meter
}

// Namespace is a namespace that the render defines or merely uses.
type Namespace struct {
	Name    string
	Labels  map[string]string // with kubernetes.io/metadata.name, which the API server adds
	Defined bool              // a Namespace object of the render; otherwise its further labels are unknown

	// DefaultDeny says that a policy isolates every pod, whatever its labels.
	DefaultDeny struct{ Ingress, Egress bool }
}

// Workload is a pod template. All its pods share its labels, so a workload
// stands for each of them.
type Workload struct {
	ID             model.ObjectID
	Namespace      *Namespace
	Labels         map[string]string
	ServiceAccount string
	Ports          []Port
	// HostNetwork pods use the node's addresses: Kubernetes leaves open what
	// policies do to them, and the common network plugins let them be.
	HostNetwork bool

	Ingress, Egress Isolation
	// Metadata lists the ways to the cloud's instance metadata, at most one
	// for each address; none when policies close them all.
	Metadata []Opening
	// FromOutside and ToOutside say whether policies let connections pass
	// from and to a public address.
	FromOutside, ToOutside bool

	place  int // in Network.Workloads
	cohort *cohort
	meter  *meter
}

// Isolation is what policies do to one direction of a workload's traffic.
type Isolation struct {
	// Isolated: what no rule allows is denied.
	Isolated bool
	// Policies that select the workload for this direction, as objects.
	Policies []model.ObjectID

	policies []*policy // in the order they are asked
}

// Port is a port that a container declares.
type Port struct {
	Name     string
	Number   int
	Protocol string // TCP, UDP or SCTP
}

// Opening is a way out of a workload to an address.
type Opening struct {
	Address netip.Addr
	Reason  string // no-policy, rule or host-network
	// The rule that allows it, when that is the reason: the policy, the path
	// of the peer (or of the rule when it has no peers) and what it allows,
	// such as "0.0.0.0/0" or "every destination".
	Policy *model.ObjectID
	Path   model.Path
	Allows string
}

// Edge says that the pods of one workload may open connections to another's.
type Edge struct {
	From, To int    // indices of Network.Workloads
	Ports    []Port // declared ports that are open; all of them when Any
	Any      bool   // a TCP port that nobody declares is open too
}

// The endpoints where clouds hand out a node's identity, by HTTP on port 80:
// https://learn.microsoft.com/azure/virtual-machines/instance-metadata-service
// (AWS and GCP share the address) and, for IPv6,
// https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instancedata-data-retrieval.html.
var metadataAddresses = []netip.Addr{netip.MustParseAddr("169.254.169.254"), netip.MustParseAddr("fd00:ec2::254")}

// outsideAddress stands for the internet; it is reserved for documentation (RFC 5737).
var outsideAddress = netip.MustParseAddr("203.0.113.7")

// A direction indexes what a policy says about the two ways of traffic.
type direction int

const (
	ingress direction = iota
	egress
)

func (d direction) String() string { return [...]string{"ingress", "egress"}[d] }

type action int

const (
	allow action = iota
	deny
	pass // to the next tier
)

// Tiers are asked in this order. Calico's own tiers lie between admin and
// plain, see calicoTier.
const (
	tierAdmin    = -math.MaxFloat64
	tierPlain    = 0.0
	tierBaseline = math.MaxFloat64
)

// A policy is one object's word, or one of its sections', in the form all the
// policy languages share. Within a tier policies are asked in order; the first
// rule that matches decides. When none does and a policy of the tier isolates,
// the answer is no.
type policy struct {
	object    *model.Object // the first that says this
	statement *statement
	namespace string // "" when cluster-wide
	tier      float64
	order     float64
	subject   podMatch
	needs     *labelPair // a label that all the subject's pods have; nil when none is known
	weight    int        // of asking the subject, in comparisons; see weightOf
	selected  []*cohort  // the subject's workloads
	selector  model.Path // of the subject's selector, for findings
	everyPod  bool       // the subject is every pod of the namespace, or of the cluster
	isolates  [2]bool
	rules     [2][]rule
	dns       *bool // asksDNS, once it was asked
	place     int   // among all policies, in the order they are asked
	rank      int   // place of the first with the same tier and order
}

// podMatch decides about pods by their namespace, labels and service account.
type podMatch func(*Workload) bool

// A rule lets peers × ports pass, or not.
type rule struct {
	path   model.Path
	action action
	peers  []peer // nil is everyone
	ports  []portRange
	// allPorts says that ports does not limit. It is not the same as an empty
	// list: a range that could not be read allows nothing.
	allPorts bool
}

// A peer is one alternative of a rule's far side: pods, or addresses.
type peer struct {
	path  model.Path
	what  string // how a message calls it
	pods  podMatch
	block netip.Prefix
	// except is taken out of block.
	except []netip.Prefix
	// everyone and everyPod are the peers an open rule names: all addresses,
	// all pods of all namespaces.
	everyone, everyPod bool
	// ownNamespace: only pods of the policy's namespace can match.
	ownNamespace bool
	weight       int // of asking pods and block, in comparisons
	// selects says how well the render knows the pods meant; see unmatchedPeers.
	selectors *peerSelectors
}

// portRange is a range of numbers, or a name that the receiving pod resolves.
type portRange struct {
	protocol string // "" is any
	from, to int
	name     string
}

// endpoint is the far side of a connection: a workload or an address.
type endpoint struct {
	pod     *Workload
	address netip.Addr
}

// NetworkOf reads the network of one render. The errors are those of [Network.Map].
func NetworkOf(ctx context.Context, objects []model.Object, opts Options) (*Network, error) {
	views := make([]model.View, len(objects))
	for i := range objects {
		views[i].Object = &objects[i]
		addPod(&views[i])
	}
	var n *Network
	err := metered(func() { n = networkOf(views, opts, newMeter(ctx)) })
	return n, err
}

func networkOf(views []model.View, opts Options, m *meter) *Network {
	home := cmp.Or(opts.Namespace, "default")
	n := &Network{home: home, objects: map[*model.Object]any{}, makers: map[string]bool{}, partial: opts.Incomplete, meter: m}

	namespaces := map[string]*Namespace{}
	namespace := func(name string) *Namespace {
		name = cmp.Or(name, home)
		ns := namespaces[name]
		if ns == nil {
			ns = &Namespace{Name: name, Labels: map[string]string{"kubernetes.io/metadata.name": name}}
			namespaces[name] = ns
		}
		return ns
	}
	for _, v := range views {
		id := v.Object.ID
		switch {
		case id.Kind == "Namespace" && id.APIVersion == "v1":
			ns := namespace(id.Name)
			ns.Defined = true
			for k, label := range stringMap(fieldAt(v.Object.Value, "metadata", "labels")) {
				if k != "kubernetes.io/metadata.name" {
					ns.Labels[k] = label
				}
			}
			n.objects[v.Object] = ns
		case mayMakePods(id):
			n.makers[cmp.Or(textAt(v.Object.Value, "spec", "targetNamespace"), id.Namespace, home)] = true // Flux names another namespace in its spec
		}
	}
	said := map[string]*statement{}
	for i := range views {
		v := &views[i]
		m.step(16)
		if v.Pod != nil {
			w := newWorkload(v, namespace(v.Object.ID.Namespace))
			w.meter, w.place = m, len(n.Workloads)
			n.Workloads = append(n.Workloads, w)
			n.objects[v.Object] = w
		}
		if st := state(said, v.Object, i, home); st != nil {
			n.objects[v.Object] = st
			if st.members[0].object != v.Object {
				continue
			}
			for _, p := range st.sections {
				if p.namespace != "" {
					namespace(p.namespace)
				}
			}
			n.policies = append(n.policies, st.sections...)
		}
	}
	for _, ns := range namespaces {
		n.Namespaces = append(n.Namespaces, ns)
	}
	slices.SortFunc(n.Namespaces, func(a, b *Namespace) int { return cmp.Compare(a.Name, b.Name) })

	asked := slices.Clone(n.policies)
	slices.SortStableFunc(asked, func(a, b *policy) int {
		return cmp.Or(cmp.Compare(a.tier, b.tier), cmp.Compare(a.order, b.order))
	})
	n.cohorts = cohortsOf(n.Workloads)
	for i, p := range asked {
		p.place, p.rank = i, i
		if i > 0 && cmp.Compare(asked[i-1].tier, p.tier) == 0 && cmp.Compare(asked[i-1].order, p.order) == 0 {
			p.rank = asked[i-1].rank
		}
		n.selectPods(p)
	}
	for _, c := range n.cohorts.all {
		c.first.judge()
		for _, w := range c.members[1:] {
			w.Ingress, w.Egress, w.Metadata = c.first.Ingress, c.first.Egress, c.first.Metadata
			w.FromOutside, w.ToOutside = c.first.FromOutside, c.first.ToOutside
		}
	}
	everyPod := map[string][]*policy{}
	for _, p := range asked {
		if p.everyPod {
			everyPod[p.namespace] = append(everyPod[p.namespace], p)
		}
	}
	for _, ns := range n.Namespaces {
		ns.DefaultDeny.Ingress = n.deniesByDefault(everyPod, ns, ingress)
		ns.DefaultDeny.Egress = n.deniesByDefault(everyPod, ns, egress)
	}
	return n
}

// selectPods notes which workloads a policy is about.
func (n *Network) selectPods(p *policy) {
	n.meter.turn(p.object)
	for _, c := range n.cohorts.near(p.namespace, p.needs) {
		n.meter.compare(1 + p.weight)
		w := c.first
		if !p.covers(w.Namespace) || !p.subject(w) {
			continue
		}
		n.meter.compare(keptComparisons)
		p.selected = append(p.selected, c)
		if w.HostNetwork {
			continue
		}
		for _, d := range []direction{ingress, egress} {
			if p.isolates[d] || len(p.rules[d]) > 0 {
				side := w.side(d)
				side.policies = append(side.policies, p)
				side.Isolated = side.Isolated || p.isolates[d]
			}
		}
	}
}

// keptComparisons is what it counts to remember that a policy selects a
// workload: some 30 bytes.
const keptComparisons = 10

func newWorkload(v *model.View, ns *Namespace) *Workload {
	w := &Workload{
		ID:        v.Object.ID,
		Namespace: ns,
		Labels:    stringMap(fieldAt(v.Pod.Meta, "labels")),
	}
	if w.ID.Kind == "Job" { // its controller adds these
		w.Labels["job-name"], w.Labels["batch.kubernetes.io/job-name"] = w.ID.Name, w.ID.Name
	}
	w.HostNetwork, _ = v.Pod.Spec["hostNetwork"].(bool)
	w.ServiceAccount = cmp.Or(textAt(v.Pod.Spec, "serviceAccountName"), textAt(v.Pod.Spec, "serviceAccount"), "default")
	for _, c := range v.Containers {
		// The ports of an init container count only while it stays beside the
		// others, as a sidecar.
		if c.Type == model.ContainerInit && textAt(c.Value, "restartPolicy") != "Always" {
			continue
		}
		for _, p := range listAt(c.Value, "ports") {
			if number, ok := integer(fieldAt(p, "containerPort")); ok {
				w.Ports = append(w.Ports, Port{Name: textAt(p, "name"), Number: number, Protocol: cmp.Or(textAt(p, "protocol"), "TCP")})
			}
		}
	}
	return w
}

// judge works out what the policies that select the workload mean.
func (w *Workload) judge() {
	for _, d := range []direction{ingress, egress} {
		side := w.side(d)
		if len(side.policies) > 0 {
			w.meter.turn(side.policies[0].object)
		}
		side.Policies = w.listed(side.policies)
	}
	for _, a := range metadataAddresses {
		if o, open := w.opening(a, Port{Number: 80, Protocol: "TCP"}); open {
			w.Metadata = append(w.Metadata, o)
		}
	}
	web := Port{Number: 443, Protocol: "TCP"}
	w.ToOutside = w.decide(egress, endpoint{address: outsideAddress}, web).allowed
	arriving := append(slices.Clone(w.Ports), web)
	w.FromOutside = slices.ContainsFunc(arriving, func(p Port) bool {
		return w.decide(ingress, endpoint{address: outsideAddress}, p).allowed
	})
}

func (w *Workload) side(d direction) *Isolation {
	if d == ingress {
		return &w.Ingress
	}
	return &w.Egress
}

func (p *policy) covers(ns *Namespace) bool { return p.namespace == "" || p.namespace == ns.Name }

// opening asks whether the workload may reach an address, and why.
func (w *Workload) opening(a netip.Addr, port Port) (Opening, bool) {
	o := Opening{Address: a}
	if w.HostNetwork {
		o.Reason = "host-network"
		return o, true
	}
	v := w.decide(egress, endpoint{address: a}, port)
	if v.rule == nil {
		o.Reason = "no-policy"
		return o, v.allowed
	}
	o.Reason, o.Policy, o.Path, o.Allows = "rule", &v.policy.object.ID, v.rule.path, "every destination"
	if v.peer != nil {
		o.Path, o.Allows = v.peer.path, v.peer.what
	}
	return o, v.allowed
}

// verdict is the answer to one connection. rule is nil when no rule matched,
// peer when the rule names none.
type verdict struct {
	allowed bool
	policy  *policy
	rule    *rule
	peer    *peer
}

// decide asks the workload's policies about one connection. For egress the
// port is the far side's, for ingress the workload's own.
func (w *Workload) decide(d direction, far endpoint, port Port) verdict {
	policies := w.side(d).policies
	w.meter.compare(len(policies))
	for len(policies) > 0 {
		tier := policies[0].tier
		end := slices.IndexFunc(policies, func(p *policy) bool { return p.tier != tier })
		if end < 0 {
			end = len(policies)
		}
		v, matched := w.askTier(policies[:end], d, far, port)
		switch {
		case matched && v.rule.action != pass:
			v.allowed = v.rule.action == allow
			return v
		case !matched && slices.ContainsFunc(policies[:end], func(p *policy) bool { return p.isolates[d] }):
			return verdict{}
		}
		policies = policies[end:]
	}
	return verdict{allowed: true}
}

// askTier finds the first rule of a tier that matches.
func (w *Workload) askTier(policies []*policy, d direction, far endpoint, port Port) (verdict, bool) {
	for _, p := range policies {
		for i := range p.rules[d] {
			r := &p.rules[d][i]
			w.meter.turn(p.object)
			w.meter.compare(1 + len(r.ports)/4)
			if !r.matchesPort(port, far, d) {
				continue
			}
			if r.peers == nil {
				return verdict{policy: p, rule: r}, true
			}
			for j := range r.peers {
				w.meter.compare(1 + r.peers[j].weight)
				if r.peers[j].matches(far) {
					return verdict{policy: p, rule: r, peer: &r.peers[j]}, true
				}
			}
		}
	}
	return verdict{}, false
}

// matchesPort decides by number, or by the name under which the receiving
// container declares the port: the far pod's for egress, the near one's for
// ingress. An address has no names.
func (r *rule) matchesPort(port Port, far endpoint, d direction) bool {
	return r.allPorts || slices.ContainsFunc(r.ports, func(pr portRange) bool {
		if pr.protocol != "" && pr.protocol != port.Protocol {
			return false
		}
		if pr.name != "" {
			return pr.name == port.Name && (d == ingress || far.pod != nil)
		}
		return pr.from <= port.Number && port.Number <= pr.to
	})
}

func (p *peer) matches(far endpoint) bool {
	if p.everyone {
		return true
	}
	if far.pod == nil {
		return p.block.IsValid() && p.block.Contains(far.address) &&
			!slices.ContainsFunc(p.except, func(e netip.Prefix) bool { return e.Contains(far.address) })
	}
	if p.pods != nil && !far.pod.HostNetwork {
		return p.pods(far.pod)
	}
	return p.block.IsValid() && p.holdsPods()
}

// Private ranges, from which clusters give their pods addresses: RFC 1918,
// RFC 6598, RFC 4193.
var privateRanges = []netip.Prefix{
	netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("172.16.0.0/12"), netip.MustParsePrefix("192.168.0.0/16"),
	netip.MustParsePrefix("100.64.0.0/10"), netip.MustParsePrefix("fc00::/7"),
}

// holdsPods guesses whether a block holds the addresses of pods, which nobody
// knows before they run: it does when it is the whole address space and leaves
// out no private range.
func (p *peer) holdsPods() bool {
	return p.block.Bits() == 0 && !slices.ContainsFunc(p.except, func(e netip.Prefix) bool {
		return slices.ContainsFunc(privateRanges, func(private netip.Prefix) bool {
			return e.Bits() <= private.Bits() && e.Contains(private.Addr())
		})
	})
}

// deniesByDefault asks whether a pod nobody has thought of yet would be
// isolated in a namespace: some policy selects all pods there, and no policy of
// that kind lets everything pass.
func (n *Network) deniesByDefault(everyPod map[string][]*policy, ns *Namespace, d direction) bool {
	unknown := &Workload{Namespace: ns, ServiceAccount: "default", meter: n.meter}
	side := unknown.side(d)
	for _, p := range slices.Concat(everyPod[""], everyPod[ns.Name]) {
		n.meter.turn(p.object)
		n.meter.compare(1 + p.weight)
		if p.subject(unknown) && (p.isolates[d] || len(p.rules[d]) > 0) {
			side.policies = append(side.policies, p)
		}
	}
	slices.SortFunc(side.policies, func(a, b *policy) int { return cmp.Compare(a.place, b.place) })
	return !unknown.decide(d, endpoint{address: outsideAddress}, Port{Number: 1, Protocol: "TCP"}).allowed
}

// Allowed asks whether pods of one workload may open a connection to a port of
// another's: the sender's egress and the receiver's ingress must both agree.
func (n *Network) Allowed(from, to *Workload, port Port) bool {
	return from.decide(egress, endpoint{pod: to}, port).allowed && to.decide(ingress, endpoint{pod: from}, port).allowed
}

// Edges lists who may reach whom, sorted by From and To. The time is
// quadratic in the number of workloads that policies can tell apart.
func (n *Network) Edges() []Edge {
	undeclared := Port{Number: 1, Protocol: "TCP"}
	known := map[[2]*cohort]Edge{}
	var edges []Edge
	for i, from := range n.Workloads {
		for j, to := range n.Workloads {
			n.meter.step(1)
			pair := [2]*cohort{from.cohort, to.cohort}
			e, ok := known[pair]
			if !ok {
				e.Any = n.Allowed(from, to, undeclared)
				for _, p := range to.Ports {
					if n.Allowed(from, to, p) {
						e.Ports = append(e.Ports, p)
					}
				}
				known[pair] = e
			}
			if e.From, e.To = i, j; e.Any || len(e.Ports) > 0 {
				edges = append(edges, e)
			}
		}
	}
	return edges
}

// addNetwork states what the network of the render means for each object.
func addNetwork(views []model.View, n *Network) {
	blocked := n.withoutDNS()
	for i := range views {
		n.meter.step(16)
		switch o := n.objects[views[i].Object].(type) {
		case *Workload:
			if o.cohort.facts == nil {
				o.cohort.facts = n.workloadFacts(o)
			}
			views[i].Facts["network"] = o.cohort.facts
		case *Namespace:
			views[i].Facts["network"] = n.namespaceFacts(o)
		case *statement:
			if o.facts == nil {
				o.facts = n.policyFacts(o.sections)
			}
			facts := maps.Clone(o.facts)
			names := make([]any, len(blocked[views[i].Object]))
			for j, name := range blocked[views[i].Object] {
				names[j] = name
			}
			facts["without_dns"] = names
			views[i].Facts["network"] = facts
		}
	}
}

// workloadFacts is input.facts.network of a workload:
//
//	namespace: shop            # the one it lands in, also when it names none
//	host_network: false        # no policy holds for it
//	ingress, egress:
//	  isolated: true           # what no rule allows is denied
//	  policies: [{kind: NetworkPolicy, namespace: shop, name: api}]
//	metadata:                  # open ways to the instance metadata service
//	- address: 169.254.169.254
//	  reason: rule             # or no-policy, host-network
//	  policy: {kind: NetworkPolicy, namespace: shop, name: api}
//	  allows: 0.0.0.0/0        # what the rule says
//	  rule: spec.egress[0].to[0]   # where, in the policy
//	  path: [spec, egress, 0, to, 0]   # the same
func (n *Network) workloadFacts(w *Workload) map[string]any {
	side := func(s Isolation) map[string]any {
		policies := make([]any, len(s.Policies))
		for i, id := range s.Policies {
			policies[i] = reference(id)
		}
		return map[string]any{"isolated": s.Isolated, "policies": policies}
	}
	openings := make([]any, len(w.Metadata))
	for i, o := range w.Metadata {
		open := map[string]any{"address": o.Address.String(), "reason": o.Reason}
		if o.Policy != nil {
			open["policy"], open["allows"], open["rule"], open["path"] = reference(*o.Policy), o.Allows, o.Path.String(), []any(o.Path)
		}
		openings[i] = open
	}
	return map[string]any{
		"namespace":    w.Namespace.Name,
		"host_network": w.HostNetwork,
		"ingress":      side(w.Ingress),
		"egress":       side(w.Egress),
		"metadata":     openings,
	}
}

// namespaceFacts is input.facts.network of a Namespace:
//
//	default_deny: {ingress: true, egress: false}
func (n *Network) namespaceFacts(ns *Namespace) map[string]any {
	return map[string]any{"default_deny": map[string]any{"ingress": ns.DefaultDeny.Ingress, "egress": ns.DefaultDeny.Egress}}
}

// policyFacts is input.facts.network of a policy of any language:
//
//	selects: 2                 # workloads of the render
//	selects_nothing:           # present when its pods should be here and are not
//	  path: [spec, podSelector]
//	  elsewhere: [web]         # namespaces where a workload would match
//	open:                      # rules that leave a direction open
//	- direction: egress
//	  path: [spec, egress, 0, to, 0]
//	  allows: 0.0.0.0/0
//	  related: []              # further open peers of the same rule
//	unmatched_peers:           # peers that match no pod although theirs are here
//	- {direction: ingress, path: [spec, ingress, 0, from, 1]}
//	without_dns: [api]         # workloads it isolates that no rule lets ask a DNS server
//
// The last depends on which of several equal policies it is; all others are
// worked out here.
func (n *Network) policyFacts(sections []*policy) map[string]any {
	facts := map[string]any{}
	open, unmatched := []any{}, []any{}
	selected, counted := 0, map[*cohort]bool{}
	for _, p := range sections {
		for _, c := range p.selected {
			if !counted[c] {
				counted[c] = true
				selected += len(c.members)
			}
		}
	}
	facts["selects"] = selected
	for _, p := range sections {
		n.meter.turn(p.object)
		if selected == 0 {
			if nothing := n.selectsNothing(p); nothing != nil {
				facts["selects_nothing"] = nothing
			}
		}
		for _, d := range []direction{ingress, egress} {
			for _, r := range p.rules[d] {
				if o := openRule(r, d); o != nil {
					open = append(open, o)
				}
			}
			for _, path := range n.unmatchedPeers(p, d) {
				unmatched = append(unmatched, map[string]any{"direction": d.String(), "path": []any(path)})
			}
		}
	}
	facts["open"], facts["unmatched_peers"] = open, unmatched
	return facts
}

// openRule describes a rule that allows everyone, nil when it does not. A rule
// for DNS alone leaves nothing open: a name server must be reachable, and its
// address is the cluster's secret.
func openRule(r rule, d direction) map[string]any {
	if r.action != allow || d == egress && r.onlyDNS() {
		return nil
	}
	if r.peers == nil {
		everyone := "every source"
		if d == egress {
			everyone = "every destination"
		}
		return map[string]any{"direction": d.String(), "path": []any(r.path), "allows": everyone, "related": []any{}}
	}
	var first *peer
	related := []any{}
	for i := range r.peers {
		p := &r.peers[i]
		switch {
		case !p.everyone && !p.everyPod && !(p.block.IsValid() && p.block.Bits() == 0):
		case first == nil:
			first = p
		default:
			related = append(related, []any(p.path))
		}
	}
	if first == nil {
		return nil
	}
	return map[string]any{"direction": d.String(), "path": []any(first.path), "allows": first.what, "related": related}
}

// dnsPorts are where name servers listen: 53, and 5353 in the pods of OpenShift,
// where policies see the port of the pod.
var dnsPorts = []int{53, 5353}

func (r *rule) onlyDNS() bool {
	return !r.allPorts && !slices.ContainsFunc(r.ports, func(p portRange) bool {
		return p.from != p.to || !slices.Contains(dnsPorts, p.from)
	})
}

// mayBeDNS asks whether a rule lets some name server be asked. A rule that
// names the port means it; one for every port does when it leads out of the
// policy's own namespace, where no cluster keeps its name server.
func (r *rule) mayBeDNS() bool {
	if r.action != allow {
		return false
	}
	if r.allPorts {
		return r.peers == nil || slices.ContainsFunc(r.peers, func(p peer) bool { return !p.ownNamespace })
	}
	return slices.ContainsFunc(r.ports, func(p portRange) bool {
		if p.name != "" {
			return strings.Contains(p.name, "dns") || strings.Contains(p.name, "domain")
		}
		return slices.ContainsFunc(dnsPorts, func(port int) bool { return p.from <= port && port <= p.to })
	})
}

// asksDNS tells whether some egress rule may let a name server be asked.
func (p *policy) asksDNS() bool {
	if p.dns == nil {
		dns := slices.ContainsFunc(p.rules[egress], func(r rule) bool { return r.mayBeDNS() })
		p.dns = &dns
	}
	return *p.dns
}

// withoutDNS finds workloads that are isolated for egress and may ask no name
// server. Each is charged to the first policy that isolates it, so that one
// missing rule is one finding. A policy for every pod of a namespace that the
// render leaves empty is judged by itself.
func (n *Network) withoutDNS() map[*model.Object][]string {
	blocked := map[*model.Object][]string{}
	if n.partial {
		return blocked // the policy for DNS may be what could not be read
	}
	// culprit is whom to charge; nil when a name server may be asked.
	culprit := func(policies []*policy) *model.Object {
		n.meter.compare(len(policies))
		first := slices.IndexFunc(policies, func(p *policy) bool { return p.isolates[egress] })
		if first < 0 || slices.ContainsFunc(policies, (*policy).asksDNS) {
			return nil
		}
		return policies[first].object
	}
	culprits := map[*cohort]*model.Object{}
	for _, c := range n.cohorts.all {
		culprits[c] = culprit(c.first.Egress.policies)
	}
	for _, w := range n.Workloads {
		if o := culprits[w.cohort]; o != nil {
			blocked[o] = append(blocked[o], w.ID.Name)
		}
	}
	within := map[string][]*policy{}
	for _, p := range n.policies {
		within[p.namespace] = append(within[p.namespace], p)
	}
	for _, ns := range n.Namespaces {
		policies := within[ns.Name]
		if len(n.cohorts.within[ns.Name]) > 0 || len(policies) == 0 {
			continue
		}
		// The pods are not here: any policy of the namespace may select them.
		slices.SortStableFunc(policies, func(a, b *policy) int { return boolOrder(b.everyPod, a.everyPod) })
		if policies[0].everyPod && policies[0].isolates[egress] {
			if o := culprit(policies); o != nil {
				blocked[o] = append(blocked[o], "every pod")
			}
		}
	}
	return blocked
}

func boolOrder(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	}
	return -1
}

// reference is how facts name an object.
func reference(id model.ObjectID) map[string]any {
	return map[string]any{"kind": id.Kind, "namespace": id.Namespace, "name": id.Name}
}

// parsePrefix reads a CIDR the way Kubernetes does: bits beyond the prefix are
// ignored. A bare address is the block of itself, as Calico and Cilium allow.
func parsePrefix(s string) (netip.Prefix, error) {
	p, err := netip.ParsePrefix(s)
	if err == nil {
		return p.Masked(), nil
	}
	a, addrErr := netip.ParseAddr(s)
	if addrErr != nil {
		return netip.Prefix{}, fmt.Errorf("read address block %q: %w", s, err)
	}
	return netip.PrefixFrom(a, a.BitLen()), nil
}
