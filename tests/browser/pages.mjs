// pages.mjs URL SCENARIO walk|judge|FOLDER: walks the pages in Chromium as people would and prints "ok" or "not ok" lines.
// SCENARIO: script or plain (without JavaScript), phone or desktop, light or dark, de or en: "plain-phone-dark-de".
// walk: that each page says what it should; judge: also that axe finds no barrier; FOLDER: also a picture of each.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { openBrowser } from "./browser.mjs";
import { walkContacts } from "./contacts.mjs";
import { walkDocuments } from "./documents.mjs";
import { walkPast } from "./past.mjs";
import { walkLog } from "./log.mjs";
import { walkSetup } from "./setup.mjs";
import { walkShare } from "./share.mjs";
import { walkRights } from "./rights.mjs";
import { walkAnswer, walkCalendar, walkInvitations } from "./calendar.mjs";
import { walkEditorial, walkTasks } from "./tasks.mjs";
import { walkTour } from "./tour.mjs";

const t = await openBrowser(...process.argv.slice(2));
const { url, page, words, scripted, check, look, follow, stamp } = t;

const weight = await t.weigh(() => page.goto(`${url}/`));
await look("start", words.chapters);
check("start: under 100 kB", weight > 0 && weight < 100_000, `${weight} bytes`);

await page.goto(`${url}/login`);
await look("login", words.signIn);
await t.signIn(`nobody-${process.pid}`, "wrong");
await look("login-wrong", words.wrong);
await t.signIn("jena-board");
await page.goto(`${url}/`);
await look("start-signed-in", words.own);

await page.goto(`${url}/c/jena/`);
await look("chapter", words.documents);
await page.goto(`${url}/c/jena/files/`);
await look("folder-root", "Mitglieder");

// A new folder, two files by the form, one of them twice, and back again.
const folder = `${url}/c/jena/files/Mitglieder/${encodeURIComponent(`Ordner ${stamp}`)}/`;
await page.goto(`${url}/c/jena/files/Mitglieder/`);
await page.fill("input[name=folder]", `Ordner ${stamp}`);
await follow(page.locator("form:has(input[name=folder]) button"));
await page.goto(folder);
await look("folder-empty", words.empty);
const files = [join(t.scratch, `${stamp}.txt`), join(t.scratch, `große ${stamp}.bin`)];
writeFileSync(files[0], "Hallo Jena\n");
writeFileSync(files[1], Buffer.alloc(300_000, 7));
const choose = () => page.setInputFiles("#file", files);
const send = page.locator("form:has(input[type=file]) > button");
await choose();
await follow(send);
await look("folder-uploaded", words.uploaded);
check("the files are listed", (await page.locator("td.name a[id]").allInnerTexts()).length === 2);
const [download] = await Promise.all([page.waitForEvent("download"), page.locator("td.name a[id]").first().click()]);
const got = readFileSync(await download.path());
check("a download gives the bytes back", got.length === 300_000 || got.toString() === "Hallo Jena\n", String(got.length));
await choose();
if (scripted) {
    await send.click();
    await page.locator(".uploads li.problem").nth(1).waitFor();
} else {
    await follow(send);
}
await look("upload-twice", words.exists);
await walkDocuments(t, folder);
await walkPast(t, folder);
await walkShare(t, folder);
await walkCalendar(t);
await walkInvitations(t);
await walkAnswer(t, async (name, body) => {
    const answer = await fetch(`${url}/dav/calendars/jena-board/calendar/${name}`, {
        method: body === null ? "DELETE" : "PUT", body, headers: {
            "Authorization": `Basic ${Buffer.from("jena-board:demo").toString("base64")}`, "Content-Type": "text/calendar" } });
    check(`${name} is ${body === null ? "removed" : "stored"}`, answer.ok, String(answer.status));
});
await walkTasks(t);
await walkEditorial(t);

await page.goto(`${url}/c/jena/files/nothing-here`);
await look("not-found", words.notFound);
await page.goto(`${url}/c/erfurt/files/Vorstand/`);
await look("foreign", words.notFound);

// An app password: refused without a name, made, not made again by loading the answer anew, removed.
await page.goto(`${url}/account`);
await look("account", words.sessions);
await follow(page.locator("a[href='/account/calendars']"));
await look("devices-show", words.devicesShow);
await page.locator("fieldset").nth(1).locator("input[type=checkbox]").first().click();
await follow(page.locator("form.fields button"));
await look("devices-show-saved", words.devicesSoon);
check("what was unticked stays so", !(await page.locator("fieldset").nth(1).locator("input[type=checkbox]").first().isChecked()));
await page.locator("fieldset").nth(1).locator("input[type=checkbox]").first().click();
await follow(page.locator("form.fields button"));
await page.goto(`${url}/account/devices`);
await look("devices", words.steps);
const make = page.locator("form:has(input[name=once]) button");
await page.fill("input[name=name]", "   ");
await follow(make);
await look("devices-problem", words.nameDevice);
await page.fill("input[name=name]", `Telefon ${stamp}`);
await follow(make);
await look("device-made", words.shownOnce);
check("the password is shown", /^cd_\d+_[0-9a-hjkmnp-tv-z]{25}$/.test(await page.locator("code.secret").innerText()));
await page.reload();
await look("device-sent-twice", words.sentBefore);
check("a reload shows no password", (await page.locator("code.secret").count()) === 0);
await page.locator("details", { hasText: "Windows" }).locator("summary").click();
await look("devices-steps", "/dav/files/");
await follow(page.locator("li", { hasText: `Telefon ${stamp}` }).locator("button"));
await look("device-removed", words.removed);
await walkSetup(t);

// The keyboard alone opens the steps and sends the form.
if (scripted) {
    await page.goto(`${url}/account/devices`);
    await page.locator("summary").nth(1).focus();
    await page.keyboard.press("Enter");
    check("Return opens the steps", await page.locator("details").nth(1).evaluate((d) => d.open));
    await page.locator("input[name=name]").focus();
    await page.keyboard.type(`Tasten ${stamp}`);
    const boxes = await page.locator("form:has(input[name=once]) input[type=checkbox]").count();
    for (let i = 0; i < boxes + 2; i++) await page.keyboard.press("Tab");
    check("Tab reaches the button", await page.evaluate(() => document.activeElement.tagName === "BUTTON"));
    await page.keyboard.press("Enter");
    await page.locator("code.secret").waitFor();
    check("the keyboard makes one", (await page.locator("code.secret").count()) === 1);
    await page.goto(`${url}/account/devices`);
    await follow(page.locator("li", { hasText: `Tasten ${stamp}` }).locator("button"));

    // The first Tab is the way past the navigation.
    await page.goto(`${url}/`);
    await page.keyboard.press("Tab");
    const focused = await page.evaluate(() => document.activeElement.className);
    check("the first Tab skips to the content", focused === "skip", focused);
}
await t.signOut();
await page.goto(`${url}/c/jena/files/Mitglieder/`);
await look("signed-out", words.signIn);
await walkContacts(t);
await walkRights(t);
await walkTour(t);
await walkLog(t);
await t.end();
