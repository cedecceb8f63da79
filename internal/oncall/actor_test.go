package oncall_test

import (
	"context"
	"reflect"
	"strings"
	"testing"

	"callbook/internal/oncall"
	"callbook/internal/oncall/oncalltest"
)

// Every method of Service that takes an Actor is asked, with zero inputs and
// with inputs that would be good, so that a new method is asked too.
func TestWhoDoesNotSayWhoAsksIsDenied(t *testing.T) {
	w := oncalltest.New(t)
	ana := person(t, w, "ana")
	sms := channel(t, w, oncall.NewChannel{Contact: ana, Address: "+15005550199"})
	name := "n"
	good := map[reflect.Type][]any{
		reflect.TypeFor[oncall.ARN]():           {ana, sms},
		reflect.TypeFor[oncall.NewContact]():    {oncall.NewContact{Alias: "eve", Type: oncall.Personal}},
		reflect.TypeFor[oncall.ContactChange](): {oncall.ContactChange{Contact: ana, DisplayName: &name}},
		reflect.TypeFor[oncall.ContactQuery]():  {oncall.ContactQuery{Limit: 2}, oncall.ContactQuery{Limit: -1}},
		reflect.TypeFor[oncall.NewChannel]():    {oncall.NewChannel{Contact: ana, Name: "n", Type: oncall.SMS, Address: "+12065550100"}},
		reflect.TypeFor[oncall.ChannelChange](): {oncall.ChannelChange{Channel: sms, Name: &name}},
	}
	asked := 0
	service := reflect.ValueOf(w.Service)
	for i := range service.NumMethod() {
		method, name := service.Method(i), service.Type().Method(i).Name
		of := method.Type()
		if of.NumIn() < 2 || of.In(1) != reflect.TypeFor[oncall.Actor]() {
			continue
		}
		asked++
		for _, by := range []oncall.Actor{{}, {Door: oncall.API}, {Principal: "p"}} {
			args := []reflect.Value{reflect.ValueOf(context.Background()), reflect.ValueOf(by)}
			inputs := []reflect.Value{{}}
			if of.NumIn() == 3 {
				inputs = []reflect.Value{reflect.Zero(of.In(2))}
				for _, in := range good[of.In(2)] {
					inputs = append(inputs, reflect.ValueOf(in))
				}
			}
			for _, in := range inputs {
				with := args
				if in.IsValid() {
					with = append(args, in)
				}
				for len(with) < of.NumIn() {
					with = append(with, reflect.Zero(of.In(len(with))))
				}
				results := method.Call(with)
				err, _ := results[len(results)-1].Interface().(error)
				if oncall.KindOf(err) != oncall.Denied || !strings.HasPrefix(err.Error(), "This request does not say who asks") {
					t.Errorf("%s by %+v of %+v: got %v, want it denied", name, by, in, err)
				}
				for _, r := range results[:len(results)-1] {
					if !r.IsZero() {
						t.Errorf("%s by %+v tells %+v", name, by, r)
					}
				}
			}
		}
	}
	if asked < 13 {
		t.Errorf("%d operations were asked, want all", asked)
	}
	same(t, "contact", "", load(t, w, ana).DisplayName)
	same(t, "channels", []oncall.ARN{sms}, channelsOf(t, w, ana))
}
