package audit_test

import (
	"database/sql"
	"fmt"
	"strings"
	"testing"

	"callbook/db/oncalltest"
	"callbook/internal/audit"
	"callbook/internal/oncall"
)

// tamper changes the database as an attacker with the file can.
func tamper(t testing.TB, w *oncalltest.World, texts ...string) {
	t.Helper()
	pool, err := sql.Open("sqlite", "file:"+w.Path+"?_pragma=busy_timeout(5000)")
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	for _, text := range append([]string{"DROP TRIGGER IF EXISTS audit_is_not_changed", "DROP TRIGGER IF EXISTS audit_is_not_shortened"}, texts...) {
		if _, err := pool.ExecContext(t.Context(), text); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
	}
}

// fiveEntries returns a world whose trail has five entries.
func fiveEntries(t testing.TB) *oncalltest.World {
	t.Helper()
	w := oncalltest.New(t)
	for _, alias := range []string{"ana", "ben", "eve", "mia", "zoe"} {
		if _, err := w.CreateContact(t.Context(), eve, oncall.NewContact{Alias: alias, DisplayName: "Ü", Type: oncall.Personal}); err != nil {
			t.Fatal(err)
		}
	}
	return w
}

// faults returns the faults of a verification, one a line.
func faults(t testing.TB, w *oncalltest.World, anchor *audit.Anchor) string {
	t.Helper()
	_, found, err := w.VerifyAudit(t.Context(), eve, anchor)
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, f := range found {
		lines = append(lines, fmt.Sprintf("%d: %s", f.Seq, f.Problem))
	}
	return strings.Join(lines, "\n")
}

const altered = ": this entry was changed, or the entry before it is not the original one"

func TestUntouchedTrailVerifies(t *testing.T) {
	w := oncalltest.New(t)
	oncalltest.Same(t, "faults of an empty trail", "", faults(t, w, &audit.Anchor{}))
	for n := range 1050 { // more than two snapshots
		if _, err := w.CreateContact(t.Context(), eve, oncall.NewContact{Alias: fmt.Sprint("c", n), Type: oncall.Escalation}); err != nil {
			t.Fatal(err)
		}
		if n == 600 {
			anchor, err := w.AuditAnchor(t.Context(), oncalltest.Operator)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { oncalltest.Same(t, "faults against an older anchor", "", faults(t, w, &anchor)) }()
		}
	}
	end, found, err := w.VerifyAudit(t.Context(), eve, nil)
	anchor, err2 := w.AuditAnchor(t.Context(), oncalltest.Operator)
	if err != nil || err2 != nil || len(found) > 0 || end.Seq != 1050 || end.String() != anchor.String() {
		t.Errorf("got the end %v, %v, %v; anchor %v, %v", end, found, err, anchor, err2)
	}
}

// Every column of the table is changed in turn.
func TestEveryChangedColumnIsFound(t *testing.T) {
	w := fiveEntries(t)
	pool, err := sql.Open("sqlite", "file:"+w.Path)
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	rows, err := pool.QueryContext(t.Context(), "SELECT name, type FROM pragma_table_info('audit')")
	if err != nil {
		t.Fatal(err)
	}
	kinds := map[string]string{}
	for rows.Next() {
		var name, kind string
		if err := rows.Scan(&name, &kind); err != nil {
			t.Fatal(err)
		}
		kinds[name] = kind
	}
	if len(kinds) != 14 {
		t.Fatalf("columns: got %v", kinds)
	}
	delete(kinds, "seq") // see TestMovedEntriesAreFound
	others := map[string][]string{
		"TEXT":    {"'x'", "%s || ' '", "CAST(x'ff' AS TEXT)", "%s || char(0)"},
		"INTEGER": {"%s + 1", "%s + 4294967296", "-1", "0"},
		"BLOB":    {"x''", "substr(%s, 2)", "zeroblob(32)"},
	}
	others["changes"] = append(others["TEXT"], "''", "'null'", "'[]'", "replace(%s, 'Ü', 'O')", "replace(%s, '{', '{\"note\":\"n\",')", "replace(%s, '[', '[ ')")
	for name, kind := range kinds {
		values := others[name]
		if values == nil {
			values = others[kind]
		}
		for _, value := range values {
			w := fiveEntries(t)
			set := strings.ReplaceAll(value, "%s", name)
			tamper(t, w, fmt.Sprintf("UPDATE audit SET %s = %s WHERE seq = 3", name, set))
			want := "3" + altered
			if name == "mac" {
				want += "\n4" + altered // it now follows another MAC
			}
			oncalltest.Same(t, name+" = "+set, want, faults(t, w, nil))
		}
	}
}

// A careless comparison would not find these changes.
func TestChangesThatLookAlikeAreFound(t *testing.T) {
	w := fiveEntries(t)
	by := eve
	by.Name = "half a letter \xc3"
	if _, err := w.CreateContact(t.Context(), by, oncall.NewContact{Alias: "odd", Type: oncall.Personal}); err != nil {
		t.Fatal(err)
	}
	oncalltest.Same(t, "faults", "", faults(t, w, nil))
	tamper(t, w, "UPDATE audit SET actor = CAST(x'68616c662061206c657474657220ff' AS TEXT) WHERE seq = 6")
	oncalltest.Same(t, "another half of a letter", "6"+altered, faults(t, w, nil))
	tamper(t, w, "UPDATE audit SET key = 1, mac = x'' WHERE seq = 3")
	oncalltest.Same(t, "no key and no MAC", "3"+altered+"\n4"+altered+"\n6"+altered, faults(t, w, nil))
}

func TestMovedEntriesAreFound(t *testing.T) {
	for what, c := range map[string]struct {
		do   []string
		want string
	}{
		"a deleted row":        {[]string{"DELETE FROM audit WHERE seq = 3"}, "4: entry 3 before it is missing"},
		"two deleted rows":     {[]string{"DELETE FROM audit WHERE seq IN (2, 3)"}, "4: entries 2 to 3 before it are missing"},
		"the first two":        {[]string{"DELETE FROM audit WHERE seq < 3"}, "3: entries 1 to 2 before it are missing"},
		"deleted, gap closed":  {[]string{"DELETE FROM audit WHERE seq = 3", "UPDATE audit SET seq = 3 WHERE seq = 4", "UPDATE audit SET seq = 4 WHERE seq = 5"}, "3" + altered + "\n4" + altered},
		"two swapped rows":     {[]string{"UPDATE audit SET seq = 99 WHERE seq = 3", "UPDATE audit SET seq = 3 WHERE seq = 4", "UPDATE audit SET seq = 4 WHERE seq = 99"}, "3" + altered + "\n4" + altered + "\n5" + altered},
		"a renumbered row":     {[]string{"UPDATE audit SET seq = 7 WHERE seq = 5"}, "7: entries 5 to 6 before it are missing"},
		"a copied row":         {[]string{"INSERT INTO audit SELECT 6, at, door, principal, actor, operation, outcome, resource, contact, changes, request, client, key, mac FROM audit WHERE seq = 5"}, "6" + altered},
		"a made-up row":        {[]string{"INSERT INTO audit SELECT 6, at, door, principal, 'mallory', operation, outcome, resource, contact, changes, request, client, key, zeroblob(32) FROM audit WHERE seq = 5"}, "6" + altered},
		"an inserted row":      {[]string{"UPDATE audit SET seq = seq + 100 WHERE seq > 2", "INSERT INTO audit SELECT 3, at, door, principal, 'mallory', operation, outcome, resource, contact, changes, request, client, key, mac FROM audit WHERE seq = 2", "UPDATE audit SET seq = seq - 99 WHERE seq > 100"}, "3" + altered + "\n4" + altered + "\n5" + altered + "\n6" + altered},
		"one before the first": {[]string{"INSERT INTO audit SELECT 0, at, door, principal, actor, operation, outcome, resource, contact, changes, request, client, key, mac FROM audit WHERE seq = 1"}, "0: this number is not valid: Callbook did not write this entry"},
		"one far before": {[]string{"INSERT INTO audit SELECT -9223372036854775808, at, door, principal, actor, operation, outcome, resource, contact, changes, request, client, key, mac FROM audit WHERE seq = 1"},
			"-9223372036854775808: this number is not valid: Callbook did not write this entry"},
		"one at the end of numbers": {[]string{"UPDATE audit SET seq = 9223372036854775807 WHERE seq = 5"},
			"9223372036854775807: entries 5 to 9223372036854775806 before it are missing"},
	} {
		w := fiveEntries(t)
		tamper(t, w, c.do...)
		oncalltest.Same(t, what, c.want, faults(t, w, nil))
	}
}

func TestOnlyAnAnchorShowsRemovalOfTheNewestEntries(t *testing.T) {
	w := fiveEntries(t)
	anchor, err := w.AuditAnchor(t.Context(), oncalltest.Operator)
	if err != nil {
		t.Fatal(err)
	}
	oncalltest.Same(t, "faults against the anchor", "", faults(t, w, &anchor))
	tamper(t, w, "DELETE FROM audit WHERE seq > 3")
	oncalltest.Same(t, "faults without an anchor", "", faults(t, w, nil))
	oncalltest.Same(t, "faults against the anchor", "5: the trail ends at entry 3: the newest ones were removed", faults(t, w, &anchor))
	for _, alias := range []string{"mallory", "trudy"} { // new entries reuse the numbers
		oncalltest.AddPerson(t, w, alias)
	}
	oncalltest.Same(t, "faults without an anchor", "", faults(t, w, nil))
	oncalltest.Same(t, "faults against the anchor", "5: this entry is not the one of the anchor", faults(t, w, &anchor))
	tamper(t, w, "DELETE FROM audit")
	oncalltest.Same(t, "faults of an emptied trail", "5: the trail ends at entry 0: the newest ones were removed", faults(t, w, &anchor))
}

func TestVerificationReturnsAtMostTwentyFaults(t *testing.T) {
	w := oncalltest.New(t)
	for n := range 30 {
		oncalltest.AddPerson(t, w, fmt.Sprint("c", n))
	}
	tamper(t, w, "UPDATE audit SET actor = 'mallory'")
	_, found, err := w.VerifyAudit(t.Context(), eve, nil)
	if err != nil || len(found) != 20 {
		t.Errorf("got %d faults, %v", len(found), err)
	}
}

func TestTriggersPreventChangesOfTheTrail(t *testing.T) {
	w := fiveEntries(t)
	pool, err := sql.Open("sqlite", "file:"+w.Path)
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	for _, text := range []string{"UPDATE audit SET actor = 'x' WHERE seq = 1", "DELETE FROM audit WHERE seq = 5", "DELETE FROM audit", "UPDATE audit SET at = at"} {
		if _, err := pool.ExecContext(t.Context(), text); err == nil || !strings.Contains(err.Error(), "the audit trail is only added to") {
			t.Errorf("%s: got %v", text, err)
		}
	}
	oncalltest.Same(t, "faults", "", faults(t, w, nil))
}

func TestAnchorsAreParsed(t *testing.T) {
	w := fiveEntries(t)
	want, err := w.AuditAnchor(t.Context(), oncalltest.Operator)
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range []audit.Anchor{want, {}} {
		got, err := audit.ParseAnchor(a.String())
		if err != nil || got.String() != a.String() {
			t.Errorf("%s: got %v, %v", a, got, err)
		}
	}
	for _, text := range []string{"", "5", "5:", ":00", "-1:" + strings.Repeat("0", 64), "0:" + strings.Repeat("0", 64), "5:00", "5:" + strings.Repeat("x", 64), want.String() + "00"} {
		if a, err := audit.ParseAnchor(text); err == nil {
			t.Errorf("%q was parsed as %v", text, a)
		}
	}
}
