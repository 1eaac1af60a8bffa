# METADATA
# title: Binding reaches callers without an identity
# description: |
#   The user system:anonymous and the group system:unauthenticated are everyone who
#   can reach the API server and shows no credentials. What is bound to them is
#   public. The group system:authenticated, a warning, is everyone with any
#   credentials, every ServiceAccount included. What Kubernetes itself binds to them
#   is left alone.
# related_resources:
# - ref: https://kubernetes.io/docs/reference/access-authn-authz/authentication/#anonymous-requests
# - ref: https://kubernetes.io/docs/concepts/security/rbac-good-practices/
# - ref: https://kubernetes.io/docs/reference/access-authn-authz/rbac/
# custom:
#   severity: error
#   security_severity: 8.5
#   profile: default
#   confidence: high
#   kinds: [RoleBinding, ClusterRoleBinding]
#   standards:
#   - {name: NSA/CISA Kubernetes Hardening Guide, section: Authentication and authorization}
#   remediation: Remove the subject and bind a group of your identity provider or a ServiceAccount.
#   since: 0.1.0
package policies.access["anonymous-binding"]

import data.sekisho.lib.rbac

deny contains finding if {
	some subject in rbac.subjects
	who := _everyone[subject.kind][subject.name]
	finding := {
		"path": ["subjects", subject.index, "name"],
		"message": sprintf("%s gives %q to %s", [rbac.title, rbac.role_name, who]),
	}
}

deny contains finding if {
	some subject in rbac.subjects
	subject.kind == "Group"
	subject.name == "system:authenticated"
	finding := {
		"path": ["subjects", subject.index, "name"],
		"message": sprintf("%s gives %q to everyone with any credentials", [rbac.title, rbac.role_name]),
		"severity": "warning",
	}
}

_everyone := {
	"User": {"system:anonymous": "everyone"},
	"Group": {"system:unauthenticated": "everyone"},
}
