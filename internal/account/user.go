package account

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"callbook/internal/access"
	"callbook/internal/oncall"
)

// maxUserNameLen is the longest name of a user, in characters.
const maxUserNameLen = 255

// NewUser is the input of InviteUser and AddUser.
type NewUser struct {
	Email string
	Name  string // may be empty
	Role  oncall.Role
	Token string // the idempotency token, or empty; for InviteUser only
	Mail  bool   // send the link by email if possible, instead of returning its token
}

// parseUser returns the new user and every rule that the input breaks.
func (a *Accounts) parseUser(in NewUser) (oncall.User, []oncall.FieldError) {
	now := a.Now()
	u := oncall.User{ID: a.NewID(), Name: strings.TrimSpace(in.Name), Role: in.Role, Handle: oncall.RandomBytes(32),
		Version: 1, CreatedAt: now, UpdatedAt: now}
	email, refusal := oncall.AddressInput{Type: oncall.Email, Text: in.Email, Typed: true}.Parse()
	var fields []oncall.FieldError
	if refusal != nil {
		refusal.Field = oncall.FieldEmail
		fields = append(fields, *refusal)
	}
	u.Email, u.Canonical = email.Given, email.Canonical
	fields = append(fields, checkUserName(u.Name)...)
	fields = append(fields, checkRole(in.Role)...)
	return u, append(fields, oncall.CheckToken(in.Token)...)
}

// checkUserName refuses a long name, invisible characters, and a name of which nothing can be
// seen. All letters are allowed.
func checkUserName(name string) []oncall.FieldError {
	switch {
	case utf8.RuneCountInString(name) > maxUserNameLen:
		return []oncall.FieldError{{Field: oncall.FieldName, Reason: oncall.TooLong, Message: "Use at most 255 characters for the name."}}
	case !utf8.ValidString(name), strings.ContainsFunc(name, func(r rune) bool { return !unicode.IsPrint(r) }):
		return []oncall.FieldError{{Field: oncall.FieldName, Reason: oncall.Pattern, Message: "Write the name without line breaks and invisible characters."}}
	case name != "" && !oncall.HasVisible(name):
		return []oncall.FieldError{{Field: oncall.FieldName, Reason: oncall.Unfitting, Message: "Use at least one character in the name that can be seen."}}
	}
	return nil
}

func checkRole(r oncall.Role) []oncall.FieldError {
	if slices.Contains(oncall.Roles(), r) {
		return nil
	}
	return []oncall.FieldError{{Field: oncall.FieldRole, Reason: oncall.NotOneOf, Message: "Choose a role: viewer, manager or admin."}}
}

// InviteUser adds a user without a password, and returns the token of a link by which the
// user sets one, valid for InvitationTTL. The token cannot be read again later. If the link
// is sent by email, it is valid for MailedLinkTTL and the returned token is "". The same
// idempotency token with the same input returns the same user and "". ResetLink makes
// another link. It fails with Denied, Invalid, and Conflict: EmailTaken, TokenReused.
func (a *Accounts) InviteUser(ctx context.Context, by oncall.Actor, in NewUser) (oncall.User, string, error) {
	if err := a.PermitOn(ctx, by, oncall.InviteUser, ""); err != nil {
		return oncall.User{}, "", err
	}
	u, fields := a.parseUser(in)
	if len(fields) > 0 {
		return oncall.User{}, "", oncall.InvalidError(fields...)
	}
	token, link, mail := a.linkFor(by, u, oncall.ForInvitation, in.Mail && a.mails, InvitationTTL)
	request := oncall.NewRequest(by, string(oncall.InviteUser), in.Token, u.Email, u.Name, u.Role)
	var first oncall.ARN
	err := a.store.Update(ctx, func(q Queries) (err error) {
		if first, err = access.Remember(q, request, a.Scope().User(u.Email), u.CreatedAt); err != nil {
			return err
		}
		if first != "" {
			u, err = a.userByEmail(q, u.Canonical, first)
			return err
		}
		if err := a.insertUser(q, u, "", request); err != nil {
			return err
		}
		if err := a.insertLink(q, link, mail); err != nil {
			return err
		}
		return a.recordUser(q, by, oncall.InviteUser, oncall.User{}, u)
	})
	a.outbox.Nudge(err, oncall.AccountQueue, oncall.Email)
	switch {
	case err != nil:
		return oncall.User{}, "", err
	case first != "":
		return u, "", nil
	}
	return u, token, nil
}

// AddUser adds a user with a password. It ignores Token and Mail. It fails with Denied,
// Invalid, and Conflict: EmailTaken.
func (a *Accounts) AddUser(ctx context.Context, by oncall.Actor, in NewUser, password string) (oncall.User, error) {
	if err := a.PermitOn(ctx, by, oncall.InviteUser, ""); err != nil {
		return oncall.User{}, err
	}
	u, fields := a.parseUser(in)
	fields = append(fields, a.checkPassword(password, in.Email, in.Name)...)
	if len(fields) > 0 {
		return oncall.User{}, oncall.InvalidError(fields...)
	}
	hashed, err := a.hash(ctx, password)
	if err != nil {
		return oncall.User{}, err
	}
	u.HasPassword = true
	err = a.store.Update(ctx, func(q Queries) error {
		if err := a.insertUser(q, u, hashed, oncall.Request{}); err != nil {
			return err
		}
		return a.recordUser(q, by, oncall.InviteUser, oncall.User{}, u)
	})
	if err != nil {
		return oncall.User{}, err
	}
	return u, nil
}

// insertUser stores a new user. It fails with Conflict: EmailTaken.
func (a *Accounts) insertUser(q Queries, u oncall.User, hashed string, r oncall.Request) error {
	ok, err := q.InsertUser(u, hashed, r)
	if err == nil && !ok {
		err = a.emailTaken(u)
	}
	return err
}

// recordUser records the change of a user. The zero User stands for a user who does not
// exist.
func (a *Accounts) recordUser(q Queries, by oncall.Actor, op oncall.Operation, before, after oncall.User) error {
	return a.Record(q, by, op, a.Scope().User(cmp.Or(after.Email, before.Email)), userChanges(before, after)...)
}

// userChanges lists the fields of a user that the audit trail records.
func userChanges(before, after oncall.User) []oncall.AuditChange {
	return []oncall.AuditChange{
		oncall.Change(oncall.FieldName, before.Name, after.Name), oncall.Change(oncall.FieldRole, string(before.Role), string(after.Role)),
		oncall.Change(oncall.FieldState, before.StateWord(), after.StateWord()),
	}
}

func (a *Accounts) emailTaken(u oncall.User) *oncall.Error {
	message := "There is a user with the address " + u.Email + " already: use that one, or another address."
	return &oncall.Error{Kind: oncall.Conflict, Reason: oncall.EmailTaken, Resource: a.Scope().User(u.Email), Message: message,
		Fields: []oncall.FieldError{{Field: oncall.FieldEmail, Reason: oncall.EmailTaken, Message: message}}}
}

// listBatchSize is how many users or access keys one query reads.
const listBatchSize = 100

// Users returns every user by email, as one snapshot. It fails with Denied.
func (a *Accounts) Users(ctx context.Context, by oncall.Actor) ([]oncall.User, error) {
	if err := a.PermitOn(ctx, by, oncall.ListUsers, ""); err != nil {
		return nil, err
	}
	var users []oncall.User
	err := a.store.View(ctx, func(q Queries) error {
		for after := ""; ; after = users[len(users)-1].Canonical {
			batch, err := q.Users(after, listBatchSize)
			users = append(users, batch...)
			if err != nil || len(batch) < listBatchSize {
				return err
			}
		}
	})
	return users, err
}

// User returns one user. It fails with Denied and NotFound.
func (a *Accounts) User(ctx context.Context, by oncall.Actor, id string) (oncall.User, error) {
	if err := a.PermitOn(ctx, by, oncall.ListUsers, ""); err != nil {
		return oncall.User{}, err
	}
	var u oncall.User
	err := a.store.View(ctx, func(q Queries) (err error) {
		u, err = a.user(q, id)
		return err
	})
	return u, err
}

// Account returns the actor's own user. It fails with Denied, and with NotFound for an actor
// that is not a user.
func (a *Accounts) Account(ctx context.Context, by oncall.Actor) (oncall.User, error) {
	if err := a.PermitOn(ctx, by, oncall.UseAccount, ""); err != nil {
		return oncall.User{}, err
	}
	var u oncall.User
	err := a.store.View(ctx, func(q Queries) (err error) {
		u, err = a.own(q, by)
		return err
	})
	return u, err
}

func (a *Accounts) user(q Queries, id string) (oncall.User, error) {
	u, err := q.User(id)
	if errors.Is(err, oncall.ErrMissing) {
		return oncall.User{}, userMissing("")
	}
	return u, err
}

func (a *Accounts) userByEmail(q Queries, canonical string, arn oncall.ARN) (oncall.User, error) {
	u, err := q.UserByEmail(canonical)
	if errors.Is(err, oncall.ErrMissing) {
		return oncall.User{}, userMissing(arn)
	}
	return u, err
}

// own returns the actor's user. Access keys and commands have none.
func (a *Accounts) own(q Queries, by oncall.Actor) (oncall.User, error) {
	if by.Door != oncall.Browser {
		return oncall.User{}, userMissing("")
	}
	return a.user(q, by.Principal)
}

func userMissing(arn oncall.ARN) *oncall.Error {
	return &oncall.Error{Kind: oncall.NotFound, Message: "There is no such user, or no longer.", Resource: arn}
}
