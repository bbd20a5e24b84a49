// A folder shared by a link: the pages of those who make it, and of strangers with a browser of their own.
export async function walkShare(t, folder) {
    const { page, words, check, look, follow, another, stamp } = t;
    const button = (what) => page.locator(`form:has(input[name=share][value=${what}]) button`);
    const make = async (kind, purpose, password = "") => {
        await page.goto(`${folder}?share`);
        await page.selectOption("select[name=kind]", kind);
        await page.fill("input[name=purpose]", purpose);
        await page.fill("input[name=password]", password);
        await follow(button("make"));
        return (await page.locator("code.secret").allInnerTexts())[0] ?? "";
    };

    await page.goto(`${folder}?share`);
    await look("share-empty", words.noLink);
    await make("read", "x", "short");
    await look("share-problem", words.tooShort);
    const read = await make("read", `Lesen ${stamp}`, "correct horse");
    await look("share-made", words.shownThisOnce);
    const box = await make("box", `Bilder ${stamp}`);
    check("two addresses", read !== box && /\/s\/[A-Za-z0-9_-]{22}$/.test(box), `${read} ${box}`);

    // A stranger's telephone, which has neither a login nor JavaScript.
    await another(async (s) => {
        await s.page.goto(read);
        await s.look("link-password", words.linkPassword);
        await s.page.fill("input[name=password]", "wrong horse");
        await s.follow(s.page.locator("main form button"));
        await s.look("link-password-wrong", words.linkWrong);
        await s.page.fill("input[name=password]", "correct horse");
        await s.follow(s.page.locator("main form button"));
        await s.look("link-folder", `Lesen ${stamp}`);
        check("nothing of the inside", (await s.page.locator("a[href*='/c/'], a[href*='/dav/'], input[name=item]").count()) === 0);
        await s.page.goto(`${read}/${encodeURIComponent(stamp)}.txt?view`);
        await s.look("link-preview", `${stamp}.txt`);
        check("the text is in its frame", (await s.page.frameLocator("iframe").locator("body").innerText()).includes("Hallo Jena"));

        await s.page.goto(box);
        await s.look("box", `Bilder ${stamp}`);
        const picture = (n) => ({ name: "image.jpg", mimeType: "image/jpeg", buffer: Buffer.alloc(120_000 + n, n) });
        await s.page.setInputFiles("input[type=file]", [picture(1), picture(2), picture(3)]);
        await s.follow(s.page.locator("main form button"));
        await s.look("box-arrived", "image (3).jpg");
        await s.page.goto(box.slice(0, -1) + (box.endsWith("A") ? "B" : "A"));
        await s.look("link-wrong", words.linkGone);
    });

    await page.goto(folder);
    await look("folder-news", words.threeArrived);
    check("what has a link says so", (await page.locator(".badge", { hasText: words.shared }).count()) > 0);
    await follow(page.locator("button[name=share][value=seen]"));
    check("it was seen", (await page.locator("button[name=share]").count()) === 0);
    await page.goto(`${folder}?share`);
    await look("share-list", `Bilder ${stamp}`);
    await page.goto(new URL("/c/jena/shares", folder).href);
    await look("shares", `Lesen ${stamp}`);
    await page.goto(`${folder}?share`);
    for (let left = 2; left > 0; left--)
        await follow(button("end").first());
    await look("share-ended", words.linkEnded);
    await another(async (s) => {
        await s.page.goto(box);
        check("an ended link is gone", (await s.page.locator("main").innerText()).includes(words.linkGone));
    });
}
