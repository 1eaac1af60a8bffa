package policies_test

import (
	"context"
	"encoding/base64"
	"io/fs"
	"strings"
	"testing"

	"github.com/sekisho/sekisho/internal/facts"
	"github.com/sekisho/sekisho/internal/model"
	"github.com/sekisho/sekisho/internal/policy"
	"github.com/sekisho/sekisho/policies"
)

// TestNoMessageHoldsASecret plants one value in every place a manifest has for
// it, under names that give it away, judges with every rule of both profiles,
// and looks for the value in all that is said.
func TestNoMessageHoldsASecret(t *testing.T) {
	set, err := policy.Load(policy.Source{FS: policies.FS, Name: "policies", Builtin: true})
	if err != nil {
		t.Fatal(err)
	}
	engine, err := policy.New(set, policy.Options{KubeVersion: "v1.37.0", Strict: true})
	if err != nil {
		t.Fatal(err)
	}
	spoken := map[string]bool{}
	for _, secret := range []string{
		"Zx81-Spectrum-48K", "kB7fN2xQ9mT4cL8zR1pW6sD3", "gh" + "p_Ab3dEf6hIj9lMn2pQr5tUv8xYz1BcD4eFgH7",
		"-----BEGIN EC PRIVATE" + " KEY-----\nMHcCAQEEIIk3J8f2mQ9vN4xR7tB1cL6wZ5hJ0pG8sYuT2eK3J8f2\n-----END EC PRIVATE" + " KEY-----\n",
	} {
		var objects []model.Object
		for _, o := range planted(secret) {
			apiVersion, _ := o["apiVersion"].(string)
			objects = append(objects, model.Object{
				ID: model.ObjectID{APIVersion: apiVersion, Kind: o["kind"].(string), Name: "planted"}, Value: o,
				Defaults:  func() map[string]any { return map[string]any{"password": secret} },
				Generator: map[string]model.GeneratorEntry{"generated": {Field: "literals"}},
			})
		}
		views, err := facts.Views(context.Background(), objects, facts.Options{KubeVersion: "v1.37.0"})
		if err != nil {
			t.Fatal(err)
		}
		verdicts, failures := engine.Judge(context.Background(), views)
		for _, f := range failures {
			t.Error(f.Message)
		}
		encoded := base64.StdEncoding.EncodeToString([]byte(secret))
		for _, v := range verdicts {
			spoken[v.Rule.ID] = true
			for _, hidden := range []string{secret, secret[:min(len(secret), 10)], encoded, encoded[:12]} {
				if strings.Contains(v.Message, hidden) {
					t.Errorf("%s says %q", v.Rule.ID, v.Message)
				}
			}
		}
	}
	dirs, err := fs.ReadDir(policies.FS, "secrets")
	if err != nil || len(dirs) == 0 {
		t.Fatal("no rules about secrets", err)
	}
	for _, id := range []string{
		"secret-committed", "secret-in-env-literal", "secret-in-config-map", "secret-in-args", "private-key-in-manifest",
		"credential-pattern", "secret-default-in-values", "secret-generator-literal", "partly-encrypted-secret", "invalid-base64",
		"secret-type-mismatch", "secret-in-build-arg", "encryption-at-rest-missing",
	} {
		if !spoken[id] {
			t.Errorf("%s said nothing, so nothing is known about it", id)
		}
	}
}

// planted are objects that hold a secret in every place.
func planted(secret string) []map[string]any {
	type m = map[string]any
	type l = []any
	url := "postgres://shop:" + strings.ReplaceAll(secret, "\n", "") + "@db:5432/shop"
	meta := m{
		"name":        "planted",
		"annotations": m{"example.com/password": secret, "example.com/url": url, "example.com/file": "user: x\npassword: " + secret + "\n"},
		"labels":      m{"password": secret},
	}
	return []m{
		{"apiVersion": "v1", "kind": "Secret", "metadata": meta, "type": "kubernetes.io/tls", "data": m{
			"password": base64.StdEncoding.EncodeToString([]byte(secret)), "clear": secret + "!",
		}, "stringData": m{"other": secret + "x", "url": url, "generated": secret + "y"}},
		{"apiVersion": "v1", "kind": "Secret", "metadata": meta, "type": "kubernetes.io/dockerconfigjson", "stringData": m{".dockerconfigjson": secret}},
		{"apiVersion": "v1", "kind": "Secret", "metadata": meta, "type": "bootstrap.kubernetes.io/token", "stringData": m{"token-id": secret, "token-secret": secret}},
		{"apiVersion": "v1", "kind": "Secret", "metadata": meta, "stringData": m{"a": secret}, "sops": m{}},
		{"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta, "data": m{
			"password": secret, "url": url, "app.properties": "a=b\ndb.password=" + secret + "\n", "app.json": `{"token":"` + secret + `"}`,
		}},
		{"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": m{"containers": l{m{
			"name": "app", "image": "registry.example.com/app:1",
			"command": l{"app", "--password", secret}, "args": l{"--token=" + secret, url, "mysql -p" + secret},
			"env":            l{m{"name": "PASSWORD", "value": secret}, m{"name": "URL", "value": url}, m{"name": "X", "value": secret}},
			"livenessProbe":  m{"httpGet": m{"port": 80, "httpHeaders": l{m{"name": "Authorization", "value": "Bearer " + secret}}}},
			"readinessProbe": m{"exec": m{"command": l{"redis-cli", "-a", secret}}},
			"lifecycle":      m{"preStop": m{"exec": m{"command": l{"sh", "-c", "curl -u a:" + secret + " http://x"}}}},
		}}}},
		{"apiVersion": "example.com/v1", "kind": "Thing", "metadata": meta, "spec": m{"password": secret, "url": url}},
		{"apiVersion": "example.com/v1", "kind": "Thing", "metadata": meta, "spec": m{"password": secret + "z"}},
		{"apiVersion": "apiserver.config.k8s.io/v1", "kind": "EncryptionConfiguration", "resources": l{m{
			"resources": l{"secrets"}, "providers": l{m{"aescbc": m{"keys": l{m{"name": "k", "secret": secret}}}}},
		}}},
		{"kind": "Dockerfile", "metadata": m{"name": "Dockerfile"}, "stages": l{m{"index": 0, "final": true, "base": "alpine", "image": "alpine", "instructions": l{
			m{"instruction": "ENV", "args": l{}, "pairs": l{m{"name": "PASSWORD", "value": secret}}},
			m{"instruction": "RUN", "args": l{"curl -u a:" + secret + " http://x && git clone " + url}},
		}}}},
	}
}
