package contacts_test

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"callbook/db"
	"callbook/db/oncalltest"
	"callbook/internal/contacts"
	"callbook/internal/oncall"
)

// nameParts are few, so that many people share them and some begin others.
var nameParts = strings.Fields("Ana Anna Annabel An Silva Silvana Sil S Ben Benn Zoe Maria Mar Kofi K2 2 da")

// namesakes stores n contacts with names out of the nameParts, in all four sections of the list.
func namesakes(t *testing.T, w *oncalltest.World, dice *rand.Rand, n int) []oncall.Contact {
	t.Helper()
	var all []oncall.Contact
	for i := range n {
		c := oncall.Contact{Alias: fmt.Sprintf("%s-%03d", strings.ToLower(nameParts[dice.IntN(len(nameParts))]), dice.IntN(n)*n+i), ID: fmt.Sprint(i), Version: 1,
			CreatedAt: w.Now(), UpdatedAt: w.Now(), Type: oncall.Personal, Reachability: oncall.Reachabilities()[dice.IntN(4)]}
		for range dice.IntN(5) {
			c.DisplayName += nameParts[dice.IntN(len(nameParts))] + " "
		}
		if c.Reachability == "" {
			c.Type = oncall.Escalation
		}
		all = append(all, c)
	}
	err := w.Store.Update(t.Context(), func(q db.Queries) error {
		for _, c := range all {
			if _, err := q.InsertContact(c, oncall.Request{}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// beginning returns the first word of a contact, in order, that begins with a text, or "".
func beginning(c oncall.Contact, text string) string {
	words := strings.Fields(strings.ToLower(strings.ReplaceAll(c.Alias, "-", " ") + " " + c.DisplayName))
	slices.Sort(words)
	for _, word := range words {
		if strings.HasPrefix(word, text) {
			return word
		}
	}
	return ""
}

// whoMatches is the search told once more, over everybody and without an index: who
// has a word for each word of the search, in each section by where one word leads.
func whoMatches(all []oncall.Contact, r oncall.Reachability, words []string, lead string) []string {
	var who []oncall.Contact
	for _, c := range all {
		if c.Reachability == r && !slices.ContainsFunc(words, func(word string) bool { return beginning(c, word) == "" }) {
			who = append(who, c)
		}
	}
	slices.SortFunc(who, func(a, b oncall.Contact) int {
		return cmp.Or(cmp.Compare(beginning(a, lead), beginning(b, lead)), cmp.Compare(a.Alias, b.Alias))
	})
	var aliases []string
	for _, c := range who {
		aliases = append(aliases, c.Alias)
	}
	return aliases
}

func TestPagesOfASearchHoldExactlyWhoMatchesInOrderAndOnce(t *testing.T) {
	for seed := range uint64(3) {
		w := oncalltest.New(t)
		all := namesakes(t, w, rand.New(rand.NewPCG(seed, 1)), 120)
		rapid.Check(t, func(t *rapid.T) {
			var words []string
			for _, part := range rapid.SliceOfN(rapid.SampledFrom(nameParts), 1, 4).Draw(t, "parts") {
				words = append(words, strings.ToLower(part[:rapid.IntRange(1, len(part)).Draw(t, "letters")]))
			}
			in := contacts.ContactQuery{Search: strings.Join(words, " "), Limit: rapid.IntRange(1, 30).Draw(t, "limit")}
			bound := rapid.SampledFrom([]int{1, 2, 3, 7, 20, 100, 1000}).Draw(t, "candidates")
			sections := oncall.Reachabilities()
			if rapid.Bool().Draw(t, "filtered") {
				sections = sections[rapid.IntRange(0, 3).Draw(t, "section"):][:1]
				in.Reachability = &sections[0]
			}
			w := w.Over(w.Store, func(o *oncalltest.Options) { o.Candidates = bound })
			got := everyPage(t, w, in, bound)
			for _, r := range sections {
				var shown []string
				for len(got) > 0 && got[0].Reachability == r {
					shown, got = append(shown, got[0].Alias), got[1:]
				}
				if !slices.ContainsFunc(words, func(lead string) bool { return slices.Equal(shown, whoMatches(all, r, words, lead)) }) {
					t.Fatalf("%q among the %q: got %q, want all of %q in the order of one of the words", in.Search, r, shown, whoMatches(all, r, words, words[0]))
				}
			}
			if len(got) > 0 {
				t.Fatalf("%q: got %v out of order", in.Search, got)
			}
		})
	}
}

// everyPage returns the contacts of all pages, and fails for a page that ends before
// it is full without being the last or saying so.
func everyPage(t *rapid.T, w *oncalltest.World, in contacts.ContactQuery, bound int) (all []contacts.ContactSummary) {
	for range 2000 {
		page, err := w.Contacts(t.Context(), oncalltest.Manager, in)
		if err != nil {
			t.Fatal(err)
		}
		full := len(page.Contacts) == in.Limit
		if len(page.Contacts) > in.Limit || page.Stopped && page.Next == "" || page.Next != "" && !full && !page.Stopped || page.Stopped && bound == 1000 {
			t.Fatalf("%+v: got %d contacts, next %q, stopped %t", in, len(page.Contacts), page.Next, page.Stopped)
		}
		if all = append(all, page.Contacts...); page.Next == "" {
			return all
		}
		in.After = page.Next
	}
	t.Fatalf("%+v does not end", in)
	return nil
}
