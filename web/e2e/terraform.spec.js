// Terraform, with the provider for AWS, against the running program.
import { execFile } from "node:child_process";
import { access, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { account, admin, expect, post, test as base, uuid } from "./test.js";

const here = (path) => new URL(path, import.meta.url);
const slow = 240_000; // for one command; most take 7 s, for the provider takes that long to start

// attempt runs a command and returns how it ended, with everything it said.
const attempt = (name, args, options) =>
  new Promise((resolve) =>
    execFile(name, args, { timeout: slow, maxBuffer: 1 << 24, ...options }, (error, stdout, stderr) =>
      resolve({ code: error ? (error.code ?? error.signal) : 0, stdout, said: stdout + stderr }),
    ),
  );

// mirror is a folder from which Terraform can take the provider without a network:
// one that its settings name, or one of those it knows by itself.
async function mirror() {
  const home = homedir();
  const settings = await readFile(process.env.TF_CLI_CONFIG_FILE || join(home, ".terraformrc"), "utf8").catch(() => "");
  const named = [...settings.matchAll(/filesystem_mirror\s*\{[^}]*?\bpath\s*=\s*"([^"]+)"/g)].map(([, path]) => path);
  const known = [".terraform.d/plugins", ".local/share/terraform/plugins"].map((path) => join(home, path));
  for (const folder of [...named, ...known, "/usr/local/share/terraform/plugins", "/usr/share/terraform/plugins", "/opt/tf-plugins"]) {
    for (const host of await readdir(folder).catch(() => [])) {
      if (await access(join(folder, host, "hashicorp/aws")).then(() => true, () => false)) return folder;
    }
  }
}

// Terraform works in a folder of its own, and knows nothing of its user's settings.
class Terraform {
  constructor(folder, keys) {
    this.folder = folder;
    this.env = {
      PATH: process.env.PATH,
      HOME: folder,
      TF_CLI_CONFIG_FILE: join(folder, "settings"),
      TF_IN_AUTOMATION: "1",
      CHECKPOINT_DISABLE: "1",
      ...keys,
    };
  }

  write(name, text) {
    return writeFile(join(this.folder, name), text);
  }

  run(command, ...args) {
    return attempt("terraform", [command, "-no-color", ...args], { cwd: this.folder, env: this.env });
  }

  // apply returns what is done to which resource.
  async apply(...args) {
    const { code, said } = await this.run("apply", "-auto-approve", ...args);
    expect(code, said).toBe(0);
    const done = [...said.matchAll(/^ {2}# (\S+) (?:will|must) be (created|updated in-place|replaced|destroyed)$/gm)];
    return Object.fromEntries(done.map(([, resource, what]) => [resource.replace("aws_ssmcontacts_", ""), what]));
  }

  // settled expects that there is nothing to be changed.
  async settled(...args) {
    const { code, said } = await this.run("plan", "-detailed-exitcode", ...args);
    expect(code, said).toBe(0);
  }

  async outputs() {
    const { stdout } = await this.run("output", "-json");
    return Object.fromEntries(Object.entries(JSON.parse(stdout)).map(([name, { value }]) => [name, value]));
  }
}

// unless skips the test, and says why where somebody sees it.
function unless(ready, why) {
  if (!ready) console.warn(`Terraform is not tested here: ${why}`);
  base.skip(!ready, why);
}

const test = base.extend({
  // terraform is ready to talk to the program, by the block that the documents show.
  terraform: async ({ serve, request }, use) => {
    const { code } = await attempt("terraform", ["version"]);
    unless(code === 0, "there is no terraform on the PATH");
    const plugins = await mirror();
    unless(plugins, "no folder on this machine holds the hashicorp/aws provider for terraform");

    const server = await serve("--account-id", account);
    await post(request, await server.setUpLink(), { ...admin });
    const key = await server.key("ci", "manager");
    const folder = await mkdtemp(join(tmpdir(), "callbook-terraform-"));
    try {
      const terraform = new Terraform(folder, key);
      const [, block] = /^```hcl\n(provider "aws" \{\n.*?^\}\n)```$/ms.exec(await readFile(here("../../internal/docs/api/clients.md"), "utf8"));
      expect(block.split("http://127.0.0.1:8080")).toHaveLength(2);
      await terraform.write("settings", "");
      await terraform.write("provider.tf", block.replace("http://127.0.0.1:8080", server.url));
      const init = await terraform.run("init", `-plugin-dir=${plugins}`);
      unless(!/does not have a package|no available releases|Failed to query available provider/.test(init.said), init.said);
      expect(init.code, init.said).toBe(0);
      terraform.page = async (path) => (await request.get(server.url + path)).text();
      await use(terraform);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
});

// replaced is a text with one thing after the other in it replaced.
function replaced(text, changes) {
  for (const [from, to] of changes) {
    expect(text.split(from), from).toHaveLength(2);
    text = text.replace(from, () => to);
  }
  return text;
}

const arn = (rest) => `arn:aws:ssm-contacts:us-east-1:${account}:${rest}`;
const channel = (alias) => expect.stringMatching(new RegExp(`^${arn(`contact-channel/${alias}/${uuid}`)}$`));

test("Terraform keeps contacts, channels and plans, and finds nothing to change after each step", async ({ terraform }) => {
  test.setTimeout(900_000);
  const book = await readFile(here("terraform/main.tf"), "utf8");
  const others = ["contact.ana", "contact.ben", "contact.payments", "contact_channel.call", "contact_channel.mail", "contact_channel.text"];
  const everything = [...others, "plan.ana", "plan.ben", "plan.payments"];
  const all = (what) => Object.fromEntries(everything.map((resource) => [resource, what]));

  await test.step("everything is created, and reads as it was written", async () => {
    await terraform.write("main.tf", book);
    expect(await terraform.apply()).toEqual(all("created"));
    await terraform.settled();
    const { contact, channel: call, plan } = await terraform.outputs();
    const ana = arn("contact/ana");
    const tags = { team: "payments", site: "Lisbon" };
    expect(contact).toEqual({ id: ana, arn: ana, alias: "ana", display_name: "Ana Silva", type: "PERSONAL", tags });
    expect(call).toEqual({
      id: call.arn,
      arn: channel("ana"),
      contact_id: ana,
      name: "Ana calls",
      type: "VOICE",
      delivery_address: [{ simple_address: "+12065550102" }],
      activation_status: "NOT_ACTIVATED",
    });
    expect(plan.stage).toMatchObject([
      {
        duration_in_minutes: 5,
        target: [
          { channel_target_info: [{ contact_channel_id: channel("ana"), retry_interval_in_minutes: 2 }], contact_target_info: [] },
          { channel_target_info: [{ contact_channel_id: call.arn, retry_interval_in_minutes: 0 }], contact_target_info: [] },
        ],
      },
      { duration_in_minutes: 10, target: [] },
    ]);
    expect(await terraform.page("/contacts/ana")).toMatch(/Ana Silva[^]*Ana (calls|texts)[^]*Ana (calls|texts)/);
  });

  const changes = [
    ['"Ana Silva"', '"Ana M. Silva"'],
    ['{ team = "payments", site = "Lisbon" }', '{ team = "cards", floor = "3" }'],
    ['"Ana texts"', '"Ana work phone"'],
    ['"Ben@Mail.Example.org"', '"ben.okoro@mail.example.org"'],
    ['"VOICE"', '"SMS"'],
    ["duration_in_minutes = 10", "duration_in_minutes = 1"],
    ["is_essential = true", "is_essential = false"],
    ["  stage {\n    duration_in_minutes = 0\n", "  stage {\n    duration_in_minutes = 30\n  }\n  stage {\n    duration_in_minutes = 0\n"],
  ];

  await test.step("names, addresses, tags and stages change in place, and a type by a new channel", async () => {
    const before = await terraform.outputs();
    await terraform.write("main.tf", replaced(book, changes));
    const { "contact.ben": ben, "contact.payments": payments, ...touched } = all("updated in-place");
    expect(await terraform.apply()).toEqual({ ...touched, "contact_channel.call": "replaced" });
    await terraform.settled();
    const { contact, channel: call, plan, mail } = await terraform.outputs();
    expect(contact).toMatchObject({ display_name: "Ana M. Silva" });
    expect(contact.tags).toEqual({ team: "cards", floor: "3" });
    expect(call).toMatchObject({ type: "SMS", name: "Ana calls" });
    expect(call.arn).not.toBe(before.channel.arn);
    expect(mail).toBe(before.mail);
    expect(plan.stage[0].target[1].channel_target_info[0].contact_channel_id).toBe(call.arn);
    expect(plan.stage[1]).toMatchObject({ duration_in_minutes: 1, target: [] });
    expect(await terraform.page("/contacts/ana")).toMatch(/Ana M\. Silva[^]*Ana work phone/);
  });

  await test.step("a display name, tags and a stage are taken away, and a refusal says what to do", async () => {
    const taken = [
      ['  display_name = "Ana M. Silva"\n', ""],
      ['  tags         = { team = "cards", floor = "3" }\n', ""],
      ["  stage {\n    duration_in_minutes = 30\n  }\n", ""],
    ];
    const bad = `resource "aws_ssmcontacts_contact_channel" "bad" {
      contact_id = aws_ssmcontacts_contact.ben.arn
      name       = "Ben pager"
      type       = "SMS"
      delivery_address {
        simple_address = "0151 2345"
      }
    }`;
    const text = replaced(replaced(book, changes), taken);
    await terraform.write("main.tf", text);
    await terraform.write("bad.tf", bad);
    const { code, said } = await terraform.run("apply", "-auto-approve");
    expect(code, said).toBe(1);
    expect(said.replace(/\s+/g, " ")).toContain(
      "ValidationException: Write the phone number as + and the digits 0 to 9 only, for example +15005550199.",
    );
    await rm(join(terraform.folder, "bad.tf"));
    await terraform.settled();
    const { contact } = await terraform.outputs();
    expect(contact).toMatchObject({ display_name: "", tags: {} });
  });

  await test.step("what is there is imported, and nothing is to be changed", async () => {
    const { mail } = await terraform.outputs();
    const state = "-state=imported.tfstate";
    for (const [resource, id] of [
      ["contact.ben", arn("contact/ben")],
      ["contact_channel.mail", mail],
      ["plan.ben", arn("contact/ben")],
    ]) {
      const { code, said } = await terraform.run("import", state, `aws_ssmcontacts_${resource}`, id);
      expect(code, said).toBe(0);
    }
    await terraform.settled(state, "-target=aws_ssmcontacts_plan.ben");
  });

  await test.step("everything is destroyed", async () => {
    expect(await terraform.page("/contacts")).not.toContain("No contacts yet");
    expect(await terraform.apply("-destroy")).toEqual(all("destroyed"));
    expect(await terraform.page("/contacts")).toContain("No contacts yet");
  });
});
