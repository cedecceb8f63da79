package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"

	"github.com/urfave/cli/v3"

	"callbook/db"
	"callbook/db/sqlite"
	"callbook/internal/config"
)

// backupCommand is callbook backup.
func backupCommand(getenv func(string) string, stdout io.Writer) *cli.Command {
	var c config.Config
	return &cli.Command{
		Name: "backup", Usage: "copy the database to a new file, while the server goes on", ArgsUsage: "FILE",
		Description: "The copy is of one moment, is verified, and is one plain file. The key file is not in\n" +
			"it: keep a copy of that elsewhere. A file that is there is not overwritten.",
		Flags:        c.DataFlags(getenv),
		Action:       oneFile(func(ctx context.Context, file string) error { return backup(ctx, c, file, stdout) }),
		OnUsageError: usageError,
	}
}

// restoreCommand is callbook restore.
func restoreCommand(getenv func(string) string, stdout io.Writer) *cli.Command {
	var c config.Config
	return &cli.Command{
		Name: "restore", Usage: "put a backup in the place of the database", ArgsUsage: "FILE",
		Description: "Stop the server first: while anybody has the database open nothing is done. What was\n" +
			"there is kept beside it, as callbook.db.before-restore-… The key file has to open\n" +
			"the backup: name the copy of its time with --key-file.",
		Flags:        c.DataFlags(getenv),
		Action:       oneFile(func(ctx context.Context, file string) error { return restore(ctx, c, file, stdout) }),
		OnUsageError: usageError,
	}
}

// checkCommand is callbook check.
func checkCommand(getenv func(string) string, stdout io.Writer) *cli.Command {
	var c config.Config
	var file string
	return &cli.Command{
		Name: "check", Usage: "read the whole database, or a backup, and say what is wrong with it",
		Description: "Changes nothing, and may be run beside a server. Prints a line for each thing that was\n" +
			"looked at. Ends with status 1 when anything is wrong.",
		Flags: append(c.DataFlags(getenv),
			&cli.StringFlag{Name: "file", Usage: "a backup to look at, in `FILE`, instead of the database", Destination: &file}),
		Action:       noArguments(func(ctx context.Context) error { return check(ctx, c, file, stdout) }),
		OnUsageError: usageError,
	}
}

// databaseOf returns the paths of the database and of its key file.
func databaseOf(c config.Config) (path, keyFile string, err error) {
	path = filepath.Join(c.Data, "callbook.db")
	if keyFile = c.KeyFile; keyFile == "" {
		keyFile = sqlite.KeyFile(path)
	}
	return path, keyFile, c.CheckData()
}

func backup(ctx context.Context, c config.Config, file string, stdout io.Writer) error {
	path, keyFile, err := databaseOf(c)
	if err != nil {
		return err
	}
	saved, err := sqlite.Backup(ctx, path, file)
	if err != nil {
		return advised(err)
	}
	if err := printLine(stdout, "%s is a copy of %s:", file, path); err != nil {
		return err
	}
	if err := tell(stdout, saved); err != nil || saved.KeyFile == "" {
		return err
	}
	_, err = fmt.Fprintf(stdout, "It is opened by the key file with the id %s, which is not in it:\nkeep a copy of %s too, in another place.\n", saved.KeyFile, keyFile)
	return err
}

// tell prints what a database holds.
func tell(stdout io.Writer, s sqlite.Saved) error {
	_, err := fmt.Fprintf(stdout, "bytes %d, schema version %d, contacts %d, channels %d\nentries in the audit trail %d, anchor %s\n",
		s.Size, s.Version, s.Contacts, s.Channels, s.End.Seq, s.End)
	return err
}

func restore(ctx context.Context, c config.Config, file string, stdout io.Writer) error {
	path, keyFile, err := databaseOf(c)
	if err != nil {
		return err
	}
	done, err := sqlite.Restore(ctx, path, file, sqlite.Options{KeyFile: keyFile})
	if errors.Is(err, sqlite.ErrInUse) {
		err = advised(err)
	}
	if err != nil {
		return err
	}
	if err := printLine(stdout, "%s is what was in %s:", path, file); err != nil {
		return err
	}
	if err := tell(stdout, done.Saved); err != nil {
		return err
	}
	if done.Before != "" {
		err = printLine(stdout, "What was there before is %s.", done.Before)
	}
	if err == nil && done.KeyFile != "" {
		err = printLine(stdout, "Start callbook serve with the key file %s (id %s).", keyFile, done.KeyFile)
	}
	return err
}

// check prints the findings about the database, or about file if one is named.
func check(ctx context.Context, c config.Config, file string, stdout io.Writer) error {
	path, keyFile, err := databaseOf(c)
	if err != nil {
		return err
	}
	advice := advised
	if file != "" {
		path, advice = file, func(err error) error { return err }
		if err := sqlite.CheckCopy(file); err != nil {
			return err
		}
	}
	h, err := openWorkspaceAt(ctx, path, sqlite.Options{KeyFile: keyFile, ReadOnly: true})
	if err != nil {
		return advice(err)
	}
	sound, err := h.check(ctx, stdout)
	if err = errors.Join(err, h.store.Close()); err == nil && !sound {
		err = fmt.Errorf("the check of %s found problems: they are listed above", path)
	}
	return err
}

func (h *workspace) check(ctx context.Context, stdout io.Writer) (sound bool, err error) {
	sound = true
	show := func(f db.Finding) error {
		sound = sound && f.Problems == nil
		return showFinding(stdout, f)
	}
	if err := h.store.Check(ctx, show); err != nil {
		return false, err
	}
	f, err := h.checkTrail(ctx)
	return sound && f.Problems == nil, errors.Join(err, show(f))
}

func (h *workspace) checkTrail(ctx context.Context) (db.Finding, error) {
	f := db.Finding{About: "audit trail"}
	end, faults, err := h.VerifyAudit(ctx, h.by, nil)
	switch {
	case ctx.Err() != nil:
		return f, ctx.Err()
	case err != nil:
		f.Problems = []string{"cannot be verified: " + plain(err).Error()}
	}
	f.Count = end.Seq
	for _, fault := range faults {
		f.Problems = append(f.Problems, fmt.Sprintf("entry %d: %s", fault.Seq, fault.Problem))
	}
	return f, nil
}

func showFinding(stdout io.Writer, f db.Finding) error {
	if f.Problems == nil {
		count := ""
		if f.Count >= 0 {
			count = fmt.Sprintf(", %d", f.Count)
		}
		if f.Note != "" {
			count += " (" + f.Note + ")"
		}
		return printLine(stdout, "ok     %s%s", f.About, count)
	}
	for _, problem := range f.Problems {
		if err := printLine(stdout, "WRONG  %s: %s", f.About, problem); err != nil {
			return err
		}
	}
	return nil
}
