package invent

import "strings"

// How the result of a function holds what its argument held.
type derivation int

const (
	digest derivation = iota // all of the result depends on all of the argument
	change                   // letter by letter
	cut                      // the result is a part of the argument
)

// derivations are the functions through which invented values are followed.
// All take the text as last argument.
var derivations = map[string]derivation{
	"sha1sum": digest, "sha256sum": digest, "sha512sum": digest, "adler32sum": digest,
	"b64enc": digest, "b32enc": digest,
	"lower": change, "upper": change, "title": change, "untitle": change, "swapcase": change,
	"nospace": change, "replace": change,
	"trunc": cut, "substr": cut, "abbrev": cut,
}

func (s *Session) addDerivations(m map[string]any) {
	for name, how := range derivations {
		switch f := stock[name].(type) {
		case func(string) string:
			m[name] = func(text string) string { return s.derive(how, text, f) }
		case func(int, string) string:
			m[name] = func(n int, text string) string {
				return s.derive(how, text, func(t string) string { return f(n, t) })
			}
		case func(int, int, string) string:
			m[name] = func(from, to int, text string) string {
				return s.derive(how, text, func(t string) string { return f(from, to, t) })
			}
		case func(string, string, string) string:
			m[name] = func(old, new, text string) string {
				mustFit(name, !swells(old, new, text, maxText))
				return s.derive(how, text, func(t string) string { return f(old, new, t) })
			}
		}
	}
}

// derive calls f and remembers what became of the invented parts of text.
func (s *Session) derive(how derivation, text string, f func(string) string) string {
	out := f(text)
	for part := range s.known.matches(text) {
		switch how {
		case digest:
			return s.known.add(out)
		case change:
			s.known.add(f(part))
		case cut:
			s.known.add(overlap(out, part))
		}
	}
	return out
}

// overlap is what is left of part in out, a piece of a text that held part.
func overlap(out, part string) string {
	if strings.Contains(part, out) {
		return out
	}
	for n := min(len(out), len(part)); n > 0; n-- {
		switch {
		case strings.HasSuffix(out, part[:n]):
			return part[:n]
		case strings.HasPrefix(out, part[len(part)-n:]):
			return part[len(part)-n:]
		}
	}
	return ""
}
