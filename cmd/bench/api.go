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
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/google/uuid"

	"callbook/handlers"
	"callbook/handlers/awsapi"
	"callbook/internal/oncall"
	"callbook/web"
)

// client signs requests and sends them over connections that are kept. It runs on
// the processors of the server that it measures, and so does no more than it must:
// what it takes is missing to the server.
type client struct {
	host   string
	conns  chan *keptConn
	signer *v4.Signer
	key    aws.Credentials
}

// mostConns is how many connections a client keeps, and so how many may ask at once.
const mostConns = 64

// newClient makes the client of a server at host, which signs with a key.
func newClient(host string, key aws.Credentials) *client {
	return &client{host: host, conns: make(chan *keptConn, mostConns), signer: v4.NewSigner(), key: key}
}

// hangUp closes the connections; nothing may be under way.
func (c *client) hangUp() {
	for len(c.conns) > 0 {
		_ = (<-c.conns).Close()
	}
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
// serve` does, but that nothing sends the codes. The function ends both.
func openClient(ctx context.Context, path string) (*client, func() error, error) {
	store, err := hostContacts(ctx, path)
	if err != nil {
		return nil, nil, err
	}
	service := oncall.New(store, oncall.Options{Scope: scope, Limits: endless})
	k, secret, err := service.CreateAccessKey(ctx, operator, oncall.NewAccessKey{Name: "bench", Role: oncall.Manager})
	if err != nil {
		return nil, nil, err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, nil, err
	}
	log := slog.New(slog.NewTextHandler(io.Discard, nil))
	handler := web.New(handlers.New(service, handlers.Options{Log: log}), web.Options{Log: log,
		Site: web.NewSite(nil, listener.Addr().(*net.TCPAddr).AddrPort(), false), API: awsapi.New(service, awsapi.Options{Log: log})})
	stopping, stop := context.WithCancel(ctx)
	served := make(chan error, 1)
	go func() { served <- web.Serve(stopping, listener, handler, log) }()
	c := newClient(listener.Addr().String(), aws.Credentials{AccessKeyID: k.ID, SecretAccessKey: secret})
	return c, func() error {
		c.hangUp()
		stop()
		return firstOf(<-served, store.Close())
	}, nil
}

func firstOf(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// send sends a request and reads the whole answer.
func (c *client) send(r *http.Request) (*http.Response, []byte, error) {
	conn, err := c.conn()
	if err != nil {
		return nil, nil, err
	}
	answer, body, err := conn.exchange(r)
	if err != nil || answer.Close {
		return answer, body, firstOf(err, conn.Close())
	}
	c.conns <- conn
	return answer, body, nil
}

func (k *keptConn) exchange(r *http.Request) (*http.Response, []byte, error) {
	if err := r.Write(k); err != nil {
		return nil, nil, err
	}
	answer, err := http.ReadResponse(k.answers, r)
	if err != nil {
		return nil, nil, err
	}
	defer answer.Body.Close()
	var b bytes.Buffer
	_, err = b.ReadFrom(answer.Body)
	return answer, b.Bytes(), err
}

// ask calls an operation and reads its result into out, which may be nil.
func (c *client) ask(ctx context.Context, operation, body string, out any) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+c.host+awsapi.Path, strings.NewReader(body))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/x-amz-json-1.1")
	r.Header.Set("X-Amz-Target", "SSMContacts."+operation)
	if err := c.signer.SignHTTP(ctx, c.key, r, hashOf(body), "ssm-contacts", scope.Region, time.Now()); err != nil {
		return err
	}
	answer, result, err := c.send(r)
	switch {
	case err != nil:
		return err
	case answer.StatusCode != http.StatusOK:
		return fmt.Errorf("%s: %d %s", operation, answer.StatusCode, result)
	case out == nil:
		return nil
	}
	return json.Unmarshal(result, out)
}

// createChannel adds a text channel to a contact.
func (c *client) createChannel(ctx context.Context, alias, phone string) error {
	return c.ask(ctx, "CreateContactChannel", fmt.Sprintf(`{"ContactId":"%s","Name":"mobile","Type":"SMS","DeliveryAddress":{"SimpleAddress":"%s"},"IdempotencyToken":"%s"}`,
		scope.Contact(alias), phone, uuid.NewString()), nil)
}

// getChannel reads a channel.
func (c *client) getChannel(ctx context.Context, arn string) error {
	return c.ask(ctx, "GetContactChannel", `{"ContactChannelId":"`+arn+`"}`, nil)
}

// listChannels reads the channels of a contact into out, which may be nil.
func (c *client) listChannels(ctx context.Context, alias string, out any) error {
	return c.ask(ctx, "ListContactChannels", fmt.Sprintf(`{"ContactId":"%s"}`, scope.Contact(alias)), out)
}

// channelsOf returns the ARNs of the channels that the first contacts have.
func (c *client) channelsOf(ctx context.Context, contacts int) (arns []string, err error) {
	for n := range contacts {
		var list struct {
			ContactChannels []struct{ ContactChannelArn string }
		}
		if err := c.listChannels(ctx, alias(n), &list); err != nil {
			return nil, err
		}
		for _, channel := range list.ContactChannels {
			arns = append(arns, channel.ContactChannelArn)
		}
	}
	if len(arns) == 0 {
		return nil, fmt.Errorf("there are no channels to read")
	}
	return arns, nil
}

// hashOf is what a signature covers of a body.
func hashOf(body string) string {
	sum := sha256.Sum256([]byte(body))
	return hex.EncodeToString(sum[:])
}

// httpSide creates channels through the API.
func httpSide(ctx context.Context, path string) (*side, *client, func() error, error) {
	c, end, err := openClient(ctx, path)
	if err != nil {
		return nil, nil, nil, err
	}
	create := func(n int) error { return c.createChannel(ctx, alias(n), phone(n)) }
	return &side{name: "HTTP", create: create}, c, end, nil
}

// benchReads measures reads through the API of a book that has channels.
func benchReads(ctx context.Context, c *client, rounds int) error {
	arns, err := c.channelsOf(ctx, 1000)
	if err != nil {
		return err
	}
	get := &side{name: "GetContactChannel", create: func(n int) error { return c.getChannel(ctx, arns[n%len(arns)]) }}
	list := &side{name: "ListContactChannels", create: func(n int) error { return c.listChannels(ctx, alias(n%1000), nil) }}
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
