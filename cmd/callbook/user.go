package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/urfave/cli/v3"

	"callbook/internal/account"
	"callbook/internal/config"
	"callbook/internal/oncall"
	"callbook/internal/password"
	"callbook/views"
)

// userCommand is callbook user.
func userCommand(getenv func(string) string, stdin io.Reader, stdout io.Writer) *cli.Command {
	var c config.Config
	var email, name, role string
	var fromStdin, keys bool
	whom := &cli.StringFlag{Name: "email", Usage: "`ADDRESS` with which the user signs in", Required: true, Destination: &email}
	one := func(command, usage string, do func(context.Context, *workspace, oncall.User) error, more ...cli.Flag) *cli.Command {
		return &cli.Command{
			Name: command, Usage: usage, Flags: append(append(c.LinkFlags(getenv), whom), more...),
			Action: noArguments(func(ctx context.Context) error {
				return inWorkspace(ctx, c, func(h *workspace) error { return h.withUser(ctx, email, do) })
			}),
			OnUsageError: usageError,
		}
	}
	return &cli.Command{
		Name: "user", Usage: "keep the users", Action: onlyCommands, OnUsageError: usageError,
		Commands: []*cli.Command{
			{
				Name: "add", Usage: "add a user, and print the link by which to choose a password",
				Flags: append(c.LinkFlags(getenv), whom,
					&cli.StringFlag{Name: "name", Usage: "`NAME` of the user", Destination: &name},
					&cli.StringFlag{Name: "role", Usage: "`ROLE`: viewer, manager or admin", Required: true, Destination: &role},
					&cli.BoolFlag{Name: "password-stdin", Usage: "read the password from standard input instead, up to the first line break", Destination: &fromStdin}),
				Action: noArguments(func(ctx context.Context) error {
					in := account.NewUser{Email: email, Name: name, Role: oncall.Role(role)}
					return inWorkspace(ctx, c, func(h *workspace) error {
						if err := h.mayBeFirst(ctx, c, in); err != nil {
							return err
						}
						if fromStdin {
							return h.addUser(ctx, in, stdin, stdout)
						}
						return h.inviteUser(ctx, c, in, stdout)
					})
				}),
				OnUsageError: usageError,
			},
			{
				Name: "list", Usage: "list the users", Flags: c.DataFlags(getenv),
				Action: noArguments(func(ctx context.Context) error {
					return inWorkspace(ctx, c, func(h *workspace) error { return h.listUsers(ctx, stdout) })
				}),
				OnUsageError: usageError,
			},
			one("link", "print a link, good once for a day, by which a user chooses another password", func(ctx context.Context, h *workspace, u oncall.User) error {
				return h.resetUser(ctx, c, u, stdout)
			}),
			one("disable", "sign a user out everywhere and let nobody in as them", func(ctx context.Context, h *workspace, u oncall.User) error {
				return h.switchUser(ctx, u, true, keys)
			}, &cli.BoolFlag{Name: "keys", Usage: "also disable the access keys that the user made", Destination: &keys}),
			one("enable", "let a user in again", func(ctx context.Context, h *workspace, u oncall.User) error {
				return h.switchUser(ctx, u, false, false)
			}),
		},
	}
}

// mayBeFirst requires that the first user is an admin, and removes the set-up link, which
// ends with the first user.
func (h *workspace) mayBeFirst(ctx context.Context, c config.Config, in account.NewUser) error {
	users, err := h.Users(ctx, h.by)
	if err != nil || len(users) > 0 {
		return err
	}
	if in.Role != oncall.Admin {
		return errors.New("make the first user an admin: nobody else can keep the users")
	}
	return setUp{file: linkFile(c.Data)}.remove()
}

func (h *workspace) inviteUser(ctx context.Context, c config.Config, in account.NewUser, stdout io.Writer) error {
	origin, err := c.Origin()
	if err != nil {
		return err
	}
	u, token, err := h.InviteUser(ctx, h.by, in)
	if err != nil {
		return each(err)
	}
	return errors.Join(printLine(stdout, "%s may choose a password within 7 days at", u.Email), printLine(stdout, "%s%s/%s", origin, views.JoinPath, token))
}

func (h *workspace) addUser(ctx context.Context, in account.NewUser, stdin io.Reader, stdout io.Writer) error {
	text, err := firstLine(stdin)
	if err != nil {
		return err
	}
	u, err := h.AddUser(ctx, h.by, in, text)
	if err != nil {
		return each(err)
	}
	return printLine(stdout, "%s may sign in", u.Email)
}

// firstLine reads a password, without what ends its line.
func firstLine(r io.Reader) (string, error) {
	text, err := io.ReadAll(io.LimitReader(r, password.MaxBytes+2))
	if err != nil {
		return "", fmt.Errorf("standard input: %w", err)
	}
	line, _, _ := strings.Cut(string(text), "\n")
	return strings.TrimSuffix(line, "\r"), nil
}

func (h *workspace) listUsers(ctx context.Context, stdout io.Writer) error {
	users, err := h.Users(ctx, h.by)
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(stdout, 0, 0, 2, ' ', 0)
	printCells(w, "EMAIL", "ROLE", "STATE", "LAST SIGN-IN")
	for _, u := range users {
		state := "enabled"
		if !u.DisabledAt.IsZero() {
			state = "disabled"
		}
		printCells(w, u.Email, string(u.Role), state, orNever(u.SignedInAt))
	}
	return w.Flush()
}

func orNever(t time.Time) string {
	if t.IsZero() {
		return "never"
	}
	return t.UTC().Format(time.RFC3339)
}

// withUser finds the user of an email address.
func (h *workspace) withUser(ctx context.Context, email string, do func(context.Context, *workspace, oncall.User) error) error {
	users, err := h.Users(ctx, h.by)
	if err != nil {
		return err
	}
	canonical, _ := oncall.CanonicalEmail(email)
	for _, u := range users {
		if u.Email == email || u.Canonical == canonical {
			return do(ctx, h, u)
		}
	}
	return fmt.Errorf("there is no user %s: see callbook user list", email)
}

func (h *workspace) resetUser(ctx context.Context, c config.Config, u oncall.User, stdout io.Writer) error {
	origin, err := c.Origin()
	if err != nil {
		return err
	}
	token, err := h.ResetLink(ctx, h.by, u.ID)
	if err != nil {
		return err
	}
	return errors.Join(printLine(stdout, "%s may choose another password within a day at", u.Email), printLine(stdout, "%s%s/%s", origin, views.JoinPath, token))
}

func (h *workspace) switchUser(ctx context.Context, u oncall.User, disabled, keys bool) error {
	_, err := h.UpdateUser(ctx, h.by, account.UserChange{User: u.ID, Disabled: &disabled, DisableKeys: keys})
	return err
}

// each tells of every field that was refused, not only of the first.
func each(err error) error {
	fields := oncall.FieldErrors(err)
	if len(fields) < 2 {
		return err
	}
	var all []error
	for _, f := range fields {
		all = append(all, errors.New(f.Message))
	}
	return errors.Join(all...)
}
