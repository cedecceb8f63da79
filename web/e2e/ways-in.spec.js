import { createServer } from "node:net";
import { once } from "node:events";
import { Provider } from "./provider.js";
import { admin, axe, expect, flags, leave, overflow, press, test } from "./test.js";

async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  await once(server, "close");
  return port;
}

// atLocalhost starts the program where browsers may offer passkeys: at localhost.
async function atLocalhost(serve, ...more) {
  const port = await freePort();
  return serve("--listen", `127.0.0.1:${port}`, "--public-url", `http://localhost:${port}`, ...flags, ...more);
}

// setUp makes the first admin, whom the page is then signed in as.
async function setUp(page, server) {
  const link = await server.setUpLink();
  await page.goto(link);
  await leave(page, "Your email address", admin.email);
  await leave(page, "Password", admin.password);
  await press(page, "Set up Callbook", new URL(link).pathname, 303);
}

async function accessible(page, what) {
  for (const width of [1280, 360]) {
    await page.setViewportSize({ width, height: 800 });
    for (const colorScheme of ["light", "dark"]) {
      await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
      expect.soft(await axe(page), `${what}, ${width} px, ${colorScheme}`).toEqual([]);
      expect.soft(await overflow(page), `${what}, ${width} px, ${colorScheme}`).toBe("");
    }
  }
}

// device is an authenticator of the page, which says yes at once.
async function device(page) {
  const wire = await page.context().newCDPSession(page);
  await wire.send("WebAuthn.enable");
  const { authenticatorId } = await wire.send("WebAuthn.addVirtualAuthenticator", {
    options: { protocol: "ctap2", transport: "internal", hasResidentKey: true, hasUserVerification: true, isUserVerified: true, automaticPresenceSimulation: true },
  });
  return { send: (method, more) => wire.send(`WebAuthn.${method}`, { authenticatorId, ...more }) };
}

const byPasskey = (page) => page.getByRole("button", { name: "Sign in with a passkey" });

test("a passkey is added, signs in, and is deleted", async ({ page, serve, watch }) => {
  watch.provokes(422);
  const server = await atLocalhost(serve);
  const key = await device(page);
  await setUp(page, server);
  await page.getByRole("link", { name: admin.email }).press("Enter");
  await accessible(page, "the account");
  await leave(page, "Name of the passkey", "blue phone");
  await press(page, "Add a passkey", "/account/passkeys", 303);
  await expect(page.getByRole("main")).toContainText("Passkey added. You can sign in with it from now on.");
  await expect(page.getByRole("region", { name: "Passkeys" }).getByRole("listitem")).toContainText("blue phone");
  await accessible(page, "the account with a passkey");

  await leave(page, "Name of the passkey", "again");
  await page.getByRole("button", { name: "Add a passkey" }).click();
  await expect(page.getByText("This device has a passkey of yours already.").first()).toBeVisible();

  await press(page, "Sign out", "/sign-out", 303);
  await accessible(page, "the sign-in");
  await page.goto(`${server.url}/account`);
  await press(page, "Sign in with a passkey", "/sign-in/passkey", 303);
  await expect(page).toHaveURL(`${server.url}/account`);
  await expect(page.getByRole("listitem").filter({ hasText: "blue phone" })).toContainText("used just now");

  // Somebody has copied the device, and counts from where it was.
  const { credentials } = await key.send("getCredentials");
  const [{ credentialId }] = credentials;
  await key.send("removeCredential", { credentialId });
  await key.send("addCredential", { credential: { ...credentials[0], signCount: 0 } });
  await press(page, "Sign out", "/sign-out", 303);
  await press(page, "Sign in with a passkey", "/sign-in/passkey", 422);
  await expect(page.getByRole("alert")).toContainText("there may be a copy of it");
  await accessible(page, "the sign-in, refused");
  await page.getByRole("alert").getByRole("link").click();
  await expect(byPasskey(page)).toBeFocused();

  await leave(page, "Email address", admin.email);
  await leave(page, "Password", admin.password);
  await press(page, "Sign in", "/sign-in", 303);
  await page.goto(`${server.url}/account`);
  await page.getByRole("link", { name: "Delete the passkey blue phone" }).click();
  await expect(page.getByRole("dialog")).toContainText("Delete the passkey “blue phone”?");
  await page.getByRole("dialog").getByRole("button", { name: "Delete the passkey" }).click();
  await expect(page.getByRole("main")).toContainText("Passkey deleted.");
  await expect(page.getByRole("main")).not.toContainText("blue phone");
});

test("a passkey that is not used leaves the page as it was", async ({ page, serve }) => {
  const server = await atLocalhost(serve);
  const key = await device(page);
  await key.send("setUserVerified", { isUserVerified: false });
  await page.goto(`${server.url}/sign-in`);
  await byPasskey(page).click();
  await expect(page.getByText("The passkey was not used: it was cancelled, or it took too long. Try again.").first()).toBeVisible();
  await expect(byPasskey(page)).toBeEnabled();
});

test("where there are no passkeys, nothing of them is offered", async ({ page, browser, serve, server, watch }) => {
  await page.goto(`${server.url}/account`);
  await expect(page.getByRole("region", { name: "Passkeys" })).toContainText("Passkeys do not work at this address: 127.0.0.1 is an IP address");
  await expect(page.getByRole("button", { name: "Add a passkey" })).toHaveCount(0);

  const local = await atLocalhost(serve);
  await page.goto(`${local.url.replace("localhost", "127.0.0.1")}/sign-in`); // another name of the same
  await expect(page.getByRole("button", { name: "Sign in", exact: true })).toBeVisible();
  await expect(byPasskey(page)).toBeHidden();

  const plain = await browser.newContext({ javaScriptEnabled: false });
  watch.over(plain);
  const without = await plain.newPage();
  await without.goto(`${local.url}/sign-in`);
  await expect(byPasskey(without)).toBeHidden();
  await plain.close();
});

test("somebody signs in at a provider of another site, with the role of the groups", async ({ page, browser, serve, watch }) => {
  watch.provokes(403, 503);
  const provider = await new Provider().start();
  const server = await atLocalhost(serve, ...provider.flags);
  try {
    await page.goto(`${server.url}/contacts/new`);
    await accessible(page, "the sign-in");
    await page.getByRole("link", { name: "Sign in with Example Login" }).click();
    await page.getByRole("link", { name: "No" }).click();
    await expect(page.getByRole("alert")).toContainText("the sign-in service declined, or you did");
    await accessible(page, "the sign-in, declined");

    await page.getByRole("link", { name: "Sign in with Example Login" }).click();
    await page.getByRole("link", { name: "Yes, it is me" }).click();
    await expect(page).toHaveURL(`${server.url}/contacts/new`);
    await expect(page.getByRole("link", { name: "ana@example.org" })).toBeVisible();

    provider.person.groups = ["readers"];
    await press(page, "Sign out", "/sign-out", 303);
    await page.getByRole("link", { name: "Sign in with Example Login" }).click();
    await page.getByRole("link", { name: "Yes, it is me" }).click();
    await expect(page).toHaveURL(`${server.url}/contacts`);
    await page.goto(`${server.url}/contacts/new`);
    await expect(page.getByRole("heading", { level: 1 })).toHaveText("You may not do this");

    // Without JavaScript it is the same.
    const plain = await browser.newContext({ javaScriptEnabled: false });
    watch.over(plain);
    const without = await plain.newPage();
    await without.goto(`${server.url}/sign-in`);
    await without.getByRole("link", { name: "Sign in with Example Login" }).click();
    await without.getByRole("link", { name: "Yes, it is me" }).click();
    await expect(without).toHaveURL(`${server.url}/contacts`);
    await plain.close();
  } finally {
    await provider.close();
  }
  await server.restart(); // what it has found out about the provider is gone
  await press(page, "Sign out", "/sign-out", 303);
  await page.getByRole("link", { name: "Sign in with Example Login" }).click();
  await expect(page.getByRole("alert")).toContainText("The sign-in service does not answer");
});
