# METADATA
# title: Roles and bindings
# description: |
#   What the rules about RBAC share. What Kubernetes itself ships is left out: the
#   user-facing roles and those of its components, by name.
package sekisho.lib.rbac

import data.sekisho.lib

# The object as messages call it: cluster role "reader".
title := sprintf("%s %q", [_titles[input.kind], lib.object_name])

_titles := {
	"Role": "role",
	"ClusterRole": "cluster role",
	"RoleBinding": "role binding",
	"ClusterRoleBinding": "cluster role binding",
}

_rbac if starts(input.object.apiVersion, "rbac.authorization.k8s.io/")

# The rules of a Role or ClusterRole.
rules := input.object.rules if {
	_rbac
	not _shipped_role
}

# granted("", {"pods/exec"}, {"create"}) are the rules of the role that name one of
# the resources with one of the verbs, or with "*": each with its index, the path of
# the first such resource and a message. A rule for every resource is
# wildcard-rule's alone.
granted(group, resources, verbs) := [grant |
	some i, rule in rules
	some allowed_group in rule.apiGroups
	allowed_group in {group, "*"}
	named := [j | some j, resource in rule.resources; _names(resource, resources)]
	count(named) > 0
	allowed := [_verb(verb) | some verb in rule.verbs; verb in (verbs | {"*"})]
	count(allowed) > 0
	grant := {
		"index": i,
		"rule": rule,
		"path": ["rules", i, "resources", named[0]],
		"message": sprintf("%s allows %s on %s", [
			title,
			concat(", ", allowed),
			concat(", ", [rule.resources[j] | some j in named]),
		]),
	}
]

_names(resource, resources) if resource in resources

# A star before a subresource means that subresource of every resource.
_names(resource, resources) if {
	starts(resource, "*/")
	some wanted in resources
	endswith(wanted, substring(resource, 1, -1))
}

_verb("*") := "every verb"

_verb(verb) := verb if verb != "*"

# finding(grant) is what most rules make of a grant.
finding(grant) := {"path": grant.path, "message": grant.message}

# True for a rule that holds only for objects of given names.
limited(rule) if {
	some _ in rule.resourceNames
}

# starts(text, prefix) is startswith for what may not be a text.
starts(text, prefix) if {
	is_string(text)
	startswith(text, prefix)
}

# The subjects of a binding, each with its index, as it is written.
subjects := [{"index": i, "kind": subject.kind, "name": subject.name, "namespace": object.get(subject, "namespace", "")} |
	_rbac
	some i, subject in input.object.subjects
	not _shipped_binding(subject.kind, subject.name)
]

# The role a binding gives.
role_name := object.get(input.object, ["roleRef", "name"], "")

_shipped_role if {
	input.kind == "ClusterRole"
	lib.object_name in _shipped_roles
}

_shipped_role if {
	input.kind == "ClusterRole"
	some prefix in ["system:controller:", "system:certificates.k8s.io:"]
	starts(lib.object_name, prefix)
}

_shipped_role if {
	input.kind == "Role"
	lib.namespace == "kube-system"
	lib.object_name in {
		"extension-apiserver-authentication-reader",
		"system::leader-locking-kube-controller-manager",
		"system::leader-locking-kube-scheduler",
	}
}

_shipped_roles := {
	"admin",
	"cluster-admin",
	"edit",
	"system:aggregate-to-admin",
	"system:aggregate-to-edit",
	"system:aggregate-to-view",
	"system:auth-delegator",
	"system:basic-user",
	"system:discovery",
	"system:heapster",
	"system:kube-aggregator",
	"system:kube-controller-manager",
	"system:kube-dns",
	"system:kube-scheduler",
	"system:kubelet-api-admin",
	"system:monitoring",
	"system:node",
	"system:node-bootstrapper",
	"system:node-problem-detector",
	"system:node-proxier",
	"system:persistent-volume-provisioner",
	"system:public-info-viewer",
	"system:service-account-issuer-discovery",
	"system:volume-scheduler",
	"view",
}

_shipped_binding("Group", "system:masters") if {
	role_name == "cluster-admin"
	lib.object_name == "cluster-admin"
}

_shipped_binding("Group", "system:authenticated") if {
	role_name in {"system:basic-user", "system:discovery", "system:public-info-viewer"}
}

_shipped_binding("Group", "system:unauthenticated") if role_name == "system:public-info-viewer"

_shipped_binding("Group", "system:serviceaccounts") if role_name == "system:service-account-issuer-discovery"

# kubeadm lets joining nodes read the cluster's address before they have an identity.
_shipped_binding("User", "system:anonymous") if role_name == "kubeadm:bootstrap-signer-clusterinfo"
