package sqlite

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"callbook/db"
	"callbook/internal/account"
	"callbook/internal/keyring"
	"callbook/internal/oncall"
	"callbook/internal/seal"
)

// handClock is a clock that is moved by hand. It is safe for concurrent use.
type handClock struct{ micros atomic.Int64 }

func (c *handClock) now() time.Time { return time.UnixMicro(1_800_000_000_000_000 + c.micros.Load()) }

// wait lets the time pass at once.
func (c *handClock) wait(ctx context.Context, d time.Duration) error {
	c.micros.Add(d.Microseconds())
	return ctx.Err()
}

// program is a process that has the database open.
type program struct {
	*Store
	*rooms
}

func startProgram(t *testing.T, path string, c *handClock) program {
	t.Helper()
	s, err := Open(t.Context(), path, Options{Scope: testScope, Now: c.now})
	if err != nil {
		t.Fatal(err)
	}
	closeAfter(t, s)
	return program{s, newRooms(s, roomOptions{Scope: testScope, Now: c.now})}
}

// rotated is a database under rotation: what a server and a command share, and
// what must be found in it.
type rotated struct {
	path            string
	clock           handClock
	server, command program
	addresses       map[oncall.ARN]string // of every channel
	secrets         map[string]string     // of every access key
	n               int
}

func newRotated(t *testing.T) *rotated {
	t.Helper()
	r := &rotated{path: testPath(t), addresses: map[oncall.ARN]string{}, secrets: map[string]string{}}
	r.server = startProgram(t, r.path, &r.clock)
	r.command = startProgram(t, r.path, &r.clock)
	for _, alias := range []string{"ana", "ben"} {
		if _, err := r.server.CreateContact(t.Context(), keeper, oncall.NewContact{Alias: alias, Type: oncall.Personal}); err != nil {
			t.Fatal(err)
		}
	}
	for range 3 {
		r.write(t)
	}
	return r
}

// write lets the server add a channel and a secret, move a channel, and refuse
// duplicates of every address there is.
func (r *rotated) write(t *testing.T) {
	t.Helper()
	r.n++
	contact := testScope.Contact([]string{"ana", "ben"}[r.n%2])
	address := fmt.Sprintf("n%d@example.org", r.n)
	arn, err := r.server.CreateChannel(t.Context(), keeper, oncall.NewChannel{Contact: contact, Name: "n", Type: oncall.Email, Address: address})
	if err != nil {
		t.Fatalf("channel at %s: %v", address, err)
	}
	r.addresses[arn] = address
	first := slices.MinFunc(r.arns(), func(a, b oncall.ARN) int { return strings.Compare(string(a), string(b)) })
	moved := fmt.Sprintf("m%d@example.org", r.n)
	if _, err := r.server.UpdateChannel(t.Context(), keeper, oncall.ChannelChange{Channel: first, Address: &moved}); err != nil {
		t.Fatalf("move to %s: %v", moved, err)
	}
	r.addresses[first] = moved
	key, secret, err := r.server.CreateAccessKey(t.Context(), keeper, account.NewAccessKey{Name: "ci", Role: oncall.Manager})
	if err != nil {
		t.Fatalf("access key: %v", err)
	}
	r.secrets[key.ID] = secret
	r.refusesDuplicates(t)
}

// stop ends the server and the command.
func (r *rotated) stop(t *testing.T) {
	t.Helper()
	if err := errors.Join(r.server.Close(), r.command.Close()); err != nil {
		t.Fatal(err)
	}
}

// start starts both again.
func (r *rotated) start(t *testing.T) {
	t.Helper()
	if err := r.command.Close(); err != nil {
		t.Fatal(err)
	}
	r.server, r.command = startProgram(t, r.path, &r.clock), startProgram(t, r.path, &r.clock)
}

func (r *rotated) arns() (list []oncall.ARN) {
	for arn := range r.addresses {
		list = append(list, arn)
	}
	return list
}

// refusesDuplicates fails unless every address can be had once.
func (r *rotated) refusesDuplicates(t *testing.T) {
	t.Helper()
	for arn, address := range r.addresses {
		contact := oncall.ARN(strings.Replace(string(arn[:strings.LastIndex(string(arn), "/")]), "contact-channel", "contact", 1))
		_, err := r.server.CreateChannel(t.Context(), keeper, oncall.NewChannel{Contact: contact, Name: "n", Type: oncall.Email, Address: address})
		if oncall.ReasonOf(err) != oncall.Duplicate || oncall.ResourceOf(err) != arn {
			t.Fatalf("%s again: got %v, %s, want the one that is there, %s", address, err, oncall.ResourceOf(err), arn)
		}
	}
}

// keeps fails unless everything can be read through a program.
func (r *rotated) keeps(t *testing.T, through program) {
	t.Helper()
	for arn, want := range r.addresses {
		got, err := through.RevealAddress(t.Context(), keeper, arn)
		if err != nil || got.Canonical != want {
			t.Fatalf("address of %s: got %+v, %v, want %s", arn, got, err, want)
		}
	}
	for id, want := range r.secrets {
		if _, got, err := through.AccessKeySecret(t.Context(), id); err != nil || got != want {
			t.Fatalf("secret of %s: got %v", id, err)
		}
	}
	r.keepsMessages(t, through)
}

// keepsMessages fails unless the newest code of every channel waits to be sent to
// its address.
func (r *rotated) keepsMessages(t *testing.T, through program) {
	t.Helper()
	to := map[oncall.ARN]string{}
	err := through.Update(t.Context(), func(q db.Queries) error {
		list, err := q.ClaimMessages(oncall.ActivationQueue, oncall.Email, r.clock.now(), r.clock.now(), 1000)
		for _, m := range list {
			to[testScope.Channel(m.Alias, m.Channel)] = m.Content.To
		}
		return errors.Join(err, errLooked)
	})
	if diff := cmp.Diff(r.addresses, to); diff != "" || !errors.Is(err, errLooked) {
		t.Fatalf("%v, where messages go (-want +got):\n%s", err, diff)
	}
}

// errLooked undoes what looking has changed.
var errLooked = errors.New("only looked")

// settled fails unless nothing of the old key is left, in the database or in the
// key file.
func (r *rotated) settled(t *testing.T, p keyring.KeyPurpose, old uint32) {
	t.Helper()
	ids, primary, err := r.command.KeyFile().Keys(p)
	if err != nil || len(ids) != 1 || primary == old {
		t.Fatalf("keys for %s: got %v, primary %d, %v, want one that is not %d", p, ids, primary, err, old)
	}
	if p == keyring.AddressKeys {
		for _, c := range db.SealedColumns() {
			for _, row := range rowsOf(t, r.command.Store, "SELECT "+c.Column+" FROM "+c.Table+" WHERE "+c.Column+" IS NOT NULL") {
				if id, err := seal.SealedBy(row[0].([]byte)); err != nil || id != primary {
					t.Fatalf("%s.%s: sealed by %d, %v, want %d", c.Table, c.Column, id, err, primary)
				}
			}
		}
		return
	}
	r.foundBy(t, primary)
}

// foundBy fails unless every address is found by one key.
func (r *rotated) foundBy(t *testing.T, key uint32) {
	t.Helper()
	if got := rowsOf(t, r.command.Store, "SELECT index_key FROM installation")[0][0]; got != int64(key) {
		t.Fatalf("key of the index: got %d, want %d", got, key)
	}
	for _, row := range rowsOf(t, r.command.Store, "SELECT contact, id, address_hash FROM channel") {
		canonical := r.addresses[testScope.Channel(row[0].(string), row[1].(string))]
		sum, err := r.command.Keys().SumWith(seal.Index, key, "address", []byte(canonical))
		if err != nil || !slices.Equal(sum.MAC[:], row[2].([]byte)) {
			t.Fatalf("%s of %s is not found by key %d: %v", row[1], row[0], key, err)
		}
	}
}

// breaker breaks a rotation at one of its steps, before or after that is done.
type breaker struct {
	left  int
	after bool
}

var errBroken = errors.New("the rotation was interrupted")

func (b *breaker) step(do func() error) error {
	b.left--
	if b.left == 0 && !b.after {
		return errBroken
	}
	err := do()
	if b.left == 0 && err == nil {
		return errBroken
	}
	return err
}

type breakingKeys struct {
	keyring.KeyFile
	*breaker
}

func (k breakingKeys) Add(p keyring.KeyPurpose) (id uint32, err error) {
	err = k.step(func() (err error) { id, err = k.KeyFile.Add(p); return err })
	return id, err
}

func (k breakingKeys) Promote(p keyring.KeyPurpose, id uint32) error {
	return k.step(func() error { return k.KeyFile.Promote(p, id) })
}

func (k breakingKeys) Drop(p keyring.KeyPurpose, id uint32) error {
	return k.step(func() error { return k.KeyFile.Drop(p, id) })
}

type breakingStore struct {
	db.Transactor
	*breaker
}

func (s breakingStore) Update(ctx context.Context, fn func(db.Queries) error) error {
	return s.step(func() error { return s.Transactor.Update(ctx, fn) })
}

// rotate runs the command until it breaks. The server is stopped while the key of
// the index changes.
func (r *rotated) rotate(t *testing.T, index bool, b *breaker) error {
	if index {
		r.stop(t)
		s, err := Open(t.Context(), r.path, Options{Exclusive: true, Now: r.clock.now})
		if err != nil {
			t.Fatal(err)
		}
		r.command = program{Store: s}
		defer r.start(t)
	}
	service := newRooms(breakingStore{r.command.Store, b}, roomOptions{Scope: testScope, Now: r.clock.now})
	_, err := service.RotateSeal(t.Context(), keeper, keyring.Rekey{Index: index, BatchSize: 2,
		Keys: breakingKeys{r.command.KeyFile(), b}, Wait: r.clock.wait})
	return err
}

func purposeOf(index bool) keyring.KeyPurpose {
	if index {
		return keyring.IndexKeys
	}
	return keyring.AddressKeys
}
