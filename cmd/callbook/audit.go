package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/urfave/cli/v3"

	"callbook/internal/audit"
	"callbook/internal/config"
	"callbook/internal/oncall"
	"callbook/internal/terminal"
)

// auditCommand is callbook audit.
func auditCommand(getenv func(string) string, stdout, stderr io.Writer) *cli.Command {
	var c config.Config
	var anchor, format string
	var in oncall.AuditQuery
	return &cli.Command{
		Name: "audit", Usage: "verify or export the record of who changed what",
		Action: onlyCommands,
		Commands: []*cli.Command{
			{
				Name: "verify", Usage: "look for entries that were changed, removed, added or moved",
				Description: "Needs the key file. That the newest entries were removed shows only against an\n" +
					"anchor, which serve logs every hour and export prints: keep it elsewhere.\n" +
					"Ends with status 1, and a line for each entry that is wrong, unless all verify.",
				Flags: append(c.DataFlags(getenv),
					&cli.StringFlag{Name: "anchor", Usage: "`SEQ:MAC` that was the end of the trail at some time", Destination: &anchor}),
				Action: noArguments(func(ctx context.Context) error {
					return inWorkspace(ctx, c, func(h *workspace) error { return h.verifyAudit(ctx, anchor, stdout) })
				}),
				OnUsageError: usageError,
			},
			{
				Name: "export", Usage: "write every entry that matches to standard output",
				Description: "The oldest entry comes first. At the end standard error gets the anchor: the end of\n" +
					"the trail, for audit verify. The export is itself an entry.\n" +
					"A cell of CSV that begins with = + - @ or a tab gets an apostrophe (') before it, so\n" +
					"that no spreadsheet takes it for a formula; JSON lines hold every text as it is.",
				Flags: append(c.DataFlags(getenv),
					&cli.StringFlag{Name: "format", Value: string(audit.JSONLines), Usage: "`FORMAT`: jsonl or csv", Destination: &format},
					&cli.StringFlag{Name: "contact", Usage: "only what concerns the contact with this `ALIAS`", Destination: &in.Contact},
					&cli.StringFlag{Name: "actor", Usage: "only what somebody of this `NAME` did: the email of a user, the name of an access key", Destination: &in.Actor},
					&cli.StringFlag{Name: "action", Usage: "only this `ACTION`, such as DeleteContact", Destination: (*string)(&in.Operation)}),
				Action: noArguments(func(ctx context.Context) error {
					if !slices.Contains(audit.Formats(), audit.Format(format)) {
						return fmt.Errorf("--format %q is neither jsonl nor csv", format)
					}
					return inWorkspace(ctx, c, func(h *workspace) error {
						return h.exportAudit(ctx, in, audit.Format(format), stdout, stderr)
					})
				}),
				OnUsageError: usageError,
			},
		},
		OnUsageError: usageError,
	}
}

// verifyAudit prints a line for each entry that does not verify.
func (h *workspace) verifyAudit(ctx context.Context, text string, stdout io.Writer) error {
	var anchor *audit.Anchor
	if text != "" {
		a, err := audit.ParseAnchor(text)
		if err != nil {
			return fmt.Errorf("--anchor: %w", err)
		}
		anchor = &a
	}
	end, faults, err := h.VerifyAudit(ctx, h.by, anchor)
	if err != nil {
		return err
	}
	for _, f := range faults {
		if err := printLine(stdout, "entry %d: %s", f.Seq, f.Problem); err != nil {
			return err
		}
	}
	if len(faults) > 0 {
		return errors.New("the audit trail does not verify")
	}
	return printLine(stdout, "%d entries verify; anchor %s", end.Seq, end)
}

func (h *workspace) exportAudit(ctx context.Context, in oncall.AuditQuery, f audit.Format, stdout, stderr io.Writer) error {
	if f == audit.CSV {
		stdout = terminal.Exact(stdout)
	}
	out := bufio.NewWriter(stdout)
	w := audit.NewWriter(out, f)
	end, err := h.ExportAudit(ctx, h.by, in, func(e oncall.Entry) error { return errors.Join(ctx.Err(), w.Write(e)) })
	if err = errors.Join(err, w.Flush(), out.Flush()); err != nil {
		return err
	}
	_, err = fmt.Fprintln(stderr, "anchor", end)
	return err
}
