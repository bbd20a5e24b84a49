// feeds.mjs URL SCENARIO walk|judge|FOLDER: addresses to subscribe to, for who manages calendars and for who subscribes; as pages.mjs.
import { openBrowser } from "./browser.mjs";

const t = await openBrowser(...process.argv.slice(2));
const { url, page, words, check, look, follow, another, stamp } = t;
const label = `Abo ${stamp}`, list = `${url}/c/jena/feeds`;
const row = () => page.locator(".hits > li", { hasText: label }).first();

await page.goto(`${url}/c/jena/calendar`);
await page.locator("#subscribe summary").click();
await look("calendar-subscribe", words.subscribeHere);
await page.goto(`${url}/c/jena/`);
await page.locator("#subscribe summary").click();
await look("chapter-subscribe", words.subscribeHere);
check("a program of this device", (await page.locator("#subscribe a[href^='webcal://']").count()) === 1);

await page.goto(`${url}/login`);
await t.signIn("jena-board");
await page.goto(`${url}/c/jena/calendar?calendar=vorstand`);
await follow(page.locator("main a[href$='/feeds']"));
await look("feeds", words.feedsIntro);
await page.fill("#label", "   ");
await follow(page.locator(".fields form > button"));
await look("feeds-problem", words.feedLabel);
await page.check("input[name=view][value=members]");
await page.selectOption("#calendar", "vorstand");
await page.fill("#label", label);
await follow(page.locator(".fields form > button"));
await look("feed-made", words.feedOnce);
const address = await page.locator("code.secret").innerText();
check("the address", /\/feed\/[\w-]{22}\.ics$/.test(address), address);
await page.goto(list);
await look("feeds-list", label);
await another(async (s) => {
    const answer = await s.page.request.get(address);
    check("a program gets it", answer.status() === 200 && (await answer.text()).includes("BEGIN:VCALENDAR"), String(answer.status()));
});
await row().locator("summary").click();
await row().locator("input[name=label]").fill(`${label} neu`);
await follow(row().locator("details button"));
await look("feed-renamed", `${label} neu`);
await follow(row().locator("button", { hasText: words.feedEnd }));
await look("feed-ended", words.feedEnded);
await another(async (s) => {
    await s.page.goto(address);
    await s.look("feed-gone", words.feedGone);
});
await t.end();
