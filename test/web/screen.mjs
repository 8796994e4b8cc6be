// A guest's graphical screen, as a renter with a keyboard, a mouse or a phone
// uses it: what the page sends over VNC is read from its WebSocket.
import assert from "node:assert/strict";
import { patience } from "./browser.mjs";

/** handshake is what a client sends before its messages, without a password. */
const handshake = "RFB 003.008\n".length + 2;

/** lengthOf returns the length of the VNC message at the beginning of bytes. */
function lengthOf(bytes) {
  switch (bytes[0]) {
    case 0: return 20; // pixel format
    case 2: return bytes.length < 4 ? Infinity : 4 + 4 * bytes.readUInt16BE(2); // encodings
    case 3: return 10; // update wanted
    case 4: return 8; // key
    case 5: return 6; // pointer
    case 6: return bytes.length < 8 ? Infinity : 8 + Math.abs(bytes.readInt32BE(4)); // clipboard
    case 255: return 12; // QEMU's key
    default: throw new Error(`an unknown VNC message: ${bytes.toString("hex")}`);
  }
}

/** keyOf returns a key's message as text: its keysym, pressed or released. */
function keyOf(bytes) {
  if (bytes[0] === 4) return `${bytes[1] ? "+" : "-"}${bytes.readUInt32BE(4).toString(16)}`;
  return bytes[0] === 255 ? `${bytes.readUInt16BE(2) ? "+" : "-"}${bytes.readUInt32BE(4).toString(16)}` : undefined;
}

/** keysOf returns the keys that a page sends to screens from now on. */
function keysOf(page) {
  let keys = [];
  page.on("websocket", (socket) => {
    if (!socket.url().includes("/tasks/vnc/")) return;
    let rest = Buffer.alloc(0);
    let skip = handshake;
    socket.on("framesent", ({ payload }) => {
      rest = Buffer.concat([rest, Buffer.from(payload)]);
      const begin = Math.min(skip, rest.length);
      skip -= begin;
      rest = rest.subarray(begin);
      while (rest.length > 0) {
        const length = lengthOf(rest);
        if (length > rest.length) return;
        const key = keyOf(rest);
        if (key) keys.push(key);
        rest = rest.subarray(length);
      }
    });
  });
  return {
    /** sent waits until these keys were sent, and nothing else. */
    async sent(...want) {
      const all = want.join(" ");
      const end = Date.now() + patience;
      while (keys.join(" ") !== all) {
        assert.ok(Date.now() < end, `in vain: of ${all} only ${keys.join(" ")} was sent`);
        assert.ok(all.startsWith(keys.join(" ")), `sent ${keys.join(" ")}, not ${all}`);
        await page.waitForTimeout(50);
      }
      keys = [];
    },
  };
}

/** stroke is a key that is pressed and released. */
const stroke = (keysym) => [`+${keysym.toString(16)}`, `-${keysym.toString(16)}`];
const shifted = (keysym) => ["+ffe1", ...stroke(keysym), "-ffe1"];
/** typed are the keys of a text; those in shifts need Shift. */
const typed = (text, shifts = "") =>
  [...text].flatMap((sign) => (shifts.includes(sign) ? shifted : stroke)(sign.charCodeAt(0)));

/** opened opens the screen, and returns it. */
async function opened(page, { w, button }) {
  await button(w.screen).click();
  const screen = page.locator('[data-testid="screen"][data-state="open"]');
  await screen.locator("canvas").waitFor();
  return screen;
}

/** focusing returns a function that waits until keys are the guest's. */
const focusing = (page) => () => page.waitForFunction(() => document.activeElement?.closest("[data-testid=screen]"));

/** cutText is what a VNC client sends whose user copied a text. */
function cutText(text) {
  const message = Buffer.alloc(8 + text.length);
  message[0] = 6;
  message.writeUInt32BE(text.length, 4);
  message.write(text, 8, "latin1");
  return message;
}

/**
 * command sends what a keyboard in a browser cannot: the guest is shown alone,
 * what is copied in it arrives, Ctrl-Alt-Del reaches it, and Back leaves the
 * screen, not the page. The tiny guest has no agent for a clipboard: QEMU gets
 * the text from another viewer, twin, and passes it on as one that was copied.
 */
export async function command(page, twin, r) {
  const { button, dialog } = r;
  const keys = keysOf(page);
  const focused = focusing(page);
  await page.bringToFront(); // a browser shows only what is in front in full
  const screen = await opened(page, r);
  await focused();

  await button("Full screen", dialog()).click();
  await page.waitForFunction(() => document.fullscreenElement?.dataset.testid === "screen");
  await focused();
  await page.keyboard.press("b");
  await keys.sent(...stroke(0x62));
  await page.evaluate(() => document.exitFullscreen());
  await page.waitForFunction(() => document.fullscreenElement === null);

  await twin.bringToFront();
  await twin.evaluate(() => {
    const { send } = WebSocket.prototype;
    WebSocket.prototype.send = function (data) {
      if (this.url.includes("/tasks/vnc/")) globalThis.viewer = this;
      return send.call(this, data);
    };
  });
  await opened(twin, r.of(twin));
  await twin.evaluate((bytes) => globalThis.viewer.send(new Uint8Array(bytes)), [...cutText("copied in the guest")]);
  await page.bringToFront();
  await dialog().getByText("copied in the guest", { exact: true }).waitFor();
  await dialog().getByRole("button", { name: /Copied in the guest/ }).click();
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), "copied in the guest");
  await keys.sent();

  await button("Ctrl-Alt-Del", dialog()).click();
  await keys.sent("+ffe3", "+ffe9", "+ffff", "-ffff", "-ffe9", "-ffe3");
  await focused();
  const { pathname } = new URL(page.url());
  await page.evaluate(() => history.back());
  await dialog().waitFor({ state: "detached" });
  await screen.waitFor({ state: "detached" });
  assert.equal(new URL(page.url()).pathname, pathname);
}

/** drive opens the screen, types in all ways, and closes it. */
export async function drive(page, r) {
  const { w, button, dialog } = r;
  const keys = keysOf(page);
  const focused = focusing(page);
  const screen = await opened(page, r);

  // It opens with the focus on the screen: keys are the guest's, Escape too.
  await focused();
  await page.keyboard.press("a");
  await page.keyboard.press("Escape");
  await keys.sent(...stroke(0x61), ...stroke(0xff1b));
  await screen.waitFor();

  // A text, with characters that need Shift, and longer than what QEMU holds.
  await button("Type a text", dialog()).click();
  const text = dialog().getByLabel("Text to type in the guest");
  await text.pressSequentially("上");
  await dialog().getByText("No key of a US keyboard types 上").waitFor();
  assert.equal(await button("Type it", dialog()).isDisabled(), true);
  await text.press("Backspace");
  const line = `echo "A_b" | wc -c; ${"x".repeat(150)}`;
  await text.fill(line);
  await keys.sent();
  await button("Type it", dialog()).click();
  await focused();
  await keys.sent(...typed(line, '"A_|'));

  // A phone's keyboard: by an input method, and by its backspace, which is no key.
  const devtools = await page.context().newCDPSession(page);
  await button("Keyboard", dialog()).click();
  await page.keyboard.insertText("ls");
  await keys.sent(...typed("ls"));
  await devtools.send("Input.imeSetComposition", { text: "who", selectionStart: 3, selectionEnd: 3 });
  await keys.sent();
  await devtools.send("Input.insertText", { text: "whoA" });
  await keys.sent(...typed("whoA", "A"));
  for (let i = 0; i < 2; i++) {
    await devtools.send("Input.dispatchKeyEvent", { type: "rawKeyDown", key: "Unidentified", windowsVirtualKeyCode: 229, commands: ["deleteBackward"] });
    await devtools.send("Input.dispatchKeyEvent", { type: "keyUp", key: "Unidentified", windowsVirtualKeyCode: 229 });
    await keys.sent(...stroke(0xff08));
  }
  await page.keyboard.press("Enter");
  await keys.sent(...stroke(0xff0d));
  await button(w.close, dialog()).click();
}
