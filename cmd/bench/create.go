package main

import (
	"context"
	"database/sql"
	"fmt"
	"io"
	"path/filepath"
	"time"

	"github.com/google/uuid"

	"callbook/db"
	"callbook/db/dbtest/ceiling"
	"callbook/db/oncalltest"
	"callbook/db/sqlite"
	"callbook/internal/oncall"
	"callbook/internal/outbox"
)

var scope = oncall.Scope{Region: "us-east-2", Account: "111122223333"}

// benchCreate compares durable creations of channels through the API and through the domain
// with the ceiling.
func benchCreate(ctx context.Context, out io.Writer, folder, binary string, rounds int) (err error) {
	var sides []*side
	for _, open := range []func(ctx context.Context, folder, binary string) (*side, func() error, error){ceilingSide, domainSide, apiSide} {
		s, end, err := open(ctx, filepath.Join(folder, fmt.Sprint(len(sides))), binary)
		if err != nil {
			return err
		}
		defer func() { err = firstOf(err, end()) }()
		sides = append(sides, s)
	}
	top, domain, api := sides[0], sides[1], sides[2]
	of := comparison{name: "Create", key: "side", callers: 1, ops: 1000, sides: sides}
	if err := of.run(ctx, out, rounds); err != nil {
		return err
	}
	atLeast("creations of 1 caller: domain to ceiling", ratio(top, domain, measured.perOp), 0.80, "")
	for _, s := range sides {
		s.rounds = nil
	}
	of.callers, of.ops = 64, 2000
	if err := of.run(ctx, out, rounds); err != nil {
		return err
	}
	atLeast("creations of 64 callers: API to ceiling", ratio(top, api, measured.perOp), 0.60, "")
	atLeast("creations of 64 callers: domain to ceiling", ratio(top, domain, measured.perOp), 0.70, "")
	return nil
}

func alias(n int) string { return fmt.Sprintf("person-%06d", n) }

// phone is a number in an assigned range that no other n below eight million
// has. They come in no order, as those of real people do.
func phone(n int) string {
	const numbers, prime = 8_000_000, 7919
	return fmt.Sprintf("+1206%d", 2_000_000+n*prime%numbers)
}

// hostContacts makes a database with the contacts that get the channels. They
// wait for a code already, so that what is measured is a further channel.
func hostContacts(ctx context.Context, folder string) (*sqlite.Store, error) {
	store, err := sqlite.Open(ctx, filepath.Join(folder, "callbook.db"), sqlite.Options{Scope: scope})
	if err != nil {
		return nil, err
	}
	now := time.Now()
	return store, store.Update(ctx, func(q db.Queries) error {
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
var endless = outbox.Limits{PerHour: 1 << 30, PerPrefix: 1 << 30, PerDay: 1 << 30}

// domainSide creates channels without the API.
func domainSide(ctx context.Context, folder, _ string) (*side, func() error, error) {
	store, err := hostContacts(ctx, folder)
	if err != nil {
		return nil, nil, err
	}
	service := oncalltest.NewRooms(store, oncalltest.Options{Scope: scope, Limits: endless})
	by := oncall.Actor{Door: oncall.API, Principal: "bench", Name: "bench", Role: oncall.Manager}
	do := func(ctx context.Context, n int) error {
		_, err := service.CreateChannel(ctx, by, oncall.NewChannel{Contact: scope.Contact(alias(n % hosts)), Name: "mobile",
			Type: oncall.SMS, Address: phone(n), Token: uuid.NewString()})
		return err
	}
	return &side{name: "domain", do: do}, store.Close, nil
}

// apiSide creates channels by signed requests to the built program.
func apiSide(ctx context.Context, folder, binary string) (*side, func() error, error) {
	store, err := hostContacts(ctx, folder)
	if err != nil {
		return nil, nil, err
	}
	if err := store.Close(); err != nil {
		return nil, nil, err
	}
	p := &program{binary: binary, data: folder, settings: []string{
		fmt.Sprintf("CALLBOOK_CODES_PER_HOUR=%d", endless.PerHour), fmt.Sprintf("CALLBOOK_CODES_PER_PREFIX=%d", endless.PerPrefix),
		fmt.Sprintf("CALLBOOK_MESSAGES_PER_DAY=%d", endless.PerDay)}}
	do := func(ctx context.Context, n int) error {
		_, err := p.createChannel(ctx, alias(n%hosts), "SMS", phone(n))
		return err
	}
	return &side{name: "api", do: do}, p.stop, p.enter(ctx)
}

// ceilingSide executes the statements of a creation, without package db.
func ceilingSide(ctx context.Context, folder, _ string) (*side, func() error, error) {
	store, err := hostContacts(ctx, folder)
	if err != nil {
		return nil, nil, err
	}
	if err := store.Close(); err != nil {
		return nil, nil, err
	}
	pool, err := sql.Open("sqlite", "file:"+filepath.Join(folder, "callbook.db")+
		"?_pragma=busy_timeout(5000)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=foreign_keys(ON)&_pragma=temp_store(MEMORY)")
	if err != nil {
		return nil, nil, err
	}
	conn, err := pool.Conn(ctx)
	if err != nil {
		return nil, nil, err
	}
	c := ceiling.Start(ctx, conn)
	do := func(_ context.Context, n int) error { return c.Create(creation(n)...) }
	end := func() error {
		c.Stop()
		return pool.Close()
	}
	return &side{name: "ceiling", do: do}, end, nil
}

// creation is the arguments of the nth creation's statements: what the domain
// would store.
func creation(n int) [][]any {
	key, parameters := make([]byte, 32), make([]byte, 32)
	copy(key, uuid.NewString())
	copy(parameters, phone(n))
	prefix := append(make([]byte, 26), phone(n)[:8]...)[2:]
	id, message, now := uuid.Must(uuid.NewV7()).String(), uuid.Must(uuid.NewV7()).String(), time.Now()
	at, ends, hour, day := now.UnixMicro(), now.Add(oncall.CodeTTL).UnixMicro(), now.Add(-time.Hour).UnixMicro(), now.Add(-24*time.Hour).UnixMicro()
	host := alias(n % hosts)
	arn := string(scope.Channel(host, id))
	sealed, content := make([]byte, 61), make([]byte, contentSize)
	copy(sealed, id)
	copy(content, message)
	return [][]any{
		{key, parameters, arn, at, at - oncall.TokenTTL.Microseconds()},
		{host},
		{parameters},
		{parameters, day, at, outbox.MaxToAddress},
		{prefix, hour, at, endless.PerPrefix},
		{hour, at, day, at},
		nil,
		{host, id, "mobile", "SMS", "+1 ••• ••• 0199", nil, nil, nil, nil, 1, at, at, key, sealed, parameters,
			parameters, 1, key, at, "bench", ends, 1, message},
		{message, "activation", "code", "SMS", host, id, "", "waiting", 0, at, at, ends, "", "", "", "", at, ends, parameters, prefix, content, 1},
		nil,
		{n, at, "api", "bench", "bench", "CreateContactChannel", "done", arn, host, changes, "", "", 1, parameters},
	}
}

// contentSize is how long the sealed content of a message with a code is.
const contentSize = 210

// changes is what the trail says of a creation.
const changes = `[{"field":"name","after":"mobile"},{"field":"type","after":"SMS"},{"field":"address","after":"+1 ••• ••• 0199"},{"field":"state","after":"not_activated"}]`
