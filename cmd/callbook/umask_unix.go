//go:build unix

package main

import "syscall"

// restrictFiles keeps every file that the program makes to its own user.
func restrictFiles() { syscall.Umask(0o077) }
