package cli

import (
	"fmt"
	"io"
	"sync"
)

// progress shows how far a long run is, on a terminal only.
type progress struct {
	mu    sync.Mutex
	w     io.Writer // nil: show nothing
	n, of int
}

// newProgress starts a progress line on stderr. Few units need none.
func (a *app) newProgress(of int, quiet bool) *progress {
	p := &progress{of: of}
	if !quiet && of > 10 && a.stderrTerminal {
		p.w = a.rawErr
	}
	return p
}

func (p *progress) step() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.n++
	if p.w != nil {
		// Numbers alone: no text of the repository passes here.
		fmt.Fprintf(p.w, "\r\x1b[Kscanning %d/%d", p.n, p.of)
	}
}

func (p *progress) done() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.w != nil {
		fmt.Fprint(p.w, "\r\x1b[K")
	}
}
