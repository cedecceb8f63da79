package main

import (
	"context"
	"fmt"
	"io"
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/urfave/cli/v3"

	"callbook/internal/config"
)

// command is the whole command line in one place.
func command(getenv func(string) string, stdout, stderr io.Writer) *cli.Command {
	var c config.Config
	settings := c.Flags(getenv)
	return &cli.Command{
		Name:        "callbook",
		Usage:       "tells an on-call team who can be reached, how, and proves it",
		Description: "Settings of callbook serve, each a flag or an environment variable (the flag wins):\n\n" + config.Help(settings),
		Version:     version(),
		Writer:      stdout, ErrWriter: stderr,
		ExitErrHandler:  func(context.Context, *cli.Command, error) {}, // main tells of the error, once
		CommandNotFound: func(context.Context, *cli.Command, string) {},
		Action:          onlyCommands,
		Commands: []*cli.Command{
			{
				Name: "serve", Usage: "answer in the browser until it is stopped",
				Description: "Every setting is a flag or an environment variable; the flag wins.\n" +
					"SIGTERM, SIGINT and SIGHUP stop it: accepted requests finish first.",
				Flags: settings,
				Action: func(ctx context.Context, cmd *cli.Command) error {
					if cmd.Args().Present() {
						return fmt.Errorf("serve takes no arguments, only flags: %s", cmd.Args().First())
					}
					return serve(ctx, c, config.Settings(settings), stdout, stderr)
				},
				OnUsageError: usageError,
			},
			{
				Name: "version", Usage: "print the version",
				Action: func(context.Context, *cli.Command) error {
					_, err := fmt.Fprintln(stdout, "callbook", version())
					return err
				},
			},
		},
		OnUsageError: usageError,
	}
}

// onlyCommands answers callbook without a command, or with one that there is not.
func onlyCommands(_ context.Context, cmd *cli.Command) error {
	if cmd.Args().Present() {
		return fmt.Errorf("there is no command %q: see callbook --help", cmd.Args().First())
	}
	return cli.ShowRootCommandHelp(cmd)
}

func usageError(_ context.Context, _ *cli.Command, err error, _ bool) error {
	return fmt.Errorf("%s: see callbook --help and callbook serve --help", strings.TrimSuffix(err.Error(), "\n"))
}

// version names the build: the module's version, the commit, and the compiler.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "(unknown)"
	}
	commit, dirty := "", ""
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision":
			commit = " " + s.Value[:min(12, len(s.Value))]
		case s.Key == "vcs.modified" && s.Value == "true":
			dirty = " with changes"
		}
	}
	return info.Main.Version + commit + dirty + " " + runtime.Version()
}
