package facts

import (
	"regexp"
	"slices"
	"strings"

	"github.com/sekisho/sekisho/internal/model"
)

// addEncryption states how a Secret is kept from readers of the repository:
//
//	encryption: {tool: "sops" | "sealed-secrets" | "kubesec", plaintext: [path, …]}
//
// plaintext lists the entries of data and stringData that SOPS left in the clear.
func addEncryption(v *model.View) {
	value := v.Object.Value
	switch {
	case v.Object.ID.Kind == "SealedSecret":
		v.Facts["encryption"] = map[string]any{"tool": "sealed-secrets", "plaintext": []any{}}
	case isMap(value["sops"]):
		v.Facts["encryption"] = map[string]any{"tool": "sops", "plaintext": plaintextBesideSOPS(value)}
	case v.Object.ID.Kind == "Secret" && isKubesec(value):
		v.Facts["encryption"] = map[string]any{"tool": "kubesec", "plaintext": []any{}}
	}
}

func isMap(v any) bool {
	_, ok := v.(map[string]any)
	return ok
}

func plaintextBesideSOPS(value map[string]any) []any {
	sops, _ := value["sops"].(map[string]any)
	suffix, _ := sops["unencrypted_suffix"].(string)
	plain := []any{}
	for _, field := range []string{"data", "stringData"} {
		entries, _ := value[field].(map[string]any)
		for _, key := range sortedKeys(entries) {
			s, ok := entries[key].(string)
			switch {
			case !ok || s == "" || strings.HasPrefix(s, "ENC["):
			case suffix != "" && strings.HasSuffix(key, suffix): // left in the clear by its own name
			default:
				plain = append(plain, []any{field, key})
			}
		}
	}
	return plain
}

// kubesecValue is what kubesec writes: ciphertext, a nonce of 12 bytes and a
// tag of 16, each in base64, joined by dots, which base64 alone never has.
// Its other sign, comments after the document, does not survive rendering.
var kubesecValue = regexp.MustCompile(`^[A-Za-z0-9+/]+={0,2}\.[A-Za-z0-9+/]{16}\.[A-Za-z0-9+/]{22}==$`)

func isKubesec(value map[string]any) bool {
	data, _ := value["data"].(map[string]any)
	if len(data) == 0 {
		return false
	}
	for _, e := range data {
		if s, ok := e.(string); !ok || !kubesecValue.MatchString(s) {
			return false
		}
	}
	return true
}

func sortedKeys(m map[string]any) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
