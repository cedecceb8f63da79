package main

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/csv"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode"

	"pgregory.net/rapid"

	"callbook/internal/oncall"
)

// hostile are texts that change a terminal, or look like other lines than they are.
var hostile = []string{"\x1b[31mana", "\x1b]0;title\x07", "a\x7fb", "\u009b31m", "a\rb", "a\bb", "x\u202egnp", "\u2066a\u2069", "a\u2028b", "a\u200bb", "\x9b", "\U000e0041",
	"a\x00b", "\ufeffa", "a\x0bb\x0c"}

// safe fails when a text that the program printed holds what a terminal obeys.
func safe(t rapid.TB, what, text string) {
	t.Helper()
	if strings.ContainsFunc(text, func(r rune) bool { return r != '\n' && r != '\t' && !unicode.IsGraphic(r) }) {
		t.Errorf("%s prints %q", what, text)
	}
}

// printed returns all that a command prints, as main prints it.
func printed(env map[string]string, stdin string, args ...string) string {
	var out, errs bytes.Buffer
	err := run(context.Background(), append([]string{"callbook"}, args...), func(name string) string { return env[name] }, strings.NewReader(stdin), &out, &errs)
	if err != nil {
		reportError(&errs, err)
	}
	return out.String() + errs.String()
}

func TestNothingOfAFileReachesATerminalUnescaped(t *testing.T) {
	data, _, _ := newFolder(t)
	file := filepath.Join(t.TempDir(), "people.csv")
	runes := rapid.OneOf(rapid.RuneFrom(nil, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp), rapid.RuneFrom([]rune("anb019,;=\"'@+. \n")), rapid.Rune())
	value := rapid.OneOf(rapid.StringOfN(runes, 0, 12, -1), rapid.SampledFrom(hostile), rapid.SampledFrom([]string{"ana", "SMS", "EMAIL", "+12065550100", "a@gmial.com", "DE", "true"}))
	cell := rapid.OneOf(value, rapid.Map(value, func(v string) string { return "\"" + strings.ReplaceAll(v, "\"", "\"\"") + "\"" }))
	rapid.Check(t, func(t *rapid.T) {
		lines := []string{rapid.SampledFrom([]string{"alias,name,type,channel,address,country,defer", "alias", "alias,\x1b[31m", "sep=\x1b", "{"}).Draw(t, "first")}
		for _, cells := range rapid.SliceOfN(rapid.SliceOfN(cell, 1, 8), 0, 5).Draw(t, "rows") {
			lines = append(lines, strings.Join(cells, ","))
		}
		text := strings.Join(lines, "\n")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		got := printed(nil, "", "import", "--data", data, "--dry-run", file)
		safe(t, text, got)
		for line := range strings.Lines(got) { // no value makes a line of its own
			known := false
			for _, begin := range []string{"line ", "Read: ", "callbook: ", "channels without"} {
				known = known || strings.HasPrefix(line, begin)
			}
			if !known {
				t.Errorf("%q prints the line %q", text, line)
			}
		}
	})
}

func TestNoCommandPrintsAControlCharacter(t *testing.T) {
	data, service, _ := newFolder(t)
	runs(t, "user", "add", "--data", data, "--email", "ana@example.org", "--role", "admin", "--public-url", "https://callbook.example.org")
	runs(t, "key", "add", "--data", data, "--name", "ci", "--role", "viewer", "--public-url", "https://callbook.example.org")
	database, err := sql.Open("sqlite", filepath.Join(data, "callbook.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer database.Close()
	for _, text := range hostile {
		by := oncall.Actor{Door: oncall.API, Principal: text, Name: text, Role: oncall.Manager, Request: text, Client: text}
		if _, err := service.FindAddress(t.Context(), by, "ana@example.org"); err != nil { // which is an entry
			t.Fatal(err)
		}
		for _, statement := range []string{"UPDATE users SET email = ? || '@example.org', name = ?1", "UPDATE access_key SET name = ?", "UPDATE contact SET display_name = ?", "UPDATE channel SET name = ?"} {
			if _, err := database.Exec(statement, strings.ToValidUTF8(text, "?")); err != nil {
				t.Fatalf("%s: %v", statement, err)
			}
		}
		for _, args := range [][]string{
			{"user", "list"}, {"key", "list"}, {"audit", "export"}, {"audit", "verify"}, {"export"}, {"export", "--clear"}, {"check"},
			{"user", "link", "--email", text}, {"user", "add", "--email", text, "--role", "viewer"}, {"user", "add", "--email", "x@example.org", "--role", text}, {"user", "disable", "--email", text},
			{"key", "add", "--name", text, "--role", "viewer"}, {"key", "delete", "--id", text}, {"import", text}, {"import", "--dry-run", "--sms-countries", text, text}, {"backup", filepath.Join(text, "x")},
			{"restore", text}, {"check", "--file", text}, {"audit", "export", "--format", text}, {"audit", "export", "--actor", text}, {"audit", "verify", "--anchor", text}, {"export", text},
			{"export", "--" + strings.TrimLeft(text, "-"), "x"}, {"delivery", "test", "--type", text, "--to", text}, {"delivery", "test", "--type", "EMAIL", "--to", text},
		} {
			if strings.Contains(text, "\x00") && (args[0] == "import" || args[0] == "backup" || args[0] == "restore") {
				continue // no file can have that name
			}
			safe(t, strings.Join(args, " "), printed(map[string]string{"CALLBOOK_DATA": data}, "", args...))
		}
		for _, args := range [][]string{{text}, {"help", text}, {"serve", text}, {"user", text}, {"serve", "--log-level", text}, {"serve", "--listen", text}, {"serve", "--public-url", text}} {
			safe(t, strings.Join(args, " "), printed(nil, "", args...))
		}
		safe(t, "serve", printed(map[string]string{"CALLBOOK_LOG_FORMAT": text, "CALLBOOK_REGION": text, "CALLBOOK_SMTP_URL": text}, "", "serve"))
	}
}

// JSON keeps its meaning, and CSV that goes into a file its bytes.
func TestExportsHoldEveryText(t *testing.T) {
	data, service, _ := newFolder(t)
	for _, text := range hostile {
		by := oncall.Actor{Door: oncall.API, Principal: "k", Name: strings.ReplaceAll(strings.ToValidUTF8(text, "?"), "\x00", "\x01"), Role: oncall.Manager}
		if _, err := service.UpdateContact(t.Context(), by, oncall.ContactChange{Contact: testScope.Contact("ana"), DisplayName: new("Ana " + by.Principal)}); err != nil {
			t.Fatal(err)
		}
		if _, err := service.UpdateContact(t.Context(), by, oncall.ContactChange{Contact: testScope.Contact("ana"), DisplayName: new("Ana")}); err != nil {
			t.Fatal(err)
		}
		out, _ := runs(t, "audit", "export", "--data", data, "--actor", by.Name)
		var e struct{ Actor string }
		if err := json.NewDecoder(strings.NewReader(out)).Decode(&e); err != nil || e.Actor != by.Name {
			t.Errorf("%q is exported as %q, %v", by.Name, e.Actor, err)
		}
		out, _ = runs(t, "audit", "export", "--data", data, "--format", "csv", "--actor", by.Name)
		rows, err := csv.NewReader(strings.NewReader(out)).ReadAll()
		if err != nil || len(rows) < 2 || strings.TrimPrefix(rows[1][4], "'") != strings.ReplaceAll(by.Name, "\r\n", "\n") {
			t.Errorf("%q is exported as %q, %v", by.Name, rows, err)
		}
	}
}
