// Package spool copies an upload to a temporary file, so that it can be read more than
// once without being in memory. Only the user of the process may read the file. Where
// the system allows it, the file is unlinked immediately, so that it disappears with
// the process.
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
	name string // "": already unlinked
}

// Copy copies all of r. It fails with the unchanged errors of r, and with a
// *fs.PathError when the disk fails. After a failure no file is left.
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

// Reader returns a new reader of the whole file.
func (f *File) Reader() io.Reader { return io.NewSectionReader(f.file, 0, f.size) }

// Close removes the file. Its readers fail afterwards.
func (f *File) Close() error {
	err := f.file.Close()
	if f.name != "" {
		err = errors.Join(err, os.Remove(f.name))
	}
	return err
}
