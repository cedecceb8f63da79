import { expect, found, press, row, test } from "./test.js";

test("deactivating an active channel asks first, and leaves a person with others reachable", async ({ page, demo }) => {
  await page.goto(`${demo.url}/contacts/akuam`);
  await expect(page.getByRole("main")).toContainText("Akua Mansa can be paged through 3 of 3 channels.");
  await expect(row(page, "akuas sms-test")).toContainText("● Active");
  await page.getByRole("link", { name: "akuas sms-test", exact: true }).click();
  const open = page.getByRole("link", { name: "Deactivate" });
  const dialog = page.getByRole("dialog", { name: "Deactivate the SMS channel “akuas sms-test”?" });
  await open.click();
  await expect(dialog).toContainText("Nobody can be paged through it until a new code is entered.");
  await expect(dialog).not.toContainText("no active channel left");
  await dialog.getByRole("button", { name: "Keep it active" }).click();
  await expect(dialog).toBeHidden();
  await expect(open).toBeFocused();
  await open.click();
  await dialog.getByRole("button", { name: "Deactivate the channel" }).click();
  await expect(dialog).toBeHidden();
  await expect(page.getByRole("main")).toContainText("Channel deactivated. Nobody can be paged through it until a new code is entered.");
  await expect(page.getByRole("main").getByText("○ Not activated", { exact: true })).toBeVisible();
  await expect(page.getByRole("region", { name: "Dates" }).getByRole("listitem").first()).toContainText("Deactivated");
  await expect(open).toHaveCount(0);
  await page.getByRole("link", { name: "Akua Mansa" }).click();
  await expect(page.getByRole("main")).toContainText("Akua Mansa can be paged through 2 of 3 channels.");
  await expect(page.getByRole("main").getByText("● Reachable", { exact: true })).toBeVisible();
  await expect(row(page, "akuas sms-test")).toContainText("○ Not activated");
  await expect(row(page, "akuas sms-test")).toContainText("deactivated just now");
});

test("deactivating the last active channel says so, and the list leads with that person", async ({ page, demo }) => {
  await page.goto(`${demo.url}/contacts`);
  await expect(page.getByRole("main")).toContainText("5 of 12 people cannot be reached.");
  await page.getByRole("link", { name: "Dilnoza Karimova" }).click();
  await page.getByRole("link", { name: "Dilnoza mail", exact: true }).click();
  await expect(page.getByRole("main")).toContainText("Dilnoza Karimova can be paged through this channel.");
  await page.getByRole("link", { name: "Deactivate" }).click();
  const dialog = page.getByRole("dialog", { name: "Deactivate the email channel “Dilnoza mail”?" });
  await expect(dialog).toContainText("Dilnoza Karimova will have no active channel left, and cannot be paged.");
  await dialog.getByRole("button", { name: "Deactivate the channel" }).click();
  await expect(page.getByRole("main").getByText("○ Not activated", { exact: true })).toBeVisible();
  await page.getByRole("link", { name: "Dilnoza Karimova" }).click();
  await expect(page.getByRole("main").getByText("○ Unreachable", { exact: true })).toBeVisible();
  await expect(page.getByRole("main")).toContainText("Dilnoza Karimova cannot be paged: the one channel is not active.");
  await page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Contacts" }).click();
  await expect(page.getByRole("main")).toContainText("6 of 12 people cannot be reached.");
  await expect(found(page).filter({ hasText: "Dilnoza Karimova" })).toContainText("Unreachable");
  await expect(found(page).nth(1)).toContainText("Dilnoza Karimova");
});

test("the page that deactivates says the same as the dialog, and twice is as good as once", async ({ page, demo }) => {
  await page.goto(`${demo.url}/contacts/dilnoza-karimova`);
  await page.getByRole("link", { name: "Dilnoza mail", exact: true }).click();
  await page.getByRole("link", { name: "Deactivate" }).waitFor();
  const path = new URL(page.url()).pathname;
  await page.goto(`${demo.url}${path}/deactivate`);
  await expect(page.getByRole("heading", { name: "Deactivate the email channel “Dilnoza mail”?", level: 1 })).toBeVisible();
  await expect(page.getByRole("main")).toContainText("Dilnoza Karimova will have no active channel left, and cannot be paged.");
  await expect(page.getByRole("link", { name: "Keep it active" })).toHaveAttribute("href", path);
  // Somebody else is first: the outcome is the same.
  await page.request.post(`${demo.url}${path}/deactivate`, { maxRedirects: 0 });
  await press(page, "Deactivate the channel", `${path}/deactivate`, 303);
  await expect(page.getByRole("heading", { name: "Dilnoza mail", level: 1 })).toBeVisible();
  await expect(page.getByRole("main").getByText("○ Not activated", { exact: true })).toBeVisible();
  await expect(page.getByRole("region", { name: "Dates" }).getByText("Deactivated")).toHaveCount(1);
});
