package awsapi

import (
	"context"

	"callbook/handlers/awsapi/wire"
	"callbook/internal/contacts"
	"callbook/internal/oncall"
)

func tagResource(ctx context.Context, d *contacts.Directory, by oncall.Actor, in wire.TagResourceRequest) (out wire.TagResourceResult, err error) {
	return out, d.TagContact(ctx, by, oncall.TagChange{Contact: oncall.ARN(in.ResourceARN), Tags: tagsOf(in.Tags)})
}

func untagResource(ctx context.Context, d *contacts.Directory, by oncall.Actor, in wire.UntagResourceRequest) (out wire.UntagResourceResult, err error) {
	return out, d.UntagContact(ctx, by, oncall.TagRemoval{Contact: oncall.ARN(in.ResourceARN), Keys: in.TagKeys})
}

func listTagsForResource(ctx context.Context, d *contacts.Directory, by oncall.Actor, in wire.ListTagsForResourceRequest) (out wire.ListTagsForResourceResult, err error) {
	tags, err := d.Tags(ctx, by, oncall.ARN(in.ResourceARN))
	out.Tags = make([]wire.Tag, len(tags))
	for i := range tags {
		out.Tags[i] = wire.Tag{Key: &tags[i].Key, Value: &tags[i].Value}
	}
	return out, err
}

func tagsOf(tags []wire.Tag) []oncall.Tag {
	return each(tags, func(t wire.Tag) oncall.Tag { return oncall.Tag{Key: value(t.Key), Value: value(t.Value)} })
}
