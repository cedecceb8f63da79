package main

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/urfave/cli/v3"

	"callbook/internal/config"
)

// command is the whole command line in one place.
func command(getenv func(string) string, stdin io.Reader, stdout, stderr io.Writer) *cli.Command {
	var c config.Config
	settings := c.Flags(getenv)
	return &cli.Command{
		Name:        "callbook",
		Usage:       "tells an on-call team who can be reached, how, and proves it",
		Description: "Settings of callbook serve, each a flag or an environment variable (the flag wins):\n\n" + config.Help(settings),
		Version:     version(),
		Writer:      stdout, ErrWriter: stderr,
		ExitErrHandler:  func(context.Context, *cli.Command, error) {}, // main prints the error once
		CommandNotFound: func(context.Context, *cli.Command, string) {},
		Action:          onlyCommands,

		EnableShellCompletion: true, ConfigureShellCompletionCommand: completion,
		Commands: []*cli.Command{
			{
				Name: "serve", Usage: "answer in the browser until it is stopped",
				Description: "Every setting is a flag or an environment variable; the flag wins.\n" +
					"SIGTERM, SIGINT and SIGHUP stop it: accepted requests finish first.",
				Flags: settings,
				Action: noArguments(func(ctx context.Context) error {
					return serve(ctx, c, config.Settings(settings), stdout, stderr)
				}),
				OnUsageError: usageError,
			},
			userCommand(getenv, stdin, stdout),
			keyCommand(getenv, stdout),
			importCommand(getenv, stdin, stdout, stderr),
			exportCommand(getenv, stdout),
			auditCommand(getenv, stdout, stderr),
			sealCommand(getenv, stdout, stderr),
			backupCommand(getenv, stdout),
			restoreCommand(getenv, stdout),
			checkCommand(getenv, stdout),
			deliveryCommand(getenv, stdout),
			{
				Name: "version", Usage: "print the version",
				Action: func(context.Context, *cli.Command) error {
					_, err := fmt.Fprintln(stdout, "callbook", version())
					return err
				},
			},
			helpCommand(stdout),
		},
		OnUsageError: usageError,
	}
}

// completion shows the completion command, which the library hides, and gives it the same
// answers as the others.
func completion(c *cli.Command) {
	c.Hidden, c.Usage, c.Action = false, "print what makes a shell complete commands and flags", onlyCommands
}

// onlyCommands is the action of a command that only groups others: it prints their list,
// or refuses an unknown one.
func onlyCommands(_ context.Context, cmd *cli.Command) error {
	if cmd.Args().Present() {
		return fmt.Errorf("there is no command %q: see %s --help", cmd.Args().First(), cmd.FullName())
	}
	return cli.ShowSubcommandHelp(cmd)
}

// noArguments is the action of a command that takes only flags.
func noArguments(do func(context.Context) error) cli.ActionFunc {
	return func(ctx context.Context, cmd *cli.Command) error {
		if cmd.Args().Present() {
			return fmt.Errorf("%s takes no arguments, only flags: %s", cmd.Name, cmd.Args().First())
		}
		return do(ctx)
	}
}

// oneFile is the action of a command that takes the name of a file, and flags.
func oneFile(do func(ctx context.Context, file string) error) cli.ActionFunc {
	return func(ctx context.Context, cmd *cli.Command) error {
		if cmd.NArg() != 1 || cmd.Args().First() == "" {
			return fmt.Errorf("%s takes the name of one file: see %s --help", cmd.Name, cmd.FullName())
		}
		return do(ctx, cmd.Args().First())
	}
}

func usageError(_ context.Context, cmd *cli.Command, err error, _ bool) error {
	return fmt.Errorf("%s: see %s --help", strings.TrimSuffix(err.Error(), "\n"), cmd.FullName())
}
