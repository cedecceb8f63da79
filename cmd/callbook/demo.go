package main

import (
	"context"
	"time"

	"callbook/internal/oncall"
)

// demoPerson is an invented person. Numbers are from the ranges that regulators
// keep for fiction, addresses from domains that nobody can own.
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
		{kind: oncall.Voice, name: "Björn home", address: "+46313900601", deactivated: 3 * day},
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
		{kind: oncall.Email, name: "Giulia mail", address: "giulia@example.org", deactivated: 9 * day},
	}},
	{"Hana Suzuki", "hana-suzuki", 33 * day, []demoChannel{
		{kind: oncall.SMS, name: "Hana mobile", address: "+16135550142"},
	}},
	{"Ivana Novak", "ivana-novak", 30 * day, []demoChannel{
		{kind: oncall.Voice, name: "Operations room", address: "+12065550111", active: 29 * day},
	}},
	{"João Pereira", "joao-pereira", 29 * day, []demoChannel{
		{kind: oncall.Voice, name: "Operations room", address: "+12065550111", active: 28 * day},
		{kind: oncall.SMS, name: "João mobile", address: "+15005550123", active: 28 * day},
	}},
	{"Kofi Mensah", "kofi-mensah", 2 * hour, []demoChannel{
		{kind: oncall.SMS, name: "Kofi mobile", address: "+447700900789"},
		{kind: oncall.Email, name: "Kofi mail", address: "kofi@example.org", deferred: true},
	}},
}

// fillDemo puts the invented people into a new database, through the same
// operations as everybody, by a clock that was set back to when each happened.
// It returns the visitor: an admin whom nobody has to sign in.
func fillDemo(ctx context.Context, store oncall.Store, scope oncall.Scope) (visitor oncall.Actor, err error) {
	by := oncall.Actor{Door: oncall.Command, Principal: "demo", Name: "demo", Role: oncall.Admin}
	start := time.Now()
	now := start
	service := oncall.New(store, oncall.Options{Scope: scope, Now: func() time.Time { return now }})
	now = start.Add(-demoPeople[0].since)
	user, _, err := service.InviteUser(ctx, by, oncall.NewUser{Email: "visitor@example.org", Name: "Visitor", Role: oncall.Admin})
	if err != nil {
		return visitor, err
	}
	visitor = oncall.Actor{Principal: user.ID, Name: user.Email, Role: user.Role}
	for _, person := range demoPeople {
		now = start.Add(-person.since)
		contact, err := service.CreateContact(ctx, by, oncall.NewContact{Alias: person.alias, DisplayName: person.name, Type: oncall.Personal})
		if err != nil {
			return visitor, err
		}
		for _, c := range person.channels {
			now = now.Add(time.Minute)
			arn, err := service.CreateChannel(ctx, by, oncall.NewChannel{
				Contact: contact, Name: c.name, Type: c.kind, Address: c.address, Defer: c.deferred})
			if err != nil {
				return visitor, err
			}
			if err := liveDemo(ctx, store, service, by, arn, c, start); err != nil {
				return visitor, err
			}
		}
	}
	return visitor, nil
}

// liveDemo gives a channel its past. No operation activates a channel yet, so
// what a code would have proved is written as if one had.
func liveDemo(ctx context.Context, store oncall.Store, service *oncall.Service, by oncall.Actor, arn oncall.ARN, c demoChannel, now time.Time) error {
	if c.active == 0 && c.deactivated == 0 {
		return nil
	}
	d, err := service.Channel(ctx, by, arn)
	if err != nil {
		return err
	}
	channel, reachability := d.Channel, oncall.Reachable
	if c.active > 0 {
		channel.ActivatedAt = now.Add(-c.active)
	} else {
		channel.DeactivatedAt, reachability = now.Add(-c.deactivated), d.Contact.Reachability
	}
	return store.Update(ctx, func(q oncall.Queries) error {
		if _, _, err := q.UpdateChannel(channel); err != nil {
			return err
		}
		return q.SetReachability(channel.Alias, reachability)
	})
}
