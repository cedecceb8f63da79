// Package spool keeps what is read more than once in a temporary file, never in
// memory as a whole. The file is the user's alone and, where the system allows it,
// has no name any more once it is open, so that it is gone with the program,
// however that ends.
package spool

import (
	"errors"
	"fmt"
	"io"
	"os"
)

// File is what was copied. It is safe for concurrent use but for Close.
type File struct {
	file *os.File
	size int64
	name string // "": it has none any more
}

// Copy reads r to its end. It fails with what r fails with, unchanged, and leaves
// nothing behind then.
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

// Size is how many bytes it has.
func (f *File) Size() int64 { return f.size }

// Reader reads it from its beginning, however often that was done before.
func (f *File) Reader() io.Reader { return io.NewSectionReader(f.file, 0, f.size) }

// Close removes it. Who still reads it gets an error.
func (f *File) Close() error {
	err := f.file.Close()
	if f.name != "" {
		err = errors.Join(err, os.Remove(f.name))
	}
	return err
}
