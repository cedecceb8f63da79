package contacts_test

import (
	"strings"
	"testing"

	"callbook/db/oncalltest"
	"callbook/internal/oncall"
)

const (
	sayContactARN = "Name the contact by its full ARN, as in arn:aws:ssm-contacts:us-east-1:000000000000:contact/ana-silva."
	sayChannelARN = "Name the contact channel by its full ARN, as in arn:aws:ssm-contacts:us-east-1:000000000000:contact-channel/ana-silva/ followed by its id."
)

// elsewhere are ARNs of the right form that name nothing here. {} stands for
// what the test asks for.
var elsewhere = []oncall.ARN{
	"arn:aws-cn:ssm-contacts:us-east-2:111122223333:{}",
	"arn:aws:ssm-contacts:us-east-1:111122223333:{}",
	"arn:aws:ssm-contacts:us-east-2:111122223334:{}",
	"arn:aws:ssm-contacts::111122223333:{}",
	"arn:aws:ssm-contacts:us-east-2:111122223333:{}x",
	"arn:aws:ssm-contacts:us-east-2:111122223333:{}/",
	"arn:aws:ssm-contacts:us-east-2:111122223333:engagement/{}",
	"arn:aws:ssm-contacts:us-east-2:111122223333:",
}

func TestContactARNs(t *testing.T) {
	w := oncalltest.New(t)
	ana := oncalltest.AddPerson(t, w, "ana")
	sms := oncalltest.AddChannel(t, w, oncall.NewChannel{Contact: ana, Address: "+15005550199"})
	type row struct {
		arn    oncall.ARN
		reason oncall.Reason // "": not found
		say    string
	}
	rows := []row{
		{"ana", oncall.Pattern, sayContactARN},
		{"contact/ana", oncall.Pattern, sayContactARN},
		{"arn:aws:ssm:us-east-2:111122223333:contact/ana", oncall.Pattern, sayContactARN},
		{"arn:aws-eu:ssm-contacts:us-east-2:111122223333:contact/ana", oncall.Pattern, sayContactARN},
		{"arn:aws:ssm-contacts:us-east-2::contact/ana", oncall.Pattern, sayContactARN},
		{" " + ana, oncall.Pattern, sayContactARN},
		{ana + "\n", oncall.Pattern, sayContactARN},
		{ana + "\x00", oncall.Pattern, sayContactARN},
		{ana + "\xff", oncall.Pattern, sayContactARN},
		{"", oncall.Required, "Name the contact by its ARN."},
		{ana + oncall.ARN(strings.Repeat("a", 2049-len(ana))), oncall.TooLong, "Name the contact by an ARN of at most 2048 characters."},
		{ana + oncall.ARN(strings.Repeat("a", 2048-len(ana))), "", ""},
		{sms, "", ""}, // a channel where a contact is wanted
		{w.Scope().Contact("ANA"), "", ""},
	}
	for _, form := range elsewhere {
		rows = append(rows, row{arn: oncall.ARN(strings.Replace(string(form), "{}", "contact/ana", 1))})
	}
	for _, r := range rows {
		kind, say := oncall.Invalid, r.say
		if r.reason == "" {
			kind, say = oncall.NotFound, "Contact not found: "+string(r.arn)
		}
		for what, err := range askContact(t, w, oncalltest.Program, r.arn) {
			t.Run(what+" "+string(r.arn), func(t *testing.T) { oncalltest.WantRefusal(t, err, kind, r.reason, say) })
		}
		for what, err := range askContact(t, w, oncalltest.Manager, r.arn) { // who follows a link learns only that nothing is there
			t.Run("browser "+what+" "+string(r.arn), func(t *testing.T) {
				oncalltest.WantRefusal(t, err, oncall.NotFound, "", "Contact not found: "+string(r.arn))
			})
		}
		_, err := w.CreateChannel(t.Context(), oncalltest.Program, oncall.NewChannel{Contact: r.arn, Name: "n", Type: oncall.SMS, Address: "+12065550100"})
		if r.reason == "" {
			oncalltest.WantRefusal(t, err, oncall.Invalid, oncall.Unfitting, "Invalid value provided - Contact not found: "+string(r.arn))
		} else {
			oncalltest.WantRefusal(t, err, oncall.Invalid, r.reason, r.say)
		}
	}
	oncalltest.Same(t, "channels", []oncall.ARN{sms}, oncalltest.ChannelsOf(t, w, ana))
}

// askContact asks every operation that names a contact and answers NotFound.
func askContact(t *testing.T, w *oncalltest.World, by oncall.Actor, arn oncall.ARN) map[string]error {
	_, read := w.Contact(t.Context(), by, arn)
	_, _, list := w.Channels(t.Context(), by, arn)
	asked := map[string]error{"read": read, "list": list, "delete": w.DeleteContact(t.Context(), by, arn)}
	if by == oncalltest.Program {
		_, asked["update"] = w.UpdateContact(t.Context(), by, oncall.ContactChange{Contact: arn})
	}
	return asked
}

func TestChannelARNs(t *testing.T) {
	w := oncalltest.New(t, func(o *oncalltest.Options) { o.NewID = func() string { return "1" } })
	ana := oncalltest.AddPerson(t, w, "ana")
	sms := oncalltest.AddChannel(t, w, oncall.NewChannel{Contact: ana, Address: "+15005550199"})
	type row struct {
		arn    oncall.ARN
		reason oncall.Reason
		say    string
	}
	rows := []row{
		{"ana", oncall.Pattern, sayChannelARN},
		{"contact-channel/ana/1", oncall.Pattern, sayChannelARN},
		{sms + " ", oncall.Pattern, sayChannelARN},
		{sms + "\x00", oncall.Pattern, sayChannelARN},
		{"", oncall.Required, "Name the contact channel by its ARN."},
		{sms + oncall.ARN(strings.Repeat("1", 2049-len(sms))), oncall.TooLong, "Name the contact channel by an ARN of at most 2048 characters."},
		{ana, "", ""},
		{w.Scope().Channel("bob", "1"), "", ""},
		{w.Scope().Channel("ana", "2"), "", ""},
		{w.Scope().Channel("ana", ""), "", ""},
		{w.Scope().Channel("ana", "1/1"), "", ""},
	}
	for _, form := range elsewhere {
		rows = append(rows, row{arn: oncall.ARN(strings.Replace(string(form), "{}", "contact-channel/ana/1", 1))})
	}
	name, address := "n", "+12065550100"
	for _, r := range rows {
		for _, by := range []oncall.Actor{oncalltest.Program, oncalltest.Manager} {
			kind, reason, say := oncall.Invalid, r.reason, r.say
			if r.reason == "" || by == oncalltest.Manager {
				kind, reason, say = oncall.NotFound, "", "Contact channel not found: "+string(r.arn)
			}
			_, err := w.Channel(t.Context(), by, r.arn)
			oncalltest.WantRefusal(t, err, kind, reason, say)
			_, err = w.RevealAddress(t.Context(), by, r.arn)
			oncalltest.WantRefusal(t, err, kind, reason, say)
			oncalltest.WantRefusal(t, w.DeactivateChannel(t.Context(), by, r.arn), kind, reason, say)
			oncalltest.WantRefusal(t, w.DeleteChannel(t.Context(), by, r.arn), kind, reason, say)
			if by == oncalltest.Manager {
				continue
			}
			for _, change := range []oncall.ChannelChange{{Name: &name}, {Address: &address}, {}} {
				change.Channel = r.arn
				_, err = w.UpdateChannel(t.Context(), by, change)
				oncalltest.WantRefusal(t, err, kind, reason, say)
			}
		}
	}
	oncalltest.Same(t, "channels", []oncall.ARN{sms}, oncalltest.ChannelsOf(t, w, ana))
}

func TestPartitionFollowsFromTheRegion(t *testing.T) {
	for region, want := range map[string]oncall.ARN{
		"us-east-1":     "arn:aws:ssm-contacts:us-east-1:000000000000:contact/ana",
		"cn-north-1":    "arn:aws-cn:ssm-contacts:cn-north-1:000000000000:contact/ana",
		"us-gov-west-1": "arn:aws-us-gov:ssm-contacts:us-gov-west-1:000000000000:contact/ana",
	} {
		scope := oncall.Scope{Region: region, Account: "000000000000"}
		if err := scope.Check(); err != nil {
			t.Errorf("%s: %v", region, err)
		}
		oncalltest.Same(t, region, want, scope.Contact("ana"))
	}
	for _, scope := range []oncall.Scope{
		{Region: "", Account: "000000000000"}, {Region: "useast1", Account: "000000000000"}, {Region: "us-east-1\n", Account: "000000000000"},
		{Region: "us-east-1", Account: ""}, {Region: "us-east-1", Account: "1234"}, {Region: "us-east-1", Account: "0000000000000"},
	} {
		if scope.Check() == nil {
			t.Errorf("%+v passes", scope)
		}
	}
}
