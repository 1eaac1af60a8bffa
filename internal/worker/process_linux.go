package worker

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
)

// isolate says how the kernel keeps a worker apart. With alone, it gets a
// network of its own that leads nowhere; not every kernel and container
// allows that without privileges.
func isolate(alone bool) *syscall.SysProcAttr {
	attr := &syscall.SysProcAttr{
		Setpgid:   true,            // Ctrl-C is for the parent to hear
		Pdeathsig: syscall.SIGKILL, // no worker outlives it
	}
	switch uid, gid := os.Geteuid(), os.Getegid(); {
	case !alone:
	case uid == 0:
		// Root reads files of any owner, and would not in a user namespace.
		attr.Cloneflags = syscall.CLONE_NEWNET
	default:
		attr.Cloneflags = syscall.CLONE_NEWNET | syscall.CLONE_NEWUSER
		attr.UidMappings = []syscall.SysProcIDMap{{ContainerID: uid, HostID: uid, Size: 1}}
		attr.GidMappings = []syscall.SysProcIDMap{{ContainerID: gid, HostID: gid, Size: 1}}
	}
	return attr
}

// slack is address space that Go reserves and hardly uses.
const slack = 256 << 20

// limitProcess bounds this process's address space, and forbids files: no
// dump when it dies, nothing written.
func limitProcess(memory int64) error {
	statm, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return nil // no /proc; the worker watches itself
	}
	first, _, _ := strings.Cut(string(statm), " ")
	pages, err := strconv.ParseUint(first, 10, 64)
	if err != nil {
		return fmt.Errorf("read the size of the process: %w", err)
	}
	for resource, limit := range map[int]uint64{
		syscall.RLIMIT_AS:    pages*uint64(os.Getpagesize()) + uint64(memory) + slack,
		syscall.RLIMIT_CORE:  0,
		syscall.RLIMIT_FSIZE: 0,
	} {
		var old syscall.Rlimit
		if err := syscall.Getrlimit(resource, &old); err != nil {
			return fmt.Errorf("limit the process: %w", err)
		}
		limit = min(limit, old.Max)
		if err := syscall.Setrlimit(resource, &syscall.Rlimit{Cur: limit, Max: limit}); err != nil {
			return fmt.Errorf("limit the process: %w", err)
		}
	}
	return nil
}

// end kills a worker and whatever it may have started.
func end(pid int) { _ = syscall.Kill(-pid, syscall.SIGKILL) }
