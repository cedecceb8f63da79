package handlers

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"

	"callbook/views"
)

// Cookies belong to a host, whatever the port. The prefix keeps them apart from those of
// other programs on this machine.
const (
	themeCookie  = "callbook-theme"
	noticeCookie = "callbook-notice"
)

// themes are what a reader can choose; "" follows the system.
var themes = []string{"", "light", "dark"}

func themeOf(c echo.Context) string {
	cookie, err := c.Cookie(themeCookie)
	if err != nil || !slices.Contains(themes, cookie.Value) {
		return ""
	}
	return cookie.Value
}

func (p *Pages) setTheme(c echo.Context) error {
	form, err := readForm(c)
	if err != nil {
		return err
	}
	if theme := form.Get("theme"); slices.Contains(themes, theme) {
		setCookie(c, themeCookie, theme, 365*24*60*60)
	}
	return c.Redirect(http.StatusSeeOther, localPath(form.Get("back")))
}

// localPath returns a path of this site, whatever it was given.
func localPath(back string) string {
	u, err := url.Parse(back)
	if err != nil || u.IsAbs() || u.Host != "" || !strings.HasPrefix(back, "/") || strings.ContainsAny(back, "\\\r\n\t") {
		return views.ContactsPath
	}
	if path := u.RequestURI(); !strings.HasPrefix(path, "//") {
		return path
	}
	return views.ContactsPath
}

func setNotice(c echo.Context, n views.Notice) { setCookie(c, noticeCookie, string(n), 60) }

// takeNotice returns the notice of the request and deletes its cookie.
func takeNotice(c echo.Context) views.Notice {
	cookie, err := c.Cookie(noticeCookie)
	if err != nil {
		return ""
	}
	setCookie(c, noticeCookie, "", -1)
	return views.Notice(cookie.Value)
}

func setCookie(c echo.Context, name, value string, seconds int) {
	c.SetCookie(&http.Cookie{Name: name, Value: value, Path: "/", MaxAge: seconds, HttpOnly: true, SameSite: http.SameSiteLaxMode})
}
