# METADATA
# title: Cluster role adds to the built-in roles
# description: |
#   The labels rbac.authorization.k8s.io/aggregate-to-admin, -edit and -view add the
#   rules of a ClusterRole to the built-in role of that name, in every namespace, for
#   everyone who has it, and no binding shows it. What charts do with their custom
#   resources is left alone: reading them with any of the labels, writing with edit.
# related_resources:
# - ref: https://kubernetes.io/docs/reference/access-authn-authz/rbac/#aggregated-clusterroles
# - ref: https://kubernetes.io/docs/concepts/security/rbac-good-practices/
# - ref: https://kubernetes.io/docs/reference/access-authn-authz/rbac/
# custom:
#   severity: warning
#   security_severity: 5.0
#   profile: default
#   confidence: medium
#   kinds: [ClusterRole]
#   standards:
#   - {name: NSA/CISA Kubernetes Hardening Guide, section: Authentication and authorization}
#   remediation: Remove the label and bind the ClusterRole where it is needed.
#   since: 0.1.0
package policies.access["aggregated-to-admin"]

import data.sekisho.lib.rbac

deny contains finding if {
	roles := [role | some role in ["admin", "edit", "view"]; _adds_to(role)]
	count(roles) > 0
	finding := {
		"path": ["metadata", "labels", _label(roles[0])],
		"message": sprintf("%s adds its rules to the built-in role %s", [rbac.title, concat(" and ", [sprintf("%q", [r]) | some r in roles])]),
	}
}

_label(role) := sprintf("rbac.authorization.k8s.io/aggregate-to-%s", [role])

_adds_to(role) if {
	input.object.metadata.labels[_label(role)] == "true"
	some rule in rbac.rules
	_notable(role, rule)
}

_notable(_, rule) if {
	some group in rule.apiGroups
	group in _own_groups
}

_notable(role, rule) if {
	role in {"admin", "view"}
	some verb in rule.verbs
	not verb in {"get", "list", "watch"}
}

# The API groups that Kubernetes itself serves; all others hold custom resources.
_own_groups := {
	"*",
	"",
	"admissionregistration.k8s.io",
	"apiextensions.k8s.io",
	"apiregistration.k8s.io",
	"apps",
	"authentication.k8s.io",
	"authorization.k8s.io",
	"autoscaling",
	"batch",
	"certificates.k8s.io",
	"coordination.k8s.io",
	"discovery.k8s.io",
	"events.k8s.io",
	"extensions",
	"flowcontrol.apiserver.k8s.io",
	"networking.k8s.io",
	"node.k8s.io",
	"policy",
	"rbac.authorization.k8s.io",
	"resource.k8s.io",
	"scheduling.k8s.io",
	"storage.k8s.io",
}
