package wire

import (
	"strings"
	"testing"
)

// BenchmarkRead is what reading and checking one request costs: the sample call of
// AWS's reference, and the worst megabyte.
func BenchmarkRead(b *testing.B) {
	sample := []byte(`{"ContactId": "arn:aws:ssm-contacts:us-east-1:111122223333:contact/akuam", "Name": "akuas sms-test", "Type": "SMS", ` +
		`"DeliveryAddress": {"SimpleAddress": "+15005550199"}, "IdempotencyToken": "922b8f50-9bb9-4dd7-83cf-a4c25EXAMPLE"}`)
	many := []byte(`{"Alias":"a","Type":"PERSONAL","Plan":{"RotationIds":[` + strings.Repeat(`"",`, 340_000) + `""]}}`)
	b.Run("229 bytes", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if Valid(sample) != nil {
				b.Fatal("not valid")
			}
			if _, err := Read[CreateContactChannelRequest](sample); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("1 MiB", func(b *testing.B) {
		for b.Loop() {
			_, _ = Read[CreateContactRequest](many)
		}
	})
}
