package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"

	"github.com/sekisho/sekisho/internal/model"
	"github.com/sekisho/sekisho/internal/report/sarif"
)

// writeJSON prints the result as docs/result.schema.json describes it.
func writeJSON(w io.Writer, r *model.Result, _ Options) error {
	out, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	_, err = w.Write(append(QuietJSON(out), '\n'))
	return err
}

func writeSARIF(w io.Writer, r *model.Result, o Options) error {
	var b bytes.Buffer
	if err := sarif.Write(&b, r, sarif.Options{Source: o.Source, RuleHelp: o.RuleHelp, Run: o.Run}); err != nil {
		return err
	}
	_, err := w.Write(QuietJSON(b.Bytes()))
	return err
}

// QuietJSON escapes what a build log would obey even inside JSON: ##[command],
// and the characters that some reader takes for the end of a line. Escaped
// they mean the same to every reader of JSON, and they can stand only inside
// strings.
func QuietJSON(src []byte) []byte {
	src = bytes.ReplaceAll(src, []byte("##"), []byte(`#\u0023`))
	var out []byte
	for i, r := range string(src) {
		loud := r > 0x7e && hidden(r)
		if loud && out == nil {
			out = append(make([]byte, 0, len(src)+64), src[:i]...)
		}
		switch {
		case loud && r > 0xffff:
			out = fmt.Appendf(out, `\u%04x\u%04x`, 0xd800+(r-0x10000)>>10, 0xdc00+(r-0x10000)&0x3ff)
		case loud:
			out = fmt.Appendf(out, `\u%04x`, r)
		case out != nil:
			out = append(out, string(r)...)
		}
	}
	if out == nil {
		return src
	}
	return out
}
