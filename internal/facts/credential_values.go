package facts

import (
	"encoding/base64"
	"fmt"
	"math"
	"net/netip"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// The kinds of credential. A value has one kind: the most certain.
const (
	kindPrivateKey = "private-key"       // a PEM, OpenSSH, PGP or PuTTY private key, a key store
	kindProvider   = "provider-token"    // matches the token pattern of a provider
	kindConnection = "connection-string" // a password inside a URL or connection string
	kindNamed      = "credential"        // the name says so and the value looks like one
	kindRandom     = "random"            // no telling name, but a value that only a generator makes
	kindGuessable  = "guessable"         // "changeme", "admin": works as a password, and everybody knows it
	kindDummy      = "placeholder"       // "<your-token>", "xxxx": nothing anybody could log in with
	kindOpaque     = "opaque"            // Secret entries only: any other value
	kindPlain      = "plain"             // Secret entries only: a user name, host, number, file without credentials
	kindAsked      = "asked"             // Dockerfiles only: an ARG that a build passes a credential to
)

// judgeValue tells what a value under a name of the given class is; "" when it
// is no credential. roomy says that the value may contain spaces: it is the
// whole of an environment variable or Secret entry, not a piece of prose.
func judgeValue(class nameClass, v string, roomy bool) string {
	v = strings.TrimSpace(v)
	if class == nameSilent || class == nameHarmless || len(v) < 3 || isReference(v) {
		return ""
	}
	if kind := hollow(v); kind != "" {
		// "secret: redis" names a Secret; "password: redis" is one.
		if class == nameWeak || class == nameSecret && kind == kindGuessable && (!saysChange(v) || isSecretName(v)) {
			return ""
		}
		return kind
	}
	v, scheme := cutScheme(v)
	if isReference(v) || isPlainValue(v) {
		return ""
	}
	if !roomy && strings.Count(v, " ") > 0 {
		return ""
	}
	switch class {
	case namePassword:
		if isSecretName(v) || isSettings(v) || strings.Count(v, " ") > 4 || sourceWords[strings.ToLower(v)] {
			return ""
		}
		return kindNamed
	case nameKeying:
		if len(v) < 6 || isSecretName(v) || isSettings(v) || strings.Contains(v, " ") || sourceWords[strings.ToLower(v)] {
			return ""
		}
		return kindNamed
	case nameSecret:
		if len(v) < 8 || isSettings(v) || strings.Contains(v, " ") || isIdentifier(v) {
			return ""
		}
		return kindNamed
	case nameWeak:
		if looksRandom(v) || scheme && len(v) >= 12 && !isIdentifier(v) || isBasicAuth(v) || isPasswordHash(v) {
			return kindNamed
		}
	}
	return ""
}

func saysChange(v string) bool {
	v = strings.ToLower(v)
	return strings.Contains(v, "change") || strings.Contains(v, "pass") || strings.Contains(v, "admin")
}

// isSettings tells a list of settings: "jwt,sign-method=RS256,ttl=10m". A
// credential in it has a name of its own and is found by that.
func isSettings(v string) bool {
	comma, equals := strings.IndexByte(v, ','), strings.IndexByte(v, '=')
	return comma > 0 && equals > 0 && equals < len(v)-2
}

// cutScheme removes the scheme of an Authorization header.
func cutScheme(v string) (string, bool) {
	for _, s := range []string{"Bearer ", "bearer ", "Basic ", "basic ", "Token ", "token "} {
		if rest, ok := strings.CutPrefix(v, s); ok {
			return strings.TrimSpace(rest), true
		}
	}
	return v, false
}

// referencePrefixes begin values that are resolved elsewhere: by a secret
// store, a plugin, a template.
var referencePrefixes = []string{
	"vault:", "ref+", "op://", "secretref+", "secret://", "secrets://", "keyvault://", "akv:", "@microsoft.keyvault(",
	"arn:aws:", "ssm:", "awssm:", "gcp:secretmanager", "sm://", "berglas://", "env:", "file:", "enc[", "enc(", "{cipher}",
	"{vault}", "<path:", "avp:", "doppler://", "infisical://", "valuefrom:", "secretkeyref:", "secretsmanager:",
	"conjur:", "bao:", "gsm:", "aws-secretsmanager", "sealed:", "sops:", "k8s://",
}

// isReference tells whether a value stands for another one: $(VAR), ${VAR},
// {{ template }}, vault:secret/db#password, projects/x/secrets/y.
func isReference(v string) bool {
	if v == "" {
		return true
	}
	switch v[0] {
	case '$':
		// A crypt hash ($2y$…) and a password such as "$ecret99" are no references.
		if !isPasswordHash(v) && wholeVariable.MatchString(v) {
			return true
		}
	case '{':
		if strings.HasPrefix(v, "{{") || strings.HasPrefix(v, "{%") {
			return true
		}
	case '%':
		if len(v) > 2 && v[len(v)-1] == '%' {
			return true
		}
	case '@':
		if len(v) > 2 && v[len(v)-1] == '@' {
			return true
		}
	case '&', '*':
		if isIdentifier(v[1:]) { // a YAML anchor or alias
			return true
		}
	case '!':
		if strings.HasPrefix(v, "!env") || strings.HasPrefix(v, "!ENV") || strings.HasPrefix(v, "!vault") || strings.HasPrefix(v, "!secret") {
			return true
		}
	}
	if strings.Contains(v, "$(") || strings.Contains(v, "${") || strings.Contains(v, "{{") || strings.Contains(v, "$__") {
		return true
	}
	lower := v
	if len(lower) > 24 {
		lower = lower[:24]
	}
	lower = strings.ToLower(lower)
	for _, p := range referencePrefixes {
		if strings.HasPrefix(lower, p) {
			return true
		}
	}
	return strings.HasPrefix(lower, "projects/") && strings.Contains(v, "/secrets/")
}

// wholeVariable is a value that begins with a variable: $VAR, $1, ${VAR}.
var wholeVariable = regexp.MustCompile(`^\$+(?:[A-Z_][A-Z0-9_]*|[a-z_][a-z0-9_]*|[A-Za-z_][A-Za-z0-9_.]*|\d|[({@*#].*)$`)

// isPasswordHash tells whether a value is a stored hash: crypt, bcrypt,
// argon2, apr1. Whoever has it can guess offline.
func isPasswordHash(v string) bool {
	if i := strings.IndexByte(v, ':'); i >= 0 && !strings.Contains(v[:i], " ") {
		v = v[i+1:] // htpasswd: user:hash
	}
	for _, p := range []string{"$2a$", "$2b$", "$2y$", "$apr1$", "$1$", "$5$", "$6$", "$argon2", "$pbkdf2", "{SHA}", "{SSHA}", "pbkdf2_sha256$", "SCRAM-SHA-256$"} {
		if strings.HasPrefix(v, p) && len(v) > len(p)+16 {
			return true
		}
	}
	return false
}

// isBasicAuth tells whether a value is base64 of "user:password".
func isBasicAuth(v string) bool {
	if len(v) < 8 {
		return false
	}
	b, err := base64.StdEncoding.DecodeString(v)
	if err != nil {
		return false
	}
	user, pass, ok := strings.Cut(string(b), ":")
	return ok && len(user) > 0 && len(pass) > 2 && isPrintable(string(b)) && !strings.Contains(user, " ") && !isReference(pass) && hollow(pass) != kindDummy
}

func isPrintable(s string) bool {
	if !utf8.ValidString(s) {
		return false
	}
	for _, r := range s {
		if !unicode.IsPrint(r) && r != '\n' && r != '\t' && r != '\r' {
			return false
		}
	}
	return true
}

// plainWords are values that are settings, whatever the name says.
var plainWords = wordSet(`true false yes no on off none null nil undefined enabled disabled enable disable required optional
	auto automatic always never default prompt ask random generate generated empty unset inherit file vault env
	basic bearer digest oauth oauth2 oidc saml ldap jwt jwks jwe hmac hs256 rs256 es256 plain plaintext scram md5
	sha1 sha256 sha512 bcrypt scrypt argon2 argon2id pbkdf2 trust reject peer ident any all kubernetes`)

// sourceWords are types, and words of programs, on the right of a "password =".
var sourceWords = wordSet(`string str bool boolean int integer number object bytes byte text password varchar type
	secret secretkeyref valuefrom plaintext keyword binary self this input`)

var (
	durationLike = regexp.MustCompile(`^\d+(?:\.\d+)?(?:ns|us|ms|s|m|h|d|w|y|min|mins|sec|secs|hours?|days?|k|ki|mi|gi|kb|mb|gb|b|%)$`)
	versionLike  = regexp.MustCompile(`^v?\d+(?:\.\d+){1,3}(?:[-+][0-9A-Za-z.-]+)?$`)
	fileLike     = regexp.MustCompile(`(?i)^[\w.@-]+\.(?:txt|pem|key|crt|cer|cert|csr|json|ya?ml|jks|p12|pfx|keystore|truststore|conf|cfg|ini|properties|env|toml|xml|sh|py|js|ts|go|rb|php|html|log|db|secret|token|gpg|asc|pub|lua|tpl|svc|local|com|net|org|io)$`)
	uuidLike     = regexp.MustCompile(`^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$`)
	urlLike      = regexp.MustCompile(`^[a-zA-Z][a-zA-Z0-9+.-]*://\S*$`)
	imageLike    = regexp.MustCompile(`^(?:[a-z0-9.-]+(?::\d+)?/)+[a-z0-9._-]+(?::[\w.-]+)?(?:@sha256:[0-9a-f]{64})?$`)
	hostPortLike = regexp.MustCompile(`^[a-z0-9-]+(?:\.[a-z0-9-]+)*:\d{2,5}$`)
	dateLike     = regexp.MustCompile(`^\d{4}-\d{2}-\d{2}(?:[T ][\d:.]+(?:Z|[+-]\d{2}:?\d{2})?)?$`)
)

// isPlainValue tells whether a value is a setting of another sort: a boolean,
// number, duration, version, address, path, file, URL or image.
func isPlainValue(v string) bool {
	if plainWords[strings.ToLower(v)] {
		return true
	}
	switch c := v[0]; {
	case isDigit(c) || c == '-' || c == '+' || c == '.':
		if isNumber(v) || durationLike.MatchString(v) || versionLike.MatchString(v) || dateLike.MatchString(v) {
			return true
		}
		if _, err := netip.ParsePrefix(v); err == nil {
			return true
		}
		if strings.HasPrefix(v, "./") || strings.HasPrefix(v, "../") {
			return true
		}
	case c == '/':
		return isPath(v)
	case c == '~':
		return strings.HasPrefix(v, "~/")
	case c == 'v' && versionLike.MatchString(v):
		return true
	}
	if len(v) > 2 && v[1] == ':' && (v[2] == '\\' || v[2] == '/') {
		return true // C:\keys\tls.key
	}
	if strings.Contains(v, "://") {
		return urlLike.MatchString(v) // a password inside it is found apart
	}
	if strings.IndexByte(v, '.') > 0 && fileLike.MatchString(v) {
		return true
	}
	if strings.IndexByte(v, ':') > 0 && hostPortLike.MatchString(v) {
		return true
	}
	if _, err := netip.ParseAddr(v); err == nil {
		return true
	}
	return strings.IndexByte(v, '/') > 0 && imageLike.MatchString(v) && !looksRandom(v)
}

func isNumber(v string) bool {
	v = strings.TrimLeft(v, "+-")
	digits := false
	for i := range len(v) {
		switch {
		case isDigit(v[i]):
			digits = true
		case v[i] != '.' && v[i] != '_' && v[i] != ',':
			return false
		}
	}
	return digits
}

// isPath takes /run/secrets/token for a path, and a long random string that
// happens to begin with a slash not.
func isPath(v string) bool {
	for i := range len(v) {
		c := v[i]
		if !isAlnum(c) && !strings.ContainsRune("/._-~@:*,", rune(c)) {
			return false
		}
	}
	return strings.Count(v, "/") > 1 || !looksRandom(v[1:])
}

// isSecretName tells whether a value reads like the name of a Secret or of
// an entry in one: my-db-credentials, redis.password.
func isSecretName(v string) bool {
	if !isIdentifier(v) || !strings.ContainsAny(v, "-._/") {
		return false
	}
	var buf [16]string
	words := splitWords(v, buf[:0])
	if len(words) < 2 {
		return false
	}
	last := words[len(words)-1]
	return wordClass(last) != nameSilent || referenceWords[last] || last == "tls" || last == "cert"
}

// isIdentifier tells whether a value reads like a name that people gave:
// words of letters joined by - _ . /, with few digits.
func isIdentifier(v string) bool {
	letters, digits, flips := 0, 0, 0
	for i := range len(v) {
		c := v[i]
		switch {
		case isDigit(c):
			digits++
			if i > 0 && (isLower(v[i-1]) || isUpper(v[i-1])) {
				flips++
			}
		case isLower(c) || isUpper(c):
			letters++
			if i > 0 && isUpper(c) && isLower(v[i-1]) {
				flips++
			}
		case c != '-' && c != '_' && c != '.' && c != '/' && c != ':':
			return false
		}
	}
	if letters == 0 || digits*4 > letters || looksRandom(v) {
		return false
	}
	return flips <= 1+len(v)/8 && (digits <= 4)
}

// looksRandom tells whether only a generator makes such a value: at least 16
// characters of base64, hex or the like, whose classes of character change
// often and whose entropy is near that of chance.
func looksRandom(v string) bool {
	if len(v) < 16 || len(v) > 4096 {
		return false
	}
	var upper, lower, digit, other, flips, vowels int
	prev := byte(0)
	var seen [256]int
	hexOnly := true
	for i := range len(v) {
		c := v[i]
		seen[c]++
		class := byte('o')
		switch {
		case isDigit(c):
			digit++
			class = 'd'
		case isUpper(c):
			upper++
			class = 'u'
		case isLower(c):
			lower++
			class = 'l'
		case strings.IndexByte("+/=_-~.!@#$%^&*?:|", c) >= 0:
			other++
		default:
			return false
		}
		if !(isDigit(c) || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F') {
			hexOnly = false
		}
		if strings.IndexByte("aeiouAEIOU", c) >= 0 {
			vowels++
		}
		if i > 0 && class != prev && class != 'o' && prev != 'o' {
			flips++
		}
		prev = class
	}
	n := float64(len(v))
	entropy := 0.0
	for _, k := range seen {
		if k > 0 {
			p := float64(k) / n
			entropy -= p * math.Log2(p)
		}
	}
	best := math.Log2(min(n, 64))
	if hexOnly {
		return digit > 0 && upper+lower > 0 && len(v) >= 20 && entropy > 3 && float64(flips) > n*0.25
	}
	if isBase32(v, upper, lower, other, digit, vowels, entropy) {
		return true
	}
	if (upper == 0 || lower == 0) && float64(digit) < n*0.15 {
		return false // one case of letters, few digits: words
	}
	if digit == 0 && float64(vowels) > float64(upper+lower)*0.3 {
		return false // camelCase words
	}
	return float64(flips) > n*0.3 && entropy > best*0.78
}

// isBase32 tells a long row of base32, as tokens of Azure DevOps are: one case
// of letters, the digits 2 to 7. Chance makes an eighth of them vowels; words
// have three times as many, and fewer different letters.
func isBase32(v string, upper, lower, other, digit, vowels int, entropy float64) bool {
	return len(v) >= 40 && other == 0 && (upper == 0) != (lower == 0) && !strings.ContainsAny(v, "0189") &&
		digit >= 2 && float64(vowels) < float64(upper+lower)*0.28 && entropy > 4.1
}

// hollow tells placeholders: kindDummy for what stands in for a value,
// kindGuessable for the passwords that everybody tries first.
func hollow(v string) string {
	lower := strings.ToLower(v)
	switch {
	case lower[0] == '<' && lower[len(lower)-1] == '>', lower[0] == '[' && lower[len(lower)-1] == ']',
		strings.HasPrefix(lower, "__") && strings.HasSuffix(lower, "__"),
		strings.HasPrefix(lower, "{") && strings.HasSuffix(lower, "}") && !strings.ContainsAny(lower, `:"`):
		return kindDummy
	}
	if isGuessable(lower) {
		return kindGuessable
	}
	if strings.HasPrefix(lower, "your") && len(lower) > 6 && isWord(lower) {
		return kindDummy // YourApiToken
	}
	if sameRune(lower) || strings.HasPrefix(lower, "xxx") || strings.HasPrefix(lower, "***") || strings.HasPrefix(lower, "...") {
		return kindDummy
	}
	for _, w := range dummyWords {
		if strings.Contains(lower, w) {
			return kindDummy
		}
	}
	return ""
}

var dummyWords = []string{
	"replace", "your-", "your_", "your ", "yourpass", "yoursecret", "yourtoken", "yourkey", "redacted", "masked",
	"placeholder", "todo", "fixme", "example", "dummy", "insert", "enter-", "enter_", "put-", "put_", "fill-", "fill_",
	"not-used", "notused", "not_used", "unused", "not-a-", "notareal", "not-real", "xxxx", "****", "sample-", "sample_",
	"to-be-", "tobe", "tbd", "goes-here", "goes_here", "-here", "_here", "my-token-value", "devstoreaccount1",
	"set-me", "setme", "set_me", "override-me", "overrideme", "override_me", "abcdefghij", "0123456789abcdef0123456789abcdef",
	"1234567890abcdef", "deadbeefdeadbeef", "eby8vdm02xnocqflquwjpllmetlcdxj1ouzft50usrz6ifsufq2uverc",
}

func sameRune(s string) bool {
	return len(s) > 2 && strings.Count(s, s[:1]) == len(s)
}

// guessableWords make up the passwords that stand in documentation and in the
// first lines of every word list.
var guessableWords = wordSet(`changeme changeit changethis change it please password passwd pass passw0rd secret
	admin administrator root toor user guest test testing demo default letmein qwerty welcome foo bar baz foobar
	hello world postgres postgresql mysql mariadb mongo mongodb redis rabbitmq minio grafana elastic kibana keycloak
	airflow cassandra neo4j oracle harbor nexus jenkins sonar kafka vault consul mssql sa druid superset prom operator
	wordpress joomla drupal magento odoo zabbix nagios gitlab gitea influx influxdb clickhouse couchdb db database
	dev local temp tmp abc insecure unsafe token key apikey`)

// fillerWords may stand between them.
var fillerWords = wordSet(`my me the your this that in prod production some a new default for not do use`)

// isGuessable reads "changeme", "ChangeMe123!", "admin-password", "12345678".
func isGuessable(lower string) bool {
	if allDigits(lower) {
		return strings.HasPrefix("12345678901234567890", lower) || sameRune(lower)
	}
	var b strings.Builder
	for i := range len(lower) {
		switch c := lower[i]; {
		case isLower(c) || isDigit(c):
			b.WriteByte(c)
		case strings.IndexByte("-_ !", c) < 0:
			return false
		}
	}
	s := b.String()
	trimmed := strings.TrimRight(s, "0123456789")
	if strings.HasPrefix("1234567890", s[len(trimmed):]) || len(s)-len(trimmed) == 1 {
		s = trimmed
	}
	return s != "" && len(s) <= 40 && splitsInto(s, 0)
}

// splitsInto tells whether s is a row of guessable words and fillers, with at
// least one of the former (counted in found).
func splitsInto(s string, found int) bool {
	if s == "" {
		return found > 0
	}
	for n := len(s); n > 0; n-- {
		switch w := s[:n]; {
		case guessableWords[w]:
			if splitsInto(s[n:], found+1) {
				return true
			}
		case fillerWords[w]:
			if splitsInto(s[n:], found) {
				return true
			}
		}
	}
	return false
}

// shown is what a message may say of a value: its first two characters when it
// is long enough that they give nothing away, and its length.
func shown(v string) string {
	if v == "" {
		return ""
	}
	n := utf8.RuneCountInString(v)
	if n < 8 || !isAlnum(v[0]) || !isAlnum(v[1]) {
		return fmt.Sprintf("%d characters", n)
	}
	return fmt.Sprintf("%s… (%d characters)", v[:2], n)
}
