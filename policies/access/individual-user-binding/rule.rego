# METADATA
# title: Binding names a person
# description: |
#   Rights bound to one user stay when the person changes teams or leaves, and nobody
#   sees them in the directory. With Microsoft Entra ID, and any other identity
#   provider, a group (for Entra its object id) is bound once and its members are
#   managed where people are managed. Users of Kubernetes' own components, system:…,
#   are left alone.
# related_resources:
# - ref: https://learn.microsoft.com/en-us/azure/aks/concepts-cluster-authentication
# - ref: https://learn.microsoft.com/en-us/azure/aks/kubernetes-rbac-entra-id
# - ref: https://kubernetes.io/docs/concepts/security/rbac-good-practices/
# - ref: https://kubernetes.io/docs/reference/access-authn-authz/rbac/
# custom:
#   severity: warning
#   security_severity: 3.5
#   profile: default
#   confidence: high
#   kinds: [RoleBinding, ClusterRoleBinding]
#   standards:
#   - {name: NSA/CISA Kubernetes Hardening Guide, section: Authentication and authorization}
#   remediation: Replace the subject by one of kind Group that the person is a member of.
#   since: 0.1.0
package policies.access["individual-user-binding"]

import data.sekisho.lib.rbac

deny contains finding if {
	some subject in rbac.subjects
	subject.kind == "User"
	is_string(subject.name)
	not startswith(subject.name, "system:")
	finding := {
		"path": ["subjects", subject.index, "name"],
		"message": sprintf("%s gives %q to the user %q", [rbac.title, rbac.role_name, subject.name]),
	}
}
