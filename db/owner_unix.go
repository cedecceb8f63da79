//go:build unix

package db

import (
	"fmt"
	"io/fs"
	"syscall"
)

// checkOwner refuses a file of another user, root included: the files that
// SQLite makes beside it would belong to this user and lock the owner out.
func checkOwner(path string, info fs.FileInfo, user int) error {
	if owner, ok := info.Sys().(*syscall.Stat_t); ok && int(owner.Uid) != user {
		return fmt.Errorf("%w: run this as its owner, with sudo -u '#%d'", ErrNotOwner, owner.Uid)
	}
	const toWrite = 2 // W_OK
	if err := syscall.Access(path, toWrite); err != nil {
		return fmt.Errorf("cannot be written to: %w", err)
	}
	return nil
}
