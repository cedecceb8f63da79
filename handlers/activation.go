package handlers

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"

	"callbook/internal/contacts"
	"callbook/internal/oncall"
	"callbook/views"
)

// activateChannel takes a code that a manager enters.
func (p *Pages) activateChannel(c echo.Context) error {
	form, err := readForm(c)
	if err != nil {
		return err
	}
	code := form.Get("code")
	err = p.contacts.ActivateChannel(c.Request().Context(), actor(c), p.channelARN(c), code)
	switch {
	case err == nil:
		return done(c, p.channelPath(c), views.ChannelActivated)
	case oncall.KindOf(err) == oncall.Invalid:
		return p.channelPage(c, http.StatusUnprocessableEntity, views.ChannelView{Form: views.CodeForm{Code: code, Errors: oncall.FieldErrors(err)}})
	}
	return err
}

// backToChannel redirects the GET of a path that takes a form.
func (p *Pages) backToChannel(c echo.Context) error {
	return c.Redirect(http.StatusSeeOther, p.channelPath(c))
}

// sendCode sends a code, the first or another one.
func (p *Pages) sendCode(c echo.Context) error {
	err := p.contacts.SendActivationCode(c.Request().Context(), actor(c), p.channelARN(c))
	switch oncall.KindOf(err) {
	case oncall.Limited:
		retryAfter(c, err)
		return p.channelPage(c, http.StatusTooManyRequests, views.ChannelView{Form: views.CodeForm{Refusal: messageOf(err)}})
	case oncall.Invalid: // it became active meanwhile
		return c.Redirect(http.StatusSeeOther, p.channelPath(c))
	}
	if err != nil {
		return err
	}
	return done(c, p.channelPath(c), views.CodeMade)
}

// channelState is the fragment that the page of a channel polls while a code is out. Once the
// channel is active, the answer replaces the whole page.
func (p *Pages) channelState(c echo.Context) error {
	if !Fragment(c) {
		return c.Redirect(http.StatusSeeOther, p.channelPath(c))
	}
	detail, err := p.contacts.Channel(c.Request().Context(), actor(c), p.channelARN(c))
	if gone(err) {
		return redirect(c, p.contactPath(c))
	}
	if err != nil {
		return err
	}
	now := p.access.Now()
	if detail.State() != oncall.Active { // the code that is being typed stays
		return Render(c, http.StatusOK, views.ChannelState(views.ChannelView{ChannelDetail: detail, Now: now, By: actor(c)}))
	}
	h := c.Response().Header()
	h.Set("HX-Retarget", "#app")
	h.Set("HX-Reselect", "#app")
	h.Set("HX-Reswap", "outerHTML show:none")
	return p.wholeChannelPage(c, http.StatusOK, views.ChannelView{Notice: views.ChannelActivated})
}

// contactState is the fragment that the page of a contact polls for all channels whose code is
// out. The form of the poll names them.
func (p *Pages) contactState(c echo.Context) error {
	form, err := readForm(c)
	if err != nil {
		return err
	}
	if !Fragment(c) {
		return c.Redirect(http.StatusSeeOther, p.contactPath(c))
	}
	detail, err := p.contactDetail(c)
	if gone(err) {
		return redirect(c, views.ContactsPath)
	}
	if err != nil {
		return err
	}
	return Render(c, http.StatusOK, views.ContactState(detail, slices.DeleteFunc(polledRows(form), func(id string) bool { return !oncall.IsChannelID(id) })))
}

// maxPolledRows is how many rows a poll may name: more than a page has.
const maxPolledRows = 100

func polledRows(form url.Values) []string { return form["row"][:min(len(form["row"]), maxPolledRows)] }

func (p *Pages) backlog(c echo.Context, in contacts.BacklogQuery) (views.BacklogView, error) {
	page, err := p.contacts.Activations(c.Request().Context(), actor(c), in)
	return views.BacklogView{ActivationBacklog: page, Later: in.After != "", OnlyObjected: in.Objected, By: actor(c), Now: p.access.Now()}, err
}

func (p *Pages) listActivations(c echo.Context) error {
	view, err := p.backlog(c, contacts.BacklogQuery{After: c.QueryParam("after"), Objected: c.QueryParam("show") == views.ShowObjected})
	if err != nil {
		return err
	}
	return Render(c, http.StatusOK, views.Activations(p.Page(c, "Activations"), view))
}

func (p *Pages) resendExpired(c echo.Context) error {
	if err := p.contacts.ResendExpired(c.Request().Context(), actor(c)); err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, views.ActivationsPath)
}

// backlogState is the fragment that the page of activations polls: the rows whose code is out,
// and the progress of a job. Once the job is done, the answer replaces the whole page.
func (p *Pages) backlogState(c echo.Context) error {
	form, err := readForm(c)
	if err != nil {
		return err
	}
	view, err := p.backlog(c, contacts.BacklogQuery{})
	switch {
	case err != nil:
		return err
	case !Fragment(c):
		return c.Redirect(http.StatusSeeOther, views.ActivationsPath)
	case view.Job.Running() || form.Get("job") != "true":
		return p.backlogRows(c, view, polledRows(form))
	}
	h := c.Response().Header()
	h.Set("HX-Retarget", "#app")
	h.Set("HX-Reselect", "#app")
	h.Set("HX-Reswap", "outerHTML show:none")
	return Render(c, http.StatusOK, views.Activations(p.Page(c, "Activations"), view))
}

// backlogRows answers a poll with the rows that it names.
func (p *Pages) backlogRows(c echo.Context, view views.BacklogView, names []string) error {
	var arns []oncall.ARN
	left := map[string]bool{}
	for _, name := range names {
		if alias, id, ok := strings.Cut(name, "/"); ok && oncall.IsAlias(alias) && oncall.IsChannelID(id) {
			arns = append(arns, p.access.Scope().Channel(alias, id))
			left[id] = true
		}
	}
	rows, err := p.contacts.ChannelsOf(c.Request().Context(), actor(c), arns)
	if err != nil {
		return err
	}
	for _, r := range rows {
		delete(left, r.ID)
	}
	return Render(c, http.StatusOK, views.BacklogState(view, rows, slices.Sorted(maps.Keys(left))))
}

// answerPage returns the page around the content for a person who got a code. Search engines
// do not list it.
func (p *Pages) answerPage(c echo.Context, title string) views.Page {
	c.Response().Header().Set("X-Robots-Tag", "noindex")
	page := p.Page(c, title)
	page.Unlisted = true
	return page
}

// deadActivation answers every link that is not valid.
func (p *Pages) deadActivation(c echo.Context) error {
	page := p.answerPage(c, "This link is no longer good")
	page.Here = "/" // the token may be anything
	return Render(c, http.StatusNotFound, views.DeadActivation(page))
}

func (p *Pages) showActivate(c echo.Context) error {
	in, err := p.contacts.InvitationOf(c.Request().Context(), c.Param("token"))
	switch {
	case gone(err):
		return p.deadActivation(c)
	case err != nil:
		return err
	}
	view := views.ActivateView{Invitation: in, Path: c.Request().URL.Path}
	return Render(c, http.StatusOK, views.Activate(p.answerPage(c, "Do on-call pages reach you here?"), view))
}

func (p *Pages) activateByLink(c echo.Context) error {
	in, err := p.contacts.ActivateByLink(c.Request().Context(), actor(c), c.Param("token"))
	switch {
	case gone(err):
		return p.deadActivation(c)
	case err != nil:
		retryAfter(c, err)
		return err
	}
	page := p.answerPage(c, "Thank you")
	page.Here = "/"
	return Render(c, http.StatusOK, views.Activated(page, views.ActivateView{Invitation: in}))
}
