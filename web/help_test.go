package web_test

import (
	"net/http"
	"strings"
	"testing"

	"callbook/internal/docs"
	"callbook/internal/oncall"
)

func TestEveryTopicIsListedAndShownToWhoeverIsSignedIn(t *testing.T) {
	s := newSite(t).as(oncall.Viewer)
	list := s.get("/contacts").page().Find(`.account a[href="/help"]`)
	if list.Length() != 1 {
		t.Error("the frame of the pages does not lead to the help")
	}
	help := s.get("/help").status(http.StatusOK).says("callbook help")
	listed := 0
	for _, g := range docs.Groups() {
		help.says(g.Title)
		for _, topic := range g.Topics {
			listed++
			help.says(topic.Title).says(topic.Summary)
			a := s.get("/help/" + topic.Name).status(http.StatusOK).says(topic.Title)
			strict(t, topic.Name, a.page())
			if help.page().Find(`main a[href="/help/`+topic.Name+`"]`).Length() != 1 {
				t.Errorf("the list does not lead to %s", topic.Name)
			}
		}
	}
	if n := help.page().Find("main .topics a").Length(); n != listed {
		t.Errorf("%d links, %d topics", n, listed)
	}
}

func TestLinksBetweenTopicsLeadToPages(t *testing.T) {
	s := newSite(t)
	for _, g := range docs.Groups() {
		for _, topic := range g.Topics {
			for _, a := range s.get("/help/" + topic.Name).page().Find(`article a[href^="/"]`).EachIter() {
				path, fragment, _ := strings.Cut(a.AttrOr("href", ""), "#")
				to := s.get(path).status(http.StatusOK)
				if fragment != "" && to.page().Find("#"+fragment).Length() != 1 {
					t.Errorf("%s leads to %s, where #%s is not", topic.Name, path, fragment)
				}
			}
		}
	}
}

func TestTopicThatIsNotThereIsNotFound(t *testing.T) {
	s := newSite(t)
	for _, path := range []string{"/help/nothing", "/help/backup.md", "/help/operate%2Fbackup", "/help/..%2f..%2fgo.mod", "/help/", "/help/operate/backup"} {
		s.get(path).status(http.StatusNotFound).says("Nothing is here")
	}
	s.as("").get("/help").leadsToSignIn()
	s.as("").get("/help/backup").leadsToSignIn()
}
