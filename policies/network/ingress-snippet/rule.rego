# METADATA
# title: Ingress annotation injects controller configuration
# description: |
#   A snippet annotation is copied into the configuration of the ingress controller. Whoever may
#   edit the Ingress so makes the controller run directives of their own, reads its
#   service account token and with it the Secrets of all namespaces (CVE-2021-25742).
#   Since ingress-nginx 1.9 snippets are off unless allowed.
# related_resources:
# - ref: https://github.com/kubernetes/kubernetes/issues/126811
# - ref: https://kubernetes.github.io/ingress-nginx/user-guide/nginx-configuration/annotations/
# - ref: https://nvd.nist.gov/vuln/detail/CVE-2021-25742
# custom:
#   severity: error
#   security_severity: 8.1
#   profile: default
#   confidence: high
#   kinds: [Ingress]
#   remediation: Remove the snippet and use the annotation or ConfigMap key for the setting; keep allow-snippet-annotations off.
#   since: 0.1.0
package policies.network["ingress-snippet"]

import data.sekisho.lib

# nginx.ingress.kubernetes.io/server-snippet of the Kubernetes project,
# nginx.org/server-snippets of F5; either prefix can be renamed.
deny contains finding if {
	some key, value in input.object.metadata.annotations
	is_string(key)
	regex.match(`/[a-z-]*-snippets?$`, key)
	value != ""
	finding := {
		"path": ["metadata", "annotations", key],
		"message": sprintf("annotation %q of ingress %q injects configuration into the controller", [key, lib.object_name]),
	}
}
