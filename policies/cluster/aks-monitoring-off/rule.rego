# METADATA
# title: Cluster is not monitored
# description: |
#   Container Insights keeps what containers write and what became of them after they
#   are gone; managed Prometheus keeps the metrics. Without either there is nothing to
#   look at after an incident, and nothing that raises an alarm before one. One of the
#   two is enough for this rule. Monitoring that comes with other manifests, like a
#   Prometheus of one's own, cannot be seen here.
# related_resources:
# - ref: https://learn.microsoft.com/azure/azure-monitor/containers/kubernetes-monitoring-overview
# - ref: https://learn.microsoft.com/azure/aks/monitor-aks
# - ref: https://azure.github.io/azure-service-operator/reference/containerservice/
# - ref: https://capz.sigs.k8s.io/managed/managedcluster
# - ref: https://marketplace.upbound.io/providers/upbound/provider-azure-containerservice
# custom:
#   severity: note
#   security_severity: 2.5
#   profile: default
#   confidence: medium
#   kinds:
#   - ManagedCluster
#   - AzureManagedControlPlane
#   - AzureManagedControlPlaneTemplate
#   - AzureASOManagedControlPlane
#   - AzureASOManagedControlPlaneTemplate
#   - KubernetesCluster
#   remediation: |
#     Enable the add-on `omsagent` in `addonProfiles` (Azure Service Operator, Cluster API) or `azureMonitorProfile.metrics.enabled` (Azure Service Operator); in Crossplane add the block `omsAgent` or `monitorMetrics`.
#   since: 0.1.0
package policies.cluster["aks-monitoring-off"]

import data.sekisho.aks

deny contains finding if {
	some cluster in aks.clusters
	insights := aks.field(cluster, "containerInsights")
	not aks.on(insights.value)
	not aks.enabled(cluster, "metrics")
	finding := {
		"path": insights.path,
		"message": sprintf("cluster %q is not monitored", [cluster.name]),
	}
}
