// The log of a chapter, a state admin's look into it, and the parts of pages.
export async function walkLog(t) {
    const { url, page, words, check, look, follow } = t;
    const reason = `Der Vorstand ist zurückgetreten; gesucht wird die Kasse. ${t.stamp}`;

    await t.signIn("land-admin");
    await page.goto(`${url}/c/bildung/files/Vorstand/`);
    await look("look-before", words.notFound);
    await page.goto(`${url}/c/bildung/`);
    await follow(page.locator("a[href='/c/bildung/override']"));
    await look("override", words.overrideWhy);
    await page.locator("textarea").evaluate((e) => e.removeAttribute("minlength"));
    await page.fill("textarea", "zu kurz");
    await follow(page.locator("form:has(textarea) button"));
    await look("override-problem", words.overrideProblem);
    await page.fill("textarea", reason);
    await follow(page.locator("form:has(textarea) button"));
    await look("override-begun", words.overrideBegun);
    await page.goto(`${url}/c/bildung/files/Vorstand/`);
    await look("look-into", words.overrideBanner);
    await follow(page.locator(".look button"));
    await look("override-ended", words.overrideEnded);

    // Every part that pages are made of, the form also with a mistake, the question opened.
    await page.goto(`${url}/patterns`);
    await page.locator(".confirm summary").click();
    await look("patterns", words.patterns);
    await follow(page.locator("form:has(#sample) button"));
    await look("patterns-problem", words.patternsProblem);
    if (t.scripted)
        check("the field that is wrong says why", await page.locator("#sample").evaluate(
            (e) => e.matches("[aria-invalid=true]") && document.getElementById(e.getAttribute("aria-describedby")).innerText.length > 10));
    await page.emulateMedia({ media: "print" });
    await t.picture("patterns-print");
    check("print leaves out what is only to be clicked", !(await page.locator("footer.site").isVisible()));
    await page.emulateMedia({ media: null });
    await t.signOut();

    await t.signIn("bildung-board");
    await page.goto(`${url}/c/bildung/`);
    await follow(page.locator("a[href='/c/bildung/audit']"));
    await look("log", reason);
    await page.fill("#since", "2001-01-01");
    await page.fill("#till", "2001-01-31");
    await follow(page.locator(".filter button"));
    await look("log-empty", words.logEmpty);
    await page.goto(`${url}/c/bildung/audit?since=2001-02-30`);
    await look("log-problem", words.logProblem);
    await page.goto(`${url}/c/bildung/audit?kind=operation`);
    await look("log-operation", words.logLooked);
    await t.signOut();
}
