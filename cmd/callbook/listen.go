package main

import (
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"time"

	"callbook/internal/config"
	"callbook/web"
)

// entrance is where requests come in, and what the handler has to know of it.
type entrance struct {
	net.Listener
	options web.Options
	says    string // for people: the address to open
}

// listen opens the entrance that the settings ask for.
func listen(c config.Config, log *slog.Logger) (at entrance, err error) {
	var certificate *web.Certificate
	if c.TLS() {
		if certificate, err = web.OpenCertificate(c.TLSCert, c.TLSKey, log, time.Now); err != nil {
			return at, err
		}
	}
	if at.Listener, err = net.Listen("tcp", c.Listen); err != nil {
		return at, fmt.Errorf("cannot listen on %s: %w", c.Listen, plainCause(err))
	}
	address := at.Addr().(*net.TCPAddr).AddrPort()
	if err := c.CheckBound(address.Addr()); err != nil {
		return at, errors.Join(err, at.Close())
	}
	at.options = web.Options{
		Log: log, Site: web.NewSite(c.Public(), address, c.TLS()), Proxies: c.Proxies(),
		ProxiesOnly: !c.TLS() && !address.Addr().Unmap().IsLoopback(),
	}
	at.says = at.options.Site.Origin()
	if c.PublicURL != "" {
		at.says += ", listening on " + at.Addr().String()
	}
	if certificate != nil {
		at.Listener = tls.NewListener(at.Listener, certificate.Config())
	}
	if public := c.Public(); public != nil && public.Scheme == "https" && !c.TLS() && len(c.Proxies()) == 0 {
		log.Warn("no proxy is declared by --trusted-proxies: everybody who comes through it has its address")
	}
	return at, nil
}

// plainCause drops the parts of a network error that repeat the address.
func plainCause(err error) error {
	if op, ok := errors.AsType[*net.OpError](err); ok {
		err = op.Err
	}
	if sys, ok := errors.AsType[*os.SyscallError](err); ok {
		err = sys.Err
	}
	return err
}
