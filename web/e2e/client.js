import { execFile } from "node:child_process";
import { promisify } from "node:util";

// environment is one in which the clients of AWS know what a test tells them, and
// nothing of who runs the tests.
export const environment = (settings) => ({
  ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("AWS_"))),
  AWS_CONFIG_FILE: "/dev/null",
  AWS_SHARED_CREDENTIALS_FILE: "/dev/null",
  AWS_EC2_METADATA_DISABLED: "true",
  AWS_PAGER: "",
  ...settings,
});

// CLI is the AWS CLI with an access key. Its endpoint is a flag, because Debian's
// CLI knows no variable for it.
export class CLI {
  called = new Set();
  #url;
  #env;

  constructor(server, region, key) {
    this.#url = server.url;
    this.#env = environment({ AWS_DEFAULT_REGION: region, ...key });
  }

  // call returns what the CLI printed. It fails with the exit code, and what the
  // CLI said about it as stderr.
  async call(command, ...args) {
    this.called.add(command.replace(/(^|-)(\w)/g, (_, dash, letter) => letter.toUpperCase()));
    const all = ["ssm-contacts", command, "--endpoint-url", this.#url, "--output", "json", ...args];
    const { stdout } = await promisify(execFile)("aws", all, { env: this.#env });
    return stdout ? JSON.parse(stdout) : {};
  }

  // refusal is what the CLI said of a call that must fail.
  async refusal(...call) {
    try {
      await this.call(...call);
    } catch ({ code, stderr }) {
      return { code, says: stderr.trim() };
    }
    throw new Error(`aws ssm-contacts ${call.join(" ")} did not fail`);
  }
}
