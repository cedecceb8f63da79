package seal

import (
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Ring holds the keys of one key file and follows its changes. When it is used, it checks at
// most once per Lag whether the file has changed. It is safe for concurrent use. A nil Ring is
// that of a server without keys: every method fails with ErrLocked. The zero Ring is not
// usable. See Create and Load.
type Ring struct {
	path string
	id   string
	now  func() time.Time
	keys atomic.Pointer[keys]

	checkedAt atomic.Int64 // of the file, in Unix nanoseconds

	mu     sync.Mutex // guards the fields below and the check of the file
	info   fs.FileInfo
	health error
}

// Create creates the key file with new keys and returns its Ring. It never replaces a file: it
// fails with fs.ErrExist in the chain. The folder must exist. A nil now is time.Now.
func Create(path string, now func() time.Time) (*Ring, error) {
	f, err := newFile()
	if err != nil {
		return nil, err
	}
	if err := create(path, f); err != nil {
		return nil, fmt.Errorf("key file %s: %w", path, err)
	}
	return Load(path, now)
}

// Load reads the key file and never creates one. It fails with ErrMissing,
// ErrExposed or ErrMalformed in the chain. A nil now is time.Now.
func Load(path string, now func() time.Time) (*Ring, error) {
	if now == nil {
		now = time.Now
	}
	r := &Ring{path: path, now: now}
	if err := r.load(); err != nil {
		return nil, err
	}
	r.id = r.keys.Load().id
	r.checkedAt.Store(now().UnixNano())
	return r, nil
}

// ID returns the id of the key file, or "" for a nil Ring. It stays the same when keys are
// added, promoted and dropped, and reveals nothing about them.
func (r *Ring) ID() string {
	if r == nil {
		return ""
	}
	return r.id
}

// Seal encrypts plain with the primary key of Addresses for the place where it will be stored.
// The result is 33 bytes longer than plain and differs each time.
func (r *Ring) Seal(plain []byte, at Place) ([]byte, error) {
	k, err := r.current()
	if err != nil {
		return nil, err
	}
	sealed, err := k.aead.Encrypt(plain, at.binding())
	if err != nil {
		return nil, fmt.Errorf("sealing %s: %w", at, err)
	}
	return sealed, nil
}

// Open decrypts a value that was sealed for the same place. It fails with ErrNotSealed, with
// ErrAltered, and with ErrUnknownKey if the file has no key of that id. For an unknown id it
// reads the file again first.
func (r *Ring) Open(sealed []byte, at Place) ([]byte, error) {
	if r == nil {
		return nil, ErrLocked
	}
	id, err := SealedBy(sealed)
	if err != nil {
		return nil, fmt.Errorf("opening %s: %w", at, err)
	}
	k, err := r.with(Addresses, id)
	if err != nil {
		return nil, fmt.Errorf("opening %s: %w", at, err)
	}
	plain, err := k.aead.Decrypt(sealed, at.binding())
	if err != nil {
		return nil, fmt.Errorf("opening %s: %w", at, ErrAltered)
	}
	return plain, nil
}

// Sum is a keyed hash with the id of its key. Hashes of different keys cannot be compared.
type Sum struct {
	KeyID uint32
	MAC   [32]byte
}

// Sum returns the keyed hash of data with the primary key of p: HMAC-SHA256 of the label, a
// zero byte, and data. A label must not contain a zero byte, so equal sums mean equal labels
// and equal data. Where an attacker may measure the time, compare sums with hmac.Equal.
func (r *Ring) Sum(p Purpose, label string, data []byte) (Sum, error) {
	k, err := r.current()
	if err != nil {
		return Sum{}, err
	}
	s, err := k.set(p)
	if err != nil {
		return Sum{}, err
	}
	return s.sum(s.primary, label, data)
}

// SumWith is Sum with the key of the given id. It fails with ErrUnknownKey if the file, which
// it then reads again, has no such key.
func (r *Ring) SumWith(p Purpose, keyID uint32, label string, data []byte) (Sum, error) {
	k, err := r.with(p, keyID)
	if err != nil {
		return Sum{}, err
	}
	return k.sets[p].sum(keyID, label, data)
}

// KeyIDs returns the ids of the keys of p, the oldest first.
func (r *Ring) KeyIDs(p Purpose) ([]uint32, error) {
	s, err := r.set(p)
	return slices.Clone(s.ids), err
}

// Primary returns the id of the primary key of p.
func (r *Ring) Primary(p Purpose) (uint32, error) {
	s, err := r.set(p)
	return s.primary, err
}

// Prefix returns the first 5 bytes of every value that the primary key of Addresses has sealed.
// SQL finds the other values by substr(value, 1, 5) <> prefix.
func (r *Ring) Prefix() ([]byte, error) {
	id, err := r.Primary(Addresses)
	if err != nil {
		return nil, err
	}
	return prefixOf(id), nil
}

func (r *Ring) set(p Purpose) (set, error) {
	k, err := r.current()
	if err != nil {
		return set{}, err
	}
	return k.set(p)
}

// with returns keys that include the given one. If they do not, it reads the file again first,
// because another process may have just added the key.
func (r *Ring) with(p Purpose, keyID uint32) (*keys, error) {
	k, err := r.current()
	if err != nil {
		return nil, err
	}
	s, err := k.set(p)
	if err != nil || slices.Contains(s.ids, keyID) {
		return k, err
	}
	k = r.reload()
	if !slices.Contains(k.sets[p].ids, keyID) {
		return nil, fmt.Errorf("%w: %s %d", ErrUnknownKey, p, keyID)
	}
	return k, nil
}

// String returns the id of the ring and shows no key.
func (r *Ring) String() string {
	if r == nil {
		return "key ring (locked)"
	}
	return strings.TrimSpace("key ring " + r.id)
}

// Format makes every verb of fmt print String, so that no format shows a key.
func (r *Ring) Format(s fmt.State, _ rune) { _, _ = io.WriteString(s, r.String()) }

// LogValue implements slog.LogValuer.
func (r *Ring) LogValue() slog.Value { return slog.StringValue(r.String()) }
