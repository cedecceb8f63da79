package main

import (
	"bufio"
	"context"
	"errors"
	"io"

	"github.com/urfave/cli/v3"

	"callbook/internal/config"
	"callbook/internal/transfer"
)

// exportCommand is callbook export.
func exportCommand(getenv func(string) string, stdout io.Writer) *cli.Command {
	var c config.Config
	var in transfer.ExportQuery
	return &cli.Command{
		Name: "export", Usage: "write every contact to standard output, as JSON Lines",
		Description: "Writes a line for each contact, sorted by alias, with its channels, tags, plan, policy and\n" +
			"states. Addresses are masked unless --clear is given. The audit trail records every\n" +
			"export. May be run beside a server.",
		Flags: append(c.DataFlags(getenv),
			&cli.BoolFlag{Name: "clear", Usage: "write delivery addresses in the clear", Destination: &in.Clear}),
		Action: noArguments(func(ctx context.Context) error {
			return inWorkspace(ctx, c, func(h *workspace) error { return h.exportContacts(ctx, in, stdout) })
		}),
		OnUsageError: usageError,
	}
}

func (h *workspace) exportContacts(ctx context.Context, in transfer.ExportQuery, stdout io.Writer) error {
	out := bufio.NewWriter(stdout)
	w := transfer.NewContactWriter(out)
	err := h.Export(ctx, h.by, in, func(e transfer.ContactRecord) error { return errors.Join(ctx.Err(), w.Write(e)) })
	return errors.Join(err, out.Flush())
}
