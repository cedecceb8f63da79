package contacts

import (
	"time"

	"callbook/internal/oncall"
	"callbook/internal/outbox"
)

// Position is a place in a list of contacts; the zero Position is the start.
type Position struct {
	Word, Alias string
}

// ContactAt is a contact and where it stands in the list.
type ContactAt struct {
	oncall.Contact
	Word string
}

// ChannelPlace is a place in the channels by creation; the zero ChannelPlace is
// the start.
type ChannelPlace struct {
	CreatedAt time.Time
	Alias, ID string
}

// Queries is what this room asks a store. Channels and contacts come without their ARNs.
// The sentences here are what dbtest checks.
type Queries interface {
	outbox.Queries
	ContactQueries
	ChannelQueries
	CodeQueries
	TagQueries
}

// ContactQueries is the part of Queries about contacts and the lists of them.
type ContactQueries interface {
	// InsertContact stores a contact, the words it is found by, and the request
	// that made it. It reports false, and stores nothing, when the alias is
	// taken.
	InsertContact(c oncall.Contact, r oncall.Request) (bool, error)
	// UpdateContact writes the display name, the plan and UpdatedAt, and adds
	// one to the version. It reports false, and writes nothing, unless the
	// stored version is c.Version.
	UpdateContact(c oncall.Contact) (bool, error)
	// SetReachability moves a contact to its place in the list. It returns
	// ErrMissing when there is none.
	SetReachability(alias string, r oncall.Reachability) error
	// DeleteContact removes a contact with its channels, tags and policy, and
	// releases their tokens at the given time. It reports false when there is
	// none.
	DeleteContact(alias string, at time.Time) (bool, error)
	// Contacts returns up to limit contacts of one reachability by alias, after
	// the given alias. The word of their position is empty. Contacts in lists come
	// without their plans.
	Contacts(r oncall.Reachability, after string, limit int) ([]ContactAt, error)
	// FindContacts looks at up to candidates words of contacts of one
	// reachability that begin with lead, in the order of (word, alias) after the
	// given position. It returns up to limit of their contacts, in that order, of
	// which each of the others begins a word too. A contact is returned once, at
	// the first of its words that begins with lead. The cost follows from the
	// candidates, however many contacts there are.
	FindContacts(r oncall.Reachability, lead string, others []string, after Position, limit, candidates int) ([]ContactAt, error)
	// ContactsByAlias returns up to limit contacts of a type ("": of every one) by
	// alias, after the given alias, of those whose alias begins with prefix.
	ContactsByAlias(prefix string, t oncall.ContactType, after string, limit int) ([]oncall.Contact, error)
	// CountCandidates returns how many words of contacts of one reachability begin
	// with lead and stand after the given position, and does not count beyond max.
	CountCandidates(r oncall.Reachability, lead string, after Position, max int) (int, error)
	// Candidate returns the position of the nth of these words, counted from 1, or
	// ErrMissing.
	Candidate(r oncall.Reachability, lead string, after Position, n int) (Position, error)
	// CountContacts returns how many contacts there are of each reachability,
	// at a cost that does not grow with them.
	CountContacts() (map[oncall.Reachability]int, error)
}

// ChannelQueries is the part of Queries about channels and their addresses.
type ChannelQueries interface {
	// ChannelParent returns the facts about a contact that decide whether it may get
	// another channel, or ErrMissing.
	ChannelParent(alias string) (ChannelParent, error)
	// InsertChannel stores a channel with its address, sealed, its code, as
	// SetCode does, and the request that made it. When the contact has one of the same
	// type and canonical address it stores nothing and returns that one's id. Like all
	// that an address is needed for, it fails with Sealed when there is no key.
	InsertChannel(c oncall.Channel, r oncall.Request) (existing string, err error)
	// Channels returns a contact's channels by creation, the oldest first.
	Channels(alias string) ([]oncall.Channel, error)
	// ChannelsOf returns the channels of several contacts, by alias.
	ChannelsOf(aliases []string) (map[string][]oncall.Channel, error)
	// ChannelWith returns the id of the contact's channel of this type and
	// canonical address, or ErrMissing.
	ChannelWith(alias string, t oncall.ChannelType, canonical string) (id string, err error)
	// ChannelsBeside returns up to limit channels with the address of this one on
	// other contacts, by alias and type. It needs no key.
	ChannelsBeside(alias, id string, limit int) ([]oncall.Channel, error)
	// ChannelsAt returns up to limit channels with this canonical address on
	// contacts other than the one named, by alias and type.
	ChannelsAt(canonical, otherThan string, limit int) ([]oncall.Channel, error)
	// Address opens the delivery address of a channel. It returns ErrMissing, or
	// an *oncall.Error of the kind Sealed.
	Address(alias, id string) (oncall.Address, error)
	// AddressAccessRecorded reports whether RecordAddressAccess recorded this.
	AddressAccessRecorded(principal, alias string, hour time.Time) (bool, error)
	// RecordAddressAccess records that a principal saw addresses of a contact in the
	// hour that begins at the given time. It reports false when that is recorded already.
	RecordAddressAccess(principal, alias string, hour time.Time) (bool, error)
	// CountAddressLookup records that a principal looked up an address, or compared one with
	// those of other contacts. The id is a new one. DeleteExpired deletes the record after
	// AddressLookupTTL.
	CountAddressLookup(principal, id string, at time.Time) error
	// AddressLookups returns the times of the last look-ups of a principal, up to limit,
	// the newest first.
	AddressLookups(principal string, limit int) ([]time.Time, error)
	// UpdateChannel writes the name, the times but those of its code and, unless it is
	// zero, the address, and adds one to the version. It reports false, and writes
	// nothing, unless the stored version is c.Version. When the contact has another
	// channel of the same type and canonical address it writes nothing and returns that
	// one's id.
	UpdateChannel(c oncall.Channel) (ok bool, existing string, err error)
	// SetObjections writes StoppedAt and RefusedAt. It changes no version.
	SetObjections(c oncall.Channel) error
	// DeleteChannel removes a channel and releases its token at the given time.
	// It reports false when there is none.
	DeleteChannel(alias, id string, at time.Time) (bool, error)
}

// CodeQueries is the part of Queries about activation codes, and what follows from them for
// messages and numbers. Codes themselves are never stored: what is kept is a keyed hash of
// the code, the channel's ARN and its canonical address.
type CodeQueries interface {
	// SetCode makes c.Code the code of the channel, in the place of the one
	// before, with the hash of its digits and the key of its link, and writes
	// DeferredAt. It changes no version. Without digits no code is good. It fails
	// with Sealed.
	SetCode(c oncall.Channel) error
	// UpdateCode writes Tries and Sends and, unless c.Code.Unused, forgets the hash
	// and the link. It changes no version.
	UpdateCode(c oncall.Channel) error
	// CountCodeTry adds one to the Tries of a channel's code and returns how many
	// there are then, or ErrMissing. It changes no version.
	CountCodeTry(alias, id string) (tries int, err error)
	// CodeIs reports whether digits are those of the channel's code, and takes as
	// long for right ones as for wrong ones. It fails with Sealed.
	CodeIs(c oncall.Channel, digits string) (bool, error)
	// ChannelByLink returns the channel whose code has the link with this key, or
	// ErrMissing.
	ChannelByLink(key []byte) (oncall.Channel, error)
	// EndedCodes returns up to limit channels whose code is good and has ended at
	// a time, those that ended first.
	EndedCodes(at time.Time, limit int) ([]oncall.Channel, error)
	// NextCodeEnd returns when the next valid code expires; zero: there is
	// none.
	NextCodeEnd() (time.Time, error)
	// InactiveChannels returns up to limit channels that are not active, by creation,
	// the oldest first, after a place.
	InactiveChannels(after ChannelPlace, limit int) ([]oncall.Channel, error)
	// CountInactiveChannels returns how many channels are not active, and does not count
	// beyond limit.
	CountInactiveChannels(limit int) (int, error)

	// ObjectedChannels is InactiveChannels for the channels, active or not, with StoppedAt
	// or RefusedAt.
	ObjectedChannels(after ChannelPlace, limit int) ([]oncall.Channel, error)
	// CountObjectedChannels returns how many of them there are, and does not count beyond
	// limit.
	CountObjectedChannels(limit int) (int, error)

	// MessagesOf returns up to limit messages about a channel, the greatest id, which
	// is the newest, first.
	MessagesOf(alias, channel string, limit int) ([]oncall.Message, error)
	// ForgetMessages says when the messages about a channel are forgotten, takes
	// those that wait out of the outbox, and removes their contents.
	ForgetMessages(alias, channel string, at time.Time) error
	// Stop notes that nothing is to be sent to a canonical number as a text
	// message, or that it may be again. It reports whether that is new.
	Stop(canonical string, stop bool, at time.Time) (bool, error)

	// SetResend writes the job of sending new codes to many, of which there is
	// one at a time.
	SetResend(r Resend) error
	// Resend returns the job, or ErrMissing.
	Resend() (Resend, error)
}

// TagQueries is the part of Queries about what programs keep with a contact. All
// of it goes with the contact.
type TagQueries interface {
	// SetTags gives a contact tags. One that it has gets the new value, and others
	// stay. A key must not stand twice among tags.
	SetTags(alias string, tags []oncall.Tag) error
	// Tags returns the tags of a contact, by key.
	Tags(alias string) ([]oncall.Tag, error)
	// DeleteTags takes the tags with these keys from a contact. Keys that it does
	// not have are ignored.
	DeleteTags(alias string, keys []string) error

	// SetPolicy gives a contact a policy in the place of the one it has.
	SetPolicy(alias, policy string) error
	// Policy returns the policy of a contact, byte for byte, or ErrMissing.
	Policy(alias string) (string, error)
}
