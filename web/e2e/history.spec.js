import { addContact, expect, found, leave, press, row, stored, test } from "./test.js";

test("Back and Forward lead to the page that was there, as it is now", async ({ page, demo }) => {
  const heading = (name) => expect(page.getByRole("heading", { name, level: 1 })).toBeVisible();
  await page.goto(`${demo.url}/contacts`);
  await page.getByRole("link", { name: "Akua Mansa" }).click();
  await heading("Akua Mansa");
  await page.getByRole("link", { name: "Akua desk", exact: true }).click();
  await heading("Akua desk");
  await page.goBack();
  await heading("Akua Mansa");
  await expect(page).toHaveURL(`${demo.url}/contacts/akuam`);
  await expect(page).toHaveTitle("Akua Mansa · Callbook");
  await expect(row(page, "Akua desk")).toBeVisible();
  await page.goBack();
  await heading("Contacts");
  await expect(page).toHaveTitle("Contacts · Callbook");
  await expect(found(page)).toHaveCount(12);
  await page.goForward();
  await heading("Akua Mansa");
  await expect(page).toHaveURL(`${demo.url}/contacts/akuam`);
  // A page that was restored works like one that was loaded.
  await page.getByRole("link", { name: "Akua desk", exact: true }).click();
  await heading("Akua desk");
  await page.getByRole("link", { name: "Delete", exact: true }).click();
  await expect(page.getByRole("dialog")).toBeVisible();
});

test("Back to a search shows what was searched for", async ({ page, gallery }) => {
  await page.goto(`${gallery.url}/contacts`);
  await page.getByRole("searchbox").pressSequentially("akua");
  await expect(page).toHaveURL(`${gallery.url}/contacts?q=akua`);
  await expect(found(page)).toHaveCount(1);
  await page.getByRole("link", { name: "Akua Mansa" }).click();
  await expect(page.getByRole("heading", { name: "Akua Mansa", level: 1 })).toBeVisible();
  await page.goBack();
  await expect(found(page)).toHaveText([/Akua Mansa/]);
  await expect(page.getByRole("searchbox")).toHaveValue("akua");
});

test("a link within a page is no step in the history, so Back never empties a form", async ({ page, server, watch }) => {
  watch.provokes(422);
  await page.goto(`${server.url}/contacts`);
  await page.getByRole("link", { name: "Add the first contact" }).click();
  await leave(page, "Alias", "Akuam");
  await press(page, "Add contact", "/contacts/new", 422);
  const steps = await page.evaluate(() => history.length);
  await page.getByRole("alert").getByRole("link").click();
  await expect(page.getByLabel("Alias")).toBeFocused();
  await page.getByRole("link", { name: "Skip to the content" }).press("Enter");
  await expect(page.getByRole("main")).toBeFocused();
  expect(await page.evaluate(() => history.length)).toBe(steps);
  await expect(page.getByLabel("Alias")).toHaveValue("Akuam");
  await page.goBack();
  await expect(page.getByRole("heading", { name: "Contacts", level: 1 })).toBeVisible();
});

test("Back leaves an open dialog behind", async ({ page, gallery }) => {
  await page.goto(`${gallery.url}/contacts`);
  await page.getByRole("link", { name: "Fionn Ó Briain" }).click();
  await page.getByRole("link", { name: "Delete Fionn Ó Briain" }).click();
  await expect(page.getByRole("dialog")).toBeVisible();
  await page.goBack();
  await expect(page.getByRole("heading", { name: "Contacts", level: 1 })).toBeVisible();
  await expect(page.getByRole("dialog")).toBeHidden();
});

test("Back to what was deleted says that nothing is there", async ({ page, demo, watch }) => {
  watch.provokes(404);
  await page.goto(`${demo.url}/contacts`);
  await page.getByRole("link", { name: "Fionn Ó Briain" }).click();
  await page.getByRole("link", { name: "Delete Fionn Ó Briain" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Delete the contact" }).click();
  await expect(page.getByRole("main")).toContainText("Contact deleted, with all its channels.");
  await page.goBack();
  await expect(page).toHaveURL(`${demo.url}/contacts/fionn`);
  await expect(page.getByRole("heading", { name: "Nothing is here", level: 1 })).toBeVisible();
});

test("what somebody else deleted meanwhile is said where one looks, and nothing typed is lost", async ({ page, server, watch }) => {
  watch.provokes(404);
  await addContact(page.request, server, "akuam", "Akua Mansa");
  await page.goto(`${server.url}/contacts/akuam`);
  await page.getByRole("link", { name: "Add the first channel" }).click();
  await page.getByLabel("Name of the channel").fill("Akua desk");
  await leave(page, "Phone number", "+12065550100");
  await expect(stored(page)).toContainText("+12065550100");
  await page.request.post(`${server.url}/contacts/akuam/delete`, { maxRedirects: 0 });
  await press(page, "Add channel", "/contacts/akuam/channels/new", 404);
  await expect(page.getByRole("alert")).toHaveText("This was deleted meanwhile. Nothing was saved. What you typed is still here.");
  await expect(page.getByRole("alert")).toBeInViewport();
  await expect(page.getByLabel("Name of the channel")).toHaveValue("Akua desk");
  await expect(page.getByLabel("Phone number")).toHaveValue("+12065550100");
});

test("a program that is gone is said so, and nothing typed is lost", async ({ page, server, watch }) => {
  watch.provokesSilence();
  const gone = "Callbook did not answer. Nothing was lost on this page: check the connection and try again.";
  await addContact(page.request, server, "akuam", "Akua Mansa");
  await page.goto(`${server.url}/contacts/akuam`);
  await page.getByRole("link", { name: "Add the first channel" }).click();
  await page.getByLabel("Name of the channel").fill("Akua desk");
  await leave(page, "Phone number", "+12065550100");
  await expect(stored(page)).toContainText("+12065550100");
  await server.stop();
  await page.getByRole("button", { name: "Add channel" }).click();
  await expect(page.getByRole("main")).toContainText(gone);
  await expect(page.getByRole("status")).toHaveText(gone);
  await expect(page.getByRole("main").getByText(gone)).toBeInViewport();
  await expect(page.getByLabel("Name of the channel")).toHaveValue("Akua desk");
  await expect(page.getByLabel("Phone number")).toHaveValue("+12065550100");
  await expect(page.getByRole("button", { name: "Add channel" })).toBeEnabled();
  await server.start();
  await press(page, "Add channel", "/contacts/akuam/channels/new", 200);
  await expect(row(page, "Akua desk")).toBeVisible();
  await expect(page.getByText(gone)).toHaveCount(0);
});

test("a dialog says it too when the program is gone", async ({ page, demo, watch }) => {
  watch.provokesSilence();
  await page.goto(`${demo.url}/contacts/fionn`);
  await page.getByRole("link", { name: "Delete Fionn Ó Briain" }).click();
  await expect(page.getByRole("dialog")).toBeVisible();
  await demo.stop();
  await page.getByRole("dialog").getByRole("button", { name: "Delete the contact" }).click();
  const said = page.getByText("Callbook did not answer.").filter({ visible: true }).first();
  await expect(said).toBeInViewport();
  // What a modal dialog covers cannot be read by everybody: the words are in
  // it, or it is closed.
  const readable = await page.evaluate(() => {
    const dialog = document.querySelector("dialog");
    return !dialog.open || dialog.textContent.includes("Callbook did not answer.");
  });
  expect(readable, "the words are not behind the dialog").toBe(true);
});
