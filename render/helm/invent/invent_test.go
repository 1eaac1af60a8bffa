package invent

import (
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"maps"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"text/template"
	"time"

	"github.com/Masterminds/sprig/v3"
)

// render executes a template with sprig's functions, as Helm's engine does.
func render(t *testing.T, text string) string {
	t.Helper()
	tmpl, err := template.New("t").Funcs(sprig.TxtFuncMap()).Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	if err := tmpl.Execute(&b, nil); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func start(t *testing.T, seed string, run int) *Session {
	t.Helper()
	s, err := Start(seed, run)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// If this fails, sprig has renamed or copied its table of functions: look for
// the new name in its functions.go. Nothing else here works without it.
func TestSprigReadsOurTable(t *testing.T) {
	s := start(t, "app", 0)
	got := render(t, `{{ now.Year }} {{ randAlphaNum 8 }}`)
	s.Stop()
	if !strings.HasPrefix(got, "2011 ") {
		t.Fatalf("sprig's functions were not replaced: %q", got)
	}
	if got := render(t, `{{ now.Year }}`); got == "2011" {
		t.Error("sprig did not get its functions back")
	}
}

// Every function that sprig calls unrepeatable must be replaced here, or be
// one that Helm takes away (env, expandenv) or replaces (getHostByName).
func TestEveryInventingFunctionIsReplaced(t *testing.T) {
	unrepeatable := sprig.TxtFuncMap()
	maps.DeleteFunc(unrepeatable, func(name string, _ any) bool { return sprig.HermeticTxtFuncMap()[name] != nil })
	for _, name := range []string{"env", "expandenv", "getHostByName"} {
		delete(unrepeatable, name)
	}
	// These read a date they are given; the clock only through now.
	for _, name := range []string{"date_modify", "dateModify"} {
		delete(unrepeatable, name)
	}
	if len(unrepeatable) < 10 {
		t.Fatalf("sprig lists only %d unrepeatable functions", len(unrepeatable))
	}
	replaced := (&Session{}).functions()
	for name := range unrepeatable {
		if replaced[name] == nil {
			t.Errorf("%s is not replaced", name)
		}
	}
	// Sprig's list leaves out the cryptographic ones.
	for name := range stock {
		if regexp.MustCompile(`^(gen|rand|bcrypt|htpasswd|derive|encrypt|shuffle|uuid)`).MatchString(name) && replaced[name] == nil {
			t.Errorf("%s is not replaced", name)
		}
	}
}

// A replacement takes and returns what sprig's function does, so that
// templates fail where they would. One with bounds may return an error besides.
func TestSignatures(t *testing.T) {
	for name, f := range (&Session{}).functions() {
		got, want := reflect.TypeOf(f).String(), ""
		if stock[name] != nil {
			want = reflect.TypeOf(stock[name]).String()
		}
		if name == "printf" {
			want = reflect.TypeOf(fmt.Sprintf).String()
		}
		bounded := regexp.MustCompile(`\) \((.*), error\)$`).ReplaceAllString(got, ") $1")
		if got != want && bounded != want {
			t.Errorf("%s is a %s, sprig's a %s", name, got, want)
		}
	}
}

// What would eat all memory is an error of the template instead; what is merely
// large is not.
func TestBounds(t *testing.T) {
	session, err := Start("bounds", 0)
	if err != nil {
		t.Fatal(err)
	}
	defer session.Stop()
	run := func(text string) (string, error) {
		var b strings.Builder
		tmpl, err := template.New("t").Funcs(sprig.TxtFuncMap()).Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		err = tmpl.Execute(&b, nil)
		return b.String(), err
	}
	for text, want := range map[string]string{
		`{{ until 2000000000 }}`:                                             "until makes more than 100000 numbers",
		`{{ untilStep 0 2000000000 1 }}`:                                     "untilStep makes more than",
		`{{ untilStep 5 0 0 }}`:                                              "",
		`{{ seq 1 2000000000 }}`:                                             "seq makes more than",
		`{{ repeat 2000000000 "ab" }}`:                                       "repeat makes a text of more than",
		`{{ indent 2000000000 "ab" }}`:                                       "indent makes a text of more than",
		`{{ nindent 2000000000 "ab" }}`:                                      "nindent makes a text of more than",
		`{{ randAlphaNum 2000000000 }}`:                                      "randAlphaNum makes a text of more than",
		`{{ randBytes 2000000000 }}`:                                         "randBytes makes a text of more than",
		`{{ printf "%2000000000d" 1 }}`:                                      "printf makes a text of more than",
		`{{ repeat 1000000 "a" | replace "a" (repeat 1000 "b") }}`:           "replace makes a text of more than",
		`{{ until 3 }} {{ repeat 2 "a" }} {{ nindent 2 "b" }} {{ seq 1 3 }}`: "",
	} {
		_, err := run(text)
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", text, err, want)
		}
	}
}

const everything = `
{{ randAlphaNum 12 }} {{ randAlpha 12 }} {{ randAscii 12 }} {{ randNumeric 12 }} {{ randBytes 12 }} {{ randInt 5 5000 }}
{{ uuidv4 }} {{ shuffle "abcdefghijklmnop" }} {{ bcrypt "x" }} {{ htpasswd "u" "x" }} {{ derivePassword 1 "long" "p" "u" "s" }}
{{ encryptAES "k" "text" }} {{ genPrivateKey "rsa" }} {{ now }} {{ now | date "2006-01-02" }} {{ ago now }}
{{- $ca := genCA "ca" 10 }}{{ $ca.Cert }}{{ $ca.Key }}
{{- with genSignedCert "a" (list "10.0.0.1") (list "a.example.com") 10 $ca }}{{ .Cert }}{{ .Key }}{{ end }}
{{- with genSelfSignedCert "a" nil nil 10 }}{{ .Cert }}{{ .Key }}{{ end }}
{{- with genCAWithKey "a" 10 (genPrivateKey "ecdsa") }}{{ .Cert }}{{ .Key }}{{ end }}
{{- with genSignedCertWithKey "a" nil nil 10 $ca (genPrivateKey "ecdsa") }}{{ .Cert }}{{ .Key }}{{ end }}
{{- with genSelfSignedCertWithKey "a" nil nil 10 (genPrivateKey "ecdsa") }}{{ .Cert }}{{ .Key }}{{ end }}
{{ date "2006" "no date" }} {{ toDate "2006-01-02" "2020-05-06" | date "2006-01-02T15:04 MST" }} {{ durationRound now }}`

func TestSameSeedSameText(t *testing.T) {
	text := func(seed string, run int) string {
		s := start(t, seed, run)
		defer s.Stop()
		return render(t, everything)
	}
	first := text("app", 0)
	if again := text("app", 0); again != first {
		t.Errorf("first:\n%s\nagain:\n%s", first, again)
	}
	if text("other", 0) == first || text("app", 1) == first {
		t.Error("another chart or run invents the same")
	}
}

func TestForms(t *testing.T) {
	s := start(t, "app", 0)
	defer s.Stop()
	for text, form := range map[string]string{
		`{{ randAlphaNum 20 }}`:                        `^[A-Za-z0-9]{20}$`,
		`{{ randAlpha 20 }}`:                           `^[A-Za-z]{20}$`,
		`{{ randAscii 20 }}`:                           `^[!-~]{20}$`,
		`{{ randNumeric 20 }}`:                         `^[1-9][0-9]{19}$`,
		`{{ randAlphaNum 0 }}{{ randAlphaNum -1 }}`:    `^$`,
		`{{ randBytes 5 }}`:                            `^[A-Za-z0-9+/]{7}=$`,
		`{{ randInt 3 4 }}`:                            `^3$`,
		`{{ uuidv4 }}`:                                 `^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`,
		`{{ shuffle "aaaa" }}`:                         `^aaaa$`,
		`{{ bcrypt "x" }}`:                             `^\$2a\$10\$[A-Za-z0-9./]{53}$`,
		`{{ htpasswd "u" "x" }}`:                       `^u:\$2a\$10\$[A-Za-z0-9./]{53}$`,
		`{{ htpasswd "u:v" "x" }}`:                     `^invalid username: u:v$`,
		`{{ bcrypt (repeat 73 "x") }}`:                 `^failed to encrypt string with bcrypt`,
		`{{ derivePassword 1 "pin" "p" "u" "s" }}`:     `^[0-9]{4}$`,
		`{{ derivePassword 1 "odd" "p" "u" "s" }}`:     `^cannot find password template odd$`,
		`{{ encryptAES "k" "text" | decryptAES "k" }}`: `^text$`,
		`{{ encryptAES "k" "" }}`:                      `^$`,
		`{{ genPrivateKey "odd" }}`:                    `^Unknown type odd$`,
		`{{ typeOf (genCA "a" 1) }}`:                   `^sprig\.certificate$`,
		`{{ ago now }}`:                                `^0s$`,
		`{{ unixEpoch now }}`:                          `^1300513651$`,
	} {
		if got := render(t, text); !regexp.MustCompile(form).MatchString(got) {
			t.Errorf("%s is %q, not %s", text, got, form)
		}
	}
}

func TestCertificates(t *testing.T) {
	s := start(t, "app", 0)
	defer s.Stop()
	got := render(t, `{{ $ca := genCA "ca" 10 }}{{ with genSignedCert "app" (list "10.0.0.1") (list "app.example.com") 5 $ca }}{{ .Cert }}{{ .Key }}{{ end }}`)
	block, rest := pem.Decode([]byte(got))
	cert, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	if cert.Subject.CommonName != "app" || cert.Issuer.CommonName != "ca" || cert.DNSNames[0] != "app.example.com" ||
		cert.IPAddresses[0].String() != "10.0.0.1" || !cert.NotBefore.Equal(instant) || !cert.NotAfter.Equal(instant.Add(5*24*time.Hour)) {
		t.Errorf("%+v", cert)
	}
	key, _ := pem.Decode(rest)
	if _, err := x509.ParsePKCS8PrivateKey(key.Bytes); err != nil {
		t.Error(err)
	}
}

// What sprig refuses is refused in its words.
func TestErrors(t *testing.T) {
	s := start(t, "app", 0)
	defer s.Stop()
	for text, want := range map[string]string{
		`{{ genSelfSignedCert "a" (list "no ip") nil 1 }}`: "error parsing ip: no ip",
		`{{ genCAWithKey "a" 1 "no key" }}`:                "no PEM data in input",
		`{{ genSignedCert "a" nil nil 1 "no ca" }}`:        "can't handle",
		`{{ randInt 5 5 }}`:                                "invalid argument to Intn",
	} {
		tmpl := template.Must(template.New("t").Funcs(sprig.TxtFuncMap()).Parse(text))
		if err := tmpl.Execute(&strings.Builder{}, nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
}

func TestInvented(t *testing.T) {
	for _, text := range []string{
		`{{ randAlphaNum 10 }}`,
		`postgres://app:{{ randAlphaNum 10 }}@db`,
		`job-{{ randAlpha 5 | lower }}`,
		`{{ randNumeric 6 }}`,
		`{{ randAlphaNum 10 | b64enc }}`,
		`{{ printf "user:%s" (randAlphaNum 10) | b64enc }}`,
		`{{ randAlphaNum 10 | sha256sum | trunc 8 }}`,
		`{{ randAlphaNum 10 | sha1sum | upper }}`,
		`{{ randAlphaNum 30 | trunc 8 }}`,
		`{{ printf "prefix-%s" (randAlphaNum 30) | trunc 14 }}`,
		`{{ printf "%s-suffix" (randAlphaNum 30) | trunc -14 }}`,
		`{{ randAlphaNum 30 | substr 3 20 }}`,
		`{{ uuidv4 | replace "-" "" }}`,
		`{{ genPrivateKey "rsa" | nindent 4 }}`,
		`{{ (genCA "a" 1).Cert | replace "\n" "\\n" }}`,
		`{{ htpasswd "u" "p" }}`,
	} {
		s := start(t, "app", 0)
		got := render(t, text)
		s.Stop()
		if !s.Invented(got) {
			t.Errorf("%s: %q is not known", text, got)
		}
	}
}

func TestNotInvented(t *testing.T) {
	s := start(t, "app", 0)
	render(t, everything+`{{ printf "committed-prefix-%s" (randAlphaNum 30) | trunc 17 }}{{ randAlpha 3 }}{{ randAlphaNum 4 }}{{ printf "%s" (randAlphaNum 12) | upper }}`)
	s.Stop()
	for _, text := range []string{
		"", "a", "app", "committed-prefix-", "-----BEGIN CERTIFICATE-----", "u", "2011", "true", "10.0.0.1",
		"The quick brown fox jumps over the lazy dog, 12345678901234567890 times.",
		strings.Repeat("0123456789abcdefghijklmnopqrstuvwxyz ABCDEFGHIJKLMNOPQRSTUVWXYZ ", 50),
		base64.StdEncoding.EncodeToString([]byte(strings.Repeat("committed text and more of it\n", 100))),
	} {
		if s.Invented(text) {
			t.Errorf("%.60q counts as invented", text)
		}
	}
}

// Dates, numbers and a few letters cannot be recognised; the session says so.
func TestUntraced(t *testing.T) {
	for text, want := range map[string]bool{
		`{{ now | date "2006" }}`:      true,
		`{{ now.Unix }}`:               true,
		`{{ randInt 1 9 }}`:            true,
		`{{ randNumeric 1 }}`:          true,
		`{{ randAlphaNum 2 }}`:         true,
		`{{ date "2006" "no date" }}`:  true,
		`{{ date "2006" 1234567890 }}`: false,
		`{{ randAlphaNum 12 }}`:        false,
		`{{ lower "TEXT" }}`:           false,
	} {
		s := start(t, "app", 0)
		render(t, text)
		s.Stop()
		if s.Untraced() != want {
			t.Errorf("%s: untraced is %v", text, !want)
		}
	}
}

func BenchmarkInvented(b *testing.B) {
	s, err := Start("app", 0)
	if err != nil {
		b.Fatal(err)
	}
	defer s.Stop()
	for range 50 {
		s.random("randAlphaNum", 20, alphaNum)
	}
	text := strings.Repeat("some text of a manifest, key: value\n", 3000)
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		s.Invented(text)
	}
}
