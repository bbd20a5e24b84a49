// Two pages: one that is drawn, and one whose font is not in it.
function makePdf(word) {
    const page = (content, fonts) => `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents ${content} 0 R /Resources << ${fonts} >> >>`;
    const stream = (data) => `<< /Length ${data.length} >>\nstream\n${data}\nendstream`;
    const objects = ["<< /Type /Catalog /Pages 2 0 R >>", "<< /Type /Pages /Kids [3 0 R 4 0 R] /Count 2 >>", page(5, ""),
        page(6, "/Font << /F << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >>"),
        stream("0 0 1 rg 100 400 300 300 re f"), stream(`BT /F 20 Tf 50 700 Td (${word}) Tj ET`)];
    return `%PDF-1.4\n${objects.map((body, i) => `${i + 1} 0 obj\n${body}\nendobj\n`).join("")}trailer\n<< /Size 7 /Root 1 0 R >>\n%%EOF\n`;
}

// A PDF a page at a time; it is gone afterwards.
async function walkPdf({ url, page, words, check, look, stamp }, folder) {
    const dav = `${folder.replace("/c/jena/files/", "/dav/files/jena/")}${encodeURIComponent(stamp)}.pdf`;
    const ask = (method, body) =>
        fetch(dav, { method, body, headers: { Authorization: `Basic ${Buffer.from("jena-board:demo").toString("base64")}`, "Content-Type": "application/pdf" } });
    check("a PDF is there", (await ask("PUT", makePdf(`Hallo ${stamp}`))).status === 201);
    const view = async (query) => {
        await page.goto(`${folder}${encodeURIComponent(stamp)}.pdf${query}`);
        for (let i = 0; i < 20 && (await page.locator(".pager").count()) === 0; i++) await page.reload(); // others are read just now
    };
    await view("?view");
    await look("preview-pdf", words.pageOne);
    check("its page is drawn", (await page.locator(".picture img").evaluate((img) => img.naturalWidth)) === 1200);
    await view(new URL(await page.locator("a[rel=next]").getAttribute("href"), url).search);
    await look("preview-pdf-text", `Hallo ${stamp}`);
    check("a page without its font is no picture", (await page.locator(".picture img").count()) === 0);
    check("it is gone", (await ask("DELETE")).status === 204);
}

// A folder with two files: sorted, filtered, ticked; renamed, moved, deleted as far as the question.
export async function walkDocuments(t, folder) {
    const { url, page, words, scripted, check, look, follow, stamp } = t;
    const shown = () => page.locator("td.name a[id]").allInnerTexts();
    const button = (act) => page.locator(`button[name=act][value=${act}]`);

    await page.goto(folder);
    await follow(page.locator("th.number a"));
    await look("folder-sorted", stamp);
    check("the largest first", (await shown())[0].startsWith("gro"), (await shown()).join());
    check("the heading says so", (await page.locator("th.number").getAttribute("aria-sort")) === "descending");
    await page.goto(`${folder}?q=nirgends`);
    await look("folder-filtered", words.noName);
    await follow(page.locator(".find a"));
    check("all are back", (await shown()).length === 2);

    await follow(button("delete"));
    await look("act-nothing", words.nothingChosen);
    await page.goto(folder);
    await page.locator("input[name=item]").first().check();
    await follow(button("rename"));
    await look("act-rename", words.newName);
    await page.fill("input[name=to]", `Neuer Name ${stamp}.txt`);
    await follow(page.locator("form:has(input[name=to]) button"));
    await look("folder-renamed", words.renamed);
    check("it has the new name", (await shown()).includes(`Neuer Name ${stamp}.txt`));

    await page.locator("input[name=item]").first().check();
    await follow(button("move"));
    await look("act-move", words.anotherFolder);
    for (const place of ["/c/jena/files/Mitglieder/", "/c/jena/files/", "/c/jena/files/%C3%96ffentlich/"])
        await follow(page.locator(`button[name=at][value="${place}"]`));
    await look("act-move-warns", words.changesReaders);
    await page.goto(folder);
    check("nothing has moved yet", (await shown()).length === 2);

    await page.goto(`${folder}${encodeURIComponent(stamp)}.txt?view`);
    await look("preview", `${stamp}.txt`);
    check("the frame holds the text", (await page.frameLocator("iframe").locator("body").innerText()).includes("Hallo Jena"));
    await walkPdf(t, folder);
    await page.goto(folder);
    for (const tick of await page.locator("input[name=item]").all()) await tick.check();
    await follow(button("delete"));
    await look("act-delete", words.deleteThese);
    await page.goto(folder);
    if (!scripted)
        return;
    await page.locator("thead input[type=checkbox]").check();
    check("one tick for all", await page.locator("input[name=item]").evaluateAll((all) => all.every((tick) => tick.checked)));
    await page.locator("thead input[type=checkbox]").uncheck();
    await page.locator("td.name a[id]").first().focus();
    await page.keyboard.press("ArrowDown");
    check("arrows go from line to line", await page.evaluate(() => document.activeElement.id === "r1"));
    const there = page.waitForEvent("load");
    await page.keyboard.press("F2");
    await there;
    check("F2 renames", (await page.locator("input[name=to]").inputValue()).includes(stamp));
    await page.goto(`${url}/c/jena/files/`);
}
