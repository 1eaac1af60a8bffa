package cli

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/sekisho/sekisho/internal/model"
)

// maxResult bounds a saved result, in bytes: some hundred thousand findings.
const maxResult = 256 << 20

// readFile reads up to limit bytes of a file that the command line names, which
// may be a pipe.
func readFile(name string, limit int64) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	src, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err != nil {
		return nil, err
	}
	if int64(len(src)) > limit {
		return nil, fmt.Errorf("%s is larger than the limit of %d bytes", name, limit)
	}
	return src, nil
}

// readResult reads a result that --format json saved.
func readResult(file string) (*model.Result, error) {
	src, err := readFile(file, maxResult)
	if err != nil {
		return nil, err
	}
	var r model.Result
	dec := json.NewDecoder(bytes.NewReader(src))
	dec.UseNumber() // a value of a fix prints as it was
	if err := dec.Decode(&r); err != nil {
		return nil, fmt.Errorf("%s is not a saved JSON result: %w", file, err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%s is not a saved JSON result: there is more behind its end", file)
	}
	if r.Version != model.ResultVersion {
		return nil, fmt.Errorf("%s is a result of version %q; this program reads version %q", file, r.Version, model.ResultVersion)
	}
	return &r, nil
}
