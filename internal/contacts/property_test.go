package contacts_test

import (
	"context"
	"errors"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"pgregory.net/rapid"

	"callbook/db/oncalltest"
	"callbook/internal/contacts"
	"callbook/internal/oncall"
)

// The rules, written down a second time and without looking at the code.
var (
	ruleAlias = regexp.MustCompile(`^[a-z0-9_\-]{1,255}$`)
	ruleName  = regexp.MustCompile(`^[\p{L}\p{Z}\p{N}_.\-]*$`)
	rulePhone = regexp.MustCompile(`^\+[1-9][0-9]{5,14}$`)
	ruleEmail = regexp.MustCompile(`^[^@\s]{1,64}@([a-z0-9-]{1,63}\.)+[a-z0-9-]{1,63}$`)
)

// book is one installation under random operations.
type book struct {
	*oncalltest.World
	T        *testing.T
	t        *rapid.T
	contacts []oncall.ARN
	channels []oncall.ARN
	links    []string // tokens that were handed out
}

// text draws a good value most of the time, so that operations get through, and
// anything at all otherwise.
func text(t *rapid.T, label string, good ...string) string {
	if rapid.IntRange(0, 4).Draw(t, label+" is good") > 0 {
		return rapid.SampledFrom(good).Draw(t, label)
	}
	return rapid.OneOf(rapid.String(), rapid.Custom(func(t *rapid.T) string {
		return string(rapid.SliceOf(rapid.Byte()).Draw(t, "bytes"))
	}), rapid.Custom(func(t *rapid.T) string {
		return strings.Repeat(rapid.SampledFrom(good).Draw(t, "part"), rapid.IntRange(2, 400).Draw(t, "times"))
	})).Draw(t, label)
}

func (b *book) by() oncall.Actor {
	return rapid.SampledFrom([]oncall.Actor{oncalltest.Manager, oncalltest.Program}).Draw(b.t, "by")
}

// arn draws a name that was given out, or one that nobody has.
func (b *book) arn(of []oncall.ARN) oncall.ARN {
	if len(of) > 0 && rapid.IntRange(0, 5).Draw(b.t, "arn is known") > 0 {
		return rapid.SampledFrom(of).Draw(b.t, "arn")
	}
	return oncall.ARN(text(b.t, "arn", string(b.Scope().Contact("nobody")), string(b.Scope().Channel("nobody", "1")), "bare"))
}

func (b *book) address() string {
	return text(b.t, "address", "+15005550199", "+1 (500) 555-0199", "0044 7911 123456", "+447911123456", "+4407911123456",
		"+18005551234", "ana@example.org", "ANA@Example.org", "ana@bücher.example", "ana@gmial.com", "+19002345678")
}

func (b *book) accept() []string {
	return rapid.SampledFrom([][]string{nil, {"shared:+15005550199"},
		{"shared:+447911123456", "shared:+18005551234", "no_texts:+18005551234", "misspelt:ana@gmial.com"}}).Draw(b.t, "accept")
}

// check fails for what no caller may ever get.
func (b *book) check(what string, err error) {
	if err == nil {
		return
	}
	e, ok := errors.AsType[*oncall.Error](err)
	if !ok || e.Kind == oncall.Internal || e.Message == "" || e.Kind == oncall.Invalid && len(e.Fields) == 0 {
		b.t.Fatalf("%s: %#v", what, err)
	}
	for _, f := range e.Fields {
		if f.Field == "" || f.Message == "" || !utf8.ValidString(f.Message) && f.Field != oncall.FieldContact {
			b.t.Fatalf("%s: field %+v", what, f)
		}
	}
}

func (b *book) createContact() {
	in := oncall.NewContact{
		Alias:       text(b.t, "alias", "ana", "bob", "eve", "a-b_1"),
		DisplayName: text(b.t, "name", "", "Ana Silva", "ℂarl", "Ελένη", "字"),
		Type:        oncall.ContactType(text(b.t, "type", "PERSONAL", "PERSONAL", "PERSONAL", "ESCALATION", "ONCALL_SCHEDULE")),
		Plan: oncall.Plan{Stages: rapid.SliceOfN(rapid.Custom(func(t *rapid.T) oncall.Stage {
			return oncall.Stage{DurationInMinutes: rapid.IntRange(-1, 31).Draw(t, "minutes")}
		}), 0, 2).Draw(b.t, "stages")},
		Token: text(b.t, "token", "", "1", "2"),
	}
	by := b.by()
	_, _, err := b.CheckContact(b.t.Context(), by, in)
	b.check("check contact", err)
	arn, err := b.CreateContact(b.t.Context(), by, in)
	if b.check("create contact", err); err == nil {
		b.contacts = append(b.contacts, arn)
	}
}

func (b *book) createChannel() {
	in := oncall.NewChannel{
		Contact: b.arn(b.contacts),
		Name:    text(b.t, "name", "mobile", " ", "字"),
		Type:    oncall.ChannelType(text(b.t, "type", "SMS", "VOICE", "EMAIL")),
		Address: b.address(),
		Country: text(b.t, "country", "", "US", "DE"),
		Defer:   rapid.Bool().Draw(b.t, "defer"),
		Accept:  b.accept(),
		Token:   text(b.t, "token", "", "1", "2", "3"),
	}
	by := b.by()
	_, _, err := b.CheckChannel(b.t.Context(), by, in)
	b.check("check channel", err)
	arn, err := b.CreateChannel(b.t.Context(), by, in)
	if b.check("create channel", err); err == nil {
		b.channels = append(b.channels, arn)
	}
}

func (b *book) updateChannel() {
	in := oncall.ChannelChange{Channel: b.arn(b.channels), Accept: b.accept(), Version: rapid.Int64Range(0, 3).Draw(b.t, "version")}
	if rapid.Bool().Draw(b.t, "renames") {
		in.Name = new(text(b.t, "name", "work", "", "..."))
	}
	if rapid.Bool().Draw(b.t, "readdresses") {
		in.Address = new(b.address())
	}
	by := b.by()
	_, _, err := b.CheckChange(b.t.Context(), by, in)
	b.check("check change", err)
	_, err = b.UpdateChannel(b.t.Context(), by, in)
	b.check("update channel", err)
}

func (b *book) updateContact() {
	_, err := b.UpdateContact(b.t.Context(), b.by(), oncall.ContactChange{Contact: b.arn(b.contacts),
		DisplayName: new(text(b.t, "name", "", "Eve", "Zoë")), Version: rapid.Int64Range(0, 3).Draw(b.t, "version")})
	b.check("update contact", err)
}

// activate enters the code that waits for a channel, or any other.
func (b *book) activate() {
	arn := b.arn(b.channels)
	code := text(b.t, "code", "", "123456")
	if good := b.CodeMessage(b.T, arn).Content.Code; good != "" && rapid.Bool().Draw(b.t, "code is right") {
		code = good
	}
	b.check("activate", b.ActivateChannel(b.t.Context(), b.by(), arn, code))
}

// answer does what the person does whom a message reaches.
func (b *book) answer() {
	reply := text(b.t, "reply", "STOP", "START", "yes", "123456", "STOP 123456", "wrong number 123456", "HELP", "١٢٣٤٥٦")
	for _, m := range b.WaitingMessages(b.T) {
		if m.Kind != oncall.CodeMessage {
			continue
		}
		if b.links = append(b.links, m.Content.Token); m.Type == oncall.Voice {
			if got, err := b.AcceptCall(b.t.Context(), oncall.Actor{}, m.ID, "1"); err != nil || (got == contacts.CallAccepted) != b.Now().Before(m.EndsAt) {
				b.t.Fatalf("key pressed at %v in a call good until %v: %d, %v", b.Now(), m.EndsAt, got, err)
			}
			return
		}
		if m.Type == oncall.SMS && rapid.Bool().Draw(b.t, "replies with the code") {
			reply = m.Content.Code
		}
	}
	if len(b.links) > 0 && rapid.Bool().Draw(b.t, "follows a link") {
		_, err := b.ActivateByLink(b.t.Context(), oncall.Actor{Client: "192.0.2.1"}, rapid.SampledFrom(b.links).Draw(b.t, "link"))
		b.check("activate by link", err)
	}
	from := rapid.SampledFrom([]string{"+15005550199", "+447911123456", "12345"}).Draw(b.t, "from")
	_, err := b.Reply(b.t.Context(), oncall.Actor{}, oncall.Reply{From: from, Text: reply})
	b.check("reply", err)
}

func (b *book) send() {
	arn := b.arn(b.channels)
	b.check("send a code", b.SendActivationCode(b.t.Context(), b.by(), arn))
	b.Clock.Pass(time.Duration(rapid.IntRange(0, 20).Draw(b.t, "minutes")) * time.Minute)
}

// deliver does what the dispatcher does, and tells how it ended.
func (b *book) deliver() {
	of := rapid.SampledFrom(oncall.ChannelTypes()).Draw(b.t, "type")
	claimed, err := b.ClaimMessages(b.t.Context(), oncall.ActivationQueue, of, rapid.IntRange(1, 3).Draw(b.t, "messages"), time.Minute)
	if err != nil {
		b.t.Fatal(err)
	}
	for _, m := range claimed {
		a := rapid.SampledFrom([]oncall.Attempt{{Reference: "1"}, {FailureReason: "no"}, {FailureReason: "no", Unsent: true},
			{FailureReason: "later", Next: b.Now().Add(time.Minute)}}).Draw(b.t, "attempt")
		if err := b.RecordAttempt(b.t.Context(), m, a); err != nil {
			b.t.Fatal(err)
		}
		kind := rapid.SampledFrom([]oncall.ReceiptKind{oncall.ReceiptSent, oncall.ReceiptDelivered, oncall.ReceiptRead,
			oncall.ReceiptError, oncall.ReceiptStop}).Draw(b.t, "report")
		if err := b.Report(b.t.Context(), oncall.Actor{}, oncall.Report{Message: m.ID, Kind: kind, Reference: "1", Detail: "it says"}); err != nil {
			b.t.Fatal(err)
		}
	}
}

func (b *book) remove() {
	switch rapid.IntRange(0, 3).Draw(b.t, "removes") {
	case 0:
		b.check("delete contact", b.DeleteContact(b.t.Context(), b.by(), b.arn(b.contacts)))
	case 1:
		b.check("delete channel", b.DeleteChannel(b.t.Context(), b.by(), b.arn(b.channels)))
	default:
		b.check("deactivate channel", b.DeactivateChannel(b.t.Context(), b.by(), b.arn(b.channels)))
	}
	b.Clock.Pass(time.Duration(rapid.IntRange(0, 30).Draw(b.t, "hours")) * time.Hour)
}

func (b *book) search() {
	_, err := b.Contacts(b.t.Context(), b.by(), contacts.ContactQuery{Search: text(b.t, "search", "", "ana", "carl sil"),
		After: text(b.t, "after", "", "x"), Limit: rapid.IntRange(-1, 1025).Draw(b.t, "limit")})
	b.check("list", err)
	_, err = b.RevealAddress(b.t.Context(), b.by(), b.arn(b.channels))
	b.check("reveal", err)
}

// obeys checks everything that is stored against the rules.
func (b *book) obeys() {
	if _, err := b.ExpireCodes(b.t.Context(), 1000); err != nil {
		b.t.Fatal(err)
	}
	page, err := b.Contacts(b.t.Context(), oncalltest.Program, contacts.ContactQuery{Limit: 1024})
	if err != nil {
		b.t.Fatal(err)
	}
	counted := map[oncall.Reachability]int{}
	for _, c := range page.Contacts {
		counted[c.Reachability]++
		if !ruleAlias.MatchString(c.Alias) || c.ARN != b.Scope().Contact(c.Alias) {
			b.t.Fatalf("contact %q at %s", c.Alias, c.ARN)
		}
		if !named(c.DisplayName) || c.Type == oncall.OncallSchedule && len(c.Plan.Stages) > 0 {
			b.t.Fatalf("contact %+v", c.Contact)
		}
		b.channelsObey(c)
	}
	for _, r := range oncall.Reachabilities() {
		if page.Counts[r] != counted[r] {
			b.t.Fatalf("%d contacts are %q, and %d are counted", counted[r], r, page.Counts[r])
		}
	}
}

// spelt are the ways in which the addresses of address are written. Of an email
// address the domain may be seen.
var spelt = []string{"5005550199", "555-0199", "7911 123456", "7911123456", "8005551234", "9002345678", "ana@example", "ANA@Example", "ana@b", "ana@gmial"}

// keepsSecrets fails when an address that was given is in any column of the
// trail or anywhere in the files, or when the trail does not verify.
func (b *book) keepsSecrets() {
	// A warning that was accepted names the address; it is not stored either.
	stored := oncalltest.RawTrail(b.t, b.World)
	for _, text := range slices.Concat(spelt, b.links) {
		if strings.Contains(stored, text) {
			b.t.Fatalf("%q is in the trail or in the files", text)
		}
	}
	if _, faults, err := b.VerifyAudit(b.t.Context(), oncalltest.Manager, nil); err != nil || len(faults) > 0 {
		b.t.Fatalf("verification: %v, %v", faults, err)
	}
}

func named(name string) bool {
	return utf8.ValidString(name) && utf8.RuneCountInString(name) <= 255 && ruleName.MatchString(name)
}

func (b *book) channelsObey(c contacts.ContactSummary) {
	want := oncall.Reachability("")
	if c.Type == oncall.Personal {
		want = oncall.Unreachable
	}
	for _, ch := range c.Channels {
		if ch.Code.Out(b.Now()) {
			want = oncall.Waiting
		}
	}
	at := map[string]oncall.ARN{}
	for _, ch := range c.Channels {
		form := rulePhone
		if ch.Type == oncall.Email {
			form = ruleEmail
		}
		address, err := b.RevealAddress(context.Background(), oncalltest.Manager, ch.ARN)
		if err != nil {
			b.t.Fatal(err)
		}
		if !form.MatchString(address.Canonical) || address.Canonical != strings.ToLower(address.Canonical) || ch.Mask != address.Masked() {
			b.t.Fatalf("%s is stored as %q, masked %s", address.Given, address.Canonical, ch.Mask)
		}
		if ch.Name == "" || !named(ch.Name) || ch.ARN != b.Scope().Channel(c.Alias, ch.ID) {
			b.t.Fatalf("channel %+v", ch)
		}
		key := string(ch.Type) + address.Canonical
		if at[key] != "" {
			b.t.Fatalf("%s and %s have the same address", at[key], ch.ARN)
		}
		if at[key] = ch.ARN; ch.State() == oncall.Active {
			want = oncall.Reachable
		}
	}
	if c.Reachability != want || len(c.Channels) > 100 || c.Type != oncall.Personal && len(c.Channels) > 0 {
		b.t.Fatalf("%s (%s) is %q with %d channels, want %q", c.Alias, c.Type, c.Reachability, len(c.Channels), want)
	}
}

func TestNothingThatIsAskedBreaksTheRules(t *testing.T) {
	oncalltest.Slow(t)
	rapid.Check(t, func(r *rapid.T) {
		b := &book{World: oncalltest.New(t), T: t, t: r}
		r.Repeat(map[string]func(*rapid.T){
			"contact":        func(*rapid.T) { b.createContact() },
			"channel":        func(*rapid.T) { b.createChannel() },
			"channel again":  func(*rapid.T) { b.createChannel() },
			"update channel": func(*rapid.T) { b.updateChannel() },
			"update contact": func(*rapid.T) { b.updateContact() },
			"activate":       func(*rapid.T) { b.activate() },
			"send a code":    func(*rapid.T) { b.send() },
			"deliver":        func(*rapid.T) { b.deliver() },
			"answer":         func(*rapid.T) { b.answer() },
			"remove":         func(*rapid.T) { b.remove() },
			"search":         func(*rapid.T) { b.search() },
			"":               func(*rapid.T) { b.obeys() },
		})
		b.keepsSecrets()
	})
}
