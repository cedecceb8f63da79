// Package awsapi is the API's door. It speaks the ssm-contacts protocol of AWS (JSON 1.1,
// Signature Version 4), so that the AWS CLI, SDKs and Terraform work against Callbook
// unchanged. It hides the protocol and AWS's names. Like the pages it calls one operation
// and decides nothing about the product.
//
// A request is checked in this order, and the first failure is the answer: content type,
// size, JSON, target, signature, rate, JSON types, constraints of the service model, and
// the rules of the product. What the signature says of key, date and scope is checked before
// the size of a body over 64 KB, because only then is there room for it.
package awsapi

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"callbook/handlers/awsapi/wire"
	"callbook/internal/account"
	"callbook/internal/contacts"
	"callbook/internal/oncall"
	"callbook/internal/sigv4"
)

// API answers the requests of programs. It is safe for concurrent use.
type API struct {
	contacts *contacts.Directory
	accounts *account.Accounts
	verifier sigv4.Verifier // without a Secret: each request has its own
	callers  callers
	large    largeSlots
	log      *slog.Logger

	largeTimeout time.Duration
}

// Options is what an installation decides about the API.
type Options struct {
	// ClockSkew is how far the clock of a program may differ; 0: 5 minutes.
	ClockSkew time.Duration
	// PerSecond limits the requests of an access key. A burst may have twice as many.
	// 0 means no limit.
	PerSecond int
	// LargeTimeout is how long the body of a request over 64 KB may take from the time at
	// which there is room for it. 0: 5 seconds.
	LargeTimeout time.Duration
	// Log gets internal errors; it may be nil.
	Log *slog.Logger
}

const defaultLargeTimeout = 5 * time.Second

// signingName is the service in the scope of a signature. targetPrefix begins every
// X-Amz-Target.
const (
	signingName  = "ssm-contacts"
	targetPrefix = "SSMContacts."
)

// New returns the API over the directory, for programs that have access keys.
func New(directory *contacts.Directory, accounts *account.Accounts, o Options) *API {
	a := &API{contacts: directory, accounts: accounts, callers: callers{perSecond: o.PerSecond}, large: make(largeSlots, maxConcurrentLarge), log: o.Log,
		largeTimeout: cmp.Or(o.LargeTimeout, defaultLargeTimeout)}
	a.verifier = sigv4.Verifier{Region: directory.Scope().Region, Service: signingName, Tolerance: o.ClockSkew, Now: directory.Now}
	if a.log == nil {
		a.log = slog.New(slog.DiscardHandler)
	}
	return a
}

// Path is where programs post their requests to.
const Path = "/"

// Serve answers a request. Every failure is answered here too.
func (a *API) Serve(c echo.Context) error {
	name, result, err := a.answer(c)
	note(c, slog.String("operation", name))
	if err != nil {
		return a.refuse(c, name, err)
	}
	return write(c, http.StatusOK, result)
}

// answer runs the operation that a request names. It also returns the name after a failure,
// if it is known.
func (a *API) answer(c echo.Context) (name string, result any, err error) {
	r := c.Request()
	if !isJSON(r.Header.Get(echo.HeaderContentType)) {
		return "", nil, unknownOperation("The Content-Type of a request must be " + contentType + ".")
	}
	body, err := a.receive(c)
	defer func() { body.leave() }()
	if err != nil {
		return "", nil, err
	}
	if err := wire.Valid(body.plain); err != nil {
		return "", nil, err
	}
	if name, err = target(r); err != nil {
		return "", nil, err
	}
	by, err := a.signer(c, body.raw)
	if err != nil {
		return name, nil, err
	}
	serve, ok := operations[name]
	if !ok {
		return name, nil, notAvailable(name)
	}
	result, err = serve(r.Context(), a.contacts, by, body.plain)
	return name, result, err
}

// target returns the operation of the service model that a request names. A
// presigned request has all of its X-Amz- headers in the query.
func target(r *http.Request) (string, error) {
	named := r.Header.Get("X-Amz-Target")
	if named == "" && r.URL.RawQuery != "" {
		named = r.URL.Query().Get("X-Amz-Target")
	}
	name, ours := strings.CutPrefix(named, targetPrefix)
	if _, known := wire.Operations[name]; !ours || !known {
		return "", unknownOperation("The X-Amz-Target of a request must be " + targetPrefix + " and the name of an operation.")
	}
	return name, nil
}

// verifierOf returns a verifier that stores the actor of the key.
func (a *API) verifierOf(by *oncall.Actor, now time.Time) sigv4.Verifier {
	verifier := a.verifier
	verifier.Secret = func(ctx context.Context, id string) (secret string, err error) {
		var known bool
		if *by, secret, known = a.callers.signer(id, now); known {
			return secret, nil
		}
		*by, secret, err = a.accounts.AccessKeySecret(ctx, id)
		switch {
		case oncall.ReasonOf(err) == oncall.Unknown:
			err = sigv4.ErrUnknownKey
		case err == nil:
			a.callers.remember(id, *by, secret, now)
		}
		return secret, err
	}
	return verifier
}

// receive returns the body of a request. The caller calls its leave, also after an error.
func (a *API) receive(c echo.Context) (*body, error) {
	b, err := a.large.receive(c.Request(), func() error { return a.admitLarge(c) })
	if err == nil && b.inside {
		a.setReadDeadline(c, time.Time{}) // it was read to its end
	}
	return b, err
}

// admitLarge takes the room for a large request. Clients without a key are refused before
// that: they could send slowly, and keep programs from the room.
func (a *API) admitLarge(c echo.Context) error {
	r := c.Request()
	if err := a.verifierOf(new(oncall.Actor), a.contacts.Now()).VerifyClaim(r.Context(), r); err != nil {
		c.Response().Header().Set(echo.HeaderConnection, "close") // the server would wait for the rest of the body
		return err
	}
	if err := a.large.enter(r.Context()); err != nil {
		return err
	}
	a.setReadDeadline(c, time.Now().Add(a.largeTimeout))
	return nil
}

func (a *API) setReadDeadline(c echo.Context, at time.Time) {
	_ = http.NewResponseController(c.Response()).SetReadDeadline(at) // a recorder in a test has no deadline
}

// signer returns the actor that signed a request, and counts the request against the key's
// limit.
func (a *API) signer(c echo.Context, raw []byte) (oncall.Actor, error) {
	var by oncall.Actor
	now := a.contacts.Now()
	r := c.Request()
	id, err := a.verifierOf(&by, now).Verify(r.Context(), r, raw)
	if err != nil {
		return oncall.Actor{}, err
	}
	note(c, slog.String("key", id))
	allowed, first := a.callers.count(id, now)
	if first {
		if err := a.accounts.UseAccessKey(r.Context(), id); err != nil {
			a.log.Warn("the last use of an access key was not stored", "key", id, "error", err)
		}
	}
	if !allowed {
		return oncall.Actor{}, rateExceeded()
	}
	by.Request, by.Client = requestID(c), c.RealIP()
	return by, nil
}

// statusGone is the status in the log for a client that closed the connection.
const statusGone = 499

// refuse answers with what went wrong.
func (a *API) refuse(c echo.Context, name string, err error) error {
	if errors.Is(err, context.Canceled) && c.Request().Context().Err() != nil {
		note(c, slog.String("error", "canceled"))
		c.Response().Status = statusGone
		return nil // the client is gone
	}
	e := exceptionFor(err, name)
	note(c, slog.String("error", e.Type))
	if e.status == http.StatusInternalServerError {
		e.Message += " Request id: " + requestID(c) + "."
		if oncall.KindOf(err) != oncall.Sealed { // the start has logged that
			a.log.Error("request failed", "id", requestID(c), "operation", name, "error", err)
		}
	}
	if e.wait > 0 {
		c.Response().Header().Set(echo.HeaderRetryAfter, strconv.Itoa(e.wait))
	}
	return write(c, e.status, e)
}

// Fail answers with an error of the middleware.
func (a *API) Fail(c echo.Context, err error) error { return a.refuse(c, "", err) }

// loggedKey is the key of the extra attributes of a log line in the context.
const loggedKey = "awsapi.logged"

func note(c echo.Context, attr slog.Attr) { c.Set(loggedKey, append(Logged(c), attr)) }

// Logged returns the extra attributes of the log line of a request: the operation, the id
// of the access key and the exception, as far as they are known.
func Logged(c echo.Context) []slog.Attr {
	attrs, _ := c.Get(loggedKey).([]slog.Attr)
	return attrs
}

// Outcome returns the operation of a request and its exception. Each is "" if there is none.
func Outcome(c echo.Context) (operation, exception string) {
	for _, attr := range Logged(c) {
		switch attr.Key {
		case "operation":
			operation = attr.Value.String()
		case "error":
			exception = attr.Value.String()
		}
	}
	return operation, exception
}
