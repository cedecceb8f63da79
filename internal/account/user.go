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

// maxUserNameLen is the limit of a user's name, in characters.
const maxUserNameLen = 255

// NewUser is the input of InviteUser and AddUser.
type NewUser struct {
	Email string
	Name  string // may be empty
	Role  oncall.Role
	Token string // of idempotency, which InviteUser knows; empty: none
	Mail  bool   // send the link by email where that is possible; else it is handed to whoever asks
}

// parse returns the new user and everything the rules refuse, all at once.
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

// checkUserName refuses a name that cannot be read. Nothing limits the letters
// that a person's name may have.
func checkUserName(name string) []oncall.FieldError {
	switch {
	case utf8.RuneCountInString(name) > maxUserNameLen:
		return []oncall.FieldError{{Field: oncall.FieldName, Reason: oncall.TooLong, Message: "Use at most 255 characters for the name."}}
	case !utf8.ValidString(name), strings.ContainsFunc(name, func(r rune) bool { return !unicode.IsPrint(r) }):
		return []oncall.FieldError{{Field: oncall.FieldName, Reason: oncall.Pattern, Message: "Write the name without line breaks and invisible characters."}}
	}
	return nil
}

func checkRole(r oncall.Role) []oncall.FieldError {
	if slices.Contains(oncall.Roles(), r) {
		return nil
	}
	return []oncall.FieldError{{Field: oncall.FieldRole, Reason: oncall.NotOneOf, Message: "Choose a role: viewer, manager or admin."}}
}

// InviteUser adds a user who has no password yet, and returns the token of a
// link, valid InvitationTTL, by which the user sets one. Only this answer has
// the token. A link that goes out by email instead is valid MailedLinkTTL, and
// the token is "". The same idempotency token with the same input returns the same
// user, and "" for the link's token: the link went out with the first answer,
// and ResetLink makes another. It fails with Invalid and with Conflict:
// EmailTaken, TokenReused.
func (a *Accounts) InviteUser(ctx context.Context, by oncall.Actor, in NewUser) (oncall.User, string, error) {
	if err := a.PermitOn(ctx, by, oncall.InviteUser, ""); err != nil {
		return oncall.User{}, "", err
	}
	u, fields := a.parseUser(in)
	if len(fields) > 0 {
		return oncall.User{}, "", oncall.InvalidError(fields...)
	}
	token, link, mail := a.linkFor(by, u, oncall.ForInvitation, in.Mail && a.mails, InvitationTTL)
	asked := oncall.NewRequest(by, string(oncall.InviteUser), in.Token, u.Email, u.Name, u.Role)
	var first oncall.ARN
	err := a.store.Update(ctx, func(q Queries) (err error) {
		if first, err = access.Remember(q, asked, a.Scope().User(u.Email), u.CreatedAt); err != nil {
			return err
		}
		if first != "" {
			u, err = a.userByEmail(q, u.Canonical, first)
			return err
		}
		if err := a.insertUser(q, u, "", asked); err != nil {
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

// AddUser adds a user with a password. It fails as InviteUser does, and takes no
// idempotency token.
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

// insertUser stores a new user, or says that the email is taken.
func (a *Accounts) insertUser(q Queries, u oncall.User, hashed string, r oncall.Request) error {
	ok, err := q.InsertUser(u, hashed, r)
	if err == nil && !ok {
		err = a.emailTaken(u)
	}
	return err
}

// recordUser records what became of a user; the zero User is one who is not
// there.
func (a *Accounts) recordUser(q Queries, by oncall.Actor, op oncall.Operation, before, is oncall.User) error {
	return a.Record(q, by, op, a.Scope().User(cmp.Or(is.Email, before.Email)), userChanges(before, is)...)
}

// userChanges lists the fields of a user that the trail tells of.
func userChanges(before, is oncall.User) []oncall.AuditChange {
	return []oncall.AuditChange{
		oncall.Change(oncall.FieldName, before.Name, is.Name), oncall.Change(oncall.FieldRole, string(before.Role), string(is.Role)), oncall.Change(oncall.FieldState, before.StateWord(), is.StateWord()),
	}
}

func (a *Accounts) emailTaken(u oncall.User) *oncall.Error {
	message := "There is a user with the address " + u.Email + " already: use that one, or another address."
	return &oncall.Error{Kind: oncall.Conflict, Reason: oncall.EmailTaken, Resource: a.Scope().User(u.Email), Message: message,
		Fields: []oncall.FieldError{{Field: oncall.FieldEmail, Reason: oncall.EmailTaken, Message: message}}}
}

// Users returns every user by email, as one snapshot.
func (a *Accounts) Users(ctx context.Context, by oncall.Actor) ([]oncall.User, error) {
	if err := a.PermitOn(ctx, by, oncall.ListUsers, ""); err != nil {
		return nil, err
	}
	const atOnce = 100
	var all []oncall.User
	err := a.store.View(ctx, func(q Queries) error {
		for after := ""; ; after = all[len(all)-1].Canonical {
			some, err := q.Users(after, atOnce)
			all = append(all, some...)
			if err != nil || len(some) < atOnce {
				return err
			}
		}
	})
	return all, err
}

// User returns one user. It fails with NotFound.
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

// Account returns the actor's own user. It fails with NotFound for an actor who
// is none.
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

// own returns the actor's user. Access keys and the command have none.
func (a *Accounts) own(q Queries, by oncall.Actor) (oncall.User, error) {
	if by.Door != oncall.Browser {
		return oncall.User{}, userMissing("")
	}
	return a.user(q, by.Principal)
}

func userMissing(arn oncall.ARN) *oncall.Error {
	return &oncall.Error{Kind: oncall.NotFound, Message: "There is no such user, or no longer.", Resource: arn}
}
