package account_test

import (
	"testing"

	"callbook/db/oncalltest"
	"callbook/internal/account"
	"callbook/internal/oncall"
)

// A user is one user in every door, however the email address is written.
func TestUserIsFoundHoweverTheEmailIsWritten(t *testing.T) {
	w := oncalltest.New(t)
	jose := oncalltest.AddUser(t, w, "jose\u0301@example.org", oncall.Viewer)
	for _, email := range []string{"josé@example.org", "JOSE\u0301@EXAMPLE.ORG", "JOSÉ@example.org"} {
		oncalltest.Same(t, "signed in", "jose\u0301@example.org", signedIn(t, w, oncalltest.SignIn(t, w, email, oncalltest.Password)))
		_, _, err := w.InviteUser(t.Context(), oncalltest.Admin, account.NewUser{Email: email, Role: oncall.Viewer})
		oncalltest.Same(t, "reason", oncall.EmailTaken, oncall.ReasonOf(err))
	}
	linked := external(t, w, identity("1", "JOSÉ@example.org", oncall.Viewer))
	oncalltest.Same(t, "user of the identity", jose.ID, linked.ID)
	other := external(t, w, identity("2", "jose@example.org", oncall.Viewer))
	if other.ID == jose.ID {
		t.Error("another mailbox is linked to the user")
	}
}

func TestUserNameOfWhichNothingIsSeenIsRefused(t *testing.T) {
	w := oncalltest.New(t)
	for _, name := range []string{"\u3164", "\u115f\u1160", "\uffa0", "\u2800", "\u3164 \u3164", "\u034f", "\ufe0f", "\u00ad", "\u200b", "\u2060", "\U000e0041"} {
		_, _, err := w.InviteUser(t.Context(), oncalltest.Admin, account.NewUser{Email: "ana@example.org", Name: name, Role: oncall.Viewer})
		if fields := oncall.FieldErrors(err); len(fields) != 1 || fields[0].Field != oncall.FieldName {
			t.Errorf("%+q: got %v, want the name to be refused", name, err)
		}
	}
}
