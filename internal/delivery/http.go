package delivery

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"callbook/internal/outbox"
)

// Limits for requests to a provider.
const (
	httpTimeout    = 10 * time.Second // for a whole request and its answer
	longestAnswer  = 64 << 10
	idleAtProvider = 64 // connections that are kept
)

// newClient follows no redirects, so that messages reach only the configured provider.
func newClient() *http.Client {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost = idleAtProvider
	return &http.Client{Timeout: httpTimeout, Transport: transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

// checkURL refuses unencrypted URLs of other machines.
func checkURL(setting, text string) error {
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Host == "" || u.User != nil || u.Scheme != "https" && u.Scheme != "http":
		return fmt.Errorf("%s is not https:// and a host, or http:// on this machine", setting)
	case u.Scheme == "http" && !isLoopback(u.Hostname()):
		return fmt.Errorf("%s is http: messages would travel in the clear; use https", setting)
	}
	return nil
}

// exchange sends a request and reads the whole answer. After a failure the provider may have
// accepted the request all the same. After a 2xx it has, even if reading the rest fails.
func exchange(client *http.Client, r *http.Request) (status int, header http.Header, body []byte, err error) {
	response, err := client.Do(r)
	if err != nil {
		return 0, nil, nil, err
	}
	defer response.Body.Close()
	body, err = io.ReadAll(io.LimitReader(response.Body, longestAnswer))
	if response.StatusCode/100 == 2 {
		err = nil
	}
	return response.StatusCode, response.Header, body, err
}

// unreached is the failure without an answer. The error names the URL, so it is only the
// cause.
func unreached(who string, err error) *Failure {
	says := who + " could not be reached"
	timeout, ok := errors.AsType[net.Error](err)
	if ok && timeout.Timeout() || errors.Is(err, context.DeadlineExceeded) {
		says = who + " did not answer in time"
	}
	return &Failure{Detail: says, Cause: err}
}

// again reports whether a status is temporary.
func again(status int) bool {
	switch status {
	case http.StatusRequestTimeout, http.StatusTooEarly, http.StatusTooManyRequests:
		return true
	}
	return status >= http.StatusInternalServerError
}

// refusalPause is the wait before the next attempt after a provider has refused us with a
// status that means for good: somebody has to change something first.
const refusalPause = time.Minute

// maxRetryAfter bounds what a provider may ask for.
const maxRetryAfter = outbox.MaxRetryWait

// retryAfter is how long the Retry-After of an answer asks to wait; 0: there is
// none.
func retryAfter(header http.Header, now time.Time) time.Duration {
	text := header.Get("Retry-After")
	wait := time.Duration(0)
	if seconds, err := strconv.Atoi(text); err == nil || errors.Is(err, strconv.ErrRange) { // a number beyond all is the largest
		wait = time.Duration(min(max(seconds, 0), int(maxRetryAfter/time.Second))) * time.Second
	} else if at, err := http.ParseTime(text); err == nil {
		wait = at.Sub(now)
	}
	return min(max(wait, 0), maxRetryAfter)
}
