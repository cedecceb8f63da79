package web_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/ssmcontacts"
	"github.com/aws/aws-sdk-go-v2/service/ssmcontacts/types"
	"github.com/aws/smithy-go"
	"github.com/google/go-cmp/cmp"

	"callbook/db/oncalltest"
	"callbook/internal/account"
	"callbook/internal/oncall"
	"callbook/web"
)

// program is the SDK for Go as a client of the running server.
type program struct {
	*ssmcontacts.Client
	site *site
	http *http.Client
}

// newProgram starts a server, whose clock runs: the SDK signs by its own.
func newProgram(t *testing.T) *program {
	t.Helper()
	w := oncalltest.New(t, func(o *oncalltest.Options) { o.Now = time.Now })
	s := siteFor(t, w, w.Rooms, web.Options{Site: here})
	p := &program{site: s, http: serving(t, s)}
	p.Client = p.as(t, oncall.Manager)
	return p
}

// serving starts a server and returns a client that finds it by the name of the
// site, whatever its port is.
func serving(t *testing.T, s *site) *http.Client {
	t.Helper()
	server := httptest.NewServer(s.handler)
	t.Cleanup(server.Close)
	return &http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, network, server.Listener.Addr().String())
	}}}
}

// sdk is the SDK for Go with a key.
func sdk(client *http.Client, id, secret string) *ssmcontacts.Client {
	return ssmcontacts.New(ssmcontacts.Options{Region: oncalltest.Scope.Region, BaseEndpoint: aws.String(here.Origin()), RetryMaxAttempts: 1,
		HTTPClient: client, Credentials: credentials.NewStaticCredentialsProvider(id, secret, "")})
}

// as is the client with another key.
func (p *program) as(t *testing.T, role oncall.Role) *ssmcontacts.Client {
	t.Helper()
	k, secret, err := p.site.CreateAccessKey(t.Context(), operator, account.NewAccessKey{Name: string(role), Role: role})
	if err != nil {
		t.Fatal(err)
	}
	return sdk(p.http, k.ID, secret)
}

// must is for what cannot fail here.
func must[T any](out T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
}

// fails is the exception of a call as the SDK decodes it.
func fails[E error](t *testing.T, err error) (e E) {
	t.Helper()
	if !errors.As(err, &e) {
		t.Fatalf("got %v, want %T", err, e)
	}
	return e
}

// Every operation, as a program that keeps one person's channels calls them.
func TestSDKCallsEveryOperation(t *testing.T) {
	p, ctx := newProgram(t), t.Context()
	ana := must(p.CreateContact(ctx, &ssmcontacts.CreateContactInput{Alias: aws.String("ana"), DisplayName: aws.String("Ana Silva"), Type: types.ContactTypePersonal,
		Plan: &types.Plan{Stages: []types.Stage{}}, Tags: []types.Tag{{Key: aws.String("team"), Value: aws.String("sre")}}}))(t).ContactArn
	sms := must(p.CreateContactChannel(ctx, &ssmcontacts.CreateContactChannelInput{ContactId: ana, Name: aws.String("mobile"), Type: types.ChannelTypeSms,
		DeliveryAddress: &types.ContactChannelAddress{SimpleAddress: aws.String("+15005550199")}, DeferActivation: aws.Bool(true)}))(t).ContactChannelArn

	must(p.SendActivationCode(ctx, &ssmcontacts.SendActivationCodeInput{ContactChannelId: sms}))(t)
	code := p.site.CodeMessage(t, oncall.ARN(*sms)).Content.Code
	must(p.ActivateContactChannel(ctx, &ssmcontacts.ActivateContactChannelInput{ContactChannelId: sms, ActivationCode: &code}))(t)
	channel := must(p.GetContactChannel(ctx, &ssmcontacts.GetContactChannelInput{ContactChannelId: sms}))(t)
	if channel.ActivationStatus != types.ActivationStatusActivated || *channel.DeliveryAddress.SimpleAddress != "+15005550199" || *channel.Name != "mobile" ||
		channel.Type != types.ChannelTypeSms || *channel.ContactArn != *ana || *channel.ContactChannelArn != *sms {
		t.Errorf("got %+v", channel)
	}
	must(p.DeactivateContactChannel(ctx, &ssmcontacts.DeactivateContactChannelInput{ContactChannelId: sms}))(t)
	must(p.UpdateContactChannel(ctx, &ssmcontacts.UpdateContactChannelInput{ContactChannelId: sms, Name: aws.String("work"),
		DeliveryAddress: &types.ContactChannelAddress{SimpleAddress: aws.String("+15005550198")}}))(t)
	list := must(p.ListContactChannels(ctx, &ssmcontacts.ListContactChannelsInput{ContactId: ana}))(t).ContactChannels
	if len(list) != 1 || *list[0].Name != "work" || *list[0].DeliveryAddress.SimpleAddress != "+15005550198" || list[0].ActivationStatus != types.ActivationStatusNotActivated {
		t.Errorf("got %+v", list)
	}

	plan := &types.Plan{Stages: []types.Stage{{DurationInMinutes: aws.Int32(5), Targets: []types.Target{
		{ChannelTargetInfo: &types.ChannelTargetInfo{ContactChannelId: sms, RetryIntervalInMinutes: aws.Int32(1)}}}}}}
	must(p.UpdateContact(ctx, &ssmcontacts.UpdateContactInput{ContactId: ana, DisplayName: aws.String("Ana"), Plan: plan}))(t)
	contact := must(p.GetContact(ctx, &ssmcontacts.GetContactInput{ContactId: ana}))(t)
	if *contact.DisplayName != "Ana" || *contact.Alias != "ana" || contact.Type != types.ContactTypePersonal || len(contact.Plan.Stages) != 1 ||
		*contact.Plan.Stages[0].Targets[0].ChannelTargetInfo.ContactChannelId != *sms {
		t.Errorf("got %+v", contact)
	}

	must(p.TagResource(ctx, &ssmcontacts.TagResourceInput{ResourceARN: ana, Tags: []types.Tag{{Key: aws.String("site"), Value: aws.String("Zürich")}}}))(t)
	must(p.UntagResource(ctx, &ssmcontacts.UntagResourceInput{ResourceARN: ana, TagKeys: []string{"team"}}))(t)
	tags := must(p.ListTagsForResource(ctx, &ssmcontacts.ListTagsForResourceInput{ResourceARN: ana}))(t).Tags
	if len(tags) != 1 || *tags[0].Key != "site" || *tags[0].Value != "Zürich" {
		t.Errorf("got %+v", tags)
	}
	_, err := p.GetContactPolicy(ctx, &ssmcontacts.GetContactPolicyInput{ContactArn: ana})
	fails[*types.ResourceNotFoundException](t, err)
	must(p.PutContactPolicy(ctx, &ssmcontacts.PutContactPolicyInput{ContactArn: ana, Policy: aws.String(`{"Statement":[]}`)}))(t)
	if policy := must(p.GetContactPolicy(ctx, &ssmcontacts.GetContactPolicyInput{ContactArn: ana}))(t); *policy.Policy != `{"Statement":[]}` || *policy.ContactArn != *ana {
		t.Errorf("got %+v", policy)
	}

	must(p.DeleteContactChannel(ctx, &ssmcontacts.DeleteContactChannelInput{ContactChannelId: sms}))(t)
	must(p.DeleteContact(ctx, &ssmcontacts.DeleteContactInput{ContactId: ana}))(t)
	if all := must(p.ListContacts(ctx, &ssmcontacts.ListContactsInput{}))(t).Contacts; len(all) != 0 {
		t.Errorf("got %+v, want nobody left", all)
	}
}

func TestSDKPagesThroughLists(t *testing.T) {
	p, ctx := newProgram(t), t.Context()
	var want []string
	for n := range 7 {
		alias := "person-" + string(rune('a'+n))
		p.site.contact(alias, "")
		want = append(want, alias)
	}
	p.site.contact("other", "")
	var got []string
	for pages := ssmcontacts.NewListContactsPaginator(p, &ssmcontacts.ListContactsInput{AliasPrefix: aws.String("person-"), Type: types.ContactTypePersonal, MaxResults: aws.Int32(3)}); pages.HasMorePages(); {
		for _, c := range must(pages.NextPage(ctx))(t).Contacts {
			got = append(got, *c.Alias)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("contacts (-want +got):\n%s", diff)
	}

	host := oncalltest.Scope.Contact("person-a")
	want, got = nil, nil
	for n := range 5 {
		address := "+1500555010" + string(rune('0'+n))
		p.site.channel(host, oncall.SMS, "mobile", address)
		want = append(want, address)
	}
	for pages := ssmcontacts.NewListContactChannelsPaginator(p, &ssmcontacts.ListContactChannelsInput{ContactId: aws.String(string(host)), MaxResults: aws.Int32(2)}); pages.HasMorePages(); {
		for _, c := range must(pages.NextPage(ctx))(t).ContactChannels {
			got = append(got, *c.DeliveryAddress.SimpleAddress)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("channels (-want +got):\n%s", diff)
	}
}

func TestSDKDecodesExceptions(t *testing.T) {
	p, ctx := newProgram(t), t.Context()
	ana := aws.String(string(p.site.contact("ana", "")))
	create := func(contact *string, address, token string) error {
		_, err := p.CreateContactChannel(ctx, &ssmcontacts.CreateContactChannelInput{ContactId: contact, Name: aws.String("n"), Type: types.ChannelTypeSms, IdempotencyToken: &token,
			DeliveryAddress: &types.ContactChannelAddress{SimpleAddress: &address}})
		return err
	}
	if err := create(ana, "+15005550199", "t"); err != nil {
		t.Fatal(err)
	}
	conflict := fails[*types.ConflictException](t, create(ana, "+15005550199", "u"))
	if *conflict.ResourceType != "CONTACT_CHANNEL" || !strings.Contains(*conflict.ResourceId, "contact-channel/ana/") || conflict.ErrorMessage() == "" {
		t.Errorf("got %+v", conflict)
	}
	invalid := fails[*types.ValidationException](t, create(ana, "1", "v"))
	if invalid.Reason != types.ValidationExceptionReasonFieldValidationFailed || len(invalid.Fields) != 1 || *invalid.Fields[0].Name != "DeliveryAddress.SimpleAddress" {
		t.Errorf("got %+v", invalid)
	}
	_, err := p.GetContact(ctx, &ssmcontacts.GetContactInput{ContactId: aws.String(*ana + "-no")})
	if missing := fails[*types.ResourceNotFoundException](t, err); *missing.ResourceId != *ana+"-no" || *missing.ResourceType != "CONTACT" {
		t.Errorf("got %+v", missing)
	}
	sms := conflict.ResourceId
	_, err = p.SendActivationCode(ctx, &ssmcontacts.SendActivationCodeInput{ContactChannelId: sms})
	if soon := fails[*types.ThrottlingException](t, err); soon.RetryAfterSeconds < 50 || soon.RetryAfterSeconds > 60 {
		t.Errorf("got %+v", soon)
	}
	_, err = p.as(t, oncall.Viewer).GetContactChannel(ctx, &ssmcontacts.GetContactChannelInput{ContactChannelId: sms})
	if denied := fails[*types.AccessDeniedException](t, err); !strings.Contains(denied.ErrorMessage(), "is not authorized to perform: ssm-contacts:GetContactChannel on resource: "+*sms) {
		t.Errorf("got %+v", denied)
	}
	_, err = p.StartEngagement(ctx, &ssmcontacts.StartEngagementInput{ContactId: ana, Sender: aws.String("s"), Subject: aws.String("s"), Content: aws.String("c")})
	if unknown := fails[*types.ValidationException](t, err); unknown.Reason != types.ValidationExceptionReasonUnknownOperation {
		t.Errorf("got %+v", unknown)
	}
	other := sdk(p.http, "AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
	_, err = other.ListContacts(ctx, &ssmcontacts.ListContactsInput{})
	if api := fails[smithy.APIError](t, err); api.ErrorCode() != "UnrecognizedClientException" {
		t.Errorf("got %v", api)
	}
}

// What stands around pages does not stand around the API: it has no cookie, and a
// browser's own headers mean nothing to it.
func TestProgramsNeedNoPage(t *testing.T) {
	s := newSite(t)
	for _, change := range []with{header("Origin", "https://evil.example"), header("Sec-Fetch-Site", "cross-site")} {
		a := s.do(http.MethodPost, "/", "{}", header("Content-Type", "application/x-amz-json-1.1"), header("X-Amz-Target", "SSMContacts.ListContacts"), change)
		if a.Code != http.StatusBadRequest || !strings.Contains(a.Body.String(), `"__type":"MissingAuthenticationTokenException"`) {
			t.Errorf("got %d %s", a.Code, a.Body)
		}
		for _, name := range []string{"Set-Cookie", "Content-Security-Policy", "Access-Control-Allow-Origin", "Location"} {
			if got := a.Header().Get(name); got != "" {
				t.Errorf("%s: %s", name, got)
			}
		}
	}
	// A session opens no door to the API, and a form is none of its requests.
	a := s.as(oncall.Admin).do(http.MethodPost, "/", "a=b")
	if a.Code != http.StatusBadRequest || !strings.Contains(a.Body.String(), "UnknownOperationException") {
		t.Errorf("got %d %s", a.Code, a.Body)
	}
}

func TestLogNamesOperationKeyAndException(t *testing.T) {
	p := newProgram(t)
	_, err := p.GetContact(t.Context(), &ssmcontacts.GetContactInput{ContactId: aws.String("ana")})
	fails[*types.ValidationException](t, err)
	line := p.site.log.String()
	for _, want := range []string{`"route":"/"`, `"status":400`, `"operation":"GetContact"`, `"key":"AKIA`, `"error":"ValidationException"`} {
		if !strings.Contains(line, want) {
			t.Errorf("the log does not say %s:\n%s", want, line)
		}
	}
}

// What a program sends in every place that takes text is refused or shown as the
// text it is, on every page.
func TestTextOfProgramsIsNeverMarkup(t *testing.T) {
	p, ctx := newProgram(t), t.Context()
	p.site.by = oncall.Admin
	pages := everyPage(p.site)
	ana := aws.String(string(oncalltest.Scope.Contact("ana")))
	for _, text := range nasty {
		text := aws.String(text)
		_, err := p.CreateContact(ctx, &ssmcontacts.CreateContactInput{Alias: text, DisplayName: text, Type: types.ContactType(*text), Plan: &types.Plan{}, IdempotencyToken: text,
			Tags: []types.Tag{{Key: text, Value: text}}})
		fails[smithy.APIError](t, err)
		for _, change := range []func() error{
			func() error {
				_, err := p.UpdateContact(ctx, &ssmcontacts.UpdateContactInput{ContactId: ana, DisplayName: text})
				return err
			},
			func() error {
				_, err := p.CreateContactChannel(ctx, &ssmcontacts.CreateContactChannelInput{ContactId: ana, Name: text, Type: types.ChannelTypeEmail,
					DeliveryAddress: &types.ContactChannelAddress{SimpleAddress: aws.String(*text + "@example.org")}})
				return err
			},
			func() error {
				_, err := p.TagResource(ctx, &ssmcontacts.TagResourceInput{ResourceARN: ana, Tags: []types.Tag{{Key: aws.String("k"), Value: text}}})
				return err
			},
			func() error {
				_, err := p.PutContactPolicy(ctx, &ssmcontacts.PutContactPolicyInput{ContactArn: ana, Policy: aws.String(`{"Sid":` + strconv.Quote(*text) + `}`)})
				return err
			},
			func() error {
				_, err := p.DeleteContact(ctx, &ssmcontacts.DeleteContactInput{ContactId: text})
				return err
			},
			func() error {
				_, err := p.ListContacts(ctx, &ssmcontacts.ListContactsInput{NextToken: text, AliasPrefix: text})
				return err
			},
		} {
			var refused smithy.APIError
			if err := change(); err != nil && (!errors.As(err, &refused) || refused.ErrorFault() == smithy.FaultServer) {
				t.Errorf("%.40q: %v", *text, err)
			}
		}
		for _, path := range pages {
			p.site.isOurs(path, *text, p.site.get(path))
		}
	}
}

func TestPanicsAndFaultsAtTheAPIAreExceptions(t *testing.T) {
	for name, fail := range map[string]func() error{
		"panic": func() error { panic("secret +15005550199") },
		"fault": func() error { return errors.New("disk I/O error") },
	} {
		w := oncalltest.New(t)
		s := siteOver(t, w, oncalltest.NewRooms(brokenStore{fail}, oncalltest.Options{Scope: oncalltest.Scope}))
		_, err := sdk(serving(t, s), "AKIA", "secret").ListContacts(t.Context(), &ssmcontacts.ListContactsInput{})
		fault := fails[*types.InternalServerException](t, err)
		says, id, _ := strings.Cut(fault.ErrorMessage(), " Request id: ")
		if says != "Something went wrong on our side." || len(id) != 17 || !strings.Contains(s.log.String(), `"msg":"request failed","id":"`+strings.TrimSuffix(id, ".")) {
			t.Errorf("%s: %q; the log:\n%s", name, fault.ErrorMessage(), s.log)
		}
	}
}

// What was signed for another host is not taken here, whoever passes it on.
func TestProgramsUseTheNameOfTheSite(t *testing.T) {
	s := newSite(t)
	a := s.do(http.MethodPost, "/", "{}", header("Content-Type", "application/x-amz-json-1.1"), header("X-Amz-Target", "SSMContacts.ListContacts"),
		func(r *http.Request) { r.Host = "evil.example" })
	if a.Code != http.StatusBadRequest || !strings.Contains(a.Body.String(), `"__type":"AccessDeniedException"`) {
		t.Errorf("got %d %s", a.Code, a.Body)
	}
}

// Past the proxy nothing is encrypted: a program is turned away there too.
func TestProgramsGoThroughTheProxy(t *testing.T) {
	s := siteWith(t, web.Options{Site: here, ProxiesOnly: true})
	a := s.do(http.MethodPost, "/", "{}", header("Content-Type", "application/x-amz-json-1.1"), header("X-Amz-Target", "SSMContacts.ListContacts"))
	if a.Code != http.StatusBadRequest || !strings.Contains(a.Body.String(), `"__type":"AccessDeniedException"`) {
		t.Errorf("got %d %s", a.Code, a.Body)
	}
}
