package facts

import (
	"cmp"
	"math"
	"net/netip"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/sekisho/sekisho/internal/model"
)

// kubernetesOrder is where Calico ranks Kubernetes' own policies among its own,
// https://docs.tigera.io/calico/latest/network-policy/policy-tiers/tiered-policy.
// Between themselves they only allow, so that their order changes nothing.
const kubernetesOrder = 1000

// isPolicy tells the kinds that readPolicies knows.
func isPolicy(id model.ObjectID) bool {
	group, _, _ := strings.Cut(id.APIVersion, "/")
	switch {
	case id.Kind == "NetworkPolicy":
		return true
	case group == "cilium.io", strings.HasSuffix(group, "projectcalico.org"), group == "policy.networking.k8s.io":
		return strings.HasSuffix(id.Kind, "NetworkPolicy")
	}
	return false
}

// readPolicies turns an object into the policies it holds; nil when it is none.
// home is the namespace of objects that name none.
func readPolicies(o *model.Object, home string) []*policy {
	group, _, _ := strings.Cut(o.ID.APIVersion, "/")
	namespace := cmp.Or(o.ID.Namespace, home)
	switch {
	case o.ID.Kind == "NetworkPolicy" && (group == "networking.k8s.io" || group == "extensions"):
		return []*policy{readNetworkPolicy(o, namespace)}
	case group == "cilium.io" && o.ID.Kind == "CiliumNetworkPolicy":
		return readCilium(o, namespace)
	case group == "cilium.io" && o.ID.Kind == "CiliumClusterwideNetworkPolicy":
		return readCilium(o, "")
	case strings.HasSuffix(group, "projectcalico.org") && o.ID.Kind == "NetworkPolicy":
		return readCalico(o, namespace)
	case strings.HasSuffix(group, "projectcalico.org") && o.ID.Kind == "GlobalNetworkPolicy":
		return readCalico(o, "")
	case group == "policy.networking.k8s.io":
		return readAdmin(o)
	}
	return nil
}

// labelSelector reads a LabelSelector; an absent or empty one matches all. What
// the API server would refuse matches nothing.
func labelSelector(v any) labels.Selector {
	m, _ := v.(map[string]any)
	s := &metav1.LabelSelector{MatchLabels: stringMap(m["matchLabels"])}
	for _, e := range listAt(m, "matchExpressions") {
		r := metav1.LabelSelectorRequirement{Key: textAt(e, "key"), Operator: metav1.LabelSelectorOperator(textAt(e, "operator"))}
		for _, value := range listAt(e, "values") {
			if s, ok := value.(string); ok {
				r.Values = append(r.Values, s)
			}
		}
		s.MatchExpressions = append(s.MatchExpressions, r)
	}
	sel, err := metav1.LabelSelectorAsSelector(s)
	if err != nil {
		return labels.Nothing()
	}
	return sel
}

// readNetworkPolicy reads networking.k8s.io/v1. Defaults are the API server's:
// without policyTypes a policy is about ingress, and about egress when it has
// egress rules.
func readNetworkPolicy(o *model.Object, namespace string) *policy {
	spec := fieldAt(o.Value, "spec")
	sel := labelSelector(fieldAt(spec, "podSelector"))
	p := &policy{
		object: o, namespace: namespace, tier: tierPlain, order: kubernetesOrder,
		subject:  func(w *Workload) bool { return sel.Matches(labels.Set(w.Labels)) },
		needs:    neededLabel(sel, anyKey),
		weight:   weightOf(sel),
		selector: model.Path{"spec", "podSelector"},
		everyPod: sel.Empty(),
	}
	types := listAt(spec, "policyTypes")
	p.isolates[ingress] = len(types) == 0 || slices.Contains(types, any("Ingress"))
	p.isolates[egress] = slices.Contains(types, any("Egress")) || len(types) == 0 && len(listAt(spec, "egress")) > 0
	for d, side := range []string{ingress: "from", egress: "to"} {
		if !p.isolates[d] {
			continue
		}
		section := direction(d).String()
		for i, entry := range listAt(spec, section) {
			r := rule{path: model.Path{"spec", section, i}}
			r.ports, r.allPorts = networkPorts(listAt(entry, "ports"))
			for j, v := range listAt(entry, side) {
				r.peers = append(r.peers, networkPeer(v, r.path.Join(side, j), namespace))
			}
			p.rules[d] = append(p.rules[d], r)
		}
	}
	return p
}

func networkPorts(list []any) (ports []portRange, all bool) {
	for _, v := range list {
		port := portRange{protocol: cmp.Or(textAt(v, "protocol"), "TCP"), to: math.MaxUint16}
		switch value := fieldAt(v, "port").(type) {
		case nil:
		case string:
			port.name = value
		default:
			number, ok := integer(value)
			if !ok {
				continue
			}
			port.from, port.to = number, number
			if end, ok := integer(fieldAt(v, "endPort")); ok {
				port.to = end
			}
		}
		ports = append(ports, port)
	}
	return ports, len(list) == 0
}

// peerSelectors keeps the selectors of a peer apart, to say later which of them
// matches nothing. namespaces is nil when the peer means its own namespace.
type peerSelectors struct {
	namespaces, pods labels.Selector
}

func networkPeer(v any, path model.Path, namespace string) peer {
	m, _ := v.(map[string]any)
	p := peer{path: path}
	if cidr, ok := fieldAt(m, "ipBlock", "cidr").(string); ok {
		p.what = cidr
		p.block, _ = parsePrefix(cidr)
		for _, e := range listAt(m, "ipBlock", "except") {
			if s, ok := e.(string); ok {
				if except, err := parsePrefix(s); err == nil {
					p.except = append(p.except, except)
				}
			}
		}
		p.weight = len(p.except)
		return p
	}
	nsValue, hasNamespaces := m["namespaceSelector"].(map[string]any)
	podValue, hasPods := m["podSelector"].(map[string]any)
	if !hasNamespaces && !hasPods {
		return p // the API server refuses an empty peer
	}
	s := &peerSelectors{pods: labelSelector(podValue)}
	p.selectors, p.ownNamespace = s, !hasNamespaces
	if hasNamespaces {
		s.namespaces = labelSelector(nsValue)
		p.everyPod = s.namespaces.Empty() && s.pods.Empty()
		p.what = "every namespace"
	}
	p.weight = weightOf(s.namespaces, s.pods)
	p.pods = func(w *Workload) bool {
		if s.namespaces == nil && w.Namespace.Name != namespace || s.namespaces != nil && !s.namespaces.Matches(labels.Set(w.Namespace.Labels)) {
			return false
		}
		return s.pods.Matches(labels.Set(w.Labels))
	}
	return p
}

// selectsNothing says where a policy's selector is when it should match a
// workload of the render and matches none. That is known when the policy's
// namespace holds workloads, or when its labels fit a workload of another
// namespace; it cannot be known when the selector is empty, when custom
// resources of the namespace may make pods, or when the render is incomplete.
// A policy that names no namespace may be applied to the one where it fits.
func (n *Network) selectsNothing(p *policy) map[string]any {
	if p.namespace == "" || p.everyPod || n.partial || n.makers[p.namespace] {
		return nil
	}
	populated := len(n.cohorts.within[p.namespace]) > 0
	var elsewhere []any
	seen := map[string]bool{p.namespace: true}
	for _, c := range n.cohorts.near("", p.needs) {
		n.meter.compare(1 + p.weight)
		if name := c.first.Namespace.Name; !seen[name] && p.subject(c.first) {
			seen[name] = true
			elsewhere = append(elsewhere, name)
		}
	}
	if !populated && elsewhere == nil || elsewhere != nil && p.object.ID.Namespace == "" {
		return nil
	}
	if elsewhere == nil {
		elsewhere = []any{}
	}
	return map[string]any{"path": []any(p.selector), "elsewhere": elsewhere}
}

// unmatchedPeers finds the peers of NetworkPolicy rules that match no pod though
// the pods meant ought to be here. A peer may well mean pods that other charts
// bring, so this holds only
//   - in a namespace that the render fills with workloads and either defines,
//     or whose workloads carry every label key that the selector asks for; and
//   - for a namespace selector, when it matches none although the name of a
//     namespace defined here is one of its values (a label that was never set).
func (n *Network) unmatchedPeers(p *policy, d direction) []model.Path {
	if n.partial {
		return nil
	}
	var paths []model.Path
	for _, r := range p.rules[d] {
		for _, peer := range r.peers {
			s := peer.selectors
			if s == nil || s.namespaces == nil && s.pods.Empty() || s.namespaces != nil && s.namespaces.Empty() ||
				n.anyPod(p, peer) {
				continue
			}
			if s.namespaces == nil {
				if n.knowsPods(p.namespace, s.pods) {
					paths = append(paths, peer.path.Join("podSelector"))
				}
				continue
			}
			matched, misnamed, known := false, false, true
			for _, ns := range n.Namespaces {
				n.meter.compare(1 + peer.weight)
				if s.namespaces.Matches(labels.Set(ns.Labels)) {
					matched = true
					known = known && n.knowsPods(ns.Name, s.pods)
				}
				misnamed = misnamed || ns.Defined && mentions(s.namespaces, ns.Name)
			}
			switch {
			case !matched && misnamed:
				paths = append(paths, peer.path.Join("namespaceSelector"))
			case matched && known && !s.pods.Empty():
				paths = append(paths, peer.path.Join("podSelector"))
			}
		}
	}
	return paths
}

// anyPod asks whether a workload of the render matches a peer with selectors.
func (n *Network) anyPod(p *policy, peer peer) bool {
	namespace := ""
	if peer.ownNamespace {
		namespace = p.namespace
	}
	return slices.ContainsFunc(n.cohorts.near(namespace, neededLabel(peer.selectors.pods, anyKey)), func(c *cohort) bool {
		n.meter.compare(1 + peer.weight)
		return peer.pods(c.first)
	})
}

// knowsPods asks whether the render would hold the pods of a namespace that a
// selector means.
func (n *Network) knowsPods(namespace string, pods labels.Selector) bool {
	i, found := slices.BinarySearchFunc(n.Namespaces, namespace, func(ns *Namespace, name string) int { return cmp.Compare(ns.Name, name) })
	if !found || n.makers[namespace] || len(n.cohorts.within[namespace]) == 0 {
		return false
	}
	carried := n.cohorts.keys[namespace]
	requirements, _ := pods.Requirements()
	ours := !slices.ContainsFunc(requirements, func(r labels.Requirement) bool { return !carried[r.Key()] })
	return n.Namespaces[i].Defined || ours
}

func mentions(s labels.Selector, value string) bool {
	requirements, _ := s.Requirements()
	return slices.ContainsFunc(requirements, func(r labels.Requirement) bool { return r.Values().Has(value) })
}

// readCilium reads cilium.io/v2. Every entry of `specs` is a policy of its own.
// Deny sections are asked before all else
// (https://docs.cilium.io/en/stable/security/policy/language/).
func readCilium(o *model.Object, namespace string) []*policy {
	var policies []*policy
	read := func(spec any, path model.Path) {
		if _, hosts := fieldAt(spec, "nodeSelector").(map[string]any); hosts {
			return // about nodes, not pods
		}
		sel, pinned := ciliumSelector(fieldAt(spec, "endpointSelector"))
		p := &policy{
			object: o, namespace: namespace, tier: tierPlain, order: kubernetesOrder,
			subject:  func(w *Workload) bool { return sel.Matches(ciliumLabels{w}) },
			needs:    neededLabel(sel, isPodLabel),
			weight:   weightOf(sel),
			selector: path.Join("endpointSelector"),
			everyPod: sel.Empty() || pinned && len(stringMap(fieldAt(spec, "endpointSelector", "matchLabels"))) == 1,
		}
		denies := *p
		denies.order = math.Inf(-1)
		for d, side := range []string{ingress: "from", egress: "to"} {
			section := direction(d).String()
			for _, kind := range []struct {
				field  string
				into   *policy
				action action
			}{{section, p, allow}, {section + "Deny", &denies, deny}} {
				entries := listAt(spec, kind.field)
				if len(entries) > 0 {
					p.isolates[d] = true
				}
				for i, entry := range entries {
					if r, ok := ciliumRule(entry, path.Join(kind.field, i), side, namespace); ok {
						r.action = kind.action
						kind.into.rules[d] = append(kind.into.rules[d], r)
					}
				}
			}
			if enabled, set := fieldAt(spec, "enableDefaultDeny", section).(bool); set {
				p.isolates[d] = enabled
			}
		}
		policies = append(policies, p)
		if len(denies.rules[ingress])+len(denies.rules[egress]) > 0 {
			policies = append(policies, &denies)
		}
	}
	if spec := fieldAt(o.Value, "spec"); spec != nil {
		read(spec, model.Path{"spec"})
	}
	for i, spec := range listAt(o.Value, "specs") {
		read(spec, model.Path{"specs", i})
	}
	return policies
}

// ciliumRule reads one entry of a section. ok is false for the empty entry `{}`,
// which turns default deny on and lets nothing pass.
func ciliumRule(entry any, path model.Path, side, namespace string) (r rule, ok bool) {
	m, _ := entry.(map[string]any)
	r = rule{path: path, allPorts: true}
	field := func(name string) ([]any, bool) {
		v, present := m[side+name].([]any)
		if present && r.peers == nil {
			r.peers = []peer{} // named, so no longer everyone
		}
		return v, present
	}
	if list, present := field("Endpoints"); present {
		for i, v := range list {
			r.peers = append(r.peers, ciliumEndpoints(v, path.Join(side+"Endpoints", i), namespace))
		}
	}
	if list, present := field("Entities"); present {
		for i, v := range list {
			p := peer{path: path.Join(side+"Entities", i)}
			p.what, _ = v.(string)
			switch p.what {
			case "all":
				p.everyone = true
			case "world", "world-ipv4":
				p.block = netip.MustParsePrefix("0.0.0.0/0")
				p.pods = noPod
			case "world-ipv6":
				p.block = netip.MustParsePrefix("::/0")
				p.pods = noPod
			case "cluster":
				p.everyPod = true
				p.pods = func(*Workload) bool { return true }
			}
			r.peers = append(r.peers, p)
			if p.what == "world" {
				p.block = netip.MustParsePrefix("::/0")
				r.peers = append(r.peers, p)
			}
		}
	}
	cidr := func(v any, path model.Path, text string) {
		p := peer{path: path, what: text, pods: noPod} // Cilium's blocks never hold pods it manages
		p.block, _ = parsePrefix(text)
		for _, e := range listAt(v, "except") {
			if s, ok := e.(string); ok {
				if except, err := parsePrefix(s); err == nil {
					p.except = append(p.except, except)
				}
			}
		}
		r.peers = append(r.peers, p)
	}
	if list, present := field("CIDR"); present {
		for i, v := range list {
			s, _ := v.(string)
			cidr(nil, path.Join(side+"CIDR", i), s)
		}
	}
	if list, present := field("CIDRSet"); present {
		for i, v := range list {
			cidr(v, path.Join(side+"CIDRSet", i), textAt(v, "cidr"))
		}
	}
	// Services, names and groups resolve to addresses that no file shows.
	for _, name := range []string{"Services", "FQDNs", "Groups", "Nodes"} {
		if list, present := field(name); present {
			for i := range list {
				r.peers = append(r.peers, peer{path: path.Join(side+name, i), what: name})
			}
		}
	}
	for _, section := range listAt(m, "toPorts") {
		for _, v := range listAt(section, "ports") {
			r.allPorts = false
			port := portRange{protocol: textAt(v, "protocol"), to: math.MaxUint16}
			if port.protocol == "ANY" {
				port.protocol = ""
			}
			text := textAt(v, "port")
			if number, isNumber := decimal(text); isNumber && number > 0 {
				port.from, port.to = number, number
				if end, ok := integer(fieldAt(v, "endPort")); ok && end > number {
					port.to = end
				}
			} else if text != "" && !isNumber {
				port.name = text
			}
			r.ports = append(r.ports, port)
		}
	}
	for i := range r.peers {
		r.peers[i].weight += len(r.peers[i].except)
	}
	return r, r.peers != nil || !r.allPorts
}

func noPod(*Workload) bool { return false }

func ciliumEndpoints(v any, path model.Path, namespace string) peer {
	sel, pinned := ciliumSelector(v)
	p := peer{path: path, what: "every pod", ownNamespace: namespace != "" && !pinned, weight: weightOf(sel)}
	p.everyPod = namespace == "" && sel.Empty()
	p.pods = func(w *Workload) bool {
		return (!p.ownNamespace || w.Namespace.Name == namespace) && sel.Matches(ciliumLabels{w})
	}
	for k := range stringMap(fieldAt(v, "matchLabels")) {
		switch strings.TrimPrefix(k, "reserved:") {
		case "reserved.world", "world":
			p = peer{path: path, what: "world", block: netip.MustParsePrefix("0.0.0.0/0"), pods: noPod}
		}
	}
	return p
}

// ciliumSelector reads a selector whose keys may name a label source
// ("k8s:app", "any:app"). pinned says that it chooses namespaces itself.
func ciliumSelector(v any) (sel labels.Selector, pinned bool) {
	plain := func(key string) string {
		if source, rest, found := strings.Cut(key, ":"); found && (source == "k8s" || source == "any") {
			key = rest
		}
		pinned = pinned || key == ciliumNamespace || strings.HasPrefix(key, ciliumNamespaceLabels)
		return key
	}
	matchLabels := map[string]any{}
	for k, value := range stringMap(fieldAt(v, "matchLabels")) {
		matchLabels[plain(k)] = value
	}
	var expressions []any
	for _, e := range listAt(v, "matchExpressions") {
		expressions = append(expressions, map[string]any{
			"key": plain(textAt(e, "key")), "operator": textAt(e, "operator"), "values": fieldAt(e, "values"),
		})
	}
	return labelSelector(map[string]any{"matchLabels": matchLabels, "matchExpressions": expressions}), pinned
}

// The labels that Cilium gives an endpoint besides those of its pod.
const (
	ciliumNamespace       = "io.kubernetes.pod.namespace"
	ciliumNamespaceLabels = "io.cilium.k8s.namespace.labels."
	ciliumServiceAccount  = "io.cilium.k8s.policy.serviceaccount"
)

// isPodLabel tells the keys that ciliumLabels looks up among the pod's own.
func isPodLabel(key string) bool {
	return key != ciliumNamespace && key != ciliumServiceAccount && !strings.HasPrefix(key, ciliumNamespaceLabels)
}

// ciliumLabels are the labels of a workload's endpoints.
type ciliumLabels struct{ w *Workload }

func (l ciliumLabels) Lookup(key string) (string, bool) {
	switch {
	case key == ciliumNamespace:
		return l.w.Namespace.Name, true
	case key == ciliumServiceAccount:
		return l.w.ServiceAccount, true
	case strings.HasPrefix(key, ciliumNamespaceLabels):
		v, ok := l.w.Namespace.Labels[strings.TrimPrefix(key, ciliumNamespaceLabels)]
		return v, ok
	}
	v, ok := l.w.Labels[key]
	return v, ok
}

func (l ciliumLabels) Has(key string) bool {
	_, ok := l.Lookup(key)
	return ok
}

func (l ciliumLabels) Get(key string) string {
	v, _ := l.Lookup(key)
	return v
}

// readAdmin reads the cluster administrator's policies of
// https://network-policy-api.sigs.k8s.io: AdminNetworkPolicy and
// BaselineAdminNetworkPolicy (v1alpha1), ClusterNetworkPolicy (v1alpha2).
func readAdmin(o *model.Object) []*policy {
	spec := fieldAt(o.Value, "spec")
	p := &policy{object: o, selector: model.Path{"spec", "subject"}}
	switch {
	case o.ID.Kind == "AdminNetworkPolicy", o.ID.Kind == "ClusterNetworkPolicy" && textAt(spec, "tier") != "Baseline":
		p.tier = tierAdmin
	case o.ID.Kind == "BaselineAdminNetworkPolicy", o.ID.Kind == "ClusterNetworkPolicy":
		p.tier = tierBaseline
	default:
		return nil
	}
	priority, _ := integer(fieldAt(spec, "priority"))
	p.order = float64(priority)
	p.subject, p.everyPod, p.weight = adminPods(fieldAt(spec, "subject"))
	for d, side := range []string{ingress: "from", egress: "to"} {
		section := direction(d).String()
		for i, entry := range listAt(spec, section) {
			r := rule{path: model.Path{"spec", section, i}, peers: []peer{}}
			switch textAt(entry, "action") {
			case "Allow", "Accept":
				r.action = allow
			case "Deny":
				r.action = deny
			case "Pass":
				r.action = pass
			default:
				continue
			}
			for j, v := range listAt(entry, side) {
				r.peers = append(r.peers, adminPeers(v, r.path.Join(side, j))...)
			}
			r.ports, r.allPorts = adminPorts(entry)
			p.rules[d] = append(p.rules[d], r)
		}
	}
	return []*policy{p}
}

// adminPods reads a subject or a peer of pods. everyPod says that within the
// namespaces it chooses, labels do not matter.
func adminPods(v any) (match podMatch, everyPod bool, weight int) {
	namespaces, pods := fieldAt(v, "namespaces"), any(nil)
	if selected := fieldAt(v, "pods"); selected != nil {
		namespaces, pods = cmp.Or(fieldAt(selected, "namespaceSelector"), fieldAt(selected, "namespaces")), fieldAt(selected, "podSelector")
	}
	// Early v1alpha1 wrapped the selector of a peer once more.
	if wrapped := fieldAt(namespaces, "namespaceSelector"); wrapped != nil {
		namespaces = wrapped
	}
	if namespaces == nil {
		return noPod, false, 0
	}
	inNamespace, hasLabels := labelSelector(namespaces), labelSelector(pods)
	return func(w *Workload) bool {
		return inNamespace.Matches(labels.Set(w.Namespace.Labels)) && hasLabels.Matches(labels.Set(w.Labels))
	}, hasLabels.Empty(), weightOf(inNamespace, hasLabels)
}

func adminPeers(v any, path model.Path) []peer {
	var peers []peer
	for _, n := range listAt(v, "networks") {
		p := peer{path: path, pods: noPod}
		p.what, _ = n.(string)
		p.block, _ = parsePrefix(p.what)
		peers = append(peers, p)
	}
	if peers != nil {
		return peers
	}
	match, _, weight := adminPods(v)
	namespaces, set := fieldAt(v, "namespaces").(map[string]any)
	return []peer{{path: path, what: "every namespace", pods: match, weight: weight, everyPod: set && labelSelector(namespaces).Empty() && namespaces["namespaceSelector"] == nil}}
}

func adminPorts(entry any) (ports []portRange, all bool) {
	list := listAt(entry, "ports")
	for _, v := range list {
		for _, field := range []string{"portNumber", "portRange"} {
			s := fieldAt(v, field)
			if s == nil {
				continue
			}
			from, _ := integer(cmp.Or(fieldAt(s, "port"), fieldAt(s, "start")))
			to, ranged := integer(fieldAt(s, "end"))
			if !ranged {
				to = from
			}
			ports = append(ports, portRange{protocol: cmp.Or(textAt(s, "protocol"), "TCP"), from: from, to: to})
		}
		if name := textAt(v, "namedPort"); name != "" {
			ports = append(ports, portRange{name: name})
		}
	}
	protocols := listAt(entry, "protocols") // v1alpha2
	for _, v := range protocols {
		for _, protocol := range []string{"tcp", "udp", "sctp"} {
			s, present := fieldAt(v, protocol).(map[string]any)
			if !present {
				continue
			}
			port := portRange{protocol: strings.ToUpper(protocol), to: math.MaxUint16}
			if number, ok := integer(fieldAt(s, "destinationPort", "number")); ok {
				port.from, port.to = number, number
			} else if start, ok := integer(fieldAt(s, "destinationPort", "range", "start")); ok {
				port.from = start
				port.to, _ = integer(fieldAt(s, "destinationPort", "range", "end"))
			}
			ports = append(ports, port)
		}
		if name := textAt(v, "destinationNamedPort"); name != "" {
			ports = append(ports, portRange{name: name})
		}
	}
	return ports, len(list)+len(protocols) == 0
}
