package policies.network["ingress-without-tls_test"]

import data.policies.network["ingress-without-tls"] as rule

_ingress(annotations, spec) := {"kind": "Ingress", "object": {"metadata": {"name": "web", "annotations": annotations}, "spec": spec}}

test_no_tls_names_all_hosts if {
	some f in rule.deny with input as _ingress(null, {"rules": [{"host": "b.example"}, {"host": "a.example"}]})
	f.message == `ingress "web" serves "a.example", "b.example" without TLS`
}

test_default_backend_only if {
	some f in rule.deny with input as _ingress({}, {"defaultBackend": {}})
	f.message == `ingress "web" serves all hosts without TLS`
}

test_wildcard_certificate_covers_one_label if {
	spec := {"tls": [{"hosts": ["*.example.com"]}], "rules": [{"host": "a.example.com"}, {"host": "a.b.example.com"}]}
	found := {f.path[2] | some f in rule.deny} with input as _ingress({}, spec)
	found == {1}
}

test_tls_without_hosts_covers_all if {
	count(rule.deny) == 0 with input as _ingress({}, {"tls": [{"secretName": "c"}], "rules": [{"host": "a.example.com"}]})
}

test_redirect_only if {
	annotations := {"nginx.ingress.kubernetes.io/permanent-redirect": "https://example.com"}
	count(rule.deny) == 0 with input as _ingress(annotations, {"rules": [{"host": "a.example.com"}]})
}

test_annotation_switched_off if {
	annotations := {"nginx.ingress.kubernetes.io/ssl-passthrough": "false"}
	count(rule.deny) == 1 with input as _ingress(annotations, {"rules": [{"host": "a.example.com"}]})
}
