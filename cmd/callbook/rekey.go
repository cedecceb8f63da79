package main

import (
	"context"
	"fmt"
	"io"

	"github.com/urfave/cli/v3"

	"callbook/internal/config"
	"callbook/internal/keyring"
)

// sealCommand is callbook seal.
func sealCommand(getenv func(string) string, stdout, stderr io.Writer) *cli.Command {
	var c config.Config
	var index bool
	return &cli.Command{
		Name: "seal", Usage: "change the keys of the database",
		Action: onlyCommands,
		Commands: []*cli.Command{
			{
				Name: "rotate", Usage: "encrypt everything by a new key and remove the old one",
				Description: "Servers go on meanwhile, but stop them first to change the key of the index (--index).\n" +
					"It may be interrupted at any time: run it again, and it finishes what was begun.\n" +
					"Afterwards make a new copy of the key file; the old copy opens only copies of the\n" +
					"database that are as old.",
				Flags: append(c.DataFlags(getenv),
					&cli.BoolFlag{Name: "index", Usage: "change the key by which addresses are found, instead of the one that encrypts; stop the server first", Destination: &index}),
				Action: noArguments(func(ctx context.Context) error {
					enter := inWorkspace
					if index {
						enter = inExclusiveWorkspace
					}
					return enter(ctx, c, func(h *workspace) error { return h.rotateSeal(ctx, index, stdout, stderr) })
				}),
				OnUsageError: usageError,
			},
		},
		OnUsageError: usageError,
	}
}

// toldEvery is after how many rows a rotation says how far it is.
const toldEvery = 10_000

func (h *workspace) rotateSeal(ctx context.Context, index bool, stdout, stderr io.Writer) error {
	told := 0
	done, err := h.RotateSeal(ctx, h.by, keyring.Rekey{Keys: h.store.KeyFile(), Index: index, OnProgress: func(rows int) {
		if rows-told >= toldEvery {
			told = rows
			fmt.Fprintf(stderr, "%d rows so far\n", rows)
		}
	}})
	if err != nil {
		return fmt.Errorf("%w\nThe rotation is not finished, and nothing is lost: run it again", plain(err))
	}
	_, err = fmt.Fprintf(stdout, "key %d is in use, in %d rows; the old one is gone: make a new copy of the key file\n", done.Key, done.Rows)
	return err
}
