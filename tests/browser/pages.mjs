// pages.mjs URL SCENARIO FOLDER: walks the pages in Chromium as a person would and prints "ok" or "not ok" lines.
// SCENARIO: script or plain (without JavaScript), phone or desktop, light or dark, de or en: "plain-phone-dark-de".
import { chromium } from "playwright-core";
import { createRequire } from "node:module";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";

const [url, scenario, folder] = process.argv.slice(2);
const [script, device, scheme, language] = scenario.split("-");
const sizes = { phone: { width: 320, height: 640 }, desktop: { width: 1280, height: 800 } };
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const words = JSON.parse(readFileSync(new URL("words.json", import.meta.url)))[language];
let failed = 0;

function check(name, ok, detail = "") {
    if (!ok) failed++;
    console.log(`${ok ? "ok" : "not ok"} ${name}${ok ? "" : ": " + detail}`);
}

mkdirSync(folder, { recursive: true });
const browser = await chromium.launch({
    executablePath: "/usr/bin/chromium",
    args: ["--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
        "--disable-component-update", "--disable-sync", ...(process.getuid() === 0 ? ["--no-sandbox"] : [])],
});
const context = await browser.newContext({
    viewport: sizes[device], colorScheme: scheme, locale: language, javaScriptEnabled: script === "script",
    acceptDownloads: true, bypassCSP: false,
});
const page = await context.newPage();
let bytes = 0;
page.on("request", (r) => {
    if (!r.url().startsWith(url) && !r.url().startsWith("data:"))
        check("no request to anybody else", false, r.url());
});
page.on("response", async (r) => { bytes += (await r.body().catch(() => Buffer.alloc(0))).length; });
page.on("pageerror", (e) => check("the script runs", false, String(e)));
page.on("console", (m) => { if (m.type() === "error" && !/status of (4|5)/.test(m.text())) check("a quiet console", false, m.text()); });

// axe needs a script: a second page of the same session, with JavaScript, looks at the same address.
const judge = script === "script" ? page : null;

async function look(name, sentence) {
    await page.waitForLoadState("networkidle");
    const text = await page.locator("main").innerText();
    check(`${name}: says "${sentence}"`, text.includes(sentence), text.slice(0, 200));
    await page.screenshot({ path: `${folder}/${name}-${scenario}.png`, fullPage: true });
    if (!judge) return;
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    check(`${name}: fits the screen`, wide <= 0, `${wide} px too wide`);
    const lang = await page.evaluate(() => document.documentElement.lang);
    check(`${name}: in ${language}`, lang === language, lang);
    // Evaluated by the test tool, not by the page, whose policy would refuse it.
    const report = await page.evaluate(`(async () => { ${axe}; return await axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"] }); })()`);
    const bad = report.violations.filter((v) => v.impact === "serious" || v.impact === "critical");
    check(`${name}: no barrier`, bad.length === 0, bad.map((v) => `${v.id} ${v.nodes[0].html}`).join("; "));
    check(`${name}: axe looked`, report.passes.length > 5, String(report.passes.length));
}

async function signIn(who, password) {
    await page.goto(`${url}/login`);
    await page.fill("input[name=user]", who);
    await page.fill("input[name=password]", password);
    await page.locator("main form button").click();
}

bytes = 0;
await page.goto(`${url}/`);
await look("start", words.chapters);
check("start: under 100 kB", bytes > 0 && bytes < 100_000, `${bytes} bytes`);

await page.goto(`${url}/login`);
await look("login", words.signIn);
await signIn(`nobody-${process.pid}`, "wrong");
await look("login-wrong", words.wrong);
await signIn("jena-board", "demo");
await page.goto(`${url}/`);
await look("start-signed-in", words.own);

await page.goto(`${url}/c/jena/`);
await look("chapter", words.documents);
await page.goto(`${url}/c/jena/files/`);
await look("folder-root", "Mitglieder");

// A new folder, two files by the form, one of them twice, and back again.
const stamp = `${scenario}-${process.pid}`;
await page.goto(`${url}/c/jena/files/Mitglieder/`);
await page.fill("input[name=folder]", `Ordner ${stamp}`);
await page.locator("form:has(input[name=folder]) button").click();
await page.goto(`${url}/c/jena/files/Mitglieder/${encodeURIComponent(`Ordner ${stamp}`)}/`);
await look("folder-empty", words.empty);
writeFileSync(`/tmp/chapterd-${stamp}.txt`, "Hallo Jena\n");
writeFileSync(`/tmp/chapterd-große ${stamp}.bin`, Buffer.alloc(300_000, 7));
const upload = async () => {
    await page.setInputFiles("input[type=file]", [`/tmp/chapterd-${stamp}.txt`, `/tmp/chapterd-große ${stamp}.bin`]);
    await page.locator("form:has(input[type=file]) button").click();
    await page.waitForLoadState("networkidle");
};
await upload();
await page.waitForTimeout(script === "script" ? 1500 : 200);
await look("folder-uploaded", words.uploaded);
check("the files are listed", (await page.locator("td.name a").allInnerTexts()).length === 2);
const [download] = await Promise.all([page.waitForEvent("download"), page.locator("td.name a").first().click()]);
const got = readFileSync(await download.path());
check("a download gives the bytes back", got.length === 300_000 || got.toString() === "Hallo Jena\n", String(got.length));
await upload();
await page.waitForTimeout(script === "script" ? 1500 : 200);
await look("upload-twice", words.exists);

await page.goto(`${url}/c/jena/files/nothing-here`);
await look("not-found", words.notFound);
await page.goto(`${url}/c/erfurt/files/Vorstand/`);
await look("foreign", words.notFound);

// Who can see and change a folder: asked about a person, set wrongly.
const rights = `${url}/c/jena/files/Mitglieder/${encodeURIComponent(`Ordner ${stamp}`)}/?why`;
await page.goto(rights);
await look("levels", words.levels);
await page.goto(`${rights}=jena-board`);
await look("levels-why", words.whyYes);
await page.selectOption("select[name=see]", "board");
await page.selectOption("select[name=change]", "member");
await page.locator("form:has(select[name=see]) button").click();
await look("levels-problem", words.mustSee);
await page.goto(`${url}/c/jena/members`);
await look("members-board", words.rolesGroups);

// An app password: refused without a name, made, not made again by loading the answer anew, removed.
await page.goto(`${url}/account`);
await look("account", words.sessions);
await page.goto(`${url}/account/devices`);
await look("devices", words.steps);
await page.fill("input[name=name]", "   ");
await page.locator("form:has(input[name=once]) button").click();
await look("devices-problem", words.nameDevice);
await page.fill("input[name=name]", `Telefon ${stamp}`);
await page.locator("form:has(input[name=once]) button").click();
await look("device-made", words.shownOnce);
check("the password is shown", /^cd_\d+_[0-9a-hjkmnp-tv-z]{25}$/.test(await page.locator("code.secret").innerText()));
await page.reload();
await look("device-sent-twice", words.sentBefore);
check("a reload shows no password", (await page.locator("code.secret").count()) === 0);
await page.locator("details").first().locator("summary").click();
await look("devices-steps", "/dav/files/");
await page.locator("li", { hasText: `Telefon ${stamp}` }).locator("button").click();
await look("device-removed", words.removed);

// The keyboard alone opens the steps and sends the form.
if (script === "script") {
    await page.goto(`${url}/account/devices`);
    await page.locator("summary").nth(1).focus();
    await page.keyboard.press("Enter");
    check("Return opens the steps", await page.locator("details").nth(1).evaluate((d) => d.open));
    await page.locator("input[name=name]").focus();
    await page.keyboard.type(`Tasten ${stamp}`);
    for (let i = 0; i < 3; i++) await page.keyboard.press("Tab");
    check("Tab reaches the button", await page.evaluate(() => document.activeElement.tagName === "BUTTON"));
    await page.keyboard.press("Enter");
    await page.waitForLoadState("networkidle");
    check("the keyboard makes one", (await page.locator("code.secret").count()) === 1);
    await page.goto(`${url}/account/devices`);
    await page.locator("li", { hasText: `Tasten ${stamp}` }).locator("button").press("Enter");
    await page.waitForLoadState("networkidle");
}

// The keyboard alone: the first Tab is the way past the navigation.
if (script === "script") {
    await page.goto(`${url}/`);
    await page.keyboard.press("Tab");
    const focused = await page.evaluate(() => document.activeElement.className);
    check("the first Tab skips to the content", focused === "skip", focused);
}
await page.locator("header form button").click();
await page.goto(`${url}/c/jena/files/Mitglieder/`);
await look("signed-out", words.signIn);

// A chair makes a group, forgets a guest's last day, invites somebody, who takes up her account.
await signIn("jena-chair", "demo");
await page.goto(`${url}/c/jena/members`);
await page.fill("#group", `Gruppe ${stamp}`);
await page.locator("form:has(#group) button").click();
await look("members", words.groupMade);
await page.locator("section", { hasText: `Gruppe ${stamp}` }).locator("summary").click();
await page.locator("section", { hasText: `Gruppe ${stamp}` }).locator("input[name=who]").fill("guest");
await page.locator("section", { hasText: `Gruppe ${stamp}` }).locator("form:has(input[name=who][type=text]) button").click();
await look("members-problem", words.lastDay);
await page.fill("#guest-name", "Paula Prüferin");
await page.fill("#guest-mail", `paula-${stamp}@example.org`);
await page.locator("form:has(#guest-mail) button").click();
await look("invitation", words.invited);
const link = await page.locator("code.secret").innerText();
await page.goto(link);
await look("invite", words.yourInvitation);
await page.locator("main form button").click();
await look("invite-password", words.guestPassword);
await page.goto(link);
await look("invite-used", words.tooOld);
await page.goto(`${url}/c/jena/members`);
await look("members-full", words.rolesGroups);
await browser.close();
process.exit(failed === 0 ? 0 : 1);
