package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/urfave/cli/v3"

	"callbook/internal/docs"
)

// helpCommand is callbook help. It takes the place of the library's command of this
// name: it knows the topics of the documentation too.
func helpCommand(stdout io.Writer) *cli.Command {
	return &cli.Command{
		Name: "help", Aliases: []string{"h"}, Usage: "list commands and topics, or show the help of one", ArgsUsage: "[COMMAND or TOPIC]",
		Description: "A name that is both a command and a topic shows the command. Write the topic with its\n" +
			"group then: callbook help operate/backup.",
		Action: func(_ context.Context, cmd *cli.Command) error {
			names := cmd.Args().Slice()
			if len(names) == 0 {
				return listTopics(cmd.Root(), stdout)
			}
			return showHelp(cmd.Root(), names, stdout)
		},
		ShellComplete: func(context.Context, *cli.Command) {
			for _, g := range docs.Groups() {
				for _, t := range g.Topics {
					fmt.Fprintf(stdout, "%s:%s\n", t.Name, t.Title)
				}
			}
		},
		OnUsageError: usageError,
	}
}

// listTopics prints the commands, and then the topics.
func listTopics(root *cli.Command, stdout io.Writer) error {
	if err := cli.ShowRootCommandHelp(root); err != nil {
		return err
	}
	w := tabwriter.NewWriter(stdout, 0, 0, 2, ' ', 0)
	fmt.Fprint(w, "\nTOPICS: callbook help TOPIC prints one\n")
	for _, g := range docs.Groups() {
		fmt.Fprintf(w, "   %s:\n", g.Title)
		for _, t := range g.Topics {
			fmt.Fprintf(w, "     %s\t%s\n", t.Name, t.Title)
		}
	}
	return w.Flush()
}

// showHelp prints the help of a command, named with those above it, or a topic.
func showHelp(root *cli.Command, names []string, stdout io.Writer) error {
	topic, isTopic := docs.Find(names[0])
	above, at := (*cli.Command)(nil), root
	for _, name := range names {
		above, at = at, at.Command(name)
		if at == nil {
			break
		}
	}
	switch {
	case at != nil:
		if err := cli.DefaultShowCommandHelp(context.Background(), above, names[len(names)-1]); err != nil {
			return err
		}
		if isTopic {
			fmt.Fprintf(stdout, "\nThere is a topic of this name too: callbook help %s\n", topic.Path)
		}
		return nil
	case isTopic && len(names) == 1:
		_, err := io.WriteString(stdout, topic.Text)
		return err
	}
	return fmt.Errorf("there is no command or topic %q: see callbook help", strings.Join(names, " "))
}
