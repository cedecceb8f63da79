package awsapi

import (
	"context"

	"callbook/handlers/awsapi/wire"
	"callbook/internal/contacts"
	"callbook/internal/oncall"
)

func createContactChannel(ctx context.Context, d *contacts.Directory, by oncall.Actor, in wire.CreateContactChannelRequest) (out wire.CreateContactChannelResult, err error) {
	arn, err := d.CreateChannel(ctx, by, oncall.NewChannel{Contact: oncall.ARN(in.ContactId), Name: in.Name, Type: oncall.ChannelType(in.Type),
		Address: value(in.DeliveryAddress.SimpleAddress), Defer: value(in.DeferActivation), Token: value(in.IdempotencyToken)})
	out.ContactChannelArn = string(arn)
	return out, err
}

func getContactChannel(ctx context.Context, d *contacts.Directory, by oncall.Actor, in wire.GetContactChannelRequest) (out wire.GetContactChannelResult, err error) {
	c, err := d.ChannelInClear(ctx, by, oncall.ARN(in.ContactChannelId))
	if err != nil {
		return out, err
	}
	of := wireChannel(d, c)
	return wire.GetContactChannelResult{ContactArn: of.ContactArn, ContactChannelArn: of.ContactChannelArn, Name: of.Name, Type: value(of.Type),
		DeliveryAddress: of.DeliveryAddress, ActivationStatus: &of.ActivationStatus}, nil
}

func listContactChannels(ctx context.Context, d *contacts.Directory, by oncall.Actor, in wire.ListContactChannelsRequest) (out wire.ListContactChannelsResult, err error) {
	page, err := d.ChannelsInClear(ctx, by, contacts.ChannelQuery{Contact: oncall.ARN(in.ContactId), After: value(in.NextToken), Limit: value(in.MaxResults)})
	out = wire.ListContactChannelsResult{ContactChannels: make([]wire.ContactChannel, len(page.Channels)), NextToken: orAbsent(page.Next)}
	for i, c := range page.Channels {
		out.ContactChannels[i] = wireChannel(d, c)
	}
	return out, err
}

func wireChannel(d *contacts.Directory, c oncall.Channel) wire.ContactChannel {
	kind, status := string(c.Type), "NOT_ACTIVATED"
	if c.State() == oncall.Active {
		status = "ACTIVATED"
	}
	return wire.ContactChannel{ContactArn: string(d.Scope().Contact(c.Alias)), ContactChannelArn: string(c.ARN), Name: c.Name, Type: &kind,
		DeliveryAddress: wire.ContactChannelAddress{SimpleAddress: &c.Address.Given}, ActivationStatus: status}
}

func updateContactChannel(ctx context.Context, d *contacts.Directory, by oncall.Actor, in wire.UpdateContactChannelRequest) (out wire.UpdateContactChannelResult, err error) {
	change := oncall.ChannelChange{Channel: oncall.ARN(in.ContactChannelId), Name: in.Name}
	if in.DeliveryAddress != nil {
		address := value(in.DeliveryAddress.SimpleAddress)
		change.Address = &address
	}
	_, err = d.UpdateChannel(ctx, by, change)
	return out, err
}

func deleteContactChannel(ctx context.Context, d *contacts.Directory, by oncall.Actor, in wire.DeleteContactChannelRequest) (out wire.DeleteContactChannelResult, err error) {
	return out, d.DeleteChannel(ctx, by, oncall.ARN(in.ContactChannelId))
}

func sendActivationCode(ctx context.Context, d *contacts.Directory, by oncall.Actor, in wire.SendActivationCodeRequest) (out wire.SendActivationCodeResult, err error) {
	return out, d.SendActivationCode(ctx, by, oncall.ARN(in.ContactChannelId))
}

func activateContactChannel(ctx context.Context, d *contacts.Directory, by oncall.Actor, in wire.ActivateContactChannelRequest) (out wire.ActivateContactChannelResult, err error) {
	return out, d.ActivateChannel(ctx, by, oncall.ARN(in.ContactChannelId), in.ActivationCode)
}

func deactivateContactChannel(ctx context.Context, d *contacts.Directory, by oncall.Actor, in wire.DeactivateContactChannelRequest) (out wire.DeactivateContactChannelResult, err error) {
	return out, d.DeactivateChannel(ctx, by, oncall.ARN(in.ContactChannelId))
}
