import { execFile } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import * as sdk from "@aws-sdk/client-ssm-contacts";
import { CLI, environment } from "./client.js";
import { codeIn, Mailbox } from "./mailbox.js";
import { account, addContact, channelARN, expect, leave, press, region, row, test as base } from "./test.js";
import { binary, variables } from "./server.js";

const arn = (resource) => `arn:aws:ssm-contacts:${region}:${account}:${resource}`;

// The clients here are those that programs use, as they were published.
const test = base.extend({
  mailbox: async ({}, use) => {
    const mailbox = await new Mailbox().open();
    await use(mailbox);
    await mailbox.close();
  },
  settings: async ({ mailbox }, use) => use(["--smtp-url", mailbox.url, "--smtp-from", "callbook@example.org"]),

  key: async ({ server }, use) => use(await server.key("ci", "manager")),
  cli: async ({ server, key }, use) => use(new CLI(server, region, key)),

  // connect makes a client of the SDK with an access key.
  connect: async ({ server }, use) => {
    const clients = [];
    await use((key) => {
      const credentials = { accessKeyId: key.AWS_ACCESS_KEY_ID, secretAccessKey: key.AWS_SECRET_ACCESS_KEY };
      clients.push(new sdk.SSMContactsClient({ endpoint: server.url, region, credentials, maxAttempts: 1 }));
      return clients.at(-1);
    });
    clients.forEach((client) => client.destroy());
  },
  client: async ({ connect, key }, use) => use(connect(key)),
});

const topic = (name) => readFile(fileURLToPath(new URL(`../../internal/docs/api/${name}.md`, import.meta.url)), "utf8");

// operations are those that the documents say work.
async function operations() {
  const [, table] = /<!-- operations: .*?-->\n([^]*?)<!-- end/.exec(await topic("operations"));
  return [...table.matchAll(/^\| (\w+) \| (?:viewer|manager|admin) \|$/gm)].map(([, name]) => name);
}

test("the AWS CLI calls every operation", async ({ cli, mailbox }) => {
  test.setTimeout(480_000); // each call starts a Python
  const { ContactArn: ana } = await cli.call(
    "create-contact", "--alias", "ana", "--display-name", "Ana Silva", "--type", "PERSONAL", "--plan", '{"Stages": []}', "--tags", "Key=team,Value=sre",
  );
  expect(ana).toBe(arn("contact/ana"));
  const create = ["create-contact-channel", "--contact-id", ana, "--name", "Ana mail", "--type", "EMAIL", "--delivery-address", "SimpleAddress=Ana@Example.org", "--defer-activation", "--idempotency-token", "e2e-cli-1"];
  const { ContactChannelArn: mail } = await cli.call(...create);
  expect(mail).toMatch(channelARN("ana"));
  expect(await cli.call(...create), "the same token again").toEqual({ ContactChannelArn: mail });

  const channel = ["--contact-channel-id", mail];
  const is = { ContactArn: ana, ContactChannelArn: mail, Name: "Ana mail", Type: "EMAIL", DeliveryAddress: { SimpleAddress: "Ana@Example.org" } };
  expect(mailbox.count("Ana@example.org"), "no code leaves while activation is deferred").toBe(0);
  expect(await cli.call("send-activation-code", ...channel)).toEqual({});
  const code = codeIn(await mailbox.next("Ana@example.org"));
  expect(await cli.call("activate-contact-channel", ...channel, "--activation-code", code)).toEqual({});
  expect(await cli.call("get-contact-channel", ...channel)).toEqual({ ...is, ActivationStatus: "ACTIVATED" });
  expect(await cli.call("deactivate-contact-channel", ...channel)).toEqual({});
  expect(await cli.call("update-contact-channel", ...channel, "--name", "Ana at work")).toEqual({});
  expect(await cli.call("list-contact-channels", "--contact-id", ana)).toEqual({
    ContactChannels: [{ ...is, Name: "Ana at work", ActivationStatus: "NOT_ACTIVATED" }],
  });

  const plan = { Stages: [{ DurationInMinutes: 5, Targets: [{ ChannelTargetInfo: { ContactChannelId: mail, RetryIntervalInMinutes: 1 } }] }] };
  expect(await cli.call("update-contact", "--contact-id", ana, "--display-name", "Ana", "--plan", JSON.stringify(plan))).toEqual({});
  expect(await cli.call("get-contact", "--contact-id", ana)).toEqual({ ContactArn: ana, Alias: "ana", DisplayName: "Ana", Type: "PERSONAL", Plan: plan });

  expect(await cli.call("tag-resource", "--resource-arn", ana, "--tags", "Key=site,Value=Zürich")).toEqual({});
  expect(await cli.call("untag-resource", "--resource-arn", ana, "--tag-keys", "team")).toEqual({});
  expect(await cli.call("list-tags-for-resource", "--resource-arn", ana)).toEqual({ Tags: [{ Key: "site", Value: "Zürich" }] });
  const policy = '{"Version": "2012-10-17", "Statement": []}';
  expect(await cli.call("put-contact-policy", "--contact-arn", ana, "--policy", policy)).toEqual({});
  expect(await cli.call("get-contact-policy", "--contact-arn", ana)).toEqual({ ContactArn: ana, Policy: policy });

  expect(await cli.call("delete-contact-channel", ...channel)).toEqual({});
  expect(await cli.call("delete-contact", "--contact-id", ana)).toEqual({});
  expect(await cli.call("list-contacts")).toEqual({ Contacts: [] });
  expect([...cli.called].sort()).toEqual(await operations());
});

test("the AWS CLI pages through lists, and says what is wrong", async ({ cli, request, server }) => {
  const aliases = ["ana", "ben", "cem", "dan", "eva"];
  for (const alias of aliases) await addContact(request, server, alias);
  const aliasesOf = ({ Contacts }) => Contacts.map(({ Alias }) => Alias);
  expect(aliasesOf(await cli.call("list-contacts", "--page-size", "2"))).toEqual(aliases);
  const first = await cli.call("list-contacts", "--page-size", "2", "--max-items", "3");
  expect(aliasesOf(first)).toEqual(aliases.slice(0, 3));
  const rest = await cli.call("list-contacts", "--page-size", "2", "--starting-token", first.NextToken);
  expect(aliasesOf(rest)).toEqual(aliases.slice(3));
  expect(rest).not.toHaveProperty("NextToken");

  // The CLI ends with 254 when the service refuses, and in its first generation,
  // version 1, with 255.
  const refused = async (says, ...call) => {
    const refusal = await cli.refusal(...call);
    expect(refusal.says).toContain(says);
    expect([254, 255]).toContain(refusal.code);
  };
  await refused(
    `An error occurred (ResourceNotFoundException) when calling the GetContact operation: `,
    "get-contact", "--contact-id", arn("contact/nobody"),
  );
  await refused(
    "An error occurred (ValidationException) when calling the StartEngagement operation: StartEngagement is not available in Callbook yet",
    "start-engagement", "--contact-id", arn("contact/ana"), "--sender", "s", "--subject", "s", "--content", "c",
  );
});

// An older CLI does not know the variable, and takes the flag that the documents name.
test("the AWS CLI finds the endpoint where the documents put it", async ({ server, key }) => {
  const { stdout: version } = await promisify(execFile)("aws", ["--version"], { env: environment({}) });
  const [, major, minor] = /^aws-cli\/(\d+)\.(\d+)\./.exec(version).map(Number);
  const flag = minor < { 1: 29, 2: 13 }[major] ? ["--endpoint-url", server.url] : [];
  const env = environment({ ...key, AWS_DEFAULT_REGION: region, AWS_ENDPOINT_URL_SSM_CONTACTS: server.url });
  const { stdout } = await promisify(execFile)("aws", ["ssm-contacts", "list-contacts", "--output", "json", ...flag], { env });
  expect(JSON.parse(stdout)).toEqual({ Contacts: [] });
});

test("the SDK for JavaScript calls every operation", async ({ client, mailbox }) => {
  const called = new Set();
  const call = async (operation, input) => {
    called.add(operation);
    const { $metadata, ...output } = await client.send(new sdk[`${operation}Command`](input));
    expect($metadata.requestId, `the request id of ${operation}`).toBeTruthy();
    return output;
  };
  const { ContactArn } = await call("CreateContact", { Alias: "ana", DisplayName: "Ana Silva", Type: "PERSONAL", Plan: { Stages: [] }, Tags: [{ Key: "team", Value: "sre" }] });
  expect(ContactArn).toBe(arn("contact/ana"));
  const create = { ContactId: ContactArn, Name: "Ana mail", Type: "EMAIL", DeliveryAddress: { SimpleAddress: "ana@example.org" }, DeferActivation: true, IdempotencyToken: "e2e-js-1" };
  const { ContactChannelArn } = await call("CreateContactChannel", create);
  expect(ContactChannelArn).toMatch(channelARN("ana"));
  expect(await call("CreateContactChannel", create), "the same token again").toEqual({ ContactChannelArn });

  const channel = { ContactChannelId: ContactChannelArn };
  const is = { ContactArn, ContactChannelArn, Name: "Ana mail", Type: "EMAIL", DeliveryAddress: { SimpleAddress: "ana@example.org" } };
  await call("SendActivationCode", channel);
  await call("ActivateContactChannel", { ...channel, ActivationCode: codeIn(await mailbox.next("ana@example.org")) });
  expect(await call("GetContactChannel", channel)).toEqual({ ...is, ActivationStatus: "ACTIVATED" });
  await call("DeactivateContactChannel", channel);
  await call("UpdateContactChannel", { ...channel, Name: "Ana at work", DeliveryAddress: { SimpleAddress: "silva@example.org" } });
  await mailbox.next("silva@example.org"); // a new address gets a code at once
  expect(await call("ListContactChannels", { ContactId: ContactArn })).toEqual({
    ContactChannels: [{ ...is, Name: "Ana at work", DeliveryAddress: { SimpleAddress: "silva@example.org" }, ActivationStatus: "NOT_ACTIVATED" }],
  });

  const plan = { Stages: [{ DurationInMinutes: 5, Targets: [{ ChannelTargetInfo: { ContactChannelId: ContactChannelArn, RetryIntervalInMinutes: 1 } }] }] };
  await call("UpdateContact", { ContactId: ContactArn, DisplayName: "", Plan: plan });
  expect(await call("GetContact", { ContactId: ContactArn })).toEqual({ ContactArn, Alias: "ana", DisplayName: "", Type: "PERSONAL", Plan: plan });

  await call("TagResource", { ResourceARN: ContactArn, Tags: [{ Key: "site", Value: "Zürich" }] });
  await call("UntagResource", { ResourceARN: ContactArn, TagKeys: ["team"] });
  expect(await call("ListTagsForResource", { ResourceARN: ContactArn })).toEqual({ Tags: [{ Key: "site", Value: "Zürich" }] });
  await call("PutContactPolicy", { ContactArn, Policy: '{"Statement":[]}' });
  expect(await call("GetContactPolicy", { ContactArn })).toEqual({ ContactArn, Policy: '{"Statement":[]}' });

  await call("DeleteContactChannel", channel);
  await call("DeleteContact", { ContactId: ContactArn });
  expect(await call("ListContacts", {})).toEqual({ Contacts: [] });
  expect([...called].sort()).toEqual(await operations());
});

test("the paginators of the SDK for JavaScript return everything once", async ({ client }) => {
  const collect = async (pages, list, read) => {
    const got = [];
    for await (const page of pages) got.push(page[list].map(read));
    return got;
  };
  const aliases = ["ana", "ben", "cem", "dan", "eva"];
  for (const Alias of aliases.toReversed()) await client.send(new sdk.CreateContactCommand({ Alias, Type: "PERSONAL", Plan: { Stages: [] } }));
  const contacts = sdk.paginateListContacts({ client, pageSize: 2 }, {});
  expect(await collect(contacts, "Contacts", ({ Alias }) => Alias)).toEqual([["ana", "ben"], ["cem", "dan"], ["eva"]]);

  const ContactId = arn("contact/ana");
  const names = ["one", "two", "three"];
  for (const [n, Name] of names.entries()) {
    await client.send(new sdk.CreateContactChannelCommand({ ContactId, Name, Type: "SMS", DeliveryAddress: { SimpleAddress: `+1500555010${n}` }, DeferActivation: true }));
  }
  const channels = sdk.paginateListContactChannels({ client, pageSize: 2 }, { ContactId });
  expect(await collect(channels, "ContactChannels", ({ Name }) => Name)).toEqual([["one", "two"], ["three"]]);
});

test("the SDK for JavaScript makes its own errors of refusals", async ({ client, connect, server, key }) => {
  const ContactId = arn("contact/ana");
  const fails = async (type, command, from = client) => {
    const error = await from.send(command).then(
      () => expect(command.input, "must be refused").toBe(type.name),
      (error) => error,
    );
    expect(error).toBeInstanceOf(type);
    expect(error.$fault).toBe("client");
    expect(error.$metadata.httpStatusCode).toBe(400);
    await expect.poll(() => server.log, "the log knows the request").toContain(`id=${error.$metadata.requestId} `);
    return error;
  };
  await client.send(new sdk.CreateContactCommand({ Alias: "ana", Type: "PERSONAL", Plan: {} }));
  const sms = { ContactId, Name: "mobile", Type: "SMS", DeliveryAddress: { SimpleAddress: "+15005550199" } };
  const { ContactChannelArn } = await client.send(new sdk.CreateContactChannelCommand(sms));

  expect(await fails(sdk.ConflictException, new sdk.CreateContactChannelCommand(sms))).toMatchObject({
    name: "ConflictException",
    message: expect.stringContaining("already"),
    ResourceId: ContactChannelArn,
    ResourceType: "CONTACT_CHANNEL",
  });
  const wrong = new sdk.CreateContactChannelCommand({ ...sms, DeliveryAddress: { SimpleAddress: "12" } });
  expect(await fails(sdk.ValidationException, wrong)).toMatchObject({
    Reason: "FIELD_VALIDATION_FAILED",
    Fields: [{ Name: "DeliveryAddress.SimpleAddress", Message: expect.stringMatching(/\w/) }],
  });
  expect(await fails(sdk.ResourceNotFoundException, new sdk.GetContactCommand({ ContactId: arn("contact/nobody") }))).toMatchObject({
    ResourceId: arn("contact/nobody"),
    ResourceType: "CONTACT",
  });
  const mail = new sdk.CreateContactChannelCommand({ ContactId, Name: "mail", Type: "EMAIL", DeliveryAddress: { SimpleAddress: "ana@example.org" } });
  const { ContactChannelArn: ContactChannelId } = await client.send(mail);
  const again = await fails(sdk.ThrottlingException, new sdk.SendActivationCodeCommand({ ContactChannelId }));
  expect(again.RetryAfterSeconds).toBeGreaterThan(50);
  const later = new sdk.StartEngagementCommand({ ContactId, Sender: "s", Subject: "s", Content: "c" });
  expect(await fails(sdk.ValidationException, later)).toMatchObject({ Reason: "UNKNOWN_OPERATION" });

  const viewer = connect(await server.key("report", "viewer"));
  expect((await viewer.send(new sdk.GetContactCommand({ ContactId }))).Alias).toBe("ana");
  await fails(sdk.AccessDeniedException, new sdk.ListContactChannelsCommand({ ContactId }), viewer);
  const forged = await fails(sdk.SSMContactsServiceException, new sdk.ListContactsCommand({}), connect({ ...key, AWS_SECRET_ACCESS_KEY: "x".repeat(40) }));
  expect(forged.name).toBe("InvalidSignatureException");
});

test("an admin makes a key under Settings, the CLI adds a channel with it, and the pages show both", async ({ page, server }) => {
  await page.goto(`${server.url}/contacts`);
  await page.getByRole("link", { name: "Settings" }).click();
  await page.getByRole("link", { name: "Access keys" }).click();
  await page.getByRole("link", { name: "Make the first access key" }).click();
  await leave(page, "Name", "terraform");
  await page.getByRole("radio", { name: /Manager/ }).check({ force: true });
  await press(page, "Make the access key", "/settings/keys/new", 200);
  const cli = new CLI(server, region, variables(await page.locator(".secret code").textContent()));

  await addContact(page.request, server, "ana", "Ana Silva");
  await page.goto(`${server.url}/contacts/ana`);
  const { ContactChannelArn } = await cli.call(
    "create-contact-channel", "--contact-id", arn("contact/ana"), "--name", "Ana mobile", "--type", "SMS", "--delivery-address", "SimpleAddress=+15005550199",
  );
  await page.reload();
  await expect(row(page, "Ana mobile")).toContainText("SMS · +1 ••• ••• 0199");
  await expect(row(page, "Ana mobile")).toContainText(ContactChannelArn);

  await page.getByRole("link", { name: "Audit", exact: true }).click();
  const entry = page.getByRole("main").getByRole("listitem").filter({ hasText: "the channel Ana mobile of ana" });
  await expect(entry).toContainText("terraform");
  await page.goto(`${server.url}/settings/keys`);
  await expect(page.getByRole("listitem").filter({ hasText: "terraform" })).toContainText("used");
});

// How the files of a language are named and run; sh runs as it stands.
const runners = {
  python: { file: "list.py", command: '"$PYTHON"' },
  js: { file: "list.mjs", command: "node" },
  go: { file: "list.go", command: `go -C "$MODULE" run` },
};

test("the blocks of the documents do what they say, from the first to the last", async ({ serve }, info) => {
  test.setTimeout(600_000); // go run compiles the SDK where nothing did before
  const server = await serve();
  const clients = await topic("clients");
  const blocks = [...clients.replace(/^## Terraform\n[^]*/m, "").matchAll(/^```(\w+)\n([^]*?)^```$/gm)];
  expect(blocks.map(([, language]) => language)).toEqual(["sh", "sh", "python", "js", "go"]);

  // One shell, as somebody has who follows the section down.
  const script = [];
  for (const [, language, text] of blocks) {
    const block = text.replaceAll("http://127.0.0.1:8080", server.url);
    if (language === "sh") {
      script.push(block);
      continue;
    }
    const { file, command } = runners[language];
    // A script finds the modules of the package in which it is; a Go file would be
    // a package of ours there.
    const path = language === "js" ? info.outputPath(file) : join(server.folder, file);
    await writeFile(path, block);
    script.push(`echo "# ${language}"\n${command} "${path}"\n`);
  }
  const env = environment({
    MODULE: fileURLToPath(new URL("../..", import.meta.url)),
    PATH: `${dirname(binary)}:${process.env.PATH}`,
    PYTHON: process.env.PYTHON || "python3",
    CALLBOOK_PUBLIC_URL: server.url,
  });
  const { stdout } = await promisify(execFile)("sh", ["-euc", script.join("\n")], { cwd: server.folder, env });
  const [cli, ...languages] = stdout.split(/^# /m);
  const ana = "arn:aws:ssm-contacts:us-east-1:000000000000:contact/ana";
  expect(cli).toContain('"SimpleAddress": "+15005550199"');
  expect(cli).toContain(ana.replace("contact/ana", "contact-channel/ana/"));
  expect(languages).toEqual(["python", "js", "go"].map((language) => `${language}\nana ${ana}\n`));
});
