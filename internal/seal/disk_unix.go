//go:build unix

package seal

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"
)

// isPrivate reports whether only the owner may read or change the file.
func isPrivate(info fs.FileInfo) bool { return info.Mode().Perm()&0o077 == 0 }

// checkOwner refuses a file of another user than the given one.
func checkOwner(info fs.FileInfo, user int) error {
	if owner, ok := info.Sys().(*syscall.Stat_t); ok && int(owner.Uid) != user {
		return fmt.Errorf("%w: run this as its owner, with sudo -u '#%d'", ErrNotOwner, owner.Uid)
	}
	return nil
}

// syncFolder syncs the names in a folder to the disk.
func syncFolder(path string) error {
	folder, err := os.Open(path) // #nosec G304 -- the operator names the file
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}
