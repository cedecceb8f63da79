package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"strconv"

	"callbook/db/sqlite"
	"callbook/internal/access"
	"callbook/internal/account"
	"callbook/internal/config"
	"callbook/internal/oncall"
)

// workspace is an open database for one command. A server may have it open too.
type workspace struct {
	*rooms
	store *sqlite.Store
	by    oncall.Actor // who runs the command
}

// openWorkspace opens the database that the settings name. It makes nothing, and a
// command of another user than the database's owner is refused.
func openWorkspace(ctx context.Context, c config.Config, o sqlite.Options) (*workspace, error) {
	if err := c.CheckData(); err != nil {
		return nil, err
	}
	o.KeyFile, o.MustExist = c.KeyFile, true
	h, err := openWorkspaceAt(ctx, filepath.Join(c.Data, "callbook.db"), o)
	return h, advised(err)
}

// openWorkspaceAt opens a database for the command that works in it.
func openWorkspaceAt(ctx context.Context, path string, o sqlite.Options) (*workspace, error) {
	store, err := sqlite.Open(ctx, path, o)
	if err != nil {
		return nil, err
	}
	r := newRooms(store, roomOptions{access: access.Options{Scope: store.Scope()}, account: account.Options{Passwords: newPasswords()}})
	return &workspace{r, store, operator()}, nil
}

// inWorkspace runs the work of a command in the workspace.
func inWorkspace(ctx context.Context, c config.Config, work func(*workspace) error) error {
	h, err := openWorkspace(ctx, c, sqlite.Options{})
	if err != nil {
		return err
	}
	return errors.Join(plain(work(h)), h.store.Close())
}

// inExclusiveWorkspace is inWorkspace while no other process has the database open.
func inExclusiveWorkspace(ctx context.Context, c config.Config, work func(*workspace) error) error {
	h, err := openWorkspace(ctx, c, sqlite.Options{Exclusive: true})
	if err != nil {
		return err
	}
	return errors.Join(plain(work(h)), h.store.Close())
}

// operator is who runs a command: the user of the system, who can read the
// database and the key file anyway.
func operator() oncall.Actor {
	name := "uid " + strconv.Itoa(os.Geteuid())
	if u, err := user.Current(); err == nil {
		name = u.Username
	}
	return oncall.Actor{Door: oncall.Command, Principal: name, Name: name, Role: oncall.Admin}
}

// plain takes from a fault the sentence for people at a browser: who runs a
// command has no log, and sees the cause.
func plain(err error) error {
	if e, ok := errors.AsType[*oncall.Error](err); ok && e.Kind == oncall.Internal && e.Cause != nil {
		return fmt.Errorf("%w", e.Cause)
	}
	return err
}
