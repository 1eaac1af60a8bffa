package model

// NetworkMap is who may talk to whom in one render, small enough to draw:
// workloads that are treated alike stand in one group. It says what network
// policies allow, not what programs do.
type NetworkMap struct {
	Unit       UnitRef            `json:"unit"` // for raw manifests, which are one render, the path is empty
	Namespaces []NetworkNamespace `json:"namespaces"`
	Groups     []NetworkGroup     `json:"groups"` // by namespace
	Edges      []NetworkEdge      `json:"edges"`  // by From, then To
	// What a bounded map leaves out of a very large render.
	OmittedWorkloads int `json:"omittedWorkloads,omitempty"`
	OmittedEdges     int `json:"omittedEdges,omitempty"`
}

// NetworkNamespace is a namespace in which workloads or policies stand.
type NetworkNamespace struct {
	Name string `json:"name"`
	// A pod that no other policy knows is isolated here.
	DefaultDenyIngress bool `json:"defaultDenyIngress,omitempty"`
	DefaultDenyEgress  bool `json:"defaultDenyEgress,omitempty"`
}

// NetworkGroup is one workload, or several of one namespace that the same
// policies select and that reach, and are reached by, the same others.
type NetworkGroup struct {
	Namespace   string      `json:"namespace"`
	Workloads   []string    `json:"workloads"` // "Deployment api", never empty
	Ingress     NetworkSide `json:"ingress"`
	Egress      NetworkSide `json:"egress"`
	HostNetwork bool        `json:"hostNetwork,omitempty"` // no policy holds
	FromOutside bool        `json:"fromOutside,omitempty"` // a public address may connect to it
	ToOutside   bool        `json:"toOutside,omitempty"`   // it may connect to a public address
	Metadata    []string    `json:"metadata,omitempty"`    // addresses of the cloud's metadata service it may reach
}

// NetworkSide is one direction of a group's traffic.
type NetworkSide struct {
	Isolated bool     `json:"isolated"`           // what no rule allows is denied
	Policies []string `json:"policies,omitempty"` // that say so, "NetworkPolicy shop/api"
}

// NetworkEdge says that one group may open connections to another, or to its
// own kind, on the ports given or on any.
type NetworkEdge struct {
	From  int      `json:"from"` // index into Groups
	To    int      `json:"to"`
	Ports []string `json:"ports,omitempty"` // "TCP 8080"; none is any port
}
