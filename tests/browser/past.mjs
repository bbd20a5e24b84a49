// What a document held before, what was deleted, and what is found: each page empty and with something on it.
import { request } from "playwright-core";

export async function walkPast(t, folder) {
    const { url, page, words, check, look, follow, stamp } = t;
    const dav = folder.replace("/c/jena/files/", "/dav/files/jena/");
    const drive = await request.newContext({ // somebody else's telephone
        extraHTTPHeaders: { Authorization: `Basic ${Buffer.from("jena-member:demo").toString("base64")}` } });
    const name = `Protokoll ${stamp}.txt`, address = `${folder}${encodeURIComponent(name)}`;
    const put = async (text) => check("it is saved", (await drive.put(dav + encodeURIComponent(name), { data: text })).ok());

    await put("Beschluss: der Infostand kommt\n");
    await page.goto(`${address}?versions`);
    await look("versions-empty", words.noVersions);
    await page.goto(folder);
    await page.setInputFiles("input[type=file]", { name, mimeType: "text/plain", buffer: Buffer.from("Beschluss: kein Infostand\n") });
    await page.check("input[name=replace]");
    await follow(page.locator("form:has(input[type=file]) button"));
    await page.goto(`${address}?versions`);
    await look("versions", words.restore);
    await follow(page.locator("a[href*='compare=']").first());
    await look("compare", words.linesNew);
    check("words that changed are marked", (await page.locator(".diff del").first().innerText()) === "der");
    await page.goto(`${address}?versions`);
    await follow(page.locator("form:has(input[name=restore]) button").first());
    await page.goto(`${address}?versions`);
    check("what was there is one more version", (await page.locator("tbody tr").count()) === 2);

    await page.goto(`${url}/c/jena/search`);
    await look("search", words.searchWords);
    await page.goto(`${url}/c/jena/search?q=${encodeURIComponent(`nirgends${stamp}`)}`);
    await look("search-nothing", words.nothingFound);
    for (let tries = 0; tries < 60; tries++) { // the job reads it within moments
        await page.goto(`${url}/c/jena/search?q=${encodeURIComponent(`"${stamp}" Beschluss`)}`);
        if ((await page.locator("ol.hits li").count()) > 0)
            break;
        await page.waitForTimeout(500);
    }
    await look("search-found", name);

    await page.goto(`${folder}?keep`);
    await look("keeping", words.keptFor);
    await page.fill("input[name=months]", "none");
    await follow(page.locator("form[method=get] button"));
    await look("keeping-problem", words.months);
    await page.goto(`${folder}?keep`);
    await page.fill("input[name=months]", "24");
    await follow(page.locator("form[method=get] button"));
    await look("keeping-trial", words.ruleBegins);
    await follow(page.locator("button[value=months]"));
    await look("keeping-set", words.ruleSet);
    await follow(page.locator("button[value=above]"));

    check("it is deleted", (await drive.delete(dav + encodeURIComponent(name))).ok());
    await page.goto(`${url}/c/jena/trash`);
    await look("trash", name);
    await follow(page.locator("tr", { hasText: name }).locator("button[value=place]"));
    await look("trash-place", words.asItIs);
    await follow(page.locator("form.fields button"));
    await page.goto(folder);
    check("it is back", (await page.locator("td.name a[id]").allInnerTexts()).some((n) => n.includes("Protokoll")));
    await drive.dispose();
}
