# METADATA
# title: What the Pod Security rules share
# description: |
#   The Pod Security Standards differ by Kubernetes version. A rule that carries
#   `pss` in its METADATA gives the verdict of Kubernetes' own admission plugin for
#   the version in data.kube; versions newer than the newest known one are judged
#   like that one. The tests compare both verdicts for every version.
package sekisho.lib.pss

import data.sekisho.lib

# since(25) holds for pods meant for Kubernetes 1.25 or newer.
since(minor) if data.kube.minor >= minor

# True where the checks of Linux settings leave a pod alone because it says that it
# runs on Windows: since 1.25, when the API began to refuse those settings there. A
# node selector does not count.
windows_exempt if {
	input.pod.spec.os.name == "windows"
	since(25)
}

# True for a pod that is made for Windows, whether or not it says so where the API
# looks for it: settings of Linux are of no use there.
for_windows if lib.windows

for_windows if {
	some context in contexts
	is_object(context.value.windowsOptions)
}

# True where root in the container is not root on the node: a pod with a user
# namespace of its own, which the checks honour since 1.35.
own_users if {
	input.pod.spec.hostUsers == false
	since(35)
}

# Every securityContext there is, the pod's own and those of its containers: its
# owner, as messages name it, its value and its path.
contexts := array.concat(
	[context |
		value := input.pod.spec.securityContext
		is_object(value)
		context := {"owner": "pod", "value": value, "path": array.concat(input.pod.path, ["securityContext"])}
	],
	[context |
		some container in input.containers
		value := container.value.securityContext
		is_object(value)
		context := {"owner": lib.title(container), "value": value, "path": array.concat(container.path, ["securityContext"])}
	],
)

# The contexts whose seccomp profile confines nothing, with its type.
bad_seccomp := [object.union(context, {"type": type}) |
	some context in contexts
	context.value.seccompProfile != null
	type := object.get(context.value, ["seccompProfile", "type"], "")
	not type in {"RuntimeDefault", "Localhost"}
]

# set_in_context(owner, field, value) are the edits that write a field of an owner's
# securityContext, which may not exist yet.
set_in_context(owner, field, value) := [{
	"op": "add",
	"path": lib.at(owner, ["securityContext", field]),
	"value": value,
}] if {
	is_object(object.get(owner.value, "securityContext", null))
}

else := [{
	"op": "add",
	"path": lib.at(owner, ["securityContext"]),
	"value": {field: value},
}]
