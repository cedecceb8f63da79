package db

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"slices"

	"callbook/internal/oncall"
)

const (
	recordedStates = `SELECT seq, resource, changes FROM audit WHERE outcome = 'done' AND resource <> '' AND (changes LIKE '%"role"%' OR changes LIKE '%"state"%') ORDER BY seq`
	userStates     = `SELECT id, email, role, disabled_at IS NOT NULL FROM users ORDER BY id`
	keyStates      = `SELECT id, role, disabled_at IS NOT NULL FROM access_key ORDER BY id`
	channelStates  = `SELECT contact, id, deferred_at, activated_at FROM channel ORDER BY contact, id`

	// wronglyReachable selects the contacts that can be paged and are not in the list of
	// those, or are in it and cannot be paged.
	wronglyReachable = `
SELECT alias FROM contact WHERE (reachability = 'reachable') <>
EXISTS (SELECT 1 FROM channel WHERE channel.contact = contact.alias AND channel.activated_at IS NOT NULL) ORDER BY alias`
)

// recorded is what the audit trail says of a user, an access key or a channel.
type recorded struct {
	seq         int64 // of the newest entry about it
	role, state string
}

// checkStates compares roles and states with the newest entries of the audit trail. Somebody
// who can write to the database file could make an admin or activate a channel, and cannot
// add an entry without the key file.
func (s *Store) checkStates(ctx context.Context, w *problems) (n int64, err error) {
	err = s.look(ctx, func(q *queries) error {
		trail, err := q.recordedStates()
		if err != nil {
			return err
		}
		c := comparison{problems: w, trail: trail}
		err = errors.Join(q.compareUsers(s.scope, &c), q.compareKeys(s.scope, &c), q.compareChannels(s.scope, &c))
		if err != nil {
			return err
		}
		c.reportMissing()
		n = c.n
		return q.rows(wronglyReachable, nil, func(rows *sql.Rows) error {
			var alias string
			err := rows.Scan(&alias)
			w.add("contact %s: whether it can be paged does not follow from its channels", alias)
			return err
		})
	})
	return n, err
}

// recordedStates reads the whole trail. It leaves out what was deleted, and entries about no
// resource, such as those of imports.
func (q *queries) recordedStates() (map[oncall.ARN]recorded, error) {
	trail := map[oncall.ARN]recorded{}
	err := q.rows(recordedStates, nil, func(rows *sql.Rows) error {
		var seq int64
		var resource oncall.ARN
		var text string
		if err := rows.Scan(&seq, &resource, &text); err != nil {
			return err
		}
		var changes []oncall.AuditChange
		if json.Unmarshal([]byte(text), &changes) != nil {
			return nil // the check of the trail reports that
		}
		r := trail[resource]
		if r.apply(changes); r == (recorded{seq: r.seq}) {
			delete(trail, resource)
			return nil
		}
		r.seq = seq
		trail[resource] = r
		return nil
	})
	return trail, err
}

func (r *recorded) apply(changes []oncall.AuditChange) {
	for _, c := range changes {
		switch c.Field {
		case oncall.FieldRole:
			r.role = c.After
		case oncall.FieldState:
			r.state = c.After
		}
	}
}

// comparison compares rows with the trail. What it has compared it takes out of trail.
type comparison struct {
	*problems
	trail map[oncall.ARN]recorded
	n     int64
}

// compare reports a row whose role or state is not that of the trail.
func (c *comparison) compare(what string, resource oncall.ARN, role, state string) {
	c.n++
	r, found := c.trail[resource]
	delete(c.trail, resource)
	switch {
	case !found:
		c.add("%s: no entry of the audit trail says that it was added", what)
	case r.role != role:
		c.add("%s: its role is %s, and entry %d of the audit trail says %q", what, role, r.seq, r.role)
	case r.state != state:
		c.add("%s: it is %s, and entry %d of the audit trail says %q", what, state, r.seq, r.state)
	}
}

// reportMissing reports what the trail knows and the database does not have. It names the
// entries, because the names of users are addresses.
func (c *comparison) reportMissing() {
	var entries []int64
	for _, r := range c.trail {
		entries = append(entries, r.seq)
	}
	slices.Sort(entries)
	for _, seq := range entries {
		c.add("what entry %d of the audit trail is about is not there, and no entry says that it was deleted", seq)
	}
}

func (q *queries) compareUsers(scope oncall.Scope, c *comparison) error {
	return q.rows(userStates, nil, func(rows *sql.Rows) error {
		var id, email, role string
		var disabled bool
		err := rows.Scan(&id, &email, &role, &disabled)
		c.compare("user "+id, scope.User(email), role, oncall.StateWord(disabled))
		return err
	})
}

func (q *queries) compareKeys(scope oncall.Scope, c *comparison) error {
	return q.rows(keyStates, nil, func(rows *sql.Rows) error {
		var id, role string
		var disabled bool
		err := rows.Scan(&id, &role, &disabled)
		arn := scope.AccessKey(id)
		if r := c.trail[arn]; r.state == "" && r.role != "" { // the entry of a new key has no state
			r.state = oncall.StateWord(false)
			c.trail[arn] = r
		}
		c.compare("access key "+id, arn, role, oncall.StateWord(disabled))
		return err
	})
}

func (q *queries) compareChannels(scope oncall.Scope, c *comparison) error {
	return q.rows(channelStates, nil, func(rows *sql.Rows) error {
		var ch oncall.Channel
		err := rows.Scan(&ch.Alias, &ch.ID, timeScan{&ch.DeferredAt}, timeScan{&ch.ActivatedAt})
		c.compare("channel "+ch.Alias+"/"+ch.ID, scope.Channel(ch.Alias, ch.ID), "", string(ch.State()))
		return err
	})
}
