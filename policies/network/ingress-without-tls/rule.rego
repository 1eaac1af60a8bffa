# METADATA
# title: Traffic from outside enters without TLS
# description: |
#   An Ingress rule whose host no tls entry covers is served in plain text, passwords and
#   session cookies included; so is a Gateway listener of protocol HTTP. Not reported are
#   those that only redirect to HTTPS, and those whose controller ends TLS by
#   an annotation of its own.
# related_resources:
# - ref: https://kubernetes.io/docs/concepts/services-networking/ingress/#tls
# - ref: https://gateway-api.sigs.k8s.io/guides/tls/
# custom:
#   severity: warning
#   security_severity: 5.9
#   profile: default
#   confidence: medium
#   kinds: [Ingress, Gateway]
#   standards:
#   - {name: Azure Policy, section: Kubernetes clusters should be accessible only over HTTPS}
#   - {name: NSA/CISA Kubernetes Hardening Guide, section: Network separation and hardening}
#   remediation: Add a tls entry to the Ingress with the host and the Secret of its certificate; make the Gateway listener HTTPS, or let its routes only redirect.
#   since: 0.1.0
package policies.network["ingress-without-tls"]

import data.sekisho.lib

# Every host is bare: one finding.
deny contains finding if {
	input.kind == "Ingress"
	not _ended_elsewhere
	not _tls
	finding := {
		"path": ["spec", "tls"],
		"message": sprintf("ingress %q serves %s without TLS", [lib.object_name, _hosts]),
	}
}

# Some hosts are.
deny contains finding if {
	input.kind == "Ingress"
	not _ended_elsewhere
	_tls
	some rule in lib.items(lib.root, ["spec", "rules"])
	host := _host(rule)
	not _covered(host)
	finding := {
		"path": lib.at(rule, ["host"]),
		"message": sprintf("ingress %q serves %q without TLS", [lib.object_name, host]),
	}
}

_tls if count(lib.items(lib.root, ["spec", "tls"])) > 0

_hosts := "all hosts" if {
	count(_named) == 0
} else := concat(", ", [sprintf("%q", [h]) | some h in _named])

_named := sort({host |
	some rule in lib.items(lib.root, ["spec", "rules"])
	host := _host(rule)
	host != ""
})

_host(rule) := rule.value.host if {
	is_string(rule.value.host)
} else := ""

# A tls entry without hosts is the certificate of every host.
_covered(_) if {
	some entry in lib.items(lib.root, ["spec", "tls"])
	count(_certified(entry)) == 0
}

_covered(host) if {
	some entry in lib.items(lib.root, ["spec", "tls"])
	some name in _certified(entry)
	_same(host, name)
}

_certified(entry) := [name | some name in entry.value.hosts; is_string(name)]

_same(host, host)

_same(host, pattern) if {
	startswith(pattern, "*.")
	contains(host, ".")
	substring(host, indexof(host, "."), -1) == substring(pattern, 1, -1)
}

# Annotations by which a controller ends TLS, or redirects, without a tls entry.
_ended_elsewhere if {
	some key, value in object.get(input.object, ["metadata", "annotations"], {})
	is_string(key)
	some pattern in _ending
	glob.match(pattern, [], key)
	not value in {"", "false", false}
}

_ending := {
	"*nginx.ingress.kubernetes.io/permanent-redirect",
	"*nginx.ingress.kubernetes.io/temporal-redirect",
	"*nginx.ingress.kubernetes.io/ssl-passthrough",
	"*haproxy-ingress.github.io/ssl-passthrough",
	"alb.ingress.kubernetes.io/certificate-arn",
	"appgw.ingress.kubernetes.io/appgw-ssl-certificate",
	"appgw.ingress.kubernetes.io/ssl-redirect",
	"ingress.gcp.kubernetes.io/pre-shared-cert",
	"networking.gke.io/managed-certificates",
	"route.openshift.io/termination",
	"traefik.ingress.kubernetes.io/router.tls",
	"traefik.ingress.kubernetes.io/router.tls.*",
	"traefik.ingress.kubernetes.io/redirect-*",
}

_ended_elsewhere if {
	middlewares := input.object.metadata.annotations["traefik.ingress.kubernetes.io/router.middlewares"]
	is_string(middlewares)
	contains(middlewares, "redirect")
}

deny contains finding if {
	input.kind == "Gateway"
	startswith(input.object.apiVersion, "gateway.networking.k8s.io/")
	some listener in lib.items(lib.root, ["spec", "listeners"])
	listener.value.protocol == "HTTP"
	not _only_redirects(_name(listener))
	finding := {
		"path": lib.at(listener, ["protocol"]),
		"message": sprintf("listener %q of gateway %q takes HTTP without TLS", [_name(listener), lib.object_name]),
	}
}

_name(listener) := object.get(listener.value, ["name"], "")

_only_redirects(listener) if {
	routes := [route | some route in data.inventory.HTTPRoute[_]; _attached(route, listener)]
	count(routes) > 0
	every route in routes {
		every rule in route.spec.rules {
			_redirects(rule)
		}
	}
}

_attached(route, listener) if {
	some ref in route.spec.parentRefs
	ref.name == lib.object_name
	object.get(ref, ["namespace"], lib.namespace_of(route)) == lib.namespace
	object.get(ref, ["sectionName"], listener) == listener
}

_redirects(rule) if {
	some filter in rule.filters
	filter.type == "RequestRedirect"
	filter.requestRedirect.scheme == "https"
}

# Istio's own Gateway.
deny contains finding if {
	input.kind == "Gateway"
	startswith(input.object.apiVersion, "networking.istio.io/")
	some server in lib.items(lib.root, ["spec", "servers"])
	server.value.port.protocol in {"HTTP", "HTTP2", "GRPC"}
	not server.value.tls.httpsRedirect == true
	finding := {
		"path": lib.at(server, ["port", "protocol"]),
		"message": sprintf("server %q of gateway %q takes %s without TLS", [object.get(server.value, ["port", "name"], ""), lib.object_name, server.value.port.protocol]),
	}
}
