package seal

import (
	"fmt"
	"io/fs"
	"os"
)

// Health says whether the key file still is what the Ring holds: nil, or why
// the last look at it failed: ErrMissing, ErrExposed, ErrMalformed or
// ErrOtherFile in the chain. Until the file is well again the Ring works with
// the keys that it has, so that a short absence breaks nothing; but what it
// seals meanwhile is lost at the next start if the file stays away: a caller asks
// before it seals.
func (r *Ring) Health() error {
	if _, err := r.current(); err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.health
}

// current returns the keys, after a look at the file when the last is Lag ago.
// Only one caller looks; the others go on with the keys as they were.
func (r *Ring) current() (*keys, error) {
	if r == nil {
		return nil, ErrLocked
	}
	now := r.now().UnixNano()
	ago := now - r.looked.Load()
	if (ago < 0 || ago >= int64(Lag)) && r.mu.TryLock() { // below 0 the clock was set back
		r.looked.Store(now)
		if r.health != nil || r.changed() {
			r.health = r.load()
		}
		r.mu.Unlock()
	}
	return r.keys.Load(), nil
}

// reload returns the keys after reading the file, whatever its looks.
func (r *Ring) reload() *keys {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.health = r.load()
	return r.keys.Load()
}

// changed says whether the file looks unlike the one that was read.
func (r *Ring) changed() bool {
	info, err := os.Stat(r.path)
	return err != nil || !sameLooks(r.info, info)
}

func sameLooks(a, b fs.FileInfo) bool {
	return os.SameFile(a, b) && a.Mode() == b.Mode() && a.Size() == b.Size() && a.ModTime().Equal(b.ModTime())
}

// load takes the keys from the file, or leaves those it has.
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
