package account

import (
	"time"

	"callbook/internal/oncall"
	"callbook/internal/outbox"
)

// Queries are the queries of this room. Package dbtest checks this contract. A key is the
// SHA-256 of a token. The token itself is never stored.
type Queries interface {
	outbox.Queries

	// MessagesFor returns up to limit messages for a user by descending id, so the newest
	// first. It returns none if user is "".
	MessagesFor(user string, limit int) ([]oncall.Message, error)

	// InsertUser stores a user, the hash of the password ("" if there is none) and the
	// request that created the user. It reports false, and stores nothing, if another
	// user has the canonical email.
	InsertUser(u oncall.User, password string, r oncall.Request) (bool, error)
	// UserByEmail returns the user with this canonical email, or ErrMissing.
	UserByEmail(canonical string) (oncall.User, error)
	// Users returns up to limit users by canonical email, after the given one.
	Users(after string, limit int) ([]oncall.User, error)
	// OtherAdministrator reports whether CanAdminister holds for any other user.
	OtherAdministrator(id string) (bool, error)
	// UpdateUser writes the name, the role, DisabledAt and UpdatedAt, and adds
	// one to the version. It reports false, and writes nothing, unless the
	// stored version is u.Version.
	UpdateUser(u oncall.User) (bool, error)
	// Password returns the hash of a user's password, "" if there is none, or
	// ErrMissing for a missing user.
	Password(id string) (string, error)
	// SetPassword writes the hash of a user's password and UpdatedAt.
	SetPassword(id, password string, at time.Time) error
	// SetSignedIn writes SignedInAt.
	SetSignedIn(id string, at time.Time) error
	// DeleteUser deletes a user with the sessions, devices, links, passkeys and identities, and
	// releases the idempotency token at the given time. It reports false if there is no
	// such user.
	DeleteUser(id string, at time.Time) (bool, error)

	// InsertIdentity links a provider's subject to a user. It reports false, and stores
	// nothing, if the subject is linked already, or the user has another subject at
	// this provider.
	InsertIdentity(issuer, subject, user string, at time.Time) (bool, error)
	// UserByIdentity returns the user linked to a provider's subject, or ErrMissing.
	UserByIdentity(issuer, subject string) (oncall.User, error)

	// InsertLink stores a link and deletes the user's older links. A new set-up link
	// replaces the older one.
	InsertLink(l oncall.OneTimeLink) error
	// Link returns a link that has not ended at the given time, or ErrMissing.
	Link(key []byte, at time.Time) (oncall.OneTimeLink, error)
	// TakeLink removes a link and returns it as Link does.
	TakeLink(key []byte, at time.Time) (oncall.OneTimeLink, error)

	// InsertSession stores a session.
	InsertSession(s oncall.Session) error
	// Session returns a session that has not ended at the given time, and its user. It
	// returns ErrMissing if there is none or the user is disabled.
	Session(key []byte, at time.Time) (oncall.Session, oncall.User, error)
	// TouchSession writes SeenAt and EndsAt.
	TouchSession(key []byte, seen, ends time.Time) error
	// ProveSession writes ProvedAt.
	ProveSession(key []byte, at time.Time) error
	// DeleteSession deletes a session. It reports false if there is none.
	DeleteSession(key []byte) (bool, error)
	// DeleteSessions deletes the sessions of a user, except the one with this key, which
	// may be nil.
	DeleteSessions(user string, except []byte) error

	// InsertDevice stores a device. If its cookie stands for the user already, it only
	// writes EndsAt.
	InsertDevice(d oncall.Device) error
	// Device returns the id of the device with this key of a user that has not ended at
	// the given time, or ErrMissing.
	Device(key []byte, user string, at time.Time) (string, error)
	// SetDeviceKey gives every device with a key another one. No device has the new key.
	SetDeviceKey(before, after []byte) error
	// DeleteDevices deletes the devices of a user, except those with this key, which may
	// be nil.
	DeleteDevices(user string, except []byte) error
	// TrimDevices deletes all but a number of the devices of a user, those that end
	// first.
	TrimDevices(user string, keep int) error

	// InsertPasskey stores a passkey. It reports false, and stores nothing, if a passkey
	// has this id already.
	InsertPasskey(p oncall.Passkey) (bool, error)
	// Passkeys returns a user's passkeys by creation, the oldest first.
	Passkeys(user string) ([]oncall.Passkey, error)
	// UserByPasskey returns the user of the passkey with this id, or ErrMissing.
	UserByPasskey(id []byte) (oncall.User, error)
	// UpdatePasskey writes the credential and UsedAt. It reports false if no passkey has
	// this id.
	UpdatePasskey(id, credential []byte, used time.Time) (bool, error)
	// DeleteLinks deletes every link of a user.
	DeleteLinks(user string) error
	// DeletePasskey deletes a passkey of a user. It reports false if the user has none
	// with this id.
	DeletePasskey(user string, id []byte) (bool, error)

	// InsertCeremony stores a ceremony with its data.
	InsertCeremony(key []byte, kind CeremonyKind, data []byte, ends time.Time) error
	// TakeCeremony deletes a ceremony of this kind that has not ended at the given time
	// and returns its data, or ErrMissing.
	TakeCeremony(key []byte, kind CeremonyKind, at time.Time) ([]byte, error)

	// InsertAccessKey stores an access key, its secret, which it encrypts, and the
	// request that created the key.
	InsertAccessKey(k oncall.AccessKey, secret string, r oncall.Request) error
	// AccessKeys returns up to limit access keys by id, after the given one.
	AccessKeys(after string, limit int) ([]oncall.AccessKey, error)
	// AccessKeySecret returns the secret of an access key, or ErrMissing.
	AccessKeySecret(id string) (string, error)
	// SetAccessKeyDisabled writes DisabledAt.
	SetAccessKeyDisabled(id string, at time.Time) error
	// SetAccessKeyUsed writes UsedAt.
	SetAccessKeyUsed(id string, at time.Time) error
	// DeleteAccessKey deletes an access key and releases its idempotency token at the
	// given time. It reports false if there is no such key.
	DeleteAccessKey(id string, at time.Time) (bool, error)
}
