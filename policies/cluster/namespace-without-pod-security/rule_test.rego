package policies.cluster["namespace-without-pod-security_test"]

import data.policies.cluster["namespace-without-pod-security"] as rule

_namespace(labels) := {"object": {"kind": "Namespace", "metadata": {"name": "shop", "labels": labels}}}

_enforce(level) := _namespace({"pod-security.kubernetes.io/enforce": level})

_found := [object.get(finding, "severity", "") | some finding in rule.deny]

test_no_label if {
	_found == [""] with input as _namespace({})
	_found == [""] with input as _namespace(null)
	_found == [""] with input as _enforce(null)
	_found == [""] with input as _namespace({"pod-security.kubernetes.io/warn": "restricted"})
}

test_privileged if _found == ["error"] with input as _enforce("privileged")

test_unknown_level if {
	found := rule.deny with input as _enforce("restrcited")
	{finding.message | some finding in found} == {`namespace "shop" has the unknown Pod Security level "restrcited"`}
}

test_levels if {
	_found == [] with input as _enforce("baseline")
	_found == [] with input as _enforce("restricted")
}

test_platform if _found == [] with input as {"object": {"metadata": {"name": "kube-system", "labels": {"pod-security.kubernetes.io/enforce": "privileged"}}}}
