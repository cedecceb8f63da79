package oncall_test

import (
	"testing"

	"callbook/internal/oncall"
	"callbook/internal/oncall/oncalltest"
)

func TestSeedExampleGetsItsARN(t *testing.T) {
	w := oncalltest.New(t)
	by := oncalltest.Program
	contact, err := w.CreateContact(t.Context(), by, oncall.NewContact{Alias: "akuam", DisplayName: "Akua Mansa", Type: oncall.Personal, Token: "t1"})
	if err != nil {
		t.Fatal(err)
	}
	in := oncall.NewChannel{Contact: contact, Name: "akuas sms-test", Type: oncall.SMS, Address: "+15005550199", Token: "922b8f50-9bb9-4dd7-83cf-a4c25EXAMPLE"}
	arn, err := w.CreateChannel(t.Context(), by, in)
	if err != nil {
		t.Fatal(err)
	}
	t.Log(arn)
	again, err := w.CreateChannel(t.Context(), by, in)
	if err != nil || again != arn {
		t.Fatal(again, err)
	}
	page, err := w.Contacts(t.Context(), by, oncall.ContactQuery{Search: "man aku"})
	if err != nil || len(page.Contacts) != 1 {
		t.Fatal(page, err)
	}
	d, err := w.Channel(t.Context(), by, arn)
	t.Logf("%+v %v", d, err)
	if err := w.DeleteContact(t.Context(), by, contact); err != nil {
		t.Fatal(err)
	}
}
