package dbtest

import (
	"callbook/db"

	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"callbook/internal/oncall"
)

var channelFacts = []fact{
	{"ChannelHostTellsWhatDecides", func(t *testing.T, s store) {
		plan := person("plan", "The plan")
		plan.Type, plan.Reachability = oncall.Escalation, ""
		s.add(t, person("ana", ""), plan, sms("ana", "one", "+15005550100"), sms("ana", "two", "+15005550101"))
		s.view(t, func(q db.Queries) error {
			for alias, want := range map[string]string{"ana": "PERSONAL ana unreachable 2 <nil>", "plan": "ESCALATION The plan  0 <nil>", "nobody": "   0 " + oncall.ErrMissing.Error()} {
				h, err := q.ChannelParent(alias)
				same(t, "ChannelHost of "+alias, want, fmt.Sprintf("%s %s %s %d %v", h.Type, h.Name, h.Reachability, h.Channels, err))
			}
			return nil
		})
	}},
	{"InsertChannelStoresAllOfIt", func(t *testing.T, s store) {
		full := oncall.Channel{Alias: "ana", ID: "one", Name: "Ana's \"mobile\"", Type: oncall.Email, Mask: "a•••@example.org",
			Address: oncall.Address{Given: "Ana@Example.org", Canonical: "ana@example.org"}, Version: 1,
			DeferredAt: start.Add(1 * time.Second), ActivatedAt: start.Add(2 * time.Second), DeactivatedAt: start.Add(3 * time.Second),
			ReaddressedAt: start.Add(4 * time.Second), CreatedAt: start.Add(5 * time.Second), UpdatedAt: start.Add(6 * time.Second),
			StoppedAt: start.Add(7 * time.Second)}
		s.add(t, person("ana", ""), full, sms("ana", "two", "+15005550100"))
		same(t, "channel one", full, s.channel(t, "ana", "one"))
		same(t, "its address", full.Address, s.address(t, "ana", "one"))
		same(t, "channel two", sms("ana", "two", "+15005550100"), s.channel(t, "ana", "two"))
	}},
	{"InsertChannelReturnsTheOneWithItsTypeAndAddress", func(t *testing.T, s store) {
		s.add(t, person("ana", ""), person("ben", ""), sms("ana", "one", "+15005550100"))
		again := sms("ana", "two", "+15005550100")
		again.Address.Given, again.Name = "+1 500 555 0100", "again"
		var existing string
		s.update(t, func(q db.Queries) (err error) {
			existing, err = q.InsertChannel(again, request("again"))
			return err
		})
		same(t, "id of the channel with that address", "one", existing)
		same(t, "channels of ana", []oncall.Channel{sms("ana", "one", "+15005550100")}, s.channels(t, "ana"))
		same(t, "address", "+15005550100", s.address(t, "ana", "one").Given)
		voice := sms("ana", "three", "+15005550100")
		voice.Type = oncall.Voice
		s.add(t, voice, sms("ben", "one", "+15005550100")) // of another type, of another contact
	}},
	{"ChannelIsMissing", func(t *testing.T, s store) {
		s.add(t, person("ana", ""), person("ben", ""), sms("ana", "one", "+15005550100"))
		s.view(t, func(q db.Queries) error {
			for _, at := range [][2]string{{"ana", "two"}, {"ben", "one"}, {"nobody", "one"}, {"ana", ""}} {
				if _, err := q.Channel(at[0], at[1]); !errors.Is(err, oncall.ErrMissing) {
					t.Errorf("Channel(%q, %q): got error %v, want %v", at[0], at[1], err, oncall.ErrMissing)
				}
			}
			return nil
		})
	}},
	{"ChannelsComeByCreationTheOldestFirst", func(t *testing.T, s store) {
		a, b, c := sms("ana", "a", "+15005550100"), sms("ana", "b", "+15005550101"), sms("ana", "c", "+15005550102")
		a.CreatedAt, c.CreatedAt = start.Add(time.Microsecond), start.Add(-time.Hour)
		s.add(t, person("ana", ""), person("ben", ""), a, b, c, sms("ben", "x", "+15005550100"))
		same(t, "channels of ana", []oncall.Channel{c, b, a}, s.channels(t, "ana"))
		same(t, "channels of nobody", []oncall.Channel(nil), s.channels(t, "nobody"))
	}},
	{"ChannelsOfManyContactsComeByAlias", func(t *testing.T, s store) {
		want := map[string][]oncall.Channel{}
		var things []any
		aliases := []string{"nobody"}
		for n := range 120 {
			alias := fmt.Sprintf("c%03d", n)
			late, early := sms(alias, "a", "+15005550100"), sms(alias, "b", "+15005550101")
			late.CreatedAt = start.Add(time.Second)
			things = append(things, person(alias, ""))
			if n%3 > 0 {
				things, want[alias] = append(things, late, early), []oncall.Channel{early, late}
			}
			aliases = append(aliases, alias)
		}
		s.add(t, append(things, person("beside", ""), sms("beside", "x", "+15005550100"))...)
		same(t, "channels of 120 contacts", want, s.channelsOf(t, aliases))
		same(t, "channels of 50", 33, len(s.channelsOf(t, aliases[1:51])))
		same(t, "channels of 51", 34, len(s.channelsOf(t, aliases[1:52])))
		same(t, "channels of one", map[string][]oncall.Channel{"c001": want["c001"]}, s.channelsOf(t, []string{"c001"}))
		same(t, "channels of none", map[string][]oncall.Channel{}, s.channelsOf(t, nil))
	}},
	{"ChannelsAtAnAddressComeByAliasAndType", func(t *testing.T, s store) {
		at := func(alias, id string, kind oncall.ChannelType) oncall.Channel {
			c := sms(alias, id, "+15005550100")
			c.Type = kind
			return c
		}
		ben1, ben2, cleo, ana := at("ben", "2", oncall.SMS), at("ben", "1", oncall.Voice), at("cleo", "1", oncall.SMS), at("ana", "1", oncall.SMS)
		s.add(t, person("cleo", ""), person("ben", ""), person("ana", ""), cleo, ben2, ben1, ana, sms("ben", "3", "+15005550101"))
		for _, c := range []struct {
			otherThan string
			limit     int
			want      []oncall.Channel
		}{
			{"ana", 10, []oncall.Channel{ben1, ben2, cleo}},
			{"ben", 10, []oncall.Channel{ana, cleo}},
			{"", 2, []oncall.Channel{ana, ben1}},
			{"ana", 1, []oncall.Channel{ben1}},
		} {
			var got []oncall.Channel
			s.view(t, func(q db.Queries) (err error) {
				got, err = q.ChannelsAt("+15005550100", c.otherThan, c.limit)
				return err
			})
			same(t, fmt.Sprintf("up to %d channels other than those of %q", c.limit, c.otherThan), c.want, got)
		}
	}},
	{"ChannelsBesideAreThoseOfOthersWithTheSameAddress", func(t *testing.T, s store) {
		cleo := sms("cleo", "1", "+15005550100")
		cleo.Type = oncall.Voice
		s.add(t, person("cleo", ""), person("ben", ""), person("ana", ""), sms("ben", "1", "+15005550100"), sms("ana", "1", "+15005550100"),
			cleo, sms("ana", "2", "+15005550101"))
		for _, c := range []struct {
			alias, id string
			limit     int
			want      []oncall.Channel
		}{
			{"ana", "1", 10, []oncall.Channel{sms("ben", "1", "+15005550100"), cleo}},
			{"ana", "1", 1, []oncall.Channel{sms("ben", "1", "+15005550100")}},
			{"ana", "2", 10, nil},
			{"ana", "3", 10, nil},
		} {
			var got []oncall.Channel
			s.view(t, func(q db.Queries) (err error) {
				got, err = q.ChannelsBeside(c.alias, c.id, c.limit)
				return err
			})
			same(t, fmt.Sprintf("up to %d channels beside %s/%s", c.limit, c.alias, c.id), c.want, got)
		}
	}},
	{"ChannelWithATypeAndAddressIsFound", func(t *testing.T, s store) {
		s.add(t, person("ana", ""), person("ben", ""), sms("ana", "1", "+15005550100"))
		s.view(t, func(q db.Queries) error {
			for of, want := range map[string]string{"ana SMS +15005550100": "1 <nil>", "ana VOICE +15005550100": " " + oncall.ErrMissing.Error(),
				"ben SMS +15005550100": " " + oncall.ErrMissing.Error(), "ana SMS +15005550101": " " + oncall.ErrMissing.Error()} {
				parts := strings.Fields(of)
				id, err := q.ChannelWith(parts[0], oncall.ChannelType(parts[1]), parts[2])
				same(t, of, want, fmt.Sprint(id, " ", err))
			}
			return nil
		})
	}},
	{"UpdateChannelWritesNameAddressAndTimes", func(t *testing.T, s store) {
		s.add(t, person("ana", ""), sms("ana", "one", "+15005550100"))
		change := oncall.Channel{Alias: "ana", ID: "one", Name: "new", Type: oncall.SMS, Mask: "+1 ••• ••• 0101",
			Address: oncall.Address{Given: "+1 500 555 0101", Canonical: "+15005550101"}, Version: 1,
			DeferredAt: start.Add(1 * time.Second), ActivatedAt: start.Add(2 * time.Second), DeactivatedAt: start.Add(3 * time.Second),
			ReaddressedAt: start.Add(4 * time.Second), CreatedAt: start.Add(5 * time.Second), UpdatedAt: start.Add(6 * time.Second)}
		s.changeChannel(t, change, true, "")
		want := change
		want.Version, want.CreatedAt = 2, start
		same(t, "channel one", want, s.channel(t, "ana", "one"))
		same(t, "its address", change.Address, s.address(t, "ana", "one"))
		want.Address = oncall.Address{} // is unchanged
		change = want
		change.DeferredAt, change.ActivatedAt, change.DeactivatedAt, change.ReaddressedAt = time.Time{}, time.Time{}, time.Time{}, time.Time{}
		s.changeChannel(t, change, true, "")
		change.Version = 3
		same(t, "channel one with its times taken away", change, s.channel(t, "ana", "one"))
		same(t, "its address", oncall.Address{Given: "+1 500 555 0101", Canonical: "+15005550101"}, s.address(t, "ana", "one"))
	}},
	{"UpdateChannelWritesNothingFromAnotherVersion", func(t *testing.T, s store) {
		s.add(t, person("ana", ""), sms("ana", "one", "+15005550100"))
		for _, version := range []int64{0, 2} {
			change := sms("ana", "one", "+15005550101")
			change.Version = version
			s.changeChannel(t, change, false, "")
		}
		s.changeChannel(t, sms("ana", "none", "+15005550101"), false, "")
		s.changeChannel(t, sms("nobody", "one", "+15005550101"), false, "")
		same(t, "channels of ana", []oncall.Channel{sms("ana", "one", "+15005550100")}, s.channels(t, "ana"))
	}},
	{"UpdateChannelReturnsTheOneWithItsTypeAndAddress", func(t *testing.T, s store) {
		one, two, voice := sms("ana", "one", "+15005550100"), sms("ana", "two", "+15005550101"), sms("ana", "voice", "+15005550102")
		voice.Type = oncall.Voice
		s.add(t, person("ana", ""), person("ben", ""), one, two, voice, sms("ben", "other", "+15005550103"))
		s.changeChannel(t, sms("ana", "one", "+15005550101"), false, "two")
		same(t, "channels of ana", []oncall.Channel{one, two, voice}, s.channels(t, "ana"))
		s.changeChannel(t, sms("ana", "one", "+15005550102"), true, "") // a channel of another type has it
		s.changeChannel(t, sms("ana", "two", "+15005550103"), true, "") // another contact's channel has it
	}},
	{"DeleteChannelReportsWhetherThereWasOne", func(t *testing.T, s store) {
		s.add(t, person("ana", ""), person("ben", ""), sms("ana", "one", "+15005550100"), sms("ben", "one", "+15005550100"))
		for _, c := range []struct {
			alias, id string
			want      bool
		}{{"ana", "two", false}, {"nobody", "one", false}, {"ana", "one", true}, {"ana", "one", false}} {
			same(t, "DeleteChannel of "+c.alias+"/"+c.id, c.want, s.deleteChannel(t, c.alias, c.id, start))
		}
		same(t, "channels of ana", []oncall.Channel(nil), s.channels(t, "ana"))
		same(t, "channels of ben", []oncall.Channel{sms("ben", "one", "+15005550100")}, s.channels(t, "ben"))
	}},
}

// channel returns one channel, or one with an empty id.
func (s store) channel(t *testing.T, alias, id string) (c oncall.Channel) {
	t.Helper()
	s.view(t, func(q db.Queries) (err error) {
		c, err = q.Channel(alias, id)
		return ignoreMissing(err)
	})
	return c
}

func (s store) channelsOf(t *testing.T, aliases []string) (of map[string][]oncall.Channel) {
	t.Helper()
	s.view(t, func(q db.Queries) (err error) {
		of, err = q.ChannelsOf(aliases)
		return err
	})
	return of
}

// changeChannel calls UpdateChannel and fails the test unless it returns the wanted results.
func (s store) changeChannel(t *testing.T, c oncall.Channel, want bool, wantExisting string) {
	t.Helper()
	var ok bool
	var existing string
	s.update(t, func(q db.Queries) (err error) {
		ok, existing, err = q.UpdateChannel(c)
		return err
	})
	if ok != want || existing != wantExisting {
		t.Errorf("UpdateChannel(%+v): got %t and existing %q, want %t and %q", c, ok, existing, want, wantExisting)
	}
}

func (s store) deleteChannel(t *testing.T, alias, id string, at time.Time) (ok bool) {
	t.Helper()
	s.update(t, func(q db.Queries) (err error) {
		ok, err = q.DeleteChannel(alias, id, at)
		return err
	})
	return ok
}
