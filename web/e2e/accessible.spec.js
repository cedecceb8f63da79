import { once } from "node:events";
import { createServer } from "node:http";
import { addChannel, addContact, axe, expect, found, leave, overflow, press, row, test } from "./test.js";

// Colours that are still changing cannot be measured.
test.use({ contextOptions: { reducedMotion: "reduce" } });

// look examines what is on the screen in light and dark, wide and narrow, and
// goes on after a finding, so that one run names them all.
async function look(page, what) {
  await test.step(what, async () => {
    for (const width of [1280, 360]) {
      await page.setViewportSize({ width, height: 800 });
      expect.soft(await overflow(page), `${what}, ${width} px: nothing sticks out`).toBe("");
      for (const colorScheme of ["light", "dark"]) {
        await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
        expect.soft(await axe(page), `${what}, ${width} px, ${colorScheme}`).toEqual([]);
      }
    }
    await page.setViewportSize({ width: 1280, height: 800 });
  });
}

test("the list is accessible, empty, full, searched and without a result", async ({ page, server, gallery }) => {
  await page.goto(`${server.url}/contacts`);
  await look(page, "the empty list");
  await page.goto(`${gallery.url}/contacts`);
  await look(page, "the list");
  await page.getByRole("searchbox").fill("nobody of that name");
  await expect(page.getByRole("link", { name: "Show all contacts" })).toBeVisible();
  await look(page, "the list with nothing found");
  await page.goto(`${gallery.url}/contacts?show=unreachable`);
  await page.getByRole("button", { name: "Dark" }).click();
  await page.getByRole("button", { name: "Dark", pressed: true }).waitFor();
  await look(page, "the list, dark by choice");
});

test("the forms of a contact are accessible, new, refused, stale and sent again", async ({ page, server, watch }) => {
  watch.provokes(409, 422);
  const path = "/contacts/new";
  await page.goto(server.url + path);
  await look(page, "the form of a new contact");
  const token = await page.locator("input[name=token]").inputValue();
  await leave(page, "Name (optional)", "Akua O'Mansa");
  await leave(page, "Alias", "Akuam");
  await press(page, "Add contact", path, 422);
  await expect(page.getByRole("alert")).toBeFocused();
  await look(page, "the form of a new contact, refused");
  await page.goto(server.url + path);
  const fresh = await page.locator("input[name=token]").inputValue();
  expect(fresh).not.toBe(token);
  await page.request.post(server.url + path, { form: { token: fresh, alias: "ana", name: "Ana Silva" } });
  await page.getByLabel("Alias").fill("akuam");
  await press(page, "Add contact", path, 409);
  await expect(page.getByRole("alert")).toContainText("You already added");
  await look(page, "the form of a new contact, sent again");

  await page.goto(`${server.url}/contacts/ana/edit`);
  await look(page, "the form that edits a contact");
  await page.request.post(`${server.url}/contacts/ana/edit`, { form: { version: "1", name: "Ana de Silva" } });
  await leave(page, "Name (optional)", "Ana S.");
  await press(page, "Save", "/contacts/ana/edit", 409);
  await expect(page.getByRole("alert")).toContainText("Somebody else changed this contact");
  await look(page, "the form that edits a contact, stale");
  await page.goto(`${server.url}/contacts/ana`);
  await look(page, "a contact without channels");
});

test("the forms that add a channel are accessible, within the page and on their own", async ({ page, server, watch }) => {
  watch.provokes(409, 422);
  await addContact(page.request, server, "akuam", "Akua Mansa");
  const path = "/contacts/akuam/channels/new";
  await page.goto(`${server.url}/contacts/akuam`);
  await page.getByRole("link", { name: "Add the first channel" }).click();
  await expect(page.getByRole("radio", { name: "SMS" })).toBeFocused();
  await look(page, "the form within the page");
  await press(page, "Add channel", path, 422);
  await expect(page.getByRole("alert")).toBeFocused();
  await look(page, "the form within the page, refused");

  await page.goto(server.url + path);
  await look(page, "the form on its own");
  await leave(page, "Name of the channel", "Akua/desk");
  await leave(page, "Phone number", "+1 555 123 4567");
  await expect(page.getByLabel("Add it anyway")).toBeVisible();
  await look(page, "the form with a warning");
  await press(page, "Add channel", path, 422);
  await expect(page.getByRole("alert")).toBeFocused();
  await look(page, "the form, refused, with a warning");
  await page.getByRole("radio", { name: "Email" }).check();
  await leave(page, "Email address", "akua.mansa@gmial.com");
  await expect(page.getByText("Did you mean")).toBeVisible();
  await look(page, "the form with a misspelt domain");
  await page.goto(server.url + path);
  const token = await page.locator("input[name=token]").inputValue();
  await page.request.post(server.url + path, { form: { token, type: "SMS", name: "akuas sms-test", phone: "+15005550199" } });
  await page.getByLabel("Name of the channel").fill("another");
  await leave(page, "Phone number", "+12065550100");
  await press(page, "Add channel", path, 409);
  await expect(page.getByRole("alert")).toContainText("You already added");
  await look(page, "the form, sent again");
});

test("a contact and a channel are accessible, with dialog, address in the clear, and after a change", async ({ page, demo }) => {
  await page.goto(`${demo.url}/contacts/joao-pereira`);
  await look(page, "a contact with channels");
  await page.getByRole("link", { name: "Delete João Pereira" }).click();
  await expect(page.getByRole("dialog")).toBeVisible();
  await look(page, "a contact with the dialog");
  await page.keyboard.press("Escape");
  await page.getByRole("link", { name: "Operations room", exact: true }).click();
  await expect(page.getByText("Also on")).toBeVisible();
  await look(page, "a channel that shares its number");
  const channel = page.url();
  await page.getByRole("button", { name: "Show the whole address" }).click();
  await expect(page.getByRole("main").getByText("+12065550111")).toBeVisible();
  await look(page, "a channel with its address in the clear");
  await page.getByRole("link", { name: "Deactivate" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Deactivate the channel" }).click();
  await expect(page.getByText("○ Not activated")).toBeVisible();
  await look(page, "a channel with a notice");
  await page.goto(`${channel}/delete`);
  await look(page, "the page that deletes a channel");
  await page.goto(`${channel}/deactivate`);
  await look(page, "the page that deactivates a channel");
  await page.goto(`${demo.url}/contacts/joao-pereira/delete`);
  await look(page, "the page that deletes a contact");
});

test("the form that edits a channel is accessible, refused, with a warning and stale", async ({ page, demo, watch }) => {
  watch.provokes(409, 422);
  await page.goto(`${demo.url}/contacts/akuam`);
  await row(page, "akuas sms-test").getByRole("link", { name: "Edit" }).click();
  await expect(page.getByRole("heading", { name: "Edit akuas sms-test", level: 1 })).toBeVisible();
  const edit = new URL(page.url()).pathname;
  await look(page, "the form that edits a channel");
  await leave(page, "New phone number", "+12065550111");
  await expect(page.getByLabel("Save it anyway")).toBeVisible();
  await look(page, "the form that edits a channel, with a warning");
  await leave(page, "Name of the channel", "akuas/sms-test");
  await press(page, "Save", edit, 422);
  await expect(page.getByRole("alert")).toBeFocused();
  await look(page, "the form that edits a channel, refused");
  await page.goto(demo.url + edit);
  const version = await page.locator("input[name=version]").inputValue();
  await page.request.post(demo.url + edit, { form: { version, name: "Akua mobile" } });
  await leave(page, "Name of the channel", "Akua private");
  await press(page, "Save", edit, 409);
  await expect(page.getByRole("alert")).toContainText("Somebody else changed this channel");
  await look(page, "the form that edits a channel, stale");
});

test("the pages of what goes wrong are accessible", async ({ page, server, watch }) => {
  watch.provokes(403, 404, 405, 413, 415, 421);
  watch.provokesSilence();
  const title = (name) => expect(page.getByRole("heading", { name, level: 1 })).toBeVisible();
  await page.goto(`${server.url}/nothing/here`);
  await title("Nothing is here");
  await look(page, "404");
  await page.goto(`${server.url}/theme`);
  await title("This page is not opened this way");
  await look(page, "405");

  // A browser sends such forms only when somebody has been at the page.
  const send = (change) =>
    page.goto(`${server.url}/contacts/new`).then(() =>
      page.evaluate((change) => {
        const form = document.querySelector("main form");
        Object.assign(form.elements.namedItem("name"), { value: "x".repeat(change.length) });
        form.enctype = change.enctype;
        HTMLFormElement.prototype.submit.call(form);
      }, change),
    );
  await send({ length: 70_000, enctype: "application/x-www-form-urlencoded" });
  await title("This form is too large");
  await look(page, "413");
  await send({ length: 1, enctype: "text/plain" });
  await title("This is not a form");
  await look(page, "415");

  const foreign = createServer((request, response) => {
    response.setHeader("Content-Type", "text/html");
    response.end(`<form method="post" action="${server.url}/contacts/new"><input name="alias" value="mallory"><button>Win</button></form>`);
  });
  foreign.listen(0, "127.0.0.1");
  await once(foreign, "listening");
  try {
    await page.goto(`http://127.0.0.1:${foreign.address().port}/`);
    await page.getByRole("button", { name: "Win" }).click();
    await title("This form came from another site");
    await look(page, "403");
  } finally {
    foreign.closeAllConnections();
    foreign.close();
  }
  expect((await page.request.get(`${server.url}/contacts/mallory`)).status(), "nothing was changed").toBe(404);

  await page.goto(server.url.replace("127.0.0.1", "other.localhost"));
  await title("Callbook does not answer to this name");
  await look(page, "421");

  await page.goto(`${server.url}/contacts/new`);
  await server.stop();
  await page.getByLabel("Alias").fill("akuam");
  await page.getByRole("button", { name: "Add contact" }).click();
  await expect(page.getByRole("main")).toContainText("Callbook did not answer.");
  await look(page, "no answer");
});

test("the longest names and addresses fit on every page", async ({ page, server }) => {
  const alias = "a".repeat(255);
  const name = "Ñ".repeat(255);
  const email = `${"e".repeat(64)}@${"d".repeat(63)}.${"d".repeat(63)}.${"d".repeat(50)}.example`;
  await addContact(page.request, server, alias, name);
  const path = await addChannel(page.request, server, alias, { type: "EMAIL", name, email });
  for (let i = 10; i < 60; i++) await addContact(page.request, server, `b-${i}`);
  await page.goto(`${server.url}/contacts`);
  await expect(found(page)).toHaveCount(50);
  await look(page, "the list with long names and a next page");
  await page.goto(`${server.url}/contacts/${alias}`);
  await look(page, "a contact with long names");
  await page.goto(path);
  await look(page, "a channel with a long name");
  await page.getByRole("button", { name: "Show the whole address" }).click();
  await expect(page.getByRole("main").getByText(email)).toBeVisible();
  await page.setViewportSize({ width: 360, height: 800 });
  expect(await overflow(page)).toBe("");
  for (const form of [`${path}/edit`, `${path}/delete`, `${server.url}/contacts/${alias}/edit`, `${server.url}/contacts/${alias}/channels/new`]) {
    await page.goto(form);
    expect.soft(await overflow(page), form).toBe("");
  }
});

test("what waits for a code is accessible: the queue, the code, its refusals, shown messages and delivery", async ({ page, demo, watch }) => {
  watch.provokes(404, 422, 429);
  await page.goto(`${demo.url}/activations`);
  await look(page, "the queue");
  await page.getByRole("link", { name: "Kofi mobile", exact: true }).click();
  await expect(page.locator("#state .badge")).toHaveText("◐ Code sent");
  await look(page, "a channel with a code that is out");
  const channel = new URL(page.url()).pathname;
  await page.getByLabel("Code").fill("12");
  await press(page, "Activate", `${channel}/activate`, 422);
  await look(page, "a code that is refused");
  await press(page, "Send a new code", `${channel}/send`, 303);
  await page.request.post(`${demo.url}${channel}/send`);
  await page.goto(demo.url + channel);
  await look(page, "a channel whose next code has to wait");
  await page.goto(`${demo.url}/contacts/hana-suzuki`);
  await look(page, "a contact whose code did not arrive");
  await page.goto(`${demo.url}/dev/messages`);
  await look(page, "messages that are shown");
  await page.getByRole("link", { name: "Open the link of this message" }).first().click();
  await look(page, "the page for whoever got a code");
  await page.goto(`${demo.url}/activate/none`);
  await look(page, "a link that is no longer good");
  await page.goto(`${demo.url}/settings/delivery`);
  await page.getByLabel("To").fill("nobody");
  await press(page, "Send a test", "/settings/delivery", 422);
  await look(page, "the page of the delivery, refused");
  await page.goto(`${demo.url}/activations`);
  await press(page, "Send new codes to all that expired", "/activations/resend", 303);
  await expect(page.getByRole("main")).toContainText("on the way");
  await look(page, "the queue after new codes were sent");
});

test("the help is accessible: the list of topics, wide tables and long lines of code", async ({ page, demo, watch }) => {
  watch.provokes(404);
  await page.goto(`${demo.url}/contacts`);
  await page.getByRole("link", { name: "Help", exact: true }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Help" })).toBeVisible();
  await look(page, "the list of topics");
  for (const topic of await page.locator(".topics a").evaluateAll((all) => all.map((a) => a.pathname))) {
    await page.setViewportSize({ width: 360, height: 800 });
    await page.goto(demo.url + topic);
    expect.soft(await overflow(page), topic).toBe("");
  }
  for (const topic of ["settings", "clients", "import-export"]) {
    await page.goto(`${demo.url}/help/${topic}`);
    await look(page, `the topic ${topic}`);
  }
  await page.goto(`${demo.url}/help/network#behind-nginx-or-caddy`);
  await expect(page.getByRole("heading", { name: "Behind nginx or Caddy" })).toBeInViewport();
  await page.goto(`${demo.url}/help/nothing`);
  await expect(page.getByRole("heading", { level: 1, name: "Nothing is here" })).toBeVisible();
});
