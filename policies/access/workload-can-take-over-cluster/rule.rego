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
		"message": sprintf("pod may take over the cluster: service account %q may %s%s (%s %q)", [
			account.name,
			way.power.does,
			_scope(way),
			_binding[way.grant.kind],
			way.grant.binding,
		]),
		"related": [
			{"object": {"kind": way.grant.kind, "namespace": way.grant.namespace, "name": way.grant.binding}, "path": ["roleRef"]},
			{"object": _role(way.grant), "path": ["rules"]},
		],
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
	some held in _held
	held.is == power.of[0]
	every other in power.of {
		_holds(other)
	}
	way := {"power": power, "grant": held.grant}
]

_holds(what) if {
	some held in _held
	held.is == what
}

# What the account holds of the parts that powers are made of.
_held := [{"is": part.is, "grant": grant} |
	some grant in input.facts.references.grants
	grant.namespace in {"", "kube-system"}
	some rule in grant.rules
	some resource in rule.resources
	some part in _parts[resource]
	not rbac.limited(rule)
	_meets(rule.apiGroups, {part.group})
	_meets(rule.verbs, part.verbs)
]

_meets(allowed, wanted) if {
	some value in allowed
	value in (wanted | {"*"})
}

# The powers of which each is enough, the strongest first.
_powers := [
	{"does": "do everything", "of": ["everything"]},
	{"does": "act as anyone", "of": ["impersonate"], "cluster": true},
	{"does": "give itself rights", "of": ["bind"], "cluster": true},
	{"does": "act as any service account", "of": ["impersonate account"]},
	{"does": "give itself rights", "of": ["bind role"]},
	{"does": "use the kubelet's API", "of": ["kubelet"], "cluster": true},
	{"does": "create pods", "of": ["pods"]},
	{"does": "run commands in pods", "of": ["exec"]},
	{"does": "create tokens of service accounts", "of": ["token"]},
	{"does": "create and read secrets", "of": ["secret write", "secret read"]},
	{"does": "approve certificates", "of": ["approve", "signer"], "cluster": true},
	{"does": "change admission", "of": ["admission"], "cluster": true},
]

# By resource: which verbs of which API group are which part of a power.
_parts := object.union(_named, {"*": array.concat(
	[{"group": "*", "verbs": {"*"}, "is": "everything"}],
	[part | some parts in _named; some part in parts],
)})

_named := {
	"certificatesigningrequests/approval": [{"group": "certificates.k8s.io", "verbs": {"patch", "update"}, "is": "approve"}],
	"clusterroles": [{"group": "rbac.authorization.k8s.io", "verbs": {"bind", "escalate"}, "is": "bind"}],
	"cronjobs": [{"group": "batch", "verbs": {"create"}, "is": "pods"}],
	"daemonsets": [{"group": "apps", "verbs": {"create", "patch", "update"}, "is": "pods"}],
	"deployments": [{"group": "apps", "verbs": {"create", "patch", "update"}, "is": "pods"}],
	"groups": [{"group": "", "verbs": {"impersonate"}, "is": "impersonate"}],
	"jobs": [{"group": "batch", "verbs": {"create"}, "is": "pods"}],
	"mutatingwebhookconfigurations": [{
		"group": "admissionregistration.k8s.io",
		"verbs": {"create", "patch", "update"},
		"is": "admission",
	}],
	"nodes/proxy": [{"group": "", "verbs": {"create", "get"}, "is": "kubelet"}],
	"pods": [{"group": "", "verbs": {"create"}, "is": "pods"}],
	"pods/exec": [{"group": "", "verbs": {"create", "get"}, "is": "exec"}],
	"roles": [{"group": "rbac.authorization.k8s.io", "verbs": {"bind", "escalate"}, "is": "bind role"}],
	"secrets": [
		{"group": "", "verbs": {"create"}, "is": "secret write"},
		{"group": "", "verbs": {"get", "list"}, "is": "secret read"},
	],
	"serviceaccounts": [{"group": "", "verbs": {"impersonate"}, "is": "impersonate account"}],
	"serviceaccounts/token": [{"group": "", "verbs": {"create"}, "is": "token"}],
	"signers": [{"group": "certificates.k8s.io", "verbs": {"approve"}, "is": "signer"}],
	"statefulsets": [{"group": "apps", "verbs": {"create", "patch", "update"}, "is": "pods"}],
	"users": [{"group": "", "verbs": {"impersonate"}, "is": "impersonate"}],
}

# The things of a cluster-wide power have no namespace.
_scope(way) := "" if way.power.cluster

else := " in every namespace" if way.grant.namespace == ""

else := sprintf(" in namespace %q", [way.grant.namespace])

_role(grant) := {"kind": "Role", "namespace": grant.namespace, "name": grant.role} if {
	grant.role_kind == "Role"
} else := {"kind": "ClusterRole", "namespace": "", "name": grant.role}

_binding := {"ClusterRoleBinding": "cluster role binding", "RoleBinding": "role binding"}

# serviceAccount is the field's old name, which the API server still reads.
_field := "serviceAccount" if {
	not input.pod.spec.serviceAccountName
	input.pod.spec.serviceAccount
} else := "serviceAccountName"
