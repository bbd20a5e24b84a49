// reply.mjs URL SCENARIO walk|judge|FOLDER TOKEN PAST: the page behind the link of an invitation by mail, and who may see when one is busy.
import { openBrowser } from "./browser.mjs";

const t = await openBrowser(...process.argv.slice(2, 5));
const { url, page, words, check, look, follow } = t;
const [token, past] = process.argv.slice(5);

// Whoever has the link has no login.
const weight = await t.weigh(() => page.goto(`${url}/r/${token}`));
check("reply: under 100 kB", weight > 0 && weight < 100_000, `${weight} bytes`);
await look("reply", words.noneYet);
for (const [value, said] of [["yes", words.iCome], ["perhaps", words.perhapsICome], ["no", words.iDoNotCome]]) {
    await follow(page.locator(`button[value=${value}]`));
    await look(`reply-${value}`, words.answerOnItsWay);
    check(`reply: ${value} stands there`, (await page.locator("dl.facts").innerText()).includes(said));
}
await page.goto(`${url}/r/${token}`);
check("reply: it stands there still", (await page.locator("dl.facts").innerText()).includes(words.iDoNotCome));
await page.goto(`${url}/r/${past}`);
await look("reply-over", words.isOver);
check("reply: nothing to press", (await page.locator("main button").count()) === 0);
await page.goto(`${url}/r/${"0".repeat(32)}`);
await look("reply-broken", words.noSuchReply);

await t.signIn("jena-board");
await page.goto(`${url}/account`);
await follow(page.locator('a[href="/account/busy"]'));
await look("busy", words.whoSeesBusy);
await page.check("input[value=chapter]");
await follow(page.locator("main form button").first());
await look("busy-chosen", words.holdsFromNowOn);
check("busy: the choice stands", await page.locator("input[value=chapter]").isChecked());
await page.check("input[value=close]");
await follow(page.locator("main form button").first());
await t.signOut();
await t.end();
