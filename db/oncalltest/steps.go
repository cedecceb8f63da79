package oncalltest

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"callbook/internal/contacts"
	"callbook/internal/oncall"
)

// AddMobile adds a channel for text messages to a person of its own.
func AddMobile(t testing.TB, w *World, alias, address string) oncall.ARN {
	t.Helper()
	return AddChannel(t, w, oncall.NewChannel{Contact: AddPerson(t, w, alias), Address: address})
}

// CodeOf returns the code that waits to be sent to a channel.
func CodeOf(t testing.TB, w *World, arn oncall.ARN) string {
	t.Helper()
	code := w.CodeMessage(t, arn).Content.Code
	if code == "" {
		t.Fatalf("no code waits for %s", arn)
	}
	return code
}

// OtherCode returns a code that is not this one.
func OtherCode(code string) string {
	if code == "123456" {
		return "654321"
	}
	return "123456"
}

func EnterCode(t testing.TB, w *World, arn oncall.ARN, code string) error {
	t.Helper()
	return w.ActivateChannel(t.Context(), Program, arn, code)
}

// SendCode asks for a new code once the cool-down is over, and returns it.
func SendCode(t testing.TB, w *World, arn oncall.ARN) string {
	t.Helper()
	if wait := LoadChannel(t, w, arn).Code.Wait(w.Now()); wait > 0 {
		w.Clock.Pass(wait)
	}
	if err := w.SendActivationCode(t.Context(), Program, arn); err != nil {
		t.Fatalf("send a code: %v", err)
	}
	return CodeOf(t, w, arn)
}

// Entries returns every entry, the oldest first.
func Entries(t testing.TB, w *World) []oncall.Entry {
	t.Helper()
	page, err := w.Audit(context.Background(), Operator, oncall.AuditQuery{Limit: 1024})
	if err != nil {
		t.Fatal(err)
	}
	slices.Reverse(page.Entries)
	return page.Entries
}

// RawTrail returns every value of the trail as text, and the bytes of the files.
func RawTrail(t rapid.TB, w *World) string {
	t.Helper()
	var all strings.Builder
	pool, err := sql.Open("sqlite", "file:"+w.Path)
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	rows, err := pool.Query("SELECT * FROM audit")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	names, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	for rows.Next() {
		values, into := make([]any, len(names)), make([]any, len(names))
		for i := range values {
			into[i] = &values[i]
		}
		if err := rows.Scan(into...); err != nil {
			t.Fatal(err)
		}
		for _, v := range values {
			fmt.Fprintf(&all, "%s\n", fmt.Sprint(v))
		}
	}
	for _, suffix := range []string{"", "-wal", "-shm"} {
		content, err := os.ReadFile(w.Path + suffix)
		if err != nil {
			t.Fatal(err)
		}
		all.Write(content)
	}
	return all.String()
}

// ChangeChannel applies a change as a program does.
func ChangeChannel(t *testing.T, w *World, in oncall.ChannelChange) oncall.Channel {
	t.Helper()
	c, err := w.UpdateChannel(t.Context(), Program, in)
	if err != nil {
		t.Fatal(err)
	}
	Same(t, "what is returned is what is stored", LoadChannel(t, w, in.Channel).Channel, c)
	return c
}

// WantLimited fails the test unless err is a Limited with this reason, wait and
// sentence.
func WantLimited(t testing.TB, err error, reason oncall.Reason, wait time.Duration, message string) {
	t.Helper()
	WantRefusal(t, err, oncall.Limited, reason, message)
	Same(t, "wait", wait, oncall.RetryAfterOf(err))
}

// SpendCodes sends codes to an address by channels of other contacts.
func SpendCodes(t testing.TB, w *World, address string, codes int) {
	t.Helper()
	for n := range codes {
		of := oncall.SMS
		if n%2 == 1 {
			of = oncall.Voice
		}
		AddChannel(t, w, oncall.NewChannel{Contact: AddPerson(t, w, fmt.Sprintf("s%s-%d", address[1:], n)), Type: of, Address: address})
	}
}

func PutPolicy(t testing.TB, w *World, contact oncall.ARN, text string) {
	t.Helper()
	if err := w.PutPolicy(t.Context(), Program, oncall.PolicyChange{Contact: contact, Policy: text}); err != nil {
		t.Fatal(err)
	}
}

func PolicyOf(t testing.TB, w *World, contact oncall.ARN) string {
	t.Helper()
	text, err := w.Policy(t.Context(), Program, contact)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// AddCrowd adds people with one channel each, a second apart, and returns the
// channels by alias.
func AddCrowd(t testing.TB, w *World, n int) map[string]oncall.ARN {
	t.Helper()
	arns := map[string]oncall.ARN{}
	for i := range n {
		alias := fmt.Sprintf("p%03d", i)
		arns[alias] = AddMobile(t, w, alias, fmt.Sprintf("+15005%06d", i))
		w.Clock.Pass(time.Second)
	}
	return arns
}

// Exec changes what is stored of somebody, as a bad disk would.
func Exec(t testing.TB, w *World, statement string) {
	t.Helper()
	pool, err := sql.Open("sqlite", "file:"+w.Path+"?_pragma=busy_timeout(5000)")
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	if r, err := pool.Exec(statement); err != nil {
		t.Fatal(err)
	} else if n, err := r.RowsAffected(); err != nil || n != 1 {
		t.Fatalf("%s: %d rows, %v", statement, n, err)
	}
}

var EnvTag = []oncall.Tag{{Key: "env", Value: "prod"}}

func TagsOf(t testing.TB, w *World, contact oncall.ARN) []oncall.Tag {
	t.Helper()
	list, err := w.Tags(t.Context(), Program, contact)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// ShortSum is what the trail keeps of a text that is too long for it.
func ShortSum(text string) string {
	of := sha256.Sum256([]byte(text))
	return hex.EncodeToString(of[:8])
}

// AddPerson adds a personal contact with this alias.
func AddPerson(t testing.TB, w *World, alias string) oncall.ARN {
	t.Helper()
	return AddContact(t, w, oncall.NewContact{Alias: alias, Type: oncall.Personal})
}

func AddContact(t testing.TB, w *World, in oncall.NewContact) oncall.ARN {
	t.Helper()
	arn, err := w.CreateContact(t.Context(), Program, in)
	if err != nil {
		t.Fatalf("contact %s: %v", in.Alias, err)
	}
	return arn
}

// AddChannel adds a channel, which is as a program adds it.
func AddChannel(t testing.TB, w *World, in oncall.NewChannel) oncall.ARN {
	t.Helper()
	if in.Name == "" {
		in.Name = "mobile"
	}
	if in.Type == "" {
		in.Type = oncall.SMS
	}
	arn, err := w.CreateChannel(t.Context(), Program, in)
	if err != nil {
		t.Fatalf("channel at %s: %v", in.Address, err)
	}
	return arn
}

// Activate proves a channel by a code that was sent through it.
func Activate(t testing.TB, w *World, arn oncall.ARN) {
	t.Helper()
	w.Activate(t, arn)
}

func LoadChannel(t testing.TB, w *World, arn oncall.ARN) contacts.ChannelDetail {
	t.Helper()
	d, err := w.Channel(t.Context(), Program, arn)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// AddressOf returns a channel's address in the clear.
func AddressOf(t testing.TB, w *World, arn oncall.ARN) oncall.Address {
	t.Helper()
	a, err := w.RevealAddress(t.Context(), Manager, arn)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func LoadContact(t testing.TB, w *World, arn oncall.ARN) oncall.Contact {
	t.Helper()
	c, err := w.Contact(t.Context(), Program, arn)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// ChannelsOf returns the ARNs of a contact's channels.
func ChannelsOf(t testing.TB, w *World, contact oncall.ARN) []oncall.ARN {
	t.Helper()
	_, channels, err := w.Channels(t.Context(), Program, contact)
	if err != nil {
		t.Fatal(err)
	}
	var arns []oncall.ARN
	for _, c := range channels {
		arns = append(arns, c.ARN)
	}
	return arns
}

// WantRefusal checks that err is an *Error with this Kind, Reason and sentence; an
// Invalid one has the reason in its first field.
func WantRefusal(t testing.TB, err error, kind oncall.Kind, reason oncall.Reason, message string) {
	t.Helper()
	if err == nil {
		t.Errorf("got no error, want %q", message)
		return
	}
	got := oncall.ReasonOf(err)
	if fields := oncall.FieldErrors(err); kind == oncall.Invalid && len(fields) > 0 {
		got = fields[0].Reason
	}
	if oncall.KindOf(err) != kind || got != reason || err.Error() != message {
		t.Errorf("got kind %d, reason %q, %q\nwant kind %d, reason %q, %q", oncall.KindOf(err), got, err, kind, reason, message)
	}
}

// WantResource checks that a Conflict names the resource in the way.
func WantResource(t testing.TB, err error, resource oncall.ARN) {
	t.Helper()
	e, ok := err.(*oncall.Error)
	if !ok || e.Resource != resource {
		t.Errorf("got %+v, want the resource %s in the way", err, resource)
	}
}

func Same[T any](t testing.TB, what string, want, got T, options ...cmp.Option) {
	t.Helper()
	if diff := cmp.Diff(want, got, options...); diff != "" {
		t.Errorf("%s: -want +got\n%s", what, diff)
	}
}
