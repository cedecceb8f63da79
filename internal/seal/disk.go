package seal

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/rogpeppe/go-internal/lockedfile"
)

// maxFileBytes is far above the size of a key file with hundreds of keys.
const maxFileBytes = 1 << 20

// read returns the content of the key file and the FileInfo of the file that was read.
func read(path string) (file, fs.FileInfo, error) {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return file{}, nil, ErrMissing
	}
	if err != nil {
		return file{}, nil, err
	}
	if !info.Mode().IsRegular() { // to open a pipe would wait
		return file{}, nil, fmt.Errorf("%w: it is not a regular file", ErrMalformed)
	}
	in, err := os.Open(path) // #nosec G304 -- the operator names the file
	if errors.Is(err, fs.ErrNotExist) {
		return file{}, nil, ErrMissing
	}
	if err != nil {
		return file{}, nil, err
	}
	defer in.Close()
	return readOpened(in)
}

func readOpened(in *os.File) (file, fs.FileInfo, error) {
	info, err := in.Stat() // again: the name may belong to another file now
	if err != nil {
		return file{}, nil, err
	}
	if !isPrivate(info) {
		return file{}, nil, ErrExposed
	}
	data, err := io.ReadAll(io.LimitReader(in, maxFileBytes+1))
	if err != nil {
		return file{}, nil, err
	}
	if len(data) > maxFileBytes {
		return file{}, nil, fmt.Errorf("%w: it is over %d bytes", ErrMalformed, maxFileBytes)
	}
	f, err := parse(data)
	return f, info, err
}

// create writes a new file. It fails with fs.ErrExist for a name that is taken. The hard link
// decides, with no look before.
func create(path string, f file) error {
	return locked(path, func() error {
		draft, err := writeDraft(path, f)
		if err != nil {
			return err
		}
		err = os.Link(draft, path)
		if errors.Is(err, fs.ErrExist) {
			err = fs.ErrExist
		}
		return errors.Join(err, os.Remove(draft), syncFolder(filepath.Dir(path)))
	})
}

// rewrite changes the file with the given id. A reader sees all of the change or none, and two
// changes never mix. It refuses a file of another user: the server could not read a file that
// root has written.
func rewrite(path, id string, change func(*file) error) error {
	path, err := filepath.EvalSymlinks(path) // a link stays a link
	if errors.Is(err, fs.ErrNotExist) {
		return ErrMissing
	}
	if err != nil {
		return err
	}
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	if err := checkOwner(info, os.Geteuid()); err != nil {
		return err
	}
	return locked(path, func() error {
		f, _, err := read(path)
		if err != nil {
			return err
		}
		if f.id != id {
			return ErrOtherFile
		}
		if err := change(&f); err != nil {
			return err
		}
		draft, err := writeDraft(path, f)
		if err != nil {
			return err
		}
		if err := os.Rename(draft, path); err != nil {
			return errors.Join(err, os.Remove(draft))
		}
		return syncFolder(filepath.Dir(path))
	})
}

// locked runs fn while no other process does the same for this path. It locks a separate file,
// which stays, because the key file itself is replaced.
func locked(path string, fn func() error) error {
	lock, err := lockedfile.OpenFile(path+".lock", os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	return errors.Join(fn(), lock.Close())
}

// writeDraft writes the file to the disk under another name in its folder and returns that
// name. It removes the draft of an interrupted change. Only the holder of the lock may call it.
func writeDraft(path string, f file) (string, error) {
	data, err := f.encode()
	if err != nil {
		return "", err
	}
	draft := path + ".new"
	if err := os.Remove(draft); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", err
	}
	out, err := os.OpenFile(draft, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600) // #nosec G304 -- the operator names the file
	if err != nil {
		return "", err
	}
	_, err = out.Write(data)
	if err = errors.Join(err, out.Sync(), out.Close()); err != nil {
		return "", errors.Join(err, os.Remove(draft))
	}
	return draft, nil
}
