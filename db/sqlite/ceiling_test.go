package sqlite

import (
	"context"
	"database/sql"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"callbook/db/dbtest/ceiling"
	"callbook/internal/oncall"
	"callbook/internal/outbox"
)

// recorder notes what a driver executes, without preparations and steps.
type recorder struct {
	mu    sync.Mutex
	texts []string
}

func (r *recorder) hook(s statement) error {
	if s.begins(preparing) || s.begins(stepping) {
		return nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.texts = append(r.texts, s.text)
	return nil
}

// TestCeilingExecutesWhatACreationExecutes keeps the benchmark honest: the
// ceiling changes with the statements of a creation, or this fails.
func TestCeilingExecutesWhatACreationExecutes(t *testing.T) {
	want, got := executedByCreation(t), executedByCeiling(t)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the ceiling (+) executes something else than a creation (-):\n%s", diff)
	}
}

func executedByCreation(t *testing.T) []string {
	t.Helper()
	f, r := &faults{}, &recorder{}
	s := openFaulty(t, f)
	service := newRooms(s, roomOptions{Scope: testScope, Limits: outbox.Limits{PerHour: 9, PerPrefix: 9, PerDay: 9}})
	by := oncall.Actor{Door: oncall.API, Principal: "test", Name: "test", Role: oncall.Manager}
	contact, err := service.CreateContact(t.Context(), by, oncall.NewContact{Alias: "ana", Type: oncall.Personal})
	if err != nil {
		t.Fatal(err)
	}
	// The channel is a further one: the person waits for a code already.
	_, err = service.CreateChannel(t.Context(), by, oncall.NewChannel{Contact: contact, Name: "mail", Type: oncall.Email, Address: "ana@example.org"})
	if err != nil {
		t.Fatal(err)
	}
	f.use(r.hook)
	_, err = service.CreateChannel(t.Context(), by, oncall.NewChannel{Contact: contact, Name: "mobile", Type: oncall.SMS, Address: "+15005550199", Token: "t"})
	f.use(nil)
	if err != nil {
		t.Fatal(err)
	}
	return r.texts
}

func executedByCeiling(t *testing.T) []string {
	t.Helper()
	path := testPath(t)
	made(t, path, "ana")
	f, r := &faults{}, &recorder{}
	pool, err := sql.Open(f.name(), dsn(path, "rw", "foreign_keys(ON)"))
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	conn, err := pool.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	c := ceiling.Start(context.Background(), conn)
	f.use(r.hook)
	err = c.Create(
		[]any{[]byte("key"), []byte("parameters"), "arn", 1, 0},
		[]any{"ana"},
		[]any{[]byte("sum")},
		[]any{[]byte("sum"), 1, 2, 9},
		[]any{[]byte("prefix"), 1, 2, 9},
		[]any{1, 2, 1, 2},
		nil,
		[]any{"ana", "id", "mobile", "SMS", "+1", nil, nil, nil, nil, 1, 1, 1, []byte("key"), []byte("sealed"), []byte("sum"),
			[]byte("code"), 1, []byte("link"), 1, "n", 2, 1, "m"},
		[]any{"m", "activation", "code", "SMS", "ana", "id", "", "waiting", 0, 1, 1, 2, "", "", "", "", 1, nil, []byte("sum"), []byte("prefix"), []byte("content"), 1},
		nil,
		[]any{1, 1, "api", "p", "a", "CreateContactChannel", "done", "arn", "ana", "[]", "", "", 1, []byte("mac")},
	)
	f.use(nil)
	c.Stop()
	if err != nil {
		t.Fatal(err)
	}
	return r.texts
}

func TestCeilingIsUnderAHundredLines(t *testing.T) {
	text, err := os.ReadFile("../dbtest/ceiling/ceiling.go")
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(string(text), "\n"); n >= 100 {
		t.Errorf("%d lines", n)
	}
}
