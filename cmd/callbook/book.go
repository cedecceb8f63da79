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
	"callbook/internal/transfer"
)

// exportCommand is callbook export.
func exportCommand(getenv func(string) string, stdout io.Writer) *cli.Command {
	var c config.Config
	var in transfer.ExportQuery
	return &cli.Command{
		Name: "export", Usage: "write every contact to standard output, as JSON Lines",
		Description: "A line for each contact, by alias, with its channels, tags, plan, policy and states.\n" +
			"Addresses are masked unless --clear is given. Either way the export is put on record.\n" +
			"May be run beside a server.",
		Flags: append(c.DataFlags(getenv),
			&cli.BoolFlag{Name: "clear", Usage: "write delivery addresses in the clear", Destination: &in.Clear}),
		Action: noArguments(func(ctx context.Context) error {
			return inWorkspace(ctx, c, func(h *workspace) error { return h.exportBook(ctx, in, stdout) })
		}),
		OnUsageError: usageError,
	}
}

func (h *workspace) exportBook(ctx context.Context, in transfer.ExportQuery, stdout io.Writer) error {
	out := bufio.NewWriter(stdout)
	w := transfer.NewContactWriter(out)
	err := h.Export(ctx, h.by, in, func(e transfer.ContactRecord) error { return errors.Join(ctx.Err(), w.Write(e)) })
	return errors.Join(err, out.Flush())
}

// importing is callbook import as it was asked for.
type importing struct {
	transfer.Import
	yes    bool
	stdin  io.Reader
	stdout io.Writer
	stderr io.Writer
}

// importCommand is callbook import.
func importCommand(getenv func(string) string, stdin io.Reader, stdout, stderr io.Writer) *cli.Command {
	var c config.Config
	in := importing{stdin: stdin, stdout: stdout, stderr: stderr}
	return &cli.Command{
		Name: "import", Usage: "add contacts and channels from a file", ArgsUsage: "FILE",
		Description: "FILE is a table in CSV; - is standard input. Its first line names the columns:\n" +
			strings.Join(transfer.Columns(), ", ") + ". Each row is a channel of a\n" +
			"contact, or a contact alone. What would become of each row is printed first; then it\n" +
			"asks. What is there already is left as it is: the same file again adds and sends\n" +
			"nothing. May be run beside a server: name the rules as for serve. Ends with status 1\n" +
			"when a row was left out.",
		Flags: append(append(c.DataFlags(getenv), c.RuleFlags(getenv)...),
			&cli.BoolFlag{Name: "dry-run", Usage: "only say what would become of each row", Destination: &in.DryRun},
			&cli.BoolFlag{Name: "yes", Usage: "do not ask", Destination: &in.yes},
			&cli.BoolFlag{Name: "accept-warnings", Usage: "add rows with warnings too", Destination: &in.Accept},
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
				return h.importBook(ctx, in, file)
			})
		}),
		OnUsageError: usageError,
	}
}

// importBook says first what it would do, in a run that changes nothing.
func (h *workspace) importBook(ctx context.Context, in importing, name string) error {
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
	would, err := h.pass(ctx, dry, file, func(v transfer.Verdict) error {
		if v.Outcome == transfer.Refuses {
			refused[v.Line] = true
		}
		warnings.Add(v)
		return printVerdict(out, v)
	})
	if err == nil {
		err = printCount(out, would, "would be added")
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
	said, end := in.progress()
	did, err := h.pass(ctx, in, file, func(v transfer.Verdict) error {
		said()
		if v.Unseen || v.Outcome == transfer.Refuses && !refused[v.Line] { // somebody has changed the book meanwhile
			return printVerdict(in.stdout, v)
		}
		return nil
	})
	end()
	if errors.Is(err, context.Canceled) {
		err = errors.New("the import was stopped")
	}
	if err != nil {
		return fmt.Errorf("%w\nThe import is not finished: contacts %d and channels %d were added, and stay. Import the file again, and it goes on",
			plain(err), did.Contacts, did.Channels)
	}
	return errors.Join(printCount(in.stdout, did, "added"), leftOut(did))
}

// open returns a file that can be read twice.
func (in importing) open(name string) (*spool.File, error) {
	if name == "-" {
		return spool.Copy(in.stdin)
	}
	file, err := os.Open(name) // #nosec G304 -- whoever runs the command names it
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return spool.Copy(file)
}

// pass goes through the file once.
func (h *workspace) pass(ctx context.Context, in importing, file *spool.File, each func(transfer.Verdict) error) (count transfer.Count, err error) {
	if in.File, err = transfer.NewFile(file.Reader()); err != nil {
		return count, err
	}
	return h.Import(ctx, h.by, in.Import, func(v transfer.Verdict) error { return errors.Join(ctx.Err(), each(v)) })
}

func printVerdict(w io.Writer, v transfer.Verdict) error {
	alias := v.Alias
	if alias == "" {
		alias = "the row"
	}
	_, err := fmt.Fprintf(w, "line %d: %s %s%s\n", v.Line, alias, v.Prediction(), reasons(v.Fields))
	return err
}

// reasons are the refusals or warnings of a row, with the columns they concern.
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
	_, err := fmt.Fprintf(w, "rows %d: contacts %d and channels %d %s, rows there already %d, with warnings %d, refused %d\n",
		n.Rows, n.Contacts, n.Channels, done, n.Stands, n.Doubtful, n.Refused)
	if err == nil && n.Codeless > 0 {
		_, err = fmt.Fprintf(w, "channels without a code %d: the page Activations says why, and sends them later\n", n.Codeless)
	}
	return err
}

// leftOut is the error of rows that were left out.
func leftOut(n transfer.Count) error {
	var says []string
	if n.Refused > 0 {
		says = append(says, rowsAre(n.Refused, "refused")+": correct what is wrong, and import the file again")
	}
	if shown := n.Doubtful - n.Unseen; shown > 0 {
		says = append(says, rowsAre(shown, "left out because of warnings")+": --accept-warnings adds such rows too")
	}
	if n.Unseen > 0 {
		says = append(says, rowsAre(n.Unseen, "left out because of a kind of warning that was not printed before")+": import the file again to see it")
	}
	if says == nil {
		return nil
	}
	return errors.New(strings.Join(says, "; "))
}

func rowsAre(n int, what string) string {
	if n == 1 {
		return "1 row is " + what
	}
	return fmt.Sprintf("%d rows are %s", n, what)
}

// ask wants a yes, unless there was one in advance.
func (in importing) ask(would transfer.Count) error {
	if in.yes {
		return nil
	}
	if _, err := fmt.Fprintf(in.stdout, "Add what %d rows say? [y/N] ", would.Adding); err != nil {
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

// saidEvery is after how many rows a terminal is told how far the import is.
const saidEvery = 50

// progress tells a terminal how far the import is, in one line: said is told of each
// row, and end of the end.
func (in importing) progress() (said, end func()) {
	if !isTerminal(in.stderr) {
		return func() {}, func() {}
	}
	done := 0
	said = func() {
		if done++; done%saidEvery == 0 || done == in.Rows {
			fmt.Fprintf(in.stderr, "\r%d of %d rows", done, in.Rows)
		}
	}
	return said, func() { fmt.Fprintln(in.stderr) }
}
