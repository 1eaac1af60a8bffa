# METADATA
# title: Binding gives rights to a default service account
# description: |
#   Every workload that names no ServiceAccount runs as "default" of its namespace.
#   Rights bound to that account are rights of all of them, also of those that are
#   deployed later. The groups of service accounts reach even further: all accounts of
#   a namespace, or of the cluster.
# related_resources:
# - ref: https://kubernetes.io/docs/concepts/security/service-accounts/#default-service-accounts
# - ref: https://kubernetes.io/docs/concepts/security/rbac-good-practices/
# - ref: https://kubernetes.io/docs/reference/access-authn-authz/rbac/
# custom:
#   severity: warning
#   security_severity: 6.0
#   profile: default
#   confidence: high
#   kinds: [RoleBinding, ClusterRoleBinding]
#   standards:
#   - {name: CIS Kubernetes Benchmark v1.9, section: 5.1.5}
#   - {name: NSA/CISA Kubernetes Hardening Guide, section: Authentication and authorization}
#   remediation: Make a ServiceAccount for the workload that needs the rights, and bind that.
#   since: 0.1.0
package policies.access["default-service-account-binding"]

import data.sekisho.lib.rbac

deny contains finding if {
	some subject in rbac.subjects
	_default(subject)
	finding := {
		"path": ["subjects", subject.index, "name"],
		"message": sprintf("%s gives %q to the default service account", [rbac.title, rbac.role_name]),
	}
}

deny contains finding if {
	some subject in rbac.subjects
	subject.kind == "Group"
	whose := _whose(subject.name)
	finding := {
		"path": ["subjects", subject.index, "name"],
		"message": sprintf("%s gives %q to every service account of %s", [rbac.title, rbac.role_name, whose]),
	}
}

_default(subject) if {
	subject.kind == "ServiceAccount"
	subject.name == "default"
}

_default(subject) if {
	subject.kind == "User"
	rbac.starts(subject.name, "system:serviceaccount:")
	endswith(subject.name, ":default")
}

_whose("system:serviceaccounts") := "the cluster"

_whose(name) := sprintf("namespace %q", [trim_prefix(name, "system:serviceaccounts:")]) if {
	rbac.starts(name, "system:serviceaccounts:")
}
