package db

import (
	"bytes"
	"context"
	"errors"
	"strings"

	"callbook/internal/oncall"
)

// checkAddresses compares the mask and the hash of each channel with its opened address. A
// mask is what people recognize an address by, and by the hash it is found and compared.
func (s *Store) checkAddresses(ctx context.Context, w *problems) (n int64, err error) {
	if s.locked != nil {
		return 0, nil // checkSealed reports that
	}
	for last, more := "", true; more; {
		err := s.look(ctx, func(q *queries) error {
			key, err := q.indexKey()
			if err != nil {
				return err
			}
			rows, err := q.sealedRows(channelAddress, channelAddress.all(), append(channelAddress.key(last), CheckBatchSize))
			for _, r := range rows {
				err = errors.Join(err, q.checkAddress(r, key, w))
				n, last = n+1, r.row
			}
			more = len(rows) == CheckBatchSize
			return err
		})
		if err != nil {
			return n, err
		}
	}
	return n, nil
}

const selectMask = `SELECT mask, address_hash FROM channel WHERE contact = $1 AND id = $2`

// checkAddress compares one channel. checkSealed reports what cannot be opened.
func (q *queries) checkAddress(r sealedRow, key uint32, w *problems) error {
	plain, err := q.open(r.sealed, channelAddress.Table, channelAddress.Column, r.row)
	if err != nil {
		return ignoreSealed(err)
	}
	address, err := parseAddress(plain)
	if err != nil {
		w.add("channel %s: what is sealed is no address", r.row)
		return nil
	}
	want, err := q.hashWith(key, address.Canonical)
	if err != nil {
		return ignoreSealed(err)
	}
	if len(plain)%sealedBlock != 0 {
		w.unpadded++
	}
	alias, id, _ := strings.Cut(r.row, "/")
	var mask string
	var hash []byte
	if err := q.row(selectMask, []any{alias, id}, &mask, &hash); err != nil {
		return err
	}
	if mask != address.Masked() {
		w.add("channel %s: the mask that people see is not that of its address", r.row)
	}
	if !bytes.Equal(hash, want) {
		w.add("channel %s: the hash by which it is found is not that of its address", r.row)
	}
	return nil
}

func ignoreSealed(err error) error {
	if oncall.KindOf(err) == oncall.Sealed {
		return nil
	}
	return err
}
