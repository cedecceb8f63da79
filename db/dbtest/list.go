package dbtest

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"callbook/internal/oncall"
)

var listFacts = []fact{
	{"ContactsOfOneReachabilityComeByAlias", func(t *testing.T, s store) {
		other := person("bob", "")
		other.Reachability = oncall.Reachable
		s.add(t, person("b", ""), person("a-2", ""), person("a", ""), person("a_1", ""), person("1", ""), other)
		same(t, "the unreachable", []string{"/1", "/a", "/a-2", "/a_1", "/b"}, s.list(t, oncall.Unreachable, nil, oncall.Position{}, 10))
		same(t, "the reachable", []string{"/bob"}, s.list(t, oncall.Reachable, nil, oncall.Position{}, 10))
		same(t, "what is no person", []string(nil), s.list(t, "", nil, oncall.Position{}, 10))
	}},
	{"ListedContactIsWhole", func(t *testing.T, s store) {
		c := person("ana", "Ana Silva")
		c.Plan = oncall.Plan{RotationIDs: []oncall.ARN{"arn:r"}}
		s.add(t, c)
		for _, words := range [][]string{nil, {"silva"}} {
			var found []oncall.ContactAt
			s.view(t, func(q oncall.Queries) (err error) {
				found, err = q.Contacts(oncall.Unreachable, words, oncall.Position{}, 10)
				return err
			})
			same(t, fmt.Sprintf("contacts under %q", words), []oncall.ContactAt{{Contact: c, Word: strings.Join(words, "")}}, found)
		}
	}},
	{"ContactsStartAfterThePosition", func(t *testing.T, s store) {
		s.add(t, person("a", ""), person("b", ""), person("c", ""))
		for after, want := range map[string][]string{"": {"/a", "/b"}, "a": {"/b", "/c"}, "aa": {"/b", "/c"}, "b": {"/c"}, "c": nil} {
			same(t, "two contacts after "+after, want, s.list(t, oncall.Unreachable, nil, oncall.Position{Alias: after}, 2))
		}
	}},
	{"EveryWordMustBeginAWord", func(t *testing.T, s store) {
		s.add(t, person("ana", "Ana Silva"), person("ben", "Benjamin da Silva"), person("silvia", "Silvia Anand"), person("zoe", "Zoë Müller"))
		for search, want := range map[string][]string{
			"silva":          {"silva/ana", "silva/ben"},
			"silv an":        {"silva/ana", "silvia/silvia"},
			"an silv":        {"ana/ana", "anand/silvia"},
			"silv da benja":  {"silva/ben"},
			"da silv":        {"da/ben"},
			"ilva":           nil,
			"silvana":        nil,
			"silva x":        nil,
			"s":              {"silva/ana", "silva/ben", "silvia/silvia"},
			"mull zo":        {"muller/zoe"},
			"ben ben":        {"ben/ben"},
			"da ana":         nil,
			"anand sil silv": {"anand/silvia"},
		} {
			same(t, "contacts under "+search, want, s.list(t, oncall.Unreachable, strings.Fields(search), oncall.Position{}, 10))
		}
	}},
	{"ContactIsListedOnceAtTheFirstWordThatTheFirstBegins", func(t *testing.T, s store) {
		s.add(t, person("anna", "Anton Andersen An"), person("andy", "Ann"))
		for search, want := range map[string][]string{
			"an":     {"an/anna", "andy/andy"},
			"and":    {"andersen/anna", "andy/andy"},
			"ann":    {"ann/andy", "anna/anna"},
			"an ant": {"an/anna"},
			"an and": {"an/anna", "andy/andy"},
			"and an": {"andersen/anna", "andy/andy"},
		} {
			same(t, "contacts under "+search, want, s.list(t, oncall.Unreachable, strings.Fields(search), oncall.Position{}, 10))
		}
	}},
	{"WordsAreCountedUpToALimit", func(t *testing.T, s store) {
		s.add(t, person("ana", "Anna An Silva"), person("ben", "Andersen"))
		for _, c := range []struct {
			word string
			most int
			want int
		}{{"an", 10, 4}, {"an", 3, 3}, {"silva", 10, 1}, {"x", 10, 0}, {"ann", 1, 1}} {
			s.view(t, func(q oncall.Queries) error {
				n, err := q.CountWords(oncall.Unreachable, c.word, c.most)
				same(t, fmt.Sprintf("words under %s, at most %d", c.word, c.most), c.want, n)
				return err
			})
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
			after := oncall.Position{}
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
			same(t, "first page", []string{word + "/a", word + "/c"}, s.list(t, oncall.Unreachable, words, oncall.Position{}, 2))
			s.deleteContact(t, "c", start)
			s.add(t, person("b", "Silva"), person("d", "Silva"))
			same(t, "page after a deleted contact", []string{word + "/d", word + "/e"},
				s.list(t, oncall.Unreachable, words, oncall.Position{Word: word, Alias: "c"}, 10))
			s.deleteContact(t, "b", start)
			s.deleteContact(t, "d", start)
			s.add(t, person("c", "Silva"))
		}
	}},
}

// crowd makes contacts out of few words, so that many share them.
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

// prefixes makes up to three words to search for.
func prefixes(dice *rand.Rand) []string {
	all := [][]string{{"a", "s", "b", "d", "z", "1"}, {"an", "si", "zo", "be", "da"}, {"ann", "sil", "zoe"}, {"anna", "silv"}}
	dice.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	var words []string
	for _, some := range all[:dice.IntN(4)] {
		words = append(words, some[dice.IntN(len(some))])
	}
	return words
}

// model is the list of contacts told once more, without a database.
func model(all []oncall.Contact, words []string) []string {
	var found []oncall.ContactAt
	for _, c := range all {
		if at, ok := position(c, words); ok {
			found = append(found, at)
		}
	}
	slices.SortFunc(found, func(a, b oncall.ContactAt) int {
		return cmp.Or(cmp.Compare(a.Word, b.Word), cmp.Compare(a.Alias, b.Alias))
	})
	var list []string
	for _, c := range found {
		list = append(list, c.Word+"/"+c.Alias)
	}
	return list
}

func position(c oncall.Contact, words []string) (oncall.ContactAt, bool) {
	at := oncall.ContactAt{Contact: c}
	for i, word := range words {
		has := slices.DeleteFunc(c.Words(), func(w string) bool { return !strings.HasPrefix(w, word) })
		if len(has) == 0 {
			return at, false
		}
		if i == 0 {
			at.Word = slices.Min(has)
		}
	}
	return at, true
}
