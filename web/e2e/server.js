import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

export const binary = process.env.CALLBOOK_BINARY || fileURLToPath(new URL("../../bin/callbook", import.meta.url));

const readyWithin = 60_000;
const stopWithin = 60_000;

// running are the programs that must not outlive the tests, however these end.
const running = new Set();
process.on("exit", () => running.forEach((child) => child.kill("SIGKILL")));

// Server is the real program, on a free port of this machine, with a data
// folder of its own that is gone when the test is.
export class Server {
  url = "";
  #flags;
  #folder = "";
  #process = null;
  #log = "";

  constructor(flags) {
    this.#flags = flags;
  }

  // start waits for the line that names the address. A server that was stopped
  // starts again at the same address and with the same data.
  async start() {
    if (!existsSync(binary)) throw new Error(`there is no ${binary}: run make build, or name one with CALLBOOK_BINARY`);
    if (!this.#folder) this.#folder = await mkdtemp(join(tmpdir(), "callbook-e2e-"));
    const listen = this.url ? new URL(this.url).host : "127.0.0.1:0";
    const data = this.#flags.includes("--demo") ? [] : ["--data", join(this.#folder, "data")];
    const child = spawn(binary, ["serve", "--listen", listen, ...data, ...this.#flags], {
      cwd: this.#folder,
      env: { PATH: process.env.PATH, TMPDIR: this.#folder, TZ: "Europe/Berlin" },
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.#process = child;
    running.add(child);
    child.once("exit", () => running.delete(child));
    child.stderr.on("data", (text) => (this.#log += text));
    this.url = await new Promise((resolve, reject) => {
      let said = "";
      const fail = (why) => reject(new Error(`callbook ${why}\n${said}${this.#log}`));
      const timer = setTimeout(() => fail("did not say that it is ready"), readyWithin);
      child.once("error", (error) => fail(`did not start: ${error.message}`));
      child.once("exit", (code) => fail(`ended with ${code} before it was ready`));
      child.stdout.on("data", (text) => {
        said += text;
        const ready = /^Callbook is ready at (http:\/\/[^\s,]+)/m.exec(said);
        if (!ready) return;
        clearTimeout(timer);
        resolve(ready[1]);
      });
    });
    return this;
  }

  // folder is where the program runs: its data is in the folder data of it.
  get folder() {
    return this.#folder;
  }

  // key makes an access key beside the running program, and returns it as the
  // variables in which the clients of AWS look for it.
  async key(name, role) {
    return variables(await this.command("key", "add", "--name", name, "--role", role, "--public-url", this.url));
  }

  // setUpLink is where the first admin is made, while nobody has an account.
  async setUpLink() {
    return (await readFile(join(this.#folder, "data", "setup-link"), "utf8")).trim();
  }

  // command runs another command of the program beside it, on the same data, and
  // returns what that printed.
  async command(...args) {
    const { stdout } = await promisify(execFile)(binary, [...args, "--data", join(this.#folder, "data")], { timeout: readyWithin });
    return stdout;
  }

  // stop asks the program to end, as a service manager does, and insists that
  // it ends well.
  async stop() {
    const child = this.#process;
    if (!child) return;
    this.#process = null;
    const ended = once(child, "exit");
    const timer = setTimeout(() => child.kill("SIGKILL"), stopWithin);
    child.kill("SIGTERM");
    const [code, signal] = await ended;
    clearTimeout(timer);
    if (code !== 0) throw new Error(`callbook ended with ${signal || code} after SIGTERM\n${this.#log}`);
  }

  async restart() {
    await this.stop();
    await this.start();
  }

  // log is everything the program wrote about itself so far.
  get log() {
    return this.#log;
  }

  async close() {
    try {
      await this.stop();
    } finally {
      if (this.#folder) await rm(this.#folder, { recursive: true, force: true });
    }
  }
}

// variables are what lines such as NAME=value set.
export const variables = (text) => Object.fromEntries(text.trim().split("\n").map((line) => /^(\w+)=(.*)$/.exec(line).slice(1)));
