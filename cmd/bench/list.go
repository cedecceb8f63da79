package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"callbook/db"
	"callbook/db/oncalltest"
	"callbook/db/sqlite"
	"callbook/handlers"
	"callbook/internal/account"
	"callbook/internal/contacts"
	"callbook/internal/oncall"
	"callbook/web"
)

// few is the size of the small list; both fill one page and have a next one.
const few = 100

// listPaths are the lists that are compared. More than half of the people are
// called Maria S…, so that a search fills its page among 100 too and has to find
// its page among a great many otherwise. Nobody is called both Maria and Kofi: a search
// for both looks at as many people as a page may, so it is compared with the first page.
var listPaths = []struct{ what, path string }{
	{"first page", "/contacts"},
	{"a page in the middle", "/contacts?after=" + middle},
	{"filter", "/contacts?show=unreachable"},
	{"search, one letter", "/contacts?q=m"},
	{"search, a name", "/contacts?q=maria"},
	{"search, two common", "/contacts?q=s+maria"},
	{"search, two exclusive", "/contacts?q=maria+kofi"},
	{"search, three exclusive", "/contacts?q=person+maria+kofi"},
	{"search, common and rare", "/contacts?q=person+000042"},
	{"search, common and none", "/contacts?q=maria+zzz"},
	{"search in a filter", "/contacts?show=reachable&q=person"},
	{"search, one person", "/contacts?q=person-000042"},
	{"search, nobody", "/contacts?q=zzz"},
}

// middle stands for the token of a page in the middle.
const middle = "MIDDLE"

// host is where the book pretends to be.
const host = "127.0.0.1:8080"

// benchList compares the list of contacts with many and with few contacts: the
// whole request through the router, with an answer that is drawn and compressed.
func benchList(ctx context.Context, out io.Writer, folder string, many, rounds int) error {
	large, closeLarge, err := listOf(ctx, filepath.Join(folder, "many", "callbook.db"), many)
	if err != nil {
		return err
	}
	defer closeLarge()
	small, closeSmall, err := listOf(ctx, filepath.Join(folder, "few", "callbook.db"), few)
	if err != nil {
		return err
	}
	defer closeSmall()
	syscall.Sync() // else the disk is still at work, and takes processors for it
	var firstPage float64
	for _, l := range listPaths {
		a, b := large.side(many, l.path), small.side(few, l.path)
		of := comparison{name: "List/of=" + strings.NewReplacer(", ", "_", " ", "_").Replace(l.what), key: "contacts", callers: 1, ops: 60, sides: []*side{a, b}}
		if err := of.run(ctx, out, rounds); err != nil {
			return err
		}
		if l.what == "first page" {
			firstPage = typical(a)
		}
		if strings.HasSuffix(l.what, "exclusive") {
			atMost(fmt.Sprintf("%s to first page, %d contacts", l.what, many), typical(a)/firstPage, 1.3, "")
			continue
		}
		atMost(fmt.Sprintf("%s, %d contacts to %d", l.what, many, few), ratio(a, b, measured.typical), 1.2, "")
	}
	return nil
}

// book is a list of contacts behind the router.
type book struct {
	handler http.Handler
	session string // of a manager
	middle  string // the token of a page
}

// side asks for a path of the book.
func (b book) side(contacts int, path string) *side {
	path = strings.Replace(path, middle, b.middle, 1)
	return &side{name: fmt.Sprint(contacts), do: func(context.Context, int) error {
		r := httptest.NewRequest(http.MethodGet, path, nil)
		r.Host = host
		r.Header.Set("Accept-Encoding", "gzip")
		r.AddCookie(&http.Cookie{Name: "__Host-callbook-session", Value: b.session})
		w := httptest.NewRecorder()
		b.handler.ServeHTTP(w, r)
		if w.Code != http.StatusOK {
			return fmt.Errorf("status %d", w.Code)
		}
		return nil
	}}
}

// nameOf makes three of five people a Maria S…
func nameOf(i int) string {
	if i%5 < 3 {
		return "Maria " + []string{"Silva", "Santos", "Suzuki"}[i%3]
	}
	return []string{"Ana Lopez", "Kofi Mensah", "Björn Åkesson", "Dilnoza Karimova", "Fionn O Briain"}[i/5%5]
}

// filled opens a new database with n people, as addPerson makes them.
func filled(ctx context.Context, path string, n int) (*sqlite.Store, error) {
	store, err := sqlite.Open(ctx, path, sqlite.Options{Scope: scope})
	if err != nil {
		return nil, err
	}
	const atOnce = 1000
	for from := 0; from < n; from += atOnce {
		err := store.Update(ctx, func(q db.Queries) error {
			for i := from; i < min(n, from+atOnce); i++ {
				if err := addPerson(q, i); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return nil, firstOf(err, store.Close())
		}
	}
	return store, nil
}

// listOf makes a book of n contacts with three channels each: half are
// reachable, and the others have had a code that has expired.
func listOf(ctx context.Context, path string, n int) (book, func() error, error) {
	store, err := filled(ctx, path, n)
	if err != nil {
		return book{}, nil, err
	}
	service := oncalltest.NewRooms(store, oncalltest.Options{Scope: scope})
	show := oncall.Unreachable
	page, err := service.Contacts(ctx, oncall.Actor{Door: oncall.Browser, Principal: "bench", Name: "bench", Role: oncall.Manager},
		contacts.ContactQuery{Reachability: &show, Limit: min(1024, n/4)})
	if err != nil {
		return book{}, nil, err
	}
	session, err := signIn(ctx, service)
	if err != nil {
		return book{}, nil, err
	}
	options := web.Options{Log: slog.New(slog.DiscardHandler), Site: web.NewSite(nil, netip.MustParseAddrPort(host), false)}
	return book{handler: web.New(handlers.New(handlers.Rooms{Access: service.Control, Audit: service.Trail, Outbox: service.Outbox, Accounts: service.Accounts, Contacts: service.Directory, Transfer: service.Importer}, handlers.Options{}), options), session: session, middle: page.Next}, store.Close, nil
}

// signIn makes a manager and returns the token of a session.
func signIn(ctx context.Context, service *oncalltest.Rooms) (string, error) {
	by := oncall.Actor{Door: oncall.Command, Principal: "bench", Name: "bench", Role: oncall.Admin}
	user, _, err := service.InviteUser(ctx, by, account.NewUser{Email: "manager@example.org", Role: oncall.Manager})
	if err != nil {
		return "", err
	}
	return service.SignInAs(ctx, oncall.Actor{Door: oncall.Browser}, user.ID, oncall.ByPasskey, "")
}

// ChannelID names what addPerson makes.
func channelID(i, k int) string { return fmt.Sprintf("%08d-0000-7000-8000-%012d", i, k) }

func reachabilityOf(i int) oncall.Reachability {
	return []oncall.Reachability{oncall.Unreachable, oncall.Reachable}[i/5%2]
}

func addPerson(q db.Queries, i int) error {
	now := time.Now().Add(-time.Duration(i) * time.Second)
	c := oncall.Contact{
		Alias: alias(i), ID: alias(i), DisplayName: nameOf(i),
		Type: oncall.Personal, Reachability: reachabilityOf(i), Version: 1, CreatedAt: now, UpdatedAt: now,
	}
	if _, err := q.InsertContact(c, oncall.Request{}); err != nil {
		return err
	}
	for k, t := range []oncall.ChannelType{oncall.SMS, oncall.Voice, oncall.Email} {
		address := phone(3*i + k)
		if t == oncall.Email {
			address = fmt.Sprintf("person%d@example.org", i)
		}
		both := oncall.Address{Given: address, Canonical: address}
		ch := oncall.Channel{ARN: scope.Channel(c.Alias, channelID(i, k)), Alias: c.Alias, ID: channelID(i, k), Name: "channel", Type: t,
			Address: both, Mask: both.Masked(), Version: 1, CreatedAt: now, UpdatedAt: now}
		if c.Reachability == oncall.Reachable {
			ch.ActivatedAt = now
		} else {
			m := oncall.Message{ID: "m-" + ch.ID, Queue: oncall.ActivationQueue, Kind: oncall.CodeMessage, Type: t, Alias: c.Alias, Channel: ch.ID,
				State: oncall.MessageSent, EndsAt: now, CreatedAt: now}
			if err := q.InsertMessage(m, address); err != nil {
				return err
			}
			ch.Code = oncall.Code{AskedAt: now, EndsAt: m.EndsAt, Sends: 1, Message: m.ID}
		}
		if _, err := q.InsertChannel(ch, oncall.Request{}); err != nil {
			return err
		}
		// Without its entry, callbook check would not know where the channel came from.
		err := q.Record(oncall.Entry{At: time.Now().UTC().Truncate(time.Microsecond), Door: oncall.Command, Principal: "bench", Actor: "bench",
			Operation: oncall.CreateContactChannel, Outcome: oncall.Done, Resource: ch.ARN, Contact: c.Alias,
			Changes: oncall.ChangedFields(oncall.ChannelChanges(oncall.Channel{}, ch)...)})
		if err != nil {
			return err
		}
	}
	return nil
}
