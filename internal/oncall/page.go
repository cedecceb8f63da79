package oncall

import (
	"context"
	"slices"
	"strings"
	"unicode/utf8"
)

// ContactQuery is the input of Contacts.
type ContactQuery struct {
	Search       string        // every word (of more than eight the longest) must begin a word of the name or the alias
	Reachability *Reachability // nil: all
	After        string        // ContactPage.Next of the page before; empty: the first page
	Limit        int           // 1 to 1024; 0 means 50
}

// ContactPage is one page of the list of contacts.
type ContactPage struct {
	Contacts []ContactSummary
	Next     string               // opaque; empty on the last page
	Counts   map[Reachability]int // of all contacts, whatever was searched for
}

// ContactSummary is a contact with what the list says of its channels.
type ContactSummary struct {
	Contact
	Channels []Channel
}

// Contacts returns a page of contacts: the unreachable first, within that by
// alias, or by the word that was found. A page survives inserts and deletes
// between pages: nobody who stays in place is skipped or shown twice. It fails
// with Invalid for a limit out of range or a token it did not make.
func (s *Service) Contacts(ctx context.Context, by Actor, in ContactQuery) (ContactPage, error) {
	if err := s.permit(ctx, by, ListContacts, ""); err != nil {
		return ContactPage{}, err
	}
	from, err := parsePageToken(in.After)
	if err != nil {
		return ContactPage{}, err
	}
	if in.Limit, err = pageLimit(in.Limit, "contacts"); err != nil {
		return ContactPage{}, err
	}
	words := searchWords(in.Search)
	var page ContactPage
	err = s.view(ctx, func(q Queries) (err error) {
		if page.Counts, err = q.CountContacts(); err != nil {
			return err
		}
		if len(words) == 0 && strings.TrimSpace(in.Search) != "" {
			return nil // no name has a word without letters and digits
		}
		found, err := gather(q, in, words, from)
		if err != nil {
			return err
		}
		if len(found) > in.Limit {
			found = found[:in.Limit]
			last := found[in.Limit-1]
			page.Next = pageStart{Reachability: last.Reachability, Word: last.Word, Alias: last.Alias}.token()
		}
		page.Contacts, err = s.summaries(q, found)
		return err
	})
	return page, err
}

// gather reads one contact more than the limit, which says whether there is
// another page.
func gather(q Queries, in ContactQuery, words []string, from pageStart) ([]ContactAt, error) {
	var found []ContactAt
	order := Reachabilities()
	if from.Alias != "" {
		order = order[slices.Index(order, from.Reachability):]
	}
	for _, r := range order {
		if in.Reachability != nil && *in.Reachability != r {
			continue
		}
		var after Position
		if r == from.Reachability {
			after = Position{Word: from.Word, Alias: from.Alias}
		}
		more, err := section(q, r, words, after, in.Limit+1-len(found))
		if err != nil {
			return nil, err
		}
		if found = append(found, more...); len(found) > in.Limit {
			break
		}
	}
	return found, nil
}

// section reads contacts of one reachability.
func section(q Queries, r Reachability, words []string, after Position, limit int) ([]ContactAt, error) {
	if len(words) == 0 {
		return q.Contacts(r, after.Alias, limit)
	}
	lead, err := leading(q, r, words, after)
	if err != nil {
		return nil, err
	}
	others := slices.DeleteFunc(slices.Clone(words), func(w string) bool { return w == lead.First || w == lead.Word })
	return q.FindContacts(r, lead, others, after, limit)
}

func (s *Service) summaries(q Queries, found []ContactAt) ([]ContactSummary, error) {
	aliases := make([]string, len(found))
	for i, c := range found {
		aliases[i] = c.Alias
	}
	channels, err := q.ChannelsOf(aliases)
	if err != nil {
		return nil, err
	}
	list := make([]ContactSummary, len(found))
	for i, c := range found {
		c.ARN = s.scope.Contact(c.Alias)
		list[i] = ContactSummary{Contact: c.Contact, Channels: s.named(channels[c.Alias])}
	}
	return list, nil
}

// mostWords bounds how many words of a search count, the longest first.
const mostWords = 8

// searchWords returns the words of a search in order, without those that another
// one begins with anyway.
func searchWords(search string) []string {
	all := Words(search) // in order: what begins with a word follows it
	words := slices.DeleteFunc(slices.Clone(all), func(w string) bool {
		next, _ := slices.BinarySearch(all, w+"\x00")
		return next < len(all) && strings.HasPrefix(all[next], w)
	})
	slices.SortStableFunc(words, func(a, b string) int { return len(b) - len(a) })
	words = words[:min(len(words), mostWords)]
	slices.Sort(words)
	return words
}

// searchTerms returns the terms that a search can walk along: its word, or each
// pair of its words. None of the words begins another, so of two words that
// contacts have, the one that the earlier word begins comes first too.
func searchTerms(words []string) []Term {
	if len(words) == 1 {
		return []Term{{Word: words[0]}}
	}
	var pairs []Term
	for i, word := range words {
		for _, first := range words[:i] {
			pairs = append(pairs, Term{First: first, Word: word})
		}
	}
	return pairs
}

// countedTerms is how far what a term begins is counted, so that counting costs
// the same in every book. Two words always cost the same too. Of three or more,
// the first pair leads when all are more common; a search whose every pair is
// common, and that few people match whole, reads everybody who has that pair.
const countedTerms = 100

// leading returns the term that a search walks along: the one that the fewest
// contacts have, and on a later page one with the word of the pages before.
func leading(q Queries, r Reachability, words []string, after Position) (Term, error) {
	terms := searchTerms(words)
	if after.Word != "" {
		terms = slices.DeleteFunc(terms, func(t Term) bool { return !strings.HasPrefix(after.Word, t.Word) })
	}
	if len(terms) == 0 {
		return Term{}, badPageToken()
	}
	lead, fewest := terms[0], countedTerms+1
	for _, t := range terms {
		if len(terms) == 1 {
			break
		}
		n, err := q.CountTerm(r, t, min(fewest, countedTerms))
		if err != nil {
			return Term{}, err
		}
		if n < fewest {
			lead, fewest = t, n
		}
	}
	return lead, nil
}

// pageStart is what a page token holds: the last contact of the page before.
type pageStart struct {
	Reachability Reachability `json:"r,omitempty"`
	Word         string       `json:"w,omitempty"`
	Alias        string       `json:"a"`
}

func (p pageStart) token() string { return pageToken(p) }

// parsePageToken takes the token of a page of contacts apart; the empty one is
// the start. Only what token makes is accepted.
func parsePageToken(token string) (pageStart, error) {
	return openPageToken(token, func(p pageStart) bool {
		return slices.Contains(Reachabilities(), p.Reachability) && isAlias(p.Alias) && utf8.ValidString(p.Word)
	})
}
