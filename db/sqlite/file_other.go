//go:build !unix

package sqlite

import (
	"errors"
	"io/fs"
)

// checkOwner has nothing to ask where files have no numbered owner.
func checkOwner(fs.FileInfo, int) error { return nil }

// checkWritable leaves it to the system to say so later.
func checkWritable(string) error { return nil }

// syncFolder does nothing where a folder cannot be opened.
func syncFolder(string) error { return nil }

// lockFile cannot tell whether somebody has the file open.
func lockFile(string) (func() error, error) {
	return nil, errors.New("what is here is not a database, or a damaged one: move it away first")
}

// shareFolder cannot tell whether somebody else makes a copy in the folder.
func shareFolder(string, func()) (release func() error) { return func() error { return nil } }
