package seal

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"strings"

	"github.com/tink-crypto/tink-go/v2/aead/aesgcm"
	"github.com/tink-crypto/tink-go/v2/insecurecleartextkeyset"
	"github.com/tink-crypto/tink-go/v2/key"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/prf/hmacprf"
)

// file is the content of a key file.
type file struct {
	id   string                     // never changes
	sets map[Purpose]*keyset.Handle // one for each of purposes
}

// document is the key file as JSON, with every keyset in tink's own JSON form.
// The keysets are in clear: mode 0600 protects them. Under a KMS, parse and
// encode would read and write tink's encrypted keysets (keyset.Read and
// Handle.Write with the AEAD of the KMS), the document would name the KMS key
// and Version would be 2; nothing else would change.
type document struct {
	Version int                         `json:"version"` // 1
	ID      string                      `json:"id"`
	Keys    map[Purpose]json.RawMessage `json:"keys"`
}

// Format prints no keys, whatever the verb.
func (document) Format(s fmt.State, _ rune) { _, _ = io.WriteString(s, "key file") }

// LogValue implements slog.LogValuer.
func (document) LogValue() slog.Value { return slog.StringValue("key file") }

// idLetters are the letters of rand.Text, which creates the id of a file.
const idLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"

// newFile returns a file of new keys.
func newFile() (file, error) {
	f := file{id: rand.Text(), sets: map[Purpose]*keyset.Handle{}}
	for _, p := range purposes {
		m := keyset.NewManager()
		id, err := addKey(m, p)
		if err != nil {
			return file{}, err
		}
		if err := m.SetPrimary(id); err != nil {
			return file{}, err
		}
		if f.sets[p], err = m.Handle(); err != nil {
			return file{}, err
		}
	}
	return f, nil
}

// parametersOf returns the kind of key of a purpose: AES-256-GCM with tink's prefix, or
// HMAC-SHA256 with a key of 32 bytes.
func parametersOf(p Purpose) (key.Parameters, error) {
	if p == Addresses {
		return aesgcm.NewParameters(aesgcm.ParametersOpts{
			KeySizeInBytes: 32, IVSizeInBytes: 12, TagSizeInBytes: 16, Variant: aesgcm.VariantTink,
		})
	}
	return hmacprf.NewParameters(32, hmacprf.SHA256)
}

func addKey(m *keyset.Manager, p Purpose) (uint32, error) {
	parameters, err := parametersOf(p)
	if err != nil {
		return 0, err
	}
	return m.AddNewKeyFromParameters(parameters)
}

func (f file) encode() ([]byte, error) {
	d := document{Version: 1, ID: f.id, Keys: map[Purpose]json.RawMessage{}}
	for p, h := range f.sets {
		var b bytes.Buffer
		if err := insecurecleartextkeyset.Write(h, keyset.NewJSONWriter(&b)); err != nil {
			return nil, err
		}
		d.Keys[p] = b.Bytes()
	}
	data, err := json.MarshalIndent(d, "", "  ")
	return append(data, '\n'), err
}

// parse reads the output of encode. It fails only with ErrMalformed, without the errors of
// decoders, which may quote a key. It refuses unknown fields, because the next change would
// lose them.
func parse(data []byte) (file, error) {
	var d document
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	if decoder.Decode(&d) != nil || len(bytes.TrimSpace(data[decoder.InputOffset():])) > 0 {
		return file{}, fmt.Errorf("%w: it is not one JSON document of the known form", ErrMalformed)
	}
	if d.Version != 1 {
		return file{}, fmt.Errorf("%w: it is of version %d, not 1", ErrMalformed, d.Version)
	}
	if len(d.ID) != 26 || strings.Trim(d.ID, idLetters) != "" {
		return file{}, fmt.Errorf("%w: id", ErrMalformed)
	}
	if len(d.Keys) != len(purposes) {
		return file{}, fmt.Errorf("%w: it has keys for %d purposes, not %d", ErrMalformed, len(d.Keys), len(purposes))
	}
	f := file{id: d.ID, sets: map[Purpose]*keyset.Handle{}}
	for _, p := range purposes {
		h, err := insecurecleartextkeyset.Read(keyset.NewJSONReader(bytes.NewReader(d.Keys[p])))
		if err != nil || !sound(p, h) {
			return file{}, fmt.Errorf("%w: keys for %s", ErrMalformed, p)
		}
		f.sets[p] = h
	}
	return f, nil
}

// sound reports whether this package could have made a keyset: all keys are enabled and of the
// right kind. Tink has checked that there is a primary key and that ids are unique.
func sound(p Purpose, h *keyset.Handle) bool {
	want, err := parametersOf(p)
	if err != nil {
		return false
	}
	for i := range h.Len() {
		e, err := h.Entry(i)
		if err != nil || e.KeyStatus() != keyset.Enabled || !e.Key().Parameters().Equal(want) {
			return false
		}
	}
	return true
}

// idsOf returns the ids of the keys, the oldest first.
func idsOf(h *keyset.Handle) []uint32 {
	ids := make([]uint32, h.Len())
	for i, info := range h.KeysetInfo().GetKeyInfo() {
		ids[i] = info.GetKeyId()
	}
	return ids
}
