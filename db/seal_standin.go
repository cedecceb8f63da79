package db

import "encoding/base64"

// seal and open are stand-ins until the encryption at rest is merged, which
// removes this file.
func (q *queries) seal(plain []byte, table, column, row string) ([]byte, error) {
	return base64.StdEncoding.AppendEncode(nil, plain), nil
}

func (q *queries) open(sealed []byte, table, column, row string) ([]byte, error) {
	return base64.StdEncoding.AppendDecode(nil, sealed)
}
