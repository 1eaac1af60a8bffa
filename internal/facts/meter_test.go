package facts

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/sekisho/sekisho/internal/model"
)

// made is an object without a file.
func made(apiVersion, kind, name string, fields map[string]any) model.Object {
	value := map[string]any{"apiVersion": apiVersion, "kind": kind, "metadata": map[string]any{"name": name}}
	for k, v := range fields {
		value[k] = v
	}
	return model.Object{ID: model.ObjectID{APIVersion: apiVersion, Kind: kind, Name: name}, Value: value}
}

// podsApart are pods that each have a label of their own.
func podsApart(n int) []model.Object {
	var objects []model.Object
	for i := range n {
		o := made("v1", "Pod", fmt.Sprint("p", i), map[string]any{"spec": map[string]any{"containers": []any{map[string]any{
			"name": "a", "env": []any{map[string]any{"name": "DB_PASSWORD", "value": "Zx81spectrum"}},
		}}}})
		o.Value["metadata"].(map[string]any)["labels"] = map[string]any{"app": fmt.Sprint("a", i)}
		objects = append(objects, o)
	}
	return objects
}

// policyFor is a NetworkPolicy that lets pods in.
func policyFor(name string, subject map[string]any, peers ...any) model.Object {
	return made("networking.k8s.io/v1", "NetworkPolicy", name, map[string]any{"spec": map[string]any{
		"podSelector": subject, "ingress": []any{map[string]any{"from": peers}},
	}})
}

func without(key string, values ...any) map[string]any {
	return map[string]any{"matchExpressions": []any{map[string]any{"key": key, "operator": "NotIn", "values": values}}}
}

// manyPeers is a policy whose peers match no pod and must all be asked about.
func manyPeers(n int) model.Object {
	peers := make([]any, n)
	for i := range peers {
		peers[i] = map[string]any{"podSelector": map[string]any{"matchExpressions": []any{
			map[string]any{"key": "app", "operator": "In", "values": []any{"x", fmt.Sprint("y", i)}},
		}}}
	}
	return policyFor("many", map[string]any{}, peers...)
}

// TestComparisonsAreBounded: what is too much to be compared is said of the
// object that asks for it, and all else is known.
func TestComparisonsAreBounded(t *testing.T) {
	crossed := podsApart(2200)
	for i := range 2200 {
		crossed = append(crossed, policyFor(fmt.Sprint("n", i), without("app", fmt.Sprint("x", i))))
	}
	for name, objects := range map[string][]model.Object{
		"policies that all select all pods": crossed,
		"one policy of many peers":          append(podsApart(1000), manyPeers(30_000)),
	} {
		views, err := Views(t.Context(), objects, Options{})
		if err != nil {
			t.Fatal(err)
		}
		var said []string
		for _, v := range views {
			for _, what := range v.Unknown {
				said = append(said, v.Object.ID.Kind+": "+what)
			}
			if v.Facts["network"] != nil || v.Facts["references"] != nil {
				t.Fatalf("%s: %v has facts about others", name, v.Object.ID)
			}
		}
		want := []string{"NetworkPolicy: comparing objects with each other takes more than 50000000 comparisons; no rule knows about networks, references and grants here"}
		if !slices.Equal(said, want) {
			t.Errorf("%s: got %q, want %q", name, said, want)
		}
		if views[0].Facts["credentials"] == nil {
			t.Errorf("%s: what the object alone tells is lost", name)
		}
	}
}

// TestAskedOnceForEqual: as many pods and policies as one file may hold stay
// below the bound, when they are alike but for their names and when each policy
// is about one pod.
func TestAskedOnceForEqual(t *testing.T) {
	var equal, paired []model.Object
	label := func(i int) map[string]any { return map[string]any{"app": fmt.Sprint("a", i)} }
	for i, o := range podsApart(4500) {
		paired = append(paired, o, policyFor(fmt.Sprint("n", i), map[string]any{"matchLabels": label(i)}))
	}
	for i, o := range podsApart(4500) {
		o.Value["metadata"].(map[string]any)["labels"] = label(0)
		equal = append(equal, o, policyFor(fmt.Sprint("n", i), map[string]any{"matchLabels": label(0)}))
	}
	for name, tt := range map[string]struct {
		objects  []model.Object
		selects  int
		policies int
	}{
		"equal":  {equal, 4500, maxListed},
		"paired": {paired, 1, 1},
	} {
		views := readViews(t, tt.objects, Options{})
		last := views[len(views)-2:]
		ingress := fieldAt(last[0].Facts, "network", "ingress")
		if got := listAt(ingress, "policies"); len(got) != tt.policies || fieldAt(ingress, "isolated") != true {
			t.Errorf("%s: isolated by %d policies, want %d", name, len(got), tt.policies)
		}
		if got := fieldAt(last[1].Facts, "network", "selects"); got != tt.selects {
			t.Errorf("%s: selects %v, want %d", name, got, tt.selects)
		}
	}
}

// TestEqualPoliciesAreListed in the order of the render, among others.
func TestEqualPoliciesAreListed(t *testing.T) {
	a := map[string]any{"matchLabels": map[string]any{"app": "a0"}}
	n := readNetwork(t, append(podsApart(1), policyFor("one", a), policyFor("two", map[string]any{}), policyFor("three", a), policyFor("four", map[string]any{})), Options{})
	var names []string
	for _, id := range n.Workloads[0].Ingress.Policies {
		names = append(names, id.Name)
	}
	if want := []string{"one", "two", "three", "four"}; !slices.Equal(names, want) {
		t.Errorf("got %v, want %v", names, want)
	}
}

// everyProvider is text that speaks of all providers of tokens, again and again.
func everyProvider(size int) string {
	var b strings.Builder
	for b.Len() < size {
		for _, p := range providers() {
			b.WriteString(p.keywords[0] + " = ")
		}
	}
	return b.String()[:size]
}

// TestPatternsAreBounded: text that asks for too much is said, and the next
// object has its facts.
func TestPatternsAreBounded(t *testing.T) {
	objects := append([]model.Object{made("v1", "ConfigMap", "a", map[string]any{"data": map[string]any{"a": everyProvider(200_000)}})}, podsApart(1)...)
	views, err := Views(t.Context(), objects, Options{})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"looking for providers' tokens takes more than 16 MiB of text near their names, each pattern counted; no rule knows about credentials here"}
	if !slices.Equal(views[0].Unknown, want) {
		t.Errorf("got %q, want %q", views[0].Unknown, want)
	}
	if views[1].Unknown != nil || views[1].Facts["credentials"] == nil {
		t.Errorf("the next object: %q, %v", views[1].Unknown, views[1].Facts)
	}
}

// TestContextStops: when the time of a scan is over, so is the work on facts,
// whatever it is about.
func TestContextStops(t *testing.T) {
	why := errors.New("the scan took too long")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(why)
	var services, bindings, texts []model.Object
	for i := range 3000 {
		services = append(services, made("v1", "Service", fmt.Sprint("s", i), map[string]any{"spec": map[string]any{"selector": map[string]any{"a": "b"}}}))
	}
	subject := []any{map[string]any{"kind": "ServiceAccount", "name": "x"}}
	for i := range 3000 {
		bindings = append(bindings, made("rbac.authorization.k8s.io/v1", "RoleBinding", fmt.Sprint("b", i), map[string]any{"subjects": subject}))
	}
	texts = append(texts, made("v1", "ConfigMap", "a", map[string]any{"data": map[string]any{"a": strings.Repeat("password=x ", 1000)}}))
	for name, objects := range map[string][]model.Object{
		"texts": texts, "services": services,
		"policies": append(podsApart(100), manyPeers(100)),
		"bindings": append(bindings, podsApart(2)...),
	} {
		if _, err := Views(ctx, objects, Options{}); !errors.Is(err, why) {
			t.Errorf("%s: got %v", name, err)
		}
	}
	n := readNetwork(t, podsApart(100), Options{})
	n.meter.ctx = ctx
	if _, err := n.Map(); !errors.Is(err, why) {
		t.Errorf("the map: got %v", err)
	}
}
