import { createHash, createSign, generateKeyPairSync, randomUUID } from "node:crypto";
import { createServer } from "node:http";
import { once } from "node:events";

const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
const base64url = (text) => Buffer.from(text).toString("base64url");

// signed is a JSON web token with these claims.
function signed(claims) {
  const text = `${base64url(JSON.stringify({ alg: "RS256", kid: "first" }))}.${base64url(JSON.stringify(claims))}`;
  return `${text}.${createSign("RSA-SHA256").update(text).sign(privateKey, "base64url")}`;
}

// Provider is an OpenID Connect provider on this machine, at which somebody signs
// in by a click. person is what it says of them.
export class Provider {
  url = "";
  person = { sub: "ana-1", email: "ana@example.org", email_verified: true, name: "Ana López", groups: ["oncall"] };
  #codes = new Map();
  #server = createServer((request, response) => this.#serve(request, response));

  async start() {
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
    this.url = `http://127.0.0.1:${this.#server.address().port}`;
    return this;
  }

  async close() {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, "close");
  }

  // flags are the settings under which Callbook knows it.
  get flags() {
    return ["--openid-issuer", this.url, "--openid-client-id", "callbook", "--openid-client-secret", "the secret",
      "--openid-roles", "oncall-admins=admin,oncall=manager,readers=viewer", "--openid-name", "Example Login"];
  }

  async #serve(request, response) {
    const { pathname, searchParams } = new URL(request.url, this.url);
    const json = (body) => response.writeHead(200, { "Content-Type": "application/json" }).end(JSON.stringify(body));
    switch (pathname) {
      case "/.well-known/openid-configuration":
        return json({ issuer: this.url, authorization_endpoint: `${this.url}/authorize`, token_endpoint: `${this.url}/token`,
          jwks_uri: `${this.url}/keys`, id_token_signing_alg_values_supported: ["RS256"] });
      case "/keys":
        return json({ keys: [{ ...publicKey.export({ format: "jwk" }), kid: "first", alg: "RS256", use: "sig" }] });
      case "/authorize":
        return this.#ask(searchParams, response);
      case "/token": {
        let body = "";
        for await (const part of request) body += part;
        const form = new URLSearchParams(body);
        const sold = this.#codes.get(form.get("code"));
        this.#codes.delete(form.get("code"));
        const challenge = createHash("sha256").update(form.get("code_verifier") ?? "").digest("base64url");
        const authorization = `Basic ${Buffer.from("callbook:the+secret").toString("base64")}`;
        if (sold?.challenge !== challenge || request.headers.authorization !== authorization) {
          return response.writeHead(400, { "Content-Type": "application/json" }).end('{"error":"invalid_grant"}');
        }
        const now = Math.floor(Date.now() / 1000);
        return json({ access_token: "opaque", token_type: "Bearer",
          id_token: signed({ iss: this.url, aud: "callbook", iat: now, exp: now + 60, nonce: sold.nonce, ...this.person }) });
      }
      default:
        return response.writeHead(404).end();
    }
  }

  // ask is the page on which the person says yes or no.
  #ask(query, response) {
    const code = randomUUID();
    this.#codes.set(code, { challenge: query.get("code_challenge"), nonce: query.get("nonce") });
    const back = (answer) => `${query.get("redirect_uri")}?${new URLSearchParams({ ...answer, state: query.get("state") })}`.replaceAll("&", "&amp;");
    response.writeHead(200, { "Content-Type": "text/html" }).end(`<!DOCTYPE html><html lang="en"><link rel="icon" href="data:,"><title>Provider</title>
      <a href="${back({ code })}">Yes, it is me</a> <a href="${back({ error: "access_denied" })}">No</a></html>`);
  }
}
