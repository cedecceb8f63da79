//go:build !unix

package sqlite

import (
	"errors"
	"io/fs"
)

// checkOwner does nothing where files have no numeric owner.
func checkOwner(fs.FileInfo, int) error { return nil }

// checkWritable does nothing: a later write fails.
func checkWritable(string) error { return nil }

// syncFolder does nothing where a folder cannot be opened.
func syncFolder(string) error { return nil }

// lockFile cannot tell whether another process has the file open.
func lockFile(string) (func() error, error) {
	return nil, errors.New("what is here is not a database, or a damaged one: move it away first")
}

// shareFolder cannot tell whether another process is copying into the folder.
func shareFolder(string, func()) (release func() error) { return func() error { return nil } }
