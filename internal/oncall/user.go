package oncall

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// User is somebody who may sign in.
type User struct {
	ID          string
	Email       string // as it was typed
	Canonical   string // of the email, by which it is unique without regard to case
	Name        string // may be empty
	Role        Role
	HasPassword bool      // an invited user has none yet
	Handle      []byte    // 32 random bytes by which a passkey knows the user
	SignedInAt  time.Time // the last time; zero: never yet
	DisabledAt  time.Time // zero: may sign in
	Version     int64     // 1 at first, one more with each change of name, role or DisabledAt
	CreatedAt   time.Time
	UpdatedAt   time.Time
}

// Keeper reports whether a user can sign in and keep the users: the last one
// stays. An admin who has been invited and never came is none.
func (u User) Keeper() bool {
	return u.Role == Admin && u.DisabledAt.IsZero() && u.cameIn()
}

// cameIn reports whether a user has more than an invitation.
func (u User) cameIn() bool { return u.HasPassword || !u.SignedInAt.IsZero() }

// actor is a user who asks, in a request that came in like this one.
func (u User) actor(by Actor) Actor {
	by.Principal, by.Name, by.Role = u.ID, u.Email, u.Role
	return by
}

// longestUserName is the limit of a user's name, in characters.
const longestUserName = 255

// NewUser is the input of InviteUser and AddUser.
type NewUser struct {
	Email string
	Name  string // may be empty
	Role  Role
	Token string // of idempotency, which InviteUser knows; empty: none
	Mail  bool   // send the link by email where that is possible; else it is handed to whoever asks
}

// parse returns the new user and everything the rules refuse, all at once.
func (s *Service) parseUser(in NewUser) (User, []FieldError) {
	now := s.Now()
	u := User{ID: s.newID(), Name: strings.TrimSpace(in.Name), Role: in.Role, Handle: randomBytes(32),
		Version: 1, CreatedAt: now, UpdatedAt: now}
	email, refusal := entry{channel: Email, text: in.Email, typed: true}.parse()
	var fields []FieldError
	if refusal != nil {
		refusal.Field = FieldEmail
		fields = append(fields, *refusal)
	}
	u.Email, u.Canonical = email.Given, email.Canonical
	fields = append(fields, checkUserName(u.Name)...)
	fields = append(fields, checkRole(in.Role)...)
	return u, append(fields, checkToken(in.Token)...)
}

// checkUserName refuses a name that cannot be read. Nothing limits the letters
// that a person's name may have.
func checkUserName(name string) []FieldError {
	switch {
	case utf8.RuneCountInString(name) > longestUserName:
		return []FieldError{{Field: FieldName, Reason: TooLong, Message: "Use at most 255 characters for the name."}}
	case !utf8.ValidString(name), strings.ContainsFunc(name, func(r rune) bool { return !unicode.IsPrint(r) }):
		return []FieldError{{Field: FieldName, Reason: Pattern, Message: "Write the name without line breaks and invisible characters."}}
	}
	return nil
}

func checkRole(r Role) []FieldError {
	if slices.Contains(Roles(), r) {
		return nil
	}
	return []FieldError{{Field: FieldRole, Reason: NotOneOf, Message: "Choose a role: viewer, manager or admin."}}
}

// InviteUser adds a user who has no password yet, and returns the token of a
// link, valid InvitationKeep, by which the user sets one. Only this answer has
// the token. A link that goes out by email instead is valid MailedLinkKeep, and
// the token is "". The same idempotency token with the same input returns the same
// user, and "" for the link's token: the link went out with the first answer,
// and ResetLink makes another. It fails with Invalid and with Conflict:
// EmailTaken, TokenReused.
func (s *Service) InviteUser(ctx context.Context, by Actor, in NewUser) (User, string, error) {
	if err := s.permit(ctx, by, InviteUser, ""); err != nil {
		return User{}, "", err
	}
	u, fields := s.parseUser(in)
	if len(fields) > 0 {
		return User{}, "", invalid(fields...)
	}
	token, link, mail := s.linkFor(by, u, ForInvitation, in.Mail && s.mails, InvitationKeep)
	asked := request(by, string(InviteUser), in.Token, u.Email, u.Name, u.Role)
	var first ARN
	err := s.update(ctx, func(q Queries) (err error) {
		if first, err = remember(q, asked, s.scope.User(u.Email), u.CreatedAt); err != nil {
			return err
		}
		if first != "" {
			u, err = s.userByEmail(q, u.Canonical, first)
			return err
		}
		if err := s.insertUser(q, u, "", asked); err != nil {
			return err
		}
		if err := s.insertLink(q, link, mail); err != nil {
			return err
		}
		return s.recordUser(q, by, InviteUser, User{}, u)
	})
	s.nudge(err, AccountClass, Email)
	switch {
	case err != nil:
		return User{}, "", err
	case first != "":
		return u, "", nil
	}
	return u, token, nil
}

// AddUser adds a user with a password. It fails as InviteUser does, and takes no
// idempotency token.
func (s *Service) AddUser(ctx context.Context, by Actor, in NewUser, password string) (User, error) {
	if err := s.permit(ctx, by, InviteUser, ""); err != nil {
		return User{}, err
	}
	u, fields := s.parseUser(in)
	fields = append(fields, s.checkPassword(password, in.Email, in.Name)...)
	if len(fields) > 0 {
		return User{}, invalid(fields...)
	}
	hashed, err := s.hash(ctx, password)
	if err != nil {
		return User{}, err
	}
	u.HasPassword = true
	err = s.update(ctx, func(q Queries) error {
		if err := s.insertUser(q, u, hashed, Request{}); err != nil {
			return err
		}
		return s.recordUser(q, by, InviteUser, User{}, u)
	})
	if err != nil {
		return User{}, err
	}
	return u, nil
}

// insertUser stores a new user, or says that the email is taken.
func (s *Service) insertUser(q Queries, u User, hashed string, r Request) error {
	ok, err := q.InsertUser(u, hashed, r)
	if err == nil && !ok {
		err = s.emailTaken(u)
	}
	return err
}

// recordUser records what became of a user; the zero User is one who is not
// there.
func (s *Service) recordUser(q Queries, by Actor, op Operation, was, is User) error {
	return s.record(q, by, op, s.scope.User(cmp.Or(is.Email, was.Email)), userChanges(was, is)...)
}

// userChanges lists the fields of a user that the trail tells of.
func userChanges(was, is User) []AuditChange {
	return []AuditChange{
		change(FieldName, was.Name, is.Name), change(FieldRole, string(was.Role), string(is.Role)), change(FieldState, was.stateWord(), is.stateWord()),
	}
}

func (u User) stateWord() string {
	if u.ID == "" {
		return ""
	}
	return stateWord(!u.DisabledAt.IsZero())
}

func stateWord(disabled bool) string {
	if disabled {
		return "disabled"
	}
	return "enabled"
}

func (s *Service) emailTaken(u User) *Error {
	message := "There is a user with the address " + u.Email + " already: use that one, or another address."
	return &Error{Kind: Conflict, Reason: EmailTaken, Resource: s.scope.User(u.Email), Message: message,
		Fields: []FieldError{{Field: FieldEmail, Reason: EmailTaken, Message: message}}}
}

// Users returns every user by email, as one snapshot.
func (s *Service) Users(ctx context.Context, by Actor) ([]User, error) {
	if err := s.permit(ctx, by, ListUsers, ""); err != nil {
		return nil, err
	}
	const atOnce = 100
	var all []User
	err := s.view(ctx, func(q Queries) error {
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
func (s *Service) User(ctx context.Context, by Actor, id string) (User, error) {
	if err := s.permit(ctx, by, ListUsers, ""); err != nil {
		return User{}, err
	}
	var u User
	err := s.view(ctx, func(q Queries) (err error) {
		u, err = s.user(q, id)
		return err
	})
	return u, err
}

// Account returns the actor's own user. It fails with NotFound for an actor who
// is none.
func (s *Service) Account(ctx context.Context, by Actor) (User, error) {
	if err := s.permit(ctx, by, UseAccount, ""); err != nil {
		return User{}, err
	}
	var u User
	err := s.view(ctx, func(q Queries) (err error) {
		u, err = s.own(q, by)
		return err
	})
	return u, err
}

func (s *Service) user(q Queries, id string) (User, error) {
	u, err := q.User(id)
	if errors.Is(err, ErrMissing) {
		return User{}, userMissing("")
	}
	return u, err
}

func (s *Service) userByEmail(q Queries, canonical string, arn ARN) (User, error) {
	u, err := q.UserByEmail(canonical)
	if errors.Is(err, ErrMissing) {
		return User{}, userMissing(arn)
	}
	return u, err
}

// own returns the actor's user. Access keys and the command have none.
func (s *Service) own(q Queries, by Actor) (User, error) {
	if by.Door != Browser {
		return User{}, userMissing("")
	}
	return s.user(q, by.Principal)
}

func userMissing(arn ARN) *Error {
	return &Error{Kind: NotFound, Message: "There is no such user, or no longer.", Resource: arn}
}
