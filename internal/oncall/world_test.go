package oncall_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"callbook/db/oncalltest"
	"callbook/internal/oncall"
)

// The two who ask in most tests.
var (
	manager = oncalltest.Manager
	program = oncalltest.Program
)

// person adds a personal contact with this alias.
func person(t testing.TB, w *oncalltest.World, alias string) oncall.ARN {
	t.Helper()
	return contact(t, w, oncall.NewContact{Alias: alias, Type: oncall.Personal})
}

func contact(t testing.TB, w *oncalltest.World, in oncall.NewContact) oncall.ARN {
	t.Helper()
	arn, err := w.CreateContact(t.Context(), program, in)
	if err != nil {
		t.Fatalf("contact %s: %v", in.Alias, err)
	}
	return arn
}

// channel adds a channel, which is as a program adds it.
func channel(t testing.TB, w *oncalltest.World, in oncall.NewChannel) oncall.ARN {
	t.Helper()
	if in.Name == "" {
		in.Name = "mobile"
	}
	if in.Type == "" {
		in.Type = oncall.SMS
	}
	arn, err := w.CreateChannel(t.Context(), program, in)
	if err != nil {
		t.Fatalf("channel at %s: %v", in.Address, err)
	}
	return arn
}

// activate proves a channel by a code that was sent through it.
func activate(t testing.TB, w *oncalltest.World, arn oncall.ARN) {
	t.Helper()
	w.Activate(t, arn)
}

func detail(t testing.TB, w *oncalltest.World, arn oncall.ARN) oncall.ChannelDetail {
	t.Helper()
	d, err := w.Channel(t.Context(), program, arn)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// address returns a channel's address in the clear.
func address(t testing.TB, w *oncalltest.World, arn oncall.ARN) oncall.Address {
	t.Helper()
	a, err := w.RevealAddress(t.Context(), manager, arn)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func load(t testing.TB, w *oncalltest.World, arn oncall.ARN) oncall.Contact {
	t.Helper()
	c, err := w.Contact(t.Context(), program, arn)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// channelsOf returns the ARNs of a contact's channels.
func channelsOf(t testing.TB, w *oncalltest.World, contact oncall.ARN) []oncall.ARN {
	t.Helper()
	_, channels, err := w.Channels(t.Context(), program, contact)
	if err != nil {
		t.Fatal(err)
	}
	var arns []oncall.ARN
	for _, c := range channels {
		arns = append(arns, c.ARN)
	}
	return arns
}

// refused checks that err is an *Error with this Kind, Reason and sentence; an
// Invalid one has the reason in its first field.
func refused(t testing.TB, err error, kind oncall.Kind, reason oncall.Reason, message string) {
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

// stands checks that a Conflict names the resource in the way.
func stands(t testing.TB, err error, resource oncall.ARN) {
	t.Helper()
	e, ok := err.(*oncall.Error)
	if !ok || e.Resource != resource {
		t.Errorf("got %+v, want the resource %s in the way", err, resource)
	}
}

func same[T any](t testing.TB, what string, want, got T, options ...cmp.Option) {
	t.Helper()
	if diff := cmp.Diff(want, got, options...); diff != "" {
		t.Errorf("%s: -want +got\n%s", what, diff)
	}
}
