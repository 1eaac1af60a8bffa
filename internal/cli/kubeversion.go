package cli

import (
	"fmt"

	"github.com/Masterminds/semver/v3"

	"github.com/sekisho/sekisho/render/helm"
)

// parseKubeVersion reads a cluster version such as 1.33, v1.33.2 or the
// v1.33.2-eks-1 of a provider; "" is the newest the libraries know. The answer
// has the form v1.33.2.
func parseKubeVersion(s string) (string, error) {
	if s == "" {
		return helm.DefaultKubeVersion(), nil
	}
	v, err := semver.NewVersion(s)
	if err != nil || v.Major() != 1 {
		return "", fmt.Errorf("%q is not a Kubernetes version like 1.33", s)
	}
	return fmt.Sprintf("v%d.%d.%d", v.Major(), v.Minor(), v.Patch()), nil
}
