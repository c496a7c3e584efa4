// Shows a page in Chromium and does to it what its steps say, one JSON array an
// argument. It fails if a step does not come true, or if the console is not clean.
//
//   ["text", SELECTOR, PATTERN]  wait until the element's text matches
//   ["more", SELECTOR]           wait until its number has grown
//   ["click", SELECTOR]
//   ["fill", SELECTOR, TEXT]     write into an input
//   ["grow", BUTTON, SELECTOR]   click, and wait until the element's number has grown
//   ["post", URL]                ask the test for something: to cut the connections
import { chromium } from "playwright-core";

const patience = { timeout: 120_000 };
const [executablePath, url, ...steps] = process.argv.slice(2);
const browser = await chromium.launch({
  ...patience,
  executablePath,
  args: [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
  ],
});

const page = await browser.newPage();
const said = [];
page.on("pageerror", (error) => said.push(`uncaught: ${error}`));
page.on("console", (message) => {
  if (["error", "warning"].includes(message.type())) {
    said.push(`${message.type()}: ${message.text()}`);
  }
});

const textOf = (selector) => page.locator(selector).innerText(patience);
const until = (check, arg) => page.waitForFunction(check, arg, patience);
const numberOf = async (selector) => Number(await textOf(selector));
const isMore = (selector, number) =>
  until(
    ([s, n]) => Number(document.querySelector(s)?.textContent) > n,
    [selector, number],
  );
const does = {
  text: (selector, pattern) =>
    until(
      ([s, p]) =>
        new RegExp(p).test(document.querySelector(s)?.textContent ?? ""),
      [selector, pattern],
    ),
  more: async (selector) => isMore(selector, await numberOf(selector)),
  grow: async (button, selector) => {
    const before = await numberOf(selector);
    await page.locator(button).click(patience);
    await isMore(selector, before);
  },
  click: (selector) => page.locator(selector).click(patience),
  fill: (selector, text) => page.locator(selector).fill(text, patience),
  post: (address) => fetch(address, { method: "POST" }),
};

try {
  await page.goto(url, patience);
  for (const step of steps) {
    const [name, ...args] = JSON.parse(step);
    try {
      await does[name](...args);
    } catch (error) {
      throw new Error(`${step}: ${error.message}\n${await textOf("body")}`);
    }
  }
} catch (error) {
  said.push(error.message);
} finally {
  await browser.close();
}
if (said.length > 0) {
  console.error(said.join("\n"));
  process.exitCode = 1;
}
