package sarif

import "testing"

func TestSemantic(t *testing.T) {
	for version, want := range map[string]string{
		"1.2.3":                  "1.2.3",
		"v1.2.3-rc.1":            "1.2.3-rc.1",
		"v1.2.3-4-g1a2b3c-dirty": "1.2.3-4-g1a2b3c-dirty",
		"dev":                    "0.0.0+dev",
		"0123456-dirty":          "0.0.0+0123456-dirty",
		"my build_1":             "0.0.0+my-build-1",
	} {
		if got := semantic(version); got != want {
			t.Errorf("semantic(%q) = %q, want %q", version, got, want)
		}
	}
}
