package web_test

import (
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"callbook/db/oncalltest"
	"callbook/handlers"
	"callbook/internal/oncall"
	"callbook/views"
	"callbook/web"
)

func TestAccessKeyIsMadeDisabledAndDeleted(t *testing.T) {
	s := newSite(t).as(oncall.Admin)
	s.get("/settings/keys").says("There is no access key yet").says("A program signs its requests to the API with an access key")
	token := s.get("/settings/keys/new").value("token")
	a := s.post("/settings/keys/new", "name", "ci", "role", "manager", "token", token).status(http.StatusOK)
	lines := strings.Split(a.page().Find(".secret code").Text(), "\n")
	if len(lines) != 5 || !strings.HasPrefix(lines[0], "AWS_ACCESS_KEY_ID=AKIA") || !strings.HasPrefix(lines[1], "AWS_SECRET_ACCESS_KEY=") ||
		lines[2] != "AWS_REGION="+oncalltest.Scope.Region || lines[4] != "AWS_ENDPOINT_URL_SSM_CONTACTS=http://127.0.0.1:8080" {
		t.Fatalf("the answer shows %q", lines)
	}
	id, secret := strings.TrimPrefix(lines[0], "AWS_ACCESS_KEY_ID="), strings.TrimPrefix(lines[1], "AWS_SECRET_ACCESS_KEY=")
	if by, stored, err := s.AccessKeySecret(t.Context(), id); err != nil || stored != secret || by.Role != oncall.Manager {
		t.Errorf("the key is not the one that was shown: %v %v", by, err)
	}
	for _, again := range []answer{s.post("/settings/keys/new", "name", "ci", "role", "manager", "token", token), s.get("/settings/keys"), s.get("/audit")} {
		again.status(http.StatusOK).says(id)
		if strings.Contains(again.Body.String(), secret) {
			t.Error("the secret is shown twice")
		}
	}
	s.post("/settings/keys/new", "name", "ci", "role", "manager", "token", token).says("delete this key and make another")
	s.post("/settings/keys/" + id + "/disable").leadsTo("/settings/keys")
	s.get("/settings/keys").says("Disabled")
	s.post("/settings/keys/" + id + "/enable").leadsTo("/settings/keys")
	s.get("/settings/keys").says("Enabled").says("never used")
	s.get("/settings/keys/" + id + "/delete").says("Delete the access key “ci”?")
	s.get("/settings/keys/"+id+"/delete", partial).status(http.StatusOK).saysNot("Appearance")
	s.post("/settings/keys/" + id + "/delete").leadsTo("/settings/keys")
	s.post("/settings/keys/" + id + "/delete").leadsTo("/settings/keys")
	s.get("/settings/keys/" + id + "/delete").status(http.StatusNotFound)
	s.post("/settings/keys/" + id + "/disable").status(http.StatusNotFound)
	s.get("/audit").says("made the access key " + id).says("changed the access key " + id + " in the browser StateEnabled →became Disabled").says("deleted the access key " + id)
}

func TestRefusedAccessKeyKeepsWhatWasTyped(t *testing.T) {
	s := newSite(t).as(oncall.Admin)
	a := s.post("/settings/keys/new", "name", "a b", "role", "king", "token", "t").status(http.StatusUnprocessableEntity).says("Use only the letters")
	if a.value("name") != "a b" || a.page().Find("#error-summary a").Length() != 2 {
		t.Errorf("the name or the summary is gone: %s", a.text())
	}
	for _, link := range a.page().Find("#error-summary a").EachIter() {
		if a.page().Find(link.AttrOr("href", "#")).Length() != 1 {
			t.Errorf("%q leads nowhere", link.Text())
		}
	}
	s.post("/settings/keys/new", "name", "ci", "role", "viewer", "token", "t").status(http.StatusOK)
	b := s.post("/settings/keys/new", "name", "other", "role", "viewer", "token", "t").status(http.StatusConflict).says("Send it again to make this one too")
	if b.value("token") == "t" {
		t.Error("the form came back with the same token")
	}
}

// siteSetUp is a site with other options of the pages.
func siteSetUp(t *testing.T, o handlers.Options) *site {
	s := newSite(t)
	s.handler = web.New(handlers.New(rooms(s.Rooms), o), web.Options{Log: slog.New(slog.DiscardHandler), Site: here})
	return s
}

func TestAboutSaysWhatEachSettingIsAndWhereItComesFrom(t *testing.T) {
	s := siteSetUp(t, handlers.Options{About: views.About{Version: "v1.2.3", Database: "/srv/data/callbook.db", KeyFile: "/srv/data.key",
		Settings: []views.Setting{{Flag: "--listen", Variable: "CALLBOOK_LISTEN", Usage: "where to listen", Value: "127.0.0.1:1", Source: "environment"}}}})
	s.as(oncall.Admin).get("/settings/about").status(http.StatusOK).says("v1.2.3").says("Number plan" + oncall.NumberPlanVersion).says("/srv/data/callbook.db").says("/srv/data.key").
		says("arn:aws:ssm-contacts:us-east-2:111122223333:").says("Working").
		says("--listen CALLBOOK_LISTEN127.0.0.1:1 where to listenby the variable")
	s.get("/settings/about").status(http.StatusForbidden).saysNot("/srv")
	s.as(oncall.Admin).get("/settings").leadsTo("/settings/users")
	s.get("/settings").status(http.StatusForbidden)
}

func TestLockedDatabaseIsNamedOnEveryPage(t *testing.T) {
	s := siteSetUp(t, handlers.Options{Locked: func() bool { return true }}).as(oncall.Admin)
	for _, path := range everyPage(s) {
		s.get(path).says("The database is locked.").says("Put the key file back and start Callbook again")
	}
	s.as("").get("/sign-in").says("The database is locked.")
	s.get("/settings/about").says("Locked")
	newSite(t).get("/contacts").saysNot("The database is locked.")
}

func TestTroubleWithTheDiskIsNamedOnEveryPage(t *testing.T) {
	for reason, says := range map[oncall.Reason]string{
		oncall.DiskFull: "The disk is full: make room", oncall.DiskFailed: "Once the disk works, changes are accepted again without a restart.",
		oncall.DatabaseBusy: "Another program has locked the database: end it", oncall.Damaged: "callbook restore puts a backup in its place.",
		oncall.KeyFileMissing: "put the original back, readable only by Callbook, before Callbook stops.",
	} {
		s := siteSetUp(t, handlers.Options{Trouble: func() oncall.Reason { return reason }}).as(oncall.Admin)
		title := "Nothing can be stored now."
		if reason == oncall.KeyFileMissing {
			title = "The key file cannot be used."
		}
		for _, path := range everyPage(s) {
			s.get(path).says(title).says(says)
		}
		s.get("/settings/about").saysNot("Working")
		s.as("").get("/sign-in").says(title).saysNot(says)
	}
	newSite(t).get("/contacts").saysNot("Nothing can be stored now.")
}
