import { addChannel, addContact, axe, expect, flags, post, press, row, test } from "./test.js";
import { codeIn, linkIn, Mailbox } from "./mailbox.js";

// Every message here is a real one, read from a real mail server.
const mail = test.extend({
  mailbox: async ({}, use) => {
    const mailbox = await new Mailbox().open();
    await use(mailbox);
    await mailbox.close();
  },
});
