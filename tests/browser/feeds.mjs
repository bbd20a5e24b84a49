// feeds.mjs URL SCENARIO walk|judge|FOLDER: addresses to subscribe to, for who manages calendars and for who subscribes; as pages.mjs.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
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

// A file comes in with a look before, is taken back, and one of its entries is deleted and comes back.
const files = `${url}/c/jena/calendar/import`, title = `Aus Datei ${stamp}`;
const entry = (uid, more) => `BEGIN:VEVENT\r\nUID:${uid}-${stamp}\r\nDTSTAMP:20260101T000000Z\r\nDTSTART:20390504T180000Z\r\n${more}END:VEVENT\r\n`;
const file = join(t.scratch, `${stamp}.ics`);
writeFileSync(file, `BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\n${entry("a", `SUMMARY:${title}\r\n`)}${entry("b", "RRULE:FREQ=NIE\r\n")}END:VCALENDAR\r\n`);
await page.goto(files);
await look("import", words.importIntro);
writeFileSync(join(t.scratch, "kein.ics"), "Hallo");
await page.setInputFiles("#file", join(t.scratch, "kein.ics"));
await follow(page.locator("section button").first());
await look("import-problem", words.importNone);
await page.setInputFiles("#file", file);
await follow(page.locator("section button").first());
await look("import-look", words.importCounts);
await follow(page.locator("main form button").first());
await look("import-done", `${stamp}.ics`);
await page.goto(`${url}/c/jena/calendar?view=list&date=2039-05-01`);
await look("import-list", title);
await page.goto(files);
await page.locator("details.confirm summary").first().click();
await follow(page.locator("details.confirm button").first());
await look("import-undone", words.importUndone);
await page.goto(`${url}/c/jena/calendar/trash`);
await look("deleted", title);
await follow(page.locator(".hits > li", { hasText: title }).locator("button"));
await look("deleted-back", words.deletedBack);
await page.goto(`${url}/c/jena/calendar?view=list&date=2039-05-01`);
check("it is there again", (await page.locator(".events li", { hasText: title }).count()) === 1);
await follow(page.locator(".events li", { hasText: title }).locator("a").first());
await page.locator("section details summary").click();
await look("event-documents", words.addDocument);
await page.fill("#document", "gibt es nicht");
await follow(page.locator("section details button"));
await look("event-no-document", words.noDocument);
const [got] = await Promise.all([page.waitForEvent("download"), page.goto(`${url}/c/jena/calendar/export?calendar=termine`).catch(() => {})]);
check("and in the file", readFileSync(await got.path(), "utf8").includes(title));
await t.end();
