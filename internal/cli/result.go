package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"

	"github.com/sekisho/sekisho/internal/model"
)

// readResult reads a result that --format json saved.
func readResult(file string) (*model.Result, error) {
	src, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var r model.Result
	dec := json.NewDecoder(bytes.NewReader(src))
	dec.UseNumber() // a value of a fix prints as it was
	if err := dec.Decode(&r); err != nil {
		return nil, fmt.Errorf("%s is not a saved JSON result: %w", file, err)
	}
	if r.Version != model.ResultVersion {
		return nil, fmt.Errorf("%s is a result of version %q; this program reads version %q", file, r.Version, model.ResultVersion)
	}
	return &r, nil
}
