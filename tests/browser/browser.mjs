// A person's browser and what is asked of every page she sees. Used by pages.mjs.
import { chromium } from "playwright-core";
import { createRequire } from "node:module";
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const SIZES = { phone: { width: 320, height: 640 }, desktop: { width: 1280, height: 800 } };
const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];
const TOUCH = 24; // CSS pixels: WCAG 2.2, 2.5.8
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

// scenario: "plain-phone-dark-de"; look(name, sentence) judges the page that is open: depth "walk" whether it says the
// sentence, "judge" also whether it has barriers; a folder as depth also keeps its picture there.
export async function openBrowser(url, scenario, depth) {
    const judged = depth !== "walk", folder = judged && depth !== "judge" ? depth : null;
    const [script, device, scheme, language] = scenario.split("-");
    const scripted = script === "script";
    const words = JSON.parse(readFileSync(new URL("words.json", import.meta.url)))[language];
    const scratch = mkdtempSync(join(tmpdir(), "chapterd-browser-"));
    let failed = 0, expected = /status of (4|5)/;

    function check(name, ok, detail = "") {
        if (!ok) failed++;
        console.log(`${ok ? "ok" : "not ok"} ${name}${ok ? "" : ": " + detail}`);
    }

    if (folder)
        mkdirSync(folder, { recursive: true });
    const browser = await chromium.launch({
        executablePath: "/usr/bin/chromium",
        args: ["--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
            "--disable-component-update", "--disable-sync", ...(process.getuid() === 0 ? ["--no-sandbox"] : [])],
    });
    const looks = { viewport: SIZES[device], colorScheme: scheme, locale: language };
    const context = await browser.newContext({ ...looks, javaScriptEnabled: scripted, acceptDownloads: true, bypassCSP: false });
    const page = await context.newPage();
    const stayHere = (r) => {
        if (!r.url().startsWith(url) && !r.url().startsWith("data:"))
            check("no request to anybody else", false, r.url());
    };
    page.on("request", stayHere);
    page.on("pageerror", (e) => check("the script runs", false, String(e)));
    page.on("console", (m) => { if (m.type() === "error" && !expected.test(m.text())) check("a quiet console", false, m.text()); });

    // axe is a script: what a browser without JavaScript was sent is shown once more, unchanged, to one that has it.
    const other = await (await browser.newContext(looks)).newPage();
    let shown = "";
    await other.route(/\/(judged|static\/script)/, (route) =>
            route.fulfill({ contentType: route.request().url().includes("judged") ? "text/html; charset=utf-8" : "text/javascript", body: route.request().url().includes("judged") ? shown : "" }));

    async function judgePage(name, what, runs) {
        const judge = runs ? what : other;
        if (!runs) {
            shown = await what.content();
            await judge.goto(`${url}/judged-${name}`);
        }
        // Evaluated by the test tool, not by the page, whose policy would refuse it.
        const found = await judge.evaluate(`(async () => {
            if (!window.axe) { ${axe}; }
            const report = await window.axe.run(document, { runOnly: ${JSON.stringify(RULES)}, resultTypes: ["violations"] });
            const root = document.documentElement;
            const small = [...document.querySelectorAll("button, .button, input:not([type=hidden]), select, summary, nav a, .cards a")]
                .filter((e) => e.offsetParent && e.closest("p, li p") === null)
                .filter((e) => Math.min(e.offsetHeight, e.offsetWidth) < (["checkbox", "radio"].includes(e.type) ? 20 : ${TOUCH}));
            const heads = [...document.querySelectorAll("h1, h2, h3, h4")].map((h) => Number(h.tagName[1]));
            return { bad: report.violations.filter((v) => ["serious", "critical"].includes(v.impact))
                        .map((v) => v.id + " " + v.nodes[0].html), passes: report.passes.length,
                     wide: root.scrollWidth - root.clientWidth, lang: root.lang, small: small.map((e) => e.outerHTML.slice(0, 80)),
                     ids: [...document.querySelectorAll("[id]")].map((e) => e.id).filter((id, i, all) => all.indexOf(id) !== i),
                     one: heads.filter((h) => h === 1).length, skips: heads.some((h, i) => i > 0 && h > heads[i - 1] + 1) };
        })()`);
        check(`${name}: no barrier`, found.bad.length === 0, found.bad.join("; "));
        check(`${name}: axe looked`, found.passes > 5, String(found.passes));
        check(`${name}: fits the screen`, found.wide <= 0, `${found.wide} px too wide`);
        check(`${name}: in ${language}`, found.lang === language, found.lang);
        check(`${name}: large enough to touch`, found.small.length === 0, found.small.join("; "));
        check(`${name}: one heading, then step by step`, found.one === 1 && !found.skips);
        check(`${name}: each id once`, found.ids.length === 0, found.ids.join(" "));
    }

    async function picture(name, what = page) {
        if (folder)
            await what.screenshot({ path: join(folder, `${name}-${scenario}.png`), fullPage: true });
    }

    async function look(name, sentence, what = page, runs = scripted) {
        const text = await what.locator("main").innerText();
        check(`${name}: says "${sentence}"`, text.includes(sentence), text.slice(0, 200));
        await picture(name, what);
        if (judged)
            await judgePage(name, what, runs);
    }

    // How many bytes come while it walks.
    async function weigh(walk) {
        const parts = [];
        const note = (response) => parts.push(response.body().catch(() => ""));
        page.on("response", note);
        await walk();
        page.off("response", note);
        return (await Promise.all(parts)).reduce((sum, part) => sum + part.length, 0);
    }

    // Clicks what leads to another page, and waits for it.
    async function follow(locator, what = page) {
        const there = what.waitForEvent("load");
        await locator.click();
        await there;
    }

    // Somebody else, without a login, cookies and JavaScript: walk({ page, look, follow }).
    async function another(walk) {
        const strange = await browser.newContext({ ...looks, javaScriptEnabled: false });
        const what = await strange.newPage();
        what.on("request", stayHere);
        await walk({ page: what, look: (name, sentence) => look(name, sentence, what, false), follow: (l) => follow(l, what) });
        await strange.close();
    }

    async function signIn(who, password = "demo") {
        await page.goto(`${url}/login`);
        await page.fill("input[name=user]", who);
        await page.fill("input[name=password]", password);
        await follow(page.locator("main form button"));
    }

    const signOut = () => follow(page.locator("header form button"));

    async function end() {
        await browser.close();
        rmSync(scratch, { recursive: true, force: true });
        process.exit(failed === 0 ? 0 : 1);
    }

    // From here on connections end in the middle, and what waits for them may take its time.
    const expectBreaks = () => {
        expected = /status of (4|5)|net::ERR_/;
        page.setDefaultTimeout(120_000);
    };

    return { url, page, expectBreaks, words, scripted, device, scratch, check, look, picture, weigh, follow, another, signIn,
        signOut, end, stamp: `${scenario}-${process.pid}` };
}
