# METADATA
# title: Service claims external addresses
# description: |
#   Whoever may create a Service with externalIPs makes the nodes send traffic for those
#   addresses to pods of their own, and so can take over connections to any
#   address (CVE-2020-8554). There is no fix in Kubernetes but to do without the field;
#   it is deprecated for that reason.
# related_resources:
# - ref: https://github.com/kubernetes/kubernetes/issues/97076
# - ref: https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/#denyserviceexternalips
# custom:
#   severity: warning
#   security_severity: 6.3
#   profile: default
#   confidence: high
#   kinds: [Service]
#   standards:
#   - {name: Azure Policy, section: Kubernetes cluster services should only use allowed external IPs}
#   remediation: Remove externalIPs and use type LoadBalancer, or a Gateway with an address.
#   since: 0.1.0
package policies.network["external-ips"]

import data.sekisho.lib

deny contains finding if {
	addresses := [address | some address in input.object.spec.externalIPs; is_string(address)]
	count(addresses) > 0
	finding := {
		"path": ["spec", "externalIPs"],
		"message": sprintf("service %q claims the external address %s", [lib.object_name, concat(", ", addresses)]),
	}
}
