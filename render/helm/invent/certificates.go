package invent

import (
	"crypto/ed25519"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"math/big"
	"reflect"
)

// genPrivateKey is an Ed25519 key whatever type was asked for; a type that
// sprig does not know gets sprig's answer.
func (s *Session) genPrivateKey(kind string) string {
	switch kind {
	case "", "rsa", "dsa", "ecdsa", "ed25519":
		return s.privateKey("genPrivateKey")
	}
	return stock["genPrivateKey"].(func(string) string)(kind)
}

func (s *Session) privateKey(function string) string {
	der, err := x509.MarshalPKCS8PrivateKey(s.ed25519(function))
	if err != nil {
		panic(err) // an Ed25519 key always marshals
	}
	return s.known.addPEM(string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})))
}

func (s *Session) ed25519(function string) ed25519.PrivateKey {
	seed := make([]byte, ed25519.SeedSize)
	s.stream(function).Read(seed)
	return ed25519.NewKeyFromSeed(seed)
}

// addCertificates replaces genCA, genSelfSignedCert, genSignedCert and their
// WithKey forms. Sprig still builds the certificates, through the WithKey
// forms (they take the key as last argument), so arguments are checked and
// errors worded as ever; then what repeats on no second run is replaced.
//
// Reflection, because sprig's result type has no exported name.
func (s *Session) addCertificates(m map[string]any) {
	for _, name := range []string{"genCA", "genSelfSignedCert", "genSignedCert"} {
		plain, withKey := reflect.ValueOf(stock[name]), reflect.ValueOf(stock[name+"WithKey"])
		m[name] = reflect.MakeFunc(plain.Type(), func(args []reflect.Value) []reflect.Value {
			key := reflect.ValueOf(s.privateKey(name))
			return s.repeatable(name, withKey.Call(append(args, key)))
		}).Interface()
		m[name+"WithKey"] = reflect.MakeFunc(withKey.Type(), func(args []reflect.Value) []reflect.Value {
			return s.repeatable(name, withKey.Call(args))
		}).Interface()
	}
}

// repeatable takes what a sprig function returned, (certificate, error), and
// gives the certificate a serial number, dates and a signature that repeat.
func (s *Session) repeatable(function string, results []reflect.Value) []reflect.Value {
	if !results[1].IsNil() {
		return results
	}
	out := reflect.New(results[0].Type()).Elem()
	out.Set(results[0])
	cert := out.FieldByName("Cert")
	restamped, err := s.restamp(function, cert.String())
	if err != nil {
		return []reflect.Value{out, reflect.ValueOf(&err).Elem()}
	}
	cert.SetString(restamped)
	return []reflect.Value{out, results[1]}
}

// restamp signs with an invented key: nobody verifies the chain of a rendered
// certificate, and ECDSA signatures cannot be made to repeat.
func (s *Session) restamp(function, certPEM string) (string, error) {
	block, _ := pem.Decode([]byte(certPEM))
	if block == nil {
		return "", fmt.Errorf("%s: no certificate", function)
	}
	cert, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return "", fmt.Errorf("%s: %w", function, err)
	}
	serial := make([]byte, 16)
	s.stream(function + " serial").Read(serial)
	serial[0] &= 0x7f // 20 octets at most, and positive
	cert.SerialNumber = new(big.Int).SetBytes(serial)
	cert.NotBefore, cert.NotAfter = s.now, s.now.Add(cert.NotAfter.Sub(cert.NotBefore))
	issuer := &x509.Certificate{RawSubject: cert.RawIssuer, SubjectKeyId: cert.AuthorityKeyId}
	der, err := x509.CreateCertificate(nil, cert, issuer, cert.PublicKey, s.ed25519(function+" signer"))
	if err != nil {
		return "", fmt.Errorf("%s: %w", function, err)
	}
	return s.known.addPEM(string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))), nil
}
