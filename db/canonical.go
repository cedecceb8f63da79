package db

import (
	"context"
	"database/sql"
	"errors"

	"callbook/internal/oncall"
)

// addressForm is the version of the form in which email addresses are compared. Form 1 did
// not compose letters, and folded case as strings.ToLower does.
const addressForm = 2

const (
	selectAddressForm = `SELECT address_form FROM installation WHERE id = 1`
	setAddressForm    = `UPDATE installation SET address_form = $1 WHERE id = 1`
	emailAddresses    = `SELECT contact, id, address FROM channel WHERE type = 'EMAIL' AND (contact, id) > ($1, $2) ORDER BY contact, id LIMIT 0 + $3`
	endCodeNow        = `UPDATE channel SET code_ends_at = 1 WHERE contact = $1 AND id = $2 AND code IS NOT NULL`
	emailsOfUsers     = `SELECT id, email, canonical FROM users WHERE id > $1 ORDER BY id LIMIT 0 + $2`
	setCanonical      = `UPDATE users SET canonical = $2 WHERE id = $1 AND NOT EXISTS (SELECT 1 FROM users WHERE canonical = $2)`
)

// RenewCanonical brings the email addresses of channels and users, which a program of
// before has stored, to the form by which they are looked up now. If a contact has two
// channels with an address that is now the same, or two users have, the later one keeps the
// form of before. RenewCanonical returns how many do. It does nothing to a database that has
// this form, or while the keys are missing.
func (s *Store) RenewCanonical(ctx context.Context) (kept int, err error) {
	if s.ring == nil {
		return 0, nil
	}
	form := 0
	err = s.View(ctx, func(q Queries) error { return q.(*queries).row(selectAddressForm, nil, &form) })
	if err != nil || form >= addressForm {
		return 0, err
	}
	err = s.Update(ctx, func(all Queries) error {
		q := all.(*queries)
		channels, err := q.renewChannels()
		if err != nil {
			return err
		}
		users, err := q.renewUsers()
		if err != nil {
			return err
		}
		kept = channels + users
		_, err = q.exec(setAddressForm, addressForm)
		return err
	})
	return kept, err
}

func (q *queries) renewChannels() (kept int, err error) {
	var last oncall.Channel
	for more := true; more; {
		var batch []oncall.Channel
		err := q.rows(emailAddresses, []any{last.Alias, last.ID, rehashBatchSize}, func(rows *sql.Rows) error {
			c := oncall.Channel{Type: oncall.Email}
			var sealed []byte
			err := rows.Scan(&c.Alias, &c.ID, &sealed)
			if err == nil {
				c.Address, err = q.openAddress(sealed, c.Alias, c.ID)
			}
			batch = append(batch, c)
			return err
		})
		if err != nil {
			return kept, err
		}
		for _, c := range batch {
			same, err := q.renewChannel(c)
			if err != nil {
				return kept, err
			}
			if same {
				kept++
			}
			last = c
		}
		more = len(batch) == rehashBatchSize
	}
	return kept, nil
}

// renewChannel reports whether the contact has another channel with the address. Codes are
// bound to the form of before, so one that is out ends.
func (q *queries) renewChannel(c oncall.Channel) (same bool, err error) {
	canonical, ok := oncall.CanonicalEmail(c.Address.Given)
	if !ok || canonical == c.Address.Canonical {
		return false, nil
	}
	_, err = q.ChannelWith(c.Alias, c.Type, canonical)
	if !errors.Is(err, oncall.ErrMissing) {
		return err == nil, err
	}
	c.Address.Canonical = canonical
	sealed, hash, err := q.sealAddress(c)
	if err != nil {
		return false, err
	}
	if _, err := q.exec(updateAddress, c.Alias, c.ID, c.Address.Masked(), sealed, hash); err != nil {
		return false, err
	}
	_, err = q.exec(endCodeNow, c.Alias, c.ID)
	return false, err
}

func (q *queries) renewUsers() (kept int, err error) {
	last := ""
	for more := true; more; {
		var batch []oncall.User
		err := q.rows(emailsOfUsers, []any{last, rehashBatchSize}, func(rows *sql.Rows) error {
			var u oncall.User
			err := rows.Scan(&u.ID, &u.Email, &u.Canonical)
			batch = append(batch, u)
			return err
		})
		if err != nil {
			return kept, err
		}
		for _, u := range batch {
			same, err := q.renewUser(u)
			if err != nil {
				return kept, err
			}
			if same {
				kept++
			}
			last = u.ID
		}
		more = len(batch) == rehashBatchSize
	}
	return kept, nil
}

// renewUser reports whether another user has the address.
func (q *queries) renewUser(u oncall.User) (same bool, err error) {
	canonical, ok := oncall.CanonicalEmail(u.Email)
	if !ok || canonical == u.Canonical {
		return false, nil
	}
	n, err := q.exec(setCanonical, u.ID, canonical)
	return err == nil && n == 0, err
}

// openAddress decrypts an address that sealAddress has encrypted.
func (q *queries) openAddress(sealed []byte, alias, id string) (oncall.Address, error) {
	plain, err := q.open(sealed, "channel", "address", alias+"/"+id)
	if err != nil {
		return oncall.Address{}, err
	}
	return parseAddress(plain)
}
