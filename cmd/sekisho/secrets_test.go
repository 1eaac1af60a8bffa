package main

import (
	"encoding/base64"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sekisho/sekisho/internal/report"
)

// planted are the credentials that stand in testdata/demo and in more.
var planted = []string{
	"Winter-2031-Harbor!",
	"7f3b9c1e5d8a4b60972ec1d3fa58b6e4",
	"Kx82-Quarry-Lantern-51",
	"Orchard-Nine-Bells-42",
	"Copper-Moth-Viaduct-77",
	"Thimble-Orbit-Sable-19",
	"Plover-Gantry-Quince-58",
	"Marble-Heron-Trellis-33",
	"Saffron-Keel-Nimbus-64",
	"MIIEowIBAAKCAQEAwLql7rUIaI",
	"Tundra-Fennel-Anchor-05",
}

// more is what the demo has none of: values in base64, in files within
// ConfigMaps, in blocks of several lines, in one line together.
var more = map[string]string{
	"more/secrets.yaml": `apiVersion: v1
kind: Secret
metadata: {name: more}
data:
  password: ` + base64.StdEncoding.EncodeToString([]byte("Copper-Moth-Viaduct-77")) + `
  password: not base64 Copper-Moth-Viaduct-77
stringData: {first-password: Thimble-Orbit-Sable-19, second-password: Plover-Gantry-Quince-58}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: more}
data:
  application.yaml: |
    spring:
      datasource:
        password: Marble-Heron-Trellis-33
  tls.key: |
    -----BEGIN RSA PRIVATE KEY-----
    MIIEowIBAAKCAQEAwLql7rUIaI
    -----END RSA PRIVATE KEY-----
---
apiVersion: apiserver.config.k8s.io/v1
kind: EncryptionConfiguration
resources:
- resources: [secrets]
  providers:
  - aescbc:
      keys:
      - {name: key1, secret: ` + base64.StdEncoding.EncodeToString([]byte("Saffron-Keel-Nimbus-64")) + `}
`,
	"more/Dockerfile": `FROM scratch
ENV DB_PASSWORD=Tundra-Fennel-Anchor-05
`,
}

// No report may hold more of a credential than its first two characters.
func TestReportsShowNoSecret(t *testing.T) {
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS("../../testdata/demo")); err != nil {
		t.Fatal(err)
	}
	for name, text := range more {
		file := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(dir, ".git"), 0o755); err != nil {
		t.Fatal(err)
	}
	checkPlanted(t, dir)

	out := t.TempDir()
	args := []string{"scan", "--profile", "strict", "--color", "always"}
	for _, format := range report.Formats() {
		args = append(args, "--format", format+"="+filepath.Join(out, format))
	}
	runs := map[string][]string{
		"reports": args,
		"text":    {"scan", "--profile", "strict"},
		"quiet":   {"scan", "--quiet"},
	}
	for name, args := range runs {
		cmd := exec.Command("sekisho", args...)
		cmd.Dir = dir
		printed, err := cmd.CombinedOutput()
		if cmd.ProcessState == nil {
			t.Fatal(err)
		}
		if code := cmd.ProcessState.ExitCode(); code != 1 {
			t.Fatalf("sekisho %s: exit code %d, want 1:\n%s", strings.Join(args, " "), code, printed)
		}
		showsNone(t, name, string(printed))
	}
	for _, format := range report.Formats() {
		printed, err := os.ReadFile(filepath.Join(out, format))
		if err != nil {
			t.Fatal(err)
		}
		if len(printed) == 0 {
			t.Errorf("format %s: nothing is printed", format)
		}
		showsNone(t, "format "+format, string(printed))
	}
}

// checkPlanted makes sure that each credential does stand in the files.
func checkPlanted(t *testing.T, dir string) {
	var all strings.Builder
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		src, err := os.ReadFile(path)
		all.Write(src)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range planted {
		if !strings.Contains(all.String(), secret) && !strings.Contains(all.String(), base64.StdEncoding.EncodeToString([]byte(secret))) {
			t.Errorf("%q stands nowhere", secret)
		}
	}
}

// showsNone looks for the credentials, for what follows their first two
// characters, and for both in base64.
func showsNone(t *testing.T, where, printed string) {
	t.Helper()
	for _, secret := range planted {
		encoded := base64.StdEncoding.EncodeToString([]byte(secret))
		for _, s := range []string{secret, secret[3:], encoded, encoded[4:]} {
			if i := strings.Index(printed, s); i >= 0 {
				start := max(0, strings.LastIndexByte(printed[:i], '\n')+1)
				line, _, _ := strings.Cut(printed[start:], "\n")
				t.Errorf("%s shows %q: %.200s", where, s, line)
				break
			}
		}
	}
}
