package handlers

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"callbook/views"
)

func (p *Pages) showSettings(c echo.Context) error {
	return c.Redirect(http.StatusSeeOther, views.UsersPath)
}

func (p *Pages) showAbout(c echo.Context) error {
	view := views.AboutView{About: p.about, Scope: p.access.Scope(), Locked: p.locked()}
	return Render(c, http.StatusOK, views.AboutPage(p.Page(c, "About"), view))
}
