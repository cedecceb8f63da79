package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"callbook/internal/account"
	"callbook/internal/oncall"
	"callbook/internal/terminal"
	"callbook/views"
)

// setUp hands out the link for the first admin, on the terminal or in a file of the data
// folder.
type setUp struct {
	accounts *account.Accounts
	origin   string
	file     string // for the link, without a terminal
}

// offer makes a new link while there is no user. The link itself is never logged.
func (s setUp) offer(ctx context.Context, stderr io.Writer, log *slog.Logger) error {
	token, err := s.accounts.NewSetUpLink(ctx)
	if oncall.KindOf(err) == oncall.Sealed {
		return nil
	}
	if err != nil || token == "" {
		return errors.Join(err, s.remove())
	}
	link := s.origin + views.SetUpPath + "/" + token
	if terminal.Is(stderr) {
		_, err = fmt.Fprintf(stderr, "\nNobody has an account yet. Set up Callbook within an hour at\n\n  %s\n\n", link)
		return errors.Join(err, s.remove())
	}
	if err := s.remove(); err != nil {
		return err
	}
	if err := os.WriteFile(s.file, []byte(link+"\n"), 0o600); err != nil {
		return fmt.Errorf("the set-up link cannot be written: %w", err)
	}
	time.AfterFunc(account.SetUpTTL, s.done(log)) // then the link is dead
	log.Info("no users yet: open the set-up link in this file within an hour", "file", s.file)
	return nil
}

// done removes the file of a link that was used.
func (s setUp) done(log *slog.Logger) func() {
	return func() {
		if err := s.remove(); err != nil {
			log.Warn("the file of the used set-up link cannot be removed", "file", s.file, "error", err)
		}
	}
}

func (s setUp) remove() error {
	err := os.Remove(s.file)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	return err
}

// linkFile is the path of the file that holds the set-up link.
func linkFile(data string) string { return filepath.Join(data, "setup-link") }
