# METADATA
# title: Ingress controller with a public address
# description: |
#   The controller's load balancer is the door to every Ingress of the cluster. With a public
#   address each of them is on the internet as soon as it is created. For internal
#   services AKS offers a controller on a private address; source ranges narrow the door but
#   leave it on the street.
# related_resources:
# - ref: https://learn.microsoft.com/azure/aks/app-routing-nginx-configuration
# - ref: https://learn.microsoft.com/azure/application-gateway/ingress-controller-private-ip
# custom:
#   severity: note
#   security_severity: 3.5
#   profile: strict
#   confidence: medium
#   kinds: [Service, Ingress]
#   standards:
#   - {name: Azure Policy, section: Kubernetes clusters should use internal load balancers}
#   params:
#     names: # values of app.kubernetes.io/name and app that mean a controller
#     - ingress-nginx
#     - nginx-ingress
#     - nginx-ingress-controller
#     - ingress-azure
#     - traefik
#     - haproxy-ingress
#     - kubernetes-ingress
#     - contour
#     - kong
#     - emissary-ingress
#   remediation: Give the controller's Service the cloud's internal annotation, and Ingresses of the application gateway appgw.ingress.kubernetes.io/use-private-ip set to "true".
#   since: 0.1.0
package policies.network["public-ingress-controller"]

import data.sekisho.lib
import data.sekisho.lib.services

deny contains finding if {
	input.kind == "Service"
	input.object.spec.type == "LoadBalancer"
	_controller
	not services.private_address
	finding := {
		"path": ["spec", "type"],
		"message": sprintf("ingress controller service %q has a public address", [lib.object_name]),
	}
}

_controller if {
	some labels in [["metadata", "labels"], ["spec", "selector"]]
	some key in ["app.kubernetes.io/name", "app"]
	object.get(input.object, array.concat(labels, [key]), "") in data.params["public-ingress-controller"].names
}

# The controller of Azure's application gateway has no Service: each Ingress says
# which frontend it wants.
deny contains finding if {
	input.kind == "Ingress"
	_application_gateway
	object.get(input.object, array.concat(_annotations, ["appgw.ingress.kubernetes.io/use-private-ip"]), "false") != "true"
	finding := {
		"path": array.concat(_annotations, ["appgw.ingress.kubernetes.io/use-private-ip"]),
		"message": sprintf("ingress %q is served on the application gateway's public address", [lib.object_name]),
	}
}

_annotations := ["metadata", "annotations"]

_application_gateway if input.object.spec.ingressClassName == "azure-application-gateway"

_application_gateway if input.object.metadata.annotations["kubernetes.io/ingress.class"] == "azure/application-gateway"
