package seal

import (
	"fmt"
	"io/fs"
	"os"
)

// Health returns nil if the Ring holds the keys of the key file. Otherwise it returns why the
// file could not be read: ErrMissing, ErrExposed, ErrMalformed or ErrOtherFile in the chain.
// The Ring then goes on with the keys that it has, so that a short absence breaks nothing. If
// the file stays away, values sealed meanwhile are lost at the next start. A caller checks
// Health before it seals.
func (r *Ring) Health() error {
	if _, err := r.current(); err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.health
}

// current returns the keys. It first checks the file if the last check is Lag ago. Only one
// caller checks, and the others go on with the old keys.
func (r *Ring) current() (*keys, error) {
	if r == nil {
		return nil, ErrLocked
	}
	now := r.now().UnixNano()
	ago := now - r.checkedAt.Load()
	if (ago < 0 || ago >= int64(Lag)) && r.mu.TryLock() { // below 0 the clock was set back
		r.checkedAt.Store(now)
		if r.health != nil || r.changed() {
			r.health = r.load()
		}
		r.mu.Unlock()
	}
	return r.keys.Load(), nil
}

// reload reads the file even if it looks unchanged, and returns the keys.
func (r *Ring) reload() *keys {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.health = r.load()
	return r.keys.Load()
}

// changed reports whether the file looks different from the one that was read.
func (r *Ring) changed() bool {
	info, err := os.Stat(r.path)
	return err != nil || !sameInfo(r.info, info)
}

func sameInfo(a, b fs.FileInfo) bool {
	return os.SameFile(a, b) && a.Mode() == b.Mode() && a.Size() == b.Size() && a.ModTime().Equal(b.ModTime())
}

// load reads the keys from the file. After an error the Ring keeps its keys.
func (r *Ring) load() error {
	f, info, err := read(r.path)
	if err != nil {
		return fmt.Errorf("key file %s: %w", r.path, err)
	}
	if r.id != "" && f.id != r.id {
		return fmt.Errorf("key file %s: %w", r.path, ErrOtherFile)
	}
	k, err := f.keys()
	if err != nil {
		return fmt.Errorf("key file %s: %w", r.path, err)
	}
	r.info = info
	r.keys.Store(k)
	return nil
}
