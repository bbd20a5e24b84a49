// The tour for chairs: offered once, four steps, ended for good, found again on the page of the account.
export async function walkTour(t) {
    const { url, page, words, check, look, follow } = t;

    await t.signIn("weimar-chair");
    await page.goto(`${url}/`);
    const offered = (await page.locator("section.tour").count()) === 1;
    if (offered) {
        await look("tour-offered", words.tourOffered);
        await follow(page.locator("section.tour a"));
    } else {
        await page.goto(`${url}/account`);
        await look("account-chair", words.tourAgain);
        await follow(page.locator("main a[href='/tour']"));
    }
    for (const [i, title] of words.tourSteps.entries()) {
        await look(`tour-${i + 1}`, title);
        if (i + 1 < words.tourSteps.length)
            await follow(page.locator("main a[rel=next]"));
    }
    check("the tour knows the chapter", (await page.locator("main a[href='/c/weimar/audit']").count()) === 1);
    await follow(page.locator("main form button"));
    await look("tour-ended", words.tourEnded);
    check("it is not offered again", (await page.locator("section.tour").count()) === 0);
    await t.signOut();
}
