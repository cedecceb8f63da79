package seal

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/prf"
	"github.com/tink-crypto/tink-go/v2/tink"
)

// keys is a key file ready for use. It is immutable.
type keys struct {
	id   string
	aead tink.AEAD // of Addresses
	sets map[Purpose]set
}

// set is the keys of one purpose.
type set struct {
	ids     []uint32
	primary uint32
	prfs    *prf.Set // nil for Addresses
}

// keys prepares the keys of the file for use.
func (f file) keys() (*keys, error) {
	k := &keys{id: f.id, sets: map[Purpose]set{}}
	for p, h := range f.sets {
		s, err := setOf(p, h)
		if err != nil {
			return nil, fmt.Errorf("%w: keys for %s", ErrMalformed, p)
		}
		k.sets[p] = s
	}
	var err error
	if k.aead, err = aead.New(f.sets[Addresses]); err != nil {
		return nil, fmt.Errorf("%w: keys for %s", ErrMalformed, Addresses)
	}
	return k, nil
}

func setOf(p Purpose, h *keyset.Handle) (set, error) {
	first, err := h.Primary()
	if err != nil {
		return set{}, err
	}
	s := set{ids: idsOf(h), primary: first.KeyID()}
	if p != Addresses {
		s.prfs, err = prf.NewPRFSet(h)
	}
	return s, err
}

func (k *keys) set(p Purpose) (set, error) {
	s, ok := k.sets[p]
	if !ok {
		return set{}, fmt.Errorf("%q is not a purpose of keys", p)
	}
	return s, nil
}

// sum is Ring.Sum with a key of the set.
func (s set) sum(keyID uint32, label string, data []byte) (Sum, error) {
	if s.prfs == nil {
		return Sum{}, fmt.Errorf("keys for %s make no sums", Addresses)
	}
	if strings.IndexByte(label, 0) >= 0 {
		return Sum{}, fmt.Errorf("the label %q holds a zero byte", label)
	}
	input := slices.Concat([]byte(label), []byte{0}, data)
	mac, err := s.prfs.PRFs[keyID].ComputePRF(input, uint32(len(Sum{}.MAC)))
	if err != nil {
		return Sum{}, fmt.Errorf("sum of %s: %w", label, err)
	}
	return Sum{KeyID: keyID, MAC: [32]byte(mac)}, nil
}
