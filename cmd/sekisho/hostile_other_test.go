//go:build !unix

package main

// Links, pipes and most hostile names need a Unix file system.
func hostileFiles() []hostile { return nil }

func hostileNames() []hostile { return nil }

func hostileGitFiles() []hostile { return nil }

func leftBehind(string) []string { return nil }
