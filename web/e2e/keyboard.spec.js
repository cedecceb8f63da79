import { addContact, expect, refused, row, test } from "./test.js";

// outline reports whether the focus can be seen. Where a control is drawn by
// its neighbour, the outline is the neighbour's.
const outline = (page) =>
  page.evaluate(() => {
    const shown = (e) => {
      const { outlineStyle, outlineWidth } = getComputedStyle(e);
      return outlineStyle !== "none" && parseFloat(outlineWidth) >= 2;
    };
    const at = document.activeElement;
    return at !== document.body && (shown(at) || (at.nextElementSibling !== null && at.type === "radio" && shown(at.nextElementSibling)));
  });

const holdsFocus = (part) => part.evaluate((e) => e.contains(document.activeElement));

// tab goes on by one and expects to be somewhere visible.
async function tab(page, target, key = "Tab") {
  await page.keyboard.press(key);
  await expect(target).toBeFocused();
  expect(await outline(page), `the focus on ${target} can be seen`).toBe(true);
}

// tabTo goes on until it is there, and fails when it does not come by.
async function tabTo(page, target, most = 40) {
  await target.waitFor();
  for (let i = 0; i < most; i++) {
    await page.keyboard.press("Tab");
    expect(await outline(page), "the focus can be seen").toBe(true);
    if (await target.evaluate((e) => e === document.activeElement)) return;
  }
  throw new Error(`${target} was not reached in ${most} steps`);
}

test("a channel is added by keyboard alone", async ({ page, server, watch }) => {
  watch.provokes(422);
  const keyboard = page.keyboard;
  await addContact(page.request, server, "akuam", "Akua Mansa");

  await page.goto(`${server.url}/contacts`);
  await tab(page, page.getByRole("link", { name: "Skip to the content" }));
  await expect(page.getByRole("link", { name: "Skip to the content" })).toBeInViewport();
  await keyboard.press("Enter");
  await tab(page, page.getByRole("link", { name: "Add a contact" }));
  await tabTo(page, page.getByRole("link", { name: "Akua Mansa" }));
  await keyboard.press("Enter");
  await expect(page.getByRole("heading", { name: "Akua Mansa", level: 1 })).toBeVisible();
  await expect(page.getByRole("main")).toBeFocused();

  await tabTo(page, page.getByRole("link", { name: "Add the first channel" }));
  await keyboard.press("Enter");
  await expect(page.getByRole("radio", { name: "SMS" })).toBeFocused();
  expect(await outline(page), "the focus on the type can be seen").toBe(true);
  await keyboard.press("ArrowRight");
  await expect(page.getByRole("radio", { name: "Voice" })).toBeChecked();
  await tab(page, page.getByLabel("Name of the channel"));
  await tab(page, page.getByLabel("Phone number"));
  await keyboard.type("5551234567");
  await keyboard.press("Enter");
  const start = "Start with + and the country code, for example +1 500 555 0199, or choose the country.";
  await refused(page, { "Name of the channel": "Enter a name for the channel, for example Ana mobile.", "Phone number": start });
  await expect(page.getByRole("radio", { name: "Voice" })).toBeChecked();

  const summary = page.getByRole("alert");
  await tab(page, summary.getByRole("link").first());
  await tab(page, summary.getByRole("link", { name: start }));
  await keyboard.press("Enter");
  await expect(page.getByLabel("Phone number")).toBeFocused();
  await tab(page, page.getByLabel("Name of the channel"), "Shift+Tab");
  await keyboard.type("Akua desk");
  await tab(page, page.getByLabel("Phone number"));
  await keyboard.press("ControlOrMeta+A");
  await keyboard.type("+1 (555) 123-4567");
  await tab(page, page.getByLabel("Country of a national number"));
  const anyway = page.getByLabel("Add it anyway");
  await expect(anyway).toBeVisible();
  await tab(page, anyway, "Shift+Tab");
  await keyboard.press("Space");
  await expect(anyway).toBeChecked();
  await tab(page, page.getByLabel("Country of a national number"));
  await tab(page, page.getByLabel("Defer activation"));
  await keyboard.press("Space");
  await tab(page, page.getByRole("button", { name: "Add channel" }));
  await keyboard.press("Enter");
  await expect(row(page, "Akua desk")).toContainText("◌ Activation deferred");
  await expect(row(page, "Akua desk")).toContainText("Voice · +1 ••• ••• 4567");

  // What was pressed is gone: the reader goes on in the content, not before it.
  await expect.poll(() => holdsFocus(page.getByRole("main")), "the focus is not lost").toBe(true);
});

test("a channel is deactivated and deleted by keyboard alone", async ({ page, demo }) => {
  const keyboard = page.keyboard;
  await page.goto(`${demo.url}/contacts/dilnoza-karimova`);
  await tabTo(page, page.getByRole("link", { name: "Dilnoza mail", exact: true }));
  await keyboard.press("Enter");
  const deactivate = page.getByRole("link", { name: "Deactivate" });
  await expect(deactivate).toBeVisible();
  await expect(page.getByRole("main")).toBeFocused();
  await tabTo(page, deactivate);
  await keyboard.press("Enter");
  const dialog = page.getByRole("dialog");
  await expect(dialog).toBeVisible();
  await expect.poll(() => holdsFocus(dialog), "the focus goes into the dialog").toBe(true);
  await expect(dialog.getByRole("button", { name: "Keep it active" })).toBeVisible();
  for (let i = 0; i < 4; i++) {
    await keyboard.press("Tab");
    expect(await holdsFocus(page.locator("#app")), "the page behind the dialog is out of reach").toBe(false);
  }
  await keyboard.press("Escape");
  await expect(dialog).toBeHidden();
  await expect(deactivate).toBeFocused();
  await keyboard.press("Enter");
  await expect(dialog).toBeVisible();
  await dialog.getByRole("button", { name: "Deactivate the channel" }).focus();
  await keyboard.press("Enter");
  await expect(page.getByText("○ Not activated", { exact: true })).toBeVisible();
  await expect(page.getByRole("main")).toBeFocused();

  await tabTo(page, page.getByRole("button", { name: "Show the whole address" }));
  await keyboard.press("Enter");
  await expect(page.getByRole("main").getByText("dilnoza@example.com")).toBeVisible();
  await expect(page.getByRole("link", { name: "Hide" }).or(page.getByRole("button", { name: "Hide" }))).toBeFocused();
});
