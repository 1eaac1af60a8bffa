# METADATA
# title: What most rules need
# description: |
#   A node is {"value": …, "path": […]}: a piece of the object under judgment and
#   its address. input.pod and input.containers[_] can be used like nodes once
#   they have a value: see pod and root. None of the functions fails on a field
#   that is absent, null or of the wrong type: it is taken as absent.
package sekisho.lib

# The object under judgment as a node.
root := {"value": input.object, "path": []}

# The pod spec of a workload as a node.
pod := {"value": input.pod.spec, "path": input.pod.path}

# child(pod, ["securityContext"]) is the node below another one; undefined where
# the field is absent or null.
child(node, keys) := {"value": value, "path": array.concat(node.path, keys)} if {
	is_object(node.value)
	value := object.get(node.value, keys, null)
	value != null
}

# items(pod, ["volumes"]) are the elements of a list as nodes, none when it is absent.
items(node, keys) := [item |
	is_object(node.value)
	some i, value in object.get(node.value, keys, [])
	item := {"value": value, "path": array.concat(node.path, array.concat(keys, [i]))}
]

# at(container, ["image"]) is the path of a field, whether or not it exists.
at(node, keys) := array.concat(node.path, keys)

# name(volume) is the name of a named thing, "" when it has none. A rule that read
# volume.name itself would stay silent about a volume without a name.
name(value) := value.name if {
	value.name != null
} else := ""

# title(container) is what messages call a container: init container "setup".
title(container) := sprintf("%s %q", [_types[container.type], name(container.value)])

_types := {"container": "container", "init": "init container", "ephemeral": "ephemeral container"}

# The name of the object under judgment.
object_name := object.get(input.object, ["metadata", "name"], "")

# The namespace written in the object, "" when none is: the key that
# data.inventory[kind] uses.
namespace := namespace_of(input.object)

# namespace_of(object) is the same for any object.
namespace_of(value) := object.get(value, ["metadata", "namespace"], "")

# identity(object) is how "related" names another object of data.inventory.
identity(value) := {
	"apiVersion": object.get(value, "apiVersion", ""),
	"kind": object.get(value, "kind", ""),
	"namespace": namespace_of(value),
	"name": object.get(value, ["metadata", "name"], ""),
}

# setting(container, "runAsUser") is the securityContext field that holds for a
# container as a node: its own, else the pod's; undefined when neither has it.
setting(container, field) := node if {
	node := child(container, ["securityContext", field])
} else := child(pod, ["securityContext", field])

# True for a pod that says it runs on Windows, or that only a Windows node takes.
windows if input.pod.spec.os.name == "windows"

windows if input.pod.spec.nodeSelector["kubernetes.io/os"] == "windows"

# labels_match(selector, labels) reads a LabelSelector the way Kubernetes does. An
# empty selector matches everything, null nothing.
labels_match(selector, labels) if {
	is_object(selector)
	every key, value in _object(object.get(selector, "matchLabels", {})) {
		labels[key] == value
	}
	every term in _array(object.get(selector, "matchExpressions", [])) {
		_term_matches(term, labels)
	}
}

_term_matches(term, labels) if {
	term.operator == "In"
	labels[term.key] in term.values
}

_term_matches(term, labels) if {
	term.operator == "NotIn"
	not _value_in(labels, term)
}

_term_matches(term, labels) if {
	term.operator == "Exists"
	_ = labels[term.key]
}

_term_matches(term, labels) if {
	term.operator == "DoesNotExist"
	not _has_key(labels, term.key)
}

_value_in(labels, term) if labels[term.key] in term.values

_has_key(labels, key) if _ = labels[key]

_object(value) := value if is_object(value)

else := {}

_array(value) := value if is_array(value)

else := []
