package facts

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sekisho/sekisho/internal/model"
	"github.com/sekisho/sekisho/internal/yamlpos"
)

// grantsOf reads manifests and returns the account of the last workload, with
// the bindings that reach it as "kind/binding → kind/role in namespace, rules".
func grantsOf(t *testing.T, manifests string) (account map[string]any, grants []map[string]any) {
	t.Helper()
	docs, err := yamlpos.Parse([]byte(manifests))
	if err != nil {
		t.Fatal(err)
	}
	var objects []model.Object
	for _, d := range docs {
		o := model.Object{Value: d.Value.(map[string]any)}
		o.ID = model.ObjectID{
			APIVersion: textAt(o.Value, "apiVersion"), Kind: textAt(o.Value, "kind"),
			Namespace: textAt(o.Value, "metadata", "namespace"), Name: textAt(o.Value, "metadata", "name"),
		}
		objects = append(objects, o)
	}
	for _, v := range readViews(t, objects, Options{KubeVersion: "v1.37.0"}) {
		if v.Pod == nil {
			continue
		}
		references := v.Facts["references"].(map[string]any)
		account, grants = references["account"].(map[string]any), nil
		for _, g := range references["grants"].([]any) {
			grants = append(grants, g.(map[string]any))
		}
	}
	return account, grants
}

func bindingNames(grants []map[string]any) []string {
	names := []string{}
	for _, g := range grants {
		names = append(names, g["binding"].(string))
	}
	return names
}

const podOf = `apiVersion: v1
kind: Pod
metadata: {name: app, namespace: shop}
spec: {serviceAccountName: app, containers: [{name: app}]}
---
`

func TestGrantCarriesTheRulesOfItsRole(t *testing.T) {
	_, grants := grantsOf(t, podOf+`
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: b, namespace: shop}
roleRef: {kind: Role, name: r}
subjects: [{kind: ServiceAccount, name: app}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: r, namespace: shop}
rules: [{apiGroups: [""], resources: [pods], verbs: [get]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: r, namespace: other}
rules: [{apiGroups: [""], resources: [secrets], verbs: [get]}]
`)
	want := []map[string]any{{
		"kind": "RoleBinding", "binding": "b", "role_kind": "Role", "role": "r", "namespace": "shop", "direct": true, "known": true,
		"rules": []any{policyRule([]any{""}, []any{"pods"}, []any{"get"})},
	}}
	if diff := cmp.Diff(want, grants); diff != "" {
		t.Error(diff)
	}
}

func TestGrantSubjects(t *testing.T) {
	for _, test := range []struct {
		subject string
		want    []string
	}{
		{`{kind: ServiceAccount, name: app, namespace: shop}`, []string{"b"}},
		{`{kind: ServiceAccount, name: app, namespace: other}`, nil},
		{`{kind: ServiceAccount, name: other, namespace: shop}`, nil},
		{`{kind: User, name: "system:serviceaccount:shop:app"}`, []string{"b"}},
		{`{kind: User, name: "system:serviceaccount:other:app"}`, nil},
		{`{kind: User, name: "shop:app"}`, nil},
		{`{kind: Group, name: "system:serviceaccounts"}`, []string{"b"}},
		{`{kind: Group, name: "system:serviceaccounts:shop"}`, []string{"b"}},
		{`{kind: Group, name: "system:serviceaccounts:other"}`, nil},
		{`{kind: Group, name: "system:authenticated"}`, []string{"b"}},
		{`{kind: Group, name: "system:masters"}`, nil},
	} {
		_, grants := grantsOf(t, podOf+`
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: b}
roleRef: {kind: ClusterRole, name: elsewhere}
subjects: [`+test.subject+`]
`)
		if got := bindingNames(grants); len(got) != len(test.want) {
			t.Errorf("%s: bindings %v, want %v", test.subject, got, test.want)
		}
		if len(grants) == 1 && (grants[0]["known"] != false || grants[0]["namespace"] != "") {
			t.Errorf("%s: %v", test.subject, grants[0])
		}
	}
}

// A namespace that is not written is chosen at install time.
func TestGrantNamespaces(t *testing.T) {
	for _, test := range []struct {
		pod, subject string
		want         int
	}{
		{`metadata: {name: x}, spec: {serviceAccountName: app}`, `name: app, namespace: monitoring`, 1},
		{`metadata: {name: x, namespace: shop}, spec: {serviceAccountName: app}`, `name: app`, 1},
		{`metadata: {name: x, namespace: shop}, spec: {}`, `name: default, namespace: shop`, 1},
		{`metadata: {name: x}, spec: {}`, `name: default, namespace: default`, 1},
		{`metadata: {name: x}, spec: {}`, `name: default, namespace: monitoring`, 0},
		{`metadata: {name: x}, spec: {serviceAccount: app}`, `name: app`, 1},
	} {
		_, grants := grantsOf(t, "{apiVersion: v1, kind: Pod, "+test.pod+"}\n---\n"+`
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: b}
roleRef: {kind: ClusterRole, name: cluster-admin}
subjects: [{kind: ServiceAccount, `+test.subject+`}]
`)
		if len(grants) != test.want {
			t.Errorf("%s bound to %s: %d grants, want %d", test.pod, test.subject, len(grants), test.want)
		}
	}
}

func TestAggregatedRole(t *testing.T) {
	_, grants := grantsOf(t, podOf+`
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: b}
roleRef: {kind: ClusterRole, name: sum}
subjects: [{kind: ServiceAccount, name: app, namespace: shop}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: sum}
aggregationRule: {clusterRoleSelectors: [{matchLabels: {sum: "true"}}]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: part, labels: {sum: "true"}}
rules: [{apiGroups: [""], resources: [nodes], verbs: [get]}]
`)
	want := []any{policyRule([]any{""}, []any{"nodes"}, []any{"get"})}
	if len(grants) != 1 || !cmp.Equal(grants[0]["rules"], want) {
		t.Errorf("grants %v, want one with %v", grants, want)
	}
}

func TestAccount(t *testing.T) {
	account, _ := grantsOf(t, podOf+`
apiVersion: v1
kind: ServiceAccount
metadata: {name: app, namespace: shop}
automountServiceAccountToken: false
`)
	want := map[string]any{"name": "app", "namespace": "shop", "found": true, "automount": false, "incomplete": false}
	if diff := cmp.Diff(want, account); diff != "" {
		t.Error(diff)
	}
	account, _ = grantsOf(t, `{apiVersion: v1, kind: Pod, metadata: {name: x}, spec: {}}`)
	want = map[string]any{"name": "default", "namespace": "default", "found": false, "incomplete": false}
	if diff := cmp.Diff(want, account); diff != "" {
		t.Error(diff)
	}
}
