import { AxeBuilder } from "@axe-core/playwright";
import { test as base, expect } from "@playwright/test";
import { Server } from "./server.js";

export { expect };

export const account = "111122223333";
export const region = "us-east-2";
export const admin = { email: "admin@example.org", password: "four unrelated words walk in" };
export const flags = ["--account-id", account, "--region", region];

// test gives each test that changes something a program of its own, and fails it for
// anything that the browser complained about or fetched from elsewhere.
export const test = base.extend({
  // serve starts the program with flags.
  serve: async ({}, use) => {
    const servers = [];
    await use(async (...flags) => {
      const server = new Server(flags);
      servers.push(server);
      return server.start();
    });
    for (const server of servers) {
      await server.close();
      discreet(server, expect.soft);
    }
  },

  // settings are flags that a file of tests adds.
  settings: [[], { option: true }],

  // server is the program with an empty book, in which the browser and the
  // requests beside it are signed in as its first admin.
  server: async ({ serve, settings, request, context }, use) => {
    const server = await serve(...flags, ...settings);
    await post(request, await server.setUpLink(), { ...admin });
    const { cookies } = await request.storageState();
    await context.addCookies(cookies.filter(({ name }) => name.startsWith("__Host-callbook-session")));
    await use(server);
  },

  // demo is the program with its invented people.
  demo: async ({ serve }, use) => use(await serve("--demo", ...flags)),

  // gallery is the same for tests that only look: one program for all of a worker.
  gallery: [
    async ({}, use) => {
      const server = new Server(["--demo", ...flags]);
      await use(await server.start());
      await server.close();
      discreet(server, expect); // no test is there to go on
    },
    { scope: "worker" },
  ],

  // watch holds what the browser may complain about: nothing, until a test says
  // which refusals it provokes.
  watch: async ({}, use) => {
    const watch = new Watch();
    await use(watch);
    expect.soft(watch.complaints, "complaints of the browser").toEqual([]);
    expect.soft(watch.elsewhere, "requests to anywhere else").toEqual([]);
  },

  // The programs end after the browser has let go of them, so serve comes first.
  context: async ({ serve, watch, context }, use) => {
    watch.over(context);
    await use(context);
  },
});

// discreet expects that the log of a whole program holds no address, no password and no link.
function discreet(server, expects) {
  expects(server.log).not.toMatch(/\+\d{6,}|@example|@gmail|unrelated words|\/(set-up|join|activate)\/[\w-]{20}/);
}

class Watch {
  elsewhere = [];
  #complaints = [];
  // A check that a later one replaces is aborted, which htmx tells the console.
  #expected = [/^htmx:(sendAbort|afterRequest)\b/];

  over(context) {
    // A violation of the content security policy is an error on the console.
    context.on("console", (message) => {
      if (message.type() === "error" || message.type() === "warning") {
        this.#complaints.push(message.text());
      }
    });
    context.on("weberror", (error) => this.#complaints.push(String(error.error())));
    context.on("request", (request) => {
      const { hostname } = new URL(request.url());
      if (!["127.0.0.1", "localhost", "other.localhost"].includes(hostname)) this.elsewhere.push(request.url());
    });
  }

  // provokes names the statuses that a test makes the program answer with.
  provokes(...statuses) {
    for (const status of statuses) {
      this.#expected.push(new RegExp(`^Failed to load resource: the server responded with a status of ${status} `));
      this.#expected.push(new RegExp(`^Response Status Error Code ${status} from `));
    }
  }

  // allows names what a test makes the browser itself refuse.
  allows(pattern) {
    this.#expected.push(pattern);
  }

  // provokesSilence says that the program does not answer at all.
  provokesSilence() {
    this.#expected.push(/^Failed to load resource: net::ERR_/, /^htmx:sendError\b/);
  }

  get complaints() {
    return this.#complaints.filter((text) => !this.#expected.some((pattern) => pattern.test(text)));
  }
}

// answer does something that posts, and returns the status that came back.
export async function answer(page, path, act) {
  const [response] = await Promise.all([
    page.waitForResponse((r) => r.request().method() === "POST" && new URL(r.url()).pathname === path),
    act(),
  ]);
  return response.status();
}

// press presses a button that sends a form, and expects a status. 303 leads to
// another page.
export async function press(page, name, path, status) {
  expect(await answer(page, path, () => page.getByRole("button", { name, exact: true }).click())).toBe(status);
}

// leave types into a field and leaves it, as somebody does who goes on.
export async function leave(page, label, text) {
  const field = page.getByLabel(label, { exact: true });
  await field.fill(text);
  await field.blur();
  return field;
}

// refused expects the summary at the top, with the focus on it and one link for
// each sentence, and each sentence beside its field, tied to it.
export async function refused(page, fields) {
  const summary = page.getByRole("alert");
  await expect(summary).toBeFocused();
  const sentences = Object.entries(fields);
  await expect(summary.getByRole("heading")).toHaveText(
    sentences.length === 1 ? "One thing needs your attention" : "Some things need your attention",
  );
  await expect(summary.getByRole("link")).toHaveText(sentences.map(([, sentence]) => sentence));
  for (const [label, sentence] of sentences) await wrong(page, label, sentence);
}

// wrong expects a field to be marked, with a sentence that belongs to it.
export async function wrong(page, label, sentence) {
  const field = page.getByLabel(label, { exact: true });
  await expect(field).toHaveAttribute("aria-invalid", "true");
  await expect(field).toHaveAccessibleDescription(new RegExp(escape(sentence)));
}

// right expects a field that nothing is held against.
export async function right(page, label) {
  await expect(page.getByLabel(label, { exact: true })).toHaveAttribute("aria-invalid", "false");
}

// stored is the line that says what a phone number will be stored as.
export const stored = (page) => page.getByText(/^Will be stored as /);

const escape = (text) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

// row is the row of a channel on the page of its contact.
export const row = (page, name) =>
  page
    .getByRole("region", { name: "Channels" })
    .getByRole("listitem")
    .filter({ has: page.getByRole("link", { name, exact: true }) });

// found are the rows of the list of contacts.
export const found = (page) => page.getByRole("region", { name: "Contacts found" }).getByRole("listitem");

export const uuid = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}";

export const channelARN = (alias) => new RegExp(`arn:aws:ssm-contacts:${region}:${account}:contact-channel/${alias}/${uuid}(?![0-9a-f-])`);

// Without a page: what a browser would post, for tests that need things to be
// there already.
let serial = 0;

export async function post(request, url, form) {
  const response = await request.post(url, { form: { token: `e2e-${process.pid}-${++serial}`, ...form }, maxRedirects: 0 });
  if (response.status() !== 303) throw new Error(`${url} answered ${response.status()}: ${await response.text()}`);
  return new URL(response.headers().location, url).href;
}

export const addContact = (request, server, alias, name = "") => post(request, `${server.url}/contacts/new`, { alias, name });

// addChannel returns the address of the new channel's page.
export async function addChannel(request, server, alias, form) {
  await post(request, `${server.url}/contacts/${alias}/channels/new`, form);
  const page = await (await request.get(`${server.url}/contacts/${alias}`)).text();
  const paths = [...page.matchAll(new RegExp(`href="(/contacts/${alias}/channels/${uuid})"`, "g"))];
  return server.url + paths.at(-1)[1];
}

// axe runs every rule that there is for WCAG 2.2 AA, and best practice. A
// contrast that it cannot measure is a finding too, but for the shapes beside
// the words of a state.
export async function axe(page) {
  const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
  const options = { runOnly: tags, resultTypes: ["violations", "incomplete"] };
  // The builder brings the rules into the page; a page that has them runs them
  // again in a quarter of the time.
  const { violations, incomplete } = (await page.evaluate(() => "axe" in window))
    ? await page.evaluate((options) => window.axe.run(options).then(({ violations, incomplete }) => ({ violations, incomplete })), options)
    : await new AxeBuilder({ page }).options(options).setLegacyMode(true).analyze();
  const unmeasured = incomplete
    .filter((rule) => rule.id === "color-contrast")
    .map((rule) => ({ ...rule, nodes: rule.nodes.filter((n) => !n.any.every((check) => check.data?.messageKey === "nonBmp")) }));
  return [...violations, ...unmeasured].flatMap((rule) =>
    rule.nodes.map((n) => `${rule.id}: ${n.target.join(" ")}: ${(n.failureSummary ?? rule.help).replace(/\s+/g, " ")}`),
  );
}

// overflow says how much wider the page is than the screen, and what sticks out.
export const overflow = (page) =>
  page.evaluate(() => {
    const { scrollWidth, clientWidth } = document.documentElement;
    if (scrollWidth <= clientWidth) return "";
    const wide = [...document.body.querySelectorAll("*")].filter((e) => e.getBoundingClientRect().right > clientWidth + 0.5);
    return `${scrollWidth} px on a screen of ${clientWidth}: ${wide.map((e) => e.outerHTML.slice(0, 80)).join("\n")}`;
  });
