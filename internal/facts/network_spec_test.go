package facts

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net"
	"slices"
	"testing"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/sekisho/sekisho/internal/model"
)

// This file judges the network a second time: straight from the specification
// of networking.k8s.io/v1 NetworkPolicy, one connection after another, on
// Kubernetes' own types, sharing no code with network.go.

type cluster struct {
	namespaces []corev1.Namespace
	pods       []corev1.Pod
	policies   []networkingv1.NetworkPolicy
}

// podAddresses are those of every pod: private ones, of both families.
var podAddresses = []net.IP{net.ParseIP("10.1.2.3"), net.ParseIP("fd12::3")}

type side struct {
	pod *corev1.Pod
	ips []net.IP
}

func (c *cluster) allowed(from, to side, protocol corev1.Protocol, port int32) bool {
	return (from.pod == nil || c.directionAllowed(from.pod, to, to.pod, protocol, port, networkingv1.PolicyTypeEgress)) &&
		(to.pod == nil || c.directionAllowed(to.pod, from, to.pod, protocol, port, networkingv1.PolicyTypeIngress))
}

// directionAllowed: "If no policy selects the pod for the direction, all is
// allowed; else the union of what the policies allow."
func (c *cluster) directionAllowed(near *corev1.Pod, far side, receiver *corev1.Pod, protocol corev1.Protocol, port int32, d networkingv1.PolicyType) bool {
	isolated := false
	for i := range c.policies {
		np := &c.policies[i]
		if !c.applies(np, near, d) {
			continue
		}
		isolated = true
		if d == networkingv1.PolicyTypeIngress {
			for _, r := range np.Spec.Ingress {
				if c.ruleAllows(np.Namespace, r.From, r.Ports, far, receiver, protocol, port) {
					return true
				}
			}
		} else {
			for _, r := range np.Spec.Egress {
				if c.ruleAllows(np.Namespace, r.To, r.Ports, far, receiver, protocol, port) {
					return true
				}
			}
		}
	}
	return !isolated
}

func (c *cluster) applies(np *networkingv1.NetworkPolicy, pod *corev1.Pod, d networkingv1.PolicyType) bool {
	types := np.Spec.PolicyTypes
	if len(types) == 0 {
		types = []networkingv1.PolicyType{networkingv1.PolicyTypeIngress}
		if len(np.Spec.Egress) > 0 {
			types = append(types, networkingv1.PolicyTypeEgress)
		}
	}
	return np.Namespace == pod.Namespace && slices.Contains(types, d) && specMatches(&np.Spec.PodSelector, pod.Labels)
}

func (c *cluster) ruleAllows(namespace string, peers []networkingv1.NetworkPolicyPeer, ports []networkingv1.NetworkPolicyPort, far side, receiver *corev1.Pod, protocol corev1.Protocol, port int32) bool {
	peerOK := len(peers) == 0
	for _, p := range peers {
		peerOK = peerOK || c.peerMatches(namespace, p, far)
	}
	portOK := len(ports) == 0
	for _, p := range ports {
		portOK = portOK || specPort(p, receiver, protocol, port)
	}
	return peerOK && portOK
}

func (c *cluster) peerMatches(namespace string, p networkingv1.NetworkPolicyPeer, far side) bool {
	if p.IPBlock != nil {
		return slices.ContainsFunc(far.ips, func(ip net.IP) bool { return blockHolds(p.IPBlock, ip) })
	}
	if far.pod == nil {
		return false
	}
	if p.NamespaceSelector == nil {
		return far.pod.Namespace == namespace && specMatches(p.PodSelector, far.pod.Labels)
	}
	for _, ns := range c.namespaces {
		if ns.Name == far.pod.Namespace {
			withName := map[string]string{"kubernetes.io/metadata.name": ns.Name}
			for k, v := range ns.Labels {
				withName[k] = v
			}
			return specMatches(p.NamespaceSelector, withName) && (p.PodSelector == nil || specMatches(p.PodSelector, far.pod.Labels))
		}
	}
	return false
}

func blockHolds(b *networkingv1.IPBlock, ip net.IP) bool {
	_, block, err := net.ParseCIDR(b.CIDR)
	if err != nil || !block.Contains(ip) {
		return false
	}
	for _, e := range b.Except {
		if _, except, err := net.ParseCIDR(e); err == nil && except.Contains(ip) {
			return false
		}
	}
	return true
}

func specPort(p networkingv1.NetworkPolicyPort, receiver *corev1.Pod, protocol corev1.Protocol, port int32) bool {
	want := corev1.ProtocolTCP
	if p.Protocol != nil {
		want = *p.Protocol
	}
	switch {
	case want != protocol:
		return false
	case p.Port == nil:
		return true
	case p.Port.Type == intstr.String:
		if receiver != nil {
			for _, cp := range receiver.Spec.Containers[0].Ports {
				if cp.Name == p.Port.StrVal && cp.ContainerPort == port && cp.Protocol == protocol {
					return true
				}
			}
		}
		return false
	case p.EndPort != nil:
		return p.Port.IntVal <= port && port <= *p.EndPort
	}
	return p.Port.IntVal == port
}

func specMatches(s *metav1.LabelSelector, have map[string]string) bool {
	for k, v := range s.MatchLabels {
		if got, ok := have[k]; !ok || got != v {
			return false
		}
	}
	for _, e := range s.MatchExpressions {
		got, ok := have[e.Key]
		in := ok && slices.Contains(e.Values, got)
		switch e.Operator {
		case metav1.LabelSelectorOpIn:
			if !in {
				return false
			}
		case metav1.LabelSelectorOpNotIn:
			if in {
				return false
			}
		case metav1.LabelSelectorOpExists:
			if !ok {
				return false
			}
		case metav1.LabelSelectorOpDoesNotExist:
			if ok {
				return false
			}
		}
	}
	return true
}

// objects turns the cluster into what a renderer would deliver.
func (c *cluster) objects(t *testing.T) []model.Object {
	t.Helper()
	var objects []model.Object
	add := func(apiVersion, kind, namespace, name string, o any) {
		b, err := json.Marshal(o)
		if err != nil {
			t.Fatal(err)
		}
		var value map[string]any
		if err := json.Unmarshal(b, &value); err != nil {
			t.Fatal(err)
		}
		objects = append(objects, model.Object{ID: model.ObjectID{APIVersion: apiVersion, Kind: kind, Namespace: namespace, Name: name}, Value: value})
	}
	for i := range c.policies {
		// The default namespace is written out or left away.
		namespace := c.policies[i].Namespace
		if namespace == "default" && i%2 == 0 {
			namespace = ""
		}
		add("networking.k8s.io/v1", "NetworkPolicy", namespace, c.policies[i].Name, c.policies[i])
	}
	for i := range c.pods {
		add("v1", "Pod", c.pods[i].Namespace, c.pods[i].Name, c.pods[i])
	}
	for i := range c.namespaces {
		add("v1", "Namespace", "", c.namespaces[i].Name, c.namespaces[i])
	}
	return objects
}

// The small world in which random clusters live.
var (
	worldNamespaces = []string{"default", "shop", "db"}
	worldBlocks     = []networkingv1.IPBlock{
		{CIDR: "0.0.0.0/0"},
		{CIDR: "0.0.0.0/0", Except: []string{"169.254.169.254/32"}},
		{CIDR: "0.0.0.0/0", Except: []string{"169.254.0.0/16"}},
		{CIDR: "0.0.0.0/0", Except: []string{"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"}},
		{CIDR: "169.254.0.0/16"},
		{CIDR: "169.254.169.0/24", Except: []string{"169.254.169.128/25"}},
		{CIDR: "169.254.169.254/32"},
		{CIDR: "203.0.113.0/24"},
		{CIDR: "::/0"},
		{CIDR: "::/0", Except: []string{"fd00:ec2::254/128"}},
		{CIDR: "fd00:ec2::/32"},
		{CIDR: "128.0.0.0/1"},
		{CIDR: "169.254.169.254/8"},
	}
	worldPorts = []struct {
		name     string
		number   int32
		protocol corev1.Protocol
	}{{"http", 80, "TCP"}, {"dns", 53, "UDP"}, {"web", 8080, "TCP"}, {"", 443, "TCP"}, {"", 80, "UDP"}}
)

func randomCluster(r *rand.Rand) *cluster {
	c := &cluster{}
	some := func(n int) bool { return r.IntN(n) == 0 }
	randomLabels := func() map[string]string {
		out := map[string]string{}
		for _, k := range []string{"app", "tier"} {
			if !some(3) {
				out[k] = []string{"a", "b", "c"}[r.IntN(3)]
			}
		}
		return out
	}
	selector := func() metav1.LabelSelector {
		var s metav1.LabelSelector
		if some(3) {
			return s
		}
		if some(2) {
			s.MatchLabels = map[string]string{[]string{"app", "tier"}[r.IntN(2)]: []string{"a", "b"}[r.IntN(2)]}
		}
		if some(3) {
			e := metav1.LabelSelectorRequirement{Key: []string{"app", "tier"}[r.IntN(2)]}
			e.Operator = []metav1.LabelSelectorOperator{"In", "NotIn", "Exists", "DoesNotExist"}[r.IntN(4)]
			if e.Operator == "In" || e.Operator == "NotIn" {
				e.Values = []string{"a", "c"}[:1+r.IntN(2)]
			}
			s.MatchExpressions = append(s.MatchExpressions, e)
		}
		return s
	}
	namespaceSelector := func() metav1.LabelSelector {
		if some(3) {
			return metav1.LabelSelector{MatchLabels: map[string]string{"kubernetes.io/metadata.name": worldNamespaces[r.IntN(3)]}}
		}
		return selector()
	}
	for _, name := range worldNamespaces {
		c.namespaces = append(c.namespaces, corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: randomLabels()}})
	}
	for i := range 2 + r.IntN(3) {
		pod := corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: fmt.Sprint("pod-", i), Namespace: worldNamespaces[r.IntN(3)], Labels: randomLabels()}}
		container := corev1.Container{Name: "c"}
		for _, p := range worldPorts {
			if some(2) {
				container.Ports = append(container.Ports, corev1.ContainerPort{Name: p.name, ContainerPort: p.number, Protocol: p.protocol})
			}
		}
		pod.Spec.Containers = []corev1.Container{container}
		c.pods = append(c.pods, pod)
	}
	peers := func() []networkingv1.NetworkPolicyPeer {
		var out []networkingv1.NetworkPolicyPeer
		for range r.IntN(3) {
			var p networkingv1.NetworkPolicyPeer
			pods, namespaces := selector(), namespaceSelector()
			switch r.IntN(4) {
			case 0:
				p.PodSelector = &pods
			case 1:
				p.NamespaceSelector = &namespaces
			case 2:
				p.PodSelector, p.NamespaceSelector = &pods, &namespaces
			case 3:
				p.IPBlock = &worldBlocks[r.IntN(len(worldBlocks))]
			}
			out = append(out, p)
		}
		return out
	}
	ports := func() []networkingv1.NetworkPolicyPort {
		var out []networkingv1.NetworkPolicyPort
		for range r.IntN(3) {
			w := worldPorts[r.IntN(len(worldPorts))]
			p := networkingv1.NetworkPolicyPort{}
			if !some(3) {
				p.Protocol = &w.protocol
			}
			switch r.IntN(4) {
			case 0:
				number := intstr.FromInt32(w.number)
				p.Port = &number
			case 1:
				name := intstr.FromString([]string{"http", "dns", "web", "other"}[r.IntN(4)])
				p.Port = &name
			case 2:
				from, to := intstr.FromInt32(w.number-int32(r.IntN(40))), w.number+int32(r.IntN(40))
				p.Port, p.EndPort = &from, &to
			}
			out = append(out, p)
		}
		return out
	}
	for i := range r.IntN(4) {
		np := networkingv1.NetworkPolicy{ObjectMeta: metav1.ObjectMeta{Name: fmt.Sprint("policy-", i), Namespace: worldNamespaces[r.IntN(3)]}}
		np.Spec.PodSelector = selector()
		np.Spec.PolicyTypes = [][]networkingv1.PolicyType{nil, {"Ingress"}, {"Egress"}, {"Ingress", "Egress"}}[r.IntN(4)]
		for range r.IntN(3) {
			np.Spec.Ingress = append(np.Spec.Ingress, networkingv1.NetworkPolicyIngressRule{From: peers(), Ports: ports()})
		}
		for range r.IntN(3) {
			np.Spec.Egress = append(np.Spec.Egress, networkingv1.NetworkPolicyEgressRule{To: peers(), Ports: ports()})
		}
		c.policies = append(c.policies, np)
	}
	return c
}

func TestNetworkEqualsSpecification(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	connections, denied := 0, 0
	for seed := range 5000 {
		c := randomCluster(r)
		n := readNetwork(t, c.objects(t), Options{})
		if len(n.Workloads) != len(c.pods) {
			t.Fatalf("cluster %d: %d workloads of %d pods", seed, len(n.Workloads), len(c.pods))
		}
		fail := func(format string, args ...any) {
			t.Helper()
			var values []any
			for _, o := range c.objects(t) {
				values = append(values, o.Value)
			}
			b, _ := json.MarshalIndent(values, "", " ")
			t.Fatalf("cluster %d: %s\n%s", seed, fmt.Sprintf(format, args...), b)
		}
		for i := range c.pods {
			from, w := &c.pods[i], n.Workloads[i]
			for d, got := range map[networkingv1.PolicyType]Isolation{"Ingress": w.Ingress, "Egress": w.Egress} {
				var want []string
				for k := range c.policies {
					if c.applies(&c.policies[k], from, d) {
						want = append(want, c.policies[k].Name)
					}
				}
				var names []string
				for _, id := range got.Policies {
					names = append(names, id.Name)
				}
				if !slices.Equal(want, names) || got.Isolated != (len(want) > 0) {
					fail("%s %s: selected by %v, isolated %v; want %v", from.Name, d, names, got.Isolated, want)
				}
			}
			for _, address := range metadataAddresses {
				want := c.allowed(side{from, podAddresses}, side{ips: []net.IP{address.AsSlice()}}, "TCP", 80)
				got := slices.ContainsFunc(w.Metadata, func(o Opening) bool { return o.Address == address })
				if got != want {
					fail("%s reaches %s: %v, want %v", from.Name, address, got, want)
				}
			}
			for j := range c.pods {
				for _, p := range worldPorts {
					// A name counts only where the receiver declares it.
					port := Port{Number: int(p.number), Protocol: string(p.protocol)}
					for _, declared := range n.Workloads[j].Ports {
						if declared.Number == port.Number && declared.Protocol == port.Protocol {
							port = declared
						}
					}
					want := c.allowed(side{from, podAddresses}, side{&c.pods[j], podAddresses}, p.protocol, p.number)
					got := n.Allowed(w, n.Workloads[j], port)
					connections++
					if !want {
						denied++
					}
					if got != want {
						fail("%s → %s %v: %v, want %v", from.Name, c.pods[j].Name, p, got, want)
					}
				}
			}
		}
	}
	// Were nearly everything allowed or denied, agreement would mean little.
	if denied < connections/5 || denied > connections*4/5 {
		t.Errorf("%d of %d connections denied: the random clusters are not varied", denied, connections)
	}
}
