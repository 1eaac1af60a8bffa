package policies.secrets["secret-volume-mode_test"]

import data.policies.secrets["secret-volume-mode"] as rule

_input(volume) := {"pod": {"path": ["spec"], "spec": {"volumes": [object.union({"name": "v"}, volume)]}}}

_messages(volume) := {finding.message | some finding in rule.deny with input as _input(volume)}

test_absent if _messages({"secret": {}}) == {`volume "v" with secrets has mode 0644, as none is written`}

test_octal_400_and_440 if {
	_messages({"secret": {"defaultMode": 256}}) == set()
	_messages({"secret": {"defaultMode": 288}}) == set()
}

test_decimal_400 if _messages({"secret": {"defaultMode": 400}}) == {`volume "v" with secrets has mode 0620 (400 in decimal)`}

test_string if {
	_messages({"secret": {"defaultMode": "0400"}}) == {`volume "v" with secrets has mode "0400", a string, which Kubernetes refuses`}
}

test_item_mode_comes_first if {
	_messages({"secret": {"items": [{"key": "a", "mode": 256}]}}) == set()
	_messages({"secret": {"defaultMode": 256, "items": [{"key": "a", "mode": 420}]}}) == {`item "a" of volume "v" with secrets has mode 0644 (420 in decimal)`}
	_messages({"secret": {"items": [{"key": "a", "mode": 256}, {"key": "b"}]}}) == {`volume "v" with secrets has mode 0644, as none is written`}
}

test_projected if {
	_messages({"projected": {"sources": [{"serviceAccountToken": {}}]}}) == {`volume "v" with secrets has mode 0644, as none is written`}
	_messages({"projected": {"sources": [{"configMap": {}}]}}) == set()
	_messages({"projected": {"defaultMode": 256, "sources": [{"secret": {}}]}}) == set()
}

test_other_volumes if _messages({"configMap": {}}) == set()

test_null if _messages({"secret": {"defaultMode": null, "items": null}}) == {`volume "v" with secrets has mode 0644, as none is written`}

test_windows if {
	pod := object.union(_input({"secret": {}}), {"pod": {"spec": {"nodeSelector": {"kubernetes.io/os": "windows"}}}})
	count(rule.deny) == 0 with input as pod
}
