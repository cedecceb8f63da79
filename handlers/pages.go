// Package handlers is the browser's door. A handler reads a form, calls one operation and
// answers with a page. It decides nothing about the product.
package handlers

import (
	"bytes"
	"errors"
	"log/slog"
	"math"
	"net/http"
	"net/url"
	"strconv"
	"sync"

	"github.com/a-h/templ"
	"github.com/google/uuid"
	"github.com/labstack/echo/v4"
	"golang.org/x/time/rate"

	"callbook/internal/access"
	"callbook/internal/account"
	"callbook/internal/audit"
	"callbook/internal/contacts"
	"callbook/internal/oncall"
	"callbook/internal/outbox"
	"callbook/internal/passkey"
	"callbook/internal/transfer"
	"callbook/views"
)

// Pages answers the requests of browsers. It is safe for concurrent use.
type Pages struct {
	access          *access.Control
	audit           *audit.Trail
	outbox          *outbox.Outbox
	accounts        *account.Accounts
	contacts        *contacts.Directory
	transfer        *transfer.Importer
	importJob       *transfer.Job
	origin          string
	demo            oncall.Actor
	setUpDone       func()
	locked          func() bool
	trouble         func() oncall.Reason
	about           views.About
	passkeys        *passkey.Site
	openID          OpenID
	phone           Phone
	hook            Hook
	delivery        []views.Provider
	devMessages     func() []views.DevMessage
	ceremonyLimiter *rate.Limiter // of new ceremonies, which are stored for a while
	log             *slog.Logger
}

// Options are what the pages know about the installation.
type Options struct {
	// Origin is the scheme, host and port with which links begin.
	Origin string
	// Demo is the actor of every request in a demonstration, and has every page show a
	// banner. The zero Actor means that this is no demonstration.
	Demo oncall.Actor
	// SetUpDone is called after the first admin was made; it may be nil.
	SetUpDone func()
	// Locked reports whether the database was opened without its key file. Every page
	// then has a banner. Nil means that it was not.
	Locked func() bool
	// Trouble returns why nothing can be stored, which every page shows in a banner, or
	// "". It may be nil.
	Trouble func() oncall.Reason
	// About is the content of the page about the installation.
	About views.About
	// Passkeys is the site that passkeys are made for; nil turns them off.
	Passkeys *passkey.Site
	// OpenID is the identity provider.
	OpenID OpenID
	// Phone and Hook are the providers that call back; each may be nil.
	Phone Phone
	Hook  Hook
	// Delivery lists the provider of each channel type.
	Delivery []views.Provider
	// DevMessages returns the messages that development mode shows instead of sending,
	// newest first; nil in production.
	DevMessages func() []views.DevMessage
	// Log gets the reason when a passkey or the answer of a provider is refused; it may
	// be nil.
	Log *slog.Logger
}

// Rooms hold the operations that the pages call.
type Rooms struct {
	Access    *access.Control
	Audit     *audit.Trail
	Outbox    *outbox.Outbox
	Accounts  *account.Accounts
	Contacts  *contacts.Directory
	Transfer  *transfer.Importer
	ImportJob *transfer.Job
}

// New returns the pages over the operations.
func New(r Rooms, o Options) *Pages {
	p := &Pages{access: r.Access, audit: r.Audit, outbox: r.Outbox, accounts: r.Accounts, contacts: r.Contacts, transfer: r.Transfer, importJob: r.ImportJob,
		origin: o.Origin, demo: o.Demo, setUpDone: o.SetUpDone, locked: o.Locked, trouble: o.Trouble, about: o.About,
		passkeys: o.Passkeys, openID: o.OpenID, log: o.Log, phone: o.Phone, hook: o.Hook, delivery: o.Delivery, devMessages: o.DevMessages}
	p.ceremonyLimiter = rate.NewLimiter(20, 100) // a second, and a burst: a team that starts its day
	if p.log == nil {
		p.log = slog.New(slog.DiscardHandler)
	}
	if p.setUpDone == nil {
		p.setUpDone = func() {}
	}
	if p.locked == nil {
		p.locked = func() bool { return false }
	}
	if p.trouble == nil {
		p.trouble = func() oncall.Reason { return "" }
	}
	return p
}

// Route is one path of the site. Its handler runs only if the role of the actor covers the
// operation.
type Route struct {
	Method, Path string
	For          oncall.Operation
	Handler      echo.HandlerFunc
}

// MaxBytes is the size limit of a form with a file, in bytes. 0 means the limit of all other
// forms.
func (r Route) MaxBytes() int64 {
	if r.Method == http.MethodPost && r.Path == views.ImportPath {
		return MaxImportBytes
	}
	return 0
}

// Routes is the whole site in one list. GET and POST of a form share a path. Every change is
// a POST.
func (p *Pages) Routes() []Route {
	const get, post = http.MethodGet, http.MethodPost
	return []Route{
		{get, "/", oncall.ListContacts, p.showStart},
		{post, "/theme", oncall.ChooseTheme, p.setTheme},

		{get, "/sign-in", oncall.SignIn, p.showSignIn},
		{post, "/sign-in", oncall.SignIn, p.signIn},
		{post, "/sign-in/passkey/options", oncall.SignIn, p.offerPasskeySignIn},
		{post, "/sign-in/passkey", oncall.SignIn, p.signInByPasskey},
		{get, "/sign-in/openid", oncall.SignIn, p.startOpenID},
		{get, views.OpenIDBackPath, oncall.SignIn, p.finishOpenID},
		{get, views.ForgottenPath, oncall.SignIn, p.showForgotten},
		{post, views.ForgottenPath, oncall.SignIn, p.forgot},
		{post, "/sign-out", oncall.SignOut, p.signOut},
		{get, "/set-up/:token", oncall.SetUp, p.showSetUp},
		{post, "/set-up/:token", oncall.SetUp, p.setUp},
		{get, "/join/:token", oncall.RedeemLink, p.showJoin},
		{post, "/join/:token", oncall.RedeemLink, p.join},

		{get, "/contacts", oncall.ListContacts, p.listContacts},
		{post, "/contacts", oncall.FindAddress, p.findContacts},
		{get, views.ImportPath, oncall.ImportBook, p.showImport},
		{post, views.ImportPath, oncall.ImportBook, p.uploadImport},
		{get, views.ImportPath + "/state", oncall.ImportBook, p.importState},
		{post, views.ImportPath + "/run", oncall.ImportBook, p.runImport},
		{post, views.ImportPath + "/discard", oncall.ImportBook, p.discardImport},
		{get, "/contacts/new", oncall.CreateContact, p.showNewContact},
		{post, "/contacts/new", oncall.CreateContact, p.createContact},
		{post, "/contacts/new/check", oncall.CreateContact, p.checkContact},
		{get, "/contacts/:alias", oncall.GetContact, p.showContact},
		{get, "/contacts/:alias/edit", oncall.UpdateContact, p.showEditContact},
		{post, "/contacts/:alias/edit", oncall.UpdateContact, p.updateContact},
		{get, "/contacts/:alias/delete", oncall.DeleteContact, p.showDeleteContact},
		{post, "/contacts/:alias/delete", oncall.DeleteContact, p.deleteContact},

		{get, "/contacts/:alias/channels/new", oncall.CreateContactChannel, p.showNewChannel},
		{post, "/contacts/:alias/channels/new", oncall.CreateContactChannel, p.createChannel},
		{post, "/contacts/:alias/channels/new/check", oncall.CreateContactChannel, p.checkChannel},
		{get, "/contacts/:alias/channels/:id", oncall.GetContact, p.showChannel},
		{get, "/contacts/:alias/channels/:id/state", oncall.GetContact, p.channelState},
		{post, "/contacts/:alias/state", oncall.GetContact, p.contactState},
		{get, "/contacts/:alias/channels/:id/send", oncall.GetContact, p.backToChannel},
		{get, "/contacts/:alias/channels/:id/activate", oncall.GetContact, p.backToChannel},
		{post, "/contacts/:alias/channels/:id/send", oncall.SendActivationCode, p.sendCode},
		{post, "/contacts/:alias/channels/:id/activate", oncall.ActivateContactChannel, p.activateChannel},
		{get, "/contacts/:alias/channels/:id/address", oncall.GetContact, p.hideAddress},
		{post, "/contacts/:alias/channels/:id/address", oncall.GetContactChannel, p.revealAddress},
		{get, "/contacts/:alias/channels/:id/edit", oncall.UpdateContactChannel, p.showEditChannel},
		{post, "/contacts/:alias/channels/:id/edit", oncall.UpdateContactChannel, p.updateChannel},
		{post, "/contacts/:alias/channels/:id/edit/check", oncall.UpdateContactChannel, p.checkChange},
		{get, "/contacts/:alias/channels/:id/deactivate", oncall.DeactivateContactChannel, p.showDeactivateChannel},
		{post, "/contacts/:alias/channels/:id/deactivate", oncall.DeactivateContactChannel, p.deactivateChannel},
		{get, "/contacts/:alias/channels/:id/delete", oncall.DeleteContactChannel, p.showDeleteChannel},
		{post, "/contacts/:alias/channels/:id/delete", oncall.DeleteContactChannel, p.deleteChannel},

		{get, views.ActivationsPath, oncall.ListContacts, p.listActivations},
		{post, views.ActivationsPath + "/state", oncall.ListContacts, p.backlogState},
		{post, views.ActivationsPath + "/resend", oncall.SendActivationCode, p.resendExpired},
		{get, "/activate/:token", oncall.AnswerActivation, p.showActivate},
		{post, "/activate/:token", oncall.AnswerActivation, p.activateByLink},

		{get, views.HelpPath, oncall.ReadHelp, p.listTopics},
		{get, views.HelpPath + "/:topic", oncall.ReadHelp, p.showTopic},

		{get, "/account", oncall.UseAccount, p.showAccount},
		{post, "/account/password", oncall.UseAccount, p.changePassword},
		{get, views.ConfirmPath, oncall.UseAccount, p.showConfirm},
		{post, views.ConfirmPath, oncall.UseAccount, p.confirmByPassword},
		{post, views.ConfirmPath + "/passkey/options", oncall.UseAccount, p.offerPasskeySignIn},
		{post, views.ConfirmPath + "/passkey", oncall.UseAccount, p.confirmByPasskey},
		{post, "/account/passkeys/options", oncall.UseAccount, p.offerNewPasskey},
		{post, "/account/passkeys", oncall.UseAccount, p.addPasskey},
		{get, "/account/passkeys/:id/delete", oncall.UseAccount, p.showDeletePasskey},
		{post, "/account/passkeys/:id/delete", oncall.UseAccount, p.deletePasskey},
		{get, "/account/sign-out", oncall.UseAccount, p.showSignOutEverywhere},
		{post, "/account/sign-out", oncall.UseAccount, p.signOutEverywhere},

		{get, "/audit", oncall.ListAudit, p.listAudit},
		{post, "/audit/export", oncall.ExportAudit, p.exportAudit},

		{get, "/settings", oncall.ListUsers, p.showSettings},
		{get, "/settings/users", oncall.ListUsers, p.listUsers},
		{get, "/settings/users/new", oncall.InviteUser, p.showNewUser},
		{post, "/settings/users/new", oncall.InviteUser, p.inviteUser},
		{get, "/settings/users/:id", oncall.UpdateUser, p.showUser},
		{post, "/settings/users/:id", oncall.UpdateUser, p.updateUser},
		{post, "/settings/users/:id/reset", oncall.UpdateUser, p.resetUser},
		{post, "/settings/users/:id/mail", oncall.UpdateUser, p.mailReset},
		{get, "/settings/users/:id/disable", oncall.UpdateUser, p.showDisableUser},
		{post, "/settings/users/:id/disable", oncall.UpdateUser, p.switchUser(true, views.UserDisabled)},
		{post, "/settings/users/:id/enable", oncall.UpdateUser, p.switchUser(false, views.UserEnabled)},
		{get, "/settings/users/:id/passkeys/:key/delete", oncall.UpdateUser, p.showDeleteUserPasskey},
		{post, "/settings/users/:id/passkeys/:key/delete", oncall.UpdateUser, p.deleteUserPasskey},
		{get, "/settings/users/:id/delete", oncall.DeleteUser, p.showDeleteUser},
		{post, "/settings/users/:id/delete", oncall.DeleteUser, p.deleteUser},

		{get, "/settings/keys", oncall.ListAccessKeys, p.listKeys},
		{get, "/settings/keys/new", oncall.CreateAccessKey, p.showNewKey},
		{post, "/settings/keys/new", oncall.CreateAccessKey, p.createKey},
		{post, "/settings/keys/:id/disable", oncall.UpdateAccessKey, p.switchKey(true, views.KeyDisabled)},
		{post, "/settings/keys/:id/enable", oncall.UpdateAccessKey, p.switchKey(false, views.KeyEnabled)},
		{get, "/settings/keys/:id/delete", oncall.DeleteAccessKey, p.showDeleteKey},
		{post, "/settings/keys/:id/delete", oncall.DeleteAccessKey, p.deleteKey},
		{get, views.DeliveryPath, oncall.TestDelivery, p.showDelivery},
		{post, views.DeliveryPath, oncall.TestDelivery, p.sendTest},
		{get, views.DeliveryPath + "/tests/:id/state", oncall.TestDelivery, p.testState},
		{get, "/settings/about", oncall.ReadSettings, p.showAbout},
		{get, views.DevMessagesPath, oncall.ReadSettings, p.showDevMessages},

		{post, twilioStatusPath + ":message", oncall.AnswerActivation, p.twilioStatus},
		{post, twilioCallPath + ":message", oncall.AnswerActivation, p.twilioCall},
		{post, TwilioReplyPath, oncall.AnswerActivation, p.twilioReply},
		{post, webhookPath, oncall.AnswerActivation, p.webhookReport},
	}
}

// contactARN returns the ARN of the contact in the path.
func (p *Pages) contactARN(c echo.Context) oncall.ARN {
	return p.access.Scope().Contact(views.AliasIn(c.Param("alias")))
}

// channelARN returns the ARN of the channel in the path.
func (p *Pages) channelARN(c echo.Context) oncall.ARN {
	return p.access.Scope().Channel(views.AliasIn(c.Param("alias")), c.Param("id"))
}

// contactPath returns the path of the contact's page.
func (p *Pages) contactPath(c echo.Context) string {
	return views.ContactPath(views.AliasIn(c.Param("alias")))
}

// channelPath returns the path of the channel's page.
func (p *Pages) channelPath(c echo.Context) string {
	return p.contactPath(c) + "/channels/" + url.PathEscape(c.Param("id"))
}

// Page returns the layout data of a page. It takes the notice out of the request's cookie, so
// that the notice is shown once.
func (p *Pages) Page(c echo.Context, title string) views.Page {
	return views.Page{
		Title: title, Theme: themeOf(c), Here: c.Request().URL.RequestURI(), Notice: takeNotice(c), Demo: p.isDemo(), DevMessages: p.devMessages != nil, Locked: p.locked(), Trouble: p.trouble(), By: actor(c),
	}
}

// Fragment reports whether htmx asks for a fragment and not for a whole page.
func Fragment(c echo.Context) bool {
	h := c.Request().Header
	return h.Get("HX-Request") == "true" && h.Get("HX-Boosted") != "true" && h.Get("HX-History-Restore-Request") != "true"
}

var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// Render draws into memory first. A failure in the middle must not become half a page with
// status 200.
func Render(c echo.Context, status int, content templ.Component) error {
	b := buffers.Get().(*bytes.Buffer)
	defer buffers.Put(b)
	b.Reset()
	if err := content.Render(c.Request().Context(), b); err != nil {
		return err
	}
	if status >= http.StatusBadRequest {
		c.Response().Header().Set("HX-Push-Url", "false") // a refused form has no address of its own
	}
	return c.HTMLBlob(status, b.Bytes())
}

// done redirects to a page with a notice.
func done(c echo.Context, path string, notice views.Notice) error {
	setNotice(c, notice)
	return c.Redirect(http.StatusSeeOther, path)
}

// leave redirects to another page, also if htmx asked for a fragment.
func redirect(c echo.Context, path string) error {
	if Fragment(c) {
		c.Response().Header().Set("HX-Redirect", path)
		return c.NoContent(http.StatusOK)
	}
	return c.Redirect(http.StatusSeeOther, path)
}

// statusOf returns the status of a form that is shown again.
func statusOf(err error) int {
	if oncall.KindOf(err) == oncall.Conflict {
		return http.StatusConflict
	}
	return http.StatusUnprocessableEntity
}

// refused reports whether an error belongs beside the fields of a form.
func refused(err error) bool {
	kind := oncall.KindOf(err)
	return kind == oncall.Invalid || kind == oncall.Conflict
}

// messageOf returns the sentence of an *oncall.Error without its cause. Any other error is
// answered as Internal.
func messageOf(err error) string {
	if e, ok := errors.AsType[*oncall.Error](err); ok {
		return e.Message
	}
	return oncall.Fault(err).Message
}

// tell logs the cause of a refusal.
func (p *Pages) logRefusal(c echo.Context, what string, cause error) {
	p.log.Warn(what, "id", c.Response().Header().Get(echo.HeaderXRequestID), "cause", cause)
}

// retryAfter sets Retry-After, in seconds, if the error has a wait.
func retryAfter(c echo.Context, err error) {
	if wait := oncall.RetryAfterOf(err); wait > 0 {
		c.Response().Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(wait.Seconds()))))
	}
}

func newToken() string { return uuid.NewString() }

func (p *Pages) showStart(c echo.Context) error {
	return c.Redirect(http.StatusSeeOther, views.ContactsPath)
}
