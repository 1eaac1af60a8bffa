# METADATA
# title: Pod overrides host names
# description: |
#   Entries of hostAliases go to the /etc/hosts of the pod's containers, past DNS. Such an
#   entry sends a name the program trusts to an address of the manifest's choice, and
#   stays when the real one moves.
# related_resources:
# - ref: https://kubernetes.io/docs/tasks/network/customize-hosts-file-for-pods/
# custom:
#   severity: note
#   security_severity: 2.0
#   profile: strict
#   confidence: high
#   kinds: [workload]
#   remediation: Remove hostAliases and give the name an address in DNS, or a Service of type ExternalName.
#   since: 0.1.0
package policies.pod["host-alias"]

import data.sekisho.lib

deny contains finding if {
	some i, alias in input.pod.spec.hostAliases
	finding := {
		"path": lib.at(lib.pod, ["hostAliases", i]),
		"message": sprintf("pod sends host names %v to %q", [object.get(alias, "hostnames", []), object.get(alias, "ip", "")]),
	}
}
