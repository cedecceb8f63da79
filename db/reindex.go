package db

const (
	setIndexKey    = `UPDATE installation SET index_key = $1 WHERE id = 1`
	setAddressHash = `UPDATE channel SET address_hash = $1 WHERE contact = $2 AND id = $3`
)

// rehashBatchSize is how many addresses RotateIndex holds in memory.
const rehashBatchSize = 500

func (q *queries) IndexKey() (uint32, error) { return q.indexKey() }

func (q *queries) RotateIndex(key uint32) (n int, err error) {
	for last, more := "", true; more; {
		rows, err := q.sealedRows(channelAddress, channelAddress.all(), append(channelAddress.key(last), rehashBatchSize))
		if err != nil {
			return n, err
		}
		for _, r := range rows {
			if err := q.rehash(r.row, key); err != nil {
				return n, err
			}
			n, last = n+1, r.row
		}
		more = len(rows) == rehashBatchSize
	}
	_, err = q.exec(setIndexKey, key)
	q.conn.indexKey = 0
	return n, err
}

// rehash stores the hash of a channel's address under another key.
func (q *queries) rehash(row string, key uint32) error {
	id := channelAddress.key(row)
	address, err := q.Address(id[0].(string), id[1].(string))
	if err != nil {
		return err
	}
	hash, err := q.hashWith(key, address.Canonical)
	if err != nil {
		return err
	}
	_, err = q.exec(setAddressHash, append([]any{hash}, id...)...)
	return err
}
