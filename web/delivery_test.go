package web_test

import (
	"net/http"
	"testing"
	"time"

	"callbook/db/oncalltest"
	"callbook/handlers"
	"callbook/internal/oncall"
	"callbook/views"
	"callbook/web"
)

func TestDeliveryPageSaysWhatSends(t *testing.T) {
	w := oncalltest.New(t)
	s := siteOf(t, w, handlers.Options{Origin: here.Origin(), Delivery: []views.Provider{
		{Type: oncall.SMS}, {Type: oncall.Voice, By: "Twilio"}, {Type: oncall.Email, By: "SMTP"}}}, w.Rooms, web.Options{Site: here}).as(oncall.Admin)
	s.get("/settings/delivery").status(http.StatusOK).says("Some messages cannot be sent yet.").says("Sent by Twilio").says("Sent by SMTP").says("Cannot be sent")
	s.as(oncall.Manager).get("/settings/delivery").status(http.StatusForbidden)
}

func TestTestIsSentAndItsStateIsSeen(t *testing.T) {
	s := newSite(t).as(oncall.Admin)
	s.post("/settings/delivery", "type", "EMAIL", "to", "no address").status(http.StatusUnprocessableEntity)
	s.post("/settings/delivery", "type", "FAX", "to", "me@example.org").status(http.StatusUnprocessableEntity)
	a := s.post("/settings/delivery", "type", "EMAIL", "to", "me@example.org").status(http.StatusSeeOther)
	there := a.Header().Get("Location")
	page := s.get(there).says("On its way")
	state := page.page().Find("#test-state[hx-get]").AttrOr("hx-get", "")
	messages, err := s.ClaimMessages(t.Context(), oncall.AccountQueue, oncall.Email, 10, time.Minute)
	if err != nil || len(messages) != 1 || messages[0].Content.To != "me@example.org" {
		t.Fatalf("%+v, %v", messages, err)
	}
	if err := s.RecordAttempt(t.Context(), messages[0], oncall.Attempt{Provider: "SMTP", FailureReason: "the mail server refused it"}); err != nil {
		t.Fatal(err)
	}
	part := s.get(state, partial).says("Failed: the mail server refused it")
	if part.page().Find("[hx-get], main").Length() > 0 {
		t.Errorf("a final state asks again, or is a whole page:\n%s", part.Body)
	}
	s.get("/settings/delivery?test=none").status(http.StatusOK)
}

func TestMessagesAreShownToAdminsInsteadOfSent(t *testing.T) {
	w := oncalltest.New(t)
	shown := []views.DevMessage{{At: w.Now(), Type: oncall.SMS, To: "+447700900123", Subject: "a code", Text: "Callbook code 042137", Link: "http://127.0.0.1:8080/activate/t"}}
	s := siteOf(t, w, handlers.Options{Origin: here.Origin(), DevMessages: func() []views.DevMessage { return shown }}, w.Rooms, web.Options{Site: here})
	s.get("/contacts").says("Nothing is sent.")
	s.get("/dev/messages").status(http.StatusForbidden)
	s.as("").get("/dev/messages").leadsToSignIn()
	s.as(oncall.Admin).get("/dev/messages").status(http.StatusOK).says("Callbook code 042137").says("+447700900123")
	newSite(t).as(oncall.Admin).get("/dev/messages").status(http.StatusNotFound)
	newSite(t).get("/contacts").saysNot("Nothing is sent.")
}
