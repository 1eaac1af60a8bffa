# METADATA
# title: Container is interactive
# description: |
#   Both stdin and tty are for sessions at a keyboard. In a deployed workload they keep an
#   input open that anyone who may attach to the pod can type into, and are usually
#   left over from debugging.
# related_resources:
# - ref: https://kubernetes.io/docs/tasks/debug/debug-application/get-shell-running-container/
# custom:
#   severity: note
#   security_severity: 1.5
#   profile: strict
#   confidence: medium
#   kinds: [workload]
#   remediation: Remove stdin and tty from the container.
#   since: 0.1.0
package policies.pod["interactive-container"]

import data.sekisho.lib

deny contains finding if {
	some container in input.containers
	container.type != "ephemeral"
	set := [field | some field in ["stdin", "tty"]; container.value[field] == true]
	count(set) > 0
	finding := {
		"path": lib.at(container, [set[0]]),
		"message": sprintf("%s is interactive: it sets %s", [lib.title(container), concat(" and ", set)]),
	}
}
