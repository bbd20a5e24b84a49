// uploads.mjs URL SCENARIO walk|judge|FOLDER: uploads through a line that breaks, in Chromium; prints "ok" or "not ok" lines.
import { createHash, randomBytes } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { openBrowser } from "./browser.mjs";
import { openRelay } from "./relay.mjs";

const MIB = 1 << 20;
const relay = await openRelay(process.argv[2]);
const t = await openBrowser(relay.url, ...process.argv.slice(3));
const { url, page, words, check, look, follow, stamp } = t;
const hash = (bytes) => createHash("sha256").update(bytes).digest("hex");
const send = page.locator("form[data-upload] > button");
const line = (name) => page.locator(".uploads li", { has: page.getByText(name, { exact: true }) });
const said = (text) => page.locator(".uploads .said", { hasText: text }).first();
const press = (name, what) => line(name).locator(`button[data-do=${what}]`);
const listed = () => page.locator("td.name a[id]").allInnerTexts();
// Does what is the last thing before the page is loaded anew, with all files there.
const finish = async (act) => {
    const there = page.waitForEvent("load");
    await act();
    await there;
    check("all is told to be there", page.url().endsWith("?done=uploaded"), page.url());
};

t.expectBreaks();
page.on("dialog", (dialog) => dialog.accept()); // leaving while something is uploaded
await t.signIn("jena-board");
const folder = `${url}/c/jena/files/Mitglieder/${encodeURIComponent(`Upload ${stamp}`)}/`;
await page.goto(`${url}/c/jena/files/Mitglieder/`);
await page.fill("input[name=folder]", `Upload ${stamp}`);
await follow(page.locator("form:has(input[name=folder]) button"));
await page.goto(folder);

const film = randomBytes(16 * MIB), place = join(t.scratch, "film.bin");
writeFileSync(place, film);
const get = async (name) => (await page.request.get(folder + encodeURIComponent(name))).body();

// The line breaks in the first piece and once more: it goes on by itself.
await page.setInputFiles("#file", place);
const first = relay.breakAfter(MIB / 2), before = relay.sent();
await send.click();
await first;
const second = relay.breakAfter(6 * MIB, true);
await second;
await said(words.lineLost).waitFor();
await look("upload-lost", words.lineLost.trim());

// Loaded anew while the line is broken: the page says what was broken off, and goes on with the same file.
relay.mend();
await page.reload();
await said(words.brokenOff).waitFor();
await look("upload-broken-off", words.brokenOff);
const rest = relay.sent();
await page.setInputFiles("#file", place);
await finish(() => send.click());
check("the same bytes", hash(await get("film.bin")) === hash(film));
check("what had arrived is not sent again", relay.sent() - rest < 15 * MIB, `${relay.sent() - rest} bytes`);
check("nothing was sent in one go", relay.sent() - before > 16 * MIB);
check("nothing is remembered", await page.evaluate(() => Object.keys(localStorage).filter((k) => k.startsWith("upload ")).length) === 0);

// Something of the name is there: replaced, kept beside, left; by the keyboard.
const note = join(t.scratch, "notiz.txt"), other = join(t.scratch, "andere.txt");
for (const [file, text] of [[note, "eins"], [other, "anderes"]]) writeFileSync(file, text);
await page.setInputFiles("#file", [note, other]);
await finish(() => send.click());
for (const [file, text] of [[note, "zwei"], [other, "neues"]]) writeFileSync(file, text);
await page.setInputFiles("#file", [note, other, place]);
await send.click();
await press("film.bin", "skip").waitFor();
await look("upload-conflict", words.nameTaken);
await press("notiz.txt", "both").focus();
await page.keyboard.press("Enter");
await press("andere.txt", "replace").focus();
await page.keyboard.press("Space");
await finish(() => press("film.bin", "skip").click());
check("kept beside", (await get("notiz.txt")).toString() === "eins" && (await get("notiz (2).txt")).toString() === "zwei");
check("replaced", (await get("andere.txt")).toString() === "neues");
check("left", (await listed()).length === 4, (await listed()).join());

// A folder with another in it; paused, gone on, and one of its files cancelled.
const tree = join(t.scratch, "Ordner");
mkdirSync(join(tree, "innen"), { recursive: true });
writeFileSync(join(tree, "a.txt"), "a");
writeFileSync(join(tree, "innen", "groß.bin"), film);
writeFileSync(join(tree, "innen", "weg.bin"), film);
await page.goto(folder);
await page.setInputFiles("#tree", tree);
const third = relay.breakAfter(3 * MIB, true);
await send.click();
await third;
await page.locator(".acts button[data-do=pause]").click();
await page.locator(".acts button[data-do=go]").waitFor();
await look("upload-paused", words.paused);
relay.mend();
await press("Ordner/innen/weg.bin", "cancel").click();
await finish(() => page.locator(".acts button[data-do=go]").click());
check("the folder is there", (await listed()).includes("Ordner"));
check("with what is in it", hash(await (await page.request.get(`${folder}Ordner/innen/gro%C3%9F.bin`)).body()) === hash(film));
check("but what was cancelled", (await page.request.get(`${folder}Ordner/innen/weg.bin`)).status() === 404);

// Who may not, and a folder that has gone meanwhile.
await page.goto(folder);
await page.evaluate(() => { document.querySelector("form[data-upload]").dataset.token = "x"; });
await page.setInputFiles("#file", note);
await send.click();
await page.locator(".uploads li.problem").waitFor();
await look("upload-refused", words.notUploaded);
relay.close();
await t.end();
