# METADATA
# title: Binding names the group system:masters
# description: |
#   Members of system:masters pass every authorization check, RBAC is not even asked,
#   and nothing can take that from them but replacing the cluster's certificate
#   authority. A binding to the group adds nothing for them, and shows that somebody
#   relies on it.
# related_resources:
# - ref: https://kubernetes.io/docs/concepts/security/rbac-good-practices/
# - ref: https://kubernetes.io/docs/reference/access-authn-authz/rbac/
# custom:
#   severity: error
#   security_severity: 7.5
#   profile: default
#   confidence: high
#   kinds: [RoleBinding, ClusterRoleBinding]
#   standards:
#   - {name: CIS Kubernetes Benchmark v1.9, section: 5.1.7}
#   - {name: NSA/CISA Kubernetes Hardening Guide, section: Authentication and authorization}
#   remediation: Remove the subject and bind a group of your own to the rights that are needed.
#   since: 0.1.0
package policies.access["masters-group-binding"]

import data.sekisho.lib.rbac

deny contains finding if {
	some subject in rbac.subjects
	subject.kind == "Group"
	subject.name == "system:masters"
	finding := {
		"path": ["subjects", subject.index, "name"],
		"message": sprintf("%s names the group %q", [rbac.title, subject.name]),
	}
}
