package facts

import (
	"encoding/base64"
	"path"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/sekisho/sekisho/internal/model"
)

// addCredentials states every credential that stands in the strings of an
// object, one fact for each:
//
//	credentials: [{
//	  path:        ["spec", …, "env", 0, "value"]   the field
//	  where:       env | args | probe | lifecycle | header | config-map | secret | annotation | label | field;
//	               in Dockerfiles ARG | ENV | LABEL | RUN | …, the instruction
//	  container:   "app"                 the container's name, when the field is in one
//	  key:         "DB_PASSWORD"         what the field is called: variable, data key, annotation, flag
//	  kind:        private-key | provider-token | connection-string | credential | random
//	               | guessable | placeholder; in Secrets also opaque | plain;
//	               in Dockerfiles also asked: an ARG for a credential, without a value
//	  rule:        "github-pat"          provider-token only: gitleaks' name for the pattern
//	  inner:       "spring.datasource.password"   the name beside it when the field holds a file or command
//	  line:        3                     the line within the field, when it has several
//	  shown:       "hu… (12 characters)" all that a message may say of the value
//	  decoded:     true                  the value was in base64
//	  default_of:  "auth.password"       the key of the chart's own values with the same value
//	}]
//
// The value itself is in no fact. Left out are values that a template invents
// at install time, values that are encrypted, and references: $(VAR), vault:…,
// names of Secrets, paths, URLs without a password.
func addCredentials(v *model.View, m *meter) {
	if patternsOnly(v.Object.ID) == skipObject {
		return
	}
	if m != nil {
		m.about, m.patternText = v.Object, maxPatternText
	}
	w := walker{view: v, meter: m, named: patternsOnly(v.Object.ID) == judgeNames}
	value := v.Object.Value
	if v.Facts["encryption"] != nil {
		w.sealed = true
	}
	if v.Object.ID.Kind == "Dockerfile" {
		w.dockerfile(value)
	} else {
		w.object(value)
	}
	if len(w.facts) == 0 {
		return
	}
	slices.SortStableFunc(w.facts, func(a, b credential) int {
		return strings.Compare(a.path.String(), b.path.String())
	})
	list := make([]any, len(w.facts))
	var defaults map[string][]string
	if v.Object.Defaults != nil {
		defaults = defaultsOf(v.Object.Defaults())
	}
	for i, c := range w.facts {
		list[i] = c.fact(defaults)
	}
	v.Facts["credentials"] = list
}

// What the walk does with an object.
const (
	judgeNames   = iota
	onlyPatterns // names mean something else here: RBAC's "secrets", an ExternalSecret's "secretKey"
	skipObject   // schemas: megabytes of documentation, no values
)

func patternsOnly(id model.ObjectID) int {
	group, _, found := strings.Cut(id.APIVersion, "/")
	if !found {
		group = ""
	}
	switch group {
	case "apiextensions.k8s.io":
		return skipObject
	case "rbac.authorization.k8s.io", "external-secrets.io", "secrets-store.csi.x-k8s.io", "bitnami.com",
		"cert-manager.io", "generators.external-secrets.io", "secrets.hashicorp.com", "policy", "kyverno.io",
		"templates.gatekeeper.sh", "constraints.gatekeeper.sh", "admissionregistration.k8s.io", "networking.k8s.io",
		"apiserver.config.k8s.io":
		return onlyPatterns
	}
	return judgeNames
}

// credential is one fact before it is written down.
type credential struct {
	found
	path      model.Path
	where     string
	container string
	key       string
	decoded   bool
}

func (c credential) fact(defaults map[string][]string) map[string]any {
	f := map[string]any{
		"path": []any(c.path), "where": c.where, "key": c.key, "kind": c.kind, "shown": shown(c.value),
	}
	for name, s := range map[string]string{"container": c.container, "rule": c.rule, "inner": c.inner} {
		if s != "" {
			f[name] = s
		}
	}
	if c.line > 0 {
		f["line"] = c.line
	}
	if c.decoded {
		f["decoded"] = true
	}
	if key := nearestDefault(defaults[strings.TrimSpace(c.value)], c.key+" "+c.inner); key != "" {
		f["default_of"] = key
	}
	return f
}

// walker goes over an object once, with the path of where it stands.
type walker struct {
	view      *model.View
	meter     *meter
	named     bool // judge by names, not by patterns alone
	sealed    bool // data and stringData are encrypted
	path      model.Path
	where     string
	container string
	facts     []credential
}

func (w *walker) object(value map[string]any) {
	kind := w.view.Object.ID.Kind
	for key, v := range value {
		w.path = append(w.path[:0], key)
		switch {
		case key == "apiVersion" || key == "kind" || key == "status" || key == "sops":
		case w.sealed && (key == "data" || key == "stringData"):
		case kind == "Secret" && (key == "data" || key == "stringData"):
			w.secretEntries(v, key == "data")
		case kind == "ConfigMap" && (key == "data" || key == "binaryData"):
			w.configEntries(v, key == "binaryData")
		default:
			w.where = "field"
			w.walk(key, v)
		}
	}
}

// walk visits v, which stands under key.
func (w *walker) walk(key string, v any) {
	switch v := v.(type) {
	case string:
		w.leaf(key, v)
	case map[string]any:
		w.mapping(key, v)
	case []any:
		w.sequence(key, v)
	}
}

// mapping visits a mapping; some keys change what the strings below them are.
func (w *walker) mapping(key string, m map[string]any) {
	where := w.where
	if name, ok := m["name"].(string); ok {
		if value, ok := m["value"].(string); ok && len(m) <= 3 {
			// {name: DB_PASSWORD, value: …}: a variable, header or parameter.
			w.path = append(w.path, "value")
			w.leaf(name, value)
			w.path = w.path[:len(w.path)-1]
			return
		}
	}
	for k, v := range m {
		w.path = append(w.path, k)
		switch k {
		case "annotations":
			w.where = "annotation"
		case "labels", "matchLabels":
			w.where = "label"
		case "managedFields", "ownerReferences", "valueFrom", "secretKeyRef", "configMapKeyRef", "secretRef", "openAPIV3Schema",
			"encryptedData", "name", "namespace", "image", "uid", "resourceVersion":
			if _, isString := v.(string); !isString || k == "uid" || k == "resourceVersion" {
				w.path = w.path[:len(w.path)-1]
				continue
			}
		}
		if w.container != "" {
			switch k {
			case "env":
				w.where = "env"
			case "command", "args":
				if where == "field" {
					w.where = "args"
				}
			case "livenessProbe", "readinessProbe", "startupProbe":
				w.where = "probe"
			case "lifecycle":
				w.where = "lifecycle"
			case "httpHeaders":
				w.where = "header"
			}
		}
		w.walk(k, v)
		w.where = where
		w.path = w.path[:len(w.path)-1]
	}
}

func (w *walker) sequence(key string, list []any) {
	container, where := w.container, w.where
	isContainers := key == "containers" || key == "initContainers" || key == "ephemeralContainers"
	for i, v := range list {
		w.path = append(w.path, i)
		if m, ok := v.(map[string]any); ok && isContainers {
			w.container, _ = m["name"].(string)
			w.where = "field"
		}
		if s, ok := v.(string); ok {
			w.argument(key, s, i, list)
		} else {
			w.walk(key, v)
		}
		w.path = w.path[:len(w.path)-1]
	}
	w.container, w.where = container, where
}

// argument visits a string in a list: an argument may be the value of the flag before it.
func (w *walker) argument(key, s string, i int, list []any) {
	if flag, ok := previous(list, i); ok && w.named && len(flag) > 1 && flag[0] == '-' && !strings.Contains(flag, "=") && !strings.HasPrefix(s, "-") {
		class := classifyName(strings.TrimLeft(flag, "-"))
		if command, ok := list[0].(string); ok && slices.Contains(argumentFlags[path.Base(command)], flag) {
			class = namePassword
		}
		if kind := judgeValue(class, s, false); kind != "" {
			w.add(flag, []found{{kind: kind, value: s}}, false)
			return
		}
	}
	if command, ok := list[0].(string); ok && i > 0 && strings.HasPrefix(path.Base(command), "mysql") && strings.HasPrefix(s, "-p") && len(s) > 2 {
		if kind := judgeValue(namePassword, s[2:], false); kind != "" {
			w.add("-p", []found{{kind: kind, value: s[2:]}}, false)
			return
		}
	}
	w.leaf(key, s)
}

func previous(list []any, i int) (string, bool) {
	if i == 0 {
		return "", false
	}
	s, ok := list[i-1].(string)
	return s, ok
}

// leaf judges a string that stands under a name.
func (w *walker) leaf(name, text string) {
	if len(text) < 3 {
		return
	}
	class := nameSilent
	if w.named && w.where != "label" && w.where != "args" {
		class = classifyName(name)
	}
	if w.where == "field" || w.where == "annotation" {
		// There a "clientSecret" or "token" is mostly the name of something.
		switch class {
		case nameSecret:
			class = nameWeak
		case nameKeying:
			class = nameSecret
		}
	}
	list := inspect(w.meter, name, text, class, w.where == "env" || w.where == "ENV" || w.where == "ARG")
	if len(list) == 0 {
		if (w.where == "env" || w.where == "header" || w.where == "ENV" || w.where == "ARG") && w.named && len(text) >= 24 && isRandomSecret(text) && !isReference(text) && class == nameSilent && !speaksOfDigest(name) {
			list = []found{{kind: kindRandom, value: text}}
		}
	}
	if !w.named || w.where == "label" {
		list = slices.DeleteFunc(list, func(f found) bool { return f.kind != kindPrivateKey && f.kind != kindProvider })
	}
	w.add(name, list, false)
}

// isRandomSecret is the bar for values without a telling name: upper and lower
// case and digits, one word. Hexadecimal numbers are mostly digests and ids.
func isRandomSecret(v string) bool {
	if len(v) > 200 || uuidLike.MatchString(v) || !looksRandom(v) {
		return false
	}
	var upper, lower, digit int
	for i := range len(v) {
		switch c := v[i]; {
		case isUpper(c):
			upper++
		case isLower(c):
			lower++
		case isDigit(c):
			digit++
		case strings.IndexByte("+/=_-", c) < 0:
			return false
		}
	}
	if upper < 3 || lower < 3 || digit < 2 {
		return false
	}
	if decoded, err := base64.StdEncoding.DecodeString(v); err == nil && isPrintable(string(decoded)) {
		return false // text in base64; what it says was looked at
	}
	return true
}

// speaksOfDigest tells names whose random-looking values are public.
func speaksOfDigest(name string) bool {
	var buf [16]string
	for _, w := range splitWords(name, buf[:0]) {
		switch w {
		case "hash", "digest", "checksum", "sha", "sha1", "sha256", "sha512", "md5", "fingerprint", "commit", "revision", "build",
			"id", "ids", "uuid", "guid", "public", "pub", "cert", "certificate", "ca", "etag", "version", "clientid", "integrity",
			"url", "uri", "path", "file", "class", "image", "tag", "name", "host", "arn", "dsn", "pubkey":
			return true
		}
	}
	return false
}

// add writes down what was found at the current path.
func (w *walker) add(key string, list []found, decoded bool) {
	if len(list) == 0 || w.generated() {
		return
	}
	for _, f := range list {
		w.facts = append(w.facts, credential{
			found: f, path: slices.Clone(w.path), where: w.where, container: w.container, key: key, decoded: decoded,
		})
	}
}

// generated tells whether the current field is invented at install time.
func (w *walker) generated() bool {
	for _, p := range w.view.Object.Generated {
		if len(p) <= len(w.path) && slices.Equal(p, w.path[:len(p)]) {
			return true
		}
	}
	return false
}

// configEntries visits the entries of a ConfigMap: values or whole files.
func (w *walker) configEntries(v any, binary bool) {
	entries, _ := v.(map[string]any)
	w.where = "config-map"
	for key, e := range entries {
		text, ok := e.(string)
		if !ok {
			continue
		}
		if binary {
			if text, ok = decodeBase64(text); !ok || !utf8.ValidString(text) {
				continue
			}
		}
		w.path = append(w.path, key)
		class := classifyName(entryName(key))
		if class == nameSecret && !strings.ContainsAny(text, "0123456789") {
			class = nameWeak // "secret: my-app" names a Secret
		}
		w.add(key, inspect(w.meter, key, text, class, false), binary)
		w.path = w.path[:len(w.path)-1]
	}
}

// entryName is the name of a data key without the ending of a text file:
// password.txt is a password.
func entryName(key string) string {
	for _, ext := range []string{".txt", ".b64", ".secret"} {
		if s, ok := strings.CutSuffix(key, ext); ok {
			return s
		}
	}
	return key
}

// dockerfile visits the instructions of a Dockerfile (package render/docker
// shows its form).
func (w *walker) dockerfile(value map[string]any) {
	w.path = model.Path{"args"}
	args, _ := value["args"].([]any)
	w.where = "ARG"
	w.pairs(args)
	stages, _ := value["stages"].([]any)
	for i, s := range stages {
		stage, _ := s.(map[string]any)
		instructions, _ := stage["instructions"].([]any)
		for j, in := range instructions {
			instruction, _ := in.(map[string]any)
			w.path = model.Path{"stages", i, "instructions", j}
			w.instruction(instruction)
		}
	}
}

func (w *walker) instruction(in map[string]any) {
	if in == nil {
		return
	}
	w.where, _ = in["instruction"].(string)
	base := w.path
	if pairs, ok := in["pairs"].([]any); ok {
		w.path = base.Join("pairs")
		w.pairs(pairs)
	}
	switch w.where {
	case "RUN", "CMD", "ENTRYPOINT", "HEALTHCHECK":
		for _, field := range []string{"args", "heredocs"} {
			if list, ok := in[field].([]any); ok {
				w.path = base.Join(field)
				w.sequence(field, list)
			}
		}
	}
	if trigger, ok := in["trigger"].(map[string]any); ok {
		w.path = base.Join("trigger")
		w.instruction(trigger)
	}
	w.path = base
}

// pairs visits the variables of ARG, ENV and LABEL.
func (w *walker) pairs(list []any) {
	base := w.path
	for i, e := range list {
		pair, _ := e.(map[string]any)
		name, _ := pair["name"].(string)
		if value, ok := pair["value"].(string); ok {
			w.path = base.Join(i, "value")
			w.leaf(name, value)
			continue
		}
		if w.where == "ARG" && classifyName(name) >= nameSecret && classifyName(name) <= namePassword {
			w.path = base.Join(i)
			w.add(name, []found{{kind: kindAsked}}, false)
		}
	}
	w.path = base
}

// secretEntries visits the entries of a Secret. Here every value counts, and
// has one fact: the most certain.
func (w *walker) secretEntries(v any, encoded bool) {
	if t, _ := w.view.Object.Value["type"].(string); t == "kubernetes.io/service-account-token" || strings.HasPrefix(t, "helm.sh/") {
		return // filled in by the cluster
	}
	entries, _ := v.(map[string]any)
	w.where = "secret"
	for key, e := range entries {
		text, ok := e.(string)
		if !ok || strings.TrimSpace(text) == "" {
			continue
		}
		decoded := false
		if encoded {
			if plain, ok := decodeBase64(text); ok {
				text, decoded = plain, true
			}
		}
		w.path = append(w.path, key)
		if f := judgeEntry(w.meter, entryName(key), text); f.kind != "" {
			w.add(key, []found{f}, decoded)
		}
		w.path = w.path[:len(w.path)-1]
	}
}

// judgeEntry tells what one entry of a Secret is; the kind is "" for what is
// public, encrypted or a reference.
func judgeEntry(m *meter, key, text string) found {
	trimmed := strings.TrimSpace(text)
	if trimmed == "" || isSealedText(trimmed) {
		return found{}
	}
	if !utf8.ValidString(text) {
		return found{kind: kindOpaque, value: text}
	}
	class := classifyName(key)
	list := inspect(m, key, text, class, true)
	if len(list) > 0 && list[0].kind != kindGuessable && list[0].kind != kindDummy {
		return list[0]
	}
	if isPublicKey(trimmed) || isReference(trimmed) && !strings.Contains(trimmed, "\n") {
		return found{}
	}
	multi := strings.Contains(trimmed, "\n")
	plain := found{kind: kindPlain, value: trimmed}
	if len(list) > 0 {
		return list[0]
	}
	if class == nameHarmless || multi || structured(trimmed) {
		return plain
	}
	if kind := hollow(trimmed); kind != "" {
		return found{kind: kind, value: trimmed}
	}
	if class < nameSecret && isPlainValue(trimmed) {
		return plain
	}
	return found{kind: kindOpaque, value: trimmed}
}

// structured tells a JSON document on one line.
func structured(v string) bool {
	return len(v) > 1 && (v[0] == '{' && v[len(v)-1] == '}' || v[0] == '[' && v[len(v)-1] == ']')
}

// isPublicKey tells certificates and public keys, which need no secrecy.
func isPublicKey(v string) bool {
	for _, p := range []string{
		"-----BEGIN CERTIFICATE", "-----BEGIN PUBLIC KEY", "-----BEGIN RSA PUBLIC KEY", "-----BEGIN TRUSTED CERTIFICATE",
		"-----BEGIN X509 CRL", "-----BEGIN DH PARAMETERS", "-----BEGIN PGP PUBLIC KEY", "ssh-rsa ", "ssh-ed25519 ", "ecdsa-sha2-",
	} {
		if strings.HasPrefix(v, p) {
			return true
		}
	}
	return false
}

// defaultsOf lists the keys of a chart's values by their string values.
func defaultsOf(values map[string]any) map[string][]string {
	if len(values) == 0 {
		return nil
	}
	index := map[string][]string{}
	var collect func(p model.Path, v any)
	collect = func(p model.Path, v any) {
		switch v := v.(type) {
		case map[string]any:
			for _, k := range sortedKeys(v) {
				collect(p.Join(k), v[k])
			}
		case []any:
			for i, e := range v {
				collect(p.Join(i), e)
			}
		case string:
			if s := strings.TrimSpace(v); len(s) > 2 {
				index[s] = append(index[s], p.String())
			}
		}
	}
	collect(nil, values)
	return index
}

// nearestDefault chooses among keys with the same value the one that shares
// most words with the field's name.
func nearestDefault(keys []string, name string) string {
	best, most := "", -1
	words := splitWords(name, nil)
	for _, k := range keys {
		shared := 0
		for _, w := range splitWords(k, nil) {
			if slices.Contains(words, w) {
				shared++
			}
		}
		if shared > most {
			best, most = k, shared
		}
	}
	return best
}
