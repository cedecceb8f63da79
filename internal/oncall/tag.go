package oncall

// Tag is a label that programs put on a contact. Its key is there once on a
// contact, and case tells keys apart.
type Tag struct {
	Key   string `validate:"required,max=128,unreserved,tagkey"`
	Value string `validate:"required,max=256,tagvalue"`
}
