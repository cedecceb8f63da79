import { addChannel, addContact, channelARN, expect, found, leave, press, refused, right, row, stored, test, wrong } from "./test.js";

const nobody = "No contacts yet";

test("an empty book says what a contact is and leads to the first one", async ({ page, server }) => {
  await page.goto(server.url);
  await expect(page).toHaveURL(`${server.url}/contacts`);
  await expect(page.getByRole("heading", { name: "Contacts", level: 1 })).toBeVisible();
  await expect(page.getByRole("heading", { name: nobody })).toBeVisible();
  await expect(page.getByRole("main")).toContainText("A contact is a person who may be paged.");
  await page.getByRole("link", { name: "Add the first contact" }).click();
  await expect(page.getByRole("heading", { name: "Add a contact", level: 1 })).toBeVisible();
  await expect(page).toHaveURL(`${server.url}/contacts/new`);
  await expect(page).toHaveTitle("Add a contact · Callbook");
});

test("a person and three channels are added, corrected on the way, and there after restarts", async ({ page, server, watch }) => {
  watch.provokes(409, 422);
  const { url } = server;
  const name = "Name (optional)";
  const upperCase = "Use only lower-case letters a to z, digits, hyphens and underscores, for example ana-silva.";
  const apostrophe = "Write the name without “'”: use letters, digits, spaces, dots, hyphens and underscores.";
  const taken = "Another contact has the alias ana: choose a different one.";
  await addContact(page.request, server, "ana", "Ana Silva");

  await test.step("the alias is suggested from the name, and follows it until somebody types another", async () => {
    await page.goto(`${url}/contacts/new`);
    await leave(page, name, "Akua");
    await expect(page.getByLabel("Alias")).toHaveValue("akua");
    await leave(page, name, "Akua Mansa");
    await expect(page.getByLabel("Alias")).toHaveValue("akua-mansa");
  });

  await test.step("a field that is left says at once what is wrong with it", async () => {
    await leave(page, name, "Akua O'Mansa");
    await wrong(page, name, apostrophe);
    await leave(page, "Alias", "Akuam");
    await wrong(page, "Alias", upperCase);
    await expect(page.getByLabel(name)).toHaveValue("Akua O'Mansa");
  });

  await test.step("a refused form keeps everything, and its summary leads to the fields", async () => {
    await press(page, "Add contact", "/contacts/new", 422);
    await refused(page, { [name]: apostrophe, Alias: upperCase });
    await expect(page).toHaveTitle("Not saved: Add a contact · Callbook");
    await expect(page).toHaveURL(`${url}/contacts/new`);
    await expect(page.getByLabel(name)).toHaveValue("Akua O'Mansa");
    await expect(page.getByLabel("Alias")).toHaveValue("Akuam");
    await page.getByRole("alert").getByRole("link", { name: upperCase }).click();
    await expect(page.getByLabel("Alias")).toBeFocused();
    await expect(page.getByLabel("Alias")).toHaveValue("Akuam");
  });

  await test.step("an alias that is taken is refused as a conflict", async () => {
    await leave(page, name, "Akua Mansa");
    await right(page, name);
    await leave(page, "Alias", "ana");
    await wrong(page, "Alias", taken);
    await press(page, "Add contact", "/contacts/new", 409);
    await refused(page, { Alias: taken });
    await expect(page.getByLabel(name)).toHaveValue("Akua Mansa");
  });

  await test.step("the contact is added", async () => {
    await leave(page, "Alias", "akuam");
    await right(page, "Alias");
    await press(page, "Add contact", "/contacts/new", 303);
    await expect(page).toHaveURL(`${url}/contacts/akuam`);
    await expect(page.getByRole("heading", { name: "Akua Mansa", level: 1 })).toBeVisible();
    await expect(page.getByRole("main")).toContainText("Contact added. Next, add a channel: a way to reach this person.");
    await expect(page.getByRole("status")).toHaveText("Contact added. Next, add a channel: a way to reach this person.");
    await expect(page.getByRole("main")).toContainText("Akua Mansa has no channel, so nobody can page them.");
    await expect(page.getByText("arn:aws:ssm-contacts:us-east-2:111122223333:contact/akuam", { exact: true })).toBeVisible();
  });

  await test.step("a restart loses nothing, and a notice is shown once", async () => {
    await server.restart();
    await page.reload();
    await expect(page.getByRole("heading", { name: "Akua Mansa", level: 1 })).toBeVisible();
    await expect(page.getByRole("main")).not.toContainText("Contact added");
  });

  const sms = "akuas sms-test";
  const channels = page.getByRole("region", { name: "Channels" });
  const newChannel = "/contacts/akuam/channels/new";

  await test.step("the form of a channel opens within the page", async () => {
    await channels.getByRole("link", { name: "Add the first channel" }).click();
    await expect(channels.getByRole("heading", { name: "Add a channel" })).toBeVisible();
    await expect(page).toHaveURL(`${url}/contacts/akuam`);
    await expect(page.getByRole("heading", { name: "Akua Mansa", level: 1 })).toBeVisible();
    await expect(page.getByRole("radio", { name: "SMS" })).toBeChecked();
    await expect(page.getByRole("radio", { name: "SMS" })).toBeFocused();
  });

  await test.step("an empty form is refused, field by field", async () => {
    await press(page, "Add channel", newChannel, 422);
    await refused(page, {
      "Name of the channel": "Enter a name for the channel, for example Ana mobile.",
      "Phone number": "Enter the phone number, starting with + and the country code, for example +1 500 555 0199.",
    });
    await expect(page).toHaveURL(`${url}/contacts/akuam`);
  });

  await test.step("a phone number that is left says what is wrong with it", async () => {
    await leave(page, "Name of the channel", sms);
    await right(page, "Name of the channel");
    for (const [number, sentence] of [
      ["5005550199", "Start with + and the country code, for example +1 500 555 0199, or choose the country."],
      ["+1500555", "This number is too short for country code +1: check that no digit is missing."],
      ["+1 500 555 0199 ext 12", "An extension cannot be dialled: use a number that reaches the person directly."],
      ["+1 9005550199", "Premium-rate and shared-cost numbers are not allowed"],
      ["+870 773 111 632", "Satellite and global premium numbers (+870, +881, +882, +883, +979) are not allowed here"],
    ]) {
      await leave(page, "Phone number", number);
      await wrong(page, "Phone number", sentence);
    }
    await leave(page, "Phone number", "5005550199");
    await press(page, "Add channel", newChannel, 422);
    await refused(page, { "Phone number": "Start with + and the country code, for example +1 500 555 0199, or choose the country." });
    await expect(page.getByLabel("Phone number")).toHaveValue("5005550199");
    await expect(page.getByLabel("Name of the channel")).toHaveValue(sms);
  });

  await test.step("what will be stored is shown before it is, with the country and the kind of line", async () => {
    await page.getByLabel("Country of a national number").selectOption({ label: "United Kingdom +44" });
    await leave(page, "Phone number", "(020) 7946-0958");
    await right(page, "Phone number");
    await expect(stored(page)).toHaveText("Will be stored as +442079460958 · United Kingdom · fixed line");
    await expect(channels.getByText("This is a fixed line, and most fixed lines receive no text messages")).toBeVisible();
    await page.getByLabel("Country of a national number").selectOption({ label: "None: the number starts with +" });
    await wrong(page, "Phone number", "Start with + and the country code");
    await leave(page, "Phone number", "+1 (500) 555-0199");
    await right(page, "Phone number");
    await expect(stored(page)).toHaveText("Will be stored as +15005550199 · United States · personal number");
  });

  await test.step("the SMS channel is added", async () => {
    await press(page, "Add channel", newChannel, 200);
    await expect(channels.getByRole("listitem")).toHaveCount(1);
    await expect(channels).toContainText("Channel added. It counts once its code comes back.");
    await expect(page.getByRole("status")).toHaveText("Channel added. It counts once its code comes back.");
    await expect(page.getByRole("button", { name: "Add channel" })).toHaveCount(0);
    await expect(row(page, sms)).toContainText("SMS · +1 ••• ••• 0199");
    // Nothing sends messages here, which the row says by itself after a moment.
    await expect(row(page, sms)).toContainText("Cannot be sent: no SMS provider is configured");
    await expect(row(page, sms)).toContainText(channelARN("akuam"));
    await expect(page.getByRole("main")).toContainText("Akua Mansa cannot be paged: the one channel is not active.");
    expect(await page.content()).not.toContain("5005550199");
  });

  await test.step("the same address again is a conflict, and nothing typed is lost", async () => {
    const duplicate = "This contact already has an SMS channel with this address: use that one, or enter another address.";
    await channels.getByRole("link", { name: "Add a channel" }).click();
    await leave(page, "Name of the channel", "the same again");
    await leave(page, "Phone number", "+1 500 555 0199");
    await wrong(page, "Phone number", duplicate);
    await press(page, "Add channel", newChannel, 409);
    await refused(page, { "Phone number": duplicate });
    await expect(page.getByLabel("Name of the channel")).toHaveValue("the same again");
    await expect(page.getByLabel("Phone number")).toHaveValue("+1 500 555 0199");
  });

  await test.step("an unassigned number asks first, and is added anyway; activation is deferred", async () => {
    await page.getByRole("radio", { name: "Voice" }).check();
    await leave(page, "Name of the channel", "Akua desk");
    await leave(page, "Phone number", "+15551234567");
    await expect(stored(page)).toHaveText("Will be stored as +15551234567 · kind of line unknown");
    await expect(channels.getByText("This number is not in an assigned range: check it digit by digit.")).toBeVisible();
    await page.getByLabel("Defer activation").check();
    await press(page, "Add channel", newChannel, 422);
    await expect(page.getByRole("alert")).toBeFocused();
    await expect(page.getByRole("alert")).toContainText("This number is not in an assigned range");
    await expect(page.getByRole("radio", { name: "Voice" })).toBeChecked();
    await expect(page.getByLabel("Defer activation")).toBeChecked();
    await page.getByLabel("Add it anyway").check();
    await press(page, "Add channel", newChannel, 200);
    await expect(channels.getByRole("listitem")).toHaveCount(2);
    await expect(row(page, "Akua desk")).toContainText("Voice · +1 ••• ••• 4567");
    await expect(row(page, "Akua desk")).toContainText("Activation deferred");
    await expect(row(page, "Akua desk")).toContainText("No code has been sent");
    await expect(row(page, "Akua desk")).toContainText(channelARN("akuam"));
  });

  await test.step("the email channel is added on a page of its own, with a misspelt domain put right", async () => {
    await page.goto(`${url}${newChannel}`);
    await expect(page.getByRole("heading", { name: "Add a channel", level: 1 })).toBeVisible();
    await expect(page.getByLabel("Email address")).toBeHidden();
    await page.getByRole("radio", { name: "Email" }).check();
    await expect(page.getByLabel("Phone number")).toBeHidden();
    await leave(page, "Name of the channel", "Akua mail");
    const whole = "Write the whole domain after the @, for example ana@example.org.";
    await leave(page, "Email address", "akua@localhost");
    await wrong(page, "Email address", whole);
    await press(page, "Add channel", newChannel, 422);
    await refused(page, { "Email address": whole });
    await expect(page).toHaveURL(`${url}${newChannel}`);
    await expect(page.getByLabel("Email address")).toHaveValue("akua@localhost");
    await leave(page, "Email address", "akua.mansa@gmial.com");
    await expect(page.getByText("Did you mean akua.mansa@gmail.com?")).toBeVisible();
    await page.getByRole("button", { name: "Use akua.mansa@gmail.com" }).click();
    await expect(page.getByLabel("Email address")).toHaveValue("akua.mansa@gmail.com");
    await expect(page.getByText("Did you mean")).toHaveCount(0);
    await press(page, "Add channel", newChannel, 303);
    await expect(page).toHaveURL(`${url}/contacts/akuam`);
    await expect(channels.getByRole("listitem")).toHaveCount(3);
    await expect(row(page, "Akua mail")).toContainText("Email · a•••@gmail.com");
    await expect(row(page, "Akua mail")).toContainText("Cannot be sent: no email provider is configured");
    await expect(row(page, "Akua mail")).toContainText(channelARN("akuam"));
  });

  await test.step("everything is there after another restart, in the order of creation", async () => {
    const arns = await channels.getByRole("listitem").locator("code").allTextContents();
    expect(new Set(arns).size).toBe(3);
    await server.restart();
    await page.goto(`${url}/contacts`);
    await expect(page.getByRole("main")).toContainText("None of 2 people can be reached.");
    await expect(found(page)).toHaveText([/Akua Mansa\s*akuam.*Unreachable/s, /Ana Silva\s*ana.*Unreachable.*No channels/s]);
    await page.getByRole("link", { name: "Akua Mansa" }).click();
    await expect(channels.getByRole("listitem").getByRole("link", { name: /^(?!Edit)/ })).toHaveText([sms, "Akua desk", "Akua mail"]);
    await expect(channels.getByRole("listitem").locator("code")).toHaveText(arns);
  });
});

test("an address is masked, shown to one who asks, and masked again", async ({ page, server }) => {
  await addContact(page.request, server, "akuam", "Akua Mansa");
  const path = await addChannel(page.request, server, "akuam", { type: "SMS", name: "akuas sms-test", phone: "+15005550199" });
  await page.goto(path);
  const main = page.getByRole("main");
  const show = page.getByRole("button", { name: "Show the whole address" });
  const hide = page.getByRole("link", { name: "Hide" }).or(page.getByRole("button", { name: "Hide" }));
  await expect(main).toContainText("+1 ••• ••• 0199");
  expect(await page.content()).not.toContain("+15005550199");
  await show.click();
  await expect(main).toContainText("+15005550199");
  await expect(page.locator("#address")).not.toContainText("•••");
  await expect(page).toHaveURL(path);
  await expect(hide).toBeFocused();
  await hide.click();
  await expect(main).toContainText("+1 ••• ••• 0199");
  await expect(main).not.toContainText("+15005550199");
  await expect(show).toBeFocused();
  expect(server.log).not.toContain("5005550199");
});

test("the copy button copies the whole ARN", async ({ page, context, server }) => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"], { origin: server.url });
  await addContact(page.request, server, "akuam", "Akua Mansa");
  await addChannel(page.request, server, "akuam", { type: "SMS", name: "akuas sms-test", phone: "+15005550199" });
  await page.goto(`${server.url}/contacts/akuam`);
  const inRow = row(page, "akuas sms-test");
  await inRow.getByRole("button", { name: "Copy ARN" }).click();
  await expect(inRow).toContainText("Copied");
  await expect(page.getByRole("status")).toHaveText("ARN copied");
  const copied = await page.evaluate(() => navigator.clipboard.readText());
  expect(copied).toMatch(new RegExp(`^${channelARN("akuam").source}$`));
  await expect(inRow.locator("code")).toHaveText(copied);
});

test("a name and an address are edited; another address needs a new code", async ({ page, demo, watch }) => {
  watch.provokes(409, 422);
  const main = page.getByRole("main");

  await page.goto(`${demo.url}/contacts/akuam`);
  await page.getByRole("link", { name: "Edit Akua Mansa" }).click();
  await expect(page.getByLabel("Name (optional)")).toHaveValue("Akua Mansa");
  await page.getByLabel("Name (optional)").fill("Akua/Mansa");
  await press(page, "Save", "/contacts/akuam/edit", 422);
  await refused(page, { "Name (optional)": "Write the name without “/”: use letters, digits, spaces, dots, hyphens and underscores." });
  await page.getByLabel("Name (optional)").fill("Akua Mansa-Boateng");
  await press(page, "Save", "/contacts/akuam/edit", 303);
  await expect(page.getByRole("heading", { name: "Akua Mansa-Boateng", level: 1 })).toBeVisible();
  await expect(main).toContainText("Contact saved.");

  await row(page, "akuas sms-test").getByRole("link", { name: "Edit akuas sms-test" }).click();
  await expect(page.getByRole("heading", { name: "Edit akuas sms-test", level: 1 })).toBeVisible();
  const edit = new URL(page.url()).pathname;
  await expect(main).toContainText("SMS goes to +1 ••• ••• 0199.");
  await expect(main).toContainText("Another address puts the channel back to not activated");
  await expect(page.getByLabel("New phone number")).toHaveValue("");
  await page.getByLabel("Name of the channel").fill("Akua mobile");
  await press(page, "Save", edit, 303);
  await expect(page.getByRole("heading", { name: "Akua mobile", level: 1 })).toBeVisible();
  await expect(main).toContainText("Channel saved.");
  await expect(main).toContainText("+1 ••• ••• 0199");
  await expect(main.getByText("● Active", { exact: true })).toBeVisible();

  await page.getByRole("link", { name: "Edit", exact: true }).click();
  await leave(page, "New phone number", "0199");
  await wrong(page, "New phone number", "Start with + and the country code");
  await press(page, "Save", edit, 422);
  await expect(page.getByRole("alert")).toBeFocused();
  await leave(page, "New phone number", "+1 206 555 0177");
  await expect(stored(page)).toHaveText("Will be stored as +12065550177 · United States · fixed line or mobile");
  await press(page, "Save", edit, 303);
  await expect(main).toContainText("New address saved. The channel is not activated until a code from there comes back.");
  await expect(main).toContainText("+1 ••• ••• 0177");
  await expect(main.getByText("◐ Code sent", { exact: true }).first()).toBeVisible();
  await expect(page.getByRole("region", { name: "Dates" })).toContainText("Address changed");
});

test("of two people who edit one contact, the second sees what changed and decides", async ({ page, context, server, watch }) => {
  watch.provokes(409);
  await addContact(page.request, server, "akuam", "Akua Mansa");
  const edit = `${server.url}/contacts/akuam/edit`;
  const second = await context.newPage();
  await page.goto(edit);
  await second.goto(edit);
  await page.getByLabel("Name (optional)").fill("Akua M. Boateng");
  await press(page, "Save", "/contacts/akuam/edit", 303);
  await second.getByLabel("Name (optional)").fill("Akua Boateng");
  await press(second, "Save", "/contacts/akuam/edit", 409);
  const alert = second.getByRole("alert");
  await expect(alert).toBeFocused();
  await expect(alert).toContainText("Somebody else changed this contact while you were editing it");
  await expect(alert.getByRole("row", { name: "Name Akua Mansa Akua M. Boateng" })).toBeVisible();
  await expect(second.getByLabel("Name (optional)")).toHaveValue("Akua Boateng");
  await press(second, "Save", "/contacts/akuam/edit", 303);
  await expect(second.getByRole("heading", { name: "Akua Boateng", level: 1 })).toBeVisible();
});

test("of two people who edit one channel, the second compares masks and decides", async ({ page, context, server, watch }) => {
  watch.provokes(409);
  await addContact(page.request, server, "akuam", "Akua Mansa");
  const path = await addChannel(page.request, server, "akuam", { type: "VOICE", name: "Akua desk", phone: "+12065550100" });
  const edit = new URL(path).pathname + "/edit";
  const second = await context.newPage();
  await page.goto(server.url + edit);
  await second.goto(server.url + edit);
  await page.getByLabel("New phone number").fill("+12065550177");
  await press(page, "Save", edit, 303);
  await second.getByLabel("Name of the channel").fill("Akua office");
  await second.getByLabel("New phone number").fill("+1 206 555 0188");
  await press(second, "Save", edit, 409);
  const alert = second.getByRole("alert");
  await expect(alert).toBeFocused();
  await expect(alert.getByRole("row", { name: "Address +1 ••• ••• 0100 +1 ••• ••• 0177" })).toBeVisible();
  expect(await second.content()).not.toContain("12065550177");
  await expect(second.getByLabel("Name of the channel")).toHaveValue("Akua office");
  await expect(second.getByLabel("New phone number")).toHaveValue("+1 206 555 0188");
  await press(second, "Save", edit, 303);
  await expect(second.getByRole("heading", { name: "Akua office", level: 1 })).toBeVisible();
  await expect(second.getByRole("main")).toContainText("+1 ••• ••• 0188");
});

test("a double click adds one contact and one channel", async ({ page, server }) => {
  await page.goto(`${server.url}/contacts/new`);
  await page.getByLabel("Name (optional)").fill("Akua Mansa");
  await page.getByLabel("Alias").fill("akuam");
  await page.getByRole("button", { name: "Add contact" }).dblclick();
  await expect(page.getByRole("heading", { name: "Akua Mansa", level: 1 })).toBeVisible();

  await page.getByRole("link", { name: "Add the first channel" }).click();
  await page.getByLabel("Name of the channel").fill("Akua desk");
  await page.getByLabel("Phone number").fill("+12065550100");
  await page.getByRole("button", { name: "Add channel" }).dblclick();
  await expect(row(page, "Akua desk")).toBeVisible();
  await page.reload();
  await expect(page.getByRole("region", { name: "Channels" }).getByRole("listitem")).toHaveCount(1);
  await page.goto(`${server.url}/contacts`);
  await expect(found(page)).toHaveCount(1);
});

test("a press on the button counts although a field is checked meanwhile", async ({ page, server }) => {
  await addContact(page.request, server, "akuam", "Akua Mansa");
  await page.goto(`${server.url}/contacts/akuam/channels/new`);
  await page.getByLabel("Name of the channel").fill("Akua desk");
  await page.getByLabel("Phone number").fill("+12065550100");
  // People hold a button for a tenth of a second. In it the check of the field
  // that they leave comes back, and what it says must not move the button away.
  await page.getByRole("button", { name: "Add channel" }).click({ delay: 150 });
  await expect(row(page, "Akua desk")).toBeVisible();
});

test("a box is ticked although the field before it is checked meanwhile", async ({ page, server }) => {
  await addContact(page.request, server, "akuam", "Akua Mansa");
  await page.goto(`${server.url}/contacts/akuam/channels/new`);
  await page.getByLabel("Phone number").fill("+12065550100");
  await page.getByLabel("Defer activation").click({ delay: 150 });
  await expect(stored(page)).toContainText("+12065550100");
  await expect(page.getByLabel("Defer activation")).toBeChecked();
});

test("Enter never takes a correction that nobody chose", async ({ page, server, watch }) => {
  watch.provokes(422);
  await addContact(page.request, server, "akuam", "Akua Mansa");
  await page.goto(`${server.url}/contacts/akuam/channels/new`);
  await page.getByRole("radio", { name: "Email" }).check();
  await page.getByLabel("Name of the channel").fill("Akua mail");
  await leave(page, "Email address", "akua.mansa@gmial.com");
  await expect(page.getByText("Did you mean akua.mansa@gmail.com?")).toBeVisible();
  await page.getByLabel("Add it anyway").check();
  await page.getByLabel("Name of the channel").press("Enter");
  await expect(row(page, "Akua mail")).toContainText("Email · a•••@gmial.com");
});

test("a form whose answer was lost is sent again: the same adds nothing, another asks first", async ({ page, server, watch }) => {
  watch.provokes(409);
  watch.provokesSilence();
  const lost = "Callbook did not answer.";
  // The program gets the form, the browser never gets the answer.
  const loseOne = (path) =>
    page.route(
      `${server.url}${path}`,
      async (route) => {
        await route.fetch({ maxRedirects: 0 });
        await route.abort("connectionreset");
      },
      { times: 1 },
    );
  await page.goto(`${server.url}/contacts/new`);
  await leave(page, "Name (optional)", "Akua Mansa");
  await expect(page.getByLabel("Alias")).toHaveValue("akua-mansa");
  await loseOne("/contacts/new");
  await page.getByRole("button", { name: "Add contact" }).click();
  await expect(page.getByRole("main")).toContainText(lost);
  await press(page, "Add contact", "/contacts/new", 303);
  await expect(page).toHaveURL(`${server.url}/contacts/akua-mansa`);

  await page.goto(`${server.url}/contacts/akua-mansa/channels/new`);
  await page.getByLabel("Name of the channel").fill("Akua desk");
  await leave(page, "Phone number", "+12065550100");
  await expect(stored(page)).toContainText("+12065550100");
  await loseOne("/contacts/akua-mansa/channels/new");
  await page.getByRole("button", { name: "Add channel" }).click();
  await expect(page.getByRole("main")).toContainText(lost);
  await page.getByLabel("Name of the channel").fill("Akua office");
  await leave(page, "Phone number", "+12065550111");
  await expect(stored(page)).toContainText("+12065550111");
  await press(page, "Add channel", "/contacts/akua-mansa/channels/new", 409);
  await expect(page.getByRole("alert")).toBeFocused();
  await expect(page.getByRole("alert")).toContainText("You already added “Akua desk” with this form");
  await expect(page.getByLabel("Name of the channel")).toHaveValue("Akua office");
  await expect(page.getByLabel("Phone number")).toHaveValue("+12065550111");
  await press(page, "Add channel", "/contacts/akua-mansa/channels/new", 303);
  await expect(page.getByRole("region", { name: "Channels" }).getByRole("listitem")).toHaveCount(2);
});

test("a contact form sent again with another alias asks about the first", async ({ page, server, watch }) => {
  watch.provokes(409);
  await page.goto(`${server.url}/contacts/new`);
  const token = await page.locator("input[name=token]").inputValue();
  await page.request.post(`${server.url}/contacts/new`, { form: { token, alias: "akuam", name: "Akua Mansa" } });
  await leave(page, "Name (optional)", "Ana Silva");
  await expect(page.getByLabel("Alias")).toHaveValue("ana-silva");
  await press(page, "Add contact", "/contacts/new", 409);
  const alert = page.getByRole("alert");
  await expect(alert).toBeFocused();
  await expect(alert).toContainText("You already added “Akua Mansa” with this form");
  await expect(alert).toContainText("Add this one too?");
  await expect(alert.getByRole("link", { name: "go to the contact you added" })).toHaveAttribute("href", "/contacts/akuam");
  await expect(page.getByLabel("Alias")).toHaveValue("ana-silva");
  await press(page, "Add contact", "/contacts/new", 303);
  await expect(page.getByRole("heading", { name: "Ana Silva", level: 1 })).toBeVisible();
});

test("deleting a channel and a contact asks in a dialog that can be left in three ways", async ({ page, demo }) => {
  await page.goto(`${demo.url}/contacts/akuam`);
  await page.getByRole("link", { name: "akuas sms-test", exact: true }).click();
  await expect(page.getByRole("heading", { name: "akuas sms-test", level: 1 })).toBeVisible();
  const channel = page.url();
  const open = page.getByRole("link", { name: "Delete", exact: true });
  const dialog = page.getByRole("dialog", { name: "Delete the SMS channel “akuas sms-test”?" });
  await open.click();
  await expect(dialog).toBeVisible();
  await expect(dialog).toContainText("Engagement plans that name it keep its ARN and skip the stage.");
  await expect(dialog).toContainText("This cannot be undone.");
  await expect(page).toHaveURL(channel);
  await dialog.getByRole("button", { name: "Keep it" }).click();
  await expect(dialog).toBeHidden();
  await expect(open).toBeFocused();
  await open.press("Enter");
  await expect(dialog).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(dialog).toBeHidden();
  await expect(open).toBeFocused();
  await open.click();
  await dialog.getByRole("button", { name: "Delete the channel" }).click();
  await expect(dialog).toBeHidden();
  await expect(page).toHaveURL(`${demo.url}/contacts/akuam`);
  await expect(page.getByRole("main")).toContainText("Channel deleted.");
  await expect(page.getByRole("region", { name: "Channels" }).getByRole("listitem")).toHaveCount(2);
  await expect(row(page, "akuas sms-test")).toHaveCount(0);
  expect((await page.request.get(channel)).status()).toBe(404);

  await page.getByRole("link", { name: "Delete Akua Mansa" }).click();
  const last = page.getByRole("dialog", { name: "Delete the contact “Akua Mansa”?" });
  await expect(last).toContainText("All 2 channels of Akua Mansa are deleted too, and nobody can page them through Callbook any more.");
  await last.getByRole("button", { name: "Delete the contact" }).click();
  await expect(page).toHaveURL(`${demo.url}/contacts`);
  await expect(page.getByRole("main")).toContainText("Contact deleted, with all its channels.");
  await expect(page.getByRole("main")).toContainText("5 of 11 people cannot be reached.");
  await expect(page.getByRole("link", { name: "Akua Mansa" })).toHaveCount(0);
  expect((await page.request.get(`${demo.url}/contacts/akuam`)).status()).toBe(404);
});

test("deleting the last active channel says what that means", async ({ page, demo }) => {
  await page.goto(`${demo.url}/contacts/dilnoza-karimova`);
  await page.getByRole("link", { name: "Dilnoza mail", exact: true }).click();
  await page.getByRole("link", { name: "Delete", exact: true }).click();
  await expect(page.getByRole("dialog")).toContainText("Dilnoza Karimova will have no active channel left, and cannot be paged.");
});

test("the list is searched as one types, by name and alias, and filtered", async ({ page, gallery }) => {
  await page.goto(`${gallery.url}/contacts`);
  const search = page.getByRole("searchbox", { name: "Search by name or alias" });
  const filter = page.getByRole("navigation", { name: "Filter by reachability" });
  await expect(page.getByRole("main")).toContainText("5 of 12 people cannot be reached.");
  await expect(found(page)).toHaveCount(12);
  const badges = (await found(page).allTextContents()).map((text) => /Unreachable|Waiting|Reachable/.exec(text)[0]);
  expect(badges, "the unreachable lead").toEqual([...Array(4).fill("Unreachable"), "Waiting", ...Array(7).fill("Reachable")]);

  await search.pressSequentially("akua");
  await expect(found(page)).toHaveText([/Akua Mansa/]);
  await expect(page).toHaveURL(`${gallery.url}/contacts?q=akua`);
  await expect(page.getByRole("status")).toHaveText("1 contact shown");
  await expect(search).toBeFocused();
  await search.fill("BJORN ake");
  await expect(found(page)).toHaveText([/Björn Åkesson/]);
  await search.fill("mansa akuam");
  await expect(found(page)).toHaveText([/Akua Mansa/]);
  await search.fill("nobody of that name");
  await expect(page.getByRole("main")).toContainText("No contact here has a name or alias with words that begin like “nobody of that name”.");
  await expect(page.getByRole("status")).toHaveText("0 contacts shown");
  await page.getByRole("link", { name: "Show all contacts" }).click();
  await expect(found(page)).toHaveCount(12);
  await expect(search).toHaveValue("");

  await filter.getByRole("link", { name: /^Unreachable/ }).click();
  await expect(found(page)).toHaveCount(4);
  await expect(page).toHaveURL(`${gallery.url}/contacts?show=unreachable`);
  await expect(filter.getByRole("link", { name: /^Unreachable/ })).toHaveAttribute("aria-current", "true");
  await search.pressSequentially("ha");
  await expect(found(page)).toHaveText([/Hana Suzuki/]);
  const both = new URL(page.url()).searchParams;
  expect([both.get("q"), both.get("show")]).toEqual(["ha", "unreachable"]);
  await page.reload();
  await expect(found(page)).toHaveText([/Hana Suzuki/]);
  await expect(search).toHaveValue("ha");
  await filter.getByRole("link", { name: /^Reachable/ }).click();
  await expect(page.getByRole("main")).toContainText("No contact that is reachable has a name or alias with words that begin like “ha”.");
  await filter.getByRole("link", { name: /^All/ }).click();
  await expect(found(page)).toHaveText([/Hana Suzuki/]);
});

test("a long list comes in pages of fifty, each person once", async ({ page, server }) => {
  const aliases = Array.from({ length: 60 }, (_, i) => `person-${String(i + 1).padStart(2, "0")}`);
  for (const alias of aliases.toReversed()) await addContact(page.request, server, alias);
  await page.goto(`${server.url}/contacts`);
  await expect(page.getByRole("main")).toContainText("None of 60 people can be reached.");
  await expect(found(page).getByRole("link")).toHaveText(aliases.slice(0, 50));
  await expect(page.getByRole("link", { name: "First page" })).toHaveCount(0);
  await page.getByRole("link", { name: "Next page" }).click();
  await expect(found(page).getByRole("link")).toHaveText(aliases.slice(50));
  await expect(page.getByRole("link", { name: "Next page" })).toHaveCount(0);
  await page.getByRole("link", { name: "First page" }).click();
  await expect(found(page).getByRole("link")).toHaveText(aliases.slice(0, 50));
  await page.getByRole("searchbox").fill("person-6");
  await expect(found(page).getByRole("link")).toHaveText(["person-60"]);
  await expect(page.getByRole("link", { name: "Next page" })).toHaveCount(0);
});

test("the appearance is chosen, stays chosen, and leads back to the same page", async ({ page, gallery }) => {
  await page.emulateMedia({ colorScheme: "light" });
  const group = page.getByRole("group", { name: "Appearance" });
  const background = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  await page.goto(`${gallery.url}/contacts?show=unreachable`);
  await expect(group.getByRole("button", { name: "System" })).toHaveAttribute("aria-pressed", "true");
  const light = await background();
  await group.getByRole("button", { name: "Dark" }).click();
  await expect(group.getByRole("button", { name: "Dark" })).toHaveAttribute("aria-pressed", "true");
  await expect(page).toHaveURL(`${gallery.url}/contacts?show=unreachable`);
  const dark = await background();
  expect(dark).not.toBe(light);
  await page.getByRole("link", { name: "Hana Suzuki" }).click();
  await expect(page.getByRole("heading", { name: "Hana Suzuki", level: 1 })).toBeVisible();
  await page.reload();
  await expect(group.getByRole("button", { name: "Dark" })).toHaveAttribute("aria-pressed", "true");
  expect(await background()).toBe(dark);
  await page.emulateMedia({ colorScheme: "dark" });
  await group.getByRole("button", { name: "Light" }).click();
  await expect(group.getByRole("button", { name: "Light" })).toHaveAttribute("aria-pressed", "true");
  expect(await background()).toBe(light);
  await group.getByRole("button", { name: "System" }).click();
  await expect(group.getByRole("button", { name: "System" })).toHaveAttribute("aria-pressed", "true");
  expect(await background()).toBe(dark);
});

test("the appearance can change in the middle of a search without losing it", async ({ page, gallery }) => {
  await page.goto(`${gallery.url}/contacts`);
  await page.getByRole("searchbox").pressSequentially("akua");
  await expect(found(page)).toHaveCount(1);
  await page.getByRole("button", { name: "Dark" }).click();
  await expect(page.getByRole("button", { name: "Dark" })).toHaveAttribute("aria-pressed", "true");
  await expect(page.getByRole("searchbox")).toHaveValue("akua");
  await expect(found(page)).toHaveCount(1);
});

test("the appearance can change after a channel was added within the page, and leads back there", async ({ page, server }) => {
  await addContact(page.request, server, "akuam", "Akua Mansa");
  await page.goto(`${server.url}/contacts/akuam`);
  await page.getByRole("link", { name: "Add the first channel" }).click();
  await page.getByLabel("Name of the channel").fill("Akua desk");
  await page.getByLabel("Phone number").fill("+12065550100");
  await press(page, "Add channel", "/contacts/akuam/channels/new", 200);
  await expect(row(page, "Akua desk")).toBeVisible();
  await page.getByRole("button", { name: "Dark" }).click();
  await expect(page.getByRole("button", { name: "Dark" })).toHaveAttribute("aria-pressed", "true");
  await expect(page).toHaveURL(`${server.url}/contacts/akuam`);
});

test("the appearance can change in the middle of a form without losing what is typed", async ({ page, server }) => {
  await page.goto(`${server.url}/contacts/new`);
  await leave(page, "Name (optional)", "Akua Mansa");
  await page.getByRole("button", { name: "Dark" }).click();
  await expect(page.getByRole("button", { name: "Dark" })).toHaveAttribute("aria-pressed", "true");
  await expect(page.locator("html")).toHaveAttribute("data-theme", "dark");
  await expect(page.getByLabel("Name (optional)")).toHaveValue("Akua Mansa");
});
