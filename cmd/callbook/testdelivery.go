package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/urfave/cli/v3"

	"callbook/internal/config"
	"callbook/internal/delivery"
	"callbook/internal/oncall"
	"callbook/internal/outbox"
)

// deliveryCommand is callbook delivery.
func deliveryCommand(getenv func(string) string, stdout io.Writer) *cli.Command {
	var c config.Config
	var kind, to string
	return &cli.Command{
		Name: "delivery", Usage: "try what sends messages", Action: onlyCommands, OnUsageError: usageError,
		Commands: []*cli.Command{{
			Name: "test", Usage: "send a message that only shows that it arrives, by these settings and without a server",
			Flags: append(c.TestFlags(getenv),
				&cli.StringFlag{Name: "type", Usage: "`TYPE` of channel: SMS, VOICE or EMAIL", Required: true, Destination: &kind},
				&cli.StringFlag{Name: "to", Usage: "`ADDRESS`: a number with + and the country code, or an email address", Required: true, Destination: &to}),
			Action: noArguments(func(ctx context.Context) error {
				return sendTest(ctx, c, oncall.ChannelType(kind), to, stdout)
			}),
			OnUsageError: usageError,
		}},
	}
}

// sendTest sends a test message with these settings, without a server, and prints the
// result.
func sendTest(ctx context.Context, c config.Config, t oncall.ChannelType, to string, stdout io.Writer) (err error) {
	if err := config.Once(c.CheckDelivery(), c.CheckPublicURL(), checkDelivery(c)); err != nil {
		return err
	}
	d, err := newProviders(c, "")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.close()) }()
	by := d.of[t]
	if by == nil {
		return fmt.Errorf("nothing sends %s messages: name a mail server, Twilio or a webhook in the settings", t)
	}
	m, err := outbox.NewTestMessage(t, to, operator())
	if err != nil {
		return err
	}
	reference, err := by.Deliver(ctx, m)
	if err != nil {
		if f, ok := errors.AsType[*delivery.Failure](err); ok {
			return fmt.Errorf("%s did not take it: %s", by.Name(), f.Detail)
		}
		return err
	}
	return printLine(stdout, "%s took it (%s)", by.Name(), reference)
}
