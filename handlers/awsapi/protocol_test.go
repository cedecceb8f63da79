package awsapi_test

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"callbook/db/oncalltest"
	"callbook/handlers/awsapi"
	"callbook/handlers/awsapi/wire"
	"callbook/internal/account"
	"callbook/internal/oncall"
)

func TestAnswersAsAWSDoes(t *testing.T) {
	d := newDoor(t)
	for _, a := range []answer{d.ask("ListContacts", "{}"), d.ask("GetContact", "{}")} {
		for name, want := range map[string]string{"Content-Type": "application/x-amz-json-1.1", "X-Amzn-Requestid": "a1b2",
			"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store", "Set-Cookie": ""} {
			if got := a.Header().Get(name); got != want {
				t.Errorf("%d: %s is %q, want %q", a.Code, name, got, want)
			}
		}
	}
	same(t, "an empty list", "{\"Contacts\":[]}", d.ask("ListContacts", "{}").Body.String())
	ana := d.contact("ana")
	same(t, "an empty answer", "{}", d.ask("DeleteContact", `{"ContactId":"`+ana+`"}`).Body.String())
}

// The sample request of the AWS reference, signed anew for this host:
// https://docs.aws.amazon.com/incident-manager/latest/APIReference/API_SSMContacts_CreateContactChannel.html
func TestSampleOfTheReferenceIsAnswered(t *testing.T) {
	d := newDoor(t)
	d.contact("akuam")
	body := strings.ReplaceAll(`{"ContactId": "arn:aws:ssm-contacts:us-east-1:111122223333:contact/akuam", "Name": "akuas sms-test", "Type": "SMS", `+
		`"DeliveryAddress": {"SimpleAddress": "+15005550199"}, "IdempotencyToken": "922b8f50-9bb9-4dd7-83cf-a4c25EXAMPLE"}`, "us-east-1", oncalltest.Scope.Region)
	if len(body) != 229 {
		t.Fatalf("the sample has 229 bytes, this %d", len(body))
	}
	headers := []with{header("Accept-Encoding", "identity"), header("User-Agent", "aws-cli/1.18.147 Python/2.7.18 Linux/4.14.225-168.357.amzn2.x86_64 botocore/1.18.6")}
	first := d.ask("CreateContactChannel", body, headers...)
	arn, _ := first.done()["ContactChannelArn"].(string)
	if prefix := "arn:aws:ssm-contacts:us-east-2:111122223333:contact-channel/akuam/"; len(first.document()) != 1 || !strings.HasPrefix(arn, prefix) || len(arn) != len(prefix)+36 {
		t.Errorf("got %s", first.Body)
	}
	same(t, "the answer to a repetition", first.Body.String(), d.ask("CreateContactChannel", body, headers...).Body.String())
	channel := d.ask("GetContactChannel", `{"ContactChannelId":"`+arn+`"}`).done()
	same(t, "the channel", map[string]any{"ContactArn": "arn:aws:ssm-contacts:us-east-2:111122223333:contact/akuam", "ContactChannelArn": arn,
		"Name": "akuas sms-test", "Type": "SMS", "DeliveryAddress": map[string]any{"SimpleAddress": "+15005550199"}, "ActivationStatus": "NOT_ACTIVATED"}, channel)
}

// A request that is wrong in every way is refused for the first of them; what is
// then put right brings up the next.
func TestChecksComeInOrder(t *testing.T) {
	d := newDoor(t)
	r := httptest.NewRequest(http.MethodPost, "http://127.0.0.1:8080/", nil)
	body := "[]"
	next := func(what, exception, says string) {
		t.Helper()
		again := r.Clone(t.Context())
		again.Body = http.NoBody
		if body != "" {
			b := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))
			again.Body, again.ContentLength = b.Body, b.ContentLength
		}
		if again.Header.Get("Authorization") == "" && again.Header.Get("X-Amz-Date") != "" {
			d.sign(again, body, d.Now())
		}
		a := d.send(again)
		document := a.document()
		if a.Code != http.StatusBadRequest || document["__type"] != exception || !strings.Contains(a.Body.String(), says) {
			t.Errorf("%s: %d %s, want %s", what, a.Code, a.Body, exception)
		}
	}
	next("no content type", "UnknownOperationException", "application/x-amz-json-1.1")
	r.Header.Set("Content-Type", "application/json")
	next("another content type", "UnknownOperationException", "application/x-amz-json-1.1")
	r.Header.Set("Content-Type", "application/x-amz-json-1.1; charset=utf-8")
	next("no object", "SerializationException", "not an object")
	body = `{"ContactChannelId":1`
	next("no JSON", "SerializationException", "not JSON")
	body = `{"ContactChannelId":1}`
	next("no target", "UnknownOperationException", "X-Amz-Target")
	r.Header.Set("X-Amz-Target", "SSMContacts.GetContactChannel")
	next("no signature", "MissingAuthenticationTokenException", "Missing Authentication Token")
	r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=a")
	next("half a signature", "IncompleteSignatureException", "requires 'Signature'")
	r.Header.Del("Authorization")
	r.Header.Set("X-Amz-Date", "now")
	next("a wrong type", "SerializationException", "NUMBER_VALUE")
	body = `{"ContactChannelId":"1"}`
	next("a broken constraint", "ValidationException", "1 validation error detected")
	body = `{"ContactChannelId":"arn:aws:ssm-contacts:us-east-2:111122223333:contact-channel/ana/1"}`
	next("what is not there", "ResourceNotFoundException", `"ResourceType":"CONTACT_CHANNEL"`)
}

func TestUnknownTargetsAreUnknownOperations(t *testing.T) {
	d := newDoor(t)
	for _, target := range []string{"", "GetContact", "SSMContacts.", "SSMContacts.getContact", "SSMContacts.GetContacts", "ssmcontacts.GetContact", "AmazonSSM.GetContact",
		"SSMContacts.GetContact.", " SSMContacts.", "SSMContacts.GetContact\x00"} {
		d.ask("", "{}", header("X-Amz-Target", target)).fails(http.StatusBadRequest, "UnknownOperationException")
	}
	r := httptest.NewRequest(http.MethodPost, "http://127.0.0.1:8080/?X-Amz-Target=SSMContacts.No", strings.NewReader("{}"))
	r.Header.Set("Content-Type", "application/x-amz-json-1.1")
	d.send(r).fails(http.StatusBadRequest, "UnknownOperationException")
}

// The model has 39 operations, Callbook 18 of them.
func TestOperationsThatAreNotThereSaySo(t *testing.T) {
	d := newDoor(t)
	there := 0
	for name, o := range wire.Operations {
		if o.Available() {
			there++
			continue
		}
		document := d.ask(name, "{}").fails(http.StatusBadRequest, "ValidationException")
		message, _ := document["Message"].(string)
		if document["Reason"] != "UNKNOWN_OPERATION" || !strings.HasPrefix(message, name+" is not available in Callbook yet") || document["Fields"] == nil {
			t.Errorf("%s: %v", name, document)
		}
		d.send(request(name, "{}")).fails(http.StatusBadRequest, "MissingAuthenticationTokenException")
	}
	if there != 18 || len(wire.Operations) != 39 {
		t.Errorf("%d of %d operations are there, want 18 of 39", there, len(wire.Operations))
	}
}

func packed(t *testing.T, body string) string {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write([]byte(body)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestPackedRequestsAreUnpacked(t *testing.T) {
	d := newDoor(t)
	ana := d.contact("ana")
	body := packed(t, `{"ContactId":"`+ana+`"}`)
	for _, coding := range []string{"gzip", "GZIP"} {
		same(t, "the alias", any("ana"), d.ask("GetContact", body, header("Content-Encoding", coding)).done()["Alias"])
	}
	same(t, "the alias", any("ana"), d.ask("GetContact", `{"ContactId":"`+ana+`"}`, header("Content-Encoding", "identity")).done()["Alias"])
	// What was signed is what came, not what it holds.
	r := request("GetContact", body)
	r.Header.Set("Content-Encoding", "gzip")
	d.sign(r, `{"ContactId":"`+ana+`"}`, d.Now())
	d.send(r).fails(http.StatusBadRequest, "InvalidSignatureException")
	for coding, body := range map[string]string{"gzip": "{}", "deflate": "{}", "br": "{}", "gzip, gzip": body, "": body, "identity": body} {
		d.ask("GetContact", body, header("Content-Encoding", coding)).fails(http.StatusBadRequest, "SerializationException")
	}
	d.ask("GetContact", body[:len(body)-3], header("Content-Encoding", "gzip")).fails(http.StatusBadRequest, "SerializationException")
}

// blank is an object of so many bytes.
func blank(size int) string { return "{" + strings.Repeat(" ", size-2) + "}" }

func TestLargeRequestsAreRefused(t *testing.T) {
	d := newDoor(t)
	const most = 1 << 20
	d.ask("ListContacts", blank(most)).done()
	d.ask("ListContacts", packed(t, blank(most)), header("Content-Encoding", "gzip")).done()
	d.ask("ListContacts", blank(most+1)).fails(http.StatusRequestEntityTooLarge, "RequestEntityTooLargeException")
	d.ask("ListContacts", blank(most+1), func(r *http.Request) { r.ContentLength = -1 }).fails(http.StatusRequestEntityTooLarge, "RequestEntityTooLargeException")
	d.ask("ListContacts", packed(t, blank(most+1)), header("Content-Encoding", "gzip")).fails(http.StatusRequestEntityTooLarge, "RequestEntityTooLargeException")
	d.ask("ListContacts", packed(t, blank(1<<28)), header("Content-Encoding", "gzip")).fails(http.StatusRequestEntityTooLarge, "RequestEntityTooLargeException")
	d.send(request("ListContacts", blank(most+1))).fails(http.StatusRequestEntityTooLarge, "RequestEntityTooLargeException")
}

// Who says that much will come and sends nothing takes no room for it.
func TestPromisedBodiesTakeNoRoom(t *testing.T) {
	d := newDoor(t)
	taken := func() uint64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	const clients = 200
	before := taken()
	var end []io.Closer
	var all sync.WaitGroup
	reading := make(chan bool, clients)
	for range clients {
		in, out := io.Pipe()
		end = append(end, out)
		all.Go(func() {
			r := httptest.NewRequest(http.MethodPost, "http://127.0.0.1:8080/", &announced{in, reading, sync.Once{}})
			r.ContentLength = 1 << 20
			r.Header.Set("Content-Type", "application/x-amz-json-1.1")
			d.send(r).fails(http.StatusBadRequest, "SerializationException")
		})
	}
	for range clients {
		<-reading
	}
	if more := taken() - min(before, taken()); more > clients<<15 {
		t.Errorf("%d clients that send nothing take %d KB each", clients, more/clients>>10)
	}
	for _, out := range end {
		_ = out.Close()
	}
	all.Wait()
}

// announced is a body that tells when it is read first.
type announced struct {
	io.Reader
	reading chan bool
	once    sync.Once
}

func (a *announced) Read(p []byte) (int, error) {
	a.once.Do(func() { a.reading <- true })
	return a.Reader.Read(p)
}

// Of large requests a few are read at once; those that are not large do not wait.
func TestLargeRequestsTakeTurns(t *testing.T) {
	d := newDoor(t)
	const clients = 40
	reading := make(chan bool, clients)
	var ends []*io.PipeWriter
	var all sync.WaitGroup
	for range clients {
		in, out := io.Pipe()
		ends = append(ends, out)
		all.Go(func() {
			begin := "{" + strings.Repeat(" ", 70_000)
			r := httptest.NewRequest(http.MethodPost, "http://127.0.0.1:8080/", io.MultiReader(strings.NewReader(begin), &announced{in, reading, sync.Once{}}))
			r.Header.Set("Content-Type", "application/x-amz-json-1.1")
			r.ContentLength = -1
			d.sign(r, begin+"}", d.Now())
			d.send(r).fails(http.StatusBadRequest, "UnknownOperationException")
		})
	}
	for range 16 {
		<-reading
	}
	d.ask("ListContacts", "{}").done()
	if n := len(reading); n > 0 {
		t.Errorf("%d more than 16 large requests are read at once", n)
	}
	for _, out := range ends { // each that ends lets another one in
		all.Go(func() {
			if _, err := out.Write([]byte("}")); err != nil {
				t.Error(err)
			}
			_ = out.Close()
		})
	}
	all.Wait()
	d.ask("ListContacts", blank(1<<20)).done()
}

// largeBegin is the first part of a large body, which ends with a bracket.
var largeBegin = "{" + strings.Repeat(" ", 70_000)

// serveLarge serves a door, and returns the headers of a request with a large body, signed and
// then changed.
func serveLarge(t *testing.T, d *door) (server *httptest.Server, signed func(change func(*http.Request)) http.Header) {
	server = httptest.NewServer(d.handler)
	t.Cleanup(server.Close)
	return server, func(change func(*http.Request)) http.Header {
		r := request("ListContacts", largeBegin+"}")
		r.Host, r.ContentLength = strings.TrimPrefix(server.URL, "http://"), -1
		d.sign(r, largeBegin+"}", d.Now())
		change(r)
		return r.Header
	}
}

// Clients that cannot sign take no room: they are refused although their bodies never end.
func TestRoomForLargeRequestsIsForKnownKeys(t *testing.T) {
	d := openDoor(t, awsapi.Options{LargeTimeout: time.Hour})
	server, signed := serveLarge(t, d)
	replace := func(old, new string) func(*http.Request) {
		return func(r *http.Request) {
			r.Header.Set("Authorization", strings.Replace(r.Header.Get("Authorization"), old, new, 1))
		}
	}
	id := d.keys[oncall.Manager].AccessKeyID
	for name, change := range map[string]func(*http.Request){
		"no signature":      func(r *http.Request) { r.Header.Del("Authorization") },
		"another scheme":    func(r *http.Request) { r.Header.Set("Authorization", "Bearer x") },
		"half of it":        replace(", Signature=", ", Nothing="),
		"an unknown key":    replace(id, "AKIAAAAAAAAAAAAAAAAA"),
		"another region":    replace("/"+oncalltest.Scope.Region+"/", "/eu-north-9/"),
		"another service":   replace("/ssm-contacts/", "/s3/"),
		"an old date":       func(r *http.Request) { r.Header.Set("X-Amz-Date", "20200101T000000Z") },
		"a token":           func(r *http.Request) { r.Header.Set("X-Amz-Security-Token", "x") },
		"an odd credential": replace("Credential="+id+"/", "Credential="+id+"/x/"),
	} {
		for range 17 { // more than there is room for
			if got := dial(t, server, signed(change), largeBegin).status(time.Minute); got != http.StatusBadRequest {
				t.Fatalf("%s: got status %d, want a refusal before the body ends", name, got)
			}
		}
	}
}

// A known client that is slow gives the room back.
func TestRoomForLargeRequestsIsForAMoment(t *testing.T) {
	server, signed := serveLarge(t, openDoor(t, awsapi.Options{LargeTimeout: 300 * time.Millisecond}))
	unchanged := func(*http.Request) {}
	var slow []client
	for range 16 {
		slow = append(slow, dial(t, server, signed(unchanged), largeBegin))
	}
	if got := dial(t, server, signed(unchanged), largeBegin+"}").status(time.Minute); got != http.StatusOK {
		t.Errorf("behind slow clients: got status %d", got)
	}
	for _, c := range slow {
		if got := c.status(time.Minute); got != http.StatusBadRequest {
			t.Errorf("a slow client: got status %d, want a refusal", got)
		}
	}
}

// client is a connection on which a request has begun.
type client struct {
	net.Conn
	t *testing.T
}

// dial sends the head of a request with a chunked body, and the first chunk of that. A body that
// is whole is ended.
func dial(t *testing.T, server *httptest.Server, h http.Header, body string) client {
	t.Helper()
	c, err := net.Dial("tcp", server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	var head bytes.Buffer
	fmt.Fprintf(&head, "POST / HTTP/1.1\r\nHost: %s\r\nTransfer-Encoding: chunked\r\n", server.Listener.Addr())
	if err := h.Write(&head); err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(&head, "\r\n%x\r\n%s\r\n", len(body), body)
	if strings.HasSuffix(body, "}") {
		head.WriteString("0\r\n\r\n")
	}
	if _, err := c.Write(head.Bytes()); err != nil {
		t.Fatal(err)
	}
	return client{c, t}
}

// status waits for the answer and returns its status.
func (c client) status(within time.Duration) int {
	c.t.Helper()
	_ = c.SetReadDeadline(time.Now().Add(within))
	a, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		c.t.Fatal(err)
	}
	return a.StatusCode
}

// Who does not wait gets no answer, and the log does not say that it went well.
func TestWhoLeavesIsNotSaidToHaveBeenAnswered(t *testing.T) {
	d := newDoor(t)
	ctx, leave := context.WithCancel(t.Context())
	r := request("ListContacts", "{}").WithContext(ctx)
	d.sign(r, "{}", d.Now())
	leave()
	a := d.send(r)
	if a.Body.Len() > 0 || !strings.Contains(d.log.String(), "status=499") || !strings.Contains(d.log.String(), "error=canceled") {
		t.Errorf("got %q; the log:\n%s", a.Body, d.log)
	}
}

// An SDK that presigns moves X-Amz-Target into the query with the signature.
func TestPresignedRequestsAreAnswered(t *testing.T) {
	d := newDoor(t)
	ana := d.contact("ana")
	body := `{"ContactId":"` + ana + `"}`
	presigned := func(changes ...with) *http.Request {
		r := request("GetContact", body)
		url, headers, err := v4.NewSigner().PresignHTTP(t.Context(), d.keys[oncall.Manager], r, hashOf(body), "ssm-contacts", oncalltest.Scope.Region, d.Now())
		if err != nil {
			t.Fatal(err)
		}
		sent := httptest.NewRequest(http.MethodPost, url, strings.NewReader(body))
		for name, values := range headers {
			sent.Header[http.CanonicalHeaderKey(name)] = values
		}
		sent.Header.Set("Content-Type", "application/x-amz-json-1.1")
		for _, change := range changes {
			change(sent)
		}
		return sent
	}
	if q := presigned().URL.Query(); q.Get("X-Amz-Target") == "" {
		t.Fatalf("the SDK leaves the target out of %v", q)
	}
	same(t, "the alias", any("ana"), d.send(presigned()).done()["Alias"])
	d.send(presigned(header("X-Amz-Target", "SSMContacts.DeleteContact"))).fails(http.StatusBadRequest, "InvalidSignatureException")
	d.send(presigned(func(r *http.Request) {
		r.URL.RawQuery = strings.Replace(r.URL.RawQuery, "GetContact", "DeleteContact", 1)
	})).fails(http.StatusBadRequest, "InvalidSignatureException")
}

func TestTemporaryCredentialsAreNotKnown(t *testing.T) {
	d := newDoor(t)
	k := d.keys[oncall.Manager]
	k.SessionToken = "FwoGZXIvYXdzEXAMPLE"
	d.keys[oncall.Manager] = k
	document := d.ask("ListContacts", "{}").fails(http.StatusBadRequest, "UnrecognizedClientException")
	same(t, "the sentence", any("The security token included in the request is invalid."), document["message"])
}

// A secret is read anew after a second: so long may a key that is disabled or
// deleted still work.
func TestWhoMayNotSignIsNotKnown(t *testing.T) {
	d := newDoor(t)
	k := d.keys[oncall.Manager]
	disable := func(disabled bool) {
		t.Helper()
		if _, err := d.UpdateAccessKey(t.Context(), oncalltest.Admin, account.AccessKeyChange{ID: k.AccessKeyID, Disabled: disabled}); err != nil {
			t.Fatal(err)
		}
	}
	d.ask("ListContacts", "{}").done()
	disable(true)
	d.Clock.Pass(time.Second - 1)
	d.ask("ListContacts", "{}").done() // it is not read for each request
	d.Clock.Pass(1)
	d.ask("ListContacts", "{}").fails(http.StatusBadRequest, "UnrecognizedClientException")
	disable(false)
	d.ask("ListContacts", "{}").done()
	if err := d.DeleteAccessKey(t.Context(), oncalltest.Admin, k.AccessKeyID); err != nil {
		t.Fatal(err)
	}
	d.Clock.Pass(time.Second)
	d.ask("ListContacts", "{}").fails(http.StatusBadRequest, "UnrecognizedClientException")
}

// Text that a browser would run is text here, and stays what it is.
func TestAnswersAreNotRunByBrowsers(t *testing.T) {
	d := newDoor(t)
	ana := d.contact("ana")
	const script = `<script>alert(1)</script>`
	document := d.ask("CreateContactChannel", fmt.Sprintf(`{"ContactId":%q,"Name":%q,"Type":"SMS","DeliveryAddress":{"SimpleAddress":%q}}`, ana, script, script)).
		fails(http.StatusBadRequest, "ValidationException")
	if message, _ := document["Message"].(string); !strings.Contains(message, "Value '"+script+"' at 'name'") {
		t.Errorf("got %q", message)
	}
	d.ask("PutContactPolicy", `{"ContactArn":"`+ana+`","Policy":"{\"Sid\":\"<script>\"}"}`).done()
	same(t, "the policy", any(`{"Sid":"<script>"}`), d.ask("GetContactPolicy", `{"ContactArn":"`+ana+`"}`).done()["Policy"])
}
