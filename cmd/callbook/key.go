package main

import (
	"context"
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/urfave/cli/v3"

	"callbook/internal/account"
	"callbook/internal/config"
	"callbook/internal/oncall"
	"callbook/views"
)

// keyCommand is callbook key.
func keyCommand(getenv func(string) string, stdout io.Writer) *cli.Command {
	var c config.Config
	var id, name, role string
	one := func(command, usage string, do func(context.Context, *workspace) error) *cli.Command {
		return &cli.Command{
			Name: command, Usage: usage,
			Flags: append(c.DataFlags(getenv), &cli.StringFlag{Name: "id", Usage: "`ID` of the access key", Required: true, Destination: &id}),
			Action: noArguments(func(ctx context.Context) error {
				return inWorkspace(ctx, c, func(h *workspace) error { return do(ctx, h) })
			}),
			OnUsageError: usageError,
		}
	}
	change := func(disabled bool) func(context.Context, *workspace) error {
		return func(ctx context.Context, h *workspace) error {
			_, err := h.UpdateAccessKey(ctx, h.by, account.AccessKeyChange{ID: id, Disabled: disabled})
			return err
		}
	}
	return &cli.Command{
		Name: "key", Usage: "keep the access keys of programs", Action: onlyCommands, OnUsageError: usageError,
		Commands: []*cli.Command{
			{
				Name: "add", Usage: "make an access key, and print it with where it is used as lines for a shell; the secret is shown this once",
				Flags: append(c.LinkFlags(getenv),
					&cli.StringFlag{Name: "name", Usage: "`NAME` by which the audit trail knows the program, such as ci", Required: true, Destination: &name},
					&cli.StringFlag{Name: "role", Usage: "`ROLE`: viewer, manager or admin", Required: true, Destination: &role}),
				Action: noArguments(func(ctx context.Context) error {
					origin, err := c.Origin()
					if err != nil {
						return err
					}
					return inWorkspace(ctx, c, func(h *workspace) error {
						return h.addKey(ctx, account.NewAccessKey{Name: name, Role: oncall.Role(role)}, origin, stdout)
					})
				}),
				OnUsageError: usageError,
			},
			{
				Name: "list", Usage: "list the access keys", Flags: c.DataFlags(getenv),
				Action: noArguments(func(ctx context.Context) error {
					return inWorkspace(ctx, c, func(h *workspace) error { return h.listKeys(ctx, stdout) })
				}),
				OnUsageError: usageError,
			},
			one("disable", "refuse what is signed with an access key", change(true)),
			one("enable", "take what is signed with an access key again", change(false)),
			one("delete", "delete an access key", func(ctx context.Context, h *workspace) error { return h.DeleteAccessKey(ctx, h.by, id) }),
		},
	}
}

func (h *workspace) addKey(ctx context.Context, in account.NewAccessKey, origin string, stdout io.Writer) error {
	k, secret, err := h.CreateAccessKey(ctx, h.by, in)
	if err != nil {
		return each(err)
	}
	_, err = fmt.Fprintln(stdout, views.NewSecret{Key: k, Secret: secret, Region: h.Scope().Region, Endpoint: origin}.Shell())
	return err
}

func (h *workspace) listKeys(ctx context.Context, stdout io.Writer) error {
	keys, err := h.AccessKeys(ctx, h.by)
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(stdout, 0, 0, 2, ' ', 0)
	printCells(w, "ID", "NAME", "ROLE", "STATE", "LAST USE")
	for _, k := range keys {
		state := "enabled"
		if !k.DisabledAt.IsZero() {
			state = "disabled"
		}
		printCells(w, k.ID, k.Name, string(k.Role), state, orNever(k.UsedAt))
	}
	return w.Flush()
}
