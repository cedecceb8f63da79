package oncall

// TagQueries is the part of Queries about what programs keep with a contact. All
// of it goes with the contact. The sentences here are what dbtest checks.
type TagQueries interface {
	// SetTags gives a contact tags. One that it has gets the new value, and others
	// stay. A key must not stand twice among tags.
	SetTags(alias string, tags []Tag) error
	// Tags returns the tags of a contact, by key.
	Tags(alias string) ([]Tag, error)
	// DeleteTags takes the tags with these keys from a contact. Keys that it does
	// not have are ignored.
	DeleteTags(alias string, keys []string) error

	// SetPolicy gives a contact a policy in the place of the one it has.
	SetPolicy(alias, policy string) error
	// Policy returns the policy of a contact, byte for byte, or ErrMissing.
	Policy(alias string) (string, error)
}
