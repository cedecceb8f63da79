package db

import (
	"time"

	"callbook/internal/contacts"
	"callbook/internal/outbox"
)

// Expired rows are found by an index that begins with their end.
const (
	forgetLinks      = `DELETE FROM link WHERE token IN (SELECT token FROM link WHERE ends_at <= $1 ORDER BY ends_at, token LIMIT 0 + $2)`
	forgetSessions   = `DELETE FROM session WHERE token IN (SELECT token FROM session WHERE ends_at <= $1 ORDER BY ends_at, token LIMIT 0 + $2)`
	forgetCeremonies = `DELETE FROM ceremony WHERE token IN (SELECT token FROM ceremony WHERE ends_at <= $1 ORDER BY ends_at, token LIMIT 0 + $2)`
	deleteCallbacks  = `DELETE FROM callback WHERE report IN (SELECT report FROM callback WHERE ends_at <= $1 ORDER BY ends_at, report LIMIT 0 + $2)`
	forgetSent       = `DELETE FROM message WHERE id IN (SELECT id FROM message WHERE forget_at <= $1 ORDER BY forget_at, id LIMIT 0 + $2)`
	forgetSeen       = `DELETE FROM address_access WHERE (contact, principal, hour) IN (SELECT contact, principal, hour FROM address_access WHERE hour <= $1 ORDER BY hour, contact, principal LIMIT 0 + $2)`
	forgetLookups    = `DELETE FROM address_lookup WHERE (at, principal, id) IN (SELECT at, principal, id FROM address_lookup WHERE at <= $1 ORDER BY at, principal, id LIMIT 0 + $2)`
	forgetAnswers    = `DELETE FROM answer WHERE (address, at, id) IN (SELECT address, at, id FROM answer WHERE at <= $1 ORDER BY at, address, id LIMIT 0 + $2)`
	forgetDevices    = `DELETE FROM device WHERE id IN (SELECT id FROM device WHERE ends_at <= $1 ORDER BY ends_at, id LIMIT 0 + $2)`
	forgetTries      = `DELETE FROM sign_in_failure WHERE name IN (SELECT name FROM sign_in_failure WHERE ends_at <= $1 ORDER BY ends_at, name LIMIT 0 + $2)`
)

func (q *queries) DeleteExpired(at time.Time, limit int) error {
	for _, text := range []string{forgetLinks, forgetSessions, forgetCeremonies, deleteCallbacks, forgetSent, forgetDevices, forgetTries} {
		if _, err := q.exec(text, micros(at), limit); err != nil {
			return err
		}
	}
	if _, err := q.exec(forgetLookups, micros(at.Add(-contacts.AddressLookupTTL)), limit); err != nil {
		return err
	}
	if _, err := q.exec(forgetAnswers, micros(at.Add(-outbox.AnswerTTL)), limit); err != nil {
		return err
	}
	_, err := q.exec(forgetSeen, micros(at.Add(-contacts.AddressAccessTTL)), limit)
	return err
}
