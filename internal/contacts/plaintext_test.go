package contacts_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"callbook/db/oncalltest"
	"callbook/internal/contacts"
	"callbook/internal/oncall"
)

// reads returns what the trail tells of addresses that were seen, the oldest
// first.
func reads(t *testing.T, w *oncalltest.World) []string {
	t.Helper()
	page, err := w.Audit(t.Context(), oncalltest.Admin, oncall.AuditQuery{})
	if err != nil {
		t.Fatal(err)
	}
	var told []string
	for _, e := range page.Entries {
		if e.Operation == oncall.GetContactChannel || e.Operation == oncall.ListContactChannels {
			told = append(told, fmt.Sprintf("%s %s %s %s", e.Principal, e.Operation, e.Outcome, e.Resource))
		}
	}
	slices.Reverse(told)
	return told
}

func TestProgramsSeeAddressesAsTheyCame(t *testing.T) {
	w := oncalltest.New(t)
	ana := oncalltest.AddPerson(t, w, "ana")
	arn := oncalltest.AddChannel(t, w, oncall.NewChannel{Contact: ana, Address: "+15005550199"})
	c, err := w.ChannelInClear(t.Context(), oncalltest.Program, arn)
	if err != nil || c.Address.Given != "+15005550199" || c.ARN != arn {
		t.Errorf("got %+v, %v, want the address of %s", c, err, arn)
	}
	page, err := w.ChannelsInClear(t.Context(), oncalltest.Program, contacts.ChannelQuery{Contact: ana})
	if err != nil || len(page.Channels) != 1 || page.Channels[0].Address != c.Address || page.Next != "" {
		t.Errorf("got %+v, %v, want the one channel", page, err)
	}
}

func TestAddressesThatAProgramSeesAreOnRecordOnceAnHour(t *testing.T) {
	w := oncalltest.New(t)
	w.Clock.Pass(59 * time.Minute)
	ana, bob := oncalltest.AddPerson(t, w, "ana"), oncalltest.AddPerson(t, w, "bob")
	sms := oncalltest.AddChannel(t, w, oncall.NewChannel{Contact: ana, Address: "+15005550199"})
	other := oncalltest.Program
	other.Principal = "other"
	see := func(by oncall.Actor) {
		t.Helper()
		if _, err := w.ChannelInClear(t.Context(), by, sms); err != nil {
			t.Fatal(err)
		}
		for _, contact := range []oncall.ARN{ana, bob} {
			if _, err := w.ChannelsInClear(t.Context(), by, contacts.ChannelQuery{Contact: contact}); err != nil {
				t.Fatal(err)
			}
		}
	}
	see(oncalltest.Program)
	see(oncalltest.Program)
	see(other)
	w.Clock.Pass(time.Minute) // another hour begins
	see(oncalltest.Program)
	hour := func(key string) []string {
		return []string{key + " ListContactChannels done " + string(ana), key + " ListContactChannels done " + string(bob)}
	}
	oncalltest.Same(t, "the trail", slices.Concat(hour("program"), hour("other"), hour("program")), reads(t, w))
}

func TestWhatIsNotThereIsNotOnRecord(t *testing.T) {
	w := oncalltest.New(t)
	ana := oncalltest.AddPerson(t, w, "ana")
	scope := w.Scope()
	for _, arn := range []oncall.ARN{scope.Channel("ana", "1"), scope.Channel("eve", "1"), ana} {
		if _, err := w.ChannelInClear(t.Context(), oncalltest.Program, arn); oncall.KindOf(err) != oncall.NotFound {
			t.Errorf("channel %s: got %v, want none found", arn, err)
		}
	}
	if _, err := w.ChannelsInClear(t.Context(), oncalltest.Program, contacts.ChannelQuery{Contact: scope.Contact("eve")}); oncall.KindOf(err) != oncall.NotFound {
		t.Errorf("channels of nobody: got %v, want none found", err)
	}
	oncalltest.Same(t, "the trail", []string(nil), reads(t, w))
}

// Channels are added and deleted while somebody reads page by page.
func TestPagesOfChannelsSurviveChanges(t *testing.T) {
	w := oncalltest.New(t)
	ana := oncalltest.AddPerson(t, w, "ana")
	var all []oncall.ARN
	add := func() {
		all = append(all, oncalltest.AddChannel(t, w, oncall.NewChannel{Contact: ana, Address: fmt.Sprintf("+1500555%04d", len(all)+100)}))
	}
	for range 5 {
		add() // all at one time: their ids decide
	}
	slices.Sort(all)
	w.Clock.Pass(time.Minute)
	var got []oncall.ARN
	in := contacts.ChannelQuery{Contact: ana, Limit: 2}
	for n := 0; n == 0 || in.After != ""; n++ {
		page, err := w.ChannelsInClear(t.Context(), oncalltest.Program, in)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range page.Channels {
			got = append(got, c.ARN)
		}
		if n == 0 { // the last one that was read goes, and another comes
			if err := w.DeleteChannel(t.Context(), oncalltest.Program, got[1]); err != nil {
				t.Fatal(err)
			}
			add()
		}
		in.After = page.Next
	}
	oncalltest.Same(t, "channels", all, got)
	for _, token := range []string{"x", "e30", "eyJhbGlhcyI6ImFuYSJ9", in.After + "="} {
		in.After = token
		if _, err := w.ChannelsInClear(t.Context(), oncalltest.Program, in); oncall.KindOf(err) != oncall.Invalid {
			t.Errorf("token %q: got %v, want it refused", token, err)
		}
	}
	for _, limit := range []int{-1, 1025} {
		if _, err := w.ChannelsInClear(t.Context(), oncalltest.Program, contacts.ChannelQuery{Contact: ana, Limit: limit}); oncall.KindOf(err) != oncall.Invalid {
			t.Errorf("limit %d: got %v, want it refused", limit, err)
		}
	}
}

func TestContactsByAliasComePageByPage(t *testing.T) {
	w := oncalltest.New(t)
	for _, alias := range []string{"dora", "ana", "bob", "ann", "carl"} {
		oncalltest.AddPerson(t, w, alias)
	}
	team, err := w.CreateContact(t.Context(), oncalltest.Program, oncall.NewContact{Alias: "an-team", Type: oncall.Escalation})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	in := oncall.AliasQuery{Limit: 2}
	for n := 0; n == 0 || in.After != ""; n++ {
		page, err := w.ContactsByAlias(t.Context(), oncalltest.Program, in)
		if err != nil || len(page.Contacts) == 0 {
			t.Fatalf("page %d: %+v, %v", n, page, err)
		}
		for _, c := range page.Contacts {
			got = append(got, c.Alias)
		}
		if n == 0 {
			if err := w.DeleteContact(t.Context(), oncalltest.Program, page.Contacts[1].ARN); err != nil {
				t.Fatal(err)
			}
			oncalltest.AddPerson(t, w, "aaa")
			oncalltest.AddPerson(t, w, "cleo")
		}
		in.After = page.Next
	}
	oncalltest.Same(t, "aliases", []string{"an-team", "ana", "ann", "bob", "carl", "cleo", "dora"}, got)
	page, err := w.ContactsByAlias(t.Context(), oncalltest.Program, oncall.AliasQuery{Prefix: "an", Type: oncall.Escalation})
	if err != nil || len(page.Contacts) != 1 || page.Contacts[0].ARN != team || page.Next != "" {
		t.Errorf("escalation plans: got %+v, %v", page, err)
	}
	for _, in := range []oncall.AliasQuery{{Prefix: "A"}, {Type: "TEAM"}, {Limit: 1025}, {Limit: -1}, {After: "x"}, {After: "eyJhbGlhcyI6IkEifQ"}} {
		if _, err := w.ContactsByAlias(t.Context(), oncalltest.Program, in); oncall.KindOf(err) != oncall.Invalid {
			t.Errorf("%+v: got %v, want it refused", in, err)
		}
	}
}

func TestAddressesNeedTheKeyAndAManager(t *testing.T) {
	w := oncalltest.New(t)
	ana := oncalltest.AddPerson(t, w, "ana")
	sms := oncalltest.AddChannel(t, w, oncall.NewChannel{Contact: ana, Address: "+15005550199"})
	viewer := oncalltest.Program
	viewer.Role = oncall.Viewer
	if c, err := w.ChannelInClear(t.Context(), viewer, sms); oncall.KindOf(err) != oncall.Denied || c != (oncall.Channel{}) {
		t.Errorf("a viewer: got %+v, %v", c, err)
	}
	if page, err := w.ChannelsInClear(t.Context(), viewer, contacts.ChannelQuery{Contact: ana}); oncall.KindOf(err) != oncall.Denied || page.Channels != nil {
		t.Errorf("a viewer: got %+v, %v", page, err)
	}
}
