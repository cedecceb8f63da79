package main

import (
	"context"
	"io"

	"github.com/urfave/cli/v3"

	"callbook/internal/config"
	"callbook/internal/oncall"
)

// deliveryCommand is callbook delivery.
func deliveryCommand(getenv func(string) string, stdout io.Writer) *cli.Command {
	var c config.Config
	var kind, to string
	return &cli.Command{
		Name: "delivery", Usage: "try what sends messages", Action: onlyCommands, OnUsageError: usageError,
		Commands: []*cli.Command{{
			Name: "test", Usage: "send a message that only shows that it arrives, by these settings and without a server",
			Flags: append(c.DeliveryFlags(getenv),
				&cli.StringFlag{Name: "type", Usage: "`TYPE` of channel: SMS, VOICE or EMAIL", Required: true, Destination: &kind},
				&cli.StringFlag{Name: "to", Usage: "`ADDRESS`: a number with + and the country code, or an email address", Required: true, Destination: &to}),
			Action: noArguments(func(ctx context.Context) error {
				return sendTest(ctx, c, oncall.ChannelType(kind), to, stdout)
			}),
			OnUsageError: usageError,
		}},
	}
}
