package oncall

// SealQueries is the part of Queries about the keys by which values are sealed
// and found. The sentences here are what dbtest and the tests of rotation check.
type SealQueries interface {
	// Reseal goes on behind a place and seals anew, by the primary key, up to
	// limit values that another key has sealed. It returns where it stopped and
	// how many there were: fewer than limit when it came to the end. It changes no
	// version. It fails with Sealed when a value cannot be opened.
	Reseal(after SealedRow, limit int) (last SealedRow, n int, err error)

	// Indexes returns the id of the key by which addresses are found, and of the
	// one by which they are to be; 0: there is none.
	Indexes() (now, next uint32, err error)
	// StartIndex makes a key the one by which addresses are to be found: what is
	// written from then on can be found by both.
	StartIndex(next uint32) error
	// FillIndex makes up to limit addresses that were written before StartIndex
	// such as can be found by both, and returns how many. It fails with Sealed
	// when one cannot be opened.
	FillIndex(limit int) (int, error)
	// SwitchIndex makes the next key the one by which addresses are found, and the
	// only one. It reports false, and changes nothing, when there is none or not
	// every address can be found by it.
	SwitchIndex() (bool, error)
	// ClearIndex forgets up to limit sums by the key before, and returns how many.
	// It fails while there is a next key.
	ClearIndex(limit int) (int, error)
}
