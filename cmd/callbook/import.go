package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/urfave/cli/v3"

	"callbook/internal/access"
	"callbook/internal/config"
	"callbook/internal/oncall"
	"callbook/internal/outbox"
	"callbook/internal/spool"
	"callbook/internal/terminal"
	"callbook/internal/transfer"
)

// importOptions are the flags and streams of callbook import.
type importOptions struct {
	transfer.Import
	yes    bool
	stdin  io.Reader
	stdout io.Writer
	stderr io.Writer
}

// importCommand is callbook import.
func importCommand(getenv func(string) string, stdin io.Reader, stdout, stderr io.Writer) *cli.Command {
	var c config.Config
	in := importOptions{stdin: stdin, stdout: stdout, stderr: stderr}
	return &cli.Command{
		Name: "import", Usage: "add contacts and channels from a file", ArgsUsage: "FILE",
		Description: "FILE is a CSV file, or a file that callbook export --clear wrote; - is standard input.\nThe first line of a CSV file names the columns:\n" +
			strings.Join(transfer.Columns(), ", ") + ". Each row is a channel of a\n" +
			"contact, or a contact alone. The command first prints what it would do with each row,\n" +
			"and then asks. It does not change contacts and channels that exist already: the same\n" +
			"file again adds and sends nothing. May be run beside a server: give it the same rules\n" +
			"as serve. Ends with status 1 when a row was left out.",
		Flags: append(append(c.DataFlags(getenv), c.RuleFlags(getenv)...),
			&cli.BoolFlag{Name: "dry-run", Usage: "only print what it would do with each row", Destination: &in.DryRun},
			&cli.BoolFlag{Name: "yes", Usage: "do not ask", Destination: &in.yes},
			&cli.BoolFlag{Name: "accept-warnings", Usage: "add rows with the kinds of warnings that it prints first", Destination: &in.Accept},
			&cli.BoolFlag{Name: "defer", Usage: "send no activation codes, whatever the rows say", Destination: &in.Defer}),
		Action: oneFile(func(ctx context.Context, file string) error {
			if file == "-" && !in.yes && !in.DryRun {
				return errors.New("standard input is the file and cannot answer: add --yes or --dry-run")
			}
			if err := errors.Join(c.CheckRules(), checkCountries(c)); err != nil {
				return err
			}
			return inWorkspace(ctx, c, func(h *workspace) error {
				h.rooms = newRooms(h.store, roomOptions{access: access.Options{Scope: h.store.Scope(), Rules: rules(c)}, outbox: outbox.Options{Limits: limits(c)}})
				return h.importContacts(ctx, in, file)
			})
		}),
		OnUsageError: usageError,
	}
}

// importContacts does a dry run first and then, after a yes, the import.
func (h *workspace) importContacts(ctx context.Context, in importOptions, name string) error {
	file, err := in.open(name)
	if err != nil {
		return err
	}
	defer file.Close()
	out := bufio.NewWriter(in.stdout)
	dry := in
	dry.DryRun = true
	refused := map[int]bool{}
	var warnings transfer.Warnings
	would, err := h.pass(ctx, dry, file, func(r transfer.RowResult) error {
		if r.Outcome == transfer.Refused {
			refused[r.Line] = true
		}
		warnings.Add(r)
		return printResult(out, r)
	})
	if err == nil {
		err = printCount(out, would, "Would be added")
	}
	if err = errors.Join(err, out.Flush()); err != nil {
		return err
	}
	if in.DryRun || would.Adding == 0 {
		return leftOut(would)
	}
	if err := in.ask(would); err != nil {
		return err
	}
	in.Rows, in.Shown = would.Rows, warnings.Kinds()
	onRow, onEnd := in.progress()
	did, err := h.pass(ctx, in, file, func(r transfer.RowResult) error {
		onRow()
		if r.NewWarning || r.Outcome == transfer.Refused && !refused[r.Line] { // the contacts have changed meanwhile
			return printResult(in.stdout, r)
		}
		return nil
	})
	onEnd()
	if errors.Is(err, context.Canceled) {
		err = errors.New("the import was stopped")
	}
	if err != nil {
		return fmt.Errorf("%w\nThe import is not finished: contacts %d and channels %d were added, and stay. Import the file again, and it goes on",
			plain(err), did.Contacts, did.Channels)
	}
	return errors.Join(printCount(in.stdout, did, "Added"), leftOut(did))
}

// open copies the file, because it is read twice.
func (in importOptions) open(name string) (*spool.File, error) {
	if name == "-" {
		return spool.Copy(in.stdin)
	}
	file, err := os.Open(name) // #nosec G304 -- the user of the command names it
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return spool.Copy(file)
}

// pass reads the file once.
func (h *workspace) pass(ctx context.Context, in importOptions, file *spool.File, each func(transfer.RowResult) error) (count transfer.Count, err error) {
	if in.File, err = transfer.NewFile(file.Reader()); err != nil {
		return count, err
	}
	return h.Import(ctx, h.by, in.Import, func(r transfer.RowResult) error { return errors.Join(ctx.Err(), each(r)) })
}

func printResult(w io.Writer, r transfer.RowResult) error {
	alias := r.Alias
	if alias == "" {
		alias = "the row"
	}
	return printLine(w, "line %d: %s %s%s", r.Line, alias, r.Prediction(), reasons(r.Fields))
}

// reasons lists the refusals or warnings of a row, with their columns.
func reasons(fields []oncall.FieldError) string {
	var b strings.Builder
	for i, f := range fields {
		b.WriteString([]string{": ", " "}[min(i, 1)])
		if column := transfer.ColumnOf(f.Field); column != "" {
			b.WriteString("(" + column + ") ")
		}
		b.WriteString(f.Message)
	}
	return b.String()
}

func printCount(w io.Writer, n transfer.Count, done string) error {
	_, err := fmt.Fprintf(w, "Read: %d rows. %s: %d contacts, %d channels. There already: %d rows. With warnings: %d. Refused: %d.\n",
		n.Rows, done, n.Contacts, n.Channels, n.Existing, n.Warned, n.Refused)
	if err == nil && n.CodesRefused > 0 {
		_, err = fmt.Fprintf(w, "channels without a code %d: the page Activations shows why, and can send codes later\n", n.CodesRefused)
	}
	return err
}

// leftOut is the error for rows that were left out; nil: there are none.
func leftOut(n transfer.Count) error {
	var parts []string
	if n.Refused > 0 {
		parts = append(parts, rowsAre(n.Refused, "refused")+": correct what is wrong, and import the file again")
	}
	if shown := n.Warned - n.NewWarnings; shown > 0 {
		parts = append(parts, rowsAre(shown, "left out because of warnings")+": --accept-warnings adds such rows too")
	}
	if n.NewWarnings > 0 {
		parts = append(parts, rowsAre(n.NewWarnings, "left out because of a kind of warning that was not printed before")+": import the file again to see it")
	}
	if parts == nil {
		return nil
	}
	return errors.New(strings.Join(parts, "; "))
}

func rowsAre(n int, what string) string {
	if n == 1 {
		return "1 row is " + what
	}
	return fmt.Sprintf("%d rows are %s", n, what)
}

// ask fails unless the user answers yes, or has given --yes.
func (in importOptions) ask(would transfer.Count) error {
	if in.yes {
		return nil
	}
	if _, err := fmt.Fprintf(in.stdout, "Import %d rows? [y/N] ", would.Adding); err != nil {
		return err
	}
	answer, err := bufio.NewReader(in.stdin).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	switch strings.ToLower(strings.TrimSpace(answer)) {
	case "y", "yes":
		return nil
	}
	return errors.New("nothing was added")
}

// progressEvery is how many rows a terminal waits for the next number.
const progressEvery = 50

// progress shows the progress in one line of a terminal. onRow is called after each row,
// onEnd after the last.
func (in importOptions) progress() (onRow, onEnd func()) {
	if !terminal.Is(in.stderr) {
		return func() {}, func() {}
	}
	stderr := terminal.Unescaped(in.stderr) // for the carriage return
	done := 0
	onRow = func() {
		if done++; done%progressEvery == 0 || done == in.Rows {
			fmt.Fprintf(stderr, "\r%d of %d rows", done, in.Rows)
		}
	}
	return onRow, func() { fmt.Fprintln(stderr) }
}
