package invent

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"
)

const (
	digits   = "0123456789"
	letters  = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	alphaNum = letters + digits
)

// random is n characters of an alphabet. The first is a letter that begins
// none of YAML's words (yes, no, null, true, …) or a digit other than 0, so
// that an unquoted password never turns into a number, a boolean or an octal.
func (s *Session) random(function string, n int, alphabet string) string {
	if n <= 0 {
		return ""
	}
	mustFit(function, n <= maxText)
	buf := make([]byte, n)
	s.stream(function).Read(buf) // never fails
	first := "gkqrvwxz"
	if alphabet == digits {
		first = "123456789"
	}
	buf[0] = first[int(buf[0])%len(first)]
	for i := 1; i < n; i++ {
		buf[i] = alphabet[int(buf[i])%len(alphabet)]
	}
	return s.known.add(string(buf))
}

func (s *Session) randBytes(n int) (string, error) {
	mustFit("randBytes", n <= maxText)
	buf := make([]byte, n)
	s.stream("randBytes").Read(buf)
	return s.known.add(base64.StdEncoding.EncodeToString(buf)), nil
}

// randInt panics like sprig's when the range is empty; text/template makes an
// error of it.
func (s *Session) randInt(low, high int) int {
	if high <= low {
		panic("invalid argument to Intn")
	}
	s.known.untraced = true
	return low + int(s.stream("randInt").Uint64()%uint64(high-low))
}

func (s *Session) uuidv4() string {
	// NewRandomFromReader fails only when its reader does.
	id, _ := uuid.NewRandomFromReader(s.stream("uuidv4"))
	return s.known.add(id.String())
}

func (s *Session) shuffle(text string) string {
	out := []rune(text)
	src := s.stream("shuffle")
	for i := len(out) - 1; i > 0; i-- {
		j := int(src.Uint64() % uint64(i+1))
		out[i], out[j] = out[j], out[i]
	}
	return s.known.add(string(out))
}

// bcrypt has the form of a hash with sprig's cost of 10: 22 characters of salt
// and 31 of digest.
func (s *Session) bcrypt(password string) string {
	if len(password) > 72 {
		return stock["bcrypt"].(func(string) string)(password) // an error message
	}
	return s.known.add("$2a$10$" + s.random("bcrypt", 53, alphaNum))
}

func (s *Session) htpasswd(user, password string) string {
	if strings.Contains(user, ":") {
		return stock["htpasswd"].(func(string, string) string)(user, password) // an error message
	}
	return user + ":" + s.bcrypt(password)
}

// derivePassword is deterministic in sprig, but takes a tenth of a second and
// 32 MB for each call.
func (s *Session) derivePassword(counter uint32, kind, password, user, site string) string {
	lengths := map[string]int{"maximum": 20, "long": 14, "medium": 8, "basic": 8, "short": 4, "pin": 4}
	n, ok := lengths[kind]
	switch {
	case !ok:
		return stock["derivePassword"].(func(uint32, string, string, string, string) string)(counter, kind, password, user, site)
	case kind == "pin":
		return s.random("derivePassword", n, digits)
	}
	return s.random("derivePassword", n, alphaNum)
}

// encryptAES is sprig's (AES-CBC, PKCS #7, the vector in front), with a vector
// that repeats, so that decryptAES undoes it.
func (s *Session) encryptAES(password, plain string) (string, error) {
	if plain == "" {
		return "", nil
	}
	key := make([]byte, 32)
	copy(key, password)
	block, err := aes.NewCipher(key)
	if err != nil {
		return "", fmt.Errorf("encryptAES: %w", err)
	}
	pad := aes.BlockSize - len(plain)%aes.BlockSize
	content := append([]byte(plain), slices.Repeat([]byte{byte(pad)}, pad)...)
	out := make([]byte, aes.BlockSize+len(content))
	s.stream("encryptAES").Read(out[:aes.BlockSize])
	cipher.NewCBCEncrypter(block, out[:aes.BlockSize]).CryptBlocks(out[aes.BlockSize:], content)
	return s.known.add(base64.StdEncoding.EncodeToString(out)), nil
}
