package facts

import (
	"encoding/base64"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// found is one credential inside a string.
type found struct {
	kind  string
	rule  string // gitleaks' rule, for kindProvider
	inner string // the name beside it inside the string; "" when the string as a whole is the credential
	line  int    // of the string, from 1; 0 when the string has one line
	value string // never leaves this package
}

// inspect looks for credentials in a string that stands under a name. roomy is
// explained at judgeValue. The most certain come first, and one value is found
// once.
func inspect(m *meter, name, text string, class nameClass, roomy bool) []found {
	if len(text) < 3 || isSealedText(text) {
		return nil
	}
	m.step(len(text))
	var in inspection
	in.meter, in.text = m, text
	in.multi = strings.Contains(strings.TrimSpace(text), "\n")
	in.joined = !in.multi && strings.ContainsAny(text, ";&?") && strings.Count(text, "=") > 1
	var hits []hit
	look := theLookout()
	collect := func(sig signal, at int) { hits = append(hits, hit{sig, at}) }
	look.scan(text, collect)
	if len(text) >= minProvider && !in.multi {
		look.scan(name, func(sig signal, _ int) {
			if sig.provider != nil {
				hits = append(hits, hit{sig, 0})
			}
		})
	}
	if len(hits) > 0 {
		in.marks(markBegin, hits, in.privateKey)
		if !in.multi && len(in.list) > 0 {
			return in.list
		}
		in.providers(name, hits)
	}
	if !in.multi && len(in.list) == 0 {
		if kind := judgeValue(class, text, roomy); kind != "" {
			value, _ := cutScheme(strings.TrimSpace(text))
			in.add(found{kind: kind, value: value}, 0)
		}
	}
	if len(hits) > 0 {
		in.marks(markURL, hits, in.userInfo)
		in.marks(markDSN, hits, in.dsn)
		in.marks(markFunction, hits, in.functionKey)
		in.marks(markName, hits, in.assignment)
		in.marks(markFlag, hits, in.commandFlag)
	}
	slices.SortStableFunc(in.list, func(a, b found) int { return certainty(a.kind) - certainty(b.kind) })
	return in.list
}

// certainty orders the kinds, the most certain first.
func certainty(kind string) int {
	return slices.Index([]string{kindPrivateKey, kindProvider, kindConnection, kindNamed, kindRandom, kindGuessable, kindDummy, kindOpaque, kindPlain}, kind)
}

type hit struct {
	signal signal
	at     int
}

type inspection struct {
	meter    *meter
	text     string
	multi    bool
	list     []found
	joined   bool // one line of several assignments: a connection string, a query
	keyStart int  // where the last assignment's key began; two keywords may stand in one key
}

// A string may be a megabyte of a stranger's text. What is looked at around
// one keyword is bounded, and so is what is found: the work stays in
// proportion to the length, whatever the text.
const (
	window     = 1 << 10 // bytes around a keyword
	keyWindow  = 1 << 14 // bytes of a private key
	maxName    = 128     // bytes of a name on either side of a keyword
	maxFound   = 64      // credentials in one string
	maxDearest = 256     // keywords whose look runs expressions: keys, commands
)

func (in *inspection) marks(m mark, hits []hit, look func(at int)) {
	looks := 0
	for _, h := range hits {
		if h.signal.provider != nil || h.signal.mark != m {
			continue
		}
		if looks++; len(in.list) >= maxFound || looks > maxDearest && (m == markBegin || m == markFlag) {
			return
		}
		in.meter.step(1)
		look(h.at)
	}
}

// from is the text from a position on, as far as one look goes.
func (in *inspection) from(at, size int) string {
	return in.text[at:min(len(in.text), at+size)]
}

// lineUpTo is the text between the start of its line and a position.
func (in *inspection) lineUpTo(at int) string {
	near := in.text[max(0, at-window):at]
	return near[strings.LastIndexByte(near, '\n')+1:]
}

// add records a credential unless its value is part of one known already.
func (in *inspection) add(f found, at int) {
	for _, g := range in.list {
		if strings.Contains(g.value, f.value) || len(g.value) > 5 && strings.Contains(f.value, g.value) {
			return
		}
	}
	if in.multi && !(f.kind == kindPrivateKey && at == 0) {
		f.line = 1 + strings.Count(in.text[:at], "\n")
	}
	in.list = append(in.list, f)
}

// isSealedText tells values and files that SOPS, Ansible Vault or age have
// encrypted.
func isSealedText(v string) bool {
	return strings.HasPrefix(v, "ENC[") || strings.Contains(v, "ENC[AES256_GCM,") || strings.HasPrefix(v, "$ANSIBLE_VAULT;") ||
		strings.HasPrefix(v, "-----BEGIN AGE ENCRYPTED FILE") || strings.HasPrefix(v, "-----BEGIN PGP MESSAGE")
}

func (in *inspection) privateKey(at int) {
	text := in.from(at, keyWindow)
	if lowered[text[0]] == 'l' { // LS0tLS1CRUdJTi is "-----BEGIN " in base64
		end := strings.IndexFunc(text, func(r rune) bool {
			return r > 127 || !isAlnum(byte(r)) && r != '+' && r != '/' && r != '=' && r != '\n' && r != '\r'
		})
		if end < 0 {
			end = len(text)
		}
		decoded, ok := decodeBase64(text[:end])
		if !ok || !hasPrivateKey(decoded) {
			return
		}
		in.add(found{kind: kindPrivateKey, value: text[:end]}, at)
		return
	}
	if hasPrivateKey(text) {
		end := strings.Index(text, "-----END")
		if end < 0 {
			end = len(text)
		}
		in.add(found{kind: kindPrivateKey, value: text[:end]}, at)
	}
}

// privateKeyHeader begins a PEM, OpenSSH, PGP or PuTTY private key. What
// follows must be a body: documentation writes "-----BEGIN PRIVATE KEY-----
// ...".
var privateKeyHeader = regexp.MustCompile(`^(?:-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----|PuTTY-User-Key-File-\d:)(?:\\n|\\r|\s)*(?:[A-Za-z-]+: [^\n\\]*(?:\\n|\s)+)*[A-Za-z0-9+/=]{16}`)

func hasPrivateKey(text string) bool { return privateKeyHeader.MatchString(text) }

func decodeBase64(s string) (string, bool) {
	b, err := base64.StdEncoding.DecodeString(strings.TrimSpace(s))
	if err != nil {
		b, err = base64.RawStdEncoding.DecodeString(strings.Join(strings.Fields(s), ""))
	}
	return string(b), err == nil
}

// providers asks the patterns whose keywords were seen.
func (in *inspection) providers(name string, hits []hit) {
	if len(in.text) < minProvider {
		return
	}
	text := in.text
	if !in.multi && name != "" {
		// Many patterns want the provider's name beside the token.
		text = name + " = \"" + in.text + "\""
	}
	var asked []*provider
	for _, h := range hits {
		p := h.signal.provider
		if p == nil || slices.Contains(asked, p) {
			continue
		}
		asked = append(asked, p)
		if len(in.text) > 4*window {
			text = in.around(p, hits)
		}
		in.meter.patterns(text)
		token := p.find(text)
		if token == "" || isReference(token) || hollow(token) != "" {
			continue
		}
		at := strings.Index(in.text, token)
		if at < 0 {
			continue // part of the name
		}
		in.add(found{kind: kindProvider, rule: p.id, value: token}, at)
	}
}

// around is the text near the keywords of a provider: expressions are slow, and
// files long.
func (in *inspection) around(p *provider, hits []hit) string {
	var b strings.Builder
	end := 0
	for _, h := range hits {
		if h.signal.provider != p || h.at+window <= end {
			continue
		}
		if start := h.at - window/4; start > end {
			b.WriteByte('\n')
			end = start
		}
		next := min(len(in.text), h.at+window)
		b.WriteString(in.text[end:next])
		end = next
	}
	return b.String()
}

// userInfo looks for scheme://user:password@host around "://" at position at.
func (in *inspection) userInfo(at int) {
	start := at
	for start > 0 && at-start < 32 && (isAlnum(in.text[start-1]) || strings.IndexByte("+.-", in.text[start-1]) >= 0) {
		start--
	}
	if at-start < 2 || in.commented(start) {
		return
	}
	rest := in.from(at+3, window)
	stop := strings.IndexAny(rest, " \t\r\n\"'`<>\\")
	if stop >= 0 {
		rest = rest[:stop]
	}
	authority := rest
	if end := strings.IndexAny(rest, "/?#"); end >= 0 {
		authority = rest[:end]
		// Passwords with a raw slash are wrong and common: redis://:pa/ss@host.
		if _, port, ok := strings.Cut(authority, ":"); ok && !strings.Contains(authority, "@") && port != "" && !allDigits(port) {
			if i := strings.IndexByte(rest, '@'); i > 0 && i < end+64 && !strings.Contains(rest[:i], "//") {
				authority = rest[:i+1] + "host"
			}
		}
	}
	i := strings.LastIndexByte(authority, '@')
	if i < 0 || i+1 >= len(authority) {
		return
	}
	user, pass, _ := strings.Cut(authority[:i], ":")
	if pass == "" {
		return
	}
	plain, err := url.PathUnescape(pass)
	if err != nil {
		plain = pass
	}
	kind := kindConnection
	switch {
	case len(plain) < 2 || isReference(plain) || strings.Contains(plain, "%s") || isShouted(plain) || strings.HasPrefix(plain, "$"):
		return
	case isGuessable(strings.ToLower(plain)):
		if guessableUsers[strings.ToLower(user)] {
			return // "user:password@host" explains the form
		}
		kind = kindGuessable
	case hollow(plain) != "":
		kind = kindDummy
	}
	in.add(found{kind: kind, inner: in.text[start:at] + " URL", value: pass}, start)
}

var guessableUsers = wordSet(`user username usr user1 myuser me foo name login your-user youruser`)

// isShouted tells the PASSWORD of "user:PASSWORD@host".
func isShouted(v string) bool {
	for i := range len(v) {
		if !isUpper(v[i]) && v[i] != '_' && v[i] != '-' {
			return false
		}
	}
	return true
}

// dsn looks for user:password@tcp(host)/db, the form of Go's MySQL driver.
func (in *inspection) dsn(at int) {
	near := max(0, at-window)
	start := near + strings.LastIndexAny(in.text[near:at], " \t\n\"'=`") + 1
	_, pass, ok := strings.Cut(in.text[start:at], ":")
	if !ok || len(pass) < 2 || isReference(pass) || in.commented(start) {
		return
	}
	kind := kindConnection
	if k := hollow(pass); k != "" {
		kind = k
	}
	in.add(found{kind: kind, inner: "mysql DSN", value: pass}, start)
}

// functionKey looks for the key in the query of an Azure function's address:
// https://app.azurewebsites.net/api/name?code=KEY.
func (in *inspection) functionKey(at int) {
	rest := in.from(at, window)
	if stop := strings.IndexAny(rest, " \t\r\n\"'`<>\\#"); stop >= 0 {
		rest = rest[:stop]
	}
	_, query, _ := strings.Cut(rest, "?")
	for part := range strings.SplitSeq(query, "&") {
		value, ok := strings.CutPrefix(part, "code=")
		if ok && looksRandom(value) && hollow(value) == "" && !in.commented(at) {
			in.add(found{kind: kindConnection, inner: "code", value: value}, at)
		}
	}
}

// commented tells whether a position is on a line that is a comment.
func (in *inspection) commented(at int) bool {
	line := strings.TrimLeft(in.lineUpTo(at), " \t")
	if line == "" {
		line = in.text[at:]
	}
	return in.multi && (line[0] == '#' || line[0] == ';' || line[0] == '*' || strings.HasPrefix(line, "//") || strings.HasPrefix(line, "<!--") || strings.HasPrefix(line, "-- "))
}

func isNameByte(c byte) bool {
	return isAlnum(c) || c == '_' || c == '-' || c == '.'
}

// assignment looks at the name around position at and at what is given to it:
// key: value, key = value, "key": "value", --key value, <key>value</key>,
// {name: key, value: value}. It knows no language, so it reads properties, INI,
// YAML, JSON, TOML, shell, XML and query strings alike, whole or torn.
func (in *inspection) assignment(at int) {
	text := in.text
	start, end := at, at
	for start > 0 && at-start < maxName && isNameByte(text[start-1]) {
		start--
	}
	for end < len(text) && end-at < maxName && isNameByte(text[end]) {
		end++
	}
	if end-start > maxName || in.keyStart == start+1 { // seen under another keyword of the same name
		return
	}
	in.keyStart = start + 1
	key := strings.TrimLeft(text[start:end], "-.")
	class := classifyName(key)
	if class == nameSilent || class == nameHarmless || in.commented(start) {
		return
	}
	value, quoted, ok := in.assigned(start, end)
	if !ok {
		return
	}
	value = strings.TrimSpace(value)
	if value == "" {
		return
	}
	if after := text[end:]; !quoted && (strings.HasPrefix(after, `"]`) || strings.HasPrefix(after, `']`)) {
		return // os.environ["MYSQL_PWD"] = password: one variable to another
	}
	if !quoted && (strings.ContainsAny(value, `()[]{}\`) || strings.IndexByte(value, '.') > 0 && isIdentifier(value)) {
		if hollow(value) == "" {
			return // a call, a type, a field of something: source code
		}
	}
	if strings.EqualFold(value, key) && (isUpper(value[0]) || !quoted && !in.opensLine(start)) {
		return // a label ("password": "Password"), or handed on: connect(password=password)
	}
	kind := judgeValue(class, value, false)
	if kind == "" {
		return
	}
	if kind == kindNamed && in.joined {
		kind = kindConnection
	}
	in.add(found{kind: kind, inner: key, value: value}, start)
}

// assigned returns what stands to the right of the name at [start,end).
func (in *inspection) assigned(start, end int) (value string, quoted, ok bool) {
	text := in.text
	rest := in.from(end, window)
	if eol := strings.IndexByte(rest, '\n'); eol >= 0 {
		// <name>key</name> and name: key may have their value on the next line.
		if v, q, found := namedValue(rest); found {
			return v, q, true
		}
		rest = rest[:eol]
	} else if v, q, found := namedValue(rest); found {
		return v, q, true
	}
	if start > 0 && text[start-1] == '<' && strings.HasPrefix(rest, ">") { // <password>value</password>
		v, _, found := strings.Cut(rest[1:], "<")
		return v, true, found
	}
	keyQuoted := rest != "" && (rest[0] == '"' || rest[0] == '\'' || rest[0] == '\\')
	rest = strings.TrimLeft(rest, `"'\]`)
	spaced := strings.TrimLeft(rest, " \t")
	flag := start < end && text[start] == '-' && (start == 0 || text[start-1] != '$')
	var colon bool
	switch {
	case strings.HasPrefix(spaced, "=="), strings.HasPrefix(spaced, "=~"), strings.HasPrefix(spaced, "::"):
		return "", false, false
	case strings.HasPrefix(spaced, "=>"), strings.HasPrefix(spaced, ":="):
		rest = spaced[2:]
	case strings.HasPrefix(spaced, "="):
		rest = spaced[1:]
	case strings.HasPrefix(spaced, ":"):
		rest = spaced[1:]
		colon = true
		if rest == "" || !keyQuoted && rest[0] != ' ' && rest[0] != '\t' && rest[0] != '"' && rest[0] != '\'' {
			return "", false, false
		}
	case flag && len(spaced) < len(rest) && !strings.HasPrefix(spaced, "-"):
		rest = rest[1:]
	default:
		return "", false, false
	}
	tight := rest != "" && rest[0] != ' ' && rest[0] != '\t'
	rest = strings.TrimLeft(rest, " \t")
	if strings.HasPrefix(rest, `\"`) || strings.HasPrefix(rest, `\'`) {
		rest = rest[1:]
	}
	if rest == "" {
		return "", false, false
	}
	if q := rest[0]; q == '"' || q == '\'' || q == '`' {
		return untilQuote(rest[1:], q), true, true
	}
	wholeLine := in.opensLine(start)
	if wholeLine && (colon || !tight) {
		if i := strings.Index(rest, " #"); i >= 0 {
			rest = rest[:i]
		}
		return strings.TrimRight(rest, " \t\r,;"), false, true
	}
	ends := " \t\r,;&)}|\"'<>`"
	if wholeLine {
		ends = " \t\r"
	}
	if i := strings.IndexAny(rest, ends); i >= 0 {
		next, _, _ := strings.Cut(strings.TrimLeft(rest[i:], " \t\r"), " ")
		rest = rest[:i]
		if next != "" && isWord(rest) && !strings.ContainsAny(next, "=;&|") {
			return "", false, false // prose: "the password: ask your administrator"
		}
	}
	return strings.TrimRight(rest, ",;"), false, true
}

// opensLine tells whether the name at start is the first of its line, so that
// all that follows is its value.
func (in *inspection) opensLine(start int) bool {
	if !in.multi {
		return false
	}
	lead := strings.TrimLeft(in.lineUpTo(start), " \t-\"'")
	return lead == "" || lead == "export " || lead == "set " || lead == "ENV " || lead == "ARG "
}

// isWord tells a value of letters alone.
func isWord(v string) bool {
	for i := range len(v) {
		if !isLower(v[i]) && !isUpper(v[i]) {
			return false
		}
	}
	return true
}

func untilQuote(s string, quote byte) string {
	for i := range len(s) {
		if s[i] == quote {
			return strings.TrimSuffix(s[:i], `\`) // \"value\" inside another quotation
		}
	}
	return s
}

// valueBeside is what follows the value of a "name" key when a "value" key
// comes next.
var valueBeside = regexp.MustCompile(`^(?:["']?\s*,?\s*["']?value["']?\s*[:=]\s*|\s*</name>\s*<value>\s*)(?:"([^"\n]*)"|'([^'\n]*)'|([^\s"'<,}]+))`)

func namedValue(rest string) (value string, quoted, ok bool) {
	// The pattern is only tried where it can match; it is asked for every name.
	t := strings.TrimLeft(rest, "\"' \t\r\n,")
	if !strings.HasPrefix(t, "value") && !strings.HasPrefix(t, "</name>") && !strings.HasPrefix(t, `"value`) {
		return "", false, false
	}
	m := valueBeside.FindStringSubmatch(rest)
	if m == nil {
		return "", false, false
	}
	if m[3] != "" {
		return m[3], false, true
	}
	return m[1] + m[2], true, true
}

// commandFlags are the short password flags of common commands, in shell text.
var commandFlags = sync.OnceValue(func() []*regexp.Regexp {
	var list []*regexp.Regexp
	const value = `("[^"]*"|'[^']*'|[^\s'"|;&]+)`
	for _, p := range []string{
		`mysql(?:dump|admin|check|import)?\b[^\n|;&]*?\s-p`,
		`redis-cli\b[^\n|;&]*?\s-a\s+`,
		`sshpass\s+-p\s*`,
		`curl\b[^\n|;]*?\s(?:-u|--user)[ =]?["']?[^\s:"'$]+:`,
		`mongo(?:sh|dump|restore)?\b[^\n|;&]*?\s-p\s+`,
		`ldapsearch\b[^\n|;&]*?\s-w\s+`,
		`(?:requirepass|masterauth)\s+`,
		`mc\s+(?:alias\s+set|config\s+host\s+add)\s+\S+\s+\S+\s+\S+\s+`,
	} {
		list = append(list, regexp.MustCompile(`^`+p+value))
	}
	return list
})

func (in *inspection) commandFlag(at int) {
	if in.commented(at) {
		return
	}
	for _, re := range commandFlags() {
		m := re.FindStringSubmatchIndex(in.from(at, window))
		if m == nil {
			continue
		}
		value := strings.Trim(in.text[at+m[2]:at+m[3]], `"'`)
		if kind := judgeValue(namePassword, value, false); kind != "" {
			command, _, _ := strings.Cut(in.text[at:at+m[1]], " ")
			in.add(found{kind: kind, inner: command, value: value}, at)
		}
		return
	}
}

// argumentFlags are the same flags where each word is an argument of its own.
var argumentFlags = map[string][]string{
	"redis-cli": {"-a"}, "sshpass": {"-p"}, "mongo": {"-p"}, "mongosh": {"-p"}, "ldapsearch": {"-w"}, "mongodump": {"-p"},
}
