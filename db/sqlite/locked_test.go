package sqlite

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"callbook/internal/account"
	"callbook/internal/contacts"
	"callbook/internal/oncall"
	"callbook/internal/seal"
)

// lockers are the ways in which a key file stops being the right one, and the
// cause that is told.
var lockers = map[string]struct {
	do   func(t *testing.T, file string) error
	want error
}{
	"missing":   {func(*testing.T, string) error { return nil }, seal.ErrMissing},
	"other":     {func(_ *testing.T, file string) error { _, err := seal.Create(file, nil); return err }, seal.ErrOtherFile},
	"exposed":   {func(t *testing.T, file string) error { return errors.Join(restore(file), os.Chmod(file, 0o644)) }, seal.ErrExposed},
	"malformed": {func(_ *testing.T, file string) error { return os.WriteFile(file, []byte("{}\n"), 0o600) }, seal.ErrMalformed},
	"empty":     {func(_ *testing.T, file string) error { return os.WriteFile(file, nil, 0o600) }, seal.ErrMalformed},
}

// restore copies the file that was moved away back.
func restore(file string) error {
	data, err := os.ReadFile(file + ".away")
	return errors.Join(err, os.WriteFile(file, data, 0o600))
}

// looks returns the content and the mode of the key file, if there is one.
func looks(t *testing.T, file string) string {
	t.Helper()
	info, err := os.Stat(file)
	if errors.Is(err, fs.ErrNotExist) {
		return "missing"
	}
	data, err2 := os.ReadFile(file)
	if err != nil || err2 != nil {
		t.Fatal(err, err2)
	}
	return info.Mode().String() + string(data)
}

func TestWithoutItsKeyFileADatabaseIsReadAndNotChanged(t *testing.T) {
	for name, lock := range lockers {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "data", "callbook.db")
			file := KeyFile(path)
			s, service := openKeyed(t, path)
			channels := withAddresses(t, service)
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			if err := errors.Join(os.Rename(file, file+".away"), lock.do(t, file)); err != nil {
				t.Fatal(err)
			}
			looked := looks(t, file)

			s, service = openKeyed(t, path)
			if !errors.Is(s.Locked(), lock.want) || s.Keys() != nil {
				t.Fatalf("Locked: got %v, want %v", s.Locked(), lock.want)
			}
			before := dump(t, s)
			readWhileLocked(t, service, channels)
			changeWhileLocked(t, service, channels)
			if diff := cmp.Diff(before, dump(t, s)); diff != "" {
				t.Errorf("the locked database was changed (-before +after):\n%s", diff)
			}
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			if got := looks(t, file); got != looked {
				t.Errorf("the key file was %q and is %q", looked, got)
			}

			if err := errors.Join(restore(file), os.Chmod(file, 0o600)); err != nil {
				t.Fatal(err)
			}
			s, service = openKeyed(t, path)
			if a, err := service.RevealAddress(t.Context(), keeper, channels[1]); err != nil || a.Canonical != "+15005550142" || s.Locked() != nil {
				t.Errorf("with the file back: got %+v, %v, %v", a, err, s.Locked())
			}
		})
	}
}

func readWhileLocked(t *testing.T, s *rooms, channels []oncall.ARN) {
	t.Helper()
	for _, search := range []string{"", "name", "ana"} {
		page, err := s.Contacts(t.Context(), keeper, contacts.ContactQuery{Search: search})
		if err != nil || len(page.Contacts) == 0 || page.Contacts[0].Channels[0].Mask != "+1 ••• ••• 0199" {
			t.Errorf("search for %q: got %+v, %v", search, page.Contacts, err)
		}
	}
	d, err := s.Channel(t.Context(), keeper, channels[0])
	if err != nil || d.Mask != "+1 ••• ••• 0199" || len(d.AlsoAt) != 1 || d.AlsoAt[0].Alias != "ben" {
		t.Errorf("channel: got %+v, %v", d, err)
	}
	if page, err := s.Audit(t.Context(), keeper, oncall.AuditQuery{}); err != nil || len(page.Entries) != 6 {
		t.Errorf("trail: got %d entries, %v", len(page.Entries), err)
	}
	if a, err := s.AuditAnchor(t.Context(), keeper); err != nil || a.Seq != 6 {
		t.Errorf("anchor: got %v, %v", a, err)
	}
}

func changeWhileLocked(t *testing.T, s *rooms, channels []oncall.ARN) {
	t.Helper()
	ctx, ana := t.Context(), testScope.Contact("ana")
	_, newContact := s.CreateContact(ctx, keeper, oncall.NewContact{Alias: "eve", Type: oncall.Personal})
	_, withToken := s.CreateContact(ctx, keeper, oncall.NewContact{Alias: "eve", Type: oncall.Personal, Token: "t"})
	_, again := s.CreateContact(ctx, keeper, oncall.NewContact{Alias: "ana", DisplayName: "Name", Type: oncall.Personal, Token: "ana"})
	_, changed := s.UpdateContact(ctx, keeper, oncall.ContactChange{Contact: ana, DisplayName: new("x")})
	_, newChannel := s.CreateChannel(ctx, keeper, oncall.NewChannel{Contact: ana, Name: "n", Type: oncall.SMS, Address: "+12025550143"})
	_, renamed := s.UpdateChannel(ctx, keeper, oncall.ChannelChange{Channel: channels[0], Name: new("x")})
	_, readdressed := s.UpdateChannel(ctx, keeper, oncall.ChannelChange{Channel: channels[0], Address: new("+12025550143")})
	shown, revealed := s.RevealAddress(ctx, keeper, channels[0])
	_, exported := s.ExportAudit(ctx, keeper, oncall.AuditQuery{}, func(oncall.Entry) error { return nil })
	_, _, verified := s.VerifyAudit(ctx, keeper, nil)
	_, _, newKey := s.CreateAccessKey(ctx, keeper, account.NewAccessKey{Name: "ci", Role: oncall.Manager})
	_, claimed := s.ClaimMessages(ctx, oncall.ActivationQueue, oncall.SMS, 9, time.Minute)
	_, replied := s.Reply(ctx, oncall.Actor{}, oncall.Reply{From: "+15005550199", Text: "STOP"})
	for what, err := range map[string]error{
		"new contact": newContact, "new contact with a token": withToken, "a new contact again": again, "changed contact": changed,
		"a code": s.ActivateChannel(ctx, keeper, channels[0], "123456"), "claimed messages": claimed, "a reply": replied,
		"new channel": newChannel, "renamed channel": renamed, "readdressed channel": readdressed, "revealed address": revealed,
		"export of the trail": exported, "verification": verified, "new access key": newKey,
		"deleted channel": s.DeleteChannel(ctx, keeper, channels[2]), "deleted contact": s.DeleteContact(ctx, keeper, ana),
	} {
		if oncall.KindOf(err) != oncall.Sealed {
			t.Errorf("%s while locked: got %v, want kind Sealed", what, err)
		}
	}
	if shown != (oncall.Address{}) {
		t.Errorf("revealed while locked: %+v", shown)
	}
	viewer := keeper
	viewer.Role = oncall.Viewer
	if err := s.DeleteContact(ctx, viewer, ana); oncall.KindOf(err) != oncall.Denied {
		t.Errorf("deletion by a viewer while locked: got %v, want it denied", err)
	}
}
