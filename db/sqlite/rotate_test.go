package sqlite

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"callbook/db"
	"callbook/internal/keyring"
	"callbook/internal/oncall"
)

// Every step of a rotation is the one at which it is interrupted, before it is
// done and after; then the server writes, and the rotation is run again.
func TestInterruptedRotationIsFinished(t *testing.T) {
	for _, index := range []bool{false, true} {
		for _, after := range []bool{false, true} {
			t.Run(fmt.Sprintf("index %t, after %t", index, after), func(t *testing.T) {
				steps := 1
				for ; ; steps++ {
					r := newRotated(t)
					_, old, err := r.command.KeyFile().Keys(purposeOf(index))
					if err != nil {
						t.Fatal(err)
					}
					b := &breaker{left: steps, after: after}
					err = r.rotate(t, index, b)
					if err != nil && !errors.Is(err, errBroken) {
						t.Fatalf("step %d: got %v", steps, err)
					}
					whole := b.left > 0
					r.keeps(t, r.server)
					r.write(t)
					if whole == (err != nil) {
						t.Fatalf("step %d: got %v with %d steps left", steps, err, b.left)
					}
					if err != nil {
						left := keysOf(t, r, index)
						if err := r.rotate(t, index, &breaker{}); err != nil {
							t.Fatalf("again after step %d: got %v", steps, err)
						}
						if now := keysOf(t, r, index); len(left) == 2 && !slices.Equal(now, left[1:]) {
							t.Fatalf("again after step %d: the keys were %v and are %v, want the newer one", steps, left, now)
						}
					}
					r.write(t)
					r.settled(t, purposeOf(index), old)
					for _, p := range []program{r.server, r.command, startProgram(t, r.path, &r.clock)} {
						r.keeps(t, p)
					}
					if _, faults, err := r.server.VerifyAudit(t.Context(), keeper, nil); err != nil || len(faults) > 0 {
						t.Fatalf("step %d: the trail has %v, %v", steps, faults, err)
					}
					if whole {
						break
					}
				}
				if want := map[bool]int{false: 9, true: 4}[index]; steps-1 < want {
					t.Errorf("a rotation has %d steps, want at least %d: this test proves little", steps-1, want)
				}
			})
		}
	}
}

func keysOf(t *testing.T, r *rotated, index bool) []uint32 {
	t.Helper()
	ids, _, err := r.command.KeyFile().Keys(purposeOf(index))
	if err != nil {
		t.Fatal(err)
	}
	return ids
}

// A server writes as fast as it can while the key that seals is changed twice.
func TestServerGoesOnWhileKeysChange(t *testing.T) {
	r := newRotated(t)
	var written atomic.Int64
	ctx, stop := context.WithCancel(t.Context())
	failed := make(chan struct{}) // closed when the server stops writing
	var server sync.WaitGroup
	server.Go(func() {
		defer close(failed)
		for ctx.Err() == nil && !t.Failed() {
			r.writeOnce(t)
			written.Add(1)
		}
	})
	// Whoever waits by this clock leaves the server the time for two writes.
	wait := func(ctx context.Context, d time.Duration) error {
		_ = r.clock.wait(ctx, d)
		for until := written.Load() + 2; written.Load() < until; {
			select {
			case <-failed:
				return errors.New("the server has stopped")
			default:
				runtime.Gosched()
			}
		}
		return nil
	}
	for range 2 {
		_, old, err := r.command.KeyFile().Keys(keyring.AddressKeys)
		if err != nil {
			t.Error(err)
			break
		}
		done, err := r.command.RotateSeal(t.Context(), keeper, keyring.Rekey{Keys: r.command.KeyFile(), BatchSize: 3, Wait: wait})
		if err != nil || done.Rows == 0 {
			t.Errorf("rotation: got %+v, %v", done, err)
			break
		}
		if ids := keysOf(t, r, false); !slices.Equal(ids, []uint32{done.Key}) || done.Key == old {
			t.Errorf("keys: got %v, want %d alone", ids, done.Key)
		}
	}
	stop()
	server.Wait()
	if t.Failed() {
		return
	}
	r.keeps(t, r.server)
	r.keeps(t, startProgram(t, r.path, &r.clock))
	r.refusesDuplicates(t)
}

// writeOnce is write for a server that has much to do: the channels of the two
// contacts are few enough to have room.
func (r *rotated) writeOnce(t *testing.T) {
	for arn := range r.addresses {
		r.n++
		moved := fmt.Sprintf("x%d@example.org", r.n)
		// A program, because a person may change an address 30 times a minute.
		if _, err := r.server.UpdateChannel(t.Context(), robot, oncall.ChannelChange{Channel: arn, Address: &moved}); err != nil {
			t.Errorf("move to %s: %v", moved, err)
			return
		}
		r.addresses[arn] = moved
		if got, err := r.server.RevealAddress(t.Context(), keeper, arn); err != nil || got.Canonical != moved {
			t.Errorf("address of %s: got %+v, %v", arn, got, err)
			return
		}
	}
	for id, want := range r.secrets {
		if _, got, err := r.server.AccessKeySecret(t.Context(), id); err != nil || got != want {
			t.Errorf("secret of %s: %v", id, err)
			return
		}
	}
}

// The server writes at the last moment of each wait, by the keys as it knows them.
func TestServerThatWritesAtTheLastMomentLosesNothing(t *testing.T) {
	r := newRotated(t)
	_, old, err := r.command.KeyFile().Keys(keyring.AddressKeys)
	if err != nil {
		t.Fatal(err)
	}
	waits := 0
	_, err = r.command.RotateSeal(t.Context(), keeper, keyring.Rekey{Keys: r.command.KeyFile(),
		Wait: func(ctx context.Context, d time.Duration) error {
			waits++
			r.write(t)
			return r.clock.wait(ctx, d)
		}})
	if err != nil || waits == 0 {
		t.Fatalf("got %v after %d waits", err, waits)
	}
	r.settled(t, keyring.AddressKeys, old)
	r.keeps(t, r.server)
	r.keeps(t, startProgram(t, r.path, &r.clock))
	r.refusesDuplicates(t)
}

// A key file that was put back from an older copy may lack the key of the index.
func TestIndexWhoseKeyIsLostIsMadeAnew(t *testing.T) {
	r := newRotated(t)
	execute(t, r.path, "UPDATE installation SET index_key = 12345")
	if err := r.rotate(t, true, &breaker{}); err != nil {
		t.Fatal(err)
	}
	r.settled(t, keyring.IndexKeys, 12345)
	r.keeps(t, r.server)
	r.write(t)
}

// A rotation of the index that is killed in its transaction leaves the database
// as it was.
func TestRotationOfTheIndexIsAllOrNothing(t *testing.T) {
	r := newRotated(t)
	_, old, err := r.command.KeyFile().Keys(keyring.IndexKeys)
	if err != nil {
		t.Fatal(err)
	}
	r.stop(t)
	v := startTest(t, rotateVariable+"="+r.path)
	if err := v.Wait(); v.ProcessState.ExitCode() != -1 {
		t.Fatalf("got %v, want it killed", err)
	}
	r.server, r.command = startProgram(t, r.path, &r.clock), startProgram(t, r.path, &r.clock)
	r.foundBy(t, old)
	r.keeps(t, r.server)
	r.write(t)
	if err := r.rotate(t, true, &breaker{}); err != nil {
		t.Fatal(err)
	}
	r.settled(t, keyring.IndexKeys, old)
	r.keeps(t, r.server)
}

// rotateVariable makes the test binary rotate the index of a database and kill
// itself before the commit.
const rotateVariable = "CALLBOOK_TEST_ROTATE_UNTIL_KILLED"

func rotateUntilKilled(path string) int {
	f := &faults{}
	f.use(func(s statement) error {
		if s.begins("UPDATE installation SET index_key = ") {
			self, _ := os.FindProcess(os.Getpid())
			_ = self.Kill()
			<-killed
		}
		return nil
	})
	s, err := open(context.Background(), f.name(), path, Options{Exclusive: true})
	if err == nil {
		_, err = newRooms(s, roomOptions{Scope: s.Scope()}).RotateSeal(context.Background(), keeper, keyring.Rekey{Keys: s.KeyFile(), Index: true})
	}
	fmt.Fprintln(os.Stderr, err)
	return 1
}

func TestExclusiveStoreStandsAlone(t *testing.T) {
	path := testPath(t)
	made(t, path, "ana")
	v := startVictim(t, path) // a process that has the database open and writes
	v.acknowledged(t, 1)
	if _, err := Open(t.Context(), path, Options{Exclusive: true}); !errors.Is(err, ErrInUse) {
		t.Errorf("beside another process: got %v, want ErrInUse", err)
	}
	v.kill(t)
	s := openTest(t, path)
	if _, err := Open(t.Context(), path, Options{Exclusive: true}); !errors.Is(err, ErrInUse) {
		t.Errorf("beside a store: got %v, want ErrInUse", err)
	}
	if err := errors.Join(s.Update(t.Context(), insertOnce("eve")), s.Close()); err != nil {
		t.Errorf("the store that was there: %v", err)
	}
	alone, err := Open(t.Context(), path, Options{Exclusive: true})
	if err != nil {
		t.Fatalf("after a kill and a close: got %v", err)
	}
	var others sync.WaitGroup // each waits for a while
	for _, o := range []Options{{Scope: testScope}, {Exclusive: true}, {ReadOnly: true}} {
		others.Go(func() {
			if s, err := Open(t.Context(), path, o); err == nil {
				closeAfter(t, s)
				t.Errorf("Open beside an exclusive store with %+v: got no error", o)
			}
		})
	}
	others.Wait()
	if !slices.Contains(stored(t, alone), "eve") {
		t.Errorf("contacts in a view: got %v, want eve among them", stored(t, alone))
	}
	if err := alone.Close(); err != nil {
		t.Fatal(err)
	}
	if !slices.Contains(stored(t, openTest(t, path)), "eve") {
		t.Error("the next store does not see what was there")
	}
}

func TestRotationTakesAnAdminAndIsOnRecord(t *testing.T) {
	r := newRotated(t)
	by := keeper
	by.Role = oncall.Manager
	if _, err := r.command.RotateSeal(t.Context(), by, keyring.Rekey{Keys: r.command.KeyFile()}); oncall.KindOf(err) != oncall.Denied {
		t.Errorf("rotation by a manager: got %v", err)
	}
	_, old, _ := r.command.KeyFile().Keys(keyring.AddressKeys)
	var told []int
	done, err := r.command.RotateSeal(t.Context(), keeper, keyring.Rekey{Keys: r.command.KeyFile(), BatchSize: 2, Wait: r.clock.wait,
		OnProgress: func(rows int) { told = append(told, rows) }})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]int{2, 4, 6, 8, 9}, told); diff != "" || done.Rows != 9 { // 3 channels, 3 keys, 3 codes on their way
		t.Errorf("progress (-want +got), %+v:\n%s", done, diff)
	}
	page, err := r.command.Audit(t.Context(), keeper, oncall.AuditQuery{Operation: oncall.RotateSeal})
	if err != nil || len(page.Entries) != 2 {
		t.Fatalf("entries: got %+v, %v", page.Entries, err)
	}
	want := []oncall.AuditChange{{Field: oncall.FieldKey, Before: fmt.Sprint("addresses ", old), After: fmt.Sprint("addresses ", done.Key)}}
	if diff := cmp.Diff(want, page.Entries[0].Changes); diff != "" || page.Entries[1].Outcome != oncall.Refused {
		t.Errorf("entry (-want +got):\n%s", diff)
	}
}

func TestRotationChangesNoVersion(t *testing.T) {
	r := newRotated(t)
	before := rowsOf(t, r.command.Store, "SELECT contact, id, mask, version, updated_at FROM channel")
	for _, index := range []bool{false, true} {
		if err := r.rotate(t, index, &breaker{}); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(before, rowsOf(t, r.command.Store, "SELECT contact, id, mask, version, updated_at FROM channel")); diff != "" {
		t.Errorf("channels (-before +after):\n%s", diff)
	}
}

func TestRotationStopsAtWhatCannotBeOpened(t *testing.T) {
	for _, index := range []bool{false, true} {
		r := newRotated(t)
		execute(t, r.path, "UPDATE channel SET address = substr(address, 1, 40) WHERE contact = 'ana'")
		err := r.rotate(t, index, &breaker{})
		if oncall.KindOf(err) != oncall.Sealed || !strings.Contains(err.Error(), "channel.address of ana/") {
			t.Errorf("index %t: got %v, want Sealed and the place", index, err)
		}
		if len(keysOf(t, r, index)) != 2 {
			t.Errorf("index %t: keys are %v, want the old one to be there still", index, keysOf(t, r, index))
		}
	}
}

func TestLockedDatabaseIsNotRotated(t *testing.T) {
	path := testPath(t)
	made(t, path, "ana")
	remove(t, KeyFile(path))
	s, service := openKeyed(t, path)
	for _, in := range []keyring.Rekey{{Keys: s.KeyFile()}, {Keys: s.KeyFile(), Index: true}, {}} {
		if _, err := service.RotateSeal(t.Context(), keeper, in); oncall.KindOf(err) != oncall.Sealed {
			t.Errorf("got %v, want Sealed", err)
		}
	}
	if got := looks(t, KeyFile(path)); got != "missing" {
		t.Error("a key file was made")
	}
}

// The columns that hold bytes are sealed, and among db.SealedColumns, or they are
// one of these, which are hashes, random numbers or public.
var notSealed = []string{"audit.mac", "ceremony.data", "ceremony.token", "channel.address_hash", "sign_in_failure.name",
	"idempotency.request", "idempotency.parameters", "link.token", "passkey.id", "session.token", "device.token", "users.handle",
	"channel.request", "contact.request", "users.request", "access_key.request",
	"channel.code", "channel.code_link", "message.address", "message.prefix", "stopped.address", "answer.address", "callback.report"}

func TestEverySealedColumnIsRotated(t *testing.T) {
	s := openTest(t, testPath(t))
	var got []string
	for _, row := range rowsOf(t, s, `SELECT m.name || '.' || c.name FROM sqlite_schema m, pragma_table_info(m.name) c
		WHERE m.type = 'table' AND c.type = 'BLOB'`) {
		got = append(got, row[0].(string))
	}
	want := slices.Clone(notSealed)
	for _, c := range db.SealedColumns() {
		want = append(want, c.Table+"."+c.Column)
	}
	slices.Sort(got)
	slices.Sort(want)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("columns of bytes (-known +there): say of each whether it is sealed\n%s", diff)
	}
}
