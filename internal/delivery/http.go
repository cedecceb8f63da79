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

// What a provider is given over HTTP.
const (
	httpTimeout    = 10 * time.Second // for a whole request and its answer
	longestAnswer  = 64 << 10
	idleAtProvider = 64 // connections that are kept
)

// newClient follows no redirects: what a provider gets goes nowhere else.
func newClient() *http.Client {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost = idleAtProvider
	return &http.Client{Timeout: httpTimeout, Transport: transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

// checkURL refuses a URL to which messages would travel in the clear.
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

// exchange sends a request and reads the whole answer. When it fails, the provider
// may have taken the request all the same; one that has said 2xx has, however the
// answer goes on.
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

// unreached says that there was no answer. The error itself names the URL and is
// only a cause.
func unreached(who string, err error) *Failure {
	says := who + " could not be reached"
	timeout, ok := errors.AsType[net.Error](err)
	if ok && timeout.Timeout() || errors.Is(err, context.DeadlineExceeded) {
		says = who + " did not answer in time"
	}
	return &Failure{Says: says, Cause: err}
}

// again reports whether a request that was answered so may be taken later.
func again(status int) bool {
	switch status {
	case http.StatusRequestTimeout, http.StatusTooEarly, http.StatusTooManyRequests:
		return true
	}
	return status >= http.StatusInternalServerError
}

// longestRetryAfter bounds what a provider may ask for.
const longestRetryAfter = outbox.MaxRetryWait

// retryAfter is how long the Retry-After of an answer asks to wait; 0: there is
// none.
func retryAfter(header http.Header, now time.Time) time.Duration {
	text := header.Get("Retry-After")
	wait := time.Duration(0)
	if seconds, err := strconv.Atoi(text); err == nil || errors.Is(err, strconv.ErrRange) { // a number beyond all is the largest
		wait = time.Duration(min(max(seconds, 0), int(longestRetryAfter/time.Second))) * time.Second
	} else if at, err := http.ParseTime(text); err == nil {
		wait = at.Sub(now)
	}
	return min(max(wait, 0), longestRetryAfter)
}
