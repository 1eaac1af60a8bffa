package facts

import (
	"slices"
	"strings"
)

// nameClass says what the name of a field, variable, flag or property lets us
// expect of its value.
type nameClass int

const (
	nameSilent   nameClass = iota // nothing secret: "LOG_LEVEL", or a reference: "passwordSecretName"
	nameWeak                      // perhaps: "AUTH", "ENCRYPTION_SALT"; only a random-looking value counts
	nameSecret                    // a token or key: "API_TOKEN"; a value that reads like a resource's name does not count
	nameKeying                    // a token or key that is never a resource's name: "JWT_SECRET", "clientSecret"
	namePassword                  // a password: nearly any value counts
	nameHarmless                  // said to be public: "username", "host"; matters in Secrets alone
)

// credentialWords are the last words of names that hold a credential.
var credentialWords = map[string]nameClass{
	"password": namePassword, "passwd": namePassword, "passphrase": namePassword, "pwd": namePassword,
	"passcode": namePassword, "pass": namePassword, "passwords": namePassword, "requirepass": namePassword,
	"masterauth": namePassword, "userpass": namePassword, "dbpass": namePassword, "rootpass": namePassword,
	"adminpass": namePassword, "smtppass": namePassword,

	"secret": nameSecret, "token": nameSecret, "apikey": nameSecret, "secretkey": nameSecret,
	"privatekey": nameSecret, "accesstoken": nameSecret, "authtoken": nameSecret, "accountkey": nameKeying,
	"sharedaccesskey": nameKeying, "clientsecret": nameKeying, "jwtsecret": nameKeying,

	"tokens": nameWeak, "secrets": nameWeak, "credential": nameWeak, "credentials": nameWeak, "creds": nameWeak,
	"cred": nameWeak, "auth": nameWeak, "authorization": nameWeak, "bearer": nameWeak, "key": nameWeak,
	"keys": nameWeak, "salt": nameWeak, "cookie": nameWeak, "sig": nameWeak, "signature": nameWeak,
	"sas": nameWeak, "sastoken": nameWeak, "accesskey": nameWeak, "pat": nameWeak, "jwt": nameWeak,
	"license": nameWeak, "htpasswd": nameWeak, "dockerconfigjson": nameWeak,
}

// glued are the endings of single words that hold a credential: PGPASSWORD.
var glued = []string{"password", "passwd", "passphrase", "pwd", "apikey", "secretkey", "privatekey", "secret", "token"}

// keyWords turn a "key" after them into a secret: signing key, account key.
var keyWords = map[string]nameClass{
	"api": nameSecret, "secret": nameSecret, "private": nameSecret, "master": nameSecret, "signing": nameKeying,
	"encryption": nameKeying, "account": nameKeying, "storage": nameSecret, "hmac": nameKeying,
	"accesskey": nameSecret, "license": nameWeak, "fernet": nameKeying, "crypto": nameSecret, "cookie": nameKeying,
}

// keyingWords before "secret" or "token" say that it is the thing itself:
// "JWT_SECRET" is no resource's name, "TLS_SECRET" mostly is.
var keyingWords = []string{
	"jwt", "client", "session", "cookie", "signing", "hmac", "webhook", "oauth", "oauth2", "consumer", "django",
	"flask", "rails", "laravel", "nextauth", "shared", "encryption", "api", "bearer", "bot", "refresh", "csrf",
}

// referenceWords after a credential word turn the name into something about
// the credential: where it lies, how it is called, how long it lives.
var referenceWords = wordSet(`
	name names path paths file files filename dir directory folder ref refs reference references url urls uri uris
	endpoint endpoints host hostname hosts port ports addr address type types method methods mode modes policy
	policies ttl expiry expiration expires expire timeout duration length len min max minimum maximum size count
	limit enabled enable disabled disable rotation rotate rotated algorithm algorithms alg algo format version
	versions issuer issuers provider providers namespace namespaces prefix suffix field fields header headers
	claim claims audience audiences scope scopes store stores manager class group groups role roles user username
	rule rules required allowed from env var vars variable variables label labels annotation annotations selector
	description title text message hint prompt regex regexp pattern template templates generator plugin plugins
	interval refresh renew renewal validity lifetime age grant command cmd script backend driver sync mount mounts
	mountpath volume volumes location protocol encoding strength complexity history attempts reset change link
	page view index service server request requests review reviews exchange kind map maps list lists object objects
	property properties column hash_key metadata info status state error errors factory handler controller usage
	source sources target item items hashing hasher encoder decoder validator validation verification checker
	bucket param parameter parameters option options config configmap configuration settings setting
	id ids identifier hint length projection automount authenticator auth_type verify signer csi
	created updated last next`)

// neutralWords after a credential word change nothing: PASSWORD_PROD.
var neutralWords = wordSet(`
	value string str b64 base64 plain plaintext clear raw encoded old new current previous primary secondary default
	prod production dev development test testing stage staging qa uat live local main a b data txt base`)

// firstWords make a name speak of a choice or of another object.
var firstWords = wordSet(`existing external use uses disable disabled enable enabled has is no skip require requires
	allow show hide mask validate generate random change reset forgot forgotten auto mount automount`)

// digestWords anywhere in a name say that the value is computed and public.
var digestWords = wordSet(`checksum digest fingerprint sha sha1 sha256 sha512 md5 integrity etag`)

// harmlessWords end the names of Secret entries that need no secrecy.
var harmlessWords = wordSet(`user username login email mail host hostname hosts port database dbname db name url uri
	endpoint region bucket namespace issuer tenant tenantid domain server address scheme protocol mode enabled path
	version provider type org organization account accountname id clientid realm ca crt cert schema driver sslmode`)

func wordSet(s string) map[string]bool {
	set := map[string]bool{}
	for _, w := range strings.Fields(s) {
		set[w] = true
	}
	return set
}

// classifyName reads a name in any of the usual spellings: DB_PASSWORD,
// dbPassword, db.password, --db-password.
func classifyName(name string) nameClass {
	var buf [16]string
	words := splitWords(name, buf[:0])
	if len(words) == 0 {
		return nameSilent
	}
	for _, w := range words {
		if digestWords[w] {
			return nameSilent
		}
	}
	at, class := -1, nameSilent
	for i := len(words) - 1; i >= 0; i-- {
		if c := wordClass(words[i]); c != nameSilent {
			at, class = i, c
			break
		}
	}
	last := words[len(words)-1]
	if at < 0 {
		if harmlessWords[last] {
			return nameHarmless
		}
		return nameSilent
	}
	if firstWords[words[0]] && at > 0 {
		return nameSilent
	}
	for _, w := range words[at+1:] {
		switch {
		case referenceWords[w]:
			if harmlessWords[last] {
				return nameHarmless
			}
			return nameSilent
		case !neutralWords[w] && !allDigits(w):
			class = nameWeak // "token review", "password field2": about it rather than it
		}
	}
	if at == 0 {
		return class
	}
	before := words[at-1]
	switch w := words[at]; {
	case w == "key" || w == "keys":
		if k, ok := keyWords[before]; ok && w == "key" {
			return k
		}
		switch wordClass(before) {
		case namePassword:
			return nameSilent // passwordKey: which entry of a Secret
		case nameSecret:
			return nameWeak
		}
		if before == "access" && at > 1 && (words[at-2] == "shared" || words[at-2] == "secret") {
			return nameKeying
		}
		if before == "public" {
			return nameSilent
		}
	case class == nameSecret && slices.Contains(keyingWords, before):
		return nameKeying
	case (w == "token" || w == "secret") && (before == "page" || before == "pull" || before == "continue" || before == "next"):
		return nameSilent // imagePullSecret, page token
	}
	return class
}

func wordClass(w string) nameClass {
	if c, ok := credentialWords[w]; ok {
		return c
	}
	if len(w) > 5 && !referenceWords[w] {
		for _, g := range glued {
			if strings.HasSuffix(w, g) {
				return credentialWords[g]
			}
		}
	}
	return nameSilent
}

// splitWords appends the words of a name, in lower case:
// "dbAPIKey-2" → db, api, key, 2.
func splitWords(name string, words []string) []string {
	start := -1
	flush := func(end int) {
		if start >= 0 {
			words = append(words, strings.ToLower(name[start:end]))
			start = -1
		}
	}
	for i := range len(name) {
		c := name[i]
		if !isAlnum(c) {
			flush(i)
			continue
		}
		if start >= 0 && isUpper(c) {
			prev := name[i-1]
			nextLower := i+1 < len(name) && isLower(name[i+1])
			if !isUpper(prev) || nextLower {
				flush(i)
			}
		}
		if start < 0 {
			start = i
		}
	}
	flush(len(name))
	return words
}

func isUpper(c byte) bool { return 'A' <= c && c <= 'Z' }
func isLower(c byte) bool { return 'a' <= c && c <= 'z' }
func isDigit(c byte) bool { return '0' <= c && c <= '9' }
func isAlnum(c byte) bool { return isUpper(c) || isLower(c) || isDigit(c) }

func allDigits(s string) bool {
	for i := range len(s) {
		if !isDigit(s[i]) {
			return false
		}
	}
	return s != ""
}
