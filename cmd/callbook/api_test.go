package main

import (
	"context"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/ssmcontacts"
)

// The settings of the API are those of the server that answers.
func TestServerKeepsTheSettingsOfTheAPI(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	p := start(t, "--listen", "127.0.0.1:0", "--data", data, "--region", "eu-west-1", "--api-rate", "1", "--api-clock-skew", "2s")
	out, err := program4test(t, "key", "add", "--data", data, "--name", "ci", "--role", "viewer", "--public-url", p.base).Output()
	if err != nil {
		t.Fatal(err)
	}
	env := lines(string(out))
	list := func(late time.Duration) error {
		client := ssmcontacts.New(ssmcontacts.Options{Region: env["AWS_REGION"], BaseEndpoint: aws.String(env["AWS_ENDPOINT_URL_SSM_CONTACTS"]), RetryMaxAttempts: 1,
			HTTPSignerV4: lateSigner{v4.NewSigner(), late}, Credentials: credentials.NewStaticCredentialsProvider(env["AWS_ACCESS_KEY_ID"], env["AWS_SECRET_ACCESS_KEY"], "")})
		_, err := client.ListContacts(t.Context(), &ssmcontacts.ListContactsInput{})
		return err
	}
	if err := list(0); err != nil {
		t.Fatal(err)
	}
	if err := list(10 * time.Second); err == nil || !strings.Contains(err.Error(), "InvalidSignatureException: Signature expired") || !strings.Contains(err.Error(), "- 2 sec.") {
		t.Errorf("signed ten seconds ago: %v", err)
	}
	// Of twice as many as there may be in a second, one is too many.
	begun, refused := time.Now(), 0
	for range 50 {
		if err := list(0); err != nil {
			if !strings.Contains(err.Error(), "ThrottlingException") {
				t.Fatal(err)
			}
			refused++
		}
	}
	if took := time.Since(begun); float64(refused) < 50-2-took.Seconds()-1 {
		t.Errorf("of 50 requests in %v %d were refused", took, refused)
	}
}

// lateSigner signs as of a while ago.
type lateSigner struct {
	ssmcontacts.HTTPSignerV4
	late time.Duration
}

// SignHTTP implements ssmcontacts.HTTPSignerV4.
func (s lateSigner) SignHTTP(ctx context.Context, c aws.Credentials, r *http.Request, hash, service, region string, at time.Time, with ...func(*v4.SignerOptions)) error {
	return s.HTTPSignerV4.SignHTTP(ctx, c, r, hash, service, region, at.Add(-s.late), with...)
}
