package policies.network["dangling-backend_test"]

import data.policies.network["dangling-backend"] as rule

_ingress(backend) := {"facts": {"references": {"backends": [backend]}}}

test_service if {
	found := rule.deny with input as _ingress({"path": ["spec", "x"], "service": "web", "namespace": "shop", "missing": "service"})
	found == {{"path": ["spec", "x"], "message": `backend service "web" is not in namespace "shop"`}}
}

test_port_by_name_and_number if {
	some f in rule.deny with input as _ingress({"path": [], "service": "web", "namespace": "shop", "missing": "port", "port": "http"})
	f.message == `backend service "web" has no port http`
	some g in rule.deny with input as _ingress({"path": [], "service": "web", "namespace": "shop", "missing": "port", "port": 80})
	g.message == `backend service "web" has no port 80`
}
