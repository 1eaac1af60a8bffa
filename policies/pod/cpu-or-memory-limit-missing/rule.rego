# METADATA
# title: Container has no memory limit or no requests
# description: |
#   Without a memory limit one leaking container can take the node's memory, and the
#   kernel then kills processes of others. Without requests the scheduler packs pods
#   blindly, and the pod is among the first to be evicted. A limit stands in for the
#   request of the same name, resources of the whole pod for those of its containers,
#   and a LimitRange of the namespace for what is left out. A CPU limit is not asked
#   for: CPU is shared by request when it runs short.
# related_resources:
# - ref: https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/
# - ref: https://kubernetes.io/docs/concepts/policy/limit-range/
# custom:
#   severity: warning
#   security_severity: 3.5
#   profile: default
#   confidence: high
#   kinds: [workload]
#   standards:
#   - {name: NSA/CISA Kubernetes Hardening Guide, section: Resource policies}
#   - {name: Azure Policy, section: Kubernetes cluster containers CPU and memory resource limits should not exceed the specified limits}
#   remediation: Set resources.limits.memory, resources.requests.memory and resources.requests.cpu of the container.
#   since: 0.1.0
package policies.pod["cpu-or-memory-limit-missing"]

import data.sekisho.lib

deny contains finding if {
	some container in input.containers
	container.type != "ephemeral"
	missing := [need |
		some need in _needs
		not _written(container.value, need)
		not need.name in _given_to_all
	]
	count(missing) > 0
	finding := {
		"path": lib.at(container, array.concat(["resources"], missing[0].fields[0])),
		"message": sprintf("%s has no %s", [lib.title(container), concat(", no ", [need.name | some need in missing])]),
	}
}

# What a container needs, the fields of resources that give it, and the entries of a
# LimitRange that give it: the API server derives one from the other.
_needs := [
	{
		"name": "memory limit",
		"fields": [["limits", "memory"]],
		"defaults": [["default", "memory"], ["max", "memory"]],
	},
	{
		"name": "memory request",
		"fields": [["requests", "memory"], ["limits", "memory"]],
		"defaults": [["defaultRequest", "memory"], ["default", "memory"], ["max", "memory"], ["min", "memory"]],
	},
	{
		"name": "cpu request",
		"fields": [["requests", "cpu"], ["limits", "cpu"]],
		"defaults": [["defaultRequest", "cpu"], ["default", "cpu"], ["max", "cpu"], ["min", "cpu"]],
	},
]

# The resources of a container or of a whole pod.
_written(spec, need) if {
	some field in need.fields
	spec.resources[field[0]][field[1]] != null
}

_given_to_all contains need.name if {
	some need in _needs
	_written(input.pod.spec, need)
}

_given_to_all contains need.name if {
	some limit in _limits
	some need in _needs
	some entry in need.defaults
	limit[entry[0]][entry[1]] != null
}

# The LimitRanges of the namespace. One that is not written is "default".
_limits := [limit |
	some namespace, ranges in data.inventory.LimitRange
	_home(namespace) == _home(lib.namespace)
	some limit_range in ranges
	some limit in limit_range.spec.limits
	limit.type == "Container"
]

_home(namespace) := "default" if namespace == ""

else := namespace
