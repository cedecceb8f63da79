package main

import (
	"context"
	"errors"
	"math/rand/v2"
	"strconv"
	"time"

	"callbook/db"
	"callbook/internal/access"
	"callbook/internal/account"
	"callbook/internal/contacts"
	"callbook/internal/oncall"
)

// demoPerson is an invented person. Numbers come from the ranges that regulators reserve
// for fiction, email addresses from reserved domains.
type demoPerson struct {
	name     string
	alias    string
	since    time.Duration // how long ago it was added
	channels []demoChannel
}

type demoChannel struct {
	kind        oncall.ChannelType
	name        string
	address     string
	deferred    bool
	waits       bool          // its code has not been sent yet
	failed      string        // why its code did not arrive; empty: it did
	active      time.Duration // how long ago a code proved it; 0: never
	deactivated time.Duration // how long ago it was deactivated; 0: never
}

const (
	hour = time.Hour
	day  = 24 * time.Hour
)

var demoPeople = []demoPerson{
	{"Akua Mansa", "akuam", 420 * day, []demoChannel{
		{kind: oncall.SMS, name: "akuas sms-test", address: "+15005550199", active: 41 * day},
		{kind: oncall.Voice, name: "Akua desk", address: "+12065550100", active: 40 * day},
		{kind: oncall.Email, name: "Akua mail", address: "akua.mansa@example.org", active: 41 * day},
	}},
	{"Ana Silva", "ana-silva", 390 * day, []demoChannel{
		{kind: oncall.SMS, name: "Ana mobile", address: "+447700900123", active: 12 * day},
		{kind: oncall.Email, name: "Ana mail", address: "ana.silva@example.org"},
	}},
	{"Björn Åkesson", "bjorn-akesson", 377 * day, []demoChannel{
		{kind: oncall.Voice, name: "Björn home", address: "+46313900601", active: 200 * day, deactivated: 3 * day},
	}},
	{"Chidi Okafor", "chidi-okafor", 360 * day, []demoChannel{
		{kind: oncall.SMS, name: "Chidi mobile", address: "+12025550143", active: 88 * day},
		{kind: oncall.Voice, name: "Chidi mobile", address: "+12025550143", active: 88 * day},
	}},
	{"Dilnoza Karimova", "dilnoza-karimova", 201 * day, []demoChannel{
		{kind: oncall.Email, name: "Dilnoza mail", address: "dilnoza@example.com", active: 20 * hour},
	}},
	{"Elif Yıldız", "elif-yildiz", 90 * day, []demoChannel{
		{kind: oncall.SMS, name: "Elif mobile", address: "+61491570156", deferred: true},
		{kind: oncall.Email, name: "Elif mail", address: "elif.yildiz@example.net", deferred: true},
	}},
	{"Fionn Ó Briain", "fionn", 64 * day, nil},
	{"Giulia Conti", "giulia-conti", 60 * day, []demoChannel{
		{kind: oncall.SMS, name: "Giulia mobile", address: "+447700900456", active: 59 * day},
		{kind: oncall.Voice, name: "Giulia home", address: "+441632960789", active: 59 * day},
		{kind: oncall.Email, name: "Giulia mail", address: "giulia@example.org", active: 58 * day, deactivated: 9 * day},
	}},
	{"Hana Suzuki", "hana-suzuki", 33 * day, []demoChannel{
		{kind: oncall.SMS, name: "Hana mobile", address: "+16135550142", failed: "nobody has this number"},
	}},
	{"Ivana Novak", "ivana-novak", 30 * day, []demoChannel{
		{kind: oncall.Voice, name: "Operations room", address: "+12065550111", active: 29 * day},
	}},
	{"João Pereira", "joao-pereira", 29 * day, []demoChannel{
		{kind: oncall.Voice, name: "Operations room", address: "+12065550111", active: 28 * day},
		{kind: oncall.SMS, name: "João mobile", address: "+15005550123", active: 28 * day},
	}},
	{"Kofi Mensah", "kofi-mensah", 3 * time.Minute, []demoChannel{
		{kind: oncall.SMS, name: "Kofi mobile", address: "+447700900789", waits: true},
		{kind: oncall.Email, name: "Kofi mail", address: "kofi@example.org", deferred: true},
	}},
}

// demo adds the invented people to a new database through the ordinary operations, with
// the clock set to the time of each event.
type demo struct {
	*rooms
	start, now time.Time
	code       string // the newest one
}

// demonstrator is the actor of everything in the demonstration.
var demonstrator = oncall.Actor{Door: oncall.Command, Principal: "demo", Name: "demo", Role: oncall.Admin}

// inTransaction is a store whose updates all run in one transaction.
type inTransaction struct{ db.Queries }

func (t inTransaction) View(_ context.Context, fn func(db.Queries) error) error {
	return fn(t.Queries)
}
func (t inTransaction) Update(_ context.Context, fn func(db.Queries) error) error {
	return fn(t.Queries)
}

// fillDemo adds the demonstration in one commit, and returns the visitor: an admin who
// needs no sign-in.
func fillDemo(ctx context.Context, store db.Transactor, scope oncall.Scope) (visitor oncall.Actor, err error) {
	err = store.Update(ctx, func(q db.Queries) (err error) {
		visitor, err = invent(ctx, inTransaction{q}, scope)
		return err
	})
	return visitor, err
}

func invent(ctx context.Context, store db.Transactor, scope oncall.Scope) (visitor oncall.Actor, err error) {
	d := &demo{start: time.Now()}
	d.rooms = newRooms(store, roomOptions{access: access.Options{Scope: scope, Now: func() time.Time { return d.now }}, contacts: contacts.Options{NewCode: d.newCode}})
	d.now = d.start.Add(-demoPeople[0].since)
	user, _, err := d.InviteUser(ctx, demonstrator, account.NewUser{Email: "visitor@example.org", Name: "Visitor", Role: oncall.Admin})
	if err != nil {
		return visitor, err
	}
	for _, person := range demoPeople {
		d.now = d.start.Add(-person.since)
		contact, err := d.CreateContact(ctx, demonstrator, oncall.NewContact{Alias: person.alias, DisplayName: person.name, Type: oncall.Personal})
		if err != nil {
			return visitor, err
		}
		for n, c := range person.channels {
			d.now = d.start.Add(-person.since).Add(time.Duration(n+1) * time.Minute)
			if err := d.add(ctx, contact, c); err != nil {
				return visitor, err
			}
		}
	}
	d.now = d.start
	_, err = d.ExpireCodes(ctx, len(demoPeople)*oncall.MaxChannels)
	return oncall.Actor{Principal: user.ID, Name: user.Email, Role: user.Role}, err
}

func (d *demo) newCode() string {
	d.code = strconv.Itoa(100_000 + rand.IntN(900_000)) // #nosec G404 -- it proves an invented person's channel
	return d.code
}

// add adds a channel with its history.
func (d *demo) add(ctx context.Context, contact oncall.ARN, c demoChannel) error {
	arn, err := d.CreateChannel(ctx, demonstrator, oncall.NewChannel{Contact: contact, Name: c.name, Type: c.kind, Address: c.address, Defer: c.deferred})
	if err != nil {
		return err
	}
	if c.waits {
		return nil // the worker sends it
	}
	if err := d.deliver(ctx, c); err != nil || c.active == 0 {
		return err
	}
	d.now = d.start.Add(-c.active)
	if err := d.SendActivationCode(ctx, demonstrator, arn); err != nil {
		return err
	}
	if err := d.deliver(ctx, c); err != nil {
		return err
	}
	d.now = d.now.Add(40 * time.Second)
	if err := d.ActivateChannel(ctx, demonstrator, arn, d.code); err != nil || c.deactivated == 0 {
		return err
	}
	d.now = d.start.Add(-c.deactivated)
	return d.DeactivateChannel(ctx, demonstrator, arn)
}

// deliver records the waiting messages as delivered, or as failed where c.failed says so.
func (d *demo) deliver(ctx context.Context, c demoChannel) error {
	messages, err := d.ClaimMessages(ctx, oncall.ActivationQueue, c.kind, oncall.MaxChannels, time.Minute)
	for _, m := range messages {
		took := oncall.Attempt{Provider: "dev messages", Reference: m.ID, FailureReason: c.failed}
		err = errors.Join(err, d.RecordAttempt(ctx, m, took))
		if c.failed == "" {
			err = errors.Join(err, d.Report(ctx, demonstrator, oncall.Report{Message: m.ID, Kind: oncall.ReceiptDelivered, Provider: took.Provider, Reference: took.Reference}))
		}
	}
	return err
}
