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

	"github.com/mattn/go-isatty"

	"callbook/internal/account"
	"callbook/internal/oncall"
	"callbook/views"
)

// setUp is how the first admin gets in: by a link that only those see who see
// the terminal or the data folder.
type setUp struct {
	accounts *account.Accounts
	origin   string
	file     string // of the link, where there is no terminal
}

// offer makes a new link while nobody has an account. Its text never goes to the
// log.
func (s setUp) offer(ctx context.Context, stderr io.Writer, log *slog.Logger) error {
	token, err := s.accounts.NewSetUpLink(ctx)
	if oncall.KindOf(err) == oncall.Sealed {
		return nil
	}
	if err != nil || token == "" {
		return errors.Join(err, s.remove())
	}
	link := s.origin + views.SetUpPath + "/" + token
	if isTerminal(stderr) {
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
	log.Info("nobody has an account yet: open the link in the file within an hour; another start makes another", "file", s.file)
	return nil
}

// done removes the file of a link that was used.
func (s setUp) done(log *slog.Logger) func() {
	return func() {
		if err := s.remove(); err != nil {
			log.Warn("the file of the set-up link is still there, and the link is dead", "file", s.file, "error", err)
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

// linkFile is where the set-up link goes when nobody sees the terminal.
func linkFile(data string) string { return filepath.Join(data, "setup-link") }

func isTerminal(w io.Writer) bool {
	file, ok := w.(*os.File)
	return ok && isatty.IsTerminal(file.Fd()) // /dev/null is a device too, and nobody reads it
}
