package account

import (
	"time"

	"callbook/internal/oncall"
	"callbook/internal/outbox"
)

// Queries is what this room asks a store. A key is the SHA-256 of a token, which itself is
// never stored. The sentences here are what dbtest checks.
type Queries interface {
	outbox.Queries

	// MessagesFor returns up to limit messages for a user, the greatest id, which is the
	// newest, first; for no user, none.
	MessagesFor(user string, limit int) ([]oncall.Message, error)

	// InsertUser stores a user, the hash of the password ("": none) and the
	// request that made it. It reports false, and stores nothing, when another
	// user has the canonical email.
	InsertUser(u oncall.User, password string, r oncall.Request) (bool, error)
	// UserByEmail returns the user with this canonical email, or ErrMissing.
	UserByEmail(canonical string) (oncall.User, error)
	// Users returns up to limit users by canonical email, after the given one.
	Users(after string, limit int) ([]oncall.User, error)
	// OtherAdministrator reports whether any user but this one can administer.
	OtherAdministrator(id string) (bool, error)
	// UpdateUser writes the name, the role, DisabledAt and UpdatedAt, and adds
	// one to the version. It reports false, and writes nothing, unless the
	// stored version is u.Version.
	UpdateUser(u oncall.User) (bool, error)
	// Password returns the hash of a user's password, "" when there is none, or
	// ErrMissing.
	Password(id string) (string, error)
	// SetPassword writes the hash of a user's password and UpdatedAt.
	SetPassword(id, password string, at time.Time) error
	// SetSignedIn writes SignedInAt.
	SetSignedIn(id string, at time.Time) error
	// DeleteUser removes a user with the sessions, links, passkeys and
	// identities, and releases the token at the given time. It reports false
	// when there is none.
	DeleteUser(id string, at time.Time) (bool, error)

	// InsertIdentity says that a provider's subject is this user. It reports
	// false, and stores nothing, when the subject is somebody already, or the
	// user somebody else to this provider.
	InsertIdentity(issuer, subject, user string, at time.Time) (bool, error)
	// UserByIdentity returns who a provider's subject is, or ErrMissing.
	UserByIdentity(issuer, subject string) (oncall.User, error)

	// InsertLink stores a link. Older links of the same user are gone; one for
	// setting up replaces the older one.
	InsertLink(l oncall.OneTimeLink) error
	// Link returns a link that has not ended at the given time, or ErrMissing.
	Link(key []byte, at time.Time) (oncall.OneTimeLink, error)
	// TakeLink removes a link and returns it as Link does.
	TakeLink(key []byte, at time.Time) (oncall.OneTimeLink, error)

	// InsertSession stores a session.
	InsertSession(s oncall.Session) error
	// Session returns a session that has not ended at the given time and its
	// user, or ErrMissing; also when the user is disabled.
	Session(key []byte, at time.Time) (oncall.Session, oncall.User, error)
	// TouchSession writes when a session was last seen and when it ends.
	TouchSession(key []byte, seen, ends time.Time) error
	// DeleteSession removes a session. It reports false when there is none.
	DeleteSession(key []byte) (bool, error)
	// DeleteSessions removes the sessions of a user, except the one with this
	// key, which may be nil.
	DeleteSessions(user string, except []byte) error

	// InsertPasskey stores a passkey. It reports false, and stores nothing, when
	// there is one with this id.
	InsertPasskey(p oncall.Passkey) (bool, error)
	// Passkeys returns a user's passkeys by creation, the oldest first.
	Passkeys(user string) ([]oncall.Passkey, error)
	// UserByPasskey returns who has the passkey with this id, or ErrMissing.
	UserByPasskey(id []byte) (oncall.User, error)
	// UpdatePasskey writes the credential and UsedAt. It reports false when
	// there is no passkey with this id.
	UpdatePasskey(id, credential []byte, used time.Time) (bool, error)
	// DeleteLinks removes every link of a user.
	DeleteLinks(user string) error
	// DeletePasskey removes a passkey of a user. It reports false when the user
	// has none with this id.
	DeletePasskey(user string, id []byte) (bool, error)

	// InsertCeremony stores what a ceremony needs when it comes back.
	InsertCeremony(key []byte, kind CeremonyKind, data []byte, ends time.Time) error
	// TakeCeremony removes a ceremony of this kind that has not ended at the
	// given time and returns its data, or ErrMissing.
	TakeCeremony(key []byte, kind CeremonyKind, at time.Time) ([]byte, error)

	// InsertAccessKey stores an access key, its secret, which is encrypted, and
	// the request that made it.
	InsertAccessKey(k oncall.AccessKey, secret string, r oncall.Request) error
	// AccessKeys returns up to limit access keys by id, after the given one.
	AccessKeys(after string, limit int) ([]oncall.AccessKey, error)
	// AccessKeySecret returns the secret of an access key, or ErrMissing.
	AccessKeySecret(id string) (string, error)
	// SetAccessKeyDisabled writes DisabledAt.
	SetAccessKeyDisabled(id string, at time.Time) error
	// SetAccessKeyUsed writes UsedAt.
	SetAccessKeyUsed(id string, at time.Time) error
	// DeleteAccessKey removes an access key and releases its token at the given
	// time. It reports false when there is none.
	DeleteAccessKey(id string, at time.Time) (bool, error)
}
