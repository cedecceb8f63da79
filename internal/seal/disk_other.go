//go:build !unix

package seal

import "io/fs"

// isPrivate returns true where a mode does not restrict who may read a file.
func isPrivate(fs.FileInfo) bool { return true }

// checkOwner does nothing where files have no numeric owner.
func checkOwner(fs.FileInfo, int) error { return nil }

// syncFolder does nothing where a folder cannot be opened as a file.
func syncFolder(string) error { return nil }
