package oncall

// SealQueries is the part of Queries about the keys by which values are sealed
// and found. The sentences here are what dbtest and the tests of rotation check.
type SealQueries interface {
	// Reseal goes on behind a place and seals anew, by the primary key, up to
	// limit values that another key has sealed. It returns where it stopped and
	// how many there were: fewer than limit when it came to the end. It changes no
	// version. It fails with Sealed when a value cannot be opened.
	Reseal(after SealedRow, limit int) (last SealedRow, n int, err error)

	// IndexKey returns the id of the key by which addresses are found.
	IndexKey() (uint32, error)
	// RotateIndex makes a key the one by which all addresses are found, and returns
	// how many there are. It takes as long as there are many. It fails with Sealed
	// when an address cannot be opened or there is no such key.
	RotateIndex(key uint32) (int, error)
}
