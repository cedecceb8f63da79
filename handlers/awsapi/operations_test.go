package awsapi_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"callbook/db/oncalltest"
	"callbook/handlers/awsapi"
	"callbook/handlers/awsapi/wire"
	"callbook/internal/oncall"
	"callbook/internal/outbox"
)

// example is one of the service model's own.
type example struct {
	Input, Output json.RawMessage
	Title         string
}

// The examples of the service model, in an order in which they can happen: ids and
// region are those of what was made here.
func TestExamplesOfTheModelRoundTrip(t *testing.T) {
	raw, err := os.ReadFile("testdata/examples.json")
	if err != nil {
		t.Fatal(err)
	}
	var all struct{ Examples map[string][]example }
	if err := json.Unmarshal(raw, &all); err != nil {
		t.Fatal(err)
	}
	d := newDoor(t)
	// What stands in the examples, and what it is here.
	is := []string{"us-east-1", oncalltest.Scope.Region}
	fit := func(text json.RawMessage) string { return strings.NewReplacer(is...).Replace(string(text)) }
	known := func(id, arn string) { is = append(is, id, arn[strings.LastIndex(arn, "/")+1:]) }
	seen := map[string]bool{}
	run := func(operation string, n int) map[string]any {
		t.Helper()
		seen[operation] = true
		e := all.Examples[operation][n]
		got := d.ask(operation, fit(e.Input)).done()
		var want map[string]any
		if err := json.Unmarshal([]byte(fit(e.Output)), &want); e.Output != nil && err != nil {
			t.Fatal(err)
		}
		if arn, ok := got["ContactChannelArn"].(string); ok && operation == "CreateContactChannel" {
			want["ContactChannelArn"] = arn // the id is made here
		}
		if want == nil {
			want = map[string]any{}
		}
		same(t, e.Title, want, got)
		return got
	}
	run("CreateContact", 0)
	sms, _ := run("CreateContactChannel", 0)["ContactChannelArn"].(string)
	akuam := string(oncalltest.Scope.Contact("akuam"))
	for _, other := range []string{`"alejr","DisplayName":"Alejandro Rosalez","Type":"PERSONAL"`, `"anasi","DisplayName":"Ana Carolina Silva","Type":"PERSONAL"`,
		`"example_escalation","DisplayName":"Example Escalation","Type":"ESCALATION"`} {
		d.ask("CreateContact", `{"Plan":{},"Alias":`+other+`}`).done()
	}
	run("ListContacts", 0)
	run("TagResource", 0)
	run("ListTagsForResource", 0)
	run("UntagResource", 0)
	run("PutContactPolicy", 0)
	// The model's two examples of a policy hold the same in another order.
	var policy struct{ Policy string }
	if err := json.Unmarshal([]byte(fit(all.Examples["GetContactPolicy"][0].Output)), &policy); err != nil {
		t.Fatal(err)
	}
	put, _ := json.Marshal(map[string]string{"ContactArn": akuam, "Policy": policy.Policy})
	d.ask("PutContactPolicy", string(put)).done()
	run("GetContactPolicy", 0)

	// The example of SendActivationCode is of another channel than that of
	// ActivateContactChannel; here both are the one that there is.
	known("8ddae2d1-12c8-4e45-b852-c8587266c400", sms)
	known("fc7405c4-46b2-48b7-87b2-93e2f225b90d", sms)
	d.Clock.Pass(time.Minute)
	run("SendActivationCode", 0)
	is = append(is, "466136", d.CodeMessage(t, oncall.ARN(sms)).Content.Code)
	run("ActivateContactChannel", 0)
	d.ask("UpdateContactChannel", `{"ContactChannelId":"`+sms+`","Name":"akuas sms"}`).done()
	run("GetContactChannel", 0)
	run("DeactivateContactChannel", 0)

	known("49f3c24d-5f9f-4638-ae25-3f49e04229ad", sms)
	run("UpdateContactChannel", 0)
	for n, id := range []string{"beb25840-5ac8-4644-95cc-7a8de390fa65", "77d4f447-f619-4954-afff-85551e369c2a", "13149bad-52ee-45ea-ae1e-45857f78f9b2"} {
		known(id, d.channel(akuam, fmt.Sprintf("+1500555010%d", n+1)))
	}
	run("UpdateContact", 0)
	run("GetContact", 0)
	run("DeleteContactChannel", 0)

	plan := struct{ Plan json.RawMessage }{}
	if err := json.Unmarshal(all.Examples["GetContact"][1].Output, &plan); err != nil {
		t.Fatal(err)
	}
	d.ask("UpdateContact", fmt.Sprintf(`{"ContactId":%q,"DisplayName":"Example Escalation Plan","Plan":%s}`, oncalltest.Scope.Contact("example_escalation"), fit(plan.Plan))).done()
	run("GetContact", 1)
	run("DeleteContact", 0)

	bob := d.contact("bob")
	listed := d.channel(bob, "+15005550100")
	d.ask("UpdateContactChannel", `{"ContactChannelId":"`+listed+`","Name":"akuas sms"}`).done()
	d.Activate(t, oncall.ARN(listed))
	is = append(is, "akuam", "bob", sms[strings.LastIndex(sms, "/")+1:], listed[strings.LastIndex(listed, "/")+1:])
	again := fit(json.RawMessage(fit(all.Examples["ListContactChannels"][0].Output)))
	var want map[string]any
	if err := json.Unmarshal([]byte(again), &want); err != nil {
		t.Fatal(err)
	}
	seen["ListContactChannels"] = true
	same(t, "To list the contact channels of a contact", want, d.ask("ListContactChannels", `{"ContactId":"`+bob+`"}`).done())
	for name, o := range wire.Operations {
		if o.Available() && !seen[name] {
			t.Errorf("no example of %s was run", name)
		}
	}
}

// Terraform sends stages without targets and an empty name; both come back.
func TestPlansComeBackExactly(t *testing.T) {
	d := newDoor(t)
	ana := d.contact("ana")
	for _, plan := range []string{
		`{}`, `{"Stages":[]}`, `{"RotationIds":[]}`, `{"RotationIds":[],"Stages":[]}`,
		`{"Stages":[{"DurationInMinutes":1,"Targets":[]}]}`,
		`{"Stages":[{"DurationInMinutes":0,"Targets":[{"ContactTargetInfo":{"IsEssential":false}}]}]}`,
		`{"Stages":[{"DurationInMinutes":30,"Targets":[{"ChannelTargetInfo":{"ContactChannelId":"arn:aws:ssm-contacts:us-east-2:111122223333:contact-channel/x/1"},` +
			`"ContactTargetInfo":{"ContactId":"arn:aws:ssm-contacts:us-east-2:111122223333:contact/x","IsEssential":true}}]}]}`,
		`{"Stages":[{"DurationInMinutes":1,"Targets":[{"ChannelTargetInfo":{"ContactChannelId":"` + ana + `","RetryIntervalInMinutes":0}}]}]}`,
	} {
		d.ask("UpdateContact", `{"ContactId":"`+ana+`","DisplayName":"","Plan":`+plan+`}`).done()
		got := d.ask("GetContact", `{"ContactId":"`+ana+`"}`).done()
		var want any
		if err := json.Unmarshal([]byte(plan), &want); err != nil {
			t.Fatal(err)
		}
		same(t, "the plan", want, got["Plan"])
		same(t, "the name", any(""), got["DisplayName"])
	}
	for _, plan := range []string{
		`{"Stages":[{"DurationInMinutes":5,"Targets":[{}]}]}`,
		`{"Stages":[{"DurationInMinutes":0,"Targets":[]}]}`,
		`{"RotationIds":["x"]}`,
	} {
		document := d.ask("UpdateContact", `{"ContactId":"`+ana+`","Plan":`+plan+`}`).fails(http.StatusBadRequest, "ValidationException")
		same(t, "the reason", any("FIELD_VALIDATION_FAILED"), document["Reason"])
	}
	document := d.ask("CreateContact", `{"Alias":"s","Type":"ONCALL_SCHEDULE","Plan":{"Stages":[{"DurationInMinutes":1,"Targets":[]}]}}`).fails(http.StatusBadRequest, "ValidationException")
	same(t, "the sentence", any("Invalid value provided - ONCALL SCHEDULE contact cannot have stages in plan"), document["Message"])
}

func TestExceptionsHaveTheirMembers(t *testing.T) {
	d := newDoor(t)
	ana := d.contact("ana")
	sms := d.channel(ana, "+15005550199")
	no := string(oncalltest.Scope.Contact("no"))
	create := func(contact, address, token string) string {
		return fmt.Sprintf(`{"ContactId":%q,"Name":"n","Type":"SMS","DeliveryAddress":{"SimpleAddress":%q},"IdempotencyToken":%q}`, contact, address, token)
	}
	field := func(name, message string) []any { return []any{map[string]any{"Name": name, "Message": message}} }
	first := d.made("CreateContactChannel", create(ana, "+15005550101", "t"), "ContactChannelArn")
	for _, c := range []struct {
		operation, body string
		want            map[string]any
	}{
		{"GetContact", `{"ContactId":"` + no + `"}`, map[string]any{"__type": "ResourceNotFoundException", "Message": "Contact not found: " + no, "ResourceId": no, "ResourceType": "CONTACT"}},
		{"GetContactChannel", `{"ContactChannelId":"` + ana + `"}`, map[string]any{"__type": "ResourceNotFoundException", "Message": "Contact channel not found: " + ana, "ResourceId": ana, "ResourceType": "CONTACT"}},
		{"DeleteContactChannel", `{"ContactChannelId":"` + sms + `0"}`, map[string]any{"__type": "ResourceNotFoundException", "Message": "Contact channel not found: " + sms + "0", "ResourceId": sms + "0", "ResourceType": "CONTACT_CHANNEL"}},
		{"GetContactPolicy", `{"ContactArn":"` + ana + `"}`, map[string]any{"__type": "ResourceNotFoundException", "Message": "Contact policy not found: " + ana, "ResourceId": ana, "ResourceType": "CONTACT"}},
		{"CreateContactChannel", create(ana, "+15005550199", "u"), map[string]any{"__type": "ConflictException", "ResourceId": sms, "ResourceType": "CONTACT_CHANNEL",
			"Message": "This contact already has an SMS channel with this address: use that one, or enter another address."}},
		{"CreateContactChannel", create(ana, "+15005550102", "t"), map[string]any{"__type": "ConflictException", "ResourceId": first, "ResourceType": "CONTACT_CHANNEL",
			"Message": "This idempotency token was used with other parameters, for " + first + ": use a new token for something new."}},
		{"CreateContact", `{"Alias":"ana","Type":"PERSONAL","Plan":{}}`, map[string]any{"__type": "ConflictException", "ResourceId": ana, "ResourceType": "CONTACT",
			"Message": "Another contact has the alias ana: choose a different one."}},
		{"CreateContactChannel", create(no, "+15005550102", "v"), map[string]any{"__type": "ValidationException", "Reason": "FIELD_VALIDATION_FAILED",
			"Message": "Invalid value provided - Contact not found: " + no, "Fields": field("ContactId", "Invalid value provided - Contact not found: "+no)}},
		{"ActivateContactChannel", `{"ContactChannelId":"` + sms + `","ActivationCode":"0000000"}`, map[string]any{"__type": "ValidationException", "Reason": "FIELD_VALIDATION_FAILED",
			"Message": "This code is not right, or no longer good: check the newest message, or send a new code.",
			"Fields":  field("ActivationCode", "This code is not right, or no longer good: check the newest message, or send a new code.")}},
		{"SendActivationCode", `{"ContactChannelId":"` + sms + `"}`, map[string]any{"__type": "ThrottlingException", "RetryAfterSeconds": 60.0, "ServiceCode": "ssm-contacts", "QuotaCode": "too-soon",
			"Message": "A code was sent a moment ago: look for it first. Another one can be sent in 60 seconds."}},
		{"ListContacts", `{"NextToken":"abc"}`, map[string]any{"__type": "ValidationException", "Reason": "FIELD_VALIDATION_FAILED",
			"Message": "Start again from the first page: this page token is not one that was given out.",
			"Fields":  field("NextToken", "Start again from the first page: this page token is not one that was given out.")}},
	} {
		a := d.ask(c.operation, c.body)
		same(t, "status of "+c.operation, http.StatusBadRequest, a.Code)
		same(t, c.operation+" of "+c.body, c.want, a.document())
	}
	const twice = `{"Key":"k","Value":"a"},{"Key":"k","Value":"b"}`
	for _, c := range []struct{ operation, body, member string }{
		{"CreateContactChannel", create(ana, "15005550102", "w"), "DeliveryAddress.SimpleAddress"},
		{"UpdateContactChannel", `{"ContactChannelId":"` + sms + `","DeliveryAddress":{"SimpleAddress":"1"}}`, "DeliveryAddress.SimpleAddress"},
		{"UpdateContact", `{"ContactId":"` + ana + `","Plan":{"Stages":[{"DurationInMinutes":0,"Targets":[]}]}}`, "Plan"},
		{"TagResource", `{"ResourceARN":"` + ana + `","Tags":[` + twice + `]}`, "Tags"},
		{"TagResource", `{"ResourceARN":"` + sms + `","Tags":[]}`, "ResourceARN"},
		{"UntagResource", `{"ResourceARN":"` + sms + `","TagKeys":["k"]}`, "ResourceARN"},
		{"PutContactPolicy", `{"ContactArn":"` + ana + `","Policy":"[]"}`, "Policy"},
		{"ListContactChannels", `{"ContactId":"` + ana + `","NextToken":"x"}`, "NextToken"},
	} {
		document := d.ask(c.operation, c.body).fails(http.StatusBadRequest, "ValidationException")
		fields, _ := document["Fields"].([]any)
		if len(fields) != 1 || fields[0].(map[string]any)["Name"] != c.member {
			t.Errorf("%s of %s: fields %v, want %s", c.operation, c.body, fields, c.member)
		}
	}
}

func TestQuotasAreNotThrottling(t *testing.T) {
	d := newDoor(t)
	ana := d.contact("ana")
	sms := d.channel(ana, "+15005550199")
	for range outbox.MaxToAddress - 1 {
		d.Clock.Pass(20 * time.Minute)
		d.ask("SendActivationCode", `{"ContactChannelId":"`+sms+`"}`).done()
	}
	d.Clock.Pass(20 * time.Minute)
	document := d.ask("SendActivationCode", `{"ContactChannelId":"`+sms+`"}`).fails(http.StatusBadRequest, "ServiceQuotaExceededException")
	if document["QuotaCode"] == "" || document["ServiceCode"] != "ssm-contacts" || !strings.Contains(fmt.Sprint(document["Message"]), "10 a day to one address reached") {
		t.Errorf("got %v", document)
	}
}

// Every limit of the installation says its name and when the next message is possible, also
// after a restart and to another address.
func TestLimitsOfTheInstallationSayWhenToTryAgain(t *testing.T) {
	for says, limits := range map[string]outbox.Limits{
		"2 an hour to numbers of this range reached":  {PerPrefix: 2},
		"2 an hour for the whole of Callbook reached": {PerHour: 2},
		"2 a day for the whole of Callbook reached":   {PerDay: 2},
	} {
		d := openDoor(t, awsapi.Options{}, func(o *oncalltest.Options) { o.Limits = limits })
		ana := d.contact("ana")
		d.channel(ana, "+15005550199")
		d.channel(ana, "+15005550142")
		third := d.channel(ana, "+15005550111") // it is added, and its code is refused
		for _, again := range []bool{false, true} {
			if again {
				d.over(d.World.Over(d.Store).Rooms, awsapi.Options{})
			}
			a := d.ask("SendActivationCode", `{"ContactChannelId":"`+third+`"}`)
			document := a.fails(http.StatusBadRequest, "ServiceQuotaExceededException")
			wait, err := strconv.Atoi(a.Header().Get("Retry-After"))
			if err != nil || wait < 3500 || wait > 24*3600 || !strings.Contains(fmt.Sprint(document["Message"]), says) {
				t.Errorf("%s: Retry-After %d, %v; %v", says, wait, err, document)
			}
		}
	}
}

// Without the key file nobody's secret can be read, so nobody can sign; each
// operation says so by the exception that it has for it.
func TestMissingKeyIsDataEncryptionWhereTheModelHasIt(t *testing.T) {
	d := newDoor(t)
	d.over(oncalltest.NewRooms(lockedStore{d.Store}, oncalltest.Options{Scope: oncalltest.Scope, Now: d.Clock.Now}), awsapi.Options{})
	for name, o := range wire.Operations {
		if !o.Available() {
			continue
		}
		a := d.ask(name, "{}")
		if slices.Contains(o.Exceptions, "DataEncryptionException") {
			a.fails(http.StatusBadRequest, "DataEncryptionException")
		} else {
			a.fails(http.StatusInternalServerError, "InternalServerException")
		}
		if says := a.document()["Message"]; !strings.HasPrefix(fmt.Sprint(says), "The key file of this database is missing") {
			t.Errorf("%s says %v", name, says)
		}
	}
}

func TestFaultsTellNothing(t *testing.T) {
	d := newDoor(t)
	d.over(oncalltest.NewRooms(brokenStore{d.Store}, oncalltest.Options{Scope: oncalltest.Scope, Now: d.Clock.Now}), awsapi.Options{})
	document := d.ask("ListContacts", "{}").fails(http.StatusInternalServerError, "InternalServerException")
	same(t, "the sentence", any("Something went wrong on our side. Request id: a1b2."), document["Message"])
}

func TestKeysAreLimited(t *testing.T) {
	d := openDoor(t, awsapi.Options{PerSecond: 2})
	for range 4 {
		d.ask("ListContacts", "{}").done()
	}
	document := d.ask("ListContacts", "{}").fails(http.StatusBadRequest, "ThrottlingException")
	same(t, "the answer", map[string]any{"__type": "ThrottlingException", "Message": "Rate exceeded", "RetryAfterSeconds": 1.0,
		"ServiceCode": "ssm-contacts", "QuotaCode": "requests-per-second"}, document)
	if line := "key=" + d.keys[oncall.Manager].AccessKeyID + " operation=ListContacts error=ThrottlingException"; !strings.Contains(d.log.String(), line) {
		t.Errorf("the log does not say %s:\n%s", line, d.log)
	}
	d.as(oncall.Viewer).ask("ListContacts", "{}").done() // another key
	// What is not signed by the key does not count against it.
	d.Clock.Pass(time.Second)
	for range 9 {
		r := request("ListContacts", "{}")
		d.sign(r, "{ }", d.Now())
		d.send(r).fails(http.StatusBadRequest, "InvalidSignatureException")
	}
	for range 2 {
		d.ask("ListContacts", "{}").done()
	}
	d.ask("ListContacts", "{}").fails(http.StatusBadRequest, "ThrottlingException")
}

func TestZeroIsNoLimit(t *testing.T) {
	d := newDoor(t)
	for range 300 {
		d.ask("ListContacts", "{}").done()
	}
}

// used returns when the use of the manager's key was last noted.
func (d *door) used() time.Time {
	d.t.Helper()
	keys, err := d.AccessKeys(d.t.Context(), oncalltest.Admin)
	if err != nil {
		d.t.Fatal(err)
	}
	for _, k := range keys {
		if k.ID == d.keys[oncall.Manager].AccessKeyID {
			return k.UsedAt
		}
	}
	d.t.Fatal("the key is gone")
	return time.Time{}
}

func TestUseOfAKeyIsNotedOnceAMinute(t *testing.T) {
	d := newDoor(t)
	first := d.Now()
	d.ask("ListContacts", "{}").done()
	same(t, "after the first", first, d.used())
	d.Clock.Pass(59 * time.Second)
	d.ask("ListContacts", "{}").done()
	same(t, "within a minute", first, d.used())
	d.Clock.Pass(time.Second)
	d.ask("GetContact", "{}").fails(http.StatusBadRequest, "ValidationException")
	same(t, "after a minute", d.Now(), d.used())
	r := request("ListContacts", "{}")
	d.sign(r, "{ }", d.Now())
	d.Clock.Pass(time.Minute)
	d.send(r).fails(http.StatusBadRequest, "InvalidSignatureException")
	same(t, "after somebody else's", d.Now().Add(-time.Minute), d.used())
}

func TestTrailNamesKeyAndOperation(t *testing.T) {
	d := newDoor(t)
	ana := d.contact("ana")
	d.as(oncall.Viewer).ask("DeleteContact", `{"ContactId":"`+ana+`"}`).fails(http.StatusBadRequest, "AccessDeniedException")
	page, err := d.Audit(t.Context(), oncalltest.Admin, oncall.AuditQuery{Limit: 2})
	if err != nil || len(page.Entries) != 2 {
		t.Fatalf("%+v, %v", page, err)
	}
	for n, want := range []string{
		d.keys[oncall.Viewer].AccessKeyID + " viewer DeleteContact refused " + ana,
		d.keys[oncall.Manager].AccessKeyID + " manager CreateContact done " + ana,
	} {
		e := page.Entries[n]
		same(t, "entry", want+" api a1b2 192.0.2.1", fmt.Sprintf("%s %s %s %s %s %s %s %s", e.Principal, e.Actor, e.Operation, e.Outcome, e.Resource, e.Door, e.Request, e.Client))
	}
}

func TestEveryOperationTakesARole(t *testing.T) {
	d := newDoor(t)
	for name, o := range wire.Operations {
		if !o.Available() {
			continue
		}
		least := oncall.Operation(name).RequiredRole()
		if least == "" || least == oncall.Anyone {
			t.Errorf("%s takes the role %q", name, least)
		}
		for _, role := range oncall.Roles() {
			got := d.as(role).ask(name, good[name]).document()["__type"]
			if denied := got == "AccessDeniedException"; denied == role.Covers(least) {
				t.Errorf("%s by a %s: %v", name, role, got)
			}
		}
	}
}

// good are requests that break no constraint.
var good = func() map[string]string {
	const of = `{"ContactId":"arn:aws:ssm-contacts:us-east-2:111122223333:contact/no"`
	const channel = `{"ContactChannelId":"arn:aws:ssm-contacts:us-east-2:111122223333:contact-channel/no/1"`
	const tagged = `{"ResourceARN":"arn:aws:ssm-contacts:us-east-2:111122223333:contact/no"`
	const policy = `{"ContactArn":"arn:aws:ssm-contacts:us-east-2:111122223333:contact/no"`
	return map[string]string{
		"CreateContact": `{"Alias":"a","Type":"PERSONAL","Plan":{}}`, "GetContact": of + `}`, "ListContacts": `{}`, "UpdateContact": of + `}`, "DeleteContact": of + `}`,
		"CreateContactChannel": of + `,"Name":"n","Type":"SMS","DeliveryAddress":{"SimpleAddress":"+15005550199"}}`,
		"GetContactChannel":    channel + `}`, "ListContactChannels": of + `}`, "UpdateContactChannel": channel + `}`, "DeleteContactChannel": channel + `}`,
		"SendActivationCode": channel + `}`, "ActivateContactChannel": channel + `,"ActivationCode":"000000"}`, "DeactivateContactChannel": channel + `}`,
		"TagResource": tagged + `,"Tags":[]}`, "UntagResource": tagged + `,"TagKeys":[]}`, "ListTagsForResource": tagged + `}`,
		"GetContactPolicy": policy + `}`, "PutContactPolicy": policy + `,"Policy":"{}"}`,
	}
}()

// 64 programs send one token at once: one channel comes of it, and all of them
// get its ARN.
func TestOneTokenMakesOneChannel(t *testing.T) {
	d := newDoor(t)
	ana := d.contact("ana")
	body := fmt.Sprintf(`{"ContactId":%q,"Name":"mobile","Type":"SMS","DeliveryAddress":{"SimpleAddress":"+15005550199"},"IdempotencyToken":"once"}`, ana)
	var all sync.WaitGroup
	answers := make([]answer, 64)
	for n := range answers {
		all.Go(func() { answers[n] = d.ask("CreateContactChannel", body) })
	}
	all.Wait()
	arn := answers[0].done()["ContactChannelArn"]
	for _, a := range answers {
		same(t, "the ARN", arn, a.done()["ContactChannelArn"])
	}
	listed, _ := d.ask("ListContactChannels", `{"ContactId":"`+ana+`"}`).done()["ContactChannels"].([]any)
	if len(listed) != 1 || listed[0].(map[string]any)["ContactChannelArn"] != arn {
		t.Errorf("got %v, want the one channel %v", listed, arn)
	}
	same(t, "codes", 1, len(d.WaitingMessages(t)))
}
