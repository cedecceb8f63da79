package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/google/uuid"

	"callbook/handlers"
	"callbook/handlers/awsapi"
	"callbook/internal/oncall"
	"callbook/web"
)

// client signs requests and sends them over connections that are kept. It runs in
// the program that it measures, on the same processors, and so does no more than
// it must: what it takes is missing to the server.
type client struct {
	url    string
	host   string
	conns  chan *keptConn
	signer *v4.Signer
	key    aws.Credentials
	close  func() error
}

// keptConn is a connection on which one request is under way at a time.
type keptConn struct {
	net.Conn
	answers *bufio.Reader
}

// conn returns a connection that is free, or a new one.
func (c *client) conn() (*keptConn, error) {
	select {
	case k := <-c.conns:
		return k, nil
	default:
	}
	conn, err := net.Dial("tcp", c.host)
	if err != nil {
		return nil, err
	}
	return &keptConn{conn, bufio.NewReader(conn)}, nil
}

// operator makes the access key.
var operator = oncall.Actor{Door: oncall.Command, Principal: "bench", Name: "bench", Role: oncall.Admin}

// openClient starts a server over a book that hostContacts made, as `callbook
// serve` does, but that nothing sends the codes.
func openClient(ctx context.Context, path string) (*client, error) {
	store, err := hostContacts(ctx, path)
	if err != nil {
		return nil, err
	}
	service := oncall.New(store, oncall.Options{Scope: scope, Limits: endless})
	k, secret, err := service.CreateAccessKey(ctx, operator, oncall.NewAccessKey{Name: "bench", Role: oncall.Manager})
	if err != nil {
		return nil, err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	log := slog.New(slog.NewTextHandler(io.Discard, nil))
	handler := web.New(handlers.New(service, handlers.Options{Log: log}), web.Options{Log: log,
		Site: web.NewSite(nil, listener.Addr().(*net.TCPAddr).AddrPort(), false), API: awsapi.New(service, awsapi.Options{Log: log})})
	stopping, stop := context.WithCancel(ctx)
	served := make(chan error, 1)
	go func() { served <- web.Serve(stopping, listener, handler, log) }()
	c := &client{host: listener.Addr().String(), conns: make(chan *keptConn, 64), signer: v4.NewSigner(),
		key: aws.Credentials{AccessKeyID: k.ID, SecretAccessKey: secret}}
	c.url = "http://" + c.host + awsapi.Path
	c.close = func() error {
		for len(c.conns) > 0 {
			_ = (<-c.conns).Close() // nothing is under way
		}
		stop()
		return firstOf(<-served, store.Close())
	}
	return c, nil
}

func firstOf(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// ask sends a request and reads its answer into out, which may be nil.
func (c *client) ask(ctx context.Context, operation, body string, out any) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, c.url, bytes.NewReader([]byte(body)))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/x-amz-json-1.1")
	r.Header.Set("X-Amz-Target", "SSMContacts."+operation)
	if err := c.signer.SignHTTP(ctx, c.key, r, hashOf(body), "ssm-contacts", scope.Region, time.Now()); err != nil {
		return err
	}
	conn, err := c.conn()
	if err != nil {
		return err
	}
	if err := r.Write(conn); err != nil {
		return err
	}
	answer, err := http.ReadResponse(conn.answers, r)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	var b bytes.Buffer
	if _, err := b.ReadFrom(answer.Body); err != nil {
		return err
	}
	c.conns <- conn
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %d %s", operation, answer.StatusCode, b.String())
	}
	if out == nil {
		return nil
	}
	return json.Unmarshal(b.Bytes(), out)
}

// hashOf is what a signature covers of a body.
func hashOf(body string) string {
	sum := sha256.Sum256([]byte(body))
	return hex.EncodeToString(sum[:])
}

// httpSide creates channels through the API.
func httpSide(ctx context.Context, path string) (*side, *client, error) {
	c, err := openClient(ctx, path)
	if err != nil {
		return nil, nil, err
	}
	create := func(n int) error {
		return c.ask(ctx, "CreateContactChannel", fmt.Sprintf(`{"ContactId":"%s","Name":"mobile","Type":"SMS","DeliveryAddress":{"SimpleAddress":"%s"},"IdempotencyToken":"%s"}`,
			scope.Contact(alias(n)), phone(n), uuid.NewString()), nil)
	}
	return &side{name: "HTTP", create: create}, c, nil
}

// benchReads measures reads through the API of a book that has channels.
func benchReads(ctx context.Context, c *client, rounds int) error {
	var arns []string
	for n := range 1000 {
		var list struct {
			ContactChannels []struct{ ContactChannelArn string }
		}
		if err := c.ask(ctx, "ListContactChannels", fmt.Sprintf(`{"ContactId":"%s"}`, scope.Contact(alias(n))), &list); err != nil {
			return err
		}
		for _, channel := range list.ContactChannels {
			arns = append(arns, channel.ContactChannelArn)
		}
	}
	if len(arns) == 0 {
		return fmt.Errorf("there are no channels to read")
	}
	get := &side{name: "GetContactChannel", create: func(n int) error {
		return c.ask(ctx, "GetContactChannel", `{"ContactChannelId":"`+arns[n%len(arns)]+`"}`, nil)
	}}
	list := &side{name: "ListContactChannels", create: func(n int) error {
		return c.ask(ctx, "ListContactChannels", fmt.Sprintf(`{"ContactId":"%s"}`, scope.Contact(alias(n%1000))), nil)
	}}
	fmt.Printf("\nSigned reads through the API, a second (a contact has %.1f channels; each read is on record once an hour)\n", float64(len(arns))/1000)
	fmt.Printf("%8s %18s %10s %10s %20s %10s %10s\n", "callers", get.name, "p50", "p99", list.name, "p50", "p99")
	for _, callers := range []int{1, 16, 64} {
		if _, err := takeTurns(min(rounds, 3), callers, get, list); err != nil {
			return err
		}
		fmt.Printf("%8d %18.0f %10v %10v %20.0f %10v %10v\n", callers, median(get.rates), get.quantile(50), get.quantile(99),
			median(list.rates), list.quantile(50), list.quantile(99))
	}
	return nil
}
