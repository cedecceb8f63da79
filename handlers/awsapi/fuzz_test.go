package awsapi

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"testing"

	"github.com/google/go-cmp/cmp"

	"callbook/handlers/awsapi/wire"
)

// FuzzPlan makes sure that a plan comes back as it was given.
func FuzzPlan(f *testing.F) {
	for _, seed := range []string{`{"Stages":[]}`, `{"RotationIds":[]}`, `{"Stages":[{"DurationInMinutes":5,"Targets":[{"ChannelTargetInfo":{"ContactChannelId":"arn:aws:ssm-contacts:us-east-2:111122223333:contact-channel/ana/1","RetryIntervalInMinutes":0}},{}]}]}`,
		`{"Stages":[{"DurationInMinutes":0,"Targets":[{"ContactTargetInfo":{"IsEssential":false}}]}],"RotationIds":["arn:aws:ssm-contacts:us-east-2:111122223333:rotation/a"]}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, plan []byte) {
		body := []byte(`{"Alias":"ana","Type":"PERSONAL","Plan":` + string(plan) + `}`)
		if wire.Valid(body) != nil {
			return
		}
		in, err := wire.Read[wire.CreateContactRequest](body)
		if err == nil && !cmp.Equal(in.Plan, wirePlan(planOf(in.Plan))) {
			t.Errorf("%s comes back as %+v", plan, wirePlan(planOf(in.Plan)))
		}
	})
}

// FuzzUnpack holds how a packed body is read against how gzip reads it whole.
func FuzzUnpack(f *testing.F) {
	packed := func(text []byte) []byte {
		var b bytes.Buffer
		w := gzip.NewWriter(&b)
		_, _ = w.Write(text)
		_ = w.Close()
		return b.Bytes()
	}
	good := packed([]byte("{}"))
	for _, seed := range [][]byte{nil, good, good[:len(good)-1], append(bytes.Clone(good), good...), append(bytes.Clone(good), 'x'), packed(make([]byte, usualBody+1)), packed(make([]byte, maxBodyBytes+1))} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		entered := 0
		got, err := unpack(raw, func() error { entered++; return nil })
		var want []byte
		z, bad := gzip.NewReader(bytes.NewReader(raw))
		if bad == nil {
			want, bad = io.ReadAll(io.LimitReader(z, maxBodyBytes+1))
		}
		_, malformed := errors.AsType[*wire.Malformed](err)
		switch {
		case bad == nil && len(want) > maxBodyBytes:
			if !errors.Is(err, errTooLarge) {
				t.Errorf("%d bytes that hold more than the limit: got %d bytes, %v", len(raw), len(got), err)
			}
		case bad != nil:
			if !malformed {
				t.Errorf("%x, which is no gzip: got %d bytes, %v", raw, len(got), err)
			}
		case err != nil || !bytes.Equal(got, want):
			t.Errorf("%x: got %d bytes, %v, want %d", raw, len(got), err, len(want))
		}
		if bad == nil && (entered > 0) != (len(want) > usualBody) {
			t.Errorf("a body of %d bytes entered %d times", len(want), entered)
		}
	})
}
