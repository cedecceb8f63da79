package handlers

import (
	"net/http"
	"slices"

	"github.com/labstack/echo/v4"

	"callbook/internal/contacts"
	"callbook/internal/oncall"
	"callbook/views"
)

func (p *Pages) showNewChannel(c echo.Context) error {
	contact, err := p.contacts.Contact(c.Request().Context(), actor(c), p.contactARN(c))
	if err != nil {
		return err
	}
	return p.newChannelPage(c, http.StatusOK, views.ChannelForm{Contact: contact, Token: newToken(), Type: oncall.SMS})
}

// newChannelPage shows the form on its own page, or within the page of the contact.
func (p *Pages) newChannelPage(c echo.Context, status int, f views.ChannelForm) error {
	if !Fragment(c) {
		return Render(c, status, views.NewChannel(p.Page(c, titled("Add a channel to "+f.Contact.Name(), status)), f))
	}
	detail, err := p.contactDetail(c)
	if err != nil {
		return err
	}
	f.Inline = true
	detail.Form = &f
	return Render(c, status, views.ContactChannels(detail))
}

func (p *Pages) newChannel(c echo.Context, f views.ChannelForm) oncall.NewChannel {
	return oncall.NewChannel{
		Contact: p.contactARN(c), Name: f.Name, Type: f.Type, Address: addressOf(f), Country: countryOf(f),
		Defer: f.Defer, Accept: f.Accept, Token: f.Token,
	}
}

func (p *Pages) createChannel(c echo.Context) error {
	form, err := readForm(c)
	if err != nil {
		return err
	}
	f := channelForm(form)
	arn, err := p.contacts.CreateChannel(c.Request().Context(), actor(c), p.newChannel(c, f))
	if err == nil {
		_, err = p.contacts.Channel(c.Request().Context(), actor(c), arn)
	}
	switch {
	case err == nil && Fragment(c):
		return p.channelAdded(c)
	case err == nil:
		return done(c, p.contactPath(c), views.ChannelAdded)
	case gone(err), refused(err):
		return p.refuseChannel(c, f, err)
	}
	return err
}

// channelAdded answers the form within the page of the contact. The answer is the whole
// page, because its head depends on the channels.
func (p *Pages) channelAdded(c echo.Context) error {
	detail, err := p.contactDetail(c)
	if err != nil {
		return err
	}
	detail.Notice = views.ChannelAdded
	h := c.Response().Header()
	h.Set("HX-Retarget", "#app")
	h.Set("HX-Reselect", "#app")
	h.Set("HX-Reswap", "outerHTML show:#channels:top")
	return Render(c, http.StatusOK, views.Contact(p.Page(c, detail.Name()), detail))
}

// refuseChannel shows the form again, with the errors beside its fields.
func (p *Pages) refuseChannel(c echo.Context, f views.ChannelForm, refusal error) error {
	ctx := c.Request().Context()
	var err error
	if f.Contact, err = p.contacts.Contact(ctx, actor(c), p.contactARN(c)); err != nil {
		return err
	}
	if gone(refusal) { // the form was sent again, and the channel it added is gone
		f.Deleted, f.Token = true, newToken()
		return p.newChannelPage(c, http.StatusConflict, f)
	}
	if f.Check, _, err = p.contacts.CheckChannel(ctx, actor(c), p.newChannel(c, f)); err != nil {
		return err
	}
	f.Errors = withWarnings(refusal, f.Check)
	switch oncall.ReasonOf(refusal) {
	case oncall.TokenReused:
		f.Existing, f.Token = p.conflictingChannel(c, refusal), newToken()
	case oncall.Duplicate:
		f.SameAddress = p.conflictingChannel(c, refusal)
	}
	return p.newChannelPage(c, statusOf(refusal), f)
}

// withWarnings returns the errors of a refusal. In the place of its warnings it has those of a
// check, which name another contact with the address because the check is recorded.
func withWarnings(refusal error, check oncall.AddressCheck) views.Messages {
	errors := oncall.FieldErrors(refusal)
	left := slices.DeleteFunc(slices.Clone(errors), func(e oncall.FieldError) bool { return e.Accept != "" })
	if len(left) < len(errors) {
		left = append(left, check.Warnings...)
	}
	return left
}

// conflictingChannel returns the channel that conflicts with the form, or nil if it is gone.
func (p *Pages) conflictingChannel(c echo.Context, refusal error) *oncall.Channel {
	d, err := p.contacts.Channel(c.Request().Context(), actor(c), oncall.ResourceOf(refusal))
	if err != nil {
		return nil
	}
	return &d.Channel
}

func (p *Pages) checkChannel(c echo.Context) error {
	form, err := readForm(c)
	if err != nil {
		return err
	}
	f := channelForm(form)
	f.Contact.Alias = views.AliasIn(c.Param("alias"))
	check, wrong, err := p.contacts.CheckChannel(c.Request().Context(), actor(c), p.newChannel(c, f))
	if err != nil {
		return err
	}
	return p.checks(c, f, check, wrong)
}

// checks validates a field that was left. Fields not reached yet are not reported.
func (p *Pages) checks(c echo.Context, f views.ChannelForm, check oncall.AddressCheck, wrong []oncall.FieldError) error {
	f.Check = check
	f.Errors = filled(wrong, map[oncall.Field]bool{oncall.FieldName: f.Name == "", oncall.FieldAddress: addressOf(f) == ""})
	return Render(c, http.StatusOK, views.ChannelChecks(f))
}

func (p *Pages) showChannel(c echo.Context) error {
	return p.channelPage(c, http.StatusOK, views.ChannelView{})
}

// channelPage shows a channel, or for htmx the fragment with its address. The caller fills
// in the parts of the view that depend on the request.
func (p *Pages) channelPage(c echo.Context, status int, view views.ChannelView) error {
	if !Fragment(c) {
		return p.wholeChannelPage(c, status, view)
	}
	var err error
	if view.ChannelDetail, err = p.contacts.Channel(c.Request().Context(), actor(c), p.channelARN(c)); err != nil {
		return err
	}
	view.Now, view.By = p.access.Now(), actor(c)
	return Render(c, status, views.ChannelAddress(view))
}

func (p *Pages) wholeChannelPage(c echo.Context, status int, view views.ChannelView) (err error) {
	ctx := c.Request().Context()
	if view.ChannelDetail, err = p.contacts.Channel(ctx, actor(c), p.channelARN(c)); err != nil {
		return err
	}
	if view.Sent, err = p.contacts.Messages(ctx, actor(c), p.channelARN(c)); err != nil {
		return err
	}
	view.Now, view.By = p.access.Now(), actor(c)
	page := p.Page(c, titled(view.Label()+" of "+view.Contact.Name(), status))
	if page.Here = p.channelPath(c); view.Notice != "" { // the path of a form or a fragment is no page to come back to
		page.Notice = view.Notice
	}
	return Render(c, status, views.Channel(page, view))
}

// revealAddress shows the address in the answer itself, so that it stays out of links and
// the browser's history.
func (p *Pages) revealAddress(c echo.Context) error {
	address, err := p.contacts.RevealAddress(c.Request().Context(), actor(c), p.channelARN(c))
	if err != nil {
		return err
	}
	return p.channelPage(c, http.StatusOK, views.ChannelView{Revealed: address.Destination()})
}

func (p *Pages) hideAddress(c echo.Context) error {
	if Fragment(c) {
		return p.channelPage(c, http.StatusOK, views.ChannelView{})
	}
	return c.Redirect(http.StatusSeeOther, p.channelPath(c))
}

func (p *Pages) showEditChannel(c echo.Context) error {
	detail, err := p.contacts.Channel(c.Request().Context(), actor(c), p.channelARN(c))
	if err != nil {
		return err
	}
	return p.editChannelPage(c, http.StatusOK, openedChannel(detail))
}

// openedChannel returns the form with the stored values.
func openedChannel(d contacts.ChannelDetail) views.ChannelForm {
	return views.ChannelForm{Contact: d.Contact, Channel: &d.Channel, OnlyActive: isOnlyActive(d), Type: d.Type, Name: d.Name,
		Version: d.Version, Before: views.AsOpened(d.Channel)}
}

// isOnlyActive reports whether a channel is the only active one of its contact.
func isOnlyActive(d contacts.ChannelDetail) bool { return d.State() == oncall.Active && d.Active == 1 }

func (p *Pages) editChannelPage(c echo.Context, status int, f views.ChannelForm) error {
	return Render(c, status, views.EditChannel(p.Page(c, titled("Edit "+f.Channel.Label(), status)), f))
}

func (p *Pages) channelChange(c echo.Context, f views.ChannelForm) oncall.ChannelChange {
	change := oncall.ChannelChange{Channel: p.channelARN(c), Name: &f.Name, Country: countryOf(f), Accept: f.Accept, Version: f.Version}
	if address := addressOf(f); address != "" {
		change.Address = &address
	}
	return change
}

func (p *Pages) updateChannel(c echo.Context) error {
	ctx := c.Request().Context()
	form, err := readForm(c)
	if err != nil {
		return err
	}
	before, err := p.contacts.Channel(ctx, actor(c), p.channelARN(c))
	if err != nil {
		return err
	}
	f := channelForm(form)
	f.Contact, f.Channel, f.OnlyActive, f.Type = before.Contact, &before.Channel, isOnlyActive(before), before.Type
	after, err := p.contacts.UpdateChannel(ctx, actor(c), p.channelChange(c, f))
	switch {
	case err == nil && !after.ReaddressedAt.Equal(before.ReaddressedAt):
		return done(c, views.ChannelPath(after), views.ChannelReaddressed)
	case err == nil:
		return done(c, views.ChannelPath(after), views.ChannelSaved)
	case refused(err):
		return p.refuseChange(c, f, err)
	}
	return err
}

// refuseChange shows the form again. After a conflicting change it shows that change, and
// sending the form again overwrites it.
func (p *Pages) refuseChange(c echo.Context, f views.ChannelForm, refusal error) error {
	check, _, err := p.contacts.CheckChange(c.Request().Context(), actor(c), p.channelChange(c, f))
	if err != nil {
		return err
	}
	f.Check, f.Errors = check, withWarnings(refusal, check)
	switch oncall.ReasonOf(refusal) {
	case oncall.Duplicate:
		f.SameAddress = p.conflictingChannel(c, refusal)
	case oncall.Stale:
		now, err := p.contacts.Channel(c.Request().Context(), actor(c), p.channelARN(c))
		if err != nil {
			return err
		}
		f.Channel, f.OnlyActive, f.Version = &now.Channel, isOnlyActive(now), now.Version
		f.Changes, f.Before = f.Before.Changes(now.Channel), views.AsOpened(now.Channel)
	}
	return p.editChannelPage(c, statusOf(refusal), f)
}

func (p *Pages) checkChange(c echo.Context) error {
	ctx := c.Request().Context()
	form, err := readForm(c)
	if err != nil {
		return err
	}
	detail, err := p.contacts.Channel(ctx, actor(c), p.channelARN(c))
	if err != nil {
		return err
	}
	f := channelForm(form)
	f.Contact, f.Channel, f.Type = detail.Contact, &detail.Channel, detail.Type
	check, wrong, err := p.contacts.CheckChange(ctx, actor(c), p.channelChange(c, f))
	if err != nil {
		return err
	}
	return p.checks(c, f, check, wrong)
}

func (p *Pages) showDeactivateChannel(c echo.Context) error {
	detail, err := p.contacts.Channel(c.Request().Context(), actor(c), p.channelARN(c))
	if err != nil {
		return err
	}
	if detail.State() != oncall.Active {
		return redirect(c, p.channelPath(c)) // another change came first
	}
	return p.confirm(c, views.DeactivatingChannel(detail))
}

func (p *Pages) deactivateChannel(c echo.Context) error {
	if err := p.contacts.DeactivateChannel(c.Request().Context(), actor(c), p.channelARN(c)); err != nil {
		return err
	}
	return done(c, p.channelPath(c), views.ChannelDeactivated)
}

func (p *Pages) showDeleteChannel(c echo.Context) error {
	detail, err := p.contacts.Channel(c.Request().Context(), actor(c), p.channelARN(c))
	if err != nil {
		return err
	}
	return p.confirm(c, views.DeletingChannel(detail))
}

func (p *Pages) deleteChannel(c echo.Context) error {
	err := p.contacts.DeleteChannel(c.Request().Context(), actor(c), p.channelARN(c))
	if err != nil && !gone(err) {
		return err
	}
	return done(c, p.contactPath(c), views.ChannelDeleted)
}
