package policies.images["base-image-not-pinned_test"]

import data.policies.images["base-image-not-pinned"] as rule

_from(ref) := {"object": {"stages": [{"final": true, "image": ref, "instructions": []}]}}

_copy(source) := {"object": {"stages": [{"image": "scratch", "instructions": [{"instruction": "COPY", "flags": [{"name": "from", "value": source}]}]}]}}

test_tag if {
	found := rule.deny with input as _from("golang:1.26")
	found == {{"path": ["stages", 0], "message": `base image "golang:1.26" is not pinned by digest`}}
}

test_pinned_scratch_and_unknown if {
	count(rule.deny) == 0 with input as _from("golang:1.26@sha256:00")
	count(rule.deny) == 0 with input as _from("scratch")
	count(rule.deny) == 0 with input as _from(null)
	count(rule.deny) == 0 with input as {"object": {"stages": [{"base": "${BASE}", "final": true}]}}
	count(rule.deny) == 0 with input as {"object": {"stages": [{"parent": 0, "base": "build"}]}}
}

test_copy_from_image if {
	count(rule.deny) == 1 with input as _copy("ghcr.io/astral-sh/uv:0.9")
	count(rule.deny) == 0 with input as _copy("ghcr.io/astral-sh/uv:0.9@sha256:00")
	count(rule.deny) == 0 with input as _copy("build")
	count(rule.deny) == 0 with input as _copy("0")
	count(rule.deny) == 0 with input as _copy("uv:${UV}")
}
