package handlers

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"callbook/internal/oncall"
	"callbook/views"
)

func (p *Pages) showDelivery(c echo.Context) error {
	return p.deliveryPage(c, http.StatusOK, views.TestForm{Type: oncall.Email})
}

func (p *Pages) deliveryPage(c echo.Context, status int, f views.TestForm) error {
	view := views.DeliveryView{Ways: p.delivery, Form: f, DevMessages: p.devMessages != nil, Now: p.access.Now()}
	if p.phone != nil {
		view.ReplyURL = p.origin + TwilioReplyPath
	}
	if id := c.QueryParam("test"); id != "" {
		m, receipts, err := p.outbox.SentTest(c.Request().Context(), actor(c), id)
		if err != nil && !gone(err) {
			return err
		}
		view.Test, view.Receipts = m, receipts
	}
	return Render(c, status, views.Delivery(p.Page(c, titled("Delivery", status)), view))
}

// testState is the fragment with the state of a test message.
func (p *Pages) testState(c echo.Context) error {
	if !Fragment(c) {
		return c.Redirect(http.StatusSeeOther, views.TestPath(c.Param("id")))
	}
	m, receipts, err := p.outbox.SentTest(c.Request().Context(), actor(c), c.Param("id"))
	if err != nil {
		return err
	}
	return Render(c, http.StatusOK, views.TestState(views.DeliveryView{Test: m, Receipts: receipts, Now: p.access.Now()}))
}

// sendTest sends a test message and redirects to its state.
func (p *Pages) sendTest(c echo.Context) error {
	form, err := readForm(c)
	if err != nil {
		return err
	}
	f := views.TestForm{Type: oncall.ChannelType(form.Get("type")), To: typed(form, "to")}
	id, err := p.outbox.SendTest(c.Request().Context(), actor(c), f.Type, f.To)
	switch oncall.KindOf(err) {
	case oncall.Invalid:
		f.Errors = oncall.FieldErrors(err)
		return p.deliveryPage(c, http.StatusUnprocessableEntity, f)
	case oncall.Limited:
		retryAfter(c, err)
		f.Errors = views.Messages{{Field: oncall.FieldAddress, Message: messageOf(err)}}
		return p.deliveryPage(c, http.StatusTooManyRequests, f)
	}
	if err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, views.TestPath(id))
}

func (p *Pages) showDevMessages(c echo.Context) error {
	if p.devMessages == nil {
		return echo.ErrNotFound
	}
	return Render(c, http.StatusOK, views.DevMessages(p.Page(c, "Messages"), views.DevMessageList{Messages: p.devMessages(), Now: p.access.Now()}))
}
