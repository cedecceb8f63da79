package account

import (
	"context"
	"errors"
	"time"

	"callbook/internal/access"
	"callbook/internal/oncall"
)

// RememberDevice remembers that the browser of a session has signed in to its account, and
// returns the token by which SignIn knows the browser again. The token of before, which may
// be empty, ends: whoever has copied it cannot use it any more. The accounts that the browser
// was known to stay known. It fails with Denied: Unknown if the session has ended.
func (a *Accounts) RememberDevice(ctx context.Context, session, before string) (string, error) {
	token, now := oncall.NewToken(), a.Now()
	err := a.store.Update(ctx, func(q Queries) error {
		_, u, err := q.Session(oncall.TokenKey(session), now)
		if errors.Is(err, oncall.ErrMissing) {
			return signedOut()
		}
		if err != nil {
			return err
		}
		if before != "" {
			if err := q.SetDeviceKey(oncall.TokenKey(before), oncall.TokenKey(token)); err != nil {
				return err
			}
		}
		err = q.InsertDevice(oncall.Device{ID: a.NewID(), Key: oncall.TokenKey(token), User: u.ID, CreatedAt: now, EndsAt: now.Add(oncall.DeviceTTL)})
		if err != nil {
			return err
		}
		return q.TrimDevices(u.ID, oncall.MaxDevices)
	})
	if err != nil {
		return "", err
	}
	return token, nil
}

// knownDevice returns the id of a browser that has signed in to a user's account before, or
// "".
func knownDevice(q Queries, token, user string, now time.Time) (string, error) {
	if token == "" || user == "" {
		return "", nil
	}
	id, err := q.Device(oncall.TokenKey(token), user, now)
	return id, access.IgnoreMissing(err)
}
