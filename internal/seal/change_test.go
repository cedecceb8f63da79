package seal

import (
	"errors"
	"os"
	"slices"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestKeysRotate(t *testing.T) {
	for _, p := range purposes {
		r, _ := newRing(t)
		first := must(r.Primary(p))(t)
		added := must(r.AddKey(p))(t)
		stands := func(when string, primary uint32, ids ...uint32) {
			t.Helper()
			for name, ring := range map[string]*Ring{"here": r, "in the file": second(t, r)} {
				if got := must(ring.Primary(p))(t); got != primary {
					t.Errorf("%s %s %s: primary %d, want %d", p, when, name, got, primary)
				}
				if diff := cmp.Diff(ids, must(ring.KeyIDs(p))(t)); diff != "" {
					t.Errorf("%s %s %s: keys (-want +got):\n%s", p, when, name, diff)
				}
				if ring.ID() != r.ID() {
					t.Errorf("%s %s %s: the file's id is %q, before %q", p, when, name, ring.ID(), r.ID())
				}
			}
		}
		stands("after AddKey", first, first, added)
		wants(t, "Drop of the primary", r.Drop(p, first), ErrPrimaryKey)
		if err := r.Promote(p, added); err != nil {
			t.Error(err)
		}
		stands("after Promote", added, first, added)
		if err := r.Drop(p, first); err != nil {
			t.Error(err)
		}
		stands("after Drop", added, added)
		wants(t, "Drop of a dropped key", r.Drop(p, first), ErrUnknownKey)
		wants(t, "Promote of a dropped key", r.Promote(p, first), ErrUnknownKey)
		stands("after refusals", added, added)
	}
}

func TestOldKeysOpenUntilTheyAreDropped(t *testing.T) {
	r, _ := newRing(t)
	first := must(r.Primary(Addresses))(t)
	sealed := must(r.Seal([]byte("x"), address))(t)
	sum := must(r.Sum(Index, "label", nil))(t)
	for _, p := range []Purpose{Addresses, Index} {
		if err := r.Promote(p, must(r.AddKey(p))(t)); err != nil {
			t.Fatal(err)
		}
	}
	if got := must(r.Open(sealed, address))(t); string(got) != "x" {
		t.Errorf("after Promote the old value opens as %q", got)
	}
	if diff := cmp.Diff(sum, must(r.SumWith(Index, sum.KeyID, "label", nil))(t)); diff != "" {
		t.Errorf("sum by the old key (-before +after Promote):\n%s", diff)
	}
	if err := r.Drop(Addresses, first); err != nil {
		t.Fatal(err)
	}
	_, err := r.Open(sealed, address)
	wants(t, "Open after Drop", err, ErrUnknownKey)
}

func TestAChangeOfOnePurposeLeavesTheOthers(t *testing.T) {
	r, _ := newRing(t)
	before := map[Purpose][]uint32{}
	for _, p := range purposes {
		before[p] = must(r.KeyIDs(p))(t)
	}
	before[Index] = append(before[Index], must(r.AddKey(Index))(t))
	after := map[Purpose][]uint32{}
	for _, p := range purposes {
		after[p] = must(second(t, r).KeyIDs(p))(t)
	}
	if diff := cmp.Diff(before, after); diff != "" {
		t.Errorf("keys (-want +got):\n%s", diff)
	}
}

func TestTwoCommandsDoNotLoseEachOthersKeys(t *testing.T) {
	r, _ := newRing(t)
	var mu sync.Mutex
	want := must(r.KeyIDs(Index))(t)
	var commands sync.WaitGroup
	for range 4 {
		command := second(t, r)
		commands.Go(func() {
			for range 5 {
				id, err := command.AddKey(Index)
				if err != nil {
					t.Error(err)
				}
				mu.Lock()
				want = append(want, id)
				mu.Unlock()
			}
		})
	}
	commands.Wait()
	got := must(second(t, r).KeyIDs(Index))(t)
	slices.Sort(got)
	slices.Sort(want)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("keys in the file (-added +found):\n%s", diff)
	}
}

func TestAChangeKeepsALinkAndTheMode(t *testing.T) {
	r, _ := newRing(t)
	link := r.path + ".link"
	if err := os.Symlink(r.path, link); err != nil {
		t.Fatal(err)
	}
	linked := must(Load(link, nil))(t)
	key := must(linked.AddKey(Codes))(t)
	if info := must(os.Lstat(link))(t); info.Mode().Type() != os.ModeSymlink {
		t.Errorf("the link became %v", info.Mode())
	}
	if info := must(os.Stat(r.path))(t); info.Mode() != 0o600 {
		t.Errorf("the file has mode %v, want 0600", info.Mode())
	}
	if ids := must(second(t, r).KeyIDs(Codes))(t); !slices.Contains(ids, key) {
		t.Errorf("keys in the file %v lack %d, added through a link", ids, key)
	}
}

func TestAFailedChangeLeavesTheFile(t *testing.T) {
	r, _ := newRing(t)
	before := must(os.ReadFile(r.path))(t)
	broken := errors.New("broken")
	err := rewrite(r.path, r.id, func(f *file) error {
		delete(f.sets, Index)
		return broken
	})
	wants(t, "rewrite", err, broken)
	wants(t, "rewrite of another file", rewrite(r.path, "another", func(*file) error { return nil }), ErrOtherFile)
	if diff := cmp.Diff(before, must(os.ReadFile(r.path))(t)); diff != "" {
		t.Errorf("the file (-before +after):\n%s", diff)
	}
}
