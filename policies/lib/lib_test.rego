package sekisho.lib_test

import data.sekisho.lib

_pod(context, containers) := {"pod": {"path": ["spec"], "spec": {"securityContext": context}}, "containers": containers}

test_child_of_null_and_absent_fields if {
	lib.child({"value": {"a": {"b": 1}}, "path": ["x"]}, ["a", "b"]) == {"value": 1, "path": ["x", "a", "b"]}
	not lib.child({"value": {"a": null}, "path": []}, ["a", "b"])
	not lib.child({"value": {"a": null}, "path": []}, ["a"])
	lib.child({"value": {"a": false}, "path": []}, ["a"]).value == false
}

test_items if {
	lib.items({"value": {"v": ["p", "q"]}, "path": ["x"]}, ["v"]) == [
		{"value": "p", "path": ["x", "v", 0]},
		{"value": "q", "path": ["x", "v", 1]},
	]
	lib.items({"value": {"v": null}, "path": []}, ["v"]) == []
	lib.items({"value": {}, "path": []}, ["v"]) == []
}

test_name_of_anything if {
	lib.name({"name": "n"}) == "n"
	lib.name({"name": null}) == ""
	lib.name({}) == ""
	lib.name(null) == ""
	lib.name("text") == ""
}

test_nodes_of_wrong_types if {
	not lib.child({"value": null, "path": []}, ["a"])
	lib.items({"value": "text", "path": []}, ["a"]) == []
}

test_title if {
	lib.title({"type": "init", "value": {"name": "setup"}}) == `init container "setup"`
	lib.title({"type": "container", "value": {}}) == `container ""`
}

test_setting_of_the_container_wins if {
	container := {"value": {"securityContext": {"runAsUser": 0}}, "path": ["spec", "containers", 0]}
	own := lib.setting(container, "runAsUser") with input as _pod({"runAsUser": 1000}, [container])
	own == {"value": 0, "path": ["spec", "containers", 0, "securityContext", "runAsUser"]}
}

test_setting_of_the_pod if {
	container := {"value": {"securityContext": {"runAsUser": null}}, "path": ["spec", "containers", 0]}
	pods := lib.setting(container, "runAsUser") with input as _pod({"runAsUser": 1000}, [container])
	pods == {"value": 1000, "path": ["spec", "securityContext", "runAsUser"]}
}

test_setting_of_nobody if {
	not lib.setting({"value": {}, "path": []}, "runAsUser") with input as _pod(null, [])
}

test_labels_match if {
	labels := {"app": "api", "tier": "front"}
	lib.labels_match({}, labels)
	lib.labels_match({"matchLabels": {"app": "api"}}, labels)
	not lib.labels_match({"matchLabels": {"app": "db"}}, labels)
	not lib.labels_match(null, labels)
	lib.labels_match({"matchExpressions": [{"key": "app", "operator": "In", "values": ["api", "db"]}]}, labels)
	not lib.labels_match({"matchExpressions": [{"key": "none", "operator": "In", "values": ["api"]}]}, labels)
	lib.labels_match({"matchExpressions": [{"key": "none", "operator": "NotIn", "values": ["api"]}]}, labels)
	not lib.labels_match({"matchExpressions": [{"key": "app", "operator": "NotIn", "values": ["api"]}]}, labels)
	lib.labels_match({"matchExpressions": [{"key": "app", "operator": "Exists"}]}, labels)
	not lib.labels_match({"matchExpressions": [{"key": "none", "operator": "Exists"}]}, labels)
	lib.labels_match({"matchExpressions": [{"key": "none", "operator": "DoesNotExist"}]}, labels)
	not lib.labels_match({"matchExpressions": [{"key": "app", "operator": "DoesNotExist"}]}, labels)
}
