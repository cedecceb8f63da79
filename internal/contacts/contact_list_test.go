package contacts_test

import (
	"encoding/base64"
	"slices"
	"strconv"
	"strings"
	"testing"

	"callbook/db/oncalltest"
	"callbook/internal/contacts"
	"callbook/internal/oncall"
)

// listed returns the aliases of a page and the token of the next.
func listed(t *testing.T, w *oncalltest.World, in contacts.ContactQuery) (aliases []string, next string) {
	t.Helper()
	page, err := w.Contacts(t.Context(), oncalltest.Manager, in)
	if err != nil {
		t.Fatalf("%+v: %v", in, err)
	}
	for _, c := range page.Contacts {
		aliases = append(aliases, c.Alias)
	}
	return aliases, page.Next
}

// walk returns every alias of every page, and does something between pages.
func walk(t *testing.T, w *oncalltest.World, in contacts.ContactQuery, between func(shown []string)) []string {
	t.Helper()
	var all []string
	for {
		aliases, next := listed(t, w, in)
		all = append(all, aliases...)
		if next == "" {
			return all
		}
		if len(all) > 1000 {
			t.Fatalf("%+v: the list does not end: %q", in, all[:100])
		}
		between(all)
		in.After = next
	}
}

func TestLimitOfAPage(t *testing.T) {
	w := oncalltest.New(t)
	for n := range 60 {
		oncalltest.AddPerson(t, w, "c"+strconv.Itoa(100+n))
	}
	for limit, want := range map[int]int{0: 50, 1: 1, 59: 59, 60: 60, 1024: 60} {
		aliases, next := listed(t, w, contacts.ContactQuery{Limit: limit})
		if len(aliases) != want || (next == "") != (want == 60) {
			t.Errorf("limit %d: got %d and the next page %q, want %d", limit, len(aliases), next, want)
		}
	}
	for _, limit := range []int{-1, 1025} {
		_, err := w.Contacts(t.Context(), oncalltest.Program, contacts.ContactQuery{Limit: limit})
		oncalltest.WantRefusal(t, err, oncall.Invalid, oncall.Range, "Ask for 1 to 1024 contacts.")
	}
}

func TestListLeadsWithTheUnreachable(t *testing.T) {
	w := oncalltest.New(t)
	for _, alias := range []string{"dora", "ana", "bob", "carl"} {
		sms := oncalltest.AddChannel(t, w, oncall.NewChannel{Contact: oncalltest.AddPerson(t, w, alias), Address: "+15005550199"})
		if alias == "ana" || alias == "carl" {
			oncalltest.Activate(t, w, sms)
		}
	}
	oncalltest.AddContact(t, w, oncall.NewContact{Alias: "a-team", Type: oncall.Escalation})
	for _, limit := range []int{1, 2, 3, 50} {
		got := walk(t, w, contacts.ContactQuery{Limit: limit}, func([]string) {})
		oncalltest.Same(t, "order", []string{"bob", "dora", "ana", "carl", "a-team"}, got)
	}
	reachable, none := oncall.Reachable, oncall.Reachability("")
	oncalltest.Same(t, "reachable", []string{"ana", "carl"}, walk(t, w, contacts.ContactQuery{Limit: 1, Reachability: &reachable}, func([]string) {}))
	oncalltest.Same(t, "no persons", []string{"a-team"}, walk(t, w, contacts.ContactQuery{Reachability: &none}, func([]string) {}))

	page, err := w.Contacts(t.Context(), oncalltest.Manager, contacts.ContactQuery{Search: "bob"})
	if err != nil {
		t.Fatal(err)
	}
	oncalltest.Same(t, "counts", map[oncall.Reachability]int{oncall.Unreachable: 0, oncall.Waiting: 2, oncall.Reachable: 2, "": 1}, page.Counts)
	bob := w.Scope().Contact("bob")
	oncalltest.Same(t, "contact", oncalltest.LoadContact(t, w, bob), page.Contacts[0].Contact)
	_, channels, err := w.Channels(t.Context(), oncalltest.Manager, bob)
	if err != nil {
		t.Fatal(err)
	}
	oncalltest.Same(t, "channels", channels, page.Contacts[0].Channels)
}

func TestSearchFindsWordsInAnyOrder(t *testing.T) {
	w := oncalltest.New(t)
	for alias, name := range map[string]string{
		"akuam":  "Akua Mansa",
		"zoe":    "Zoë Müller-Łęcka",
		"nikos":  "Νίκος Παπαδόπουλος",
		"soren":  "Søren Straße",
		"xiao":   "李小龍",
		"ana-1":  "Ana Ana Anaïs",
		"ana-2":  "Anabel Anders",
		"ivan":   "Иван Жуков",
		"euclid": "ℂarl",
	} {
		oncalltest.AddContact(t, w, oncall.NewContact{Alias: alias, DisplayName: name, Type: oncall.Personal})
	}
	for search, want := range map[string][]string{
		"akua":            {"akuam"},
		"mansa akua":      {"akuam"},
		"man aku":         {"akuam"},
		"AKUA, Mansa!":    {"akuam"},
		"kua":             nil, // a word is found from its beginning
		"akua zoe":        nil,
		"zoe":             {"zoe"},
		"ZOË":             {"zoe"},
		"Zoe\u0308":       {"zoe"},
		"muller lecka":    {"zoe"},
		"Müller":          {"zoe"},
		"νικος":           {"nikos"},
		"ΠΑΠΑΔΟΠΟΥΛΟΣ":    {"nikos"},
		"παπαδόπουλος":    {"nikos"},
		"soren strasse":   {"soren"},
		"STRASSE":         {"soren"},
		"李":               {"xiao"},
		"иван":            {"ivan"},
		"carl":            {"euclid"},
		"ana":             {"ana-1", "ana-2"}, // each once
		"an an":           {"ana-1", "ana-2"},
		"ana 2":           {"ana-2"},
		"anais":           {"ana-1"},
		"x\x00 \xff":      {"xiao"},
		"' OR 1=1 --":     nil,
		"%":               nil, // no word at all
		"a b c d e f g h": nil,
	} {
		for _, limit := range []int{1, 50} {
			got := walk(t, w, contacts.ContactQuery{Search: search, Limit: limit}, func([]string) {})
			slices.Sort(got)
			oncalltest.Same(t, "search for "+search, want, got)
		}
	}
}

func TestSearchStopsOnlyWhereMoreWouldHaveToBeLookedAt(t *testing.T) {
	w := oncalltest.New(t, func(o *oncalltest.Options) { o.Candidates = 2 })
	search := func(text string) (aliases []string, next string, stopped bool) {
		page, err := w.Contacts(t.Context(), oncalltest.Manager, contacts.ContactQuery{Search: text})
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range page.Contacts {
			aliases = append(aliases, c.Alias)
		}
		return aliases, page.Next, page.Stopped
	}
	for alias, name := range map[string]string{"a": "Maria", "b": "Maria Ben", "c": "Kofi", "d": "Kofi Ben"} {
		oncalltest.AddContact(t, w, oncall.NewContact{Alias: alias, DisplayName: name, Type: oncall.Personal})
	}
	for _, text := range []string{"maria kofi", "mar ko", "maria ben", "maria nobody", "maria kofi nobody"} {
		if _, next, stopped := search(text); next != "" || stopped {
			t.Errorf("search for %q among two of each: next %q, stopped %t", text, next, stopped)
		}
	}
	oncalltest.AddPerson(t, w, "maria")
	if got, next, stopped := search("maria kofi"); len(got) > 0 || next != "" || stopped {
		t.Errorf("two Kofis lead: got %q, next %q, stopped %t", got, next, stopped)
	}
	oncalltest.AddPerson(t, w, "kofi")
	if got, next, stopped := search("maria kofi"); len(got) > 0 || next == "" || !stopped {
		t.Errorf("three of each: got %q, next %q, stopped %t", got, next, stopped)
	}
	oncalltest.AddPerson(t, w, "kofi-maria-1")
	if got, _, _ := search("maria kofi 1"); !slices.Equal(got, []string{"kofi-maria-1"}) {
		t.Errorf("the rarest word leads: got %q", got)
	}
	if got, _, stopped := search("maria"); len(got) != 4 || stopped {
		t.Errorf("one word: got %q, stopped %t", got, stopped)
	}
}

func TestSearchLooksAtAsManyInAllSectionsTogether(t *testing.T) {
	w := oncalltest.New(t, func(o *oncalltest.Options) { o.Candidates = 2 })
	for n, name := range []string{"Maria", "Maria", "Kofi", "Kofi"} {
		oncalltest.AddContact(t, w, oncall.NewContact{Alias: "p" + strconv.Itoa(n), DisplayName: name, Type: oncall.Personal})
		oncalltest.AddContact(t, w, oncall.NewContact{Alias: "e" + strconv.Itoa(n), DisplayName: name, Type: oncall.Escalation})
	}
	in := contacts.ContactQuery{Search: "maria kofi"}
	for page, stopped := range []bool{true, false} {
		got, err := w.Contacts(t.Context(), oncalltest.Manager, in)
		if err != nil {
			t.Fatal(err)
		}
		if len(got.Contacts) > 0 || got.Stopped != stopped || (got.Next != "") != stopped {
			t.Errorf("page %d: got %d contacts, next %q, stopped %t", page, len(got.Contacts), got.Next, got.Stopped)
		}
		in.After = got.Next
	}
}

func TestSearchLeadsWithTheUnreachable(t *testing.T) {
	w := oncalltest.New(t)
	for _, alias := range []string{"ana-b", "ana-a", "ana-d", "ana-c"} {
		sms := oncalltest.AddChannel(t, w, oncall.NewChannel{Contact: oncalltest.AddPerson(t, w, alias), Address: "+15005550199"})
		if alias < "ana-c" {
			oncalltest.Activate(t, w, sms)
		}
	}
	for limit := range 5 {
		oncalltest.Same(t, "order", []string{"ana-c", "ana-d", "ana-a", "ana-b"}, walk(t, w, contacts.ContactQuery{Search: "ana", Limit: limit}, func([]string) {}))
	}
}

func TestRenamedContactIsFoundByItsNewName(t *testing.T) {
	w := oncalltest.New(t)
	arn := oncalltest.AddContact(t, w, oncall.NewContact{Alias: "x", DisplayName: "Before", Type: oncall.Personal})
	name := "After"
	if _, err := w.UpdateContact(t.Context(), oncalltest.Manager, oncall.ContactChange{Contact: arn, DisplayName: &name}); err != nil {
		t.Fatal(err)
	}
	for search, want := range map[string][]string{"before": nil, "after": {"x"}, "x": {"x"}} {
		got, _ := listed(t, w, contacts.ContactQuery{Search: search})
		oncalltest.Same(t, "search for "+search, want, got)
	}
}

func TestPagesSurviveInsertsAndDeletes(t *testing.T) {
	for _, search := range []string{"", "team"} {
		for _, limit := range []int{1, 3, 7} {
			w := oncalltest.New(t)
			stays := map[string]bool{}
			for n := range 20 {
				alias := "team-" + strconv.Itoa(100+n)
				sms := oncalltest.AddChannel(t, w, oncall.NewChannel{Contact: oncalltest.AddPerson(t, w, alias), Address: "+15005550" + strconv.Itoa(100+n)})
				if n%2 == 0 {
					oncalltest.Activate(t, w, sms)
				}
				stays[alias] = true
			}
			pages := 0
			shown := walk(t, w, contacts.ContactQuery{Search: search, Limit: limit}, func(shown []string) {
				last := shown[len(shown)-1]
				if err := w.DeleteContact(t.Context(), oncalltest.Program, w.Scope().Contact(last)); err != nil { // where the page ended
					t.Fatal(err)
				}
				if pages++; pages > 10 {
					return // or the list would never end
				}
				oncalltest.AddPerson(t, w, last+"a")
				oncalltest.AddPerson(t, w, "team-0"+strconv.Itoa(pages))
				oncalltest.AddPerson(t, w, "team-9"+strconv.Itoa(pages))
			})
			seen := map[string]int{}
			for _, alias := range shown {
				if seen[alias]++; seen[alias] > 1 {
					t.Errorf("search %q, limit %d: %s is shown twice", search, limit, alias)
				}
			}
			for alias := range stays {
				if seen[alias] == 0 {
					t.Errorf("search %q, limit %d: %s is skipped", search, limit, alias)
				}
			}
		}
	}
}

func TestPageTokenNotOfOursIsRefused(t *testing.T) {
	w := oncalltest.New(t)
	for n := range 3 {
		oncalltest.AddPerson(t, w, "c"+strconv.Itoa(n))
	}
	_, good := listed(t, w, contacts.ContactQuery{Limit: 1})
	if _, err := base64.RawURLEncoding.DecodeString(good); err != nil {
		t.Errorf("token %q is not base64url without padding", good)
	}
	encode := func(text string) string { return base64.RawURLEncoding.EncodeToString([]byte(text)) }
	for _, token := range []string{
		"garbage", " ", good + "=", good + "A", good[1:], "\x00", "\xff", "é", good + "\n",
		encode("{}"), encode("null"), encode("[]"), encode(`{"a":""}`), encode(`{"a":"ANA"}`), encode(`{"a":1}`),
		encode(`{"a":"ana","r":"gone"}`), encode(`{"a":"ana","w":"x","r":"unreachable"} `), encode(`{"a":"ana","more":1}`),
		encode(`{"r":"unreachable","a":"ana"}{}`), encode("{\"w\":\"\xff\",\"a\":\"ana\"}"), strings.Repeat("A", 1<<20),
		encode(`{"a":"` + strings.Repeat("a", 2048) + `"}`),
	} {
		_, err := w.Contacts(t.Context(), oncalltest.Program, contacts.ContactQuery{After: token})
		oncalltest.WantRefusal(t, err, oncall.Invalid, oncall.Pattern, "Start again from the first page: this page token is not one that was given out.")
	}
	if _, err := w.Contacts(t.Context(), oncalltest.Program, contacts.ContactQuery{After: good}); err != nil {
		t.Error(err)
	}
}
