package policies.images["image-runs-as-root_test"]

import data.policies.images["image-runs-as-root"] as rule

_last(fields) := {"object": {"stages": [object.union({"final": true, "base": "alpine:3.22", "image": "alpine:3.22", "instructions": []}, fields)]}}

_user(value) := _last({"user": {"value": value, "stage": 0, "instruction": 0}})

test_root_by_any_name if {
	every value in ["root", "0", "00", "0:0", "root:root", "0:10001"] {
		found := rule.deny with input as _user(value)
		{finding.path | some finding in found} == {["stages", 0, "user"]}
	}
}

test_other_users if {
	every value in ["10001", "app", "10001:0", "${APP_USER}", "rootless"] {
		count(rule.deny) == 0 with input as _user(value)
	}
}

test_no_user if {
	found := rule.deny with input as _last({})
	{finding.path | some finding in found} == {["stages", 0]}
}

test_only_the_last_stage_counts if {
	stages := [{"final": false, "image": "golang", "instructions": []}, _user("app").object.stages[0]]
	count(rule.deny) == 0 with input as {"object": {"stages": stages}}
}

# The renderer writes the parent's user into the stage.
test_inherited if {
	stages := [{"final": false, "image": "alpine"}, {"final": true, "parent": 0, "user": {"value": "app", "stage": 0, "instruction": 3}}]
	count(rule.deny) == 0 with input as {"object": {"stages": stages}}
}

test_bases_of_another_user if {
	every base in ["gcr.io/distroless/static:nonroot", "nginxinc/nginx-unprivileged:1.29", "cgr.dev/chainguard/python:latest", "docker:29-dind-rootless", "mcr.microsoft.com/dotnet/aspnet:10.0-noble-chiseled"] {
		count(rule.deny) == 0 with input as _last({"base": base, "image": base})
	}
	stages := [{"final": false, "image": "gcr.io/distroless/static:nonroot"}, {"final": true, "parent": 0, "base": "base"}]
	count(rule.deny) == 0 with input as {"object": {"stages": stages}}
	count(rule.deny) == 1 with input as _last({"base": "gcr.io/distroless/static", "image": "gcr.io/distroless/static"})
}

test_root_on_such_a_base if {
	count(rule.deny) == 1 with input as _last({"image": "gcr.io/distroless/static:nonroot", "user": {"value": "0"}})
}

test_scratch if {
	scratch := {"base": "scratch", "image": "scratch"}
	count(rule.deny) == 0 with input as _last(scratch)
	count(rule.deny) == 1 with input as _last(object.union(scratch, {"instructions": [{"instruction": "ENTRYPOINT", "args": ["/app"]}]}))
}
