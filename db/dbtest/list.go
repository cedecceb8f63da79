package dbtest

import (
	"callbook/db"

	"cmp"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"callbook/internal/contacts"
	"callbook/internal/oncall"
)

var listFacts = []fact{
	{"ContactsOfOneReachabilityComeByAlias", func(t *testing.T, s store) {
		other := person("bob", "")
		other.Reachability = oncall.Reachable
		s.add(t, person("b", ""), person("a-2", ""), person("a", ""), person("a_1", ""), person("1", ""), other)
		same(t, "the unreachable", []string{"/1", "/a", "/a-2", "/a_1", "/b"}, s.list(t, oncall.Unreachable, nil, contacts.Position{}, 10))
		same(t, "the reachable", []string{"/bob"}, s.list(t, oncall.Reachable, nil, contacts.Position{}, 10))
		same(t, "what is no person", []string(nil), s.list(t, "", nil, contacts.Position{}, 10))
	}},
	{"ListedContactIsWholeButForThePlan", func(t *testing.T, s store) {
		c := person("ana", "Ana Silva")
		c.Plan = oncall.Plan{RotationIDs: []oncall.ARN{"arn:r"}}
		s.add(t, c)
		c.Plan = oncall.Plan{}
		for _, words := range [][]string{nil, {"silva"}} {
			var found []contacts.ContactAt
			s.view(t, func(q db.Queries) (err error) {
				found, err = find(q, oncall.Unreachable, words, contacts.Position{}, 10)
				return err
			})
			same(t, fmt.Sprintf("contacts under %q", words), []contacts.ContactAt{{Contact: c, Word: strings.Join(words, "")}}, found)
		}
	}},
	{"ContactsStartAfterThePosition", func(t *testing.T, s store) {
		s.add(t, person("a", ""), person("b", ""), person("c", ""))
		for after, want := range map[string][]string{"": {"/a", "/b"}, "a": {"/b", "/c"}, "aa": {"/b", "/c"}, "b": {"/c"}, "c": nil} {
			same(t, "two contacts after "+after, want, s.list(t, oncall.Unreachable, nil, contacts.Position{Alias: after}, 2))
		}
	}},
	{"ContactsOfATypeComeByAlias", func(t *testing.T, s store) {
		team := person("a-team", "")
		team.Type, team.Reachability = oncall.Escalation, ""
		s.add(t, person("b", ""), person("a-2", ""), person("a", ""), person("a_1", ""), person("1", ""), person("a-", ""), team)
		for _, c := range []struct {
			prefix string
			of     oncall.ContactType
			after  string
			limit  int
			want   []string
		}{
			{"", "", "", 10, []string{"1", "a", "a-", "a-2", "a-team", "a_1", "b"}},
			{"", "", "", 2, []string{"1", "a"}},
			{"", "", "a", 2, []string{"a-", "a-2"}},
			{"", "", "aa", 9, []string{"b"}},
			{"", "", "b", 9, nil},
			{"a-", "", "", 9, []string{"a-", "a-2", "a-team"}},
			{"a-", "", "a-", 9, []string{"a-2", "a-team"}},
			{"a-", "", "1", 1, []string{"a-"}},
			{"a-", "", "a_1", 9, nil},
			{"c", "", "", 9, nil},
			{"", oncall.Escalation, "", 9, []string{"a-team"}},
			{"a-", oncall.Personal, "a-", 9, []string{"a-2"}},
			{"", oncall.OncallSchedule, "", 9, nil},
		} {
			found := ask(t, s, func(q db.Queries) ([]oncall.Contact, error) {
				return q.ContactsByAlias(c.prefix, c.of, c.after, c.limit)
			})
			var got []string
			for _, contact := range found {
				got = append(got, contact.Alias)
			}
			same(t, fmt.Sprintf("%d of %q that begin with %q after %q", c.limit, c.of, c.prefix, c.after), c.want, got)
		}
		same(t, "the whole contact", []oncall.Contact{team}, ask(t, s, func(q db.Queries) ([]oncall.Contact, error) {
			return q.ContactsByAlias("", oncall.Escalation, "", 1)
		}))
	}},
	{"EveryWordMustBeginAWord", func(t *testing.T, s store) {
		s.add(t, person("ana", "Ana Silva"), person("ben", "Benjamin da Silva"), person("silvia", "Silvia Anand"), person("zoe", "Zoë Müller"))
		for search, want := range map[string][]string{
			"silva":         {"silva/ana", "silva/ben"},
			"silv an":       {"silva/ana", "silvia/silvia"},
			"an silv":       {"silva/ana", "silvia/silvia"},
			"silv da benja": {"silva/ben"},
			"da silv":       {"silva/ben"},
			"ilva":          nil,
			"silvana":       nil,
			"silva x":       nil,
			"s":             {"silva/ana", "silva/ben", "silvia/silvia"},
			"mull zo":       {"zoe/zoe"},
			"da ana":        nil,
			"anand silvia":  {"silvia/silvia"},
			"ana silv x":    nil,
		} {
			same(t, "contacts under "+search, want, s.list(t, oncall.Unreachable, strings.Fields(search), contacts.Position{}, 10))
		}
	}},
	{"ContactIsListedOnceAtTheFirstWordThatTheFirstBegins", func(t *testing.T, s store) {
		s.add(t, person("anna", "Anton Andersen An"), person("andy", "Ann Ad"))
		for search, want := range map[string][]string{
			"an":    {"an/anna", "andy/andy"},
			"and":   {"andersen/anna", "andy/andy"},
			"ann":   {"ann/andy", "anna/anna"},
			"ad an": {"andy/andy"}, // by andy and ann
			"a":     {"ad/andy", "an/anna"},
		} {
			same(t, "contacts under "+search, want, s.list(t, oncall.Unreachable, strings.Fields(search), contacts.Position{}, 10))
		}
	}},
	{"CandidatesAreCountedUpToALimit", func(t *testing.T, s store) {
		s.add(t, person("ana", "Anna An Silva"), person("ben", "Andersen"))
		for _, c := range []struct {
			lead  string
			after contacts.Position
			max   int
			want  int
		}{
			{"an", contacts.Position{}, 10, 4}, {"an", contacts.Position{}, 3, 3}, {"silva", contacts.Position{}, 10, 1},
			{"x", contacts.Position{}, 10, 0}, {"ann", contacts.Position{}, 1, 1}, {"an", contacts.Position{}, 0, 0},
			{"an", contacts.Position{Word: "an", Alias: "ana"}, 10, 3}, {"an", contacts.Position{Word: "an", Alias: "a"}, 10, 4},
			{"an", contacts.Position{Word: "andersen", Alias: "ben"}, 10, 1}, {"an", contacts.Position{Word: "anna", Alias: "ana"}, 10, 0},
		} {
			s.view(t, func(q db.Queries) error {
				n, err := q.CountCandidates(oncall.Unreachable, c.lead, c.after, c.max)
				same(t, fmt.Sprintf("candidates of %q after %v, at most %d", c.lead, c.after, c.max), c.want, n)
				return err
			})
		}
	}},
	{"NthCandidateIsCountedFromThePosition", func(t *testing.T, s store) {
		s.add(t, person("ana", "Anna An Silva"), person("ben", "Andersen"))
		all := []contacts.Position{{Word: "an", Alias: "ana"}, {Word: "ana", Alias: "ana"}, {Word: "andersen", Alias: "ben"}, {Word: "anna", Alias: "ana"}}
		for from := range len(all) {
			var after contacts.Position
			if from > 0 {
				after = all[from-1]
			}
			for n, want := range all[from:] {
				same(t, fmt.Sprintf("candidate %d after %v", n+1, after), want, ask(t, s, func(q db.Queries) (contacts.Position, error) {
					return q.Candidate(oncall.Unreachable, "an", after, n+1)
				}))
			}
			s.view(t, func(q db.Queries) error {
				_, err := q.Candidate(oncall.Unreachable, "an", after, len(all)-from+1)
				same(t, "the one behind the last is missing", true, errors.Is(err, oncall.ErrMissing))
				return nil
			})
		}
	}},
	{"SearchLooksAtNoMoreThanTheCandidates", func(t *testing.T, s store) {
		s.add(t, person("a", "Maria Kofi"), person("b", "Maria"), person("c", "Maria Mar"), person("d", "Maria Kofi"))
		for candidates, want := range [][]string{nil, {"mar/c"}, {"mar/c", "maria/a"}, {"mar/c", "maria/a", "maria/b"},
			{"mar/c", "maria/a", "maria/b"}, {"mar/c", "maria/a", "maria/b", "maria/d"}} { // c's second word is a candidate too
			same(t, fmt.Sprintf("under mar among %d", candidates), want, s.find(t, "mar", nil, candidates))
		}
		for candidates, want := range [][]string{nil, {"maria/a"}, {"maria/a"}, {"maria/a"}, {"maria/a", "maria/d"}} {
			same(t, fmt.Sprintf("under maria with ko among %d", candidates), want, s.find(t, "maria", []string{"ko"}, candidates))
		}
	}},
	{"PagesHoldEveryContactOnce", func(t *testing.T, s store) {
		all := crowd(60)
		s.add(t, anys(all)...)
		dice := rand.New(rand.NewPCG(1, 2))
		for range 60 {
			words, limit := prefixes(dice), 1+dice.IntN(7)
			want := model(all, words)
			var got []string
			after := contacts.Position{}
			for range len(all) + 1 {
				page := s.list(t, oncall.Unreachable, words, after, limit)
				if got = append(got, page...); len(page) < limit {
					break
				}
				after.Word, after.Alias, _ = strings.Cut(page[limit-1], "/")
			}
			same(t, fmt.Sprintf("contacts under %q in pages of %d", words, limit), want, got)
		}
	}},
	{"PagesSurviveInsertsAndDeletes", func(t *testing.T, s store) {
		s.add(t, person("a", "Silva"), person("c", "Silva"), person("e", "Silva"))
		for _, words := range [][]string{nil, {"silva"}} {
			word := strings.Join(words, "")
			same(t, "first page", []string{word + "/a", word + "/c"}, s.list(t, oncall.Unreachable, words, contacts.Position{}, 2))
			s.deleteContact(t, "c", start)
			s.add(t, person("b", "Silva"), person("d", "Silva"))
			same(t, "page after a deleted contact", []string{word + "/d", word + "/e"},
				s.list(t, oncall.Unreachable, words, contacts.Position{Word: word, Alias: "c"}, 10))
			s.deleteContact(t, "b", start)
			s.deleteContact(t, "d", start)
			s.add(t, person("c", "Silva"))
		}
	}},
}

// find returns as word/alias the contacts that have the words, among a number of candidates.
func (s store) find(t *testing.T, lead string, others []string, candidates int) []string {
	t.Helper()
	var list []string
	s.view(t, func(q db.Queries) error {
		found, err := q.FindContacts(oncall.Unreachable, lead, others, contacts.Position{}, 10, candidates)
		for _, c := range found {
			list = append(list, c.Word+"/"+c.Alias)
		}
		return err
	})
	return list
}

// crowd makes contacts from few words, so that many share a word.
func crowd(n int) []oncall.Contact {
	dice := rand.New(rand.NewPCG(3, 4))
	words := strings.Fields("Ana Anna Annabel An Silva Silvana Sil S Ben Benn de da Zoë")
	list := make([]oncall.Contact, n)
	for i := range list {
		name := ""
		for range dice.IntN(5) {
			name += words[dice.IntN(len(words))] + " "
		}
		alias := strings.ToLower(fmt.Sprintf("%s-%d", strings.ReplaceAll(words[dice.IntN(len(words))], "ë", "e"), i))
		list[i] = person(alias, name)
	}
	return list
}

func anys[T any](list []T) []any {
	all := make([]any, len(list))
	for i, e := range list {
		all[i] = e
	}
	return all
}

// prefixes returns up to three random words to search for.
func prefixes(dice *rand.Rand) []string {
	all := [][]string{{"a", "s", "b", "d", "z", "1"}, {"an", "si", "zo", "be", "da"}, {"ann", "sil", "zoe"}, {"anna", "silv"}}
	dice.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	var words []string
	for _, group := range all[:dice.IntN(4)] {
		words = append(words, group[dice.IntN(len(group))])
	}
	return words
}

// model computes the list of contacts without a database.
func model(all []oncall.Contact, words []string) []string {
	var found []contacts.ContactAt
	for _, c := range all {
		if at, ok := position(c, words); ok {
			found = append(found, at)
		}
	}
	slices.SortFunc(found, func(a, b contacts.ContactAt) int {
		return cmp.Or(cmp.Compare(a.Word, b.Word), cmp.Compare(a.Alias, b.Alias))
	})
	var list []string
	for _, c := range found {
		list = append(list, c.Word+"/"+c.Alias)
	}
	return list
}

func position(c oncall.Contact, words []string) (contacts.ContactAt, bool) {
	at := contacts.ContactAt{Contact: c}
	words = apart(words)
	for i, word := range words {
		has := slices.DeleteFunc(c.Words(), func(w string) bool { return !strings.HasPrefix(w, word) })
		if len(has) == 0 {
			return at, false
		}
		if i == len(words)-1 {
			at.Word = slices.Min(has)
		}
	}
	return at, true
}
