# METADATA
# title: Workload may take over the cluster
# description: |
#   The pod's ServiceAccount holds, in every namespace or in kube-system, a right from
#   which all others follow: it may act as anyone, give itself rights, start or enter
#   any pod, or decide what the API server admits. A flaw in this one program, or in a
#   library of it, is then the loss of the cluster. Rights are joined over
#   ServiceAccount, bindings and roles of the same render; rules limited by
#   resourceNames do not count.
# related_resources:
# - ref: https://kubernetes.io/docs/concepts/security/rbac-good-practices/#privilege-escalation-risks
# - ref: https://kubernetes.io/docs/concepts/security/rbac-good-practices/
# - ref: https://kubernetes.io/docs/reference/access-authn-authz/rbac/
# custom:
#   severity: error
#   security_severity: 9.0
#   profile: default
#   confidence: medium
#   kinds: [workload]
#   standards:
#   - {name: CIS Kubernetes Benchmark v1.9, section: 5.1.8}
#   - {name: NSA/CISA Kubernetes Hardening Guide, section: Authentication and authorization}
#   remediation: Replace the ClusterRoleBinding by RoleBindings in the namespaces the program works in, and list only the verbs and resources it uses.
#   since: 0.1.0
package policies.access["workload-can-take-over-cluster"]

import data.sekisho.lib
import data.sekisho.lib.account
import data.sekisho.lib.rbac

# One finding a workload: the first way is enough.
deny contains finding if {
	_has_token
	way := _ways[0]
	finding := {
		"path": lib.at(lib.pod, [_field]),
		"message": sprintf("pod may take over the cluster: service account %q may %s %s (%s %q)", [
			account.name,
			way.does,
			_scope(way.grant),
			_binding[way.grant.kind],
			way.grant.binding,
		]),
	}
}

# A pod that mounts no token cannot use the account's rights.
_has_token if account.token_mounted

_has_token if {
	some volume in input.pod.spec.volumes
	some source in volume.projected.sources
	source.serviceAccountToken
}

_ways := [way |
	some power in _powers
	some grant in _far_reaching
	some rule in grant.rules
	some needed in power.any_of
	rbac.allows(rule, needed.group, needed.resource, needed.verb)
	_with(power)
	way := {"does": power.does, "grant": grant}
]

_with(power) if not power.and

_with(power) if {
	some grant in _far_reaching
	some rule in grant.rules
	some needed in power.and
	rbac.allows(rule, needed.group, needed.resource, needed.verb)
}

_far_reaching := [grant |
	some grant in input.facts.references.grants
	grant.namespace in {"", "kube-system"}
]

# Each of these is enough, the strongest first.
_powers := [
	{"does": "do everything", "any_of": [{"group": "*", "resource": "*", "verb": "*"}]},
	{"does": "act as anyone", "any_of": [
		{"group": "", "resource": "users", "verb": "impersonate"},
		{"group": "", "resource": "groups", "verb": "impersonate"},
		{"group": "", "resource": "serviceaccounts", "verb": "impersonate"},
	]},
	{"does": "give itself rights", "any_of": [
		{"group": "rbac.authorization.k8s.io", "resource": "clusterroles", "verb": "escalate"},
		{"group": "rbac.authorization.k8s.io", "resource": "clusterroles", "verb": "bind"},
		{"group": "rbac.authorization.k8s.io", "resource": "roles", "verb": "escalate"},
		{"group": "rbac.authorization.k8s.io", "resource": "roles", "verb": "bind"},
	]},
	{"does": "use the kubelet's API", "any_of": [
		{"group": "", "resource": "nodes/proxy", "verb": "create"},
		{"group": "", "resource": "nodes/proxy", "verb": "get"},
	]},
	{"does": "create pods", "any_of": [
		{"group": "", "resource": "pods", "verb": "create"},
		{"group": "apps", "resource": "daemonsets", "verb": "create"},
		{"group": "apps", "resource": "daemonsets", "verb": "patch"},
		{"group": "apps", "resource": "daemonsets", "verb": "update"},
		{"group": "apps", "resource": "deployments", "verb": "create"},
		{"group": "apps", "resource": "deployments", "verb": "patch"},
		{"group": "apps", "resource": "deployments", "verb": "update"},
		{"group": "apps", "resource": "statefulsets", "verb": "create"},
		{"group": "apps", "resource": "statefulsets", "verb": "patch"},
		{"group": "apps", "resource": "statefulsets", "verb": "update"},
		{"group": "batch", "resource": "cronjobs", "verb": "create"},
		{"group": "batch", "resource": "jobs", "verb": "create"},
	]},
	{"does": "run commands in pods", "any_of": [{"group": "", "resource": "pods/exec", "verb": "create"}]},
	{"does": "create tokens of service accounts", "any_of": [{"group": "", "resource": "serviceaccounts/token", "verb": "create"}]},
	{
		"does": "create and read secrets, those of service accounts too,",
		"any_of": [{"group": "", "resource": "secrets", "verb": "create"}],
		"and": [
			{"group": "", "resource": "secrets", "verb": "get"},
			{"group": "", "resource": "secrets", "verb": "list"},
		],
	},
	{
		"does": "approve certificates",
		"any_of": [
			{"group": "certificates.k8s.io", "resource": "certificatesigningrequests/approval", "verb": "patch"},
			{"group": "certificates.k8s.io", "resource": "certificatesigningrequests/approval", "verb": "update"},
		],
		"and": [{"group": "certificates.k8s.io", "resource": "signers", "verb": "approve"}],
	},
	{"does": "change admission", "any_of": [
		{"group": "admissionregistration.k8s.io", "resource": "mutatingwebhookconfigurations", "verb": "create"},
		{"group": "admissionregistration.k8s.io", "resource": "mutatingwebhookconfigurations", "verb": "patch"},
		{"group": "admissionregistration.k8s.io", "resource": "mutatingwebhookconfigurations", "verb": "update"},
	]},
]

_scope(grant) := "in every namespace" if grant.namespace == ""

else := sprintf("in namespace %q", [grant.namespace])

_binding := {"ClusterRoleBinding": "cluster role binding", "RoleBinding": "role binding"}

# serviceAccount is the field's old name, which the API server still reads.
_field := "serviceAccount" if {
	not input.pod.spec.serviceAccountName
	input.pod.spec.serviceAccount
} else := "serviceAccountName"
