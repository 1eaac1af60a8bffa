# METADATA
# title: Role may approve certificates
# description: |
#   An approved CertificateSigningRequest becomes a client certificate, and the API
#   server believes the name and groups in it. Whoever approves requests for
#   Kubernetes' own signers can make itself any user or node, and a certificate cannot
#   be revoked. A role that may approve for signers of other names only is left alone.
# related_resources:
# - ref: https://kubernetes.io/docs/reference/access-authn-authz/certificate-signing-requests/
# - ref: https://kubernetes.io/docs/concepts/security/rbac-good-practices/
# - ref: https://kubernetes.io/docs/reference/access-authn-authz/rbac/
# custom:
#   severity: error
#   security_severity: 7.5
#   profile: default
#   confidence: high
#   kinds: [Role, ClusterRole]
#   standards:
#   - {name: CIS Kubernetes Benchmark v1.9, section: 5.1.11}
#   - {name: NSA/CISA Kubernetes Hardening Guide, section: Authentication and authorization}
#   remediation: Limit the rule on signers with resourceNames to a signer of your own, or remove the rule on certificatesigningrequests/approval.
#   since: 0.1.0
package policies.access["csr-approval"]

import data.sekisho.lib.rbac

deny contains rbac.finding(grant) if {
	some grant in rbac.granted("certificates.k8s.io", {"certificatesigningrequests/approval"}, {"patch", "update"})
	not _own_signers_only
}

# The API server asks for approve on the signer, too. Without a rule on signers here,
# one elsewhere may give it.
_own_signers_only if {
	signers := rbac.granted("certificates.k8s.io", {"signers"}, {"approve"})
	count(signers) > 0
	every signer in signers {
		rbac.limited(signer.rule)
		every name in signer.rule.resourceNames {
			not rbac.starts(name, "kubernetes.io/")
		}
	}
}
