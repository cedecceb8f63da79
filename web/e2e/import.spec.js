import { axe, expect, found, overflow, press, test } from "./test.js";

const csv = (text) => ({ name: "people.csv", mimeType: "text/csv", buffer: Buffer.from(text) });

const people = `alias,name,type,channel,address,country,defer
ana,Ana Silva,SMS,Ana mobile,070-174 06 05,SE,
ana,,EMAIL,Ana mail,ana@gmail.com,,true
bo,Bo Berg,SMS,Bo mobile,+447700900123,,
Cy,Cy,FAX,,12,,
`;

const many = (n) => "alias,type,channel,address\n" + Array.from({ length: n }, (_, i) => `person-${i},EMAIL,mail,person${i}@example.org\n`).join("");

const look = async (page, what) => {
  for (const [width, colorScheme] of [[1280, "light"], [360, "dark"]]) {
    await page.setViewportSize({ width, height: 800 });
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    expect.soft(await axe(page), what).toEqual([]);
    expect.soft(await overflow(page), what).toBe("");
  }
};

const choose = async (page, file) => {
  await page.getByLabel("CSV file").setInputFiles(file);
  await page.getByRole("button", { name: "Check the file" }).click();
};

test("a file is looked at, imported once, and adds nothing the second time", async ({ page, server, watch }) => {
  watch.provokes(413, 422);
  await page.goto(`${server.url}/contacts`);
  await page.getByRole("link", { name: "Import many from a file" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Import contacts");
  await look(page, "before a file is chosen");

  await choose(page, csv("name,phone\nAna,1\n"));
  await expect(page.getByRole("alert")).toContainText("The first line names a column that there is not, “phone”");
  await look(page, "a file that is no table of contacts");
  await choose(page, csv(many(9) + ",,,,\n".repeat(1_800_000)));
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("This file is too large");
  await page.getByRole("link", { name: "Choose another file" }).click();

  await choose(page, csv(people));
  const main = page.getByRole("main");
  await expect(main).toContainText("“people.csv” would add 1 contact and 2 channels. Nothing is changed yet.");
  const problems = page.getByRole("region", { name: "Rows to look at" }).getByRole("listitem");
  await expect(problems).toHaveCount(2);
  await expect(problems.first()).toContainText("bo has a warning");
  await expect(problems.last()).toContainText("Cy is refused");
  await look(page, "the dry run");
  await page.getByLabel("Also import 1 row with warnings").check();
  await press(page, "Import the file", "/contacts/import/run", 303);
  await expect(main).toContainText("“people.csv” is imported: 2 contacts and 3 channels added.");
  await look(page, "the end");
  await page.getByRole("link", { name: "Go to the contacts" }).click();
  await expect(found(page)).toHaveCount(2);
  await expect(found(page).filter({ hasText: "Ana Silva" })).toContainText("Activation deferred");

  await page.getByRole("link", { name: "Import", exact: true }).click();
  await choose(page, csv(people));
  await expect(main).toContainText("Nothing in “people.csv” would be added.");
  await expect(main).toContainText("3 rows: left as it is");
  await press(page, "Discard the file", "/contacts/import/discard", 303);
  await expect(main).not.toContainText("people.csv");
});

test("a long import shows how far it is, can be left, and ends by itself on the page", async ({ page, server }) => {
  await page.goto(`${server.url}/contacts/import`);
  await choose(page, csv(many(8000)));
  await expect(page.getByRole("button", { name: "Import 8000 rows" })).toBeVisible({ timeout: 60_000 });
  await page.getByLabel("Send no codes yet").check();
  await press(page, "Import 8000 rows", "/contacts/import/run", 303);
  const progress = page.getByRole("progressbar", { name: "How much of the file is done" });
  await expect(progress).toBeVisible();
  await expect(page.getByRole("button", { name: "Check the file" })).toHaveCount(0);
  await look(page, "the progress");
  await page.goto(`${server.url}/contacts`);
  await page.getByRole("link", { name: "Import", exact: true }).click();
  await expect(page.getByRole("main")).toContainText("“people.csv” is imported: 8000 contacts and 8000 channels added.", { timeout: 120_000 });
  await expect(progress).toHaveCount(0);
});

test.describe("without JavaScript", () => {
  test.use({ javaScriptEnabled: false });

  test("a file is imported by forms and reloads", async ({ page, server }) => {
    await page.goto(`${server.url}/contacts/import`);
    await choose(page, csv(people));
    await page.getByRole("button", { name: "Import the file" }).click();
    await expect(async () => {
      await page.reload();
      await expect(page.getByRole("main")).toContainText("is imported: 1 contact and 2 channels added.", { timeout: 500 });
    }).toPass({ timeout: 60_000 });
  });
});
