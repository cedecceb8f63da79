package oncall

import (
	"context"
	"encoding/base64"
	"encoding/json"
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
	if err := s.permit(by); err != nil {
		return ContactPage{}, err
	}
	if in.Limit == 0 {
		in.Limit = 50
	}
	from, err := parsePageToken(in.After)
	if err != nil {
		return ContactPage{}, err
	}
	if in.Limit < 1 || in.Limit > 1024 {
		return ContactPage{}, invalid(FieldError{Field: FieldPage, Reason: Range, Message: "Ask for 1 to 1024 contacts."})
	}
	words := searchWords(in.Search)
	var page ContactPage
	err = s.view(ctx, by, func(q Queries) (err error) {
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
		led, err := leading(q, r, words, after)
		if err != nil {
			return nil, err
		}
		more, err := q.Contacts(r, led, after, in.Limit+1-len(found))
		if err != nil {
			return nil, err
		}
		if found = append(found, more...); len(found) > in.Limit {
			break
		}
	}
	return found, nil
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

// searchWords returns the words of a search, without those that another one
// begins with anyway.
func searchWords(search string) []string {
	all := Words(search) // in order: what begins with a word follows it
	words := slices.DeleteFunc(slices.Clone(all), func(w string) bool {
		next, _ := slices.BinarySearch(all, w+"\x00")
		return next < len(all) && strings.HasPrefix(all[next], w)
	})
	slices.SortStableFunc(words, func(a, b string) int { return len(b) - len(a) })
	return words[:min(len(words), mostWords)]
}

// countedWords is how far the words under a search word are counted, so that
// counting costs the same in every book. Of words that are all more common the
// longest leads, which need not be the rarest: where few people have all of
// them, such a search reads everybody who has the leading one.
const countedWords = 100

// leading puts the word first that a search walks along: on a later page the one
// of the pages before, else the one that the fewest contacts have.
func leading(q Queries, r Reachability, words []string, after Position) ([]string, error) {
	if len(words) < 2 {
		return words, nil
	}
	first, fewest := 0, countedWords+1
	for i, w := range words {
		if after.Word != "" && strings.HasPrefix(after.Word, w) {
			first = i
			break
		}
		n, err := q.CountWords(r, w, min(fewest, countedWords))
		if err != nil {
			return nil, err
		}
		if n < fewest {
			first, fewest = i, n
		}
	}
	led := slices.Clone(words)
	led[0], led[first] = led[first], led[0]
	return led, nil
}

// pageStart is what a page token holds: the last contact of the page before.
type pageStart struct {
	Reachability Reachability `json:"r,omitempty"`
	Word         string       `json:"w,omitempty"`
	Alias        string       `json:"a"`
}

func (p pageStart) token() string {
	start, _ := json.Marshal(p)
	return base64.RawURLEncoding.EncodeToString(start)
}

// longestPageToken is the service model's limit; ours stay far below it.
const longestPageToken = 2048

// parsePageToken takes a page token apart; the empty one is the start. Only
// what token makes is accepted.
func parsePageToken(token string) (pageStart, error) {
	var start pageStart
	if token == "" {
		return start, nil
	}
	refused := invalid(FieldError{Field: FieldPage, Reason: Pattern,
		Message: "Start again from the first page: this page token is not one that was given out."})
	raw, err := base64.RawURLEncoding.DecodeString(token[:min(len(token), longestPageToken)])
	if err != nil || json.Unmarshal(raw, &start) != nil {
		return pageStart{}, refused
	}
	known := slices.Contains(Reachabilities(), start.Reachability) && aliasForm.MatchString(start.Alias) && utf8.ValidString(start.Word)
	if !known || start.token() != token {
		return pageStart{}, refused
	}
	return start, nil
}
