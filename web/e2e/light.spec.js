import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, found, test } from "./test.js";

const maxRequests = 5;
const maxBytes = 60_000;

// firstLoad opens a page with an empty cache and weighs everything that comes
// over the wire, headers included.
async function firstLoad(page, url) {
  const wire = await page.context().newCDPSession(page);
  await wire.send("Network.enable");
  await wire.send("Network.setCacheDisabled", { cacheDisabled: true });
  const requests = new Map();
  wire.on("Network.requestWillBeSent", ({ requestId, request }) => requests.set(requestId, { url: request.url, bytes: 0 }));
  wire.on("Network.loadingFinished", ({ requestId, encodedDataLength }) => (requests.get(requestId).bytes = encodedDataLength));
  await page.goto(url, { waitUntil: "load" });
  // The icon comes last, and only when the browser has nothing else to do. One without a
  // window has nowhere to show it and does not ask for it: then the page does.
  const icon = new URL(await page.locator("link[rel=icon]").getAttribute("href"), url).href;
  if (process.env.CHROMIUM?.endsWith("headless-shell")) await page.evaluate((icon) => fetch(icon).then((answer) => answer.blob()), icon);
  await expect.poll(() => [...requests.values()].find((r) => r.url === icon)?.bytes ?? 0).toBeGreaterThan(0);
  await expect.poll(() => [...requests.values()].every((r) => r.bytes > 0)).toBe(true);
  return [...requests.values()];
}

function weigh(requests, origin) {
  const list = requests.map((r) => `${r.bytes} ${r.url}`).join("\n");
  expect(requests.filter((r) => new URL(r.url).origin !== origin), "nothing comes from elsewhere").toEqual([]);
  expect(requests.length, list).toBeLessThanOrEqual(maxRequests);
  expect(requests.reduce((sum, r) => sum + r.bytes, 0), list).toBeLessThanOrEqual(maxBytes);
}

test("the first load of the list is light", async ({ page, gallery }) => {
  weigh(await firstLoad(page, `${gallery.url}/contacts`), gallery.url);
  await expect(found(page)).toHaveCount(12);
});

test("the first load of a full page of contacts is light", async ({ page, server }) => {
  const rows = ["alias,name,type,channel,address"];
  for (let i = 1; i <= 55; i++) {
    const alias = `person-of-the-on-call-team-${String(i).padStart(2, "0")}`;
    for (const [type, address] of [["SMS", "+12065550100"], ["VOICE", "+12065550100"], ["EMAIL", "a@example.org"]]) {
      rows.push(`${alias},Person of the on-call team ${i},${type},one of three,${address}`);
    }
  }
  const file = join(server.folder, "people.csv");
  await writeFile(file, rows.join("\n"));
  await server.command("import", file, "--yes", "--accept-warnings");
  weigh(await firstLoad(page, `${server.url}/contacts`), server.url);
  await expect(found(page)).toHaveCount(50);
});

test("what never changes is kept by the browser, what is personal is not", async ({ page, gallery }) => {
  await page.goto(`${gallery.url}/contacts`);
  const files = await page.locator("link[href], script[src]").evaluateAll((all) => all.map((e) => e.href || e.src));
  expect(files).toHaveLength(4);
  for (const file of files) {
    const answer = await page.request.get(file, { headers: { "Accept-Encoding": "gzip" } });
    expect(answer.headers()["cache-control"], file).toBe("public, max-age=31536000, immutable");
    expect(answer.headers()["content-encoding"], file).toBe("gzip");
  }
  const list = await page.request.get(`${gallery.url}/contacts`);
  expect(list.headers()["cache-control"]).toBe("no-store");
});
