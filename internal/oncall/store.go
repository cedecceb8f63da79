package oncall

import (
	"context"
	"errors"
	"time"
)

// ErrMissing is what a Queries method returns for a row that is not there.
var ErrMissing = errors.New("oncall: no such row")

// Store remembers. Both methods run the function inside one transaction.
type Store interface {
	// View runs fn over one unchanging snapshot. fn must not write.
	View(ctx context.Context, fn func(Queries) error) error

	// Update runs fn and commits what it wrote before it returns nil: the
	// writes then survive kill -9 and a power cut. When fn returns an error or
	// panics, nothing it wrote remains. fn may be run more than once, so it
	// must be repeatable and have no effect outside the Queries. The end of
	// ctx is honoured only before fn starts. Updates of all processes on one
	// store run one after another; each sees all that were acknowledged before
	// it began.
	Update(ctx context.Context, fn func(Queries) error) error
}

// Queries is everything an operation can ask a store, valid only inside the
// function it was handed to. Channels and contacts come without their ARNs,
// which are the Service's to give. The sentences here are what dbtest checks.
type Queries interface {
	// InsertContact stores a contact, the words it is found by, and the request
	// that made it. It reports false, and stores nothing, when the alias is
	// taken.
	InsertContact(c Contact, r Request) (bool, error)
	// Contact returns one contact, or ErrMissing.
	Contact(alias string) (Contact, error)
	// UpdateContact writes the display name, the plan and UpdatedAt, and adds
	// one to the version. It reports false, and writes nothing, unless the
	// stored version is c.Version.
	UpdateContact(c Contact) (bool, error)
	// SetReachability moves a contact to its place in the list. It returns
	// ErrMissing when there is none.
	SetReachability(alias string, r Reachability) error
	// DeleteContact removes a contact with its channels, tags and policy, and
	// releases their tokens at the given time. It reports false when there is
	// none.
	DeleteContact(alias string, at time.Time) (bool, error)
	// Contacts returns up to limit contacts of one reachability by alias, after
	// the given alias. The word of their position is empty. Contacts in lists come
	// without their plans.
	Contacts(r Reachability, after string, limit int) ([]ContactAt, error)
	// FindContacts looks at up to candidates words of contacts of one
	// reachability that begin with lead, in the order of (word, alias) after the
	// given position. It returns up to limit of their contacts, in that order, of
	// which each of the others begins a word too. A contact is returned once, at
	// the first of its words that begins with lead. The cost follows from the
	// candidates, however many contacts there are.
	FindContacts(r Reachability, lead string, others []string, after Position, limit, candidates int) ([]ContactAt, error)
	// ContactsByAlias returns up to limit contacts of a type ("": of every one) by
	// alias, after the given alias, of those whose alias begins with prefix.
	ContactsByAlias(prefix string, t ContactType, after string, limit int) ([]Contact, error)
	// CountCandidates returns how many words of contacts of one reachability begin
	// with lead and stand after the given position, and does not count beyond max.
	CountCandidates(r Reachability, lead string, after Position, max int) (int, error)
	// Candidate returns the position of the nth of these words, counted from 1, or
	// ErrMissing.
	Candidate(r Reachability, lead string, after Position, n int) (Position, error)
	// CountContacts returns how many contacts there are of each reachability,
	// at a cost that does not grow with them.
	CountContacts() (map[Reachability]int, error)

	// ChannelHost returns what of a contact decides what becomes of another
	// channel, or ErrMissing.
	ChannelHost(alias string) (Host, error)
	// InsertChannel stores a channel with its address, sealed, its code, as
	// SetCode does, and the request that made it. When the contact has one of the same type and canonical
	// address it stores nothing and returns that one's id. Like all that an
	// address is needed for, it fails with Sealed when there is no key.
	InsertChannel(c Channel, r Request) (existing string, err error)
	// Channel returns one channel, or ErrMissing.
	Channel(alias, id string) (Channel, error)
	// Channels returns a contact's channels by creation, the oldest first.
	Channels(alias string) ([]Channel, error)
	// ChannelsOf returns the channels of several contacts, by alias.
	ChannelsOf(aliases []string) (map[string][]Channel, error)
	// ChannelWith returns the id of the contact's channel of this type and
	// canonical address, or ErrMissing.
	ChannelWith(alias string, t ChannelType, canonical string) (id string, err error)
	// ChannelsBeside returns up to limit channels with the address of this one on
	// other contacts, by alias and type. It needs no key.
	ChannelsBeside(alias, id string, limit int) ([]Channel, error)
	// ChannelsAt returns up to limit channels with this canonical address on
	// contacts other than the one named, by alias and type.
	ChannelsAt(canonical, otherThan string, limit int) ([]Channel, error)
	// Address opens the delivery address of a channel. It returns ErrMissing, or
	// an *Error of the kind Sealed.
	Address(alias, id string) (Address, error)
	// AddressesSeen reports whether SeeAddresses was told of this.
	AddressesSeen(principal, alias string, hour time.Time) (bool, error)
	// SeeAddresses notes that a principal saw addresses of a contact in the hour
	// that begins at the given time. It reports false when that is noted already.
	SeeAddresses(principal, alias string, hour time.Time) (bool, error)
	// UpdateChannel writes the name, the times but those of its code and, unless it is zero, the
	// address, and adds one to the version. It reports false, and writes nothing, unless the stored
	// version is c.Version. When the contact has another channel of the same
	// type and canonical address it writes nothing and returns that one's id.
	UpdateChannel(c Channel) (ok bool, existing string, err error)
	// DeleteChannel removes a channel and releases its token at the given time.
	// It reports false when there is none.
	DeleteChannel(alias, id string, at time.Time) (bool, error)

	// Remember records that a request creates a resource, unless the same door,
	// operation, principal and token are remembered already: then it changes
	// nothing and returns what they created. A remembered token is forgotten a
	// day after its resource was deleted, and not before.
	Remember(r Request, resource ARN, at time.Time) (Memory, error)

	// Record adds an entry at the end of the audit trail. Its number, key and MAC
	// are given here. It fails with Sealed when there is no key.
	Record(e Entry) error
	// Entries returns up to in.Limit entries that match, the newest first.
	Entries(in AuditQuery) ([]Entry, error)
	// EntriesFrom returns up to limit entries with the number seq or a greater
	// one, the oldest first.
	EntriesFrom(seq int64, limit int) ([]Entry, error)
	// AddedSince counts the contacts and channels that later entries of the same
	// actor and request say were added. The cost follows from how many entries of
	// the actor there are since.
	AddedSince(e Entry) (contacts, channels int, err error)
	// AuditEnd returns the number and the MAC of the last entry; zero: none.
	AuditEnd() (Anchor, error)
	// EntryMAC returns the MAC that an entry has when it follows the one with the
	// MAC before; nil when the entry names a key that there never was. It fails
	// with Sealed when there is no key at all.
	EntryMAC(e Entry, before []byte) ([]byte, error)

	// WritePulse replaces the time that it wrote before.
	WritePulse(at time.Time) error

	CodeQueries
	MessageQueries
	PeopleQueries
	TagQueries
	SealQueries
}

// Position is a place in a list of contacts; the zero Position is the start.
type Position struct {
	Word, Alias string
}

// ContactAt is a contact and where it stands in the list.
type ContactAt struct {
	Contact
	Word string
}
