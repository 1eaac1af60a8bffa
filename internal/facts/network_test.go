package facts

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sekisho/sekisho/internal/model"
)

// pod is a workload of the tests: api in namespace shop.
const pod = `apiVersion: v1
kind: Pod
metadata: {name: api, namespace: shop, labels: {app: api}}
spec: {containers: [{name: c, ports: [{name: http, containerPort: 8080}]}], serviceAccountName: robot}
`

const shop = "---\napiVersion: v1\nkind: Namespace\nmetadata: {name: shop, labels: {team: a}}\n"

// readNetwork, draw and readViews expect no bound to be met.
func readNetwork(t testing.TB, objects []model.Object, opts Options) *Network {
	t.Helper()
	n, err := NetworkOf(t.Context(), objects, opts)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func draw(t testing.TB, n *Network) model.NetworkMap {
	t.Helper()
	m, err := n.Map()
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func readViews(t testing.TB, objects []model.Object, opts Options) []model.View {
	t.Helper()
	views, err := Views(t.Context(), objects, opts)
	for _, v := range views {
		for _, what := range v.Unknown {
			t.Errorf("%v: %s", v.Object.ID, what)
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	return views
}

// spell says in one line what policies do to the first workload.
func spell(n *Network) string {
	w := n.Workloads[0]
	var out []string
	for _, d := range []direction{ingress, egress} {
		side := w.side(d)
		s := d.String() + " open"
		if side.Isolated {
			s = d.String() + " isolated"
		}
		for _, id := range side.Policies {
			s += " " + id.Name
		}
		out = append(out, s)
	}
	for _, o := range w.Metadata {
		s := "reaches " + o.Address.String() + " by " + o.Reason
		if o.Policy != nil {
			s += " " + o.Policy.Name + " " + o.Path.String() + " " + o.Allows
		}
		out = append(out, s)
	}
	return strings.Join(out, "; ")
}

const openMetadata = "; reaches 169.254.169.254 by no-policy; reaches fd00:ec2::254 by no-policy"

func TestPoliciesOfOtherLanguages(t *testing.T) {
	for _, tt := range []struct{ name, policies, want string }{
		{"none", "", "ingress open; egress open" + openMetadata},
		{"cilium selects and denies", `
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: p, namespace: shop}
spec:
  endpointSelector: {matchLabels: {"k8s:app": api}}
  egress: [{}]
`, "ingress open; egress isolated p"},
		{"cilium in another namespace", `
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: p, namespace: other}
spec: {endpointSelector: {}, egress: [{}]}
`, "ingress open; egress open" + openMetadata},
		{"cilium world", `
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: p, namespace: shop}
spec:
  endpointSelector: {}
  egress: [{toEntities: [world]}]
`, "ingress open; egress isolated p; reaches 169.254.169.254 by rule p spec.egress[0].toEntities[0] world; reaches fd00:ec2::254 by rule p spec.egress[0].toEntities[0] world"},
		{"cilium deny wins, whichever comes first", `
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: p, namespace: shop}
spec:
  endpointSelector: {}
  egress: [{toEntities: [all]}]
  egressDeny: [{toCIDR: [169.254.169.254/32]}]
`, "ingress open; egress isolated p; reaches fd00:ec2::254 by rule p spec.egress[0].toEntities[0] all"},
		{"cilium except, ports, names", `
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: p, namespace: shop}
spec:
  endpointSelector: {}
  egress:
  - toCIDRSet: [{cidr: 0.0.0.0/0, except: [169.254.0.0/16]}]
  - toFQDNs: [{matchPattern: "*"}]
  - toEntities: [world]
    toPorts: [{ports: [{port: "443", protocol: TCP}]}]
  - toEndpoints: [{}]
`, "ingress open; egress isolated p"},
		{"cilium ports without peers", `
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: p, namespace: shop}
spec:
  endpointSelector: {}
  egress: [{toPorts: [{ports: [{port: "1", endPort: 100, protocol: ANY}]}]}]
`, "ingress open; egress isolated p; reaches 169.254.169.254 by rule p spec.egress[0] every destination; reaches fd00:ec2::254 by rule p spec.egress[0] every destination"},
		{"cilium without default deny", `
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: p, namespace: shop}
spec:
  endpointSelector: {}
  enableDefaultDeny: {egress: false}
  egress: [{toCIDR: [10.0.0.0/8]}]
`, "ingress open; egress open p" + openMetadata},
		{"cilium clusterwide by namespace label, several specs", `
apiVersion: cilium.io/v2
kind: CiliumClusterwideNetworkPolicy
metadata: {name: p}
specs:
- endpointSelector: {matchLabels: {io.cilium.k8s.namespace.labels.team: a}}
  ingress: [{fromEntities: [cluster]}]
- endpointSelector: {matchLabels: {"k8s:io.kubernetes.pod.namespace": elsewhere}}
  egress: [{}]
- nodeSelector: {}
  egress: [{}]
`, "ingress isolated p; egress open" + openMetadata},
		{"calico deny before allow", `
apiVersion: projectcalico.org/v3
kind: NetworkPolicy
metadata: {name: p, namespace: shop}
spec:
  selector: app == 'api' && projectcalico.org/namespace == "shop"
  types: [Egress]
  egress:
  - {action: Log}
  - {action: Deny, destination: {nets: [169.254.169.254/32]}}
  - {action: Allow, protocol: TCP, destination: {ports: ["1:100"]}}
`, "ingress open; egress isolated p; reaches fd00:ec2::254 by rule p spec.egress[2] every destination"},
		{"calico by order, then kubernetes", `
apiVersion: crd.projectcalico.org/v1
kind: GlobalNetworkPolicy
metadata: {name: late}
spec:
  order: 2000
  namespaceSelector: team == 'a'
  types: [Egress]
  egress: [{action: Deny}]
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: kube, namespace: shop}
spec: {podSelector: {}, policyTypes: [Egress], egress: [{to: [{ipBlock: {cidr: 169.254.0.0/16}}]}]}
---
apiVersion: projectcalico.org/v3
kind: GlobalNetworkPolicy
metadata: {name: early}
spec:
  order: 1
  selector: has(app) && !(app in {'web', 'db'})
  types: [Egress]
  egress: [{action: Allow, protocol: UDP}, {action: Deny, destination: {notNets: [10.0.0.0/8, 169.254.0.0/16]}}]
`, "ingress open; egress isolated early kube late; reaches 169.254.169.254 by rule kube spec.egress[0].to[0] 169.254.0.0/16"},
		{"calico tier that passes on", `
apiVersion: projectcalico.org/v3
kind: GlobalNetworkPolicy
metadata: {name: security}
spec:
  tier: security
  types: [Ingress, Egress]
  ingress: [{action: Pass}]
  egress: [{action: Pass, destination: {nets: [169.254.169.254/32]}}]
`, "ingress isolated security; egress isolated security; reaches 169.254.169.254 by no-policy"},
		{"calico types by default", `
apiVersion: projectcalico.org/v3
kind: NetworkPolicy
metadata: {name: p, namespace: shop}
spec: {selector: all(), egress: [{action: Allow, destination: {selector: app == 'db'}}]}
`, "ingress open; egress isolated p"},
		{"calico host endpoints", `
apiVersion: projectcalico.org/v3
kind: GlobalNetworkPolicy
metadata: {name: p}
spec: {applyOnForward: true, selector: all(), types: [Egress]}
`, "ingress open; egress open" + openMetadata},
		{"calico selector that does not parse", `
apiVersion: projectcalico.org/v3
kind: NetworkPolicy
metadata: {name: p, namespace: shop}
spec: {selector: "app = api", types: [Egress]}
`, "ingress open; egress open" + openMetadata},
		{"admin denies before anyone allows", `
apiVersion: policy.networking.k8s.io/v1alpha1
kind: AdminNetworkPolicy
metadata: {name: admin}
spec:
  priority: 10
  subject: {namespaces: {matchLabels: {team: a}}}
  egress:
  - action: Deny
    to: [{networks: [169.254.169.254/32]}]
    ports: [{portNumber: {protocol: TCP, port: 80}}]
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: kube, namespace: shop}
spec: {podSelector: {}, policyTypes: [Egress], egress: [{}]}
`, "ingress open; egress isolated admin kube; reaches fd00:ec2::254 by rule kube spec.egress[0] every destination"},
		{"admin passes, baseline denies", `
apiVersion: policy.networking.k8s.io/v1alpha1
kind: AdminNetworkPolicy
metadata: {name: admin}
spec:
  priority: 10
  subject: {pods: {namespaceSelector: {}, podSelector: {matchLabels: {app: api}}}}
  egress: [{action: Pass, to: [{networks: [0.0.0.0/0]}]}, {action: Allow, to: [{networks: ["::/0"]}]}]
---
apiVersion: policy.networking.k8s.io/v1alpha1
kind: BaselineAdminNetworkPolicy
metadata: {name: default}
spec:
  subject: {namespaces: {}}
  egress: [{action: Deny, to: [{networks: [0.0.0.0/0, "::/0"]}]}]
`, "ingress open; egress open admin default; reaches fd00:ec2::254 by rule admin spec.egress[1].to[0] ::/0"},
		{"cluster network policy", `
apiVersion: policy.networking.k8s.io/v1alpha2
kind: ClusterNetworkPolicy
metadata: {name: p}
spec:
  tier: Admin
  priority: 1
  subject: {namespaces: {}}
  egress:
  - {action: Deny, to: [{networks: [169.254.0.0/16]}], protocols: [{tcp: {destinationPort: {number: 80}}}]}
  - {action: Deny, to: [{networks: ["fd00:ec2::/64"]}], protocols: [{tcp: {destinationPort: {range: {start: 1, end: 99}}}}]}
`, "ingress open; egress open p"},
	} {
		objects := objectsOf(t, pod+shop+"---\n"+strings.TrimPrefix(tt.policies, "\n"))
		if got := spell(readNetwork(t, objects, Options{})); got != tt.want {
			t.Errorf("%s:\n got  %s\n want %s", tt.name, got, tt.want)
		}
	}
}

func TestHostNetwork(t *testing.T) {
	n := readNetwork(t, objectsOf(t, strings.Replace(pod, "{containers", "{hostNetwork: true, containers", 1)+`
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: deny, namespace: shop}
spec: {podSelector: {}, policyTypes: [Ingress, Egress]}
`), Options{})
	const want = "ingress open; egress open; reaches 169.254.169.254 by host-network; reaches fd00:ec2::254 by host-network"
	if got := spell(n); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestReleaseNamespace(t *testing.T) {
	const objects = `apiVersion: v1
kind: Pod
metadata: {name: api, labels: {app: api}}
spec: {containers: []}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: p, namespace: prod}
spec: {podSelector: {}}`
	if got := spell(readNetwork(t, objectsOf(t, objects), Options{})); !strings.HasPrefix(got, "ingress open") {
		t.Errorf("without a namespace: %s", got)
	}
	if got := spell(readNetwork(t, objectsOf(t, objects), Options{Namespace: "prod"})); !strings.HasPrefix(got, "ingress isolated p") {
		t.Errorf("released into prod: %s", got)
	}
}

// networkFacts gives input.facts.network of the object of a name.
func networkFacts(t *testing.T, text, name string, opts Options) map[string]any {
	t.Helper()
	for _, v := range readViews(t, objectsOf(t, text), opts) {
		if v.Object.ID.Name == name {
			facts, _ := v.Facts["network"].(map[string]any)
			return facts
		}
	}
	t.Fatalf("no object %q", name)
	return nil
}

func TestSelectsNothing(t *testing.T) {
	const policy = "---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: p, namespace: shop}\nspec: {podSelector: {matchLabels: {app: wrong}}}\n"
	elsewhere := "---\n" + strings.NewReplacer("shop", "other", "app: api", "app: wrong").Replace(pod)
	for _, tt := range []struct {
		name, objects string
		opts          Options
		want          any // the namespaces elsewhere, nil when nothing is said
	}{
		{"a workload of another label", pod + policy, Options{}, []any{}},
		{"its pods are in another namespace", pod + elsewhere + policy, Options{}, []any{"other"}},
		{"an empty namespace", elsewhere + policy, Options{}, []any{"other"}},
		{"nothing of the namespace is here", strings.Replace(pod, "shop", "other", 1) + policy, Options{}, nil},
		{"something could not be read", pod + policy, Options{Incomplete: true}, nil},
		{"an operator makes pods", pod + "---\napiVersion: kafka.example.com/v1\nkind: Kafka\nmetadata: {name: k, namespace: shop}\n" + policy, Options{}, nil},
		{"an operator of another namespace", pod + "---\napiVersion: kafka.example.com/v1\nkind: Kafka\nmetadata: {name: k}\n" + policy, Options{}, []any{}},
		{"a custom resource that makes none", pod + "---\napiVersion: monitoring.coreos.com/v1\nkind: ServiceMonitor\nmetadata: {name: k, namespace: shop}\n" + policy, Options{}, []any{}},
		{"no namespace named", elsewhere + strings.Replace(policy, ", namespace: shop", "", 1), Options{}, nil},
		{"matches", pod + strings.Replace(policy, "wrong", "api", 1), Options{}, nil},
	} {
		facts := networkFacts(t, strings.TrimPrefix(tt.objects, "---\n"), "p", tt.opts)
		var got any
		if nothing, ok := facts["selects_nothing"].(map[string]any); ok {
			got = nothing["elsewhere"]
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
}

func TestUnmatchedPeers(t *testing.T) {
	for _, tt := range []struct{ name, defined, peer, want string }{
		{"typing error in a label of ours", "", "{podSelector: {matchLabels: {app: ap}}}", "podSelector"},
		{"a label that nobody here has", "", "{podSelector: {matchLabels: {client: 'true'}}}", ""},
		{"the same in a namespace that is defined here", shop, "{podSelector: {matchLabels: {client: 'true'}}}", "podSelector"},
		{"every pod", shop, "{podSelector: {}}", ""},
		{"a namespace that is not here", shop, "{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: other}}}", ""},
		{"a label the namespace does not have", shop, "{namespaceSelector: {matchLabels: {name: shop}}}", "namespaceSelector"},
		{"the right label", shop, "{namespaceSelector: {matchLabels: {team: a}}}", ""},
		{"the right namespace, the wrong pods", shop, "{namespaceSelector: {matchLabels: {team: a}}, podSelector: {matchLabels: {app: x}}}", "podSelector"},
		{"any namespace", shop, "{namespaceSelector: {}, podSelector: {matchLabels: {app: x}}}", ""},
		{"a block", shop, "{ipBlock: {cidr: 10.0.0.0/8}}", ""},
	} {
		facts := networkFacts(t, pod+tt.defined+`---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: p, namespace: shop}
spec: {podSelector: {}, ingress: [{from: [`+tt.peer+`]}]}
`, "p", Options{})
		var got []string
		for _, p := range facts["unmatched_peers"].([]any) {
			path := p.(map[string]any)["path"].([]any)
			got = append(got, path[len(path)-1].(string))
		}
		if strings.Join(got, ",") != tt.want {
			t.Errorf("%s: %v, want %q", tt.name, got, tt.want)
		}
	}
}

func TestDNS(t *testing.T) {
	for _, tt := range []struct {
		name, egress string
		blocked      bool
	}{
		{"no rule", "[]", true},
		{"a database", "[{to: [{podSelector: {matchLabels: {app: db}}}]}]", true},
		{"web only", "[{ports: [{port: 443}]}]", true},
		{"everything", "[{}]", false},
		{"UDP", "[{ports: [{port: 53, protocol: UDP}]}]", false},
		{"TCP to pods", "[{to: [{namespaceSelector: {}}], ports: [{port: 53}]}]", false},
		{"OpenShift", "[{ports: [{port: 5353, protocol: UDP}]}]", false},
		{"a range", "[{ports: [{port: 1, endPort: 1024, protocol: UDP}]}]", false},
		{"by name", "[{ports: [{port: dns-tcp}]}]", false},
		{"every port of a network", "[{to: [{ipBlock: {cidr: 10.0.0.0/8}}]}]", false},
		{"every port of every namespace", "[{to: [{namespaceSelector: {}}]}]", false},
	} {
		text := pod + "---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: p, namespace: shop}\nspec: {podSelector: {}, policyTypes: [Egress], egress: " + tt.egress + "}\n"
		if got := len(networkFacts(t, text, "p", Options{})["without_dns"].([]any)) > 0; got != tt.blocked {
			t.Errorf("%s: blocked %v, want %v", tt.name, got, tt.blocked)
		}
	}
}

func TestOpenRules(t *testing.T) {
	for _, tt := range []struct{ name, spec, want string }{
		{"every source", "{ingress: [{}]}", "ingress spec.ingress[0] every source"},
		{"from nobody is from everybody", "{ingress: [{from: []}]}", "ingress spec.ingress[0] every source"},
		{"a port to everywhere", "{policyTypes: [Egress], egress: [{ports: [{port: 443}]}]}", "egress spec.egress[0] every destination"},
		{"DNS to everywhere", "{policyTypes: [Egress], egress: [{ports: [{port: 53, protocol: UDP}]}]}", ""},
		{"DNS and more", "{policyTypes: [Egress], egress: [{ports: [{port: 53}, {port: 443}]}]}", "egress spec.egress[0] every destination"},
		{"port 53 for ingress", "{ingress: [{ports: [{port: 53}]}]}", "ingress spec.ingress[0] every source"},
		{"the whole of IPv6", "{ingress: [{from: [{podSelector: {}}, {ipBlock: {cidr: '::/0'}}]}]}", "ingress spec.ingress[0].from[1] ::/0"},
		{"all namespaces", "{ingress: [{from: [{namespaceSelector: {}}]}]}", "ingress spec.ingress[0].from[0] every namespace"},
		{"all namespaces, some pods", "{ingress: [{from: [{namespaceSelector: {}, podSelector: {matchLabels: {a: b}}}]}]}", ""},
		{"a direction that is off", "{policyTypes: [Egress], ingress: [{}]}", ""},
		{"half of IPv4", "{ingress: [{from: [{ipBlock: {cidr: 0.0.0.0/1}}]}]}", ""},
	} {
		facts := networkFacts(t, "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: p}\nspec: "+tt.spec, "p", Options{})
		got := ""
		for _, o := range facts["open"].([]any) {
			m := o.(map[string]any)
			got += fmt.Sprintf("%s %s %s", m["direction"], model.Path(m["path"].([]any)), m["allows"])
		}
		if got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}

func TestDefaultDeny(t *testing.T) {
	const all = "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: p, namespace: shop}\nspec: "
	for _, tt := range []struct {
		name, policy string
		want         [2]bool
	}{
		{"none", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}", [2]bool{false, false}},
		{"both", all + "{policyTypes: [Ingress, Egress]}", [2]bool{true, true}},
		{"ingress by default", all + "{podSelector: {}}", [2]bool{true, false}},
		{"with exceptions", all + "{policyTypes: [Ingress, Egress], egress: [{ports: [{port: 53}]}]}", [2]bool{true, true}},
		{"allow all", all + "{policyTypes: [Ingress, Egress], egress: [{}]}", [2]bool{true, false}},
		{"some pods", all + "{podSelector: {matchLabels: {app: api}}, policyTypes: [Ingress, Egress]}", [2]bool{false, false}},
		{"cilium", "apiVersion: cilium.io/v2\nkind: CiliumClusterwideNetworkPolicy\nmetadata: {name: p}\nspec: {endpointSelector: {}, ingress: [{}], egress: [{}]}", [2]bool{true, true}},
		{"cilium for another namespace", "apiVersion: cilium.io/v2\nkind: CiliumClusterwideNetworkPolicy\nmetadata: {name: p}\nspec: {endpointSelector: {matchLabels: {io.kubernetes.pod.namespace: other}}, ingress: [{}]}", [2]bool{false, false}},
		{"calico", "apiVersion: projectcalico.org/v3\nkind: GlobalNetworkPolicy\nmetadata: {name: p}\nspec: {namespaceSelector: \"team in {'a'}\", types: [Ingress, Egress]}", [2]bool{true, true}},
		{"baseline", "apiVersion: policy.networking.k8s.io/v1alpha1\nkind: BaselineAdminNetworkPolicy\nmetadata: {name: default}\nspec: {subject: {namespaces: {}}, egress: [{action: Deny, to: [{networks: [0.0.0.0/0]}]}]}", [2]bool{false, true}},
	} {
		facts := networkFacts(t, strings.TrimPrefix(shop, "---\n")+"---\n"+tt.policy, "shop", Options{})
		deny := facts["default_deny"].(map[string]any)
		if got := [2]bool{deny["ingress"].(bool), deny["egress"].(bool)}; got != tt.want {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
	}
}

func TestEdges(t *testing.T) {
	n := readNetwork(t, objectsOf(t, pod+"---\n"+strings.ReplaceAll(pod, "api", "web")+`---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: p, namespace: shop}
spec: {podSelector: {matchLabels: {app: api}}, ingress: [{from: [{podSelector: {matchLabels: {app: web}}}], ports: [{port: http}]}]}
`), Options{})
	http := []Port{{Name: "http", Number: 8080, Protocol: "TCP"}}
	want := []Edge{
		{From: 0, To: 1, Ports: http, Any: true},
		{From: 1, To: 0, Ports: http},
		{From: 1, To: 1, Ports: http, Any: true},
	}
	if diff := cmp.Diff(want, n.Edges()); diff != "" {
		t.Errorf("edges (-want +got):\n%s", diff)
	}
	if n.Workloads[0].FromOutside || !n.Workloads[0].ToOutside || !n.Workloads[1].FromOutside {
		t.Errorf("outside: %+v", n.Workloads)
	}
}

func TestCalicoSelector(t *testing.T) {
	labels := map[string]string{"app": "web", "zone.io/a": "eu-1"}
	lookup := func(k string) (string, bool) { v, ok := labels[k]; return v, ok }
	for text, want := range map[string]bool{
		"":                                   true,
		"all()":                              true,
		" all( ) ":                           true,
		"global()":                           false,
		"app == 'web'":                       true,
		`app == "db"`:                        false,
		"app != 'db'":                        true,
		"tier != 'x'":                        true,
		"has(app)":                           true,
		"!has(app)":                          false,
		"has(zone.io/a) && app in {'web'}":   true,
		"app in {'a', 'web'}":                true,
		"app not in {'a', 'web'}":            false,
		"tier not in {'a'}":                  true,
		"zone.io/a starts with 'eu'":         true,
		"zone.io/a ends with '-2'":           false,
		"zone.io/a contains 'u-'":            true,
		"app == 'a' || (app == 'web')":       true,
		"app == 'a' || has(x) && has(app)":   false,
		"!(app == 'a' || has(x)) && all()":   true,
		"app = 'web'":                        false,
		"app == 'web' &&":                    false,
		"app == 'web":                        false,
		"(app == 'web'":                      false,
		strings.Repeat("(", 20000) + "all()": false,
	} {
		if got := calicoSelector(text)(lookup); got != want {
			t.Errorf("%.60q: %v, want %v", text, got, want)
		}
	}
}

func FuzzCalicoSelector(f *testing.F) {
	for _, s := range []string{"app == 'web' && !(zone in {'a','b'}) || has(x)", "all()", "a not in {}", "((!a starts with \"x\"))"} {
		f.Add(s)
	}
	f.Fuzz(func(_ *testing.T, s string) {
		calicoSelector(s)(func(k string) (string, bool) { return k, k != "" })
	})
}

// BenchmarkNetwork is one render of 300 workloads in 30 namespaces with two
// policies each.
func BenchmarkNetwork(b *testing.B) {
	var docs []string
	for i := range 30 {
		in := func(s string) string { return strings.ReplaceAll(s, "shop", fmt.Sprint("shop-", i)) }
		for j := range 10 {
			docs = append(docs, in(strings.ReplaceAll(pod, "api", fmt.Sprint("api-", j))))
		}
		docs = append(docs,
			in("apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: deny, namespace: shop}\nspec: {podSelector: {}, policyTypes: [Ingress, Egress]}\n"),
			in("apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: api, namespace: shop}\nspec: {podSelector: {matchLabels: {app: api-1}}, ingress: [{from: [{podSelector: {matchLabels: {app: api-2}}}]}], egress: [{to: [{ipBlock: {cidr: 0.0.0.0/0, except: [169.254.169.254/32]}}]}]}\n"))
	}
	objects := objectsOf(b, strings.Join(docs, "---\n"))
	views := make([]model.View, len(objects))
	for i := range objects {
		views[i] = model.View{Object: &objects[i], Facts: map[string]any{}}
		addPod(&views[i])
	}
	b.ReportAllocs()
	for b.Loop() {
		n := networkOf(views, Options{}, nil)
		addNetwork(views, n)
		addReferences(views, n)
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/float64(len(objects)), "µs/object")
}

// Facts are handed to Rego, which wants plain JSON shapes.
func TestFactsArePlain(t *testing.T) {
	var plain func(path string, v any)
	plain = func(path string, v any) {
		switch v := v.(type) {
		case map[string]any:
			for _, k := range slices.Sorted(maps.Keys(v)) {
				plain(path+"."+k, v[k])
			}
		case []any:
			for i, e := range v {
				plain(fmt.Sprintf("%s[%d]", path, i), e)
			}
		case nil, string, bool, int, int64, float64:
		default:
			t.Errorf("%s is a %T", path, v)
		}
	}
	text := pod + shop + `---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: p, namespace: shop}
spec: {podSelector: {matchLabels: {app: x}}, egress: [{}, {to: [{podSelector: {matchLabels: {app: y}}}, {ipBlock: {cidr: 0.0.0.0/0}}]}], policyTypes: [Egress]}
---
apiVersion: v1
kind: Service
metadata: {name: s, namespace: shop}
spec: {selector: {app: api}, ports: [{port: 80, targetPort: web}, {port: 81}], prots: []}
---
apiVersion: extensions/v1beta1
kind: Ingress
metadata: {name: i, namespace: shop}
spec: {backend: {serviceName: none, servicePort: 80}}
`
	for _, v := range readViews(t, objectsOf(t, text), Options{}) {
		plain(v.Object.ID.Name, v.Facts)
	}
}
