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

// entrance is the listener for requests, and what the handler has to know about it.
type entrance struct {
	net.Listener
	options web.Options
	says    string // for people: the address to open
}

// listen opens the entrance that the settings ask for.
func listen(c config.Config, log *slog.Logger) (at entrance, err error) {
	var encryption *tls.Config
	if c.TLS() {
		certificate, err := web.OpenCertificate(c.TLSCert, c.TLSKey, log, time.Now)
		if err != nil {
			return at, err
		}
		encryption = certificate.Config()
	}
	listener, err := net.Listen("tcp", c.Listen)
	if err != nil {
		return at, fmt.Errorf("cannot listen on %s: %w", c.Listen, plainCause(err))
	}
	if at, err = enter(c, listener, log); err != nil {
		return at, errors.Join(err, listener.Close())
	}
	if encryption != nil {
		at.Listener = tls.NewListener(listener, encryption)
	}
	return at, nil
}

// enter checks a listener by the address that it is bound to.
func enter(c config.Config, listener net.Listener, log *slog.Logger) (entrance, error) {
	address := listener.Addr().(*net.TCPAddr).AddrPort()
	if err := c.CheckBound(address.Addr()); err != nil {
		return entrance{}, err
	}
	site := web.NewSite(c.Public(), address, c.TLS())
	at := entrance{Listener: listener, says: site.Origin(), options: web.Options{
		Log: log, Site: site, Proxies: c.Proxies(), ProxiesOnly: !c.TLS() && !address.Addr().Unmap().IsLoopback()}}
	if c.PublicURL != "" {
		at.says += ", listening on " + listener.Addr().String()
	}
	if public := c.Public(); public != nil && public.Scheme == "https" && !c.TLS() && len(c.Proxies()) == 0 {
		log.Warn("--trusted-proxies is not set: all clients behind the proxy share its address")
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
