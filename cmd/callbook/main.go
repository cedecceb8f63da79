// Command callbook keeps who can be reached, how, and what proves it.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"callbook/internal/terminal"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	context.AfterFunc(ctx, stop) // a second signal ends the program at once
	restrictFiles()
	if err := run(ctx, os.Args, os.Getenv, os.Stdin, os.Stdout, os.Stderr); err != nil {
		reportError(os.Stderr, err)
		os.Exit(1)
	}
}

// reportError prints why the program ends. The error may quote a file or an argument.
func reportError(stderr io.Writer, err error) {
	fmt.Fprintln(terminal.NewWriter(stderr), "callbook:", err)
}

// run is the program: it ends when its command does, or when ctx ends. Whatever a command
// prints passes a terminal.Writer.
func run(ctx context.Context, args []string, getenv func(string) string, stdin io.Reader, stdout, stderr io.Writer) error {
	return command(getenv, stdin, terminal.NewWriter(stdout), terminal.NewWriter(stderr)).Run(ctx, args)
}
