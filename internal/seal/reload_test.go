package seal

import (
	"errors"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestARunningRingFollowsTheFileWithinLag(t *testing.T) {
	server, c := newRing(t)
	command := second(t, server)
	before := must(server.Primary(Addresses))(t)
	after := must(command.AddKey(Addresses))(t)
	if err := command.Promote(Addresses, after); err != nil {
		t.Fatal(err)
	}
	for _, step := range []struct {
		forward time.Duration
		want    uint32
	}{{0, before}, {Lag - 1, before}, {1, after}} {
		c.forward(step.forward)
		sealed := must(server.Seal(nil, address))(t)
		if got := must(SealedBy(sealed))(t); got != step.want {
			t.Errorf("%v later: sealed by %d, want %d", step.forward, got, step.want)
		}
	}
}

func TestAClockSetBackDoesNotStopTheLooking(t *testing.T) {
	server, c := newRing(t)
	want := must(second(t, server).AddKey(Index))(t)
	c.forward(-time.Hour)
	ids := must(server.KeyIDs(Index))(t)
	if got := ids[len(ids)-1]; got != want {
		t.Errorf("the newest key: got %d, want %d", got, want)
	}
}

func TestAnUnknownKeyIsLookedUpAtOnce(t *testing.T) {
	server, _ := newRing(t)
	command := second(t, server)
	key := must(command.AddKey(Addresses))(t)
	if err := command.Promote(Addresses, key); err != nil {
		t.Fatal(err)
	}
	sealed := must(command.Seal([]byte("x"), address))(t)
	if got := must(server.Open(sealed, address))(t); string(got) != "x" {
		t.Errorf("opened %q, want x", got)
	}
	index := must(command.AddKey(Index))(t)
	want := must(command.SumWith(Index, index, "label", nil))(t)
	if diff := cmp.Diff(want, must(server.SumWith(Index, index, "label", nil))(t)); diff != "" {
		t.Errorf("the sum by a key just added (-command +server):\n%s", diff)
	}
}

func TestARingOutlivesAnAbsentOrSpoiltFile(t *testing.T) {
	other, _ := newRing(t)
	for name, spoil := range map[string]struct {
		do   func(path string) error
		want error
	}{
		"absent":    {os.Remove, ErrMissing},
		"empty":     {func(path string) error { return os.WriteFile(path, nil, 0o600) }, ErrMalformed},
		"exposed":   {func(path string) error { return os.Chmod(path, 0o640) }, ErrExposed},
		"a folder":  {func(path string) error { return errors.Join(os.Remove(path), os.Mkdir(path, 0o700)) }, ErrMalformed},
		"exchanged": {func(path string) error { return copyFile(other.path, path) }, ErrOtherFile},
	} {
		t.Run(name, func(t *testing.T) {
			r, c := newRing(t)
			sealed := must(r.Seal([]byte("x"), address))(t)
			kept := must(os.ReadFile(r.path))(t)
			if err := spoil.do(r.path); err != nil {
				t.Fatal(err)
			}
			c.forward(Lag)
			wants(t, "Health", r.Health(), spoil.want)
			if got := must(r.Open(sealed, address))(t); string(got) != "x" {
				t.Errorf("opened %q, want x", got)
			}
			_, err := r.SumWith(Index, 1, "", nil)
			wants(t, "an unknown key", err, ErrUnknownKey)
			_, err = r.AddKey(Index)
			wants(t, "a change", err, spoil.want)

			if err := errors.Join(os.RemoveAll(r.path), os.WriteFile(r.path, kept, 0o600)); err != nil {
				t.Fatal(err)
			}
			wants(t, "Health before the next look", r.Health(), spoil.want)
			c.forward(Lag)
			if err := r.Health(); err != nil {
				t.Errorf("Health after the file came back: %v", err)
			}
			_ = must(r.Open(sealed, address))(t)
		})
	}
}

func TestAFileMovedAwayAndBackIsWell(t *testing.T) {
	r, c := newRing(t)
	if err := os.Rename(r.path, r.path+".away"); err != nil {
		t.Fatal(err)
	}
	c.forward(Lag)
	wants(t, "Health", r.Health(), ErrMissing)
	if err := os.Rename(r.path+".away", r.path); err != nil {
		t.Fatal(err)
	}
	c.forward(Lag)
	if err := r.Health(); err != nil {
		t.Errorf("Health after the file came back: %v", err)
	}
}

func TestOnlyAChangedFileIsReadAgain(t *testing.T) {
	r, c := newRing(t)
	reads := func(what string, want bool) {
		t.Helper()
		before := r.keys.Load()
		c.forward(Lag)
		_ = must(r.KeyIDs(Index))(t)
		if got := r.keys.Load() != before; got != want {
			t.Errorf("%s: read again %t, want %t", what, got, want)
		}
	}
	reads("unchanged", false)
	at := must(os.Stat(r.path))(t).ModTime()
	twin := r.path + ".twin"
	if err := errors.Join(copyFile(r.path, twin), os.Chtimes(twin, at, at), os.Rename(twin, r.path)); err != nil {
		t.Fatal(err)
	}
	reads("replaced by one of the same size and time", true)
	reads("unchanged since", false)
	if err := os.Chtimes(r.path, at, at.Add(1)); err != nil {
		t.Fatal(err)
	}
	reads("of another time", true)
	reads("unchanged since", false)
}

func copyFile(from, to string) error {
	data, err := os.ReadFile(from)
	return errors.Join(err, os.WriteFile(to, data, 0o600))
}

func TestReadersSurviveConstantChange(t *testing.T) {
	server, c := newRing(t)
	command := second(t, server)
	sealed := must(server.Seal([]byte("x"), address))(t)
	first := must(server.Primary(Addresses))(t)
	other := must(command.AddKey(Addresses))(t)
	done := make(chan struct{})
	var readers sync.WaitGroup
	for range 4 {
		readers.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
				}
				c.forward(Lag)
				if _, err := server.Open(sealed, address); err != nil {
					t.Error(err)
				}
				again, err := server.Seal(nil, address)
				if err != nil {
					t.Error(err)
				}
				if _, err := command.Open(again, address); err != nil {
					t.Error(err)
				}
				if err := server.Health(); err != nil {
					t.Error(err)
				}
			}
		})
	}
	for range 10 {
		passing, err := command.AddKey(Addresses)
		if err := errors.Join(err, command.Promote(Addresses, other), command.Promote(Addresses, first), command.Drop(Addresses, passing)); err != nil {
			t.Error(err)
		}
	}
	close(done)
	readers.Wait()
}
