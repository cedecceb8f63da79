// Package spool copies an upload into a temporary file, so that it can be read more than
// once without being in memory. Only the user of the process may read the file. Where the
// system allows it, the name is removed at once, so that the file disappears with the
// process.
package spool

import (
	"errors"
	"fmt"
	"io"
	"os"
)

// File is a temporary file. It is safe for concurrent use, except Close.
type File struct {
	file *os.File
	size int64
	name string // "": already removed
}

// Copy copies r to its end. It fails with the errors of r, unchanged, and with a
// *fs.PathError when the disk fails. It then leaves no file.
func Copy(r io.Reader) (*File, error) {
	file, err := os.CreateTemp("", "callbook-*") // of mode 0600
	if err != nil {
		return nil, fmt.Errorf("spool: %w", err)
	}
	f := &File{file: file, name: file.Name()}
	if os.Remove(f.name) == nil {
		f.name = ""
	}
	if f.size, err = io.Copy(file, r); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// Size returns the size in bytes.
func (f *File) Size() int64 { return f.size }

// Reader returns a new reader from the beginning.
func (f *File) Reader() io.Reader { return io.NewSectionReader(f.file, 0, f.size) }

// Close removes the file. Its readers fail from then on.
func (f *File) Close() error {
	err := f.file.Close()
	if f.name != "" {
		err = errors.Join(err, os.Remove(f.name))
	}
	return err
}
