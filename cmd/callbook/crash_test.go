package main

import (
	"database/sql"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/ssmcontacts"
	"github.com/aws/aws-sdk-go-v2/service/ssmcontacts/types"
	"github.com/aws/smithy-go"

	"callbook/db/oncalltest"
)

var kills = flag.Int("kills", 20, "how often TestKillsLoseNothing kills the program")

// crashClients is how many clients work while the program is killed: the even ones
// through the API, the odd ones through the pages.
const crashClients = 64

// post office takes every message, and keeps the code that went to an address.
type postOffice struct {
	*httptest.Server
	mu    sync.Mutex
	codes map[string]string // by address
	ids   map[string]int    // how often each message came
}

func newPostOffice(t *testing.T) *postOffice {
	t.Helper()
	o := &postOffice{codes: map[string]string{}, ids: map[string]int{}}
	o.Server = httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		var body struct{ Data struct{ To, Code string } }
		if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
			return // the program was killed while it sent
		}
		o.mu.Lock()
		defer o.mu.Unlock()
		o.ids[r.Header.Get("Webhook-Id")]++
		o.codes[body.Data.To] = body.Data.Code
	}))
	t.Cleanup(o.Close)
	return o
}

func (o *postOffice) code(address string) string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.codes[address]
}

// kept is what a client knows of a channel.
type kept struct {
	arn    string // "" where only a page was seen
	name   string
	active bool
}

// crashClient works on contacts of its own, one change after the other. A change
// that was acknowledged is in known; one that was not may have been made or not.
type crashClient struct {
	t       *testing.T
	n       int
	post    *postOffice
	made    int
	known   map[string]kept // by address
	maybe   map[string]kept // what known may be instead
	changes int             // that were acknowledged
}

func (c *crashClient) contact() string { return fmt.Sprintf("crash-%d-%d", c.n, c.made/50) }

// next makes a change, and reports whether the program answered.
func (c *crashClient) next(p *program, api *ssmcontacts.Client) bool {
	if c.made%50 == 0 {
		if !c.addContact(p, api) {
			return false
		}
	}
	if c.n%2 == 1 {
		return c.addByPage(p)
	}
	switch address := c.some(); {
	case address == "" || rand.IntN(3) == 0:
		return c.addByAPI(api)
	default:
		return c.change(api, address)
	}
}

// some is the address of a channel that is known, or "".
func (c *crashClient) some() string {
	for address := range c.known { // in no order
		return address
	}
	return ""
}

// answered reports whether there was an answer; one that is no success is a fault
// of the test or of the program.
func (c *crashClient) answered(what string, err error) bool {
	var refused smithy.APIError
	if errors.As(err, &refused) && refused.ErrorCode() != "ThrottlingException" {
		c.t.Errorf("%s of client %d: %v", what, c.n, err)
		return true
	}
	if err == nil {
		c.changes++
	}
	return err == nil
}

func (c *crashClient) addContact(p *program, api *ssmcontacts.Client) bool {
	if c.n%2 == 1 {
		r, err := p.post("/contacts/new", url.Values{"alias": {c.contact()}, "token": {c.contact()}})
		return c.landed("a contact", r, err)
	}
	_, err := api.CreateContact(c.t.Context(), &ssmcontacts.CreateContactInput{Alias: aws.String(c.contact()), Type: types.ContactTypePersonal, Plan: &types.Plan{},
		IdempotencyToken: aws.String(c.contact())})
	return c.answered("a contact", err)
}

func (c *crashClient) landed(what string, r *http.Response, err error) bool {
	if err != nil {
		return false
	}
	if r.StatusCode != http.StatusSeeOther {
		c.t.Errorf("%s of client %d: status %d", what, c.n, r.StatusCode)
	}
	c.changes++
	return true
}

func (c *crashClient) token() string { return fmt.Sprintf("c%d-%d", c.n, c.made) }

func (c *crashClient) address() string { return c.token() + "@example.org" }

func (c *crashClient) addByPage(p *program) bool {
	address := c.address()
	c.maybe[address] = kept{name: "mail"}
	r, err := p.post("/contacts/"+c.contact()+"/channels/new", url.Values{"type": {"EMAIL"}, "name": {"mail"}, "email": {address}, "token": {c.token()}})
	if !c.landed("a channel", r, err) {
		return false
	}
	c.known[address] = c.maybe[address]
	delete(c.maybe, address)
	c.made++
	return true
}

func (c *crashClient) addByAPI(api *ssmcontacts.Client) bool {
	address := c.address()
	c.maybe[address] = kept{name: "mail"}
	out, err := api.CreateContactChannel(c.t.Context(), &ssmcontacts.CreateContactChannelInput{ContactId: aws.String("arn:aws:ssm-contacts:us-east-1:000000000000:contact/" + c.contact()),
		Name: aws.String("mail"), Type: types.ChannelTypeEmail, DeliveryAddress: &types.ContactChannelAddress{SimpleAddress: &address}, IdempotencyToken: aws.String(c.token())})
	if !c.answered("a channel", err) {
		return false
	}
	delete(c.maybe, address)
	if err == nil {
		c.known[address] = kept{arn: *out.ContactChannelArn, name: "mail"}
	}
	c.made++
	return true
}

// change activates, deactivates or renames a channel.
func (c *crashClient) change(api *ssmcontacts.Client, address string) bool {
	was := c.known[address]
	if was.arn == "" {
		return c.addByAPI(api)
	}
	is, code, what := was, c.post.code(address), "a name"
	var err error
	switch {
	case !was.active && code != "":
		is.active, what = true, "an activation"
		c.maybe[address] = is
		_, err = api.ActivateContactChannel(c.t.Context(), &ssmcontacts.ActivateContactChannelInput{ContactChannelId: &was.arn, ActivationCode: &code})
	default:
		is.name = fmt.Sprintf("mail %d", rand.IntN(1000))
		c.maybe[address] = is
		_, err = api.UpdateContactChannel(c.t.Context(), &ssmcontacts.UpdateContactChannelInput{ContactChannelId: &was.arn, Name: &is.name})
	}
	if !c.answered(what, err) {
		return false
	}
	delete(c.maybe, address)
	if err == nil {
		c.known[address] = is
	}
	return true
}

// settle compares what the program has with what the client knows, and takes over
// which of the unacknowledged changes were made.
func (c *crashClient) settle(api *ssmcontacts.Client) {
	c.t.Helper()
	found := map[string]kept{}
	for n := range c.made/50 + 1 {
		contact := fmt.Sprintf("arn:aws:ssm-contacts:us-east-1:000000000000:contact/crash-%d-%d", c.n, n)
		for pages := ssmcontacts.NewListContactChannelsPaginator(api, &ssmcontacts.ListContactChannelsInput{ContactId: &contact}); pages.HasMorePages(); {
			page, err := pages.NextPage(c.t.Context())
			var missing *types.ResourceNotFoundException
			if errors.As(err, &missing) && n*50 == c.made {
				break // the contact was not acknowledged
			}
			if err != nil {
				c.t.Fatalf("client %d: %v", c.n, err)
			}
			for _, ch := range page.ContactChannels {
				found[*ch.DeliveryAddress.SimpleAddress] = kept{*ch.ContactChannelArn, *ch.Name, ch.ActivationStatus == types.ActivationStatusActivated}
			}
		}
	}
	alike := func(a, b kept) bool {
		return a.name == b.name && a.active == b.active && (a.arn == b.arn || a.arn == "" || b.arn == "")
	}
	for address, want := range c.known {
		got, there := found[address]
		or, asked := c.maybe[address]
		if !there || !alike(got, want) && !(asked && alike(got, or)) {
			c.t.Errorf("client %d: %s is %+v (there: %t), was acknowledged as %+v", c.n, address, got, there, want)
		}
	}
	for address, got := range found {
		_, known := c.known[address]
		if or, asked := c.maybe[address]; !known && !(asked && alike(got, or)) {
			c.t.Errorf("client %d: %s is %+v, and nobody asked for it", c.n, address, got)
		}
		if !known && address == c.address() {
			c.made++
		}
	}
	c.known, c.maybe = found, map[string]kept{}
}

// The program is killed at random moments while clients create, edit and activate
// through both doors. Everything that was acknowledged is there afterwards, nothing
// half-done is, the trail is whole, and every message arrives.
func TestKillsLoseNothing(t *testing.T) {
	oncalltest.Slow(t)
	t.Parallel()
	office, data := newPostOffice(t), filepath.Join(t.TempDir(), "data")
	args := []string{"--listen", "127.0.0.1:0", "--data", data, "--log-level", "error", "--api-rate", "0", "--codes-per-hour", "0", "--codes-per-prefix", "0",
		"--webhook-url", office.URL, "--webhook-secret", strings.Repeat("secret", 6)}
	p := start(t, args...)
	p.enter(data)
	cookie := p.cookie
	key := accessKey(t, data)
	var clients []*crashClient
	for n := range crashClients {
		clients = append(clients, &crashClient{t: t, n: n, post: office, known: map[string]kept{}, maybe: map[string]kept{}})
	}
	begun := time.Now()
	for range *kills {
		api := p.api(key, 1)
		var working sync.WaitGroup
		var answers atomic.Int64
		last := int64(1 + rand.IntN(300)) // which answer is the last is anybody's guess
		now, once := make(chan struct{}), sync.Once{}
		for _, c := range clients {
			working.Go(func() {
				for c.next(p, api) {
					if answers.Add(1) >= last || t.Failed() {
						once.Do(func() { close(now) })
					}
					if t.Failed() {
						return
					}
				}
			})
		}
		<-now
		p.kill()
		working.Wait()
		p = start(t, args...)
		p.cookie = cookie
		api = p.api(key, 5)
		for _, c := range clients {
			c.settle(api)
		}
		if t.Failed() {
			return
		}
	}
	drained(t, data)
	changes, channels := 0, 0
	for _, c := range clients {
		changes += c.changes
		for address := range c.known {
			channels++
			if office.code(address) == "" {
				t.Errorf("no message came to %s", address)
			}
		}
	}
	sound(t, data)
	again := 0
	for _, times := range office.ids {
		again += times - 1
	}
	fmt.Printf("%d kills in %v: %d acknowledged changes by %d clients, %d channels, %d messages, %d of them sent again; nothing lost\n",
		*kills, time.Since(begun).Round(time.Second), changes, crashClients, channels, len(office.ids), again)
}

// accessKey makes a key of a manager, as the lines that callbook key add prints.
func accessKey(t *testing.T, data string) map[string]string {
	t.Helper()
	out, err := program4test(t, "key", "add", "--data", data, "--name", "test", "--role", "manager").Output()
	if err != nil {
		t.Fatal(err)
	}
	return lines(string(out))
}

// api is an SDK's client that makes so many attempts.
func (p *program) api(key map[string]string, attempts int) *ssmcontacts.Client {
	return ssmcontacts.New(ssmcontacts.Options{Region: key["AWS_REGION"], BaseEndpoint: aws.String(p.base), RetryMaxAttempts: attempts,
		Credentials: credentials.NewStaticCredentialsProvider(key["AWS_ACCESS_KEY_ID"], key["AWS_SECRET_ACCESS_KEY"], "")})
}

// sound expects a database in which everything holds together.
func sound(t *testing.T, data string) {
	t.Helper()
	for _, command := range [][]string{{"check", "--data", data}, {"audit", "verify", "--data", data}} {
		if out, err := program4test(t, command...).CombinedOutput(); err != nil {
			t.Errorf("callbook %s: %v\n%s", command[0], err, out)
		}
	}
}

// lines are what NAME=value lines set.
func lines(text string) map[string]string {
	set := map[string]string{}
	for line := range strings.Lines(text) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), "=")
		set[name] = value
	}
	return set
}

// drained waits until no message waits in a database: those that were on their way
// when the program was killed are sent again when their lease has ended.
func drained(t *testing.T, data string) {
	t.Helper()
	pool, err := sql.Open("sqlite", "file:"+filepath.Join(data, "callbook.db")+"?mode=ro&_pragma=busy_timeout(5000)")
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	waiting := -1
	if !within(3*time.Minute, func() bool {
		if err := pool.QueryRow("SELECT count(*) FROM message WHERE due_at IS NOT NULL").Scan(&waiting); err != nil {
			t.Fatal(err)
		}
		return waiting == 0
	}) {
		t.Fatalf("%d messages wait on", waiting)
	}
}

// within looks again and again whether something has become true, and reports
// whether it did in time.
func within(d time.Duration, is func() bool) bool {
	look := time.NewTicker(50 * time.Millisecond)
	defer look.Stop()
	for deadline := time.Now().Add(d); time.Now().Before(deadline); <-look.C {
		if is() {
			return true
		}
	}
	return false
}
