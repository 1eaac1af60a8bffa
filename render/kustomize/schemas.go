package kustomize

import (
	"bytes"
	"regexp"
)

const kindCRD = "CustomResourceDefinition"

var (
	ofCRD  = regexp.MustCompile(`(?m)^kind: *["']?` + kindCRD + `["']? *\r?$`)
	schema = regexp.MustCompile(`^( +)openAPIV3Schema: *\r?\n?$`)
)

// withoutSchemas empties the schemas of the CustomResourceDefinitions in a
// text. They are most of what the kustomizations of operators consist of: nine
// tenths of one public collection. Hardly a directive changes them, and hardly
// a finding lies in them.
//
// All lines of a value in block style are indented deeper than its key; in
// other styles the schema stays.
func withoutSchemas(data []byte) []byte {
	if !ofCRD.Match(data) {
		return data
	}
	var out, doc []byte
	flush := func() {
		if ofCRD.Match(doc) {
			doc = cutSchemas(doc)
		}
		out, doc = append(out, doc...), doc[:0]
	}
	for line := range bytes.Lines(data) {
		if bytes.HasPrefix(line, []byte("---")) {
			flush()
		}
		doc = append(doc, line...)
	}
	flush()
	return out
}

func cutSchemas(doc []byte) []byte {
	out := make([]byte, 0, len(doc))
	within := 0 // the indentation of the schema's key
	for line := range bytes.Lines(doc) {
		text := bytes.TrimLeft(line, " ")
		if within > 0 && (len(bytes.TrimSpace(text)) == 0 || text[0] == '#' || len(line)-len(text) > within) {
			continue
		}
		within = 0
		if m := schema.FindSubmatch(line); m != nil {
			within = len(m[1])
			line = append(m[1][:within:within], "openAPIV3Schema: {}\n"...)
		}
		out = append(out, line...)
	}
	return out
}
