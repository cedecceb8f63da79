// Package handlers is the browser door: it reads a form, calls one operation of
// the domain, and answers with a page. It decides nothing about the product.
package handlers

import (
	"bytes"
	"net/http"
	"net/url"
	"sync"

	"github.com/a-h/templ"
	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"callbook/internal/oncall"
	"callbook/views"
)

// Pages answers the requests of people.
type Pages struct {
	oncall *oncall.Service
	demo   bool
}

// New returns the pages over the operations. demo says on every page that the
// data is a demonstration.
func New(service *oncall.Service, demo bool) *Pages {
	return &Pages{oncall: service, demo: demo}
}

// Routes is where pages are registered.
type Routes interface {
	GET(path string, h echo.HandlerFunc, m ...echo.MiddlewareFunc) *echo.Route
	POST(path string, h echo.HandlerFunc, m ...echo.MiddlewareFunc) *echo.Route
}

// Register is the whole site in one list. GET and POST of a form share a path;
// everything that changes something is a POST.
func (p *Pages) Register(g Routes) {
	g.GET("/", p.showStart)
	g.POST("/theme", p.setTheme)

	g.GET("/contacts", p.listContacts)
	g.GET("/contacts/new", p.showNewContact)
	g.POST("/contacts/new", p.createContact)
	g.POST("/contacts/new/check", p.checkContact)
	g.GET("/contacts/:alias", p.showContact)
	g.GET("/contacts/:alias/edit", p.showEditContact)
	g.POST("/contacts/:alias/edit", p.updateContact)
	g.GET("/contacts/:alias/delete", p.showDeleteContact)
	g.POST("/contacts/:alias/delete", p.deleteContact)

	g.GET("/contacts/:alias/channels/new", p.showNewChannel)
	g.POST("/contacts/:alias/channels/new", p.createChannel)
	g.POST("/contacts/:alias/channels/new/check", p.checkChannel)
	g.GET("/contacts/:alias/channels/:id", p.showChannel)
	g.GET("/contacts/:alias/channels/:id/address", p.hideAddress)
	g.POST("/contacts/:alias/channels/:id/address", p.revealAddress)
	g.GET("/contacts/:alias/channels/:id/edit", p.showEditChannel)
	g.POST("/contacts/:alias/channels/:id/edit", p.updateChannel)
	g.POST("/contacts/:alias/channels/:id/edit/check", p.checkChange)
	g.GET("/contacts/:alias/channels/:id/deactivate", p.showDeactivateChannel)
	g.POST("/contacts/:alias/channels/:id/deactivate", p.deactivateChannel)
	g.GET("/contacts/:alias/channels/:id/delete", p.showDeleteChannel)
	g.POST("/contacts/:alias/channels/:id/delete", p.deleteChannel)
}

// actor is who asks. Until people sign in, whoever reaches the loopback address
// is the one manager there is.
func actor(echo.Context) oncall.Actor {
	return oncall.Actor{Door: oncall.Browser, Principal: "local", Name: "local", Role: oncall.Manager}
}

// contactARN is the contact that the path names.
func (p *Pages) contactARN(c echo.Context) oncall.ARN {
	return p.oncall.Scope().Contact(views.AliasIn(c.Param("alias")))
}

// channelARN is the channel that the path names.
func (p *Pages) channelARN(c echo.Context) oncall.ARN {
	return p.oncall.Scope().Channel(views.AliasIn(c.Param("alias")), c.Param("id"))
}

// contactPath is the page of the contact that the path names.
func (p *Pages) contactPath(c echo.Context) string {
	return views.ContactPath(views.AliasIn(c.Param("alias")))
}

// channelPath is the page of the channel that the path names.
func (p *Pages) channelPath(c echo.Context) string {
	return p.contactPath(c) + "/channels/" + url.PathEscape(c.Param("id"))
}

// Frame is what a page has around its content. It takes the notice that the
// request brought along, so that it is shown once.
func (p *Pages) Frame(c echo.Context, title string) views.Page {
	return views.Page{
		Title: title, Theme: themeOf(c), Here: c.Request().URL.RequestURI(), Notice: takeNotice(c), Demo: p.demo,
	}
}

// Fragment reports whether the request wants a part of a page: htmx asks, for
// an element of its own and not for a whole page.
func Fragment(c echo.Context) bool {
	h := c.Request().Header
	return h.Get("HX-Request") == "true" && h.Get("HX-Boosted") != "true" && h.Get("HX-History-Restore-Request") != "true"
}

var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// Render draws into memory first: a failure in the middle must not become half
// a page with a status that says all is well.
func Render(c echo.Context, status int, content templ.Component) error {
	b := buffers.Get().(*bytes.Buffer)
	defer buffers.Put(b)
	b.Reset()
	if err := content.Render(c.Request().Context(), b); err != nil {
		return err
	}
	if status >= http.StatusBadRequest {
		c.Response().Header().Set("HX-Push-Url", "false") // a refused form is not a new place
	}
	return c.HTMLBlob(status, b.Bytes())
}

// done sends the reader to a page with a notice of what has happened.
func done(c echo.Context, path string, notice views.Notice) error {
	leaveNotice(c, notice)
	return c.Redirect(http.StatusSeeOther, path)
}

// leave sends the reader to another page, also when only a part was asked for.
func leave(c echo.Context, path string) error {
	if Fragment(c) {
		c.Response().Header().Set("HX-Redirect", path)
		return c.NoContent(http.StatusOK)
	}
	return c.Redirect(http.StatusSeeOther, path)
}

// statusOf is the status of a form that is shown again.
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

func newToken() string { return uuid.NewString() }

func (p *Pages) showStart(c echo.Context) error {
	return c.Redirect(http.StatusSeeOther, views.ContactsPath)
}
