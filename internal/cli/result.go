package cli

import (
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
	if err := json.Unmarshal(src, &r); err != nil {
		return nil, fmt.Errorf("%s is not a saved JSON result: %w", file, err)
	}
	if r.Version != model.ResultVersion {
		return nil, fmt.Errorf("%s is a result of version %q; this program reads version %q", file, r.Version, model.ResultVersion)
	}
	return &r, nil
}
