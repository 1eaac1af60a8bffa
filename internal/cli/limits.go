package cli

import (
	"cmp"
	"time"

	"github.com/sekisho/sekisho/internal/config"
	"github.com/sekisho/sekisho/render"
)

// limits are the limits of each unit: flags before the configuration before the
// defaults. From now on the repository holds to those about files.
func (r *repository) limits(timeout time.Duration, memory string, c *config.File) (render.Limits, error) {
	r.fileLimit = int64(c.Limits.File)
	var size config.Size
	if memory != "" {
		var err error
		if size, err = config.ParseSize(memory); err != nil {
			return render.Limits{}, usagef("--memory: %w", err)
		}
	}
	if timeout < 0 {
		return render.Limits{}, usagef("--timeout %v is less than nothing", timeout)
	}
	l := c.Limits
	return render.Limits{
		Time:      cmp.Or(timeout, time.Duration(l.Timeout)),
		Memory:    int64(cmp.Or(size, l.Memory)),
		Output:    int(l.Output),
		File:      int64(l.File),
		Archive:   int64(l.Archive),
		Documents: l.Documents,
		Values:    l.Values,
	}.OrDefault(), nil
}
