package policies.images["secret-in-image-layer_test"]

import data.policies.images["secret-in-image-layer"] as rule

_file(steps) := {"object": {"stages": [{"index": 0, "final": true, "instructions": steps}]}}

_copy(source) := {"instruction": "COPY", "args": [], "sources": [source], "destination": "/app/"}

_fires(source) if count(rule.deny) == 1 with input as _file([_copy(source)])

_silent(source) if count(rule.deny) == 0 with input as _file([_copy(source)])

test_secret_like_names if {
	every source in [
		".env", "deploy/.env.production", ".npmrc", "keys/id_ed25519", "tls/server.key", "server.pem", "store.jks",
		"root/.docker/config.json", ".kube/config", "~/.ssh", "prod.tfvars", "./.aws/credentials",
	] {
		_fires(source)
	}
}

test_harmless_names if {
	every source in [
		".", "src/", "id_rsa.pub", "ca.pem", "tls/fullchain.pem", ".env.example", "keyboard.txt", "package.json",
		"config.json", "jwt.public.key", "monkey", "*.go", "certs/ca-bundle.pem",
	] {
		_silent(source)
	}
}

test_removed_later if {
	steps := [_copy(".npmrc"), {"instruction": "RUN", "args": ["npm ci && rm -f .npmrc"]}]
	some finding in rule.deny with input as _file(steps)
	finding.message == `COPY puts the secret-like file ".npmrc" into a layer, and the RUN that removes it leaves it there`
}

test_removed_before_is_another_file if {
	steps := [{"instruction": "RUN", "args": ["rm -f .npmrc"]}, _copy(".npmrc")]
	some finding in rule.deny with input as _file(steps)
	finding.message == `COPY puts the secret-like file ".npmrc" into a layer`
}

_stages(parent) := {"object": {"stages": [
	{"index": 0, "final": false, "instructions": [_copy(".npmrc")]},
	object.union({"index": 1, "final": true, "instructions": []}, parent),
]}}

test_stage_that_is_not_shipped if {
	some finding in rule.deny with input as _stages({"image": "alpine"})
	finding.severity == "warning"
	endswith(finding.message, "into a layer of the build cache")
}

test_stage_that_the_last_is_built_on if {
	some finding in rule.deny with input as _stages({"parent": 0})
	finding.severity == "error"
}

test_no_stages if count(rule.deny) == 0 with input as {"object": {}}
