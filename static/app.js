// Enhancements of the pages beside htmx. Every flow works without JavaScript, except for
// passkeys.
(() => {
  "use strict";

  const byId = (id) => document.getElementById(id);

  // say has a screen reader speak a text. The live region is outside of all that is swapped:
  // otherwise the text would not be spoken.
  const say = (text) => {
    byId("live").textContent = text;
  };

  // enhance shows controls that need JavaScript, and times in the zone of the reader.
  const enhance = (root) => {
    for (const part of [root, ...root.querySelectorAll("[data-announce]")]) if (part.dataset?.announce) announced.has(part.id) || announced.set(part.id, part.dataset.announce);
    enhancePasskeys(root);
    if (navigator.clipboard) {
      root.querySelectorAll("[data-copy]").forEach((button) => {
        button.hidden = false;
      });
    }
    root.querySelectorAll("[data-countdown]").forEach(countDown);
    root.querySelectorAll("time[datetime]").forEach((time) => {
      time.title = new Date(time.dateTime).toLocaleString(undefined, { dateStyle: "long", timeStyle: "long" });
    });
  };

  // countDown disables a button and shows the seconds until it can be used. Without JavaScript
  // the button works, and the answer has the time to wait.
  const countDown = (hint) => {
    const button = byId(hint.dataset.for);
    const ends = Date.now() + 1000 * Number(hint.dataset.countdown);
    button.setAttribute("aria-disabled", "true");
    const tick = () => {
      const left = Math.ceil((ends - Date.now()) / 1000);
      if (!hint.isConnected) return clearInterval(timer);
      if (left > 0) {
        hint.textContent = `Available in ${left < 60 ? "" : `${Math.floor(left / 60)} min `}${left % 60} s`;
        return;
      }
      clearInterval(timer);
      hint.remove();
      button.removeAttribute("aria-disabled");
    };
    const timer = setInterval(tick, 1000);
    tick();
  };

  // The id of the last swapped element, if it had the focus.
  let left = "";
  document.addEventListener("htmx:beforeSwap", (event) => {
    const part = event.detail.target;
    left = part.contains(document.activeElement) ? part.id : "";
    // A page that polls is told once that its session has ended.
    if (event.detail.xhr.status === 401 && part.querySelector(".signed-out")) event.detail.shouldSwap = false;
  });
  document.addEventListener("htmx:oobBeforeSwap", (event) => {
    const part = event.detail.target;
    if (part.contains(document.activeElement)) left = part.id;
  });

  // What a page that polls swaps by itself. It takes away nothing that the reader has opened.
  const polled = "[data-announce], #poll, #answer, #test-state";

  // The last announcement of each element, so that only changes are spoken.
  const announced = new Map();
  const announceState = (part) => {
    const text = part.dataset.announce;
    if (text && announced.get(part.id) !== text) say(text);
    announced.set(part.id, text);
  };

  // enhancePasskeys shows the passkey forms if the browser supports passkeys and the page is
  // at the address that they are made for.
  const enhancePasskeys = (root) => {
    if (!window.PublicKeyCredential?.parseCreationOptionsFromJSON || !PublicKeyCredential.parseRequestOptionsFromJSON) return;
    root.querySelectorAll("form[data-passkey]").forEach((form) => {
      if (form.dataset.host !== location.host) return;
      form.hidden = false;
      const instead = form.nextElementSibling;
      if (instead?.matches("[data-instead]")) instead.hidden = true;
    });
  };

  // askDevice fetches options from the server and returns the answer of the device.
  const askDevice = async (form) => {
    const answer = await fetch(form.dataset.options, { method: "POST" });
    if (!answer.ok) throw new Error(`status ${answer.status}`);
    const options = await answer.json();
    const credential =
      form.dataset.passkey === "create"
        ? await navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options) })
        : await navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options) });
    return JSON.stringify(credential.toJSON());
  };

  // The errors of a browser: WebAuthn, sections 5.1.3 and 5.1.4.
  const passkeyErrors = {
    AbortError: "The passkey was not used. Try again.",
    InvalidStateError: "This device has a passkey of yours already.",
    NotAllowedError: "The passkey was not used: it was cancelled, or it took too long. Try again.",
    NotSupportedError: "This device cannot make a passkey of the kind that is needed here.",
    SecurityError: "Passkeys do not work at this address.",
  };

  // usePasskey fills the answer of the device into a form and sends it.
  const usePasskey = async (form) => {
    const button = form.querySelector("button");
    const trouble = form.querySelector("[data-trouble]");
    trouble.hidden = button.disabled = true;
    try {
      form.elements.response.value = await askDevice(form);
      button.disabled = false;
      form.requestSubmit(button);
    } catch (error) {
      trouble.textContent = passkeyErrors[error.name] ?? "Callbook did not answer as it should. Load the page again and try once more.";
      trouble.hidden = button.disabled = false;
      say(trouble.textContent);
    }
  };

  // In the capture phase, before htmx, which listens at the form itself.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (event.submitter?.getAttribute("aria-disabled") === "true") {
      event.preventDefault();
      return event.stopPropagation();
    }
    if (!form.matches("form[data-passkey]")) return;
    // An answer works once, so none stays in the form.
    if (form.elements.response.value) return setTimeout(() => { form.elements.response.value = ""; });
    event.preventDefault();
    event.stopPropagation();
    usePasskey(form);
  }, true);

  const copy = async (button) => {
    const label = button.querySelector("span");
    try {
      await navigator.clipboard.writeText(button.dataset.copy);
      label.textContent = "Copied";
      say(`${button.querySelector(".unseen").textContent} copied`);
    } catch {
      label.textContent = "Select it by hand";
    }
    setTimeout(() => {
      label.textContent = "Copy";
    }, 2000);
  };

  // fill takes a correction that the server suggested.
  const fill = (button) => {
    const input = byId(button.dataset.fill);
    input.value = button.value;
    input.focus();
    input.dispatchEvent(new Event("change", { bubbles: true }));
  };

  document.addEventListener("click", (event) => {
    // A link within the page moves the focus and adds no history entry. Going back would
    // otherwise load the form again, without the typed text.
    const within = event.target.closest('a[href^="#"]');
    if (within) {
      event.preventDefault();
      return byId(within.hash.slice(1))?.focus();
    }
    const button = event.target.closest("[data-copy], [data-fill]");
    if (!button) return;
    event.preventDefault();
    if (button.dataset.copy) copy(button);
    else fill(button);
  });

  // settled removes the errors of a corrected field from the summary.
  const settled = (id) => {
    const summary = byId("error-summary");
    const done = summary ? summary.querySelectorAll(`a[href="#${id}"]`) : [];
    done.forEach((link) => link.parentElement.remove());
    if (done.length > 0 && !summary.querySelector("li")) summary.remove();
  };

  // checked copies the result of a check to its field.
  const checked = (check) => {
    const input = byId(check.dataset.for);
    const invalid = check.querySelector("[data-invalid]") !== null;
    input.setAttribute("aria-invalid", String(invalid));
    if (!invalid && !check.querySelector(".warning")) settled(input.id);
    suggest(input, check.dataset.suggestion);
  };

  // suggest fills a field unless something else was typed into it.
  const suggest = (input, value) => {
    if (!value || (input.value !== "" && input.value !== input.dataset.suggested)) return;
    input.value = value;
    input.dataset.suggested = value;
    if (document.activeElement === input) input.select(); // typing replaces it
  };

  // arrive moves the focus to what the reader needs next.
  const arrive = (part) => {
    const summary = part.querySelector("#error-summary, .notice.bad");
    if (summary) return summary.focus();
    if (part.id === "address") return part.querySelector("a, button").focus();
    const added = part.querySelector("#channels .notice");
    if (added) return added.focus({ preventScroll: true });
    if (part.id === "app") return byId("main").focus({ preventScroll: true });
    if (part.id === "channels") {
      const first = part.querySelector("form input:not([type=hidden]):checked, form input[type=text]");
      if (first) first.focus();
    }
  };

  document.addEventListener("htmx:afterSettle", (event) => {
    const part = event.detail.elt;
    if (part.matches(".check[data-for]")) return checked(part);
    if (part.matches(".signed-out")) return say(part.textContent.trim());
    if (!part.closest("#notice")) byId("notice").querySelector(".bad, .signed-out")?.remove(); // the server answers again
    if (part.matches(polled)) {
      if (left === part.id && document.activeElement === document.body) part.querySelector("a, button")?.focus();
      return announceState(part);
    }
    const dialog = byId("dialog");
    if (part === dialog) return dialog.showModal();
    if (dialog.open) dialog.close();
    const notice = part.querySelector(".notice");
    if (notice) say(notice.textContent.trim());
    else if (part.id === "app") say(document.title);
    else if (part.id === "results") say(part.dataset.found);
    else if (part.id === "address") say(part.querySelector(".address").textContent);
    arrive(part);
  });

  // A field loses the focus when the pointer goes down on another control. The result of the
  // check must not move that control before the pointer is up.
  let pressed = false;
  let waiting = [];
  const release = () =>
    setTimeout(() => {
      pressed = false;
      for (const ask of waiting.splice(0)) ask();
    });
  document.addEventListener("pointerdown", () => { pressed = true; }, true);
  document.addEventListener("pointerup", release, true);
  document.addEventListener("pointercancel", release, true);
  // An address is looked up by a POST, and never becomes part of a URL while it is typed.
  const address = /@|^\s*(\+|00)\s*\d|(\d[\s().\/-]*){7}/;
  document.addEventListener("htmx:confirm", (event) => {
    if (event.target.id === "q" && address.test(event.target.value)) return event.preventDefault();
    if (!pressed || !event.detail.path.endsWith("/check")) return;
    event.preventDefault();
    // If that control was the button that sends the form, no check is needed.
    const sent = () => event.target.closest("form").classList.contains("htmx-request");
    waiting.push(() => { if (!sent()) event.detail.issueRequest(true); });
  });

  // The theme changes without loading the page, which would lose the typed text.
  document.addEventListener("submit", async (event) => {
    const form = event.target;
    if (!form.matches(".theme") || !event.submitter) return;
    event.preventDefault();
    const theme = event.submitter.value;
    await fetch(form.action, { method: "POST", redirect: "manual", body: new URLSearchParams({ theme }) });
    if (theme) document.documentElement.dataset.theme = theme;
    else delete document.documentElement.dataset.theme;
    form.querySelectorAll("button").forEach((b) => b.setAttribute("aria-pressed", String(b === event.submitter)));
  });

  document.addEventListener("htmx:load", (event) => enhance(event.detail.elt));
  document.addEventListener("htmx:historyRestore", () => enhance(document));

  // Alias and name are checked together. The second result is swapped out of band.
  document.addEventListener("htmx:oobAfterSwap", (event) => {
    const check = byId(event.detail.target.id);
    if (check && check.matches(".check[data-for]")) checked(check);
  });

  const unanswered = (event) => {
    // A polling page shows the notice once and does not scroll.
    const isPolling = event.detail.elt.matches(polled);
    if (isPolling && byId("notice").querySelector(".bad")) return;
    const notice = document.createElement("p");
    notice.className = "notice bad";
    notice.textContent = "Callbook did not answer. Nothing was lost on this page: check the connection and try again.";
    if (byId("dialog").open) byId("dialog").close(); // it would cover the notice
    byId("notice").replaceChildren(notice);
    if (!isPolling) notice.scrollIntoView({ block: "nearest" });
    say(notice.textContent);
  };
  document.addEventListener("htmx:sendError", unanswered);
  document.addEventListener("htmx:timeout", unanswered);
})();
