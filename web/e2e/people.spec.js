import { addChannel, addContact, admin, answer, axe, expect, flags, leave, overflow, post, press, refused, row, test } from "./test.js";

// everyLook runs a check in both themes and both widths.
async function everyLook(page, check) {
  for (const width of [1280, 360]) {
    await page.setViewportSize({ width, height: 800 });
    for (const colorScheme of ["light", "dark"]) {
      await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
      await check(`${width} px, ${colorScheme}`);
    }
  }
}

const accessible = (page, what) =>
  everyLook(page, async (look) => {
    expect.soft(await axe(page), `${what}, ${look}`).toEqual([]);
    expect.soft(await overflow(page), `${what}, ${look}`).toBe("");
  });

test("the first admin sets Callbook up, signs out and in, and invites a viewer who sees masks", async ({ page, browser, serve, watch }) => {
  watch.provokes(403, 404, 422);
  const server = await serve(...flags);
  await page.goto(`${server.url}/contacts`);
  await expect(page).toHaveURL(`${server.url}/sign-in`);
  await accessible(page, "the sign-in");
  const link = await server.setUpLink();
  expect(server.log, "the log never has the link").not.toContain(new URL(link).pathname.split("/").pop());
  await page.goto(link);
  await accessible(page, "the set-up");
  await leave(page, "Your email address", "no address");
  await leave(page, "Password", "short");
  await press(page, "Set up Callbook", new URL(link).pathname, 422);
  await expect(page.getByRole("alert")).toBeFocused();
  await accessible(page, "the set-up, refused");
  await leave(page, "Your email address", admin.email);
  await leave(page, "Password", admin.password);
  await press(page, "Set up Callbook", new URL(link).pathname, 303);
  await expect(page.getByRole("main")).toContainText("Callbook is set up, and you are its admin.");
  await expect(page.getByRole("link", { name: admin.email })).toBeVisible();

  await page.goto(link);
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("This link is no longer good");

  await page.goto(`${server.url}/contacts`);
  await press(page, "Sign out", "/sign-out", 303);
  await expect(page.getByRole("main")).toContainText("You are signed out.");
  await page.goto(`${server.url}/settings/users`);
  await expect(page).toHaveURL(`${server.url}/sign-in?back=%2Fsettings%2Fusers`);
  await leave(page, "Email address", admin.email);
  await leave(page, "Password", "wrong wrong wrong");
  await press(page, "Sign in", "/sign-in", 422);
  await expect(page.getByRole("alert")).toContainText("This did not sign you in: check the email address and the password.");
  await leave(page, "Password", admin.password);
  await press(page, "Sign in", "/sign-in", 303);
  await expect(page).toHaveURL(`${server.url}/settings/users`);
  await accessible(page, "the users");

  await addContact(page.request, server, "ana", "Ana Silva");
  const channel = await addChannel(page.request, server, "ana", { type: "SMS", name: "Ana mobile", phone: "+447700900123", accept: "unassigned:+447700900123" });

  await page.getByRole("link", { name: "Invite a user" }).click();
  await leave(page, "Email address", "viewer@example.org");
  await accessible(page, "the invitation");
  await press(page, "Make the link", "/settings/users/new", 200);
  await accessible(page, "the link");
  const invitation = await page.locator(".secret code").textContent();
  expect(invitation).toContain(`${server.url}/join/`);

  const other = await browser.newContext();
  watch.over(other);
  const viewer = await other.newPage();
  await viewer.goto(invitation);
  await accessible(viewer, "the join page");
  await leave(viewer, "Password", "eight wandering purple kettles");
  await press(viewer, "Set the password", new URL(invitation).pathname, 303);
  await expect(viewer.getByRole("main")).toContainText("Your password is set, and you are signed in.");
  await expect(viewer.getByRole("link", { name: "Add a contact" })).toHaveCount(0);
  await expect(viewer.getByRole("link", { name: "Settings" })).toHaveCount(0);
  await viewer.getByRole("link", { name: "Ana Silva" }).click();
  await expect(row(viewer, "Ana mobile")).toContainText("+44 ••• ••• 0123");
  await expect(viewer.getByRole("link", { name: /Edit|Delete|Add/ })).toHaveCount(0);
  await viewer.goto(channel);
  await expect(viewer.getByRole("button", { name: /Show/ })).toHaveCount(0);
  await expect(viewer.getByRole("main")).not.toContainText("7700900123");
  await viewer.goto(`${server.url}/contacts/new`);
  await expect(viewer.getByRole("heading", { level: 1 })).toHaveText("You may not do this");
  await accessible(viewer, "what a viewer may not do");
  await viewer.goto(`${server.url}/account`);
  await accessible(viewer, "the account");

  // A manager from the next request on, and out when disabled.
  await page.goto(`${server.url}/settings/users`);
  await page.getByRole("link", { name: "viewer@example.org" }).click();
  await accessible(page, "a user");
  await page.getByRole("radio", { name: /Manager/ }).check({ force: true });
  await press(page, "Save", new URL(page.url()).pathname, 303);
  await viewer.goto(channel);
  await viewer.getByRole("button", { name: /Show/ }).click();
  await expect(viewer.locator("#address").getByText("+447700900123")).toBeVisible();
  await server.restart();
  await viewer.reload();
  await expect(viewer.getByRole("heading", { level: 1 })).toHaveText("Ana mobile");
  await page.getByRole("link", { name: "Disable" }).click();
  await press(page, "Disable the user", `${new URL(page.url()).pathname}/disable`, 303);
  await viewer.goto(channel);
  await expect(viewer).toHaveURL(/\/sign-in\?back=/);
  await other.close();
});

test("a form that is sent after the session ended keeps what was typed", async ({ page, server, watch }) => {
  watch.provokes(401);
  await page.goto(`${server.url}/contacts/new`);
  await leave(page, "Name (optional)", "Kofi Mensah");
  await post(page.request, `${server.url}/sign-out`, {});
  expect(await answer(page, "/contacts/new", () => page.getByRole("button", { name: "Add contact", exact: true }).click())).toBe(401);
  await expect(page.getByRole("main").getByRole("alert")).toContainText("what you typed is still here");
  await expect(page.getByLabel("Name (optional)")).toHaveValue("Kofi Mensah");
  const opens = page.context().waitForEvent("page");
  await page.getByRole("link", { name: "Sign in (opens a new tab)" }).click();
  const tab = await opens;
  await leave(tab, "Email address", admin.email);
  await leave(tab, "Password", admin.password);
  await press(tab, "Sign in", "/sign-in", 303);
  await press(page, "Add contact", "/contacts/new", 303);
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Kofi Mensah");
});

test("the password is changed, and other devices are signed out", async ({ page, browser, server, watch }) => {
  watch.provokes(422);
  const other = await browser.newContext();
  watch.over(other);
  const device = await other.newPage();
  await device.goto(`${server.url}/sign-in`);
  await leave(device, "Email address", admin.email);
  await leave(device, "Password", admin.password);
  await press(device, "Sign in", "/sign-in", 303);
  await page.goto(`${server.url}/account`);
  await leave(page, "Current password", "not this one at all");
  await leave(page, "New password", "nine silent copper lanterns");
  await press(page, "Change password", "/account/password", 422);
  await refused(page, { "Current password": "This is not your current password: type it again." });
  await leave(page, "Current password", admin.password);
  await leave(page, "New password", "nine silent copper lanterns");
  await press(page, "Change password", "/account/password", 303);
  await expect(page.getByRole("main")).toContainText("Password changed. Your other devices are signed out.");
  await device.goto(`${server.url}/contacts`);
  await expect(device).toHaveURL(`${server.url}/sign-in`);
  await other.close();
});

test("the browser keeps the session from scripts, frames and forms of others", async ({ page, server, watch }) => {
  await page.goto(`${server.url}/contacts`);
  expect(await page.evaluate(() => document.cookie)).toBe("");
  const [session] = (await page.context().cookies(server.url)).filter(({ name }) => name === "__Host-callbook-session");
  expect(session).toMatchObject({ httpOnly: true, secure: true, sameSite: "Lax", path: "/", domain: "127.0.0.1" });

  // Another site, that frames Callbook and posts to it.
  const evil = server.url.replace("127.0.0.1", "other.localhost");
  await page.route(`${evil}/evil`, (route) =>
    route.fulfill({
      contentType: "text/html",
      body: `<iframe src="${server.url}/contacts"></iframe><form method="post" action="${server.url}/contacts/new"><input name="alias" value="evil"><button>Win</button></form>`,
    }),
  );
  watch.provokes(403, 404);
  watch.allows(/frame-ancestors|X-Frame-Options|Refused to display|Framing/);
  await page.goto(`${evil}/evil`);
  await expect(page.frameLocator("iframe").getByRole("heading", { name: "Contacts" })).toHaveCount(0);
  await page.getByRole("button", { name: "Win" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("This form came from another site");
  await page.goto(`${server.url}/contacts/evil`);
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Nothing is here");
});

test("a click on the button straight from a field is answered, and nothing wipes the answer away", async ({ page, server, watch }) => {
  watch.provokes(422);
  for (let i = 0; i < 5; i++) {
    await page.goto(`${server.url}/contacts/new`);
    await page.getByLabel("Name (optional)").fill(`Kofi Mensah ${i}`);
    expect(await answer(page, "/contacts/new", () => page.getByRole("button", { name: "Add contact", exact: true }).click())).toBe(422);
    await expect(page.getByRole("alert")).toBeFocused();
    await expect(page.getByLabel("Alias")).toHaveValue(`kofi-mensah-${i}`);
    await refused(page, { Alias: "Enter an alias, for example ana-silva." });
    await press(page, "Add contact", "/contacts/new", 303);
  }
});
