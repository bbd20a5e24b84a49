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
