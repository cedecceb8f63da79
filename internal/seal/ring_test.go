package seal

import (
	"encoding/hex"
	"errors"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/tink-crypto/tink-go/v2/insecuresecretdataaccess"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/prf/hmacprf"
	"github.com/tink-crypto/tink-go/v2/secretdata"
)

// clock is a settable time.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) forward(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

var address = Place{Table: "channel", Column: "address", Row: "7"}

// newRing returns the ring of a new file, and its clock.
func newRing(t testing.TB) (*Ring, *clock) {
	t.Helper()
	c := &clock{at: time.Unix(1_800_000_000, 0)}
	r, err := Create(filepath.Join(t.TempDir(), "callbook.key"), c.now)
	if err != nil {
		t.Fatal(err)
	}
	return r, c
}

// second returns another ring of the same file, as another process has it.
func second(t testing.TB, r *Ring) *Ring {
	t.Helper()
	other, err := Load(r.path, r.now)
	if err != nil {
		t.Fatal(err)
	}
	return other
}

// must fails the test on an error.
func must[T any](v T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// wants fails the test unless err has want in its chain.
func wants(t testing.TB, what string, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("%s: got error %v, want %v", what, err, want)
	}
}

func TestWhatIsSealedOpensInItsPlace(t *testing.T) {
	r, _ := newRing(t)
	for _, plain := range []string{"", "+15005550199", string(make([]byte, 100_000))} {
		sealed := must(r.Seal([]byte(plain), address))(t)
		if got, want := len(sealed), len(plain)+33; got != want {
			t.Errorf("a value of %d bytes is sealed in %d, want %d", len(plain), got, want)
		}
		got := must(r.Open(sealed, address))(t)
		if diff := cmp.Diff(plain, string(got)); diff != "" {
			t.Errorf("opened (-sealed +opened):\n%s", diff)
		}
		if got := must(second(t, r).Open(sealed, address))(t); string(got) != plain {
			t.Errorf("a ring loaded anew opens %d bytes as %q", len(plain), got)
		}
	}
}

func TestTheSameIsNeverSealedTwiceAlike(t *testing.T) {
	r, _ := newRing(t)
	first, second := must(r.Seal([]byte("x"), address))(t), must(r.Seal([]byte("x"), address))(t)
	if cmp.Equal(first, second) {
		t.Errorf("sealed twice as %x", first)
	}
}

func TestAMovedValueDoesNotOpen(t *testing.T) {
	r, _ := newRing(t)
	for name, places := range map[string][2]Place{
		"another row":               {{"channel", "address", "7"}, {"channel", "address", "8"}},
		"another column":            {{"channel", "address", "7"}, {"channel", "number", "7"}},
		"another table":             {{"channel", "address", "7"}, {"message", "address", "7"}},
		"no row":                    {{"channel", "address", "7"}, {"channel", "address", ""}},
		"letters move to the row":   {{"channel", "address", "7"}, {"channel", "addres", "s7"}},
		"letters move to the table": {{"channel", "address", "7"}, {"channela", "ddress", "7"}},
		"parts change places":       {{"a", "b", "c"}, {"b", "a", "c"}},
		"zero bytes":                {{"a\x00", "b", "c"}, {"a", "\x00b", "c"}},
	} {
		sealed := must(r.Seal([]byte("+15005550199"), places[0]))(t)
		_, err := r.Open(sealed, places[1])
		wants(t, name, err, ErrAltered)
	}
}

func TestAnAlteredValueDoesNotOpen(t *testing.T) {
	r, _ := newRing(t)
	sealed := must(r.Seal([]byte("x"), address))(t)
	for i := range sealed {
		altered := append([]byte(nil), sealed...)
		altered[i] ^= 1
		want := ErrAltered
		switch {
		case i == 0:
			want = ErrNotSealed
		case i < prefixSize:
			want = ErrUnknownKey
		}
		_, err := r.Open(altered, address)
		wants(t, "byte altered", err, want)
		_, err = r.Open(sealed[:i], address)
		if want = ErrAltered; i < prefixSize {
			want = ErrNotSealed
		}
		wants(t, "cut short", err, want)
	}
	_, err := r.Open(append(sealed, 0), address)
	wants(t, "made longer", err, ErrAltered)
}

func TestASealedValueNamesItsKey(t *testing.T) {
	r, _ := newRing(t)
	sealed := must(r.Seal([]byte("x"), address))(t)
	prefix := must(r.Prefix())(t)
	if diff := cmp.Diff(prefix, sealed[:len(prefix)]); diff != "" {
		t.Errorf("the first bytes (-Prefix +sealed):\n%s", diff)
	}
	if got, want := must(SealedBy(sealed))(t), must(r.Primary(Addresses))(t); got != want {
		t.Errorf("SealedBy: got %d, want the primary %d", got, want)
	}
	for _, foreign := range []string{"", "\x01\x00\x00\x00", "+15005550199", "\x00\x00\x00\x00\x00\x00"} {
		_, err := SealedBy([]byte(foreign))
		wants(t, foreign, err, ErrNotSealed)
	}
}

// The wanted sum is openssl's: printf 'parameters\0hello' | openssl dgst -sha256
// -mac HMAC -macopt hexkey:000102…1f
func TestSumIsHMACOfLabelAndData(t *testing.T) {
	raw := make([]byte, 32)
	for i := range raw {
		raw[i] = byte(i)
	}
	r := ringWith(t, Fingerprints, raw)
	s := must(r.Sum(Fingerprints, "parameters", []byte("hello")))(t)
	const want = "66a9c5c9b6c1e94ca4bd96d7d70fd0218365718fb131536e5cf16431d902137b"
	if got := hex.EncodeToString(s.MAC[:]); got != want {
		t.Errorf("sum: got %s, want %s", got, want)
	}
}

// ringWith makes a ring whose only key for a purpose has these bytes.
func ringWith(t *testing.T, p Purpose, raw []byte) *Ring {
	t.Helper()
	parameters := must(hmacprf.NewParameters(32, hmacprf.SHA256))(t)
	k := must(hmacprf.NewKey(secretdata.NewBytesFromData(raw, insecuresecretdataaccess.Token{}), parameters))(t)
	m := keyset.NewManager()
	if err := m.SetPrimary(must(m.AddKey(k))(t)); err != nil {
		t.Fatal(err)
	}
	f, path := must(newFile())(t), filepath.Join(t.TempDir(), "k")
	f.sets[p] = must(m.Handle())(t)
	if err := create(path, f); err != nil {
		t.Fatal(err)
	}
	return must(Load(path, nil))(t)
}

func TestSumsDifferByPurposeLabelDataAndFile(t *testing.T) {
	r, _ := newRing(t)
	other, _ := newRing(t)
	seen := map[[32]byte]string{}
	for _, p := range []Purpose{Index, Fingerprints, Audit, Codes} {
		for _, input := range [][2]string{{"a", "b"}, {"ab", ""}, {"", "ab"}, {"a", "\x00b"}, {"", "a\x00b"}} {
			for _, ring := range []*Ring{r, other} {
				name := ring.ID() + " " + string(p) + " " + input[0] + "|" + input[1]
				s := must(ring.Sum(p, input[0], []byte(input[1])))(t)
				if first, ok := seen[s.MAC]; ok {
					t.Errorf("%q and %q have one sum", first, name)
				}
				seen[s.MAC] = name
			}
		}
	}
}

func TestASumSaysItsKey(t *testing.T) {
	r, _ := newRing(t)
	for _, p := range []Purpose{Index, Fingerprints, Audit, Codes} {
		s := must(r.Sum(p, "label", []byte("data")))(t)
		again := must(second(t, r).SumWith(p, s.KeyID, "label", []byte("data")))(t)
		if diff := cmp.Diff(s, again); diff != "" {
			t.Errorf("%s (-Sum +SumWith):\n%s", p, diff)
		}
		if got, want := s.KeyID, must(r.Primary(p))(t); got != want {
			t.Errorf("%s: the sum is by key %d, want the primary %d", p, got, want)
		}
		_, err := r.SumWith(p, s.KeyID+1, "label", nil)
		wants(t, string(p), err, ErrUnknownKey)
	}
}

func TestACallerCannotChangeTheKeys(t *testing.T) {
	r, _ := newRing(t)
	want := must(r.Sum(Index, "label", nil))(t)
	must(r.KeyIDs(Index))(t)[0] = 0
	must(r.Prefix())(t)[0] = 0
	if got := must(r.KeyIDs(Index))(t)[0]; got != want.KeyID {
		t.Errorf("KeyIDs: got %d, want %d", got, want.KeyID)
	}
	if diff := cmp.Diff(want, must(r.SumWith(Index, want.KeyID, "label", nil))(t)); diff != "" {
		t.Errorf("sum (-before +after):\n%s", diff)
	}
}

func TestMisuseIsRefused(t *testing.T) {
	r, _ := newRing(t)
	_, zero := r.Sum(Index, "a\x00", nil)
	_, noSums := r.Sum(Addresses, "a", nil)
	_, noSumsWith := r.SumWith(Addresses, must(r.Primary(Addresses))(t), "a", nil)
	_, unknown := r.Sum("indices", "a", nil)
	_, unknownWith := r.SumWith("indices", 1, "a", nil)
	_, ids := r.KeyIDs("indices")
	_, added := r.AddKey("indices")
	for name, err := range map[string]error{
		"a label with a zero byte": zero, "a sum by a sealing key": noSums, "SumWith a sealing key": noSumsWith,
		"an unknown purpose": unknown, "SumWith of one": unknownWith, "KeyIDs of one": ids, "AddKey for one": added,
	} {
		if err == nil {
			t.Errorf("%s: got no error", name)
		}
	}
}

func TestANilRingIsLocked(t *testing.T) {
	var r *Ring
	_, seal := r.Seal(nil, address)
	_, open := r.Open(nil, address)
	_, sum := r.Sum(Index, "", nil)
	_, sumWith := r.SumWith(Index, 1, "", nil)
	_, ids := r.KeyIDs(Index)
	_, primary := r.Primary(Index)
	_, prefix := r.Prefix()
	_, add := r.AddKey(Index)
	for name, err := range map[string]error{
		"Seal": seal, "Open": open, "Sum": sum, "SumWith": sumWith, "KeyIDs": ids, "Primary": primary, "Prefix": prefix,
		"AddKey": add, "Promote": r.Promote(Index, 1), "Drop": r.Drop(Index, 1), "Health": r.Health(),
	} {
		wants(t, name, err, ErrLocked)
	}
	if got := r.ID(); got != "" {
		t.Errorf("ID of a nil ring: got %q", got)
	}
}
