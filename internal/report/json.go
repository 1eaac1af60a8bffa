package report

import (
	"bytes"
	"encoding/json"
	"io"

	"github.com/sekisho/sekisho/internal/model"
)

// writeJSON prints the result as docs/result.schema.json describes it.
func writeJSON(w io.Writer, r *model.Result, _ Options) error {
	out, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	// A log would obey ##[command] even inside JSON. The escaped form means
	// the same to every reader of JSON. "##" cannot stand outside a string.
	out = bytes.ReplaceAll(out, []byte("##"), []byte(`#\u0023`))
	_, err = w.Write(append(out, '\n'))
	return err
}
