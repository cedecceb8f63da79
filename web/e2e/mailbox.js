import { once } from "node:events";
import PostalMime from "postal-mime";
import { SMTPServer } from "smtp-server";

// Mailbox is a real mail server on a free port of this machine, which keeps what
// it gets.
export class Mailbox {
  #server;
  #mails = [];
  #waiting = new Set();

  async open() {
    this.#server = new SMTPServer({
      disabledCommands: ["AUTH", "STARTTLS"],
      logger: false,
      closeTimeout: 100, // the program keeps connections for the next message
      onData: async (stream, session, done) => {
        const parts = [];
        for await (const part of stream) parts.push(part);
        const mail = await PostalMime.parse(Buffer.concat(parts));
        this.#mails.push({ ...mail, to: session.envelope.rcptTo.map(({ address }) => address) });
        this.#waiting.forEach((look) => look());
        done();
      },
    });
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server.server, "listening");
    return this;
  }

  get url() {
    return `smtp://127.0.0.1:${this.#server.server.address().port}?tls=none`;
  }

  // next waits for the nth mail to an address, counted from 1.
  next(to, nth = 1) {
    return new Promise((resolve) => {
      const look = () => {
        const mail = this.#mails.filter((m) => m.to.includes(to))[nth - 1];
        if (!mail) return;
        this.#waiting.delete(look);
        resolve(mail);
      };
      this.#waiting.add(look);
      look();
    });
  }

  count(to) {
    return this.#mails.filter((m) => m.to.includes(to)).length;
  }

  close() {
    return new Promise((resolve) => this.#server.close(resolve));
  }
}

// codeIn and linkIn read what a person reads.
export const codeIn = (mail) => /\b(\d{3}) ?(\d{3})\b/.exec(mail.text).slice(1, 3).join("");
export const linkIn = (mail) => /https?:\/\/\S+\/(?:activate|join)\/[\w-]+/.exec(mail.text)[0];
