package facts

import (
	"cmp"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/labels"

	"github.com/sekisho/sekisho/internal/model"
)

// addGrants states as whom each workload talks to the API server and what the
// render allows that account: ServiceAccount → bindings → roles → rules. In
// facts.references of a workload,
//
//	account: {name: app, namespace: shop, found: true, automount: false, incomplete: false}
//	grants:
//	- {kind: ClusterRoleBinding, binding: app, role_kind: ClusterRole, role: reader,
//	   namespace: "", direct: true, known: true, rules: [{apiGroups: …, resources: …, verbs: …}]}
//
// account.found says that the ServiceAccount is in the render, automount repeats
// its field where it is set, incomplete that bindings may be missing. A grant's
// namespace is "" when it holds in every namespace; direct tells a binding that
// names the account from one that reaches it through a group; known is false
// for a role that is neither in the render nor built in.
func addGrants(views []model.View, opts Options, m *meter) {
	access := accessOf(views, cmp.Or(opts.Namespace, "default"), m)
	for i := range views {
		v := &views[i]
		if v.Pod == nil {
			continue
		}
		a := account{
			name:      cmp.Or(textAt(v.Pod.Spec, "serviceAccountName"), textAt(v.Pod.Spec, "serviceAccount"), "default"),
			namespace: v.Object.ID.Namespace,
		}
		facts := map[string]any{"name": a.name, "namespace": cmp.Or(a.namespace, access.home), "found": false, "incomplete": opts.Incomplete}
		m.turn(v.Object)
		for _, o := range access.accounts[a.name] {
			m.compare(1)
			if access.agree(a, o.ID.Namespace) {
				facts["found"] = true
				if automount, ok := o.Value["automountServiceAccountToken"].(bool); ok {
					facts["automount"] = automount
				}
				break
			}
		}
		references, _ := v.Facts["references"].(map[string]any)
		if references == nil {
			references = map[string]any{}
			v.Facts["references"] = references
		}
		references["account"] = facts
		references["grants"] = access.grants(a)
	}
}

// account is a ServiceAccount as a workload names it.
type account struct{ name, namespace string }

// access is everything in a render that says who may do what.
type access struct {
	home     string // the namespace of objects that name none
	accounts map[string][]*model.Object
	bindings []*model.Object
	roles    map[[2]string][]any // the rules, by namespace ("" for cluster roles) and name
	granted  map[account][]any
	meter    *meter
}

func accessOf(views []model.View, home string, m *meter) *access {
	a := &access{home: home, meter: m, accounts: map[string][]*model.Object{}, roles: map[[2]string][]any{}, granted: map[account][]any{}}
	var clusterRoles []*model.Object
	for i := range views {
		o := views[i].Object
		group, _, _ := strings.Cut(o.ID.APIVersion, "/")
		if o.ID.Kind == "ServiceAccount" && o.ID.APIVersion == "v1" {
			a.accounts[o.ID.Name] = append(a.accounts[o.ID.Name], o)
		}
		if group != "rbac.authorization.k8s.io" {
			continue
		}
		switch o.ID.Kind {
		case "Role":
			a.roles[[2]string{cmp.Or(o.ID.Namespace, home), o.ID.Name}] = listAt(o.Value, "rules")
		case "ClusterRole":
			a.roles[[2]string{"", o.ID.Name}] = listAt(o.Value, "rules")
			clusterRoles = append(clusterRoles, o)
		case "RoleBinding", "ClusterRoleBinding":
			a.bindings = append(a.bindings, o)
		}
	}
	// The control plane fills an aggregated ClusterRole with the rules of those
	// that its selectors choose.
	have := make([]labels.Set, len(clusterRoles))
	for i, o := range clusterRoles {
		have[i] = stringMap(fieldAt(o.Value, "metadata", "labels"))
	}
	for _, o := range clusterRoles {
		selectors := listAt(o.Value, "aggregationRule", "clusterRoleSelectors")
		if len(selectors) == 0 {
			continue
		}
		m.turn(o)
		chosen := make([]labels.Selector, len(selectors))
		for i, s := range selectors {
			m.step(1)
			chosen[i] = labelSelector(s)
		}
		var rules []any
		for i, part := range clusterRoles {
			if slices.ContainsFunc(chosen, func(s labels.Selector) bool {
				m.compare(1 + weightOf(s))
				return s.Matches(have[i])
			}) {
				list := listAt(part.Value, "rules")
				m.compare(keptComparisons + len(list))
				rules = append(rules, list...)
			}
		}
		a.roles[[2]string{"", o.ID.Name}] = rules
	}
	return a
}

// agree tells whether a namespace that a manifest writes can be the one of an
// account. Where either is left open it is chosen at install time and may be any;
// only the account "default", which every namespace has, must be the same one.
func (a *access) agree(who account, namespace string) bool {
	if who.name == "default" {
		return cmp.Or(who.namespace, a.home) == cmp.Or(namespace, a.home)
	}
	return who.namespace == "" || namespace == "" || who.namespace == namespace
}

// grants are the bindings that reach an account, in the order of the render.
func (a *access) grants(who account) []any {
	if grants, ok := a.granted[who]; ok {
		return grants
	}
	grants := []any{}
	for _, b := range a.bindings {
		a.meter.turn(b)
		a.meter.compare(1 + len(listAt(b.Value, "subjects")))
		reached, direct := false, false
		for _, s := range listAt(b.Value, "subjects") {
			r, d := a.reaches(s, b, who)
			reached, direct = reached || r, direct || d
		}
		if !reached {
			continue
		}
		kind, name := textAt(b.Value, "roleRef", "kind"), textAt(b.Value, "roleRef", "name")
		grant := map[string]any{
			"kind": b.ID.Kind, "binding": b.ID.Name, "role_kind": kind, "role": name,
			"namespace": "", "direct": direct,
		}
		home := cmp.Or(b.ID.Namespace, a.home)
		if b.ID.Kind == "RoleBinding" {
			grant["namespace"] = home
		}
		key := [2]string{"", name}
		if kind == "Role" {
			key[0] = home
		}
		rules, known := a.roles[key]
		if !known && kind == "ClusterRole" {
			rules, known = builtinRoles[name]
		}
		a.meter.compare(keptComparisons + len(rules))
		grant["rules"], grant["known"] = append([]any{}, rules...), known
		grants = append(grants, grant)
	}
	a.granted[who] = grants
	return grants
}

// reaches tells whether a subject of a binding is the account or a group it is
// in, and whether it names the account itself.
func (a *access) reaches(subject any, binding *model.Object, who account) (reached, direct bool) {
	name := textAt(subject, "name")
	switch textAt(subject, "kind") {
	case "ServiceAccount":
		namespace := textAt(subject, "namespace")
		if namespace == "" && binding.ID.Kind == "RoleBinding" {
			namespace = binding.ID.Namespace
		}
		direct = name == who.name && a.agree(who, namespace)
		return direct, direct
	case "User":
		namespace, account, found := strings.Cut(strings.TrimPrefix(name, "system:serviceaccount:"), ":")
		direct = found && strings.HasPrefix(name, "system:serviceaccount:") && account == who.name && a.agree(who, namespace)
		return direct, direct
	case "Group":
		namespace, ofNamespace := strings.CutPrefix(name, "system:serviceaccounts:")
		return name == "system:authenticated" || name == "system:serviceaccounts" ||
			ofNamespace && a.agree(who, namespace), false
	}
	return false, false
}

// builtinRoles are the cluster roles that every cluster has and charts bind
// without defining. Of admin and edit only what reaches beyond reading one's
// own objects is listed.
// See https://kubernetes.io/docs/reference/access-authn-authz/rbac/#user-facing-roles
var builtinRoles = map[string][]any{
	"cluster-admin": {policyRule([]any{"*"}, []any{"*"}, []any{"*"})},
	"admin": slices.Concat(editRules, []any{
		policyRule([]any{"rbac.authorization.k8s.io"}, []any{"rolebindings", "roles"}, everyVerb),
	}),
	"edit": editRules,
	"view": {policyRule([]any{""}, []any{"configmaps", "pods", "services"}, []any{"get", "list", "watch"})},
}

var (
	everyVerb = []any{"create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"}
	editRules = []any{
		policyRule([]any{""}, []any{"pods/attach", "pods/exec", "pods/portforward", "pods/proxy", "secrets"}, everyVerb),
		policyRule([]any{""}, []any{"serviceaccounts"}, []any{"impersonate"}),
		policyRule([]any{""}, []any{"serviceaccounts/token"}, []any{"create"}),
		policyRule([]any{""}, []any{"pods", "replicationcontrollers"}, everyVerb),
		policyRule([]any{"apps"}, []any{"daemonsets", "deployments", "replicasets", "statefulsets"}, everyVerb),
		policyRule([]any{"batch"}, []any{"cronjobs", "jobs"}, everyVerb),
	}
)

func policyRule(groups, resources, verbs []any) any {
	return map[string]any{"apiGroups": groups, "resources": resources, "verbs": verbs}
}
