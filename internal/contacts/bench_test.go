package contacts_test

import (
	"context"
	"testing"

	"callbook/db"
	"callbook/db/oncalltest"
	"callbook/internal/oncall"
)

// nothing is a store that does nothing, so that what is measured is everything
// but the store.
type nothing struct{}

func (nothing) View(context.Context, func(db.Queries) error) error { return nil }

func (nothing) Update(context.Context, func(db.Queries) error) error { return nil }

// BenchmarkCreateChannelOutsideTheStore is to stay below 25 µs.
func BenchmarkCreateChannelOutsideTheStore(b *testing.B) {
	s := oncalltest.NewRooms(nothing{}, oncalltest.Options{Scope: oncalltest.Scope})
	for address, of := range map[string]oncall.ChannelType{"+15005550199": oncall.SMS, "+4915123456789": oncall.Voice, "ana@example.org": oncall.Email} {
		in := oncall.NewChannel{Contact: s.Scope().Contact("akuam"), Name: "akuas sms-test", Type: of, Address: address,
			Token: "922b8f50-9bb9-4dd7-83cf-a4c25EXAMPLE"}
		b.Run(string(of), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := s.CreateChannel(b.Context(), oncalltest.Program, in); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
