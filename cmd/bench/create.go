package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"callbook/db"
	"callbook/db/dbtest/ceiling"
	"callbook/internal/oncall"
)

var scope = oncall.Scope{Region: "us-east-2", Account: "111122223333"}

const (
	hosts     = 20_000      // contacts that get the channels, in turn, each at most 100
	aTurn     = time.Second // how long one side runs before the other does
	perThread = "creations per second"
)

// side is one of the things that are compared: create adds the nth channel.
type side struct {
	name   string
	create func(n int) error
	rates  []float64
	takes  []time.Duration // each creation of the rounds that count
	next   atomic.Int64
}

// quantile is the time that so many percent of the creations took no more than.
func (s *side) quantile(percent int) time.Duration { return quantile(s.takes, float64(percent)/100) }

// quantile returns the time that this part of all does not exceed. It sorts them.
func quantile(takes []time.Duration, part float64) time.Duration {
	if len(takes) == 0 {
		return 0
	}
	slices.Sort(takes)
	return takes[int(float64(len(takes)-1)*part)].Round(10 * time.Microsecond)
}

// benchCreate compares durable creations through the API and through the domain
// with the ceiling, and with a program that only inserts. Then it reads what it
// made through the API.
func benchCreate(ctx context.Context, folder string, rounds int) error {
	api, program, endProgram, err := httpSide(ctx, filepath.Join(folder, "api", "callbook.db"))
	if err != nil {
		return err
	}
	domain, closeDomain, err := domainSide(ctx, filepath.Join(folder, "domain", "callbook.db"))
	if err != nil {
		return err
	}
	defer closeDomain()
	top, closeTop, err := ceilingSide(ctx, filepath.Join(folder, "ceiling", "callbook.db"))
	if err != nil {
		return err
	}
	defer closeTop()
	plain, closePlain, err := plainSide(ctx, filepath.Join(folder, "plain", "callbook.db"))
	if err != nil {
		return err
	}
	defer closePlain()

	fmt.Println("Durable channel creations, " + perThread + " (each on the disk before it is answered)")
	fmt.Printf("%8s %8s %9s %8s %9s %8s %-18s %8s %9s  %-18s %s\n", "callers", "API", "p50", "p99", "ceiling", "API:", "promise", "domain", "domain:", "promise", "plain insert")
	for _, load := range []struct {
		callers     int
		api, domain float64
	}{{1, 0, 0.80}, {16, 0, 0}, {64, 0.60, 0.70}} {
		ratios, err := takeTurns(rounds, load.callers, top, api, domain, plain)
		if err != nil {
			return err
		}
		fmt.Printf("%8d %8.0f %9v %8v %9.0f %8.2f %-18s %8.0f %9.2f  %-18s %.0f\n", load.callers, median(api.rates), api.quantile(50), api.quantile(99),
			median(top.rates), median(ratios[0]), promised(median(ratios[0]), load.api),
			median(domain.rates), median(ratios[1]), promised(median(ratios[1]), load.domain), median(plain.rates))
	}
	return errors.Join(benchReads(ctx, program, rounds), endProgram(), benchChecks(ctx))
}

// promised says what a ratio is to be and whether it is; 0: nothing.
func promised(ratio, least float64) string {
	if least == 0 {
		return "none"
	}
	return fmt.Sprintf(">= %.2f %s", least, verdict(ratio >= least))
}

// takeTurns runs each side in turn and returns, for each but the first, its
// ratios to the first, round by round. The first round warms up.
func takeTurns(rounds, callers int, sides ...*side) ([][]float64, error) {
	ratios := make([][]float64, len(sides)-1)
	for round := range rounds + 1 {
		for n, s := range sides {
			if round <= 1 {
				s.rates, s.takes = nil, nil
			}
			rate, err := s.run(callers)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", s.name, err)
			}
			s.rates = append(s.rates, rate)
			if round > 0 && n > 0 {
				ratios[n-1] = append(ratios[n-1], rate/sides[0].rates[round-1])
			}
		}
	}
	return ratios, nil
}

// run lets callers create one after another for a turn.
func (s *side) run(callers int) (rate float64, err error) {
	start := time.Now()
	takes, err := crowd(callers, func() (int, bool) { return int(s.next.Add(1)), time.Since(start) < aTurn }, s.create)
	if err != nil {
		return 0, err
	}
	s.takes = append(s.takes, takes...)
	return float64(len(takes)) / time.Since(start).Seconds(), nil
}

// crowd lets callers do something again and again, each with the next number as long
// as there is one, and returns how long it took each time.
func crowd(callers int, next func() (n int, more bool), do func(n int) error) (takes []time.Duration, err error) {
	var failed atomic.Pointer[error]
	var all sync.WaitGroup
	var mu sync.Mutex
	for range callers {
		all.Go(func() {
			var own []time.Duration
			for n, more := next(); more && failed.Load() == nil; n, more = next() {
				begun := time.Now()
				if err := do(n); err != nil {
					failed.Store(&err)
					return
				}
				own = append(own, time.Since(begun))
			}
			mu.Lock()
			defer mu.Unlock()
			takes = append(takes, own...)
		})
	}
	all.Wait()
	if e := failed.Load(); e != nil {
		return nil, *e
	}
	return takes, nil
}

func alias(n int) string { return fmt.Sprintf("person-%04d", n%hosts) }

// phone is a number in an assigned range that no other n below eight million
// has. They come in no order, as those of real people do.
func phone(n int) string {
	const numbers, prime = 8_000_000, 7919
	return fmt.Sprintf("+1206%d", 2_000_000+n*prime%numbers)
}

// hostContacts makes a database with the contacts that get the channels. They
// wait for a code already, so that what is measured is a further channel.
func hostContacts(ctx context.Context, path string) (*db.Store, error) {
	store, err := db.Open(ctx, path, db.Options{Scope: scope})
	if err != nil {
		return nil, err
	}
	now := time.Now()
	return store, store.Update(ctx, func(q oncall.Queries) error {
		for n := range hosts {
			c := oncall.Contact{Alias: alias(n), ID: alias(n), DisplayName: fmt.Sprintf("Person %d", n), Type: oncall.Personal,
				Reachability: oncall.Waiting, Version: 1, CreatedAt: now, UpdatedAt: now}
			if _, err := q.InsertContact(c, oncall.Request{}); err != nil {
				return err
			}
		}
		return nil
	})
}

// endless limits are looked up, and never reached.
var endless = oncall.Limits{PerHour: 1 << 40, PerPrefix: 1 << 40}

func domainSide(ctx context.Context, path string) (*side, func() error, error) {
	store, err := hostContacts(ctx, path)
	if err != nil {
		return nil, nil, err
	}
	service := oncall.New(store, oncall.Options{Scope: scope, Limits: endless})
	by := oncall.Actor{Door: oncall.API, Principal: "bench", Name: "bench", Role: oncall.Manager}
	create := func(n int) error {
		_, err := service.CreateChannel(ctx, by, oncall.NewChannel{Contact: scope.Contact(alias(n)), Name: "mobile",
			Type: oncall.SMS, Address: phone(n), Token: uuid.NewString()})
		return err
	}
	return &side{name: "domain", create: create}, store.Close, nil
}

// bare opens a database that hostContacts made, without package db.
func bare(ctx context.Context, path string) (*sql.DB, *sql.Conn, error) {
	store, err := hostContacts(ctx, path)
	if err != nil {
		return nil, nil, err
	}
	if err := store.Close(); err != nil {
		return nil, nil, err
	}
	pool, err := sql.Open("sqlite", "file:"+path+"?_pragma=busy_timeout(5000)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=foreign_keys(ON)&_pragma=temp_store(MEMORY)")
	if err != nil {
		return nil, nil, err
	}
	conn, err := pool.Conn(ctx)
	return pool, conn, err
}

// creation is the arguments of the nth creation's statements: what the domain
// would store.
func creation(n int) [][]any {
	key, parameters := make([]byte, 32), make([]byte, 32)
	copy(key, uuid.NewString())
	copy(parameters, phone(n))
	prefix := append(make([]byte, 26), phone(n)[:8]...)[2:]
	id, message, now := uuid.Must(uuid.NewV7()).String(), uuid.Must(uuid.NewV7()).String(), time.Now()
	at, ends, hour := now.UnixMicro(), now.Add(oncall.CodeKeep).UnixMicro(), now.Add(-time.Hour).UnixMicro()
	arn := string(scope.Channel(alias(n), id))
	sealed, content := make([]byte, 61), make([]byte, contentSize)
	copy(sealed, id)
	copy(content, message)
	return [][]any{
		{key, parameters, arn, at, at - oncall.TokenKeep.Microseconds()},
		{alias(n)},
		{parameters},
		{parameters, now.Add(-24 * time.Hour).UnixMicro(), at, oncall.MostToAddress},
		{prefix, hour, at, endless.PerPrefix},
		{hour, at},
		nil,
		nil,
		{alias(n), id, "mobile", "SMS", "+1 ••• ••• 0199", nil, nil, nil, nil, 1, at, at, key, sealed, parameters, nil,
			parameters, 1, key, at, "bench", ends, 1, message},
		{message, "activation", "code", "SMS", alias(n), id, "", "waiting", 0, at, at, ends, "", "", "", at, ends, parameters, prefix, content},
		nil,
		{n, at, "api", "bench", "bench", "CreateContactChannel", "done", arn, alias(n), changes, "", "", 1, parameters},
	}
}

// contentSize is how long the sealed content of a message with a code is.
const contentSize = 210

// changes is what the trail says of a creation.
const changes = `[{"field":"name","after":"mobile"},{"field":"type","after":"SMS"},{"field":"address","after":"+1 ••• ••• 0199"},{"field":"state","after":"not_activated"}]`

func ceilingSide(ctx context.Context, path string) (*side, func() error, error) {
	pool, conn, err := bare(ctx, path)
	if err != nil {
		return nil, nil, err
	}
	c := ceiling.Start(ctx, conn)
	end := func() error {
		c.Stop()
		return pool.Close()
	}
	return &side{name: "ceiling", create: func(n int) error { return c.Create(creation(n)...) }}, end, nil
}

// plainSide inserts one row a commit, one caller after another.
func plainSide(ctx context.Context, path string) (*side, func() error, error) {
	pool, conn, err := bare(ctx, path)
	if err != nil {
		return nil, nil, err
	}
	insert, err := conn.PrepareContext(ctx, ceiling.Statements[ceiling.InsertChannel])
	if err != nil {
		return nil, nil, err
	}
	var one sync.Mutex
	create := func(n int) error {
		one.Lock()
		defer one.Unlock()
		_, err := insert.ExecContext(ctx, creation(n)[ceiling.InsertChannel]...)
		return err
	}
	return &side{name: "plain insert", create: create}, pool.Close, nil
}
