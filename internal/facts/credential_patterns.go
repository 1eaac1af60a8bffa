package facts

import (
	"strings"
	"sync"

	"github.com/rs/zerolog"
	"github.com/spf13/viper"
	"github.com/zricethezav/gitleaks/v8/config"
	"github.com/zricethezav/gitleaks/v8/detect"
	"github.com/zricethezav/gitleaks/v8/logging"
)

// The token patterns of providers are gitleaks' rules. Reading all 222 of them
// takes 35 ms, too long for a hook that judges one file; so their text is only
// cut into rules (0.3 ms), a cheap look for their keywords goes first, and
// what has a keyword is compiled by itself (1.5 ms, once).

// skippedProviders are rules we do without.
var skippedProviders = wordSet(`
	generic-api-key kubernetes-secret-yaml hashicorp-tf-password
	private-key pkcs12-file nuget-config-password freemius-secret-key
	adobe-client-id asana-client-id bitbucket-client-id discord-client-id linkedin-client-id looker-client-id
	messagebird-client-id plaid-client-id sendbird-access-id sumologic-access-id alibaba-access-key-id
	flutterwave-public-key lob-pub-api-key mailgun-pub-key sentry-access-token
	twilio-api-key sidekiq-sensitive-url`)

// betterKeywords replace keywords that ordinary words contain: "ey" is in
// every "key". What they miss, the names of the fields catch.
var betterKeywords = map[string][]string{
	"jwt":                                {"eyj"},
	"jwt-base64":                         {"zxlk"},
	"vault-service-token":                {"hvs."},
	"aws-access-token":                   {"akia", "asia", "abia", "acca"},
	"lob-api-key":                        {"lob_", "lob-"},
	"gocardless-api-token":               {"gocardless"},
	"harness-api-key":                    {"pat.", "sat."},
	"authress-service-client-access-key": {"authress"},
	"intra42-client-secret":              {"s-s4t2ud-", "s-s4t2af-"},
	"linear-client-secret":               {"linear_", "linear-"},
	"facebook-page-access-token":         {"eaam", "eaac"},
	"cloudflare-origin-ca-key":           {"v1.0-"},
	"square-access-token":                {"sq0atp-", "eaaa"},
	"travisci-access-token":              {"travis_", "travis-"},
	"intercom-api-key":                   {"intercom_", "intercom-"},
	"microsoft-teams-webhook":            {"webhook.office.com"},
	"telegram-bot-api-token":             {"telegr"},
	"confluent-secret-key":               {"confluent_", "confluent-"},
	"confluent-access-token":             {"confluent_", "confluent-"},
}

// minProvider is the length below which no provider's token is sought: the
// shortest have a prefix and 16 characters or so.
const minProvider = 16

// provider is one of gitleaks' rules.
type provider struct {
	id, text string
	keywords []string
	once     sync.Once
	detector *detect.Detector // nil when the rule does not compile
}

// gitleaks' text, cut into rules once.
var providers = sync.OnceValue(cutProviders)

func cutProviders() []*provider {
	logging.Logger = zerolog.Nop() // gitleaks logs what it skips
	head, rest, _ := strings.Cut(config.DefaultConfig, "\n[[rules]]\n")
	var list []*provider
	for text := range strings.SplitSeq(rest, "\n[[rules]]\n") {
		p := &provider{id: tomlStrings(text, "\nid = ", "\n")[0], text: head + "\n[[rules]]\n" + text}
		if skippedProviders[p.id] {
			continue
		}
		if k, ok := betterKeywords[p.id]; ok {
			p.keywords = k
		} else {
			p.keywords = tomlStrings(text, "\nkeywords = [", "]")
		}
		list = append(list, p)
	}
	return list
}

// tomlStrings returns the quoted strings between the two marks.
func tomlStrings(text, from, to string) []string {
	_, after, _ := strings.Cut("\n"+text, from)
	list, _, _ := strings.Cut(after, to)
	var found []string
	for i, s := range strings.Split(list, `"`) {
		if i%2 == 1 {
			found = append(found, s)
		}
	}
	return append(found, "")[:max(1, len(found))]
}

// find returns the token of this provider in text, "" when there is none.
func (p *provider) find(text string) string {
	p.once.Do(p.compile)
	if p.detector == nil {
		return ""
	}
	for _, rule := range p.detector.Config.Rules {
		// The detector does more than match; most keywords stand in innocent text.
		if rule.Regex == nil || !rule.Regex.MatchString(text) {
			return ""
		}
	}
	for _, f := range p.detector.DetectString(text) {
		return f.Secret
	}
	return ""
}

func (p *provider) compile() {
	v := viper.New()
	v.SetConfigType("toml")
	if err := v.ReadConfig(strings.NewReader(p.text)); err != nil {
		return
	}
	var vc config.ViperConfig
	if err := v.Unmarshal(&vc); err != nil {
		return
	}
	c, err := vc.Translate()
	if err != nil {
		return
	}
	p.detector = detect.NewDetector(c)
	p.detector.IgnoreGitleaksAllow = true // a comment in a stranger's file does not switch us off
}

// signal is what a keyword found in a string asks us to look at.
type signal struct {
	provider *provider // nil for our own keywords
	mark     mark
}

type mark int

const (
	markProvider mark = iota
	markName          // part of a name that may hold a credential: look at the assignment around it
	markURL           // "://": look for a password before the host
	markDSN           // "@tcp(": user:password@tcp(host)/db
	markBegin         // a PEM header, in clear or in base64
	markFunction      // the address of an Azure function, whose key is "code" in its query
	markFlag          // a command with a password flag of its own: mysql -p…
)

// ownKeywords are looked for in the same pass.
var ownKeywords = map[mark][]string{
	markName: {
		"pass", "pwd", "secret", "token", "apikey", "api_key", "api-key", "api.key", "auth", "cred", "accesskey", "access_key",
		"access-key", "accountkey", "account_key", "account-key", "sharedaccesskey", "privatekey", "private_key", "private-key",
		"sig=", "bearer", "encryption", "encryptkey", "signing", "jwt", "salt", "cookie", "fernet", "crypt", "secure_key", "key_base",
	},
	markURL:      {"://"},
	markDSN:      {"@tcp(", "@unix("},
	markFunction: {".azurewebsites.net/"},
	markBegin:    {"-----begin", "ls0tls1crudjti", "putty-user-key-file"},
	markFlag:     {"mysql", "redis-cli", "curl", "sshpass", "mongo", "wget", "mc alias", "psql", "requirepass", "masterauth", "ldapsearch", "useradd", "htpasswd"},
}

// lookout finds all keywords in one pass over a string, without regard to
// case. Two characters decide whether a list of candidates is compared; that
// is quicker than an automaton for the short strings of a manifest, and needs
// no building.
type lookout struct {
	pairs [1 << 16]uint16 // two lower-case bytes → index into lists
	lists [][]keyword
}

type keyword struct {
	text   string
	signal signal
}

var theLookout = sync.OnceValue(buildLookout)

func buildLookout() *lookout {
	l := &lookout{lists: make([][]keyword, 1)}
	add := func(text string, s signal) {
		pair := uint16(text[0])<<8 | uint16(text[1])
		if l.pairs[pair] == 0 {
			l.lists = append(l.lists, nil)
			l.pairs[pair] = uint16(len(l.lists) - 1)
		}
		l.lists[l.pairs[pair]] = append(l.lists[l.pairs[pair]], keyword{text, s})
	}
	for m := markName; m <= markFlag; m++ {
		for _, k := range ownKeywords[m] {
			add(k, signal{mark: m})
		}
	}
	for _, p := range providers() {
		for _, k := range p.keywords {
			if len(k) > 1 {
				add(strings.ToLower(k), signal{provider: p})
			}
		}
	}
	return l
}

// lowered maps upper-case ASCII to lower case.
var lowered = func() (t [256]byte) {
	for i := range t {
		t[i] = byte(i)
		if isUpper(byte(i)) {
			t[i] = byte(i) + 'a' - 'A'
		}
	}
	return t
}()

// scan calls hit for every keyword in s with its position, in order.
func (l *lookout) scan(s string, hit func(sig signal, at int)) {
	if len(s) < 2 {
		return
	}
	pair := uint16(lowered[s[0]])
	for i := 1; i < len(s); i++ {
		pair = pair<<8 | uint16(lowered[s[i]])
		if list := l.pairs[pair]; list != 0 {
			for _, k := range l.lists[list] {
				if hasPrefixFold(s[i-1:], k.text) {
					hit(k.signal, i-1)
				}
			}
		}
	}
}

func hasPrefixFold(s, prefix string) bool {
	if len(s) < len(prefix) {
		return false
	}
	for i := range len(prefix) {
		if lowered[s[i]] != prefix[i] {
			return false
		}
	}
	return true
}
