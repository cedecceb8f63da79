package web

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/url"

	"github.com/a-h/templ"
	"github.com/labstack/echo/v4"

	"callbook/handlers"
	"callbook/handlers/awsapi"
	"callbook/internal/oncall"
	"callbook/views"
)

// errorPages turns every error that a handler returns into a page.
type errorPages struct {
	pages *handlers.Pages
	api   *awsapi.API
	log   *slog.Logger
	site  Site
}

// statusOfKind is the status of each Kind of error at the browser's door.
var statusOfKind = map[oncall.Kind]int{
	oncall.Invalid: http.StatusUnprocessableEntity, oncall.NotFound: http.StatusNotFound, oncall.Conflict: http.StatusConflict,
	oncall.Denied: http.StatusForbidden, oncall.Limited: http.StatusTooManyRequests,
	oncall.Sealed: http.StatusServiceUnavailable, oncall.Unavailable: http.StatusServiceUnavailable, oncall.Internal: http.StatusInternalServerError,
}

// statusOf returns the status that an error calls for.
func statusOf(err error) int {
	if he, ok := errors.AsType[*echo.HTTPError](err); ok {
		return he.Code
	}
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return http.StatusRequestEntityTooLarge
	}
	if oncall.ReasonOf(err) == oncall.Unknown {
		return http.StatusUnauthorized
	}
	if _, ok := errors.AsType[*oncall.Error](err); ok {
		return statusOfKind[oncall.KindOf(err)]
	}
	return http.StatusInternalServerError
}

// failures are the sentences for each status.
var failures = map[int]views.Failure{
	http.StatusBadRequest:            {Title: "This request cannot be read", Detail: "Go back, reload the page and try again."},
	http.StatusUnauthorized:          {Title: "You are signed out", Detail: "Nothing was saved. Sign in, then go back and send the form again."},
	http.StatusForbidden:             {Title: "This form came from another site", Detail: "Nothing was changed. If you meant to do this, open Callbook and do it there."},
	http.StatusRequestTimeout:        {Title: "This took too long", Detail: "The form did not arrive in time. Nothing was saved: check the connection and send it again."},
	http.StatusNotFound:              {Title: "Nothing is here", Detail: "This page does not exist, or what it showed was deleted."},
	http.StatusMethodNotAllowed:      {Title: "This page is not opened this way", Detail: "Go to the contacts and follow the links from there."},
	http.StatusConflict:              {Title: "Something else changed in the meantime", Detail: "Reload the page and try again."},
	http.StatusRequestEntityTooLarge: {Title: "This form is too large", Detail: "A form can have at most 64 KB. Nothing was saved: shorten the text and send it again."},
	http.StatusUnsupportedMediaType:  {Title: "This is not a form", Detail: "Callbook takes forms as browsers send them. Nothing was saved."},
	http.StatusMisdirectedRequest:    {Title: "Callbook does not answer to this name"},
	http.StatusUnprocessableEntity:   {Title: "This cannot be done"},
	http.StatusTooManyRequests:       {Title: "Too much at once", Detail: "Wait a moment, then try again."},
	http.StatusInternalServerError:   {Title: "Something went wrong on our side", Detail: "Nothing you did caused this. Try again. If it happens again, tell your Callbook admin."},
}

// fileTooLarge are the sentences for a form that sends a file.
var fileTooLarge = views.Failure{Title: "This file is too large", Detail: "A file to import can have at most 8 MB. Nothing was changed: split it into several files, each with the line that names the columns.", OtherFile: views.ImportPath}

// explain returns the sentences for a status and an error.
func (h errorPages) explain(status int, err error) views.Failure {
	f, ok := failures[status]
	if !ok {
		f = failures[http.StatusBadRequest]
	}
	e, ok := errors.AsType[*oncall.Error](err)
	switch {
	case status == http.StatusMisdirectedRequest:
		f.Detail = "Open it at " + h.site.Origin() + "."
	case errors.Is(err, errBypassedProxy):
		f = views.Failure{Title: "This is the way past the proxy", Detail: "Nothing is encrypted here, so Callbook answers its proxy only. Open it at " + h.site.Origin() + "."}
	case ok && e.Reason == oncall.Unknown:
		// the sentences for the status
	case ok && e.Reason == oncall.DeadLink:
		f = views.Failure{Title: "This link is no longer good", Detail: "It was used, was replaced, or is too old. If you have set your password already, sign in. Otherwise ask an admin for a new link."}
	case ok && views.TroubleOf(e.Reason).Title != "":
		f = views.Failure{Title: views.TroubleOf(e.Reason).Title, Detail: e.Message}
	case ok && e.Kind == oncall.Sealed:
		f = views.Failure{Title: "This database is locked", Detail: e.Message}
	case ok && e.Kind == oncall.Denied:
		f = views.Failure{Title: "You may not do this", Detail: e.Message}
	case ok && (e.Kind == oncall.Invalid || e.Kind == oncall.Conflict || e.Kind == oncall.Limited):
		f.Detail = e.Message
	}
	return f
}

// content is a page, or a notice if the page around it stays: for a fragment, or for a
// form whose text would be lost.
func (h errorPages) content(c echo.Context, status int, f views.Failure) templ.Component {
	sent := c.Request().Method == http.MethodPost && c.Request().Header.Get("HX-Request") == "true"
	if !handlers.Fragment(c) && !sent {
		return views.Error(h.pages.Page(c, f.Title), f)
	}
	switch {
	case sent && status == http.StatusNotFound:
		f = views.Failure{Title: "This was deleted meanwhile", Detail: "Nothing was saved. What you typed is still here."}
	case status == http.StatusUnauthorized:
		f = views.Failure{Title: "You are signed out", Detail: "Nothing was saved, and what you typed is still here. Sign in in another tab, then send the form again.", SignIn: true}
	}
	header := c.Response().Header()
	header.Set("HX-Retarget", "#notice")
	header.Set("HX-Reselect", ".notice")
	header.Set("HX-Reswap", "innerHTML show:window:top")
	if handlers.Polling(c) { // the reader may be at another part of the page
		header.Set("HX-Reswap", "innerHTML")
	}
	return views.ErrorNotice(f)
}

// handle answers with an error page, a notice, or at the API an exception.
func (h errorPages) handle(err error, c echo.Context) {
	if c.Response().Committed || errors.Is(err, context.Canceled) {
		return // the client has its answer or has left
	}
	if forProgram(c) {
		_ = h.api.Fail(c, err) // this fails only if the client has left
		return
	}
	status := statusOf(err)
	if status == http.StatusUnauthorized && (c.Request().Method == http.MethodGet || handlers.Fragment(c) && handlers.Polling(c)) {
		h.toSignIn(c)
		return
	}
	failure := h.explain(status, err)
	if status == http.StatusRequestEntityTooLarge && c.Path() == views.ImportPath {
		failure = fileTooLarge
	}
	if oncall.KindOf(err) == oncall.Unavailable && c.Request().Method == http.MethodGet {
		failure.Title = "This cannot be read now"
	}
	if status >= http.StatusInternalServerError {
		failure.RequestID = idOf(c)
		h.log.Error("request failed", "id", idOf(c), "route", c.Path(), "error", err)
	}
	// The deadline of the request may be over. The answer does not depend on it.
	c.SetRequest(c.Request().WithContext(context.WithoutCancel(c.Request().Context())))
	if err := handlers.Render(c, status, h.content(c, status, failure)); err != nil {
		h.log.Error("error page failed", "id", idOf(c), "error", err)
		_ = c.String(status, failure.Title+". "+failure.Detail) // this fails only if the client has left
	}
}

// toSignIn redirects to the sign-in page, which leads back afterwards. For a fragment it adds
// a line with a link, because the page around it may hold what somebody types.
func (h errorPages) toSignIn(c echo.Context) {
	if !handlers.Fragment(c) {
		_ = c.Redirect(http.StatusSeeOther, views.SignInPathFor(c.Request().URL.RequestURI()))
		return
	}
	back := "/"
	if here, err := url.Parse(c.Request().Header.Get("HX-Current-URL")); err == nil {
		back = here.RequestURI()
	}
	header := c.Response().Header()
	header.Set("HX-Retarget", "#notice")
	header.Set("HX-Reselect", ".notice")
	header.Set("HX-Reswap", "innerHTML")
	_ = handlers.Render(c, http.StatusUnauthorized, views.SessionEnded(back)) // this fails only if the client has left
}
