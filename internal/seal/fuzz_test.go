package seal

import (
	"bytes"
	"errors"
	"testing"
)

func FuzzOpen(f *testing.F) {
	r, _ := newRing(f)
	sealed := must(r.Seal([]byte("+15005550199"), address))(f)
	prefix := must(r.Prefix())(f)
	for _, seed := range [][]byte{nil, []byte("+15005550199"), prefix, sealed, sealed[:len(sealed)-1], append(prefix, make([]byte, 28)...)} {
		f.Add(seed, false, address.Table, address.Column, address.Row)
		f.Add(seed, true, address.Table, "addres", "s7")
	}
	f.Fuzz(func(t *testing.T, data []byte, withPrefix bool, table, column, row string) {
		if withPrefix { // past the first check
			data = append(bytes.Clone(prefix), data...)
		}
		at := Place{Table: table, Column: column, Row: row}
		plain, err := r.Open(data, at)
		if err == nil && (!bytes.Equal(data, sealed) || at != address || string(plain) != "+15005550199") {
			t.Fatalf("%x opens at %v as %q", data, at, plain)
		}
		if err != nil && !errors.Is(err, ErrNotSealed) && !errors.Is(err, ErrUnknownKey) && !errors.Is(err, ErrAltered) {
			t.Errorf("%x: got error %v", data, err)
		}
	})
}

func FuzzKeyFile(f *testing.F) {
	good := must(must(newFile())(f).encode())(f)
	for _, seed := range [][]byte{nil, []byte("{}"), good, good[:len(good)/2], bytes.ReplaceAll(good, []byte("ENABLED"), []byte("DESTROYED"))} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		parsed, err := parse(data)
		if err != nil {
			if !errors.Is(err, ErrMalformed) || len(err.Error()) > 200 {
				t.Errorf("got error %v", err)
			}
			return
		}
		if _, err := parsed.keys(); err != nil {
			t.Errorf("a file that was accepted is not usable: %v", err)
		}
		again, err := parse(must(parsed.encode())(t))
		if err != nil || again.id != parsed.id {
			t.Errorf("a file that was accepted reads as %q, %v, want %q", again.id, err, parsed.id)
		}
	})
}
