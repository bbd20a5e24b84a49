// A phone is set up: the form refused and sent, the code, and what opens on the phone, which nobody is signed in on.
export async function walkSetup(t) {
    const { url, page, words, scripted, check, look, follow, stamp } = t;
    const ask = page.locator("main form button");

    await page.goto(`${url}/account/devices`);
    await follow(page.locator("a[href='/account/devices/setup']"));
    await look("setup", words.whichDevice);
    await page.fill("input[name=name]", "   ");
    await page.check("input[name=documents]");
    await follow(ask);
    await look("setup-problem", words.nameDevice);
    await page.fill("input[name=name]", `Scan ${stamp}`);
    await follow(ask);
    await page.locator("summary").click();
    await look("setup-code", words.tenMinutes);
    const address = (await page.locator("code.secret").innerText()).trim();
    check("the code leads to us", address.startsWith(`${url}/setup/`), address);
    if (scripted) {
        await page.goto(`${url}/account/devices/setup`);
        await page.locator("input[name=name]").focus();
        for (let i = 0; i < 2; i++) await page.keyboard.press("Tab");
        check("Tab reaches the boxes", await page.evaluate(() => document.activeElement.type === "checkbox"));
    }
    await t.another(async (phone) => {
        await phone.page.goto(address);
        await phone.look("setup-offer", words.anyTime);
        check("looking shows no password", (await phone.page.locator("code.secret").count()) === 0);
        await phone.follow(phone.page.locator("main form button"));
        await phone.look("setup-made", words.shownOnce);
        check("the phone gets its password", /^cd_\d+_[0-9a-hjkmnp-tv-z]{25}$/.test(await phone.page.locator("code.secret").innerText()));
        await phone.page.goto(address);
        await phone.look("setup-used", words.codeUsed);
    });
    await page.goto(`${url}/account/devices`);
    await follow(page.locator("li", { hasText: `Scan ${stamp}` }).locator("button"));
    await look("setup-taken-back", words.removed);
}
