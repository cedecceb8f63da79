package main

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"callbook/handlers/awsapi/wire"
	"callbook/internal/sigv4"
)

// sampleCall is the body of the sample call in AWS's reference.
const sampleCall = `{"ContactId": "arn:aws:ssm-contacts:us-east-2:111122223333:contact/akuam", "Name": "akuas sms-test", "Type": "SMS", ` +
	`"DeliveryAddress": {"SimpleAddress": "+15005550199"}, "IdempotencyToken": "922b8f50-9bb9-4dd7-83cf-a4c25EXAMPLE"}`

// benchChecks measures what is done with a request before the domain is asked.
func benchChecks(ctx context.Context) error {
	key := aws.Credentials{AccessKeyID: "AKIAIOSFODNN7EXAMPLE", SecretAccessKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://127.0.0.1:8080/", strings.NewReader(sampleCall))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/x-amz-json-1.1")
	r.Header.Set("X-Amz-Target", "SSMContacts.CreateContactChannel")
	if err := v4.NewSigner().SignHTTP(ctx, key, r, hashOf(sampleCall), "ssm-contacts", scope.Region, time.Now()); err != nil {
		return err
	}
	verifier := sigv4.Verifier{Region: scope.Region, Service: "ssm-contacts", Now: time.Now,
		Secret: func(context.Context, string) (string, error) { return key.SecretAccessKey, nil }}
	body := []byte(sampleCall)
	verify, err := each(func() error {
		_, err := verifier.Verify(ctx, r, body)
		return err
	})
	if err != nil {
		return err
	}
	read, err := each(func() error {
		if err := wire.Valid(body); err != nil {
			return err
		}
		_, err := wire.Read[wire.CreateContactChannelRequest](body)
		return err
	})
	if err != nil {
		return err
	}
	fmt.Printf("\nBefore the domain is asked, for the sample call of the AWS reference (%d bytes)\n", len(body))
	fmt.Printf("its signature is verified    %8v\nit is read and checked       %8v\n", verify, read)
	return nil
}

// each is how long something takes, by the median of many times that it is done a
// hundred times over.
func each(do func() error) (time.Duration, error) {
	var takes []time.Duration
	for range 101 {
		begun := time.Now()
		for range 100 {
			if err := do(); err != nil {
				return 0, err
			}
		}
		takes = append(takes, time.Since(begun)/100)
	}
	return median(takes).Round(100 * time.Nanosecond), nil
}
