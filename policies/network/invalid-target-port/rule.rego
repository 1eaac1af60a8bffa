# METADATA
# title: Service leads to a port that no pod declares
# description: |
#   A named targetPort is looked up in each pod; where no container declares the name, the
#   pod is no endpoint for that port. A number works without a declaration, but when
#   all the selected pods declare their ports and none has this number, it is
#   usually a mistake.
# related_resources:
# - ref: https://kubernetes.io/docs/concepts/services-networking/service/#field-spec-ports
# custom:
#   severity: warning
#   security_severity: 2.0
#   profile: default
#   confidence: medium
#   kinds: [Service]
#   remediation: Use a name or number from the ports of the selected pods' containers, or declare the port there.
#   since: 0.1.0
package policies.network["invalid-target-port"]

import data.sekisho.lib

deny contains finding if {
	some port in input.facts.references.target_ports
	finding := {
		"path": port.path,
		"message": sprintf("target port %v of service %q is declared by no container of %s", [port.port, lib.object_name, port.pods[0]]),
	}
}
