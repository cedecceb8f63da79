package handlers

import (
	"net/http"
	"regexp"
	"slices"

	"github.com/labstack/echo/v4"

	"callbook/internal/contacts"
	"callbook/internal/oncall"
	"callbook/views"
)

func (p *Pages) listContacts(c echo.Context) error {
	query := contacts.ContactQuery{Search: c.QueryParam("q"), After: c.QueryParam("after")}
	show := oncall.Reachability(c.QueryParam("show"))
	if show != "" && slices.Contains(oncall.Reachabilities(), show) {
		query.Reachability = &show
	} else {
		show = ""
	}
	page, err := p.contacts.Contacts(c.Request().Context(), actor(c), query)
	if err != nil {
		return err
	}
	list := views.ContactList{ContactList: page, Search: query.Search, Show: string(show), Later: query.After != "", By: actor(c), Now: p.access.Now()}
	if Fragment(c) {
		return Render(c, http.StatusOK, views.ContactResults(list))
	}
	return Render(c, http.StatusOK, views.Contacts(p.Page(c, "Contacts"), list))
}

// looksLikeAddress matches a search for a number or an email address. static/app.js has the
// same expression.
var looksLikeAddress = regexp.MustCompile(`@|^\s*(\+|00)\s*\d|(\d[\s()./-]*){7}`)

// findContacts looks up a whole address. Searches for names have a path of their own.
func (p *Pages) findContacts(c echo.Context) error {
	form, err := readForm(c)
	if err != nil {
		return err
	}
	list := views.ContactList{Search: form.Get("q"), Show: form.Get("show"), By: actor(c), Now: p.access.Now()}
	switch {
	case contacts.IsAddress(list.Search):
	case looksLikeAddress.MatchString(list.Search): // never in a path either
		list.Refusal = "This is no whole number or address: start a number with + and the country code, for example +1 500 555 0199."
		page := p.Page(c, titled("Contacts", http.StatusUnprocessableEntity))
		page.Here = views.ContactsPath
		return Render(c, http.StatusUnprocessableEntity, views.Found(page, list))
	default:
		return c.Redirect(http.StatusSeeOther, list.Path())
	}
	if list.Contacts, err = p.contacts.FindAddress(c.Request().Context(), actor(c), list.Search); err != nil {
		retryAfter(c, err)
		return err
	}
	page := p.Page(c, "Contacts")
	page.Here = views.ContactsPath
	return Render(c, http.StatusOK, views.Found(page, list))
}

func (p *Pages) showContact(c echo.Context) error {
	detail, err := p.contactDetail(c)
	if err != nil {
		return err
	}
	return Render(c, http.StatusOK, views.Contact(p.Page(c, detail.Name()), detail))
}

func (p *Pages) contactDetail(c echo.Context) (views.ContactDetail, error) {
	contact, channels, err := p.contacts.Channels(c.Request().Context(), actor(c), p.contactARN(c))
	return views.ContactDetail{Contact: contact, Channels: channels, Now: p.access.Now(), By: actor(c)}, err
}

func (p *Pages) showNewContact(c echo.Context) error {
	return p.newContactPage(c, http.StatusOK, views.ContactForm{Token: newToken()})
}

func (p *Pages) newContactPage(c echo.Context, status int, f views.ContactForm) error {
	return Render(c, status, views.NewContact(p.Page(c, titled("Add a contact", status)), f))
}

// titled marks the title of a refused form, because screen readers read it first.
func titled(title string, status int) string {
	if status >= http.StatusBadRequest {
		return "Not saved: " + title
	}
	return title
}

func newContact(f views.ContactForm) oncall.NewContact {
	return oncall.NewContact{Alias: f.Alias, DisplayName: f.Name, Type: oncall.Personal, Token: f.Token}
}

func (p *Pages) createContact(c echo.Context) error {
	form, err := readForm(c)
	if err != nil {
		return err
	}
	f := contactForm(form)
	arn, err := p.contacts.CreateContact(c.Request().Context(), actor(c), newContact(f))
	if err == nil {
		// A form that is sent again gets the ARN of the contact it added, which may be gone.
		if _, err = p.contacts.Contact(c.Request().Context(), actor(c), arn); err == nil {
			return done(c, views.ContactPath(f.Alias), views.ContactAdded)
		}
		if gone(err) {
			f.Deleted, f.Token = true, newToken()
			return p.newContactPage(c, http.StatusConflict, f)
		}
	}
	if !refused(err) {
		return err
	}
	return p.refuseContact(c, f, err)
}

// refuseContact shows the form again, with the errors beside its fields.
func (p *Pages) refuseContact(c echo.Context, f views.ContactForm, refusal error) error {
	ctx := c.Request().Context()
	f.Errors = oncall.FieldErrors(refusal)
	var err error
	if f.Suggestion, _, err = p.contacts.CheckContact(ctx, actor(c), newContact(f)); err != nil {
		return err
	}
	if f.Alias == "" {
		f.Alias = f.Suggestion
	}
	if oncall.ReasonOf(refusal) == oncall.TokenReused {
		existing, err := p.contacts.Contact(ctx, actor(c), oncall.ResourceOf(refusal))
		if err == nil {
			f.Existing = &existing
		}
		f.Token = newToken()
	}
	return p.newContactPage(c, statusOf(refusal), f)
}

func (p *Pages) checkContact(c echo.Context) error {
	form, err := readForm(c)
	if err != nil {
		return err
	}
	f := contactForm(form)
	suggestion, wrong, err := p.contacts.CheckContact(c.Request().Context(), actor(c), newContact(f))
	if err != nil {
		return err
	}
	f.Suggestion = suggestion
	f.Errors = filled(wrong, map[oncall.Field]bool{oncall.FieldAlias: f.Alias == ""})
	return Render(c, http.StatusOK, views.ContactChecks(f))
}

func (p *Pages) showEditContact(c echo.Context) error {
	contact, err := p.contacts.Contact(c.Request().Context(), actor(c), p.contactARN(c))
	if err != nil {
		return err
	}
	f := views.ContactForm{Alias: contact.Alias, Name: contact.DisplayName, NameBefore: contact.DisplayName, Version: contact.Version}
	return p.editContactPage(c, http.StatusOK, f)
}

func (p *Pages) editContactPage(c echo.Context, status int, f views.ContactForm) error {
	return Render(c, status, views.EditContact(p.Page(c, titled("Edit "+f.Alias, status)), f))
}

func (p *Pages) updateContact(c echo.Context) error {
	form, err := readForm(c)
	if err != nil {
		return err
	}
	f := contactForm(form)
	f.Alias = views.AliasIn(c.Param("alias"))
	_, err = p.contacts.UpdateContact(c.Request().Context(), actor(c), oncall.ContactChange{
		Contact: p.contactARN(c), DisplayName: &f.Name, Version: f.Version})
	if err == nil {
		return done(c, views.ContactPath(f.Alias), views.ContactSaved)
	}
	if !refused(err) {
		return err
	}
	if oncall.ReasonOf(err) != oncall.Stale {
		f.Errors = oncall.FieldErrors(err)
		return p.editContactPage(c, statusOf(err), f)
	}
	now, lookup := p.contacts.Contact(c.Request().Context(), actor(c), p.contactARN(c))
	if lookup != nil {
		return lookup
	}
	f.Changes = []views.Change{{Field: "Name", Then: f.NameBefore, Now: now.DisplayName, Changed: f.NameBefore != now.DisplayName}}
	f.Version, f.NameBefore = now.Version, now.DisplayName
	return p.editContactPage(c, statusOf(err), f)
}

func (p *Pages) showDeleteContact(c echo.Context) error {
	contact, channels, err := p.contacts.Channels(c.Request().Context(), actor(c), p.contactARN(c))
	if err != nil {
		return err
	}
	return p.confirm(c, views.DeletingContact(contact, channels))
}

// confirm shows a confirmation, in a dialog or on a page.
func (p *Pages) confirm(c echo.Context, confirmation views.Confirmation) error {
	if Fragment(c) {
		return Render(c, http.StatusOK, views.Confirm(confirmation))
	}
	return Render(c, http.StatusOK, views.ConfirmPage(p.Page(c, confirmation.Title), confirmation))
}

func (p *Pages) deleteContact(c echo.Context) error {
	err := p.contacts.DeleteContact(c.Request().Context(), actor(c), p.contactARN(c))
	if err != nil && !gone(err) {
		return err
	}
	return done(c, views.ContactsPath, views.ContactDeleted)
}

// gone reports whether there is nothing left to delete. A second click gets the answer of
// the first.
func gone(err error) bool { return oncall.KindOf(err) == oncall.NotFound }
