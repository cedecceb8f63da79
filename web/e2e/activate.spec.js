import { createServer } from "node:net";
import { once } from "node:events";
import { codeIn, linkIn, Mailbox } from "./mailbox.js";
import { addChannel, addContact, axe, expect, overflow, press, row, test as base } from "./test.js";

// freePort is a port that nobody listens on: links in messages need to know it
// before the program starts.
async function freePort() {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const { port } = probe.address();
  await new Promise((resolve) => probe.close(resolve));
  return port;
}

// Every message here is a real one, which a real mail server got.
const test = base.extend({
  mailbox: async ({}, use) => {
    const mailbox = await new Mailbox().open();
    await use(mailbox);
    await mailbox.close();
  },
  settings: async ({ mailbox }, use) => {
    const here = `127.0.0.1:${await freePort()}`;
    await use(["--listen", here, "--public-url", `http://${here}`, "--smtp-url", mailbox.url, "--smtp-from", "Callbook <callbook@example.org>"]);
  },
});

// stays fails when the page was loaded afresh.
const mark = (page) => page.evaluate(() => (window.stays = true));
const stays = async (page) => expect(await page.evaluate(() => window.stays)).toBe(true);

const badge = (page) => page.locator("#state .badge");

test("the code of the mail activates the channel, and a wrong one says so", async ({ page, server, mailbox, watch }) => {
  watch.provokes(422);
  await addContact(page.request, server, "ana", "Ana Silva");
  const channel = await addChannel(page.request, server, "ana", { type: "EMAIL", name: "Ana mail", email: "ana@example.org" });
  const mail = await mailbox.next("ana@example.org");
  expect(mail.from).toMatchObject({ name: "Callbook", address: "callbook@example.org" });
  expect(mail.headers.find(({ key }) => key === "auto-submitted").value).toBe("auto-generated");
  expect(mail.html).toContain(codeIn(mail));
  await page.goto(channel);
  await mark(page);
  await expect(badge(page)).toHaveText("◐ Code sent");
  await page.getByLabel("Code").fill("000 000" === codeIn(mail) ? "111 111" : "000 000");
  await press(page, "Activate", `${new URL(channel).pathname}/activate`, 422);
  await expect(page.getByRole("alert")).toBeFocused();
  await expect(page.getByRole("alert")).toContainText("This code is not right, or no longer good");
  expect.soft(await axe(page)).toEqual([]);
  await page.getByLabel("Code").fill(codeIn(mail).replace(/(...)/, "$1 "));
  await press(page, "Activate", `${new URL(channel).pathname}/activate`, 303);
  await expect(badge(page)).toHaveText("● Active");
  await expect(page.getByRole("main")).toContainText("Active: the code came back.");
  await expect(page.getByLabel("Code")).toHaveCount(0);
  await stays(page);
  expect(server.log).not.toContain(codeIn(mail));
});

test("the link of the mail activates without an account, and the manager's page turns to Active by itself", async ({ page, browser, server, mailbox }) => {
  await addContact(page.request, server, "ana", "Ana Silva");
  const channel = await addChannel(page.request, server, "ana", { type: "EMAIL", name: "Ana mail", email: "ana@example.org" });
  const link = linkIn(await mailbox.next("ana@example.org"));
  await page.goto(channel);
  await mark(page);
  await expect(badge(page)).toHaveText("◐ Code sent");
  await page.getByLabel("Code").fill("12"); // somebody is typing meanwhile
  const contact = await page.context().newPage();
  await contact.goto(`${server.url}/contacts/ana`);
  await mark(contact);
  await expect(row(contact, "Ana mail")).toContainText("◐ Code sent");
  await expect(contact.getByRole("main")).toContainText("Ana Silva can be paged once it comes back.");

  const somebody = await browser.newContext();
  const phone = await somebody.newPage();
  await phone.goto(link);
  await expect(phone.getByRole("heading", { level: 1 })).toHaveText("Do on-call pages reach you here?");
  await expect(phone.getByRole("main")).toContainText("admin@example.org asked whether email to a•••@example.org arrives");
  for (const width of [1280, 360]) {
    await phone.setViewportSize({ width, height: 800 });
    expect.soft(await axe(phone)).toEqual([]);
    expect.soft(await overflow(phone)).toBe("");
  }
  await expect(badge(page)).toHaveText("◐ Code sent"); // opening it activates nothing
  await expect(page.getByLabel("Code")).toHaveValue("12");
  await phone.getByRole("button", { name: "Yes, they reach me here" }).click();
  await expect(phone.getByRole("heading", { level: 1 })).toHaveText("Thank you");
  const again = await phone.goto(link);
  expect(again.status()).toBe(404);
  await expect(phone.getByRole("heading", { level: 1 })).toHaveText("This link is no longer good");
  await somebody.close();

  await expect(badge(page)).toHaveText("● Active");
  await expect(page.getByRole("status").filter({ hasText: /./ })).toContainText("Active");
  await stays(page);
  await expect(row(contact, "Ana mail")).toContainText("● Active");
  await expect(contact.getByRole("main")).toContainText("Ana Silva can be paged through the one channel.");
  await stays(contact);
});

test("a new code can be sent after a moment that is counted down, and the queue leads there", async ({ page, server, mailbox }) => {
  await addContact(page.request, server, "ana", "Ana Silva");
  const channel = await addChannel(page.request, server, "ana", { type: "EMAIL", name: "Ana mail", email: "ana@example.org" });
  await mailbox.next("ana@example.org");
  await page.goto(`${server.url}/activations`);
  await expect(page.getByRole("main")).toContainText("One channel is not active");
  for (const colorScheme of ["light", "dark"]) {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    expect.soft(await axe(page)).toEqual([]);
  }
  await page.getByRole("link", { name: "Enter code for Ana mail" }).click();
  await expect(page).toHaveURL(channel);
  await expect(page.getByRole("button", { name: "Send a new code" })).toBeDisabled();
  await expect(page.getByText(/^Available in \d+ s$/)).toBeVisible();
});

test("an invitation goes out by email, and a forgotten password is set anew", async ({ page, browser, server, mailbox }) => {
  await page.goto(`${server.url}/settings/users/new`);
  await page.getByLabel("Email address").fill("ben@example.org");
  await press(page, "Send the invitation", "/settings/users/new", 303);
  await expect(page.getByRole("main")).toContainText("An email with a link is on its way");

  const context = await browser.newContext();
  const ben = await context.newPage();
  const invitation = linkIn(await mailbox.next("ben@example.org"));
  await ben.goto(invitation);
  await ben.getByLabel("Password").fill("a lamp beside the river");
  await press(ben, "Set the password", new URL(invitation).pathname, 303);
  await expect(ben.getByRole("main")).toContainText("Your password is set, and you are signed in.");
  await press(ben, "Sign out", "/sign-out", 303);

  await ben.getByRole("link", { name: "Forgot your password?" }).click();
  expect.soft(await axe(ben)).toEqual([]);
  await ben.getByLabel("Email address").fill("ben@example.org");
  await press(ben, "Send the link", "/sign-in/forgotten", 200);
  await expect(ben.getByRole("main")).toContainText("If there is a user with the address ben@example.org");
  await ben.goto(linkIn(await mailbox.next("ben@example.org", 2)));
  await expect(ben.getByLabel("Password")).toBeVisible();
  await context.close();
});

test("an admin sends a test, and sees that it left", async ({ page, server, mailbox }) => {
  await page.goto(`${server.url}/settings/delivery`);
  await expect(page.getByRole("main")).toContainText("Sent by SMTP");
  for (const width of [1280, 360]) {
    await page.setViewportSize({ width, height: 800 });
    expect.soft(await axe(page)).toEqual([]);
    expect.soft(await overflow(page)).toBe("");
  }
  await page.getByRole("radio", { name: "Email" }).check();
  await page.getByLabel("To").fill("me@example.org");
  await press(page, "Send a test", "/settings/delivery", 303);
  await mailbox.next("me@example.org");
  await expect(page.locator("#test-state .badge")).toHaveText("◐ Sent");
});
