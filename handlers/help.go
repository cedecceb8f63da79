package handlers

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"callbook/internal/docs"
	"callbook/views"
)

func (p *Pages) listTopics(c echo.Context) error {
	var groups []views.HelpGroup
	for _, g := range docs.Groups() {
		group := views.HelpGroup{Title: g.Title}
		for _, t := range g.Topics {
			group.Topics = append(group.Topics, views.HelpTopic{Name: t.Name, Title: t.Title, Summary: t.Summary})
		}
		groups = append(groups, group)
	}
	return Render(c, http.StatusOK, views.Help(p.Page(c, "Help"), groups))
}

func (p *Pages) showTopic(c echo.Context) error {
	topic, ok := docs.Find(c.Param("topic"))
	if !ok || topic.Name != c.Param("topic") {
		return echo.ErrNotFound
	}
	return Render(c, http.StatusOK, views.HelpPage(p.Page(c, topic.Title), docs.HTML(topic)))
}
