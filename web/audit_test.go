package web_test

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"callbook/db"
	"callbook/db/oncalltest"
	"callbook/handlers"
	"callbook/internal/oncall"
	"callbook/web"
)

func TestAuditSaysWhoChangedWhatAndWhen(t *testing.T) {
	s := newSite(t)
	s.post("/contacts/new", "name", "Ana Silva", "alias", "ana", "token", "a").leadsTo("/contacts/ana")
	s.post("/contacts/ana/edit", "name", "Ana S.", "version", "1").leadsTo("/contacts/ana")
	s.post("/contacts/ana/channels/new", "type", "EMAIL", "name", "mail", "email", "ana@example.org", "token", "b").leadsTo("/contacts/ana")
	path := s.get("/contacts/ana").page().Find("#channels .who a").AttrOr("href", "")
	s.post(path + "/address").status(http.StatusOK)
	s.as(oncall.Viewer).get("/settings/users").status(http.StatusForbidden)
	a := s.get("/audit").status(http.StatusOK).
		says("manager@example.org added the contact ana in the browser").
		says("manager@example.org changed the contact ana in the browser NameAna Silva →became Ana S.").
		says("manager@example.org added the channel mail of ana in the browser NamemailTypeEmailAddressa•••@example.orgStateNot activated").
		says("manager@example.org saw the whole address of a channel of ana in the browser").
		says("viewer@example.org tried to see users in the browser ▲ Refused").
		says("root added the user viewer@example.org at the command line").
		says("arn:aws:ssm-contacts:us-east-2:111122223333:contact/ana").saysNot("ana@example.org ")
	if first := a.page().Find(".trail > li .what p").First().Text(); !strings.Contains(first, "tried to see users") {
		t.Errorf("the first entry is not the newest: %q", first)
	}
	for _, target := range []string{"/contacts/ana", path} {
		if a.page().Find(`.trail a[href="`+target+`"]`).Length() == 0 {
			t.Errorf("no entry leads to %s", target)
		}
	}
	s.post("/contacts/ana/delete").leadsTo("/contacts")
	if n := s.get("/audit").says("deleted the contact ana").page().Find(`.trail a[href^="/contacts/"]`).Length(); n != 0 {
		t.Errorf("%d links lead to what was deleted", n)
	}
}

func TestAuditIsFilteredAndPaged(t *testing.T) {
	s := newSite(t)
	for i := range 60 {
		s.contact(fmt.Sprintf("c%02d", i), "Somebody")
	}
	s.get("/audit?contact=c07").says("the contact c07").saysNot("the contact c08").says("Show all")
	s.get("/audit?actor=root").says("added the user").saysNot("the contact")
	s.get("/audit?action=InviteUser").says("added the user").saysNot("the contact")
	s.get("/audit?action=Nonsense&before=x").says("the contact c59")
	s.get("/audit?contact=nobody").says("No entry matches")
	s.get("/audit?before=1").says("There are no older entries")
	seen := map[string]bool{}
	for path := "/audit?actor=program"; path != ""; {
		doc := s.get(path).status(http.StatusOK).page()
		for _, link := range doc.Find(".trail a").EachIter() {
			if seen[link.Text()] {
				t.Errorf("%s is shown twice", link.Text())
			}
			seen[link.Text()] = true
		}
		path = doc.Find(`[rel="next"]`).AttrOr("href", "")
	}
	if len(seen) != 60 {
		t.Errorf("%d contacts are on all pages, want 60", len(seen))
	}
}

func TestEveryOperationHasWordsInTheTrail(t *testing.T) {
	for _, op := range oncall.Operations() {
		if !op.Recorded() && op != oncall.ChooseTheme { // which writes nothing down
			t.Errorf("%s has no words for the trail in internal/oncall/operation.go", op)
		}
	}
}

// evil is text that somebody may have typed: markup, and a formula.
const evil = `=HYPERLINK("x")<script>alert(1)</script>`

// trailOfEvil puts evil texts on record, also of who is nobody here.
func trailOfEvil(t *testing.T) *site {
	s := newSite(t).as(oncall.Admin)
	err := s.Store.Update(t.Context(), func(q db.Queries) error {
		for _, text := range []string{evil, "+1", "-1", "@x", "\tx", "\rx"} {
			e := oncall.Entry{At: s.Now(), Door: oncall.Door(text), Principal: text, Actor: text, Operation: oncall.UpdateContact, Outcome: oncall.Done,
				Resource: oncall.ARN(text), Contact: text, Changes: []oncall.AuditChange{{Field: oncall.Field(text), Before: text, After: text + "!"}},
				Request: text, Client: text}
			if err := q.Record(e); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestTextInTheTrailIsNeverMarkup(t *testing.T) {
	s := trailOfEvil(t)
	a := s.get("/audit").status(http.StatusOK).says("<script>alert(1)</script>")
	if n := a.page().Find("script:not([src])").Length(); n != 0 {
		t.Errorf("%d elements came from what is on record", n)
	}
	if n := s.get(`/audit?contact=%22%3E%3Cscript%3Ex&actor=%22%3E%3Cscript%3E&action=%22%3E%3Cscript%3E`).page().Find("script:not([src])").Length(); n != 0 {
		t.Errorf("%d elements came from the filter", n)
	}
	s.post("/sign-in", "email", "a@example.org:contact-channel/ana/1", "password", "x")
	if s.get("/audit").page().Find(`.trail a`).Length() != 0 {
		t.Error("an address that was tried is taken for a resource")
	}
}

func TestExportAsCSVHoldsNoFormula(t *testing.T) {
	s := trailOfEvil(t)
	a := s.post("/audit/export", "format", "csv").status(http.StatusOK)
	if got := a.Header().Get("Content-Type"); !strings.HasPrefix(got, "text/csv") {
		t.Errorf("Content-Type %q", got)
	}
	if got := a.Header().Get("Content-Disposition"); !strings.HasPrefix(got, `attachment; filename="callbook-audit-`) || !strings.HasSuffix(got, `.csv"`) {
		t.Errorf("Content-Disposition %q", got)
	}
	lines, err := csv.NewReader(a.Body).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range lines {
		for _, cell := range line {
			if cell != "" && strings.Contains("=+-@\t\r", cell[:1]) {
				t.Errorf("a spreadsheet takes %q for a formula", cell)
			}
		}
	}
	last := lines[len(lines)-1]
	if last[5] != "ExportAudit" || lines[0][0] != "seq" {
		t.Errorf("the last line tells of %q, want the export itself; the first begins with %q", last[5], lines[0][0])
	}
	if got, want := last[0]+":"+last[len(last)-1], s.anchor(); got != want {
		t.Errorf("the last line's anchor is %q, want %q", got, want)
	}
}

func TestFilteredCSVEndsWithTheAnchor(t *testing.T) {
	s := newSite(t).as(oncall.Admin)
	s.contact("ana", "Ana")
	s.contact("ben", "Ben")
	for name, filter := range map[string][]string{
		"contact": {"contact", "ana"}, "actor": {"actor", "program"}, "action": {"action", "CreateContact"}, "nothing": {"contact", "nobody"},
		"the export itself": {"action", "ExportAudit"}, "all": nil,
	} {
		a := s.post("/audit/export", append([]string{"format", "csv"}, filter...)...).status(http.StatusOK)
		lines, err := csv.NewReader(a.Body).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		last := lines[len(lines)-1]
		if got, want := last[0]+":"+last[len(last)-1], s.anchor(); got != want {
			t.Errorf("%s: the last line's anchor is %q, want %q", name, got, want)
		}
		if own := name == "all" || name == "the export itself"; own == (last[5] == "anchor") || !own && last[7] != s.anchor() {
			t.Errorf("%s: the last line is %q", name, last)
		}
	}
}

// anchor is the present end of the trail.
func (s *site) anchor() string {
	s.t.Helper()
	a, err := s.AuditAnchor(s.t.Context(), operator)
	if err != nil {
		s.t.Fatal(err)
	}
	return a.String()
}

func TestExportAsLinesEndsWithTheAnchor(t *testing.T) {
	s := newSite(t).as(oncall.Admin)
	for i := range 700 { // more than one snapshot
		s.contact(fmt.Sprintf("c%03d", i), "Somebody")
	}
	whole := s.post("/audit/export", "format", "jsonl").status(http.StatusOK).Body.String()
	lines := strings.Split(strings.TrimSpace(whole), "\n")
	for i, line := range lines[:len(lines)-1] {
		var e struct {
			Seq int
			MAC string
		}
		if err := json.Unmarshal([]byte(line), &e); err != nil || e.Seq != i+1 || len(e.MAC) != 64 {
			t.Fatalf("line %d: %v: %s", i+1, err, line)
		}
	}
	if want := `{"anchor":"` + s.anchor() + `"}`; lines[len(lines)-1] != want {
		t.Errorf("the last line is %s, want %s", lines[len(lines)-1], want)
	}
	one := s.post("/audit/export", "format", "jsonl", "contact", "c007").Body.String()
	if n := strings.Count(one, "\n"); n != 2 || !strings.Contains(one, `contact/c007"`) {
		t.Errorf("the filtered export has %d lines, want the entry and the anchor:\n%s", n, one)
	}
}

func TestOnlyAdminsExport(t *testing.T) {
	s := newSite(t)
	s.get("/audit").saysNot("Export as CSV")
	s.post("/audit/export", "format", "csv").status(http.StatusForbidden).says("You may not do this")
	s.as(oncall.Viewer).get("/audit").status(http.StatusForbidden)
	form := s.as(oncall.Admin).get("/audit?contact=ana").says("Export as CSV").page().Find(`form[action="/audit/export"]`)
	if _, boosted := form.Attr("hx-boost"); boosted || form.Find(`input[name="contact"]`).AttrOr("value", "") != "ana" {
		t.Error("the export form is boosted, or forgets the filter")
	}
}

// failingStore fails to read after some times.
type failingStore struct {
	db.Transactor
	left int
}

func (f *failingStore) View(ctx context.Context, fn func(db.Queries) error) error {
	if f.left--; f.left < 0 {
		return errors.New("disk I/O error")
	}
	return f.Transactor.View(ctx, fn)
}

func TestHalfAnExportDoesNotPassForAWholeOne(t *testing.T) {
	s := newSite(t).as(oncall.Admin)
	for i := range 600 {
		s.contact(fmt.Sprintf("c%03d", i), "Somebody")
	}
	export := func(reads int) (a answer, cut any) {
		defer func() { cut = recover() }()
		service := oncalltest.NewRooms(&failingStore{s.Store, reads}, oncalltest.Options{Scope: oncalltest.Scope, Now: s.Clock.Now})
		broken := *s
		broken.handler = web.New(handlers.New(rooms(service), handlers.Options{}), web.Options{Log: slog.New(slog.DiscardHandler), Site: here})
		return broken.post("/audit/export", "format", "jsonl"), nil
	}
	a, cut := export(1) // the session, and nothing of the trail
	if cut != nil {
		t.Fatalf("nothing has left yet, and the connection is cut: %v", cut)
	}
	a.status(http.StatusInternalServerError).says("Something went wrong on our side")
	if got := a.Header().Get("Content-Disposition"); got != "" {
		t.Errorf("a page of failure is sent as a file: %q", got)
	}
	if _, cut := export(2); cut != http.ErrAbortHandler {
		t.Errorf("half the trail has left, and the connection is not cut: %v", cut)
	}
}
