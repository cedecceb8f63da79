import { addChannel, addContact, expect, row, test } from "./test.js";

// With SMS and calls sent nowhere, each code waits, and so does its row.
test.use({ settings: ["--dev-messages"] });

// polls counts the requests of pages that ask by themselves, by path.
function polls(page) {
  const counts = new Map();
  page.on("request", (request) => {
    const { pathname } = new URL(request.url());
    if (pathname.endsWith("/state")) counts.set(pathname, (counts.get(pathname) ?? 0) + 1);
  });
  return counts;
}

const codes = async (request, server, alias, howMany) => {
  await addContact(request, server, alias, "Ana Silva");
  for (let n = 0; n < howMany; n++) await addChannel(request, server, alias, { type: "EMAIL", name: `mail ${n}`, email: `ana${n}@example.org` });
};

test("a page polls once for all rows that wait", async ({ page, server, request }) => {
  await codes(request, server, "ana", 6);
  const counts = polls(page);
  await page.clock.install();
  for (const [path, seconds] of [
    ["/contacts/ana", 3],
    ["/activations", 10],
  ]) {
    await page.goto(server.url + path);
    for (let round = 1; round <= 3; round++) {
      await Promise.all([page.waitForResponse((r) => new URL(r.url()).pathname === `${path}/state`), page.clock.runFor(1000 * seconds)]);
      await expect.poll(() => page.locator("#poll").count()).toBe(1);
    }
  }
  expect([...counts]).toEqual([
    ["/contacts/ana/state", 3],
    ["/activations/state", 3],
  ]);
});

test("a row that changes by itself is shown, and keeps the form and the focus", async ({ page, server, request }) => {
  await codes(request, server, "ana", 2);
  await page.goto(`${server.url}/contacts/ana`);
  await page.getByRole("link", { name: "Add a channel" }).click();
  const name = page.getByLabel("Name of the channel", { exact: true });
  await name.fill("half ty");
  await expect(row(page, "mail 1")).toContainText("Code sent");
  await request.post(`${await page.evaluate(() => location.href)}/channels/${(await row(page, "mail 0").getAttribute("id")).replace("channel-", "")}/delete`);
  await expect(row(page, "mail 0")).toHaveCount(0);
  await expect(row(page, "mail 1")).toHaveCount(1);
  await expect(name).toHaveValue("half ty");
  await expect(name).toBeFocused();
});

test("a poll that meets an ended session leaves what is being typed", async ({ page, server, request, context, watch }) => {
  watch.provokes(401);
  await codes(request, server, "ana", 2);
  await page.goto(`${server.url}/contacts/ana`);
  await page.getByRole("link", { name: "Add a channel" }).click();
  const name = page.getByLabel("Name of the channel", { exact: true });
  await name.fill("half ty");
  const cookies = await context.cookies();
  await context.clearCookies();
  const line = page.locator("#notice");
  await expect(line).toContainText("You are signed out: sign in again");
  await expect(line.getByRole("link")).toHaveAttribute("href", "/sign-in?back=%2Fcontacts%2Fana");
  await expect(name).toBeFocused();
  await name.pressSequentially("ped");
  await page.waitForResponse((r) => r.url().endsWith("/state") && r.status() === 401);
  await expect(name).toHaveValue("half typed");
  expect(new URL(page.url()).pathname).toBe("/contacts/ana");
  // After a sign-in in another tab the page goes on.
  await context.addCookies(cookies);
  await expect(line).toBeEmpty();
  await expect(name).toHaveValue("half typed");
});

test.describe("without JavaScript", () => {
  test.use({ javaScriptEnabled: false });

  test("a page that waits says how to refresh", async ({ page, server, request }) => {
    await codes(request, server, "ana", 1);
    for (const path of ["/contacts/ana", "/activations"]) {
      await page.goto(server.url + path);
      const hint = page.locator("noscript .hint");
      await expect(hint).toBeVisible();
      await expect(hint).toContainText("reload it to see what changed");
    }
  });
});
