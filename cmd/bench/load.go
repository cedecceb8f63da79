package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"callbook/internal/oncall"
)

// The load is what this many callers can do, each with one request at a time, and is
// bounded in requests too.
const (
	loadCallers  = 64
	mostRequests = 20_000_000
)

// kind is one sort of request, of which share in a hundred are made.
type kind struct {
	name  string
	share int
	write bool
	do    func(l *loader, ctx context.Context) error
}

// kinds are ninety reads to ten writes, through both doors.
var kinds = []kind{
	{"GetContactChannel", 30, false, (*loader).getOne},
	{"ListContactChannels", 20, false, (*loader).listOne},
	{"GetContact", 10, false, (*loader).getContact},
	{"the list", 8, false, look("/contacts")},
	{"a search", 10, false, (*loader).search},
	{"a contact", 12, false, (*loader).lookAtContact},
	{"CreateContactChannel", 5, true, (*loader).addChannel},
	{"UpdateContactChannel", 2, true, (*loader).rename},
	{"ActivateContactChannel", 2, true, (*loader).activate},
	{"a contact by the form", 1, true, (*loader).addContact},
}

// loader is a program under load, and what is known of its book.
type loader struct {
	program
	people *rand.Zipf // not safe for concurrent use
	size   int
	office *office

	mu                            sync.Mutex
	made                          []madeChannel              // that were created here and are not active
	contacts, channels, activated atomic.Int64               // that were confirmed here
	takes                         map[string][]time.Duration // by the name of a kind
}

type madeChannel struct{ arn, address string }

// load fills a book, puts the built program over it under load for so long, and fails
// when a request does, when the program takes more than it may, or when something is
// lost.
func load(ctx context.Context, folder, binary string, contacts int, d time.Duration) (err error) {
	ctx, cancel := context.WithTimeout(ctx, d+15*time.Minute)
	defer cancel()
	l := &loader{size: contacts, people: rand.NewZipf(rand.New(rand.NewPCG(1, 2)), 1.1, 10, uint64(contacts-1)), office: openOffice(), takes: map[string][]time.Duration{}}
	defer l.office.Close()
	l.program = program{binary: binary, data: filepath.Join(folder, "data"),
		settings: []string{"CALLBOOK_WEBHOOK_URL=" + l.office.URL, "CALLBOOK_WEBHOOK_SECRET=" + strings.Repeat("secret", 6)}}
	begun := time.Now()
	store, err := filled(ctx, filepath.Join(l.data, "callbook.db"), contacts)
	if err != nil {
		return err
	}
	if err := store.Close(); err != nil {
		return err
	}
	if err := l.enter(ctx); err != nil {
		return err
	}
	fmt.Printf("%d contacts and %d channels (filled in %v), %d callers for %v, 90 reads to 10 writes\n", contacts, 3*contacts, time.Since(begun).Round(time.Second), loadCallers, d)
	before, err := l.usage(ctx)
	if err != nil {
		return firstOf(err, l.stop())
	}
	watch := l.watch(ctx)
	took, err := l.work(ctx, d)
	worst := watch()
	if err != nil {
		return firstOf(err, l.stop())
	}
	after, err := l.atRest(ctx, before)
	if err = firstOf(err, l.stop()); err != nil {
		return err
	}
	l.report(took, before, worst, after)
	return firstOf(l.kept(ctx), bounded(before, worst, after))
}

// work makes requests until the time is over.
func (l *loader) work(ctx context.Context, d time.Duration) (took time.Duration, err error) {
	var bag []kind
	for _, k := range kinds {
		bag = append(bag, slices.Repeat([]kind{k}, k.share)...)
	}
	begun := time.Now()
	var requests atomic.Int64
	next := func() (int, bool) {
		n := int(requests.Add(1)) - 1
		return n, n < mostRequests && time.Since(begun) < d
	}
	var mu sync.Mutex
	_, err = crowd(loadCallers, next, func(int) error {
		k, start := bag[rand.IntN(len(bag))], time.Now()
		if err := k.do(l, ctx); err != nil {
			return fmt.Errorf("%s: %w", k.name, err)
		}
		took := time.Since(start)
		mu.Lock()
		defer mu.Unlock()
		l.takes[k.name] = append(l.takes[k.name], took)
		return nil
	})
	return time.Since(begun), err
}

// person is somebody: a few are asked for often, as it is with those on call.
func (l *loader) person() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return int(l.people.Uint64())
}

func (l *loader) getOne(ctx context.Context) error {
	n := l.person()
	return l.getChannel(ctx, string(scope.Channel(alias(n), channelID(n, rand.IntN(3)))))
}

func (l *loader) listOne(ctx context.Context) error {
	return l.listChannels(ctx, alias(l.person()))
}

func (l *loader) getContact(ctx context.Context) error {
	return l.ask(ctx, "GetContact", fmt.Sprintf(`{"ContactId":"%s"}`, scope.Contact(alias(l.person()))), nil)
}

func look(path string) func(*loader, context.Context) error {
	return func(l *loader, ctx context.Context) error {
		_, _, err := l.open(ctx, path)
		return err
	}
}

func (l *loader) search(ctx context.Context) error {
	return look("/contacts?q="+url.QueryEscape(nameOf(l.person())))(l, ctx)
}

func (l *loader) lookAtContact(ctx context.Context) error {
	return look("/contacts/"+alias(l.person()))(l, ctx)
}

// AddContact adds somebody by the form, to whom channels are added from then on.
func (l *loader) addContact(ctx context.Context) error {
	n := l.contacts.Add(1) - 1
	_, err := l.post(ctx, "/contacts/new", url.Values{"alias": {fmt.Sprintf("loaded-%d", n)}, "token": {uuid.NewString()}})
	return err
}

// AddChannel adds a channel to somebody of the book, the next one each time.
func (l *loader) addChannel(ctx context.Context) error {
	n := l.channels.Add(1) - 1
	address := fmt.Sprintf("loaded%d@example.org", n)
	arn, err := l.createChannel(ctx, alias(int(n)%l.size), "EMAIL", address)
	if err == nil {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.made = append(l.made, madeChannel{arn, address})
	}
	return err
}

func (l *loader) rename(ctx context.Context) error {
	n := l.person()
	return l.ask(ctx, "UpdateContactChannel", fmt.Sprintf(`{"ContactChannelId":"%s","Name":"channel %d"}`, scope.Channel(alias(n), channelID(n, rand.IntN(3))), rand.IntN(1000)), nil)
}

// activate activates a channel whose code has come; where none has, it reads instead.
func (l *loader) activate(ctx context.Context) error {
	l.mu.Lock()
	var ch madeChannel
	var code string
	if len(l.made) > 0 {
		ch = l.made[0]
		code = l.office.take(ch.address)
	}
	if code != "" {
		l.made = l.made[1:]
	}
	l.mu.Unlock()
	if code == "" {
		return l.getOne(ctx)
	}
	l.activated.Add(1)
	return l.ask(ctx, "ActivateContactChannel", fmt.Sprintf(`{"ContactChannelId":"%s","ActivationCode":"%s"}`, ch.arn, code), nil)
}

// kept expects that everything that was confirmed is in the book, and that the book
// holds together.
func (l *loader) kept(ctx context.Context) error {
	for _, command := range [][]string{{"check", "--data", l.data}, {"audit", "verify"}} {
		if _, err := l.output(ctx, "", command...); err != nil {
			return err
		}
	}
	cmd := l.command(ctx, "export")
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	got, err := count(out)
	if err = firstOf(err, cmd.Wait()); err != nil {
		return err
	}
	want := held{contacts: l.size + int(l.contacts.Load()), channels: 3*l.size + int(l.channels.Load()), active: int(l.activated.Load())}
	for n := range l.size {
		if reachabilityOf(n) == oncall.Reachable {
			want.active += 3
		}
	}
	if got != want {
		return fmt.Errorf("the book holds %+v, and was told to hold %+v", got, want)
	}
	fmt.Printf("lost: nothing of %d contacts, %d channels and %d activations that were confirmed; check and audit verify find nothing\n", l.contacts.Load(), l.channels.Load(), l.activated.Load())
	return nil
}

// held is what a book holds.
type held struct{ contacts, channels, active int }

// count reads what callbook export writes.
func count(export io.Reader) (h held, err error) {
	for d := json.NewDecoder(export); ; {
		var c struct{ Channels []struct{ State string } }
		if err := d.Decode(&c); errors.Is(err, io.EOF) {
			return h, nil
		} else if err != nil {
			return h, err
		}
		h.contacts++
		h.channels += len(c.Channels)
		for _, ch := range c.Channels {
			if ch.State == string(oncall.Active) {
				h.active++
			}
		}
	}
}
