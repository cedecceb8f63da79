package dbtest

import (
	"callbook/db"

	"errors"
	"testing"
	"time"

	"callbook/internal/oncall"
)

var keyFacts = []fact{
	{"AccessKeyComesBackAsItWas", func(t *testing.T, s store) {
		full := accessKey("AKIA2")
		full.Maker, full.MakerName = "ana", "ana@example.org"
		full.UsedAt, full.DisabledAt = start.Add(time.Hour), start.Add(2*time.Hour)
		s.add(t, full, accessKey("AKIA3"), accessKey("AKIA1"))
		same(t, "key", full, s.accessKey(t, "AKIA2"))
		same(t, "secret", "secret of AKIA2", s.secret(t, "AKIA2"))
		for after, want := range map[string][]oncall.AccessKey{"": {accessKey("AKIA1"), full}, "AKIA2": {accessKey("AKIA3")}, "AKIA3": nil} {
			same(t, "keys after "+after, want, ask(t, s, func(q db.Queries) ([]oncall.AccessKey, error) { return q.AccessKeys(after, 2) }))
		}
	}},
	{"AccessKeyIsMissing", func(t *testing.T, s store) {
		s.add(t, accessKey("AKIA1"))
		s.view(t, func(q db.Queries) error {
			_, err1 := q.AccessKey("akia1")
			_, err2 := q.AccessKeySecret("")
			if !errors.Is(err1, oncall.ErrMissing) || !errors.Is(err2, oncall.ErrMissing) {
				t.Errorf("an access key that is not there: got %v and %v, want ErrMissing", err1, err2)
			}
			return nil
		})
	}},
	{"AccessKeyIsDisabledEnabledAndUsed", func(t *testing.T, s store) {
		s.add(t, accessKey("AKIA1"), accessKey("AKIA2"))
		s.update(t, func(q db.Queries) error {
			return errors.Join(q.SetAccessKeyDisabled("AKIA1", start.Add(time.Hour)), q.SetAccessKeyUsed("AKIA1", start.Add(time.Minute)))
		})
		want := accessKey("AKIA1")
		want.UsedAt, want.DisabledAt = start.Add(time.Minute), start.Add(time.Hour)
		same(t, "key", want, s.accessKey(t, "AKIA1"))
		s.update(t, func(q db.Queries) error { return q.SetAccessKeyDisabled("AKIA1", time.Time{}) })
		want.DisabledAt = time.Time{}
		same(t, "key enabled again", want, s.accessKey(t, "AKIA1"))
		same(t, "the other key", accessKey("AKIA2"), s.accessKey(t, "AKIA2"))
	}},
	{"DeleteAccessKeyRemovesOneAndReleasesItsToken", func(t *testing.T, s store) {
		s.update(t, func(q db.Queries) error {
			if _, err := q.Remember(request("key"), "key", start); err != nil {
				return err
			}
			return q.InsertAccessKey(accessKey("AKIA1"), "secret", request("key"))
		})
		s.add(t, accessKey("AKIA2"))
		made := tokens{"key"}
		made.remembered(t, s, start.Add(100*oncall.TokenTTL))
		for _, want := range []bool{true, false} {
			if got := ask(t, s, func(q db.Queries) (bool, error) { return q.DeleteAccessKey("AKIA1", start) }); got != want {
				t.Errorf("DeleteAccessKey: got %t, want %t", got, want)
			}
		}
		same(t, "keys", []string{"", "AKIA2"}, []string{s.accessKey(t, "AKIA1").ID, s.accessKey(t, "AKIA2").ID})
		made.remembered(t, s, start.Add(oncall.TokenTTL))
		made.forgotten(t, s, start.Add(oncall.TokenTTL+time.Microsecond))
	}},
}

func (s store) accessKey(t *testing.T, id string) oncall.AccessKey {
	t.Helper()
	return ask(t, s, func(q db.Queries) (oncall.AccessKey, error) { return q.AccessKey(id) })
}

func (s store) secret(t *testing.T, id string) string {
	t.Helper()
	return ask(t, s, func(q db.Queries) (string, error) { return q.AccessKeySecret(id) })
}
