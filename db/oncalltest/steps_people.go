package oncalltest

import (
	"strings"
	"testing"
	"time"

	"callbook/internal/account"
	"callbook/internal/oncall"
)

var Operator = oncall.Actor{Door: oncall.Command, Principal: "root", Name: "root", Role: oncall.Admin}

// TokenReusedSentence is what a token gets that stands for something else.
func TokenReusedSentence(arn oncall.ARN) string {
	return "This idempotency token was used with other parameters, for " + string(arn) + ": use a new token for something new."
}

// Who asks in the tests about people.
var (
	Visitor = oncall.Actor{Door: oncall.Browser, Client: "203.0.113.7", Request: "r1"}
)

// AddUser adds a user with a good password.
func AddUser(t testing.TB, w *World, email string, role oncall.Role) oncall.User {
	t.Helper()
	u, err := w.AddUser(t.Context(), Admin, account.NewUser{Email: email, Role: role}, Password)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// SignIn returns the token of a session.
func SignIn(t testing.TB, w *World, email, password string) string {
	t.Helper()
	token, err := w.SignIn(t.Context(), Visitor, account.Credentials{Email: email, Password: password})
	if err != nil {
		t.Fatalf("sign-in of %s: %v", email, err)
	}
	return token
}

// Invite invites a user and returns the token of the link.
func Invite(t testing.TB, w *World, email string, role oncall.Role) (oncall.User, string) {
	t.Helper()
	u, token, err := w.InviteUser(t.Context(), Admin, account.NewUser{Email: email, Role: role})
	if err != nil {
		t.Fatal(err)
	}
	return u, token
}

// TrailLines returns the audit trail, the newest entry first, as
// "operation outcome actor resource".
func TrailLines(t testing.TB, w *World) []string {
	t.Helper()
	page, err := w.Audit(t.Context(), Admin, oncall.AuditQuery{Limit: 100})
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, e := range page.Entries {
		resource := string(e.Resource[strings.LastIndexByte(string(e.Resource), ':')+1:])
		lines = append(lines, strings.Join([]string{string(e.Operation), string(e.Outcome), e.Actor, resource}, " "))
	}
	return lines
}

const (
	DeadLinkSentence = "This link is no longer good: ask for a new one."
	SaySetUp         = "Callbook is set up already: sign in, or ask an admin for an invitation."
)

const NoSignInSentence = "This did not sign you in: check the email address and the password."

// WrongSignIn signs in with a wrong password and returns how long it says to wait.
func WrongSignIn(t testing.TB, w *World, by oncall.Actor, email string) time.Duration {
	t.Helper()
	_, err := w.SignIn(t.Context(), by, account.Credentials{Email: email, Password: "wrong password"})
	if oncall.KindOf(err) != oncall.Limited {
		WantRefusal(t, err, oncall.Denied, oncall.NoSignIn, NoSignInSentence)
	}
	return oncall.RetryAfterOf(err)
}
