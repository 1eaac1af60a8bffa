// Package worker runs what a stranger wrote in processes that may die. A
// program starts itself again with an argument of its own; the parent puts
// questions to the process and gets answers, or a Death that says why there is
// none: it took too long, needed too much memory, went too deep.
//
// The package hides how a process is kept apart: no environment, no PATH, no
// network where the kernel allows that without privileges, a bounded address
// space, no file written. Its users say what the questions are; they bring a
// Pool for the parent and call Serve in the worker.
package worker

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

// softMemory is where a worker begins to collect its garbage as it goes.
const softMemory = 240 << 20

// exitMemory is the exit code of a worker that found itself too large.
const exitMemory = 97

// Serve is the life of a worker: it answers what the parent asks, one question
// after the other, until the parent closes in. It returns an exit code. A
// program that makes a Pool must call it when it is started with the pool's
// argument, before it does anything else.
func Serve[Question, Answer any](in io.Reader, out io.Writer, answer func(Question) Answer) int {
	os.Stdout = os.Stderr // a library that prints must not talk to the parent
	refuseNetwork()
	r := bufio.NewReader(in)
	var bounds limits
	if err := receive(r, &bounds, maxQuestion); err != nil {
		return 1
	}
	if err := confine(bounds.Memory); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	go watchMemory(bounds.Memory)
	if err := reply(out, struct{}{}, bounds.Answer); err != nil {
		return 1
	}
	// Read ahead, so that a worker whose parent is gone ends in the middle of
	// its work.
	questions := make(chan Question)
	go func() {
		for {
			var q Question
			if err := receive(r, &q, maxQuestion); err != nil {
				os.Exit(0)
			}
			questions <- q
		}
	}()
	for q := range questions {
		if err := reply(out, answer(q), bounds.Answer); err != nil {
			return 1
		}
	}
	return 0
}

// reply writes a status and an answer.
func reply(out io.Writer, a any, limit int) error {
	body, err := encoding.Marshal(a)
	if err != nil {
		return err
	}
	head := status{Heap: heap()}
	if len(body) > limit {
		head.TooLarge = len(body)
	}
	if err := send(out, head, maxQuestion); err != nil || head.TooLarge > 0 {
		return err
	}
	return write(out, body)
}

// Announcer writes to the standard error which line of a file is at work, so
// that the parent finds the last one there when the worker dies. What survives
// many lines meets a limit instead.
func Announcer() func(file string, line int) {
	n := 0
	return func(file string, line int) {
		switch n++; {
		case n < 100_000:
			fmt.Fprintf(os.Stderr, "at %d %q\n", line, file)
		case n == 100_000:
			fmt.Fprintf(os.Stderr, "at 0 \"\"\n") // what was last said is no longer true
		}
	}
}

// refuseNetwork makes the transports that libraries use refuse. It is the
// second lock: nothing asks them, and on Linux the worker has no network
// where the kernel allows that.
func refuseNetwork() {
	refuse := errors.New("the network is not used")
	http.DefaultTransport = transport(func(*http.Request) (*http.Response, error) { return nil, refuse })
	http.DefaultClient.Transport = http.DefaultTransport
	net.DefaultResolver = &net.Resolver{
		PreferGo: true,
		Dial:     func(context.Context, string, string) (net.Conn, error) { return nil, refuse },
	}
}

type transport func(*http.Request) (*http.Response, error)

func (t transport) RoundTrip(r *http.Request) (*http.Response, error) { return t(r) }

// confine bounds the process's memory. What grows beyond dies by the
// collector's hand, by the kernel's or by watchMemory's.
func confine(limit int64) error {
	runtime.GOMAXPROCS(min(2, runtime.GOMAXPROCS(0))) // a worker's work is serial; the second is the collector's
	debug.SetGCPercent(400)
	debug.SetMemoryLimit(min(limit/4*3, softMemory))
	debug.SetMaxStack(int(min(limit/4, 128<<20)))
	return limitProcess(limit)
}

// watchMemory ends the process when it holds more than the limit: where the
// kernel does not bound it, and before it does.
func watchMemory(limit int64) {
	for {
		if heap() > uint64(limit) {
			os.Exit(exitMemory)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// heap is what the Go runtime holds: mapped and not given back.
func heap() uint64 {
	s := []metrics.Sample{{Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/released:bytes"}}
	metrics.Read(s)
	return s[0].Value.Uint64() - s[1].Value.Uint64()
}
