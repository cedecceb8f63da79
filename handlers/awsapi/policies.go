package awsapi

import (
	"context"

	"callbook/handlers/awsapi/wire"
	"callbook/internal/contacts"
	"callbook/internal/oncall"
)

func getContactPolicy(ctx context.Context, d *contacts.Directory, by oncall.Actor, in wire.GetContactPolicyRequest) (out wire.GetContactPolicyResult, err error) {
	policy, err := d.Policy(ctx, by, oncall.ARN(in.ContactArn))
	return wire.GetContactPolicyResult{ContactArn: &in.ContactArn, Policy: &policy}, err
}

func putContactPolicy(ctx context.Context, d *contacts.Directory, by oncall.Actor, in wire.PutContactPolicyRequest) (out wire.PutContactPolicyResult, err error) {
	return out, d.PutPolicy(ctx, by, oncall.PolicyChange{Contact: oncall.ARN(in.ContactArn), Policy: in.Policy})
}
