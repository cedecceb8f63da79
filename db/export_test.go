package db

import (
	"database/sql"
	"maps"
	"slices"
)

// The statements whose plans the tests of this package look at. Those tests open a store
// with package sqlite, which imports this package, so they are outside.
const (
	SelectChannels  = selectChannels
	NextCodeEnd     = nextCodeEnd
	CountInactive   = countInactive
	CountObjected   = countObjected
	SentSince       = sentSince
	PullForward     = pullForward
	ListContacts    = listContacts
	ContactsByAlias = contactsByAlias
	ContactsOfType  = contactsOfType
	CountCandidates = countCandidates
	NthCandidate    = nthCandidate
	AddedSince      = addedSince
)

var (
	ChannelsOf    = channelsOf
	InsertMessage = insertMessage
	FindContacts  = findContacts
	FindEntries   = findEntries
)

// Stale and Update are the statements by which a column is sealed anew.
func (c SealedColumn) Stale() string { return c.stale() }

func (c SealedColumn) Update() string { return c.update() }

// Prepared returns every statement that the store has executed. No transaction runs.
func (s *Store) Prepared() (texts []string) {
	for _, c := range s.conns {
		texts = slices.AppendSeq(texts, maps.Keys(c.prepared))
	}
	return texts
}

// Conn returns the writer's connection.
func (s *Store) Conn() *sql.Conn { return s.conns[0].sql }
