package model

import "regexp"

// Need is what a unit cannot be rendered without and the repository does not
// hold. Whoever may use the network can fetch it.
type Need struct {
	Kind NeedKind `cbor:"kind"`
	// Dir is the folder of the chart or kustomization that asks for it,
	// relative to the root.
	Dir string `cbor:"dir"`
	// Name is that of a chart: the dependency's, or the pulled one's.
	Name string `cbor:"name,omitempty"`
	// Address is the entry of a kustomization, as written, or the repository
	// of a pulled chart. Dependencies have none: Chart.yaml and its lock say.
	Address string `cbor:"address,omitempty"`
	// Version is the one wanted of a pulled chart, like "1.2.3" or "^1".
	Version string `cbor:"version,omitempty"`
}

// NeedKind says how a Need is used.
type NeedKind string

const (
	NeedDependency NeedKind = "dependency" // a chart that a chart depends on
	NeedChart      NeedKind = "chart"      // a chart that a kustomization pulls
	NeedFile       NeedKind = "file"       // a file that a kustomization reads
	NeedFolder     NeedKind = "folder"     // a kustomization of another repository
	NeedResource   NeedKind = "resource"   // a file or a folder, the address tells not which
)

var userinfo = regexp.MustCompile(`://[^/?#@]*@`)

// BareAddress is an address without the user and password that may stand in it.
func BareAddress(address string) string { return userinfo.ReplaceAllString(address, "://") }
