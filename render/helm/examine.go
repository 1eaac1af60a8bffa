package helm

import (
	"cmp"
	"context"
	"errors"
	"io"
	"io/fs"
	"log"
	"time"

	"github.com/sekisho/sekisho/internal/model"
	"github.com/sekisho/sekisho/render/helm/shadow"
)

// Examine looks for the template line that makes a chart too expensive to
// render. Nothing can stop Helm's engine, so the one that finds lines renders
// the chart, within limits, the time among them. No failure means that it
// found nothing wrong; one without a message, that time ran out there. watch
// is told each line before it is executed, for those that kill the process.
func Examine(ctx context.Context, fsys fs.FS, unit model.Unit, opts Options, limit time.Duration, watch func(file string, line int)) []model.Failure {
	out := &model.Rendered{Unit: unit}
	defer log.SetOutput(log.Writer())
	log.SetOutput(io.Discard)

	opts.KubeVersion = cmp.Or(opts.KubeVersion, DefaultKubeVersion())
	r := &renderer{fsys: fsys, unit: unit, opts: opts}
	if err := r.prepare(); err != nil {
		return fail(out, err).Failures
	}
	r.source.limits = shadow.Limits{Time: limit, Output: 32 << 20}
	r.source.watch = watch
	err := r.source.shadow().Check(ctx)
	var at *shadow.Error
	switch {
	case errors.As(err, &at):
		p := &problem{file: cmp.Or(at.File, joinPath(unit.Path, "Chart.yaml")), line: at.Line, message: at.Err.Error()}
		if errors.Is(at.Err, context.DeadlineExceeded) {
			p.message = ""
		}
		err = p
	case err != nil:
		err = &problem{file: joinPath(unit.Path, "Chart.yaml"), message: err.Error()}
	default:
		return nil
	}
	return fail(out, err).Failures
}
