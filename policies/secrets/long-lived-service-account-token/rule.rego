# METADATA
# title: Service account token that never expires
# description: |
#   A Secret of type `kubernetes.io/service-account-token` makes Kubernetes issue a
#   token without an expiry date that lies in the cluster for every reader of
#   Secrets. Since 1.24 none is made by itself: pods get tokens that expire and are
#   bound to the pod, and `kubectl create token` gives one for an hour.
# related_resources:
# - ref: https://kubernetes.io/docs/concepts/configuration/secret/#serviceaccount-token-secrets
# - ref: https://kubernetes.io/docs/reference/access-authn-authz/service-accounts-admin/
# - ref: https://kubernetes.io/docs/concepts/security/service-accounts/
# custom:
#   severity: warning
#   security_severity: 5.5
#   profile: default
#   confidence: high
#   kinds: [Secret]
#   standards:
#   - {name: NSA/CISA Kubernetes Hardening Guide, section: "Authentication and authorization"}
#   remediation: |
#     Use a projected `serviceAccountToken` volume inside the cluster, and the TokenRequest API or workload identity federation outside.
#   since: 0.1.0
package policies.secrets["long-lived-service-account-token"]

import data.sekisho.lib

deny contains finding if {
	input.object.type == "kubernetes.io/service-account-token"
	finding := {
		"path": ["type"],
		"message": sprintf("Secret %q asks for a token of ServiceAccount %q that never expires", [
			lib.object_name,
			object.get(input.object, ["metadata", "annotations", "kubernetes.io/service-account.name"], ""),
		]),
	}
}
