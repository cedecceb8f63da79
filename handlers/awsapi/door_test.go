package awsapi_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/google/go-cmp/cmp"
	"github.com/labstack/echo/v4"

	"callbook/db"
	"callbook/db/oncalltest"
	"callbook/handlers/awsapi"
	"callbook/internal/account"
	"callbook/internal/oncall"
)

// door is the API door over a real database, whose clock stands still.
type door struct {
	*oncalltest.World
	t       testing.TB
	handler http.Handler
	log     *bytes.Buffer // what the API tells, and a line for each request
	logged  *sync.Mutex
	keys    map[oncall.Role]aws.Credentials
	by      oncall.Role // whose key signs
}

func newDoor(t testing.TB) *door { return openDoor(t, awsapi.Options{}) }

func openDoor(t testing.TB, o awsapi.Options, options ...func(*oncalltest.Options)) *door {
	t.Helper()
	w := oncalltest.New(t, options...)
	d := &door{World: w, t: t, log: &bytes.Buffer{}, logged: &sync.Mutex{}, keys: map[oncall.Role]aws.Credentials{}, by: oncall.Manager}
	o.Log = slog.New(slog.NewTextHandler(d.log, nil))
	d.over(w.Rooms, o)
	for _, role := range oncall.Roles() {
		d.keys[role] = d.key(role)
	}
	return d
}

// over puts the door before another Service.
func (d *door) over(s *oncalltest.Rooms, o awsapi.Options) {
	e := echo.New()
	e.Logger.SetOutput(&bytes.Buffer{})
	e.POST(awsapi.Path, awsapi.New(s.Directory, s.Accounts, o).Serve, func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			c.Response().Header().Set(echo.HeaderXRequestID, "a1b2")
			err := next(c)
			d.logged.Lock()
			defer d.logged.Unlock()
			fmt.Fprintln(d.log, append(awsapi.Logged(c), slog.Int("status", c.Response().Status)))
			return err
		}
	})
	d.handler = e
}

// key makes an access key.
func (d *door) key(role oncall.Role) aws.Credentials {
	d.t.Helper()
	k, secret, err := d.CreateAccessKey(d.t.Context(), oncalltest.Admin, account.NewAccessKey{Name: string(role), Role: role})
	if err != nil {
		d.t.Fatal(err)
	}
	return aws.Credentials{AccessKeyID: k.ID, SecretAccessKey: secret}
}

// as lets another key sign.
func (d *door) as(role oncall.Role) *door {
	other := *d
	other.by = role
	return &other
}

// with changes a request: before it is signed by its own means, or after.
type with func(*http.Request)

func header(name, value string) with { return func(r *http.Request) { r.Header.Set(name, value) } }

// request is a request for an operation, not signed yet.
func request(operation, body string) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "http://127.0.0.1:8080/", strings.NewReader(body))
	r.Header.Set("Content-Type", "application/x-amz-json-1.1")
	r.Header.Set("X-Amz-Target", "SSMContacts."+operation)
	return r
}

// sign signs a request as the SDKs do.
func (d *door) sign(r *http.Request, body string, at time.Time) {
	d.t.Helper()
	if err := v4.NewSigner().SignHTTP(d.t.Context(), d.keys[d.by], r, hashOf(body), "ssm-contacts", oncalltest.Scope.Region, at); err != nil {
		d.t.Fatal(err)
	}
}

// ask sends a signed request for an operation.
func (d *door) ask(operation, body string, before ...with) answer {
	d.t.Helper()
	r := request(operation, body)
	for _, change := range before {
		change(r)
	}
	d.sign(r, body, d.Now())
	return d.send(r)
}

func (d *door) send(r *http.Request) answer {
	d.t.Helper()
	w := httptest.NewRecorder()
	d.handler.ServeHTTP(w, r)
	return answer{w, d.t}
}

// made is ask for something that must succeed, and what of the answer stands at a
// name.
func (d *door) made(operation, body, name string) string {
	d.t.Helper()
	text, _ := d.ask(operation, body).done()[name].(string)
	return text
}

// answer is what came back.
type answer struct {
	*httptest.ResponseRecorder
	t testing.TB
}

func (a answer) document() map[string]any {
	a.t.Helper()
	var document map[string]any
	if err := json.Unmarshal(a.Body.Bytes(), &document); err != nil {
		a.t.Fatalf("%d %q is not JSON: %v", a.Code, a.Body, err)
	}
	return document
}

// done is the document of a success.
func (a answer) done() map[string]any {
	a.t.Helper()
	if a.Code != http.StatusOK {
		a.t.Fatalf("%d %s, want a success", a.Code, a.Body)
	}
	return a.document()
}

// fails is the document of an exception.
func (a answer) fails(status int, exception string) map[string]any {
	a.t.Helper()
	document := a.document()
	if a.Code != status || document["__type"] != exception {
		a.t.Errorf("%d %s, want %d %s", a.Code, a.Body, status, exception)
	}
	return document
}

func same(t testing.TB, what string, want, got any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

// contact adds somebody.
func (d *door) contact(alias string) string {
	d.t.Helper()
	return d.made("CreateContact", fmt.Sprintf(`{"Alias":%q,"DisplayName":"Akua Mansa","Type":"PERSONAL","Plan":{"Stages":[]}}`, alias), "ContactArn")
}

// channel adds an SMS channel.
func (d *door) channel(contact, address string) string {
	d.t.Helper()
	return d.made("CreateContactChannel", fmt.Sprintf(`{"ContactId":%q,"Name":"mobile","Type":"SMS","DeliveryAddress":{"SimpleAddress":%q}}`, contact, address), "ContactChannelArn")
}

func hashOf(body string) string {
	sum := sha256.Sum256([]byte(body))
	return hex.EncodeToString(sum[:])
}

// lockedStore has lost its key file.
type lockedStore struct{ db.Transactor }

func (s lockedStore) View(context.Context, func(db.Queries) error) error {
	return oncall.SealedError(nil)
}

// brokenStore fails.
type brokenStore struct{ db.Transactor }

func (s brokenStore) View(context.Context, func(db.Queries) error) error {
	return errors.New("disk I/O error")
}
