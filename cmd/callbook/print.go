package main

import (
	"fmt"
	"io"

	"callbook/internal/terminal"
)

// printLine prints one line. It escapes a line break within it too, so that a name from a
// file or a form cannot look like another line.
func printLine(w io.Writer, format string, args ...any) error {
	_, err := fmt.Fprintln(w, terminal.Escape(fmt.Sprintf(format, args...)))
	return err
}

// printCells prints a line of a table for a tabwriter.
func printCells(w io.Writer, cells ...string) {
	for i, cell := range cells {
		if i > 0 {
			fmt.Fprint(w, "\t")
		}
		fmt.Fprint(w, terminal.Escape(cell))
	}
	fmt.Fprintln(w)
}
