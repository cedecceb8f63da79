package web_test

import (
	"bytes"
	"errors"
	"fmt"
	"mime/multipart"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"callbook/db/oncalltest"
	"callbook/handlers"
	"callbook/internal/account"
	"callbook/internal/oncall"
	"callbook/internal/transfer"
	"callbook/views"
)

const importPath = "/contacts/import"

// upload sends a file as the form of the page does.
func (s *site) upload(name, text string, changes ...with) answer {
	s.t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	part, err := form.CreateFormFile("file", name)
	if err != nil {
		s.t.Fatal(err)
	}
	_, err = part.Write([]byte(text))
	if err = errors.Join(err, form.Close()); err != nil {
		s.t.Fatal(err)
	}
	return s.do(http.MethodPost, importPath, body.String(), append([]with{header("Content-Type", form.FormDataContentType())}, changes...)...)
}

// settled is the page of the import once nothing is under way.
func (s *site) settled() answer {
	s.t.Helper()
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); {
		a := s.get(importPath).status(http.StatusOK)
		if a.page().Find("progress").Length() == 0 {
			return a
		}
	}
	s.t.Fatal("the import does not end")
	return answer{}
}

const people = "alias,name,type,channel,address\n" +
	"ana,Ana Silva,SMS,Ana mobile,+46701740605\n" +
	"ana,,EMAIL,Ana mail,ana@gmail.com\n" +
	"bo,Bo,SMS,Bo mobile,+447700900123\n" +
	"Cy,Cy,,,\n"

func TestFileIsLookedAtThenImportedOnce(t *testing.T) {
	folder := t.TempDir()
	t.Setenv("TMPDIR", folder)
	s := newSite(t)
	s.upload(`C:\files\people.csv`, people).leadsTo(importPath)
	a := s.settled().says("“people.csv” would add 1 contact and 2 channels. Nothing is changed yet.").says("line 2:ana adds the contact and an SMS channel").
		says("line 4:bo has a warningaddress: This number is not in an assigned range").
		says("line 5:Cy is refusedalias: Use only lower-case letters").says("Import the file").says("Also import 1 row with warnings")
	strict(t, importPath, a.page())
	s.get("/contacts/ana").status(http.StatusNotFound)
	form := []string{"token", a.value("token")}
	s.post(importPath+"/run", form...).leadsTo(importPath)
	s.post(importPath+"/run", form...).leadsTo(importPath) // a double click
	s.settled().says("“people.csv” is imported: 1 contact and 2 channels added.").says("Refused1 row")
	s.post(importPath+"/run", form...).leadsTo(importPath)
	s.get("/contacts/ana").status(http.StatusOK).says("Ana mobile").says("Ana mail")
	s.get("/contacts/bo").status(http.StatusNotFound)
	if n := len(s.WaitingMessages(t)); n != 2 {
		t.Errorf("%d codes, want 2", n)
	}
	s.upload("people.csv", people).leadsTo(importPath)
	a = s.settled().says("There already2 rows: left as it is").says("would add only rows with warnings").says("Import 1 row")
	s.post(importPath+"/run", "token", a.value("token"), "accept", "true", "defer", "true").leadsTo(importPath)
	s.settled().says("1 contact and 1 channel added")
	s.get("/contacts/bo").status(http.StatusOK).says("Activation deferred")
	if n := len(s.WaitingMessages(t)); n != 2 {
		t.Errorf("%d codes after a deferred import, want 2", n)
	}
	s.upload("people.csv", people).leadsTo(importPath)
	s.settled().says("Nothing in “people.csv” would be added.").saysNot("Import 0")
	if left, _ := os.ReadDir(folder); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
	page, err := s.Audit(t.Context(), operator, oncall.AuditQuery{Operation: oncall.ImportBook})
	if err != nil || len(page.Entries) != 7 { // three looks, and two beginnings and ends
		t.Errorf("%d entries of two imports, %v", len(page.Entries), err)
	}
	s.get("/audit?action=ImportBook").says("processed an import file").says("looked at")
}

func TestWhatIsNoTableIsRefusedOnThePage(t *testing.T) {
	s := newSite(t)
	for text, want := range map[string]string{
		"PK\x03\x04\x00":              "This file is not text in UTF-8",
		"":                            "This file is empty",
		"alias,phone\nana,+123456789": "The first line names a column that there is not, “phone”: use alias, name",
	} {
		a := s.upload("people.xlsx", text).status(http.StatusUnprocessableEntity).says(want).says("“people.xlsx” was refused.")
		if a.page().Find("#error-summary a[href='#file']").Length() != 1 {
			t.Errorf("%q: no summary", text)
		}
	}
	s.upload("good.csv", people).leadsTo(importPath)
	s.settled().says("Import the file")
	s.upload("bad.csv", "phone\n").says("“bad.csv” was refused.").says("Go back to “good.csv”").saysNot("Import the file")
	s.get(importPath).says("Import the file")
	s.upload("", "").status(http.StatusUnprocessableEntity).says("Choose a CSV file first.")
	s.post(importPath, "file", "alias").status(http.StatusUnsupportedMediaType)
	s.do(http.MethodPost, importPath, "--x\r\nContent-Disposition: form-data; name=file; filename=a.csv\r\n\r\nalias", header("Content-Type", "multipart/form-data; boundary=x")).status(http.StatusBadRequest)
	s.upload("people.csv", people+"eve,Eve,\""+strings.Repeat("x", 300_000)).leadsTo(importPath)
	s.settled().says("The row after the one in line 5 has more than 64 KB.").says("Nothing was changed.")
}

func TestTooLargeFileIsRefused(t *testing.T) {
	s := newSite(t)
	large := people + strings.Repeat(",,,,\n", handlers.MaxImportBytes/5)
	s.upload("people.csv", large).status(http.StatusRequestEntityTooLarge).says("This file is too large").says("split it")
	s.upload("people.csv", large, func(r *http.Request) { r.ContentLength = -1 }).status(http.StatusRequestEntityTooLarge)
	s.as(oncall.Viewer).upload("people.csv", large).status(http.StatusForbidden)
	s.as("").upload("people.csv", people).status(http.StatusUnauthorized)
	s.get(importPath).says("Choose a file")
	nearly := people + strings.Repeat(",,,,\n", handlers.MaxImportBytes/5-200)
	s.upload("people.csv", nearly).leadsTo(importPath)
	s.settled().says("would add")
}

func TestDiscardedFileIsNotImported(t *testing.T) {
	s := newSite(t)
	s.upload("people.csv", people).leadsTo(importPath)
	token := s.settled().value("token")
	s.post(importPath+"/discard", "token", "another").leadsTo(importPath)
	s.settled().says("Import the file")
	s.post(importPath+"/discard", "token", token).leadsTo(importPath)
	s.get(importPath).says("Choose a file").saysNot("people.csv")
	s.post(importPath+"/run", "token", token).status(http.StatusConflict).says("is not here any more: choose it again.")
	s.post(importPath + "/run").status(http.StatusConflict)
	s.get("/contacts/ana").status(http.StatusNotFound)
}

// rowsOf is a table of n contacts.
func rowsOf(n int) string {
	var b strings.Builder
	b.WriteString("alias,type,channel,address\n")
	for i := range n {
		fmt.Fprintf(&b, "person-%d,EMAIL,mail,person%d@example.org\n", i, i)
	}
	return b.String()
}

func TestLongImportShowsHowFarItIsAndGoesOnAfterARestart(t *testing.T) {
	oncalltest.Slow(t)
	w := oncalltest.New(t)
	s := siteOver(t, w, w.Rooms)
	first := rooms(w.Rooms)
	s.serve(handlers.New(first, handlers.Options{}))
	const rows = 3000
	s.upload("people.csv", rowsOf(rows)).leadsTo(importPath)
	s.post(importPath+"/run", "token", s.settled().says("The first 20 of 3000.").value("token"), "defer", "true").leadsTo(importPath)
	a := s.get(importPath+"/state", partial).status(http.StatusOK)
	if a.page().Find(`#progress[hx-get="/contacts/import/state"] progress[max="3000"]`).Length() != 1 || a.page().Find("h1").Length() != 0 {
		t.Errorf("no progress: %s", a.Body)
	}
	s.upload("other.csv", people).status(http.StatusConflict).says("Another file is being imported")
	s.get(importPath + "/state").leadsTo(importPath)
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); {
		if trace, err := s.LastImport(t.Context(), operator); err != nil || trace.Contacts > 0 {
			break
		}
	}
	first.ImportJob.Close() // the server stops in the middle
	a = s.get(importPath).says("The import of “people.csv” did not finish.").says("Import the same file again, and it continues where it stopped.")

	next := rooms(w.Rooms)
	t.Cleanup(next.ImportJob.Close)
	s.serve(handlers.New(next, handlers.Options{}))
	trace, err := s.LastImport(t.Context(), operator)
	if err != nil || trace.State != transfer.Stopped || trace.Contacts == 0 || trace.Contacts >= rows {
		t.Fatalf("the import was to be interrupted: %+v, %v", trace, err)
	}
	a.says(fmt.Sprintf("%d contacts and %d channels were added, and stay.", trace.Contacts, trace.Channels))
	s.get(importPath).says("The last import, of manager@example.org, was stopped").
		says(fmt.Sprintf("it has added %d contacts and %d channels. To finish it, import the same file again", trace.Contacts, trace.Channels))
	s.upload("people.csv", rowsOf(rows)).leadsTo(importPath)
	a = s.settled().says(fmt.Sprintf("There already%d rows", trace.Contacts))
	s.post(importPath+"/run", "token", a.value("token"), "defer", "true").leadsTo(importPath)
	s.settled().says(fmt.Sprintf("%d contacts and %d channels added.", rows-trace.Contacts, rows-trace.Channels))
	a = s.get(importPath+"/state", partial).status(http.StatusOK)
	if a.Header().Get("HX-Retarget") != "#app" || a.page().Find("h1").Length() != 1 {
		t.Errorf("the end does not bring the page: %v", a.Header())
	}
}

func TestPageOfALargeImportIsSmall(t *testing.T) {
	s := newSite(t)
	s.upload("people.csv", rowsOf(20_000)+strings.Repeat("NOT,FAX,x,x\n", 20_000)).leadsTo(importPath)
	a := s.settled().says("The first 100 of 20000.").says("The first 20 of 20000.")
	if a.Body.Len() > 100<<10 {
		t.Errorf("the page weighs %d bytes", a.Body.Len())
	}
}

func TestContactCalledImportHasAPage(t *testing.T) {
	s := newSite(t)
	s.contact("import", "")
	if got := views.ContactPath("import"); got != "/contacts/=import" {
		t.Errorf("its page is %s", got)
	}
	s.get("/contacts/=import").status(http.StatusOK).says("import")
	s.get("/contacts").says("Import")
}

// Whoever has begun with the wrong file can stop.
func TestRunningImportCanBeStopped(t *testing.T) {
	s := newSite(t)
	var text strings.Builder
	text.WriteString("alias,name\n")
	for n := range 20_000 {
		fmt.Fprintf(&text, "p-%d,\n", n)
	}
	s.upload("people.csv", text.String()).leadsTo(importPath)
	token := s.settled().value("token")
	s.post(importPath+"/run", "token", token).leadsTo(importPath)
	s.get(importPath).says("Stop")
	s.post(importPath+"/discard", "token", token).leadsTo(importPath)
	s.settled().says("It was stopped").says("of 20000 rows were done").says("stay").says("Choose the file again")
	if counts, err := s.Stats(t.Context()); err != nil || counts.Contacts[oncall.Unreachable] >= 20_000 {
		t.Errorf("it went on to the end: %v, %v", counts, err)
	}
}

// Accepting warnings accepts the kinds that the check has found: all rows with them, and no
// other kind.
func TestAcceptedAreTheKindsOfWarningsOfTheCheck(t *testing.T) {
	s := newSite(t)
	var text strings.Builder
	text.WriteString("alias,type,channel,address\n")
	for n := range 150 {
		fmt.Fprintf(&text, "p-%d,EMAIL,mail,p%d@gmial.com\n", n, n)
	}
	text.WriteString("ana,SMS,mobile,+447700900123\nbo,SMS,mobile,+12065550100\n")
	s.upload("people.csv", text.String()).leadsTo(importPath)
	a := s.settled().says("The first 100 of 151.").says("With warnings151 rows: left out unless you choose otherwise").
		says("150 rows with an email address that looks misspelt").says("1 row with a number that is not in an assigned range")
	strict(t, importPath, a.page())
	s.channel(s.contact("zoe", ""), oncall.SMS, "mobile", "+12065550100") // another one adds it meanwhile
	s.post(importPath+"/run", "token", a.value("token"), "accept", "true").leadsTo(importPath)
	a = s.settled().says("151 contacts and 151 channels added").says("1 row with a number or address that another contact has too").
		says("1 row with a kind of warning that the check of the file did not find: check the file again to see and accept it.").
		says("bo is left out: the check of the file found no warning of this kind")
	strict(t, importPath, a.page())
	s.get("/contacts/bo").status(http.StatusNotFound)
}

func TestImportStopsWhenItsManagerMayNotImportAnyMore(t *testing.T) {
	s := newSite(t)
	s.upload("people.csv", rowsOf(5000)).leadsTo(importPath)
	s.post(importPath+"/run", "token", s.settled().value("token"), "defer", "true").leadsTo(importPath)
	users, err := s.Users(t.Context(), operator)
	if err != nil {
		t.Fatal(err)
	}
	yes := true
	for _, u := range users {
		if u.Email != "manager@example.org" {
			continue
		}
		if _, err := s.UpdateUser(t.Context(), operator, account.UserChange{User: u.ID, Disabled: &yes}); err != nil {
			t.Fatal(err)
		}
	}
	a := s.as(oncall.Admin).settled().says("The import was stopped: manager@example.org may not import contacts any more.").says("stay")
	strict(t, importPath, a.page())
	s.as(oncall.Admin).get("/audit?action=ImportBook").says("Stopped")
}

// A page takes so many rows that a check of them takes little memory and time.
func TestFileOfTooManyRowsIsCut(t *testing.T) {
	s := newSite(t)
	rows := strings.Repeat("Not,FAX,,\n", transfer.MaxPageRows)
	s.upload("people.csv", "alias,type,channel,address\nana,,,\n"+rows).leadsTo(importPath)
	a := s.settled().says("The import of “people.csv” did not finish.").says("Nothing was changed.").
		says("This file has more than 50,000 rows, and this page takes at most 50,000. The rows after them were not looked at. Split the file, or use callbook import").
		says("The first 100 of 49999.").says("line 2:ana adds the contact").saysNot("Import the file").saysNot("Import 1 row")
	strict(t, importPath, a.page())
	s.get("/contacts/ana").status(http.StatusNotFound)
	s.upload("people.csv", "alias,type,channel,address\n"+rows).leadsTo(importPath)
	s.settled().says("Nothing in “people.csv” would be added.").says("At most 8 MB and 50,000 rows")
	s.get("/audit?action=ImportBook").says("Rows").says("50000").says("Shared addresses")
}

// An alias may hold what changes a page or a terminal. The page shows that it is there.
func TestInvisibleCharactersOfAFileAreShown(t *testing.T) {
	s := newSite(t)
	s.upload("people.csv", "alias,name\n\x1b[31mana,Ana\nx\u202egnp,\na\u200bb,\n\"c\nline 9: d\",\n").leadsTo(importPath)
	a := s.settled().says(`line 2:\u001b[31mana is refused`).says("The value under “alias” holds an invisible character, U+001B: delete that character.").
		says(`line 3:x\u202egnp is refused`).says(`line 4:a\u200bb is refused`).says("U+200B (zero width space)").says(`line 5:c\u000aline 9: d is refused`).
		says("Lines 5 to 6 were read as one row")
	if strings.ContainsAny(a.Body.String(), "\x1b\u202e\u200b") {
		t.Error("the page holds the characters themselves")
	}
}

// A check of a file is a look-up of its addresses.
func TestTrailSaysHowManyAddressesACheckOfAFileFound(t *testing.T) {
	s := newSite(t)
	s.channel(s.contact("zoe", ""), oncall.SMS, "mobile", "+12065550100")
	var guesses strings.Builder
	for n := range 356 {
		fmt.Fprintf(&guesses, "p-%d,SMS,m,+1206555%04d\n", n, n)
	}
	s.upload("people.csv", "alias,type,channel,address\n"+guesses.String()).leadsTo(importPath)
	s.settled().says("also on the contact zoe")
	page, err := s.Audit(t.Context(), operator, oncall.AuditQuery{Operation: oncall.ImportBook})
	if err != nil || len(page.Entries) != 1 || page.Entries[0].After(oncall.FieldShared) != "1" || page.Entries[0].After(oncall.FieldRows) != "356" || page.Entries[0].Actor != "manager@example.org" {
		t.Errorf("got %+v, %v", page.Entries, err)
	}
}
