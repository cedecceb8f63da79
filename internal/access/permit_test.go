package access_test

import (
	"context"
	"reflect"
	"strings"
	"testing"

	"callbook/db/oncalltest"
	"callbook/internal/access"
	"callbook/internal/account"
	"callbook/internal/contacts"
	"callbook/internal/oncall"
)

// operationOf maps each method with an Actor to its operation. A method that is missing
// here fails the test.
var operationOf = map[string]oncall.Operation{
	"Contacts": oncall.ListContacts, "Contact": oncall.GetContact, "CreateContact": oncall.CreateContact, "CheckContact": oncall.CreateContact,
	"UpdateContact": oncall.UpdateContact, "DeleteContact": oncall.DeleteContact,
	"Tags": oncall.ListTagsForResource, "TagContact": oncall.TagResource, "UntagContact": oncall.UntagResource,
	"Policy": oncall.GetContactPolicy, "PutPolicy": oncall.PutContactPolicy,
	"Channel": oncall.GetContact, "Channels": oncall.GetContact, "CreateChannel": oncall.CreateContactChannel, "CheckChannel": oncall.CreateContactChannel,
	"RevealAddress": oncall.GetContactChannel, "FindAddress": oncall.FindAddress, "UpdateChannel": oncall.UpdateContactChannel, "CheckChange": oncall.UpdateContactChannel,
	"DeactivateChannel": oncall.DeactivateContactChannel, "DeleteChannel": oncall.DeleteContactChannel,
	"SendActivationCode": oncall.SendActivationCode, "ResendExpired": oncall.SendActivationCode, "ActivateChannel": oncall.ActivateContactChannel,
	"ContactsByAlias": oncall.ListContacts, "ChannelInClear": oncall.GetContactChannel, "ChannelsInClear": oncall.ListContactChannels,
	"Activations": oncall.ListContacts, "ChannelsOf": oncall.ListContacts, "Messages": oncall.GetContact,
	"ActivateByLink": oncall.AnswerActivation, "Reply": oncall.AnswerActivation, "AcceptCall": oncall.AnswerActivation, "Report": oncall.AnswerActivation,
	"SendTest": oncall.TestDelivery, "SentTest": oncall.TestDelivery,

	"Import": oncall.ImportBook, "LastImport": oncall.ImportBook, "Export": oncall.ExportBook,

	"SetUp": oncall.SetUp, "SignIn": oncall.SignIn, "SignInAs": oncall.SignIn, "RefuseSignIn": oncall.SignIn, "ExternalUser": oncall.SignIn, "ForgotPassword": oncall.SignIn,
	"SignOut": oncall.SignOut, "RedeemLink": oncall.RedeemLink,
	"Account": oncall.UseAccount, "ChangePassword": oncall.UseAccount, "SignOutEverywhere": oncall.UseAccount,
	"RequireProof": oncall.UseAccount, "ProveByPassword": oncall.UseAccount, "ProveByPasskey": oncall.UseAccount,
	"Passkeys": oncall.UseAccount, "AddPasskey": oncall.UseAccount, "DeletePasskey": oncall.UseAccount,
	"Users": oncall.ListUsers, "User": oncall.ListUsers, "InviteUser": oncall.InviteUser, "AddUser": oncall.InviteUser,
	"UpdateUser": oncall.UpdateUser, "ResetLink": oncall.UpdateUser, "MailResetLink": oncall.UpdateUser, "LastMail": oncall.ListUsers, "DeleteUser": oncall.DeleteUser,
	"UserPasskeys": oncall.ListUsers, "DeleteUserPasskey": oncall.UpdateUser, "AccessKeysOf": oncall.ListAccessKeys,
	"AccessKeys": oncall.ListAccessKeys, "CreateAccessKey": oncall.CreateAccessKey, "UpdateAccessKey": oncall.UpdateAccessKey,
	"DeleteAccessKey": oncall.DeleteAccessKey,

	"Audit": oncall.ListAudit, "AuditAnchor": oncall.ExportAudit, "ExportAudit": oncall.ExportAudit, "RotateSeal": oncall.RotateSeal, "VerifyAudit": oncall.ListAudit,
}

// operation is a method of a room that takes an Actor.
type operation struct {
	name   string
	method reflect.Value
}

// operations returns the methods of all rooms that take an Actor, except shared ones.
func operations(r *oncalltest.Rooms) []operation {
	var all []operation
	rooms, control := reflect.ValueOf(r), reflect.TypeFor[*access.Control]()
	for i := range rooms.NumMethod() {
		name, method := rooms.Type().Method(i).Name, rooms.Method(i)
		in := method.Type()
		asked := in.NumIn() >= 2 && in.In(0) == reflect.TypeFor[context.Context]() && in.In(1) == reflect.TypeFor[oncall.Actor]()
		if _, shared := control.MethodByName(name); asked && !shared {
			all = append(all, operation{name, method})
		}
	}
	return all
}

// ask calls the operation with inputs, and with zero values for missing ones.
func (o operation) ask(by oncall.Actor, inputs ...any) ([]reflect.Value, error) {
	of := o.method.Type()
	args := []reflect.Value{reflect.ValueOf(context.Background()), reflect.ValueOf(by)}
	for n := 2; n < of.NumIn(); n++ {
		args = append(args, reflect.Zero(of.In(n)))
		for _, in := range inputs {
			if reflect.TypeOf(in) == of.In(n) {
				args[n] = reflect.ValueOf(in)
			}
		}
	}
	results := o.method.Call(args)
	err, _ := results[len(results)-1].Interface().(error)
	return results[:len(results)-1], err
}

// Every operation is called with zero inputs and with valid ones, including new
// operations.
func TestUnknownActorIsDenied(t *testing.T) {
	w := oncalltest.New(t)
	ana := oncalltest.AddContact(t, w, oncall.NewContact{Alias: "ana", Type: oncall.Personal, Tags: oncalltest.EnvTag})
	oncalltest.PutPolicy(t, w, ana, "{}")
	sms := oncalltest.AddChannel(t, w, oncall.NewChannel{Contact: ana, Address: "+15005550199"})
	user, err := w.AddUser(t.Context(), oncalltest.Admin, account.NewUser{Email: "ada@example.org", Role: oncall.Viewer}, oncalltest.Password)
	if err != nil {
		t.Fatal(err)
	}
	name := "n"
	inputs := [][]any{
		{},
		{ana, user.ID, oncall.NewContact{Alias: "eve", Type: oncall.Personal}, oncall.ContactChange{Contact: ana, DisplayName: &name},
			oncall.TagChange{Contact: ana, Tags: []oncall.Tag{{Key: "k", Value: "v"}}}, oncall.TagRemoval{Contact: ana, Keys: []string{"env"}},
			oncall.PolicyChange{Contact: ana, Policy: `{"n":1}`},
			contacts.ContactQuery{Limit: 2}, oncall.NewChannel{Contact: ana, Name: "n", Type: oncall.SMS, Address: "+12065550100"},
			oncall.ChannelChange{Channel: sms, Name: &name}, account.NewUser{Email: "eve@example.org", Role: oncall.Admin},
			account.UserChange{User: user.ID, Name: &name}, account.NewAccessKey{Name: "ci", Role: oncall.Admin},
			account.PasswordChange{Current: oncalltest.Password, New: "another password"}, []byte("id"),
			oncall.Passkey{ID: []byte("id"), Name: "n", Credential: []byte("{}")}},
		{sms, contacts.ContactQuery{Limit: -1}},
	}
	for _, o := range operations(w.Rooms) {
		if operationOf[o.name].RequiredRole() == oncall.Anyone {
			continue
		}
		for _, by := range []oncall.Actor{{}, {Door: oncall.API}, {Principal: "p"}, {Door: oncall.Browser, Role: oncall.Admin}} {
			for _, in := range inputs {
				results, err := o.ask(by, in...)
				if oncall.KindOf(err) != oncall.Denied || !strings.HasPrefix(err.Error(), "You are not signed in") {
					t.Errorf("%s by %+v of %+v: got %v, want it denied", o.name, by, in, err)
				}
				for _, r := range results {
					if !r.IsZero() {
						t.Errorf("%s by %+v returns %+v", o.name, by, r)
					}
				}
			}
		}
	}
	oncalltest.Same(t, "contact", "", oncalltest.LoadContact(t, w, ana).DisplayName)
	oncalltest.Same(t, "tags", oncalltest.EnvTag, oncalltest.TagsOf(t, w, ana))
	oncalltest.Same(t, "policy", "{}", oncalltest.PolicyOf(t, w, ana))
	oncalltest.Same(t, "channels", []oncall.ARN{sms}, oncalltest.ChannelsOf(t, w, ana))
	users, err := w.Users(t.Context(), oncalltest.Admin)
	oncalltest.Same(t, "users", []oncall.User{user}, users)
	keys, err2 := w.AccessKeys(t.Context(), oncalltest.Admin)
	if err != nil || err2 != nil || len(keys) > 0 {
		t.Errorf("access keys: got %v, %v, %v, want none", keys, err, err2)
	}
}

// The inputs are zero, so that an actor who is not denied gets Invalid or NotFound.
func TestOperationsRequireTheRoleOfTheTable(t *testing.T) {
	w := oncalltest.New(t)
	asked := map[oncall.Operation]bool{}
	for _, o := range operations(w.Rooms) {
		op, known := operationOf[o.name]
		if !known || op.RequiredRole() == "" {
			t.Errorf("%s has no row in the operations table", o.name)
		}
		asked[op] = true
		for _, door := range []oncall.Door{oncall.Browser, oncall.API, oncall.Command} {
			for _, role := range append(oncall.Roles(), "", oncall.Anyone, "root") {
				by := oncall.Actor{Door: door, Principal: "p", Name: "p", Role: role}
				_, err := o.ask(by, func(oncall.Entry) error { return nil })
				forbidden := oncall.KindOf(err) == oncall.Denied && oncall.ReasonOf(err) == oncall.Forbidden
				if want := !by.May(op); forbidden != want {
					t.Errorf("%s by %q at the %s: got %v, want denied %t", o.name, role, door, err, want)
				}
			}
		}
	}
	for _, op := range []oncall.Operation{oncall.ReadSettings, oncall.ChooseTheme, oncall.ReadHelp} {
		asked[op] = true // only pages use them
	}
	for _, op := range oncall.Operations() {
		if !asked[op] {
			t.Errorf("%s is in the operations table, but no method needs it", op)
		}
	}
}

func TestRolesCoverTheirOperations(t *testing.T) {
	for _, op := range oncall.Operations() {
		for rank, role := range append([]oncall.Role{""}, oncall.Roles()...) {
			by := oncall.Actor{Door: oncall.Browser, Principal: "p", Role: role}
			want := op.RequiredRole() == oncall.Anyone || role != "" && rank >= 1+indexOf(op.RequiredRole())
			if got := by.May(op); got != want {
				t.Errorf("%q may %s: got %t, want %t", role, op, got, want)
			}
		}
		if got, want := (oncall.Actor{}).May(op), op.RequiredRole() == oncall.Anyone; got != want {
			t.Errorf("the zero Actor may %s: got %t, want %t", op, got, want)
		}
	}
	for _, by := range []oncall.Actor{{}, {Door: oncall.Browser, Principal: "p", Role: oncall.Admin}} {
		if by.May("NoSuchOperation") || by.May("") {
			t.Errorf("%+v may do an operation that is not in the table", by)
		}
	}
}

// The operations below admin are listed a second time, so that an error in the table
// cannot give away the users.
func TestOnlyTheseOperationsNeedNoAdmin(t *testing.T) {
	want := map[oncall.Role][]oncall.Operation{
		oncall.Anyone: {oncall.AnswerActivation, oncall.ChooseTheme, oncall.SignIn, oncall.SignOut, oncall.SetUp, oncall.RedeemLink},
		oncall.Viewer: {oncall.ListContacts, oncall.GetContact, oncall.ListTagsForResource, oncall.GetContactPolicy, oncall.ReadHelp, oncall.UseAccount},
		oncall.Manager: {oncall.CreateContact, oncall.UpdateContact, oncall.DeleteContact, oncall.TagResource, oncall.UntagResource, oncall.PutContactPolicy,
			oncall.GetContactChannel, oncall.ListContactChannels, oncall.FindAddress, oncall.CreateContactChannel,
			oncall.UpdateContactChannel, oncall.DeactivateContactChannel, oncall.DeleteContactChannel,
			oncall.SendActivationCode, oncall.ActivateContactChannel, oncall.ImportBook, oncall.ListAudit},
	}
	got := map[oncall.Role][]oncall.Operation{}
	for _, op := range oncall.Operations() {
		if op.RequiredRole() != oncall.Admin {
			got[op.RequiredRole()] = append(got[op.RequiredRole()], op)
		}
	}
	oncalltest.Same(t, "operations", want, got)
}

func indexOf(role oncall.Role) int {
	for n, r := range oncall.Roles() {
		if r == role {
			return n
		}
	}
	return -1
}
