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
# runs on Windows: since 1.25, when the API began to refuse those settings there.
windows_exempt if {
	lib.windows
	since(25)
}

# True where root in the container is not root on the node: a pod with a user
# namespace of its own, which the checks honour since 1.35.
own_users if {
	input.pod.spec.hostUsers == false
	since(35)
}

# settings(["seccompProfile", "type"]) is that field of securityContext wherever it
# is written: in the pod's own one and in those of its containers. Nodes with the
# owner that messages name; an absent or null field is left out.
settings(keys) := {setting |
	some owner in owners
	field := lib.child(owner, array.concat(["securityContext"], keys))
	setting := {"owner": owner.title, "value": field.value, "path": field.path}
}

# Everything that may have a securityContext: the pod and its containers.
owners contains {"title": "pod", "value": lib.pod.value, "path": lib.pod.path}

owners contains {"title": lib.title(container), "value": container.value, "path": container.path} if {
	some container in input.containers
}

# lacking("runAsNonRoot") are the containers that do not write the field.
lacking(field) := {container |
	some container in input.containers
	not lib.child(container, ["securityContext", field])
}

# The annotations of the pod.
annotations := object.get(input.pod, ["meta", "annotations"], {})

# annotation(key) is an annotation of the pod as a node.
annotation(key) := {"value": annotations[key], "path": array.concat(input.pod.meta_path, ["annotations", key])}

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
