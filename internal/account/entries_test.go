package account_test

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"callbook/db/oncalltest"
	"callbook/internal/access"
	"callbook/internal/account"
	"callbook/internal/oncall"
)

// scene is a world with people in it, before one of them does something.
type scene struct {
	*oncalltest.World
	t *testing.T

	ana     oncall.Actor // a manager with a password, a passkey "phone" and a session
	session string
	ben     oncall.User // disabled
	cyd     oncall.User // invited, not yet in
	invited string      // the token of the invitation
	key     oncall.AccessKey
	linked  account.Identity // of ana at a provider
}

func newScene(t *testing.T) *scene {
	s := &scene{World: oncalltest.New(t, func(o *oncalltest.Options) { o.Mails = true }), t: t}
	s.ana, s.session = s.Member(t, "ana@example.org", oncall.Manager)
	oncalltest.AddUser(t, s.World, "boss@example.org", oncall.Admin)
	s.ben = oncalltest.AddUser(t, s.World, "ben@example.org", oncall.Viewer)
	s.disable(s.ben.ID)
	s.cyd, s.invited = oncalltest.Invite(t, s.World, "cyd@example.org", oncall.Viewer)
	s.linked = identity("1", "ana@example.org", oncall.Manager)
	external(t, s.World, s.linked)
	_, err := s.AddPasskey(t.Context(), s.ana, s.session, newPasskey("phone"))
	if err == nil {
		by := s.ana
		by.Role = oncall.Admin
		s.key, _, err = s.CreateAccessKey(t.Context(), by, account.NewAccessKey{Name: "ci", Role: oncall.Viewer})
	}
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *scene) disable(id string) {
	s.t.Helper()
	yes := true
	if _, err := s.UpdateUser(s.t.Context(), oncalltest.Admin, account.UserChange{User: id, Disabled: &yes}); err != nil {
		s.t.Fatal(err)
	}
}

// entries returns the whole trail, the oldest entry first.
func (s *scene) entries() (lines []string) {
	s.t.Helper()
	list, err := s.Audit(s.t.Context(), oncalltest.Admin, oncall.AuditQuery{Limit: 200})
	if err != nil {
		s.t.Fatal(err)
	}
	for _, e := range list.Entries {
		line := fmt.Sprintf("%s %s by %s on %s", e.Operation, e.Outcome, e.Actor, e.Resource[strings.LastIndexByte(string(e.Resource), ':')+1:])
		for _, c := range e.Changes {
			line += fmt.Sprintf(" %s:%s>%s", c.Field, c.Before, c.After)
		}
		lines = append([]string{strings.ReplaceAll(line, s.key.ID, "KEY")}, lines...)
	}
	return lines
}

// event is one thing that happens to an account, and exactly the entries of the trail that it
// makes.
type event struct {
	name string
	do   func(s *scene) error
	want []string
}

// accountEvents names, for every method of the accounts, what happens to an account by it. A
// method that is missing here fails the test.
var accountEvents = map[string][]event{
	"SetUp": {{"nobody has an account yet", func(s *scene) error {
		fresh := oncalltest.New(s.t)
		s.World = fresh
		link, err := fresh.NewSetUpLink(s.t.Context())
		if err == nil {
			_, err = fresh.SetUp(s.t.Context(), oncalltest.Visitor, account.FirstAdmin{Token: link, Email: "first@example.org", Password: oncalltest.Password})
		}
		return err
	}, []string{"SetUp done by first@example.org on user/first@example.org role:>admin state:>enabled"}}},

	"SignIn": {
		{"right password", func(s *scene) error { return s.signIn("ana@example.org", oncalltest.Password) },
			[]string{"SignIn done by ana@example.org on user/ana@example.org way:>password"}},
		{"wrong password", func(s *scene) error { return s.signIn("ana@example.org", "wrong password") },
			[]string{"SignIn refused by  on user/ana@example.org"}},
		{"disabled user", func(s *scene) error { return s.signIn("ben@example.org", oncalltest.Password) },
			[]string{"SignIn refused by  on user/ben@example.org"}},
		{"no such user", func(s *scene) error { return s.signIn("eve@example.org", "wrong password") },
			[]string{"SignIn refused by  on user/eve@example.org"}},
		{"no address", func(s *scene) error { return s.signIn("hunter2", "wrong password") },
			[]string{"SignIn refused by  on user/-"}},
	},
	"SignInAs": {
		{"a passkey", func(s *scene) error { return s.signInAs(s.ana.Principal, oncall.ByPasskey) },
			[]string{"SignIn done by ana@example.org on user/ana@example.org way:>passkey"}},
		{"a provider", func(s *scene) error { return s.signInAs(s.ana.Principal, oncall.ByOpenID) },
			[]string{"SignIn done by ana@example.org on user/ana@example.org way:>openid"}},
		{"a disabled user", func(s *scene) error { return s.signInAs(s.ben.ID, oncall.ByOpenID) },
			[]string{"SignIn refused by  on user/ben@example.org way:>openid"}},
		{"no user", func(s *scene) error { return s.signInAs("nobody", oncall.ByOpenID) }, nil},
	},
	"RefuseSignIn": {
		{"a user's passkey", func(s *scene) error {
			return s.RefuseSignIn(s.t.Context(), oncalltest.Visitor, oncall.ByPasskey, []byte("phone"))
		}, []string{"SignIn refused by  on user/ana@example.org way:>passkey"}},
		{"nobody's passkey", func(s *scene) error {
			return s.RefuseSignIn(s.t.Context(), oncalltest.Visitor, oncall.ByPasskey, []byte("none"))
		}, []string{"SignIn refused by  on  way:>passkey"}},
		{"an answer of a provider", func(s *scene) error { return s.RefuseSignIn(s.t.Context(), oncalltest.Visitor, oncall.ByOpenID, nil) },
			[]string{"SignIn refused by  on  way:>openid"}},
		{"too many of them", func(s *scene) error {
			for range 300 {
				if err := s.RefuseSignIn(s.t.Context(), oncalltest.Visitor, oncall.ByOpenID, nil); err != nil {
					return err
				}
			}
			return nil
		}, slicesRepeat("SignIn refused by  on  way:>openid", 20)},
	},
	"ExternalUser": {
		{"a new user", func(s *scene) error { return s.external(identity("2", "new@example.org", oncall.Viewer)) },
			[]string{"SignIn done by new@example.org on user/new@example.org name:>N role:>viewer state:>enabled",
				"SignIn done by new@example.org on user/new@example.org way:>linked to https://id.example.org"}},
		{"a user who is linked", func(s *scene) error { return s.external(identity("3", "boss@example.org", oncall.Admin)) },
			[]string{"SignIn done by boss@example.org on user/boss@example.org way:>linked to https://id.example.org"}},
		{"another role", func(s *scene) error { return s.external(identity("1", "ana@example.org", oncall.Viewer)) },
			[]string{"SignIn done by ana@example.org on user/ana@example.org role:manager>viewer"}},
		{"nothing new", func(s *scene) error { return s.external(s.linked) }, nil},
		{"no role", func(s *scene) error { return s.external(identity("4", "eve@example.org", "")) },
			[]string{"SignIn refused by  on user/eve@example.org way:>openid"}},
		{"an address that is not verified", func(s *scene) error {
			in := identity("4", "boss@example.org", oncall.Admin)
			in.EmailVerified = false
			return s.external(in)
		}, []string{"SignIn refused by  on user/boss@example.org way:>openid"}},
		{"another person of the same address", func(s *scene) error { return s.external(identity("5", "ana@example.org", oncall.Admin)) },
			[]string{"SignIn refused by  on user/ana@example.org way:>openid"}},
	},
	"SignOut": {
		{"a session", func(s *scene) error { return s.SignOut(s.t.Context(), s.ana, s.session) },
			[]string{"SignOut done by ana@example.org on user/ana@example.org"}},
		{"no session", func(s *scene) error { return s.SignOut(s.t.Context(), s.ana, "none") }, nil},
	},
	"SignOutEverywhere": {{"", func(s *scene) error { return s.SignOutEverywhere(s.t.Context(), s.ana) },
		[]string{"SignOut done by ana@example.org on user/ana@example.org"}}},

	"RedeemLink": {{"an invitation", func(s *scene) error {
		_, err := s.RedeemLink(s.t.Context(), oncalltest.Visitor, s.invited, oncalltest.Password)
		return err
	}, []string{"RedeemLink done by cyd@example.org on user/cyd@example.org password:>set"}}},
	"ForgotPassword": {
		{"a user", func(s *scene) error {
			return s.ForgotPassword(s.t.Context(), oncalltest.Visitor, "ana@example.org", "")
		},
			[]string{"SignIn done by ana@example.org on user/ana@example.org password:>may be reset by a link that was mailed"}},
		{"nobody", func(s *scene) error {
			return s.ForgotPassword(s.t.Context(), oncalltest.Visitor, "eve@example.org", "")
		}, nil},
		{"a disabled user", func(s *scene) error {
			return s.ForgotPassword(s.t.Context(), oncalltest.Visitor, "ben@example.org", "")
		}, nil},
	},
	"ChangePassword": {
		{"", func(s *scene) error {
			return s.ChangePassword(s.t.Context(), s.ana, account.PasswordChange{Current: oncalltest.Password, New: other, Session: s.session})
		}, []string{"UseAccount done by ana@example.org on user/ana@example.org password:>set"}},
		{"wrong current password", func(s *scene) error {
			return s.ChangePassword(s.t.Context(), s.ana, account.PasswordChange{Current: other, New: other, Session: s.session})
		}, []string{"UseAccount refused by ana@example.org on user/ana@example.org"}},
	},
	"ProveByPassword": {
		{"", func(s *scene) error { return s.ProveByPassword(s.t.Context(), s.ana, s.session, oncalltest.Password) },
			[]string{"SignIn done by ana@example.org on user/ana@example.org way:>password, again"}},
		{"wrong", func(s *scene) error { return s.ProveByPassword(s.t.Context(), s.ana, s.session, "wrong password") },
			[]string{"UseAccount refused by ana@example.org on user/ana@example.org"}},
	},
	"ProveByPasskey": {
		{"", func(s *scene) error { return s.ProveByPasskey(s.t.Context(), s.ana, s.session, s.ana.Principal) },
			[]string{"SignIn done by ana@example.org on user/ana@example.org way:>passkey, again"}},
		{"of another user", func(s *scene) error { return s.ProveByPasskey(s.t.Context(), s.ana, s.session, s.ben.ID) },
			[]string{"UseAccount refused by ana@example.org on user/ana@example.org way:>passkey"}},
	},
	"AddPasskey": {
		{"", func(s *scene) error {
			_, err := s.AddPasskey(s.t.Context(), s.ana, s.session, newPasskey("key"))
			return err
		}, []string{"UseAccount done by ana@example.org on user/ana@example.org passkey:>phone"}},
		{"without a proof", func(s *scene) error {
			s.Clock.Pass(oncall.ProofTTL + account.CeremonyTTL)
			_, err := s.AddPasskey(s.t.Context(), s.ana, s.session, newPasskey("key"))
			return err
		}, nil},
	},
	"DeletePasskey": {
		{"", func(s *scene) error { return s.DeletePasskey(s.t.Context(), s.ana, []byte("phone")) },
			[]string{"UseAccount done by ana@example.org on user/ana@example.org passkey:phone>"}},
		{"none", func(s *scene) error { return s.DeletePasskey(s.t.Context(), s.ana, []byte("none")) }, nil},
	},
	"DeleteUserPasskey": {
		{"", func(s *scene) error {
			return s.DeleteUserPasskey(s.t.Context(), oncalltest.Admin, s.ana.Principal, []byte("phone"))
		}, []string{"UpdateUser done by admin on user/ana@example.org passkey:phone>"}},
		{"of another user", func(s *scene) error {
			return s.DeleteUserPasskey(s.t.Context(), oncalltest.Admin, s.ben.ID, []byte("phone"))
		}, nil},
		{"by a manager", func(s *scene) error {
			return s.DeleteUserPasskey(s.t.Context(), s.ana, s.ana.Principal, []byte("phone"))
		}, []string{"UpdateUser refused by ana@example.org on "}},
	},

	"InviteUser": {{"", func(s *scene) error {
		_, _, err := s.InviteUser(s.t.Context(), oncalltest.Admin, account.NewUser{Email: "new@example.org", Role: oncall.Viewer, Mail: true})
		return err
	}, []string{"InviteUser done by admin on user/new@example.org role:>viewer state:>enabled"}}},
	"AddUser": {{"", func(s *scene) error {
		_, err := s.AddUser(s.t.Context(), oncalltest.Admin, account.NewUser{Email: "new@example.org", Name: "New", Role: oncall.Viewer}, oncalltest.Password)
		return err
	}, []string{"InviteUser done by admin on user/new@example.org name:>New role:>viewer state:>enabled"}}},
	"ResetLink": {
		{"", func(s *scene) error {
			_, err := s.ResetLink(s.t.Context(), oncalltest.Admin, s.ana.Principal)
			return err
		}, []string{"UpdateUser done by admin on user/ana@example.org password:>may be reset by a link"}},
		{"of a disabled user", func(s *scene) error {
			_, err := s.ResetLink(s.t.Context(), oncalltest.Admin, s.ben.ID)
			return err
		}, nil},
	},
	"MailResetLink": {{"", func(s *scene) error { return s.MailResetLink(s.t.Context(), oncalltest.Admin, s.ana.Principal) },
		[]string{"UpdateUser done by admin on user/ana@example.org password:>may be reset by a link"}}},
	"UpdateUser": {
		{"a role and a name", func(s *scene) error { return s.update(account.UserChange{Name: ptr("Ana"), Role: ptr(oncall.Admin)}) },
			[]string{"UpdateUser done by admin on user/ana@example.org name:>Ana role:manager>admin"}},
		{"disabled with the keys", func(s *scene) error { return s.update(account.UserChange{Disabled: ptr(true), DisableKeys: true}) },
			[]string{"UpdateAccessKey done by admin on access-key/KEY state:enabled>disabled", "UpdateUser done by admin on user/ana@example.org state:enabled>disabled"}},
		{"nothing", func(s *scene) error { return s.update(account.UserChange{}) }, nil},
	},
	"DeleteUser": {
		{"", func(s *scene) error {
			return s.DeleteUser(s.t.Context(), oncalltest.Admin, account.UserDeletion{User: s.ana.Principal})
		}, []string{"DeleteUser done by admin on user/ana@example.org role:manager> state:enabled>"}},
		{"with the keys", func(s *scene) error {
			return s.DeleteUser(s.t.Context(), oncalltest.Admin, account.UserDeletion{User: s.ana.Principal, DisableKeys: true})
		}, []string{"UpdateAccessKey done by admin on access-key/KEY state:enabled>disabled", "DeleteUser done by admin on user/ana@example.org role:manager> state:enabled>"}},
	},

	"CreateAccessKey": {{"", func(s *scene) (err error) {
		s.key, _, err = s.CreateAccessKey(s.t.Context(), oncalltest.Admin, account.NewAccessKey{Name: "new", Role: oncall.Viewer})
		return err
	}, []string{"CreateAccessKey done by admin on access-key/KEY name:>new role:>viewer"}}},
	"UpdateAccessKey": {{"", func(s *scene) error {
		_, err := s.UpdateAccessKey(s.t.Context(), oncalltest.Admin, account.AccessKeyChange{ID: s.key.ID, Disabled: true})
		return err
	}, []string{"UpdateAccessKey done by admin on access-key/KEY state:enabled>disabled"}}},
	"DeleteAccessKey": {{"", func(s *scene) error { return s.DeleteAccessKey(s.t.Context(), oncalltest.Admin, s.key.ID) },
		[]string{"DeleteAccessKey done by admin on access-key/KEY name:ci> role:viewer>"}}},

	// Not of the accounts, but of their outbox: a message that an admin sends.
	"SendTest": {{"", func(s *scene) error {
		_, err := s.SendTest(s.t.Context(), oncalltest.Admin, oncall.Email, "eve@example.org")
		return err
	}, []string{"TestDelivery done by admin on  type:>EMAIL address:>e•••@example.org"}}},
}

// changesNoAccount says of the other methods why they make no entry.
var changesNoAccount = map[string]string{
	"Account": "reads", "AccessKeys": "reads", "AccessKeysOf": "reads", "AccessKeySecret": "reads", "LastMail": "reads", "LinkOf": "reads",
	"Mails": "reads", "PasskeyUser": "reads", "Passkeys": "reads", "RequireProof": "reads", "User": "reads", "UserPasskeys": "reads", "Users": "reads",
	"BeginCeremony": "its end is the event", "TakeCeremony": "what follows is the event", "NewSetUpLink": "made at every start, without a user",
	"RememberDevice": "part of the sign-in before it", "Session": "stores when a session was used", "UseAccessKey": "stores when a key was used",
	"UsePasskey": "part of the sign-in after it",
}

func (s *scene) signIn(email, password string) error {
	_, err := s.SignIn(s.t.Context(), oncalltest.Visitor, account.Credentials{Email: email, Password: password})
	return err
}

func (s *scene) signInAs(user string, how oncall.SignInMethod) error {
	_, err := s.SignInAs(s.t.Context(), oncalltest.Visitor, user, how, "")
	return err
}

func (s *scene) external(in account.Identity) error {
	_, err := s.ExternalUser(s.t.Context(), oncalltest.Visitor, in)
	return err
}

func (s *scene) update(in account.UserChange) error {
	in.User = s.ana.Principal
	_, err := s.UpdateUser(s.t.Context(), oncalltest.Admin, in)
	return err
}

func ptr[T any](v T) *T { return &v }

func slicesRepeat(line string, n int) (list []string) {
	for range n {
		list = append(list, line)
	}
	return list
}

func TestEveryEventOfAnAccountMakesItsEntry(t *testing.T) {
	for method, events := range accountEvents {
		for _, e := range events {
			t.Run(method+"/"+e.name, func(t *testing.T) {
				s := newScene(t)
				before := s.entries()
				world := s.World
				err := e.do(s)
				if s.World != world {
					before = nil // it began a world of its own
				}
				refused := strings.Contains(strings.Join(e.want, "\n"), " refused ") || e.want == nil
				if err != nil && !refused {
					t.Fatal(err)
				}
				if diff := cmp.Diff(e.want, append([]string(nil), s.entries()[len(before):]...)); diff != "" {
					t.Errorf("entries (-want +got):\n%s", diff)
				}
			})
		}
	}
}

func TestEveryMethodOfTheAccountsIsInTheTableOfEntries(t *testing.T) {
	accounts, control := reflect.TypeFor[*account.Accounts](), reflect.TypeFor[*access.Control]()
	for i := range accounts.NumMethod() {
		name := accounts.Method(i).Name
		if _, shared := control.MethodByName(name); shared {
			continue
		}
		if (len(accountEvents[name]) > 0) == (changesNoAccount[name] != "") {
			t.Errorf("%s: say in one of the tables which entries it makes, or why it makes none", name)
		}
	}
}
