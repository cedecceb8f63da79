import { addContact, channelARN, expect, found, press, refused, row, stored, test } from "./test.js";

// Everything works without JavaScript: plain links, plain forms, whole pages.
test.use({ javaScriptEnabled: false });

test("without JavaScript, a person and three channels are added, corrected on the way", async ({ page, server, watch }) => {
  watch.provokes(409, 422);
  const { url } = server;
  const name = "Name (optional)";
  const newChannel = "/contacts/akuam/channels/new";
  await addContact(page.request, server, "ana", "Ana Silva");

  await test.step("a contact", async () => {
    await page.goto(url);
    await page.getByRole("link", { name: "Add a contact" }).click();
    await page.getByLabel(name).fill("Akua O'Mansa");
    await page.getByLabel("Alias").fill("Akuam");
    await press(page, "Add contact", "/contacts/new", 422);
    await refused(page, {
      [name]: "Write the name without “'”: use letters, digits, spaces, dots, hyphens and underscores.",
      Alias: "Use only lower-case letters a to z, digits, hyphens and underscores, for example ana-silva.",
    });
    await expect(page.getByLabel(name)).toHaveValue("Akua O'Mansa");
    await expect(page.getByLabel("Alias")).toHaveValue("Akuam");
    await page.getByLabel(name).fill("Akua Mansa");
    await page.getByLabel("Alias").fill("");
    await press(page, "Add contact", "/contacts/new", 422);
    await refused(page, { Alias: "Enter an alias, for example ana-silva." });
    await expect(page.getByLabel("Alias"), "the alias that is suggested").toHaveValue("akua-mansa");
    await page.getByLabel("Alias").fill("ana");
    await press(page, "Add contact", "/contacts/new", 409);
    await refused(page, { Alias: "Another contact has the alias ana: choose a different one." });
    await page.getByLabel("Alias").fill("akuam");
    await press(page, "Add contact", "/contacts/new", 303);
    await expect(page).toHaveURL(`${url}/contacts/akuam`);
    await expect(page.getByRole("main")).toContainText("Contact added. Next, add a channel: a way to reach this person.");
    await expect(page.getByText("arn:aws:ssm-contacts:us-east-2:111122223333:contact/akuam", { exact: true })).toBeVisible();
    await expect(page.getByRole("button", { name: "Copy ARN" })).toHaveCount(0);
    await page.reload();
    await expect(page.getByRole("main")).not.toContainText("Contact added");
  });

  await test.step("an SMS channel", async () => {
    await page.getByRole("link", { name: "Add the first channel" }).click();
    await expect(page).toHaveURL(`${url}${newChannel}`);
    await page.getByLabel("Name of the channel").fill("akuas sms-test");
    for (const [number, sentence] of [
      ["5005550199", "Start with + and the country code, for example +1 500 555 0199, or choose the country."],
      ["+1500555", "This number is too short for country code +1: check that no digit is missing."],
      ["+1 500 555 0199 x12", "An extension cannot be dialled: use a number that reaches the person directly."],
    ]) {
      await page.getByLabel("Phone number").fill(number);
      await press(page, "Add channel", newChannel, 422);
      await refused(page, { "Phone number": sentence });
      await expect(page.getByLabel("Phone number")).toHaveValue(number);
      await expect(page.getByLabel("Name of the channel")).toHaveValue("akuas sms-test");
    }
    await page.getByLabel("Phone number").fill("+1 (500) 555-0199");
    await press(page, "Add channel", newChannel, 303);
    await expect(page).toHaveURL(`${url}/contacts/akuam`);
    await expect(page.getByRole("main")).toContainText("Channel added. It counts once its code comes back.");
    await expect(row(page, "akuas sms-test")).toContainText("SMS · +1 ••• ••• 0199");
    await expect(async () => {
      await page.reload();
      await expect(row(page, "akuas sms-test")).toContainText("▲ Cannot be sent: no SMS provider is configured", { timeout: 100 });
    }).toPass();
    await expect(row(page, "akuas sms-test")).toContainText(channelARN("akuam"));
  });

  await test.step("the same address again, then a voice channel with a national number that asks first", async () => {
    await page.getByRole("link", { name: "Add a channel" }).click();
    await page.getByLabel("Name of the channel").fill("Akua desk");
    await page.getByLabel("Phone number").fill("+15005550199");
    await press(page, "Add channel", newChannel, 409);
    await refused(page, { "Phone number": "This contact already has an SMS channel with this address: use that one, or enter another address." });
    await page.getByRole("radio", { name: "Voice" }).check();
    await page.getByLabel("Country of a national number").selectOption({ label: "United States +1" });
    await page.getByLabel("Phone number").fill("(555) 123-4567");
    await page.getByLabel("Defer activation").check();
    await press(page, "Add channel", newChannel, 422);
    await expect(page.getByRole("alert")).toContainText("This number is not in an assigned range");
    await expect(stored(page)).toHaveText("Will be stored as +15551234567 · kind of line unknown");
    await expect(page.getByRole("radio", { name: "Voice" })).toBeChecked();
    await expect(page.getByLabel("Defer activation")).toBeChecked();
    await page.getByLabel("Add it anyway").check();
    await press(page, "Add channel", newChannel, 303);
    await expect(row(page, "Akua desk")).toContainText("Voice · +1 ••• ••• 4567");
    await expect(row(page, "Akua desk")).toContainText("◌ Activation deferred");
    await expect(row(page, "Akua desk")).toContainText(channelARN("akuam"));
  });

  await test.step("an email channel, with a misspelt domain put right", async () => {
    await page.getByRole("link", { name: "Add a channel" }).click();
    await page.getByRole("radio", { name: "Email" }).check();
    await expect(page.getByLabel("Phone number")).toBeHidden();
    await page.getByLabel("Name of the channel").fill("Akua mail");
    await page.getByLabel("Email address").fill("akua@localhost");
    await press(page, "Add channel", newChannel, 422);
    await refused(page, { "Email address": "Write the whole domain after the @, for example ana@example.org." });
    await page.getByLabel("Email address").fill("akua.mansa@gmial.com");
    await press(page, "Add channel", newChannel, 422);
    await expect(page.getByRole("alert")).toContainText("Did you mean akua.mansa@gmail.com?");
    await press(page, "Use akua.mansa@gmail.com", newChannel, 303);
    await expect(row(page, "Akua mail")).toContainText("Email · a•••@gmail.com");
    await expect(async () => {
      await page.reload();
      await expect(row(page, "Akua mail")).toContainText("▲ Cannot be sent: no email provider is configured", { timeout: 100 });
    }).toPass();
    await expect(row(page, "Akua mail")).toContainText(channelARN("akuam"));
  });

  await test.step("everything is there after a restart", async () => {
    await server.restart();
    await page.reload();
    await expect(page.getByRole("region", { name: "Channels" }).getByRole("listitem")).toHaveCount(3);
    await page.goto(`${url}/contacts`);
    await expect(page.getByRole("main")).toContainText("None of 2 people can be reached.");
  });
});

test("without JavaScript, Enter never takes a correction that nobody chose", async ({ page, server, watch }) => {
  watch.provokes(422);
  await addContact(page.request, server, "akuam", "Akua Mansa");
  const misspell = async (name, local) => {
    await page.goto(`${server.url}/contacts/akuam/channels/new`);
    await page.getByRole("radio", { name: "Email" }).check();
    await page.getByLabel("Name of the channel").fill(name);
    await page.getByLabel("Email address").fill(`${local}@gmial.com`);
    await page.getByLabel("Email address").press("Enter");
    await expect(page.getByRole("alert")).toContainText(`Did you mean ${local}@gmail.com?`);
  };
  await misspell("as typed", "akua");
  await page.getByLabel("Add it anyway").check();
  await page.getByLabel("Name of the channel").press("Enter");
  await expect(row(page, "as typed")).toContainText("Email · a•••@gmial.com");
  await misspell("another", "mansa");
  await page.getByLabel("Email address").fill("mansa@example.org");
  await page.getByLabel("Email address").press("Enter");
  await expect(row(page, "another")).toContainText("Email · m•••@example.org");
});

test("without JavaScript, a double click adds one contact", async ({ page, server }) => {
  await page.goto(`${server.url}/contacts/new`);
  await page.getByLabel("Name (optional)").fill("Akua Mansa");
  await page.getByLabel("Alias").fill("akuam");
  await page.getByRole("button", { name: "Add contact" }).dblclick();
  await expect(page.getByRole("heading", { name: "Akua Mansa", level: 1 })).toBeVisible();
  await page.goto(`${server.url}/contacts`);
  await expect(found(page)).toHaveCount(1);
});

test("without JavaScript, going back gives a fresh form, which adds another", async ({ page, server }) => {
  await page.goto(`${server.url}/contacts/new`);
  await page.getByLabel("Name (optional)").fill("Akua Mansa");
  await page.getByLabel("Alias").fill("akuam");
  await press(page, "Add contact", "/contacts/new", 303);
  await expect(page.getByRole("heading", { name: "Akua Mansa", level: 1 })).toBeVisible();
  await page.goBack();
  await page.getByLabel("Name (optional)").fill("Ana Silva");
  await page.getByLabel("Alias").fill("ana");
  await press(page, "Add contact", "/contacts/new", 303);
  await expect(page).toHaveURL(`${server.url}/contacts/ana`);
  await page.goto(`${server.url}/contacts`);
  await expect(found(page)).toHaveCount(2);
});

test("without JavaScript, a form sent again with other values asks about the first", async ({ page, server, watch }) => {
  watch.provokes(409);
  await page.goto(`${server.url}/contacts/new`);
  const token = await page.locator("input[name=token]").getAttribute("value");
  await page.request.post(`${server.url}/contacts/new`, { form: { token, alias: "akuam", name: "Akua Mansa" } });
  await page.getByLabel("Name (optional)").fill("Ana Silva");
  await page.getByLabel("Alias").fill("ana");
  await press(page, "Add contact", "/contacts/new", 409);
  await expect(page.getByRole("alert")).toContainText("You already added “Akua Mansa” with this form");
  await expect(page.getByLabel("Alias")).toHaveValue("ana");
  await press(page, "Add contact", "/contacts/new", 303);
  await expect(page).toHaveURL(`${server.url}/contacts/ana`);
});

test("without JavaScript, a channel is shown, edited, deactivated and deleted, and its contact after it", async ({ page, demo, watch }) => {
  watch.provokes(409, 422);
  const main = page.getByRole("main");
  await page.goto(`${demo.url}/contacts/dilnoza-karimova`);
  await page.getByRole("link", { name: "Dilnoza mail", exact: true }).click();
  const channel = page.url();
  const path = new URL(channel).pathname;

  await test.step("the address", async () => {
    await expect(main).toContainText("d•••@example.com");
    await press(page, "Show the whole address", `${path}/address`, 200);
    await expect(main).toContainText("dilnoza@example.com");
    await page.getByRole("link", { name: "Hide" }).or(page.getByRole("button", { name: "Hide" })).click();
    await expect(page).toHaveURL(channel);
    await expect(main).not.toContainText("dilnoza@example.com");
  });

  await test.step("the name", async () => {
    await page.getByRole("link", { name: "Edit", exact: true }).click();
    await page.getByLabel("Name of the channel").fill("Dilnoza/mail");
    await press(page, "Save", `${path}/edit`, 422);
    await refused(page, { "Name of the channel": "Write the channel name without “/”: use letters, digits, spaces, dots, hyphens and underscores." });
    await page.getByLabel("Name of the channel").fill("Dilnoza post");
    await press(page, "Save", `${path}/edit`, 303);
    await expect(main).toContainText("Channel saved.");
    await expect(main.getByText("● Active", { exact: true })).toBeVisible();
  });

  await test.step("deactivate", async () => {
    await page.getByRole("link", { name: "Deactivate" }).click();
    await expect(page.getByRole("heading", { name: "Deactivate the email channel “Dilnoza post”?", level: 1 })).toBeVisible();
    await expect(main).toContainText("Dilnoza Karimova will have no active channel left, and cannot be paged.");
    await page.getByRole("link", { name: "Keep it active" }).click();
    await expect(page).toHaveURL(channel);
    await page.getByRole("link", { name: "Deactivate" }).click();
    await press(page, "Deactivate the channel", `${path}/deactivate`, 303);
    await expect(main.getByText("○ Not activated", { exact: true })).toBeVisible();
    await page.goto(`${demo.url}/contacts`);
    await expect(main).toContainText("6 of 12 people cannot be reached.");
  });

  await test.step("another address, and somebody who was first", async () => {
    await page.goto(`${channel}/edit`);
    const version = await page.locator("input[name=version]").getAttribute("value");
    await page.request.post(`${channel}/edit`, { form: { version, name: "Dilnoza letters", email: "" } });
    await page.getByLabel("New email address").fill("karimova@example.com");
    await press(page, "Save", `${path}/edit`, 409);
    await expect(page.getByRole("alert").getByRole("row", { name: "Name Dilnoza post Dilnoza letters" })).toBeVisible();
    await expect(page.getByLabel("New email address")).toHaveValue("karimova@example.com");
    await press(page, "Save", `${path}/edit`, 303);
    await expect(main).toContainText("New address saved. The channel is not activated until a code from there comes back.");
    await expect(main).toContainText("k•••@example.com");
  });

  await test.step("delete", async () => {
    await page.getByRole("link", { name: "Delete", exact: true }).click();
    await expect(page.getByRole("heading", { name: "Delete the email channel “Dilnoza post”?", level: 1 })).toBeVisible();
    await page.getByRole("link", { name: "Keep it" }).click();
    await expect(page).toHaveURL(channel);
    await page.getByRole("link", { name: "Delete", exact: true }).click();
    await press(page, "Delete the channel", `${path}/delete`, 303);
    await expect(page).toHaveURL(`${demo.url}/contacts/dilnoza-karimova`);
    await expect(main).toContainText("Channel deleted.");
    await page.getByRole("link", { name: "Edit Dilnoza Karimova" }).click();
    await page.getByLabel("Name (optional)").fill("Dilnoza K.");
    await press(page, "Save", "/contacts/dilnoza-karimova/edit", 303);
    await page.getByRole("link", { name: "Delete Dilnoza K." }).click();
    await expect(page.getByRole("heading", { name: "Delete the contact “Dilnoza K.”?", level: 1 })).toBeVisible();
    await press(page, "Delete the contact", "/contacts/dilnoza-karimova/delete", 303);
    await expect(page).toHaveURL(`${demo.url}/contacts`);
    await expect(main).toContainText("Contact deleted, with all its channels.");
    await expect(main).toContainText("5 of 11 people cannot be reached.");
  });
});

test("without JavaScript, the list is searched, filtered, and takes the chosen appearance", async ({ page, gallery }) => {
  const main = page.getByRole("main");
  await page.goto(`${gallery.url}/contacts`);
  await page.getByRole("searchbox", { name: "Search by name or alias" }).fill("akua");
  await page.getByRole("button", { name: "Search" }).click();
  await expect(found(page)).toHaveText([/Akua Mansa/]);
  await expect(page).toHaveURL(`${gallery.url}/contacts?q=akua`);
  await page.getByRole("link", { name: /^Unreachable/ }).click();
  await expect(main).toContainText("No contact that is unreachable has a name or alias with words that begin like “akua”.");
  await page.getByRole("button", { name: "Dark" }).click();
  await expect(page.getByRole("button", { name: "Dark" })).toHaveAttribute("aria-pressed", "true");
  await expect(page.locator("html")).toHaveAttribute("data-theme", "dark");
  await expect(page).toHaveURL(/[?&]q=akua/);
  await page.getByRole("link", { name: "Show all contacts" }).click();
  await expect(found(page)).toHaveCount(12);
  await expect(page.locator("html")).toHaveAttribute("data-theme", "dark");
});

test("without JavaScript, a code is read, entered and sent anew, and a link activates", async ({ page, demo, watch }) => {
  watch.provokes(422, 429);
  const main = page.getByRole("main");
  const codes = async () => {
    await page.goto(`${demo.url}/dev/messages`);
    return (await main.locator("pre").allTextContents()).map((text) => /code (\d{6})/.exec(text)?.[1]);
  };
  await page.goto(`${demo.url}/activations`);
  await page.getByRole("link", { name: "Kofi mobile", exact: true }).click();
  const channel = page.url();
  const path = new URL(channel).pathname;
  const [code] = await codes();
  await page.goto(channel);
  await page.getByLabel("Code").fill(code === "000000" ? "111111" : "000000");
  await press(page, "Activate", `${path}/activate`, 422);
  await expect(page.getByRole("alert")).toContainText("This code is not right, or no longer good");
  await page.getByLabel("Code").fill(code);
  await press(page, "Activate", `${path}/activate`, 303);
  await expect(main).toContainText("● Active");

  await page.goto(`${demo.url}/activations`);
  await page.getByRole("button", { name: "Send a new code for Ana mail" }).click();
  await expect(main).toContainText("A new code was made");
  const again = new URL(page.url()).pathname;
  await press(page, "Send a new code", `${again}/send`, 429);
  await expect(page.getByRole("alert")).toContainText("A code was sent a moment ago");
  await expect(async () => {
    await page.goto(`${demo.url}/dev/messages`);
    await expect(main.getByText("a•••").or(main.getByText("ana.silva@example.org")).first()).toBeVisible({ timeout: 100 });
  }).toPass();
  await page.getByRole("link", { name: "Open the link of this message" }).first().click();
  await page.getByRole("button", { name: "Yes, they reach me here" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Thank you");
  await page.goto(demo.url + again);
  await expect(main).toContainText("● Active");
});
