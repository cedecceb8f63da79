package db_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"callbook/db"
	"callbook/db/sqlite"
	"callbook/internal/oncall"
)

// sorted are the statements that may sort what they find: the channels of one
// contact, of which there are at most 100.
var sorted = map[string]bool{db.SelectChannels: true, db.ChannelsOf: true}

// slow matches the steps of a query plan whose cost grows with a table: a scan,
// a sort, and a search by reachability alone. (A scan of a subquery in brackets
// reads what its LIMIT lets through.)
var slow = regexp.MustCompile(`^SCAN [^(]|TEMP B-TREE|\(reachability=\?\)$`)

// small matches the steps over contact_count, which has a row for each
// reachability, over the words of one contact, over the candidates w of a search,
// over the page f that it has found, over what a LIMIT let a subquery find, and over no
// table at all.
var small = regexp.MustCompile(`^(SCAN|SEARCH) contact_count\b|^SCAN (\d+-ROW VALUES CLAUSE|CONSTANT ROW|w|f|found)$`)

// walked are the steps that walk an index no further than a LIMIT lets them, of
// these statements alone.
var walked = map[string]string{
	db.NextCodeEnd:   "SCAN channel USING INDEX channel_code_ends",
	db.CountInactive: "SCAN channel USING INDEX channel_inactive",
	db.CountObjected: "SCAN channel USING INDEX channel_objected",
	db.SentSince:     "SCAN message USING COVERING INDEX message_counted",
	db.InsertMessage: "SCAN message USING COVERING INDEX message_counted",
	db.PullForward:   "SCAN message USING INDEX message_due", // all that waits, when the clock was set back
}

// statements are texts that the store has executed.
type statements map[string]bool

func (s statements) collect(store *sqlite.Store) {
	for _, text := range store.Prepared() {
		switch strings.Fields(text)[0] {
		case "SELECT", "INSERT", "UPDATE", "DELETE":
			s[text] = true
		}
	}
}

// usesIndex finds the index of a step of a query plan.
var usesIndex = regexp.MustCompile(`USING (?:COVERING )?INDEX (\w+)`)

// constraints are the indexes that no statement walks: they keep rows unique.
var constraints = map[string]string{"contact_by_id": "an id is of one contact"}

// needEveryIndex fails the test for an index that none of the statements uses: each
// costs a write for each row.
func (s statements) needEveryIndex(t *testing.T) {
	store := openTest(t, testPath(t), nil)
	used := map[string]bool{}
	for text := range s {
		for _, step := range plan(t, store, text) {
			if m := usesIndex.FindStringSubmatch(step); m != nil {
				used[m[1]] = true
			}
		}
	}
	rows, err := store.Conn().QueryContext(t.Context(), `SELECT name FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			t.Fatal(err)
		}
		if used[name] == (constraints[name] != "") {
			t.Errorf("index %s: used by a statement: %t, constraint: %q", name, used[name], constraints[name])
		}
	}
}

// areFast fails the test when the cost of a statement grows with a table.
func (s statements) areFast(t *testing.T) {
	store := openTest(t, testPath(t), nil)
	for n := range 3 {
		s[db.FindContacts(n)] = true
	}
	for text := range s {
		if strings.Contains(text, "LIMIT $") {
			t.Errorf("%s\nis planned anew each time: write LIMIT 0 + $n", text)
		}
		for _, step := range plan(t, store, text) {
			fine := sorted[text] && (step == "USE TEMP B-TREE FOR ORDER BY" && strings.Contains(text, "contact = $1") ||
				step == "USE TEMP B-TREE FOR LAST 2 TERMS OF ORDER BY") || walked[text] == step
			if slow.MatchString(step) && !small.MatchString(step) && !fine {
				t.Errorf("%s\nreads or sorts a whole table:\n%s", text, step)
			}
		}
	}
}

func TestPageStartsWhereTheLastOneEnded(t *testing.T) {
	s := openTest(t, testPath(t), nil)
	searched := []string{"SEARCH contact_word USING PRIMARY KEY (reachability=? AND word=? AND contact>?)",
		"SEARCH contact_word USING PRIMARY KEY (reachability=? AND word>? AND word<?)"}
	for text, want := range map[string][]string{
		db.ListContacts:    {"SEARCH c USING INDEX contact_by_reachability (reachability=? AND alias>?)"},
		db.ContactsByAlias: {"SEARCH c USING PRIMARY KEY (alias>? AND alias<?)"},
		db.ContactsOfType:  {"SEARCH c USING INDEX contact_by_type (type=? AND alias>? AND alias<?)"},
		db.CountCandidates: searched, db.NthCandidate: searched,
		db.FindContacts(0): searched, db.FindContacts(1): searched, db.FindContacts(2): searched,
	} {
		got := plan(t, s, text)
		for _, step := range want {
			if !slices.Contains(got, step) {
				t.Errorf("%s\nplan is %q, want %q in it", text, got, step)
			}
		}
	}
}

func TestTrailWalksTheIndexOfItsFilter(t *testing.T) {
	s := openTest(t, testPath(t), nil)
	for filter, want := range map[oncall.AuditQuery]string{
		{}:                             "SEARCH audit USING INTEGER PRIMARY KEY (rowid<?)",
		{Contact: "c"}:                 "SEARCH audit USING INDEX audit_by_contact (contact=? AND seq<?)",
		{Actor: "a"}:                   "SEARCH audit USING INDEX audit_by_actor (actor=? AND seq<?)",
		{Operation: "o"}:               "SEARCH audit USING INDEX audit_by_operation (operation=? AND seq<?)",
		{Contact: "c", Actor: "a"}:     "SEARCH audit USING INDEX audit_by_contact (contact=? AND seq<?)",
		{Contact: "c", Operation: "o"}: "SEARCH audit USING INDEX audit_by_contact (contact=? AND seq<?)",
		{Actor: "a", Operation: "o"}:   "SEARCH audit USING INDEX audit_by_actor (actor=? AND seq<?)",
		{Contact: "c", Actor: "a", Operation: "o"}: "SEARCH audit USING INDEX audit_by_contact (contact=? AND seq<?)",
	} {
		text, _ := db.FindEntries(filter)
		if diff := cmp.Diff([]string{want}, plan(t, s, text)); diff != "" {
			t.Errorf("%s\n(-want +got):\n%s", text, diff)
		}
	}
}

func TestWhatAnImportAddedIsCountedByItsActor(t *testing.T) {
	s := openTest(t, testPath(t), nil)
	want := []string{"SEARCH audit USING INDEX audit_by_actor (actor=? AND seq>?)"}
	if diff := cmp.Diff(want, plan(t, s, db.AddedSince)); diff != "" {
		t.Errorf("%s\n(-want +got):\n%s", db.AddedSince, diff)
	}
}

func TestRotationWalksThePrimaryKey(t *testing.T) {
	s := openTest(t, testPath(t), nil)
	range_ := regexp.MustCompile(`^SEARCH \w+ USING PRIMARY KEY \((\(contact,id\)>\(\?,\?\)|id>\?)\)$`)
	row := regexp.MustCompile(`^SEARCH \w+ USING PRIMARY KEY \((contact=\? AND id=\?|id=\?)\)$`)
	for _, c := range db.SealedColumns() {
		if got := plan(t, s, c.Stale()); len(got) != 1 || !range_.MatchString(got[0]) {
			t.Errorf("%s\nplan is %q", c.Stale(), got)
		}
		if got := plan(t, s, c.Update()); len(got) != 1 || !row.MatchString(got[0]) {
			t.Errorf("%s\nplan is %q", c.Update(), got)
		}
	}
}

var parameters = regexp.MustCompile(`\$\d+`)

// plan returns the steps of a statement's query plan.
func plan(t *testing.T, s *sqlite.Store, text string) (steps []string) {
	t.Helper()
	distinct := map[string]bool{}
	for _, p := range parameters.FindAllString(text, -1) {
		distinct[p] = true
	}
	rows, err := s.Conn().QueryContext(t.Context(), "EXPLAIN QUERY PLAN "+text, make([]any, len(distinct))...)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	defer rows.Close()
	for rows.Next() {
		var id, parent, unused int
		var step string
		if err := rows.Scan(&id, &parent, &unused, &step); err != nil {
			t.Fatal(err)
		}
		steps = append(steps, step)
	}
	return steps
}
