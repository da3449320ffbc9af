// A journey in a real browser: headless Chromium, driven through playwright-core.
//
// One argument, JSON: { "screenshots": folder, "steps": [..], "locale": "fr-FR", "width": 1280, "height": 900,
// "script": true }. Prints one JSON object, and ends with 0 if every step went well. A step is one of
//
//   { "open": url }                        { "click": selector }            { "fill": selector, "with": text }
//   { "press": key }                       { "back": true }, { "forward": true }, { "reload": true }
//   { "tab": name }                        goes to the tab of this name, opens it if there is none ("first" is there)
//   { "expect": { "url"?: text, "text"?: text, "no_text"?: text, "status"?: number, "selector"?: css, "lang"?: text } }
//   { "cookies": name }                    notes every cookie under this name
//   { "cookie": { name, value, url } }     the browser holds this cookie
//   { "evaluate": expression, "as": name } notes what the page's own world makes of it
//   { "focused": selector }                the keyboard is there
//   { "screenshot": name }                 { "accessible": name }           axe-core finds nothing
//   { "fits": 320 }                        at this width nothing stands beside the page
//
// The last line of the output: { "ok", "failed"?, "notes": { name: .. }, "console": [..], "requests": [..] }.

import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { chromium } from 'playwright-core';

const order = { steps: [], locale: 'fr-FR', width: 1280, height: 900, script: true, ...JSON.parse(process.argv[2]) };
const executablePath = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((at) => fs.existsSync(at));
const report = { ok: false, notes: {}, console: [], requests: [] };
const AXE = fs.readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

const browser = await chromium.launch({
  executablePath,
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
});
try {
  const context = await browser.newContext({
    locale: order.locale,
    viewport: { width: order.width, height: order.height },
    javaScriptEnabled: order.script,
    // The certificates of the tests are their own; who checks them is the other client.
    ignoreHTTPSErrors: true,
  });
  context.setDefaultTimeout(15_000);
  const tabs = new Map();
  let tab = await openTab(context, tabs, 'first');
  for (const step of order.steps) {
    try {
      if (step.tab) tab = tabs.get(step.tab) ?? (await openTab(context, tabs, step.tab));
      else await take(step, tab, context);
    } catch (error) {
      report.failed = { step, url: tab.page.url(), error: error.message, text: await tab.page.content().catch(() => '') };
      await shoot(tab.page, 'failed').catch(() => undefined);
      break;
    }
  }
  report.ok = report.failed === undefined;
} finally {
  await browser.close();
  console.log(JSON.stringify(report));
}
process.exit(report.ok ? 0 : 1);

async function openTab(context, tabs, name) {
  const page = await context.newPage();
  const tab = { page, status: undefined };
  page.on('console', (message) => report.console.push(`${message.type()}: ${message.text()}`));
  page.on('pageerror', (error) => report.console.push(`error: ${error.message}`));
  page.on('request', (request) => report.requests.push(`${request.method()} ${request.url()}`));
  page.on('response', (response) => {
    if (response.request().isNavigationRequest() && response.frame() === page.mainFrame()) tab.status = response.status();
  });
  tabs.set(name, tab);
  return tab;
}

async function take(step, tab, context) {
  const { page } = tab;
  if (step.open) await page.goto(step.open);
  else if (step.click) await page.click(step.click);
  else if (step.fill) await page.fill(step.fill, step.with);
  else if (step.press) await page.keyboard.press(step.press);
  else if (step.back) await page.goBack();
  else if (step.forward) await page.goForward();
  else if (step.reload) await page.reload();
  else if (step.expect) await expect(step.expect, tab);
  else if (step.cookies) report.notes[step.cookies] = await context.cookies();
  else if (step.cookie) await context.addCookies([step.cookie]);
  else if (step.evaluate) report.notes[step.as] = await page.evaluate(step.evaluate);
  else if (step.focused) await focused(step.focused, page);
  else if (step.screenshot) await shoot(page, step.screenshot);
  else if (step.accessible) await accessible(step.accessible, page);
  else if (step.fits) await fits(step.fits, page);
  else throw new Error('no such step');
}

async function expect(wanted, tab) {
  const { page } = tab;
  if (wanted.url) await page.waitForURL((url) => url.href.includes(wanted.url));
  if (wanted.text) await page.getByText(wanted.text).first().waitFor();
  if (wanted.selector) await page.locator(wanted.selector).first().waitFor();
  if (wanted.no_text && (await page.getByText(wanted.no_text).count()) > 0) throw new Error(`the page says ${wanted.no_text}`);
  if (wanted.status && tab.status !== wanted.status) throw new Error(`status ${tab.status}, not ${wanted.status}`);
  const lang = await page.locator('html').getAttribute('lang');
  if (wanted.lang && lang !== wanted.lang) throw new Error(`lang ${lang}, not ${wanted.lang}`);
}

async function shoot(page, name) {
  if (!order.screenshots) return;
  await page.screenshot({ path: path.join(order.screenshots, `${name}.png`), fullPage: true });
}

async function accessible(name, page) {
  // Evaluated from outside the page, whose own policy lets no script in.
  await page.evaluate(AXE);
  const { violations } = await page.evaluate(() => globalThis.axe.run());
  report.notes[name] = violations.map(({ id, impact, help, nodes }) => ({ id, impact, help, at: nodes.map((node) => node.html) }));
  if (violations.length > 0) throw new Error(`accessibility: ${JSON.stringify(report.notes[name])}`);
}

async function focused(selector, page) {
  const at = await page.evaluate(() => document.activeElement.outerHTML);
  if (!(await page.evaluate((wanted) => document.activeElement.matches(wanted), selector))) throw new Error(`the keyboard is at ${at}`);
}

async function fits(width, page) {
  const before = page.viewportSize();
  await page.setViewportSize({ width, height: before.height });
  const needed = await page.evaluate(() => document.documentElement.scrollWidth);
  await page.setViewportSize(before);
  if (needed > width) throw new Error(`at a width of ${width} the page needs ${needed}`);
}
