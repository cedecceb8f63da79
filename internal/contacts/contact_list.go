package contacts

import (
	"context"
	"slices"
	"strings"
	"unicode/utf8"

	"callbook/internal/oncall"
)

// ContactQuery is the input of Contacts.
type ContactQuery struct {
	Search       string               // each word (the longest eight) begins a word of the name or the alias
	Reachability *oncall.Reachability // nil: all
	After        string               // ContactList.Next of the page before; empty: the first page
	Limit        int                  // 1 to 1024; 0 means 50
}

// ContactList is one page of the list of contacts.
type ContactList struct {
	Contacts []ContactSummary
	Next     string                      // opaque; empty on the last page
	Counts   map[oncall.Reachability]int // of all contacts, whatever was searched for

	// Stopped: too many people have a word of the search, and the page ends before
	// it is full, perhaps with nobody on it. Next goes on behind the last person
	// who was looked at.
	Stopped bool
}

// ContactSummary is a contact with a summary of its channels.
type ContactSummary struct {
	oncall.Contact
	Channels []oncall.Channel
}

// Contacts returns a page of contacts: the unreachable first, within that by
// alias, or by the word that was found. A page survives inserts and deletes
// between pages: nobody who stays in place is skipped or shown twice. A search
// for several words looks at a bounded number of people for each page. It fails
// with Invalid for a limit out of range or a token it did not make.
func (d *Directory) Contacts(ctx context.Context, by oncall.Actor, in ContactQuery) (ContactList, error) {
	if err := d.PermitOn(ctx, by, oncall.ListContacts, ""); err != nil {
		return ContactList{}, err
	}
	from, err := parseCursor(in.After)
	if err != nil {
		return ContactList{}, err
	}
	if in.Limit, err = oncall.PageSize(in.Limit, "contacts"); err != nil {
		return ContactList{}, err
	}
	words := oncall.SearchWords(in.Search)
	var page ContactList
	err = d.store.View(ctx, func(q Queries) (err error) {
		if page.Counts, err = q.CountContacts(); err != nil {
			return err
		}
		if len(words) == 0 && strings.TrimSpace(in.Search) != "" {
			return nil // no name has a word without letters and digits
		}
		g := gathering{q: q, words: words, counted: max(1, d.candidates/10), candidates: d.candidates}
		if err := g.run(in, from); err != nil {
			return err
		}
		page.Next, page.Stopped = g.next, g.stopped
		page.Contacts, err = d.summaries(q, g.found)
		return err
	})
	return page, err
}

// maxCandidates is how many words of the index a search looks at for one page, so
// that a page costs the same however many contacts there are.
const maxCandidates = 1000

// gathering collects the contacts of one page, one reachability after the other.
type gathering struct {
	q          Queries
	words      []string // of the search, none of which begins another
	counted    int      // how far the candidates of each word are counted before one leads
	candidates int      // how many more of them may be looked at
	looked     stretch  // the last one with any

	found   []ContactAt
	next    string // ContactList.Next
	stopped bool   // ContactList.Stopped
}

// stretch is a number of words of the index that were looked at, one after another.
type stretch struct {
	r     oncall.Reachability
	lead  string
	after Position
	n     int
}

// run asks for one contact more than the limit, which says whether there is
// another page.
func (g *gathering) run(in ContactQuery, from pageStart) error {
	if len(g.words) == 1 { // they fill the page, but for people who have two such words
		g.candidates = max(g.candidates, in.Limit+1)
	}
	order := oncall.Reachabilities()
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
		if err := g.section(r, after, in.Limit+1-len(g.found)); err != nil {
			return err
		}
		if len(g.found) > in.Limit {
			g.found = g.found[:in.Limit]
			last := g.found[in.Limit-1]
			g.next = pageStart{Reachability: last.Reachability, Word: last.Word, Alias: last.Alias}.token()
		}
		if g.next != "" {
			return nil
		}
	}
	return nil
}

// section collects up to limit contacts of one reachability.
func (g *gathering) section(r oncall.Reachability, after Position, limit int) error {
	if len(g.words) == 0 {
		found, err := g.q.Contacts(r, after.Alias, limit)
		g.found = append(g.found, found...)
		return err
	}
	first, err := g.leadWord(r, after)
	if err != nil {
		return err
	}
	lead := first
	found, n, err := g.look(r, lead, after, limit)
	if err != nil {
		return err
	}
	if n > g.candidates && after.Word == "" {
		if lead, err = g.rarer(r, lead); err == nil && lead != first {
			found, n, err = g.look(r, lead, after, limit)
		}
	}
	if g.found = append(g.found, found...); err != nil || len(found) == limit {
		return err
	}
	return g.spend(stretch{r, lead, after, n})
}

// spend takes what a section has looked at from the candidates of the page, and stops
// the page when there would be more.
func (g *gathering) spend(s stretch) error {
	more := s.n > g.candidates
	if s.n = min(s.n, g.candidates); s.n > 0 {
		g.looked = s
		g.candidates -= s.n
	}
	if !more {
		return nil
	}
	last, err := g.q.Candidate(g.looked.r, g.looked.lead, g.looked.after, g.looked.n)
	g.stopped = true
	g.next = pageStart{Reachability: g.looked.r, Word: last.Word, Alias: last.Alias}.token()
	return err
}

// leadWord returns the word whose candidates are looked at: the one that has the
// fewest, as far as that is counted, and of words that have more the longest. On a
// later page it is the word of the pages before.
func (g *gathering) leadWord(r oncall.Reachability, after Position) (string, error) {
	if after.Word != "" {
		n := slices.IndexFunc(g.words, func(w string) bool { return strings.HasPrefix(after.Word, w) })
		if n < 0 {
			return "", oncall.BadCursor()
		}
		return g.words[n], nil
	}
	byLength := slices.SortedStableFunc(slices.Values(g.words), func(a, b string) int { return len(b) - len(a) })
	lead, fewest := byLength[0], g.counted // the longest word, unless another has fewer candidates
	for _, w := range byLength {
		if len(g.words) == 1 {
			break
		}
		n, err := g.q.CountCandidates(r, w, Position{}, fewest)
		if err != nil {
			return "", err
		}
		if n < fewest {
			lead, fewest = w, n
		}
	}
	return lead, nil
}

// look returns the contacts among the candidates of a leading word. If they are less
// than limit, n is how many candidates there are, as far as they may be looked at and
// one more.
func (g *gathering) look(r oncall.Reachability, lead string, after Position, limit int) (found []ContactAt, n int, err error) {
	others := slices.DeleteFunc(slices.Clone(g.words), func(w string) bool { return w == lead })
	found, err = g.q.FindContacts(r, lead, others, after, limit, g.candidates)
	if err == nil && len(found) < limit {
		n, err = g.q.CountCandidates(r, lead, after, g.candidates+1)
	}
	return found, n, err
}

// rarer returns a word whose candidates can all be looked at, for a section where
// those of lead cannot, or lead when there is none.
func (g *gathering) rarer(r oncall.Reachability, lead string) (string, error) {
	for _, w := range g.words {
		if w == lead {
			continue
		}
		n, err := g.q.CountCandidates(r, w, Position{}, g.candidates+1)
		if err != nil || n <= g.candidates {
			return w, err
		}
	}
	return lead, nil
}

func (d *Directory) summaries(q Queries, found []ContactAt) ([]ContactSummary, error) {
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
		c.ARN = d.Scope().Contact(c.Alias)
		list[i] = ContactSummary{Contact: c.Contact, Channels: d.WithARNs(channels[c.Alias])}
	}
	return list, nil
}

// pageStart is what a page token holds: the last contact of the page before.
type pageStart struct {
	Reachability oncall.Reachability `json:"r,omitempty"`
	Word         string              `json:"w,omitempty"`
	Alias        string              `json:"a"`
}

func (p pageStart) token() string { return oncall.Cursor(p) }

// parseCursor takes the token of a page of contacts apart; the empty one is
// the start. Only what token makes is accepted.
func parseCursor(token string) (pageStart, error) {
	return oncall.ParseCursor(token, func(p pageStart) bool {
		return slices.Contains(oncall.Reachabilities(), p.Reachability) && oncall.IsAlias(p.Alias) && utf8.ValidString(p.Word)
	})
}
