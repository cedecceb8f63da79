//go:build unix

package sqlite

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"syscall"
)

// checkOwner refuses a file of another user, even for root. The files that SQLite creates
// beside it would belong to this user and lock the owner out.
func checkOwner(info fs.FileInfo, user int) error {
	if owner, ok := info.Sys().(*syscall.Stat_t); ok && int(owner.Uid) != user {
		return fmt.Errorf("%w: run this as its owner, with sudo -u '#%d'", ErrNotOwner, owner.Uid)
	}
	return nil
}

func checkWritable(path string) error {
	const toWrite = 2 // W_OK
	if err := syscall.Access(path, toWrite); err != nil {
		return fmt.Errorf("cannot be written to: %w", err)
	}
	return nil
}

// syncFolder syncs the names in a folder to the disk.
func syncFolder(path string) error {
	folder, err := os.Open(path) // #nosec G304 -- the operator names the folder
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}

// lockFile locks a file that SQLite cannot read in the way SQLite does. A process that reads
// or writes the file holds a lock on one of these bytes
// (https://www.sqlite.org/fileformat.html, 1.3.1, "the lock-byte page").
func lockFile(path string) (release func() error, err error) {
	f, err := os.OpenFile(path, os.O_RDWR, 0) // #nosec G304 -- the operator names the folder
	if err != nil {
		return nil, err
	}
	lock := syscall.Flock_t{Type: syscall.F_WRLCK, Whence: io.SeekStart, Start: 1 << 30, Len: 512}
	err = syscall.FcntlFlock(f.Fd(), syscall.F_SETLK, &lock)
	if errors.Is(err, syscall.EAGAIN) || errors.Is(err, syscall.EACCES) {
		err = ErrInUse
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f.Close, nil
}

// shareFolder holds a shared lock on a folder, which marks a copy in progress, until release
// is called. It first calls alone if no other process holds one. Where folders cannot be
// locked, it never calls alone.
func shareFolder(path string, alone func()) (release func() error) {
	folder, err := os.Open(path) // #nosec G304 -- the operator names the folder
	if err != nil {
		return func() error { return nil } // the copy fails too, with a better error
	}
	fd := int(folder.Fd()) // #nosec G115 -- a descriptor
	if syscall.Flock(fd, syscall.LOCK_EX|syscall.LOCK_NB) == nil {
		alone()
	}
	_ = syscall.Flock(fd, syscall.LOCK_SH)
	return folder.Close
}
