package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/google/uuid"
)

// client signs requests and sends them over connections that are kept. It runs on
// the processors of the server that it measures, and so does no more than it must:
// what it takes is missing to the server.
type client struct {
	host   string
	conns  chan *keptConn
	signer *v4.Signer
	key    aws.Credentials
	cookie string // of a session
}

// maxConns is how many connections a client keeps, and so how many may ask at once.
const maxConns = 64

func newClient(host string) *client {
	return &client{host: host, conns: make(chan *keptConn, maxConns), signer: v4.NewSigner()}
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

// open asks for a page as somebody who is signed in, and returns it as it came: packed.
func (c *client) open(ctx context.Context, path string) (*http.Response, []byte, error) {
	return c.page(ctx, http.MethodGet, path, nil, http.StatusOK)
}

// post sends a form that is followed by another page.
func (c *client) post(ctx context.Context, path string, form url.Values) (*http.Response, error) {
	answer, _, err := c.page(ctx, http.MethodPost, path, form, http.StatusSeeOther)
	return answer, err
}

func (c *client) page(ctx context.Context, method, path string, form url.Values, want int) (*http.Response, []byte, error) {
	r, err := http.NewRequestWithContext(ctx, method, "http://"+c.host+path, strings.NewReader(form.Encode()))
	if err != nil {
		return nil, nil, err
	}
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	r.Header.Set("Accept-Encoding", "gzip")
	r.Header.Set("Cookie", c.cookie)
	answer, body, err := c.send(r)
	if err == nil && answer.StatusCode != want {
		err = fmt.Errorf("%s %s: %d", method, path, answer.StatusCode)
	}
	return answer, body, err
}

// ask calls an operation and reads its result into out, which may be nil.
func (c *client) ask(ctx context.Context, operation, body string, out any) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+c.host+"/", strings.NewReader(body))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/x-amz-json-1.1")
	r.Header.Set("X-Amz-Target", "SSMContacts."+operation)
	sum := sha256.Sum256([]byte(body))
	if err := c.signer.SignHTTP(ctx, c.key, r, hex.EncodeToString(sum[:]), "ssm-contacts", scope.Region, time.Now()); err != nil {
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

// createContact adds somebody.
func (c *client) createContact(ctx context.Context, alias, name string) error {
	return c.ask(ctx, "CreateContact", fmt.Sprintf(`{"Alias":"%s","DisplayName":"%s","Type":"PERSONAL","Plan":{"Stages":[]},"IdempotencyToken":"%s"}`,
		alias, name, uuid.NewString()), nil)
}

// createChannel adds a channel to a contact, and returns its ARN.
func (c *client) createChannel(ctx context.Context, alias, kind, address string) (string, error) {
	var out struct{ ContactChannelArn string }
	err := c.ask(ctx, "CreateContactChannel", fmt.Sprintf(`{"ContactId":"%s","Name":"channel","Type":"%s","DeliveryAddress":{"SimpleAddress":"%s"},"IdempotencyToken":"%s"}`,
		scope.Contact(alias), kind, address, uuid.NewString()), &out)
	return out.ContactChannelArn, err
}

// getChannel reads a channel.
func (c *client) getChannel(ctx context.Context, arn string) error {
	return c.ask(ctx, "GetContactChannel", `{"ContactChannelId":"`+arn+`"}`, nil)
}

// listChannels reads the channels of a contact.
func (c *client) listChannels(ctx context.Context, alias string) error {
	return c.ask(ctx, "ListContactChannels", fmt.Sprintf(`{"ContactId":"%s"}`, scope.Contact(alias)), nil)
}
