// The tasks of a chapter, for a member of the board and for whoever has no login.
export async function walkTasks(t) {
    const { url, page, words, check, look, follow, another, stamp } = t;
    const tasks = `${url}/c/jena/tasks`, title = `Plakate ${stamp}`, mark = `Wahl ${stamp}`;
    const save = page.locator("form.fields > .acts button");
    const items = (what = page) => what.locator(".tasks li", { hasText: title });

    await page.goto(`${url}/c/bildung/tasks?show=done`);
    await look("tasks-empty", words.tasks);
    await page.goto(`${tasks}?new`);
    await look("task-new", words.newTask);
    await page.fill("#title", "   ");
    await page.fill("#categories", `Druck, ${mark}`);
    await follow(save);
    await look("task-problem", words.taskMissing);
    check("what was typed is still there", (await page.inputValue("#categories")) === `Druck, ${mark}`);
    await page.fill("#title", title);
    await page.fill("#contact", "Pressestelle");
    await page.fill("#text", "Zweihundert Stück, bitte mit Rand.");
    await page.fill("#day", "2020-05-04");
    await page.selectOption("#priority", "high");
    await page.selectOption("#repeat", "week");
    await follow(save);
    await look("tasks", title);
    check("it is late", (await items().innerText()).includes(words.late));

    await follow(items().locator(".what a"));
    await look("task", words.everyWeek);
    const task = page.url();
    await follow(page.locator("form button[value=done]"));
    await look("task-done", words.taskDone);
    check("the next of the series", (await items().innerText()).includes("11"), await items().innerText());
    await page.goto(`${tasks}?show=done`);
    await look("tasks-done", title);
    check("and what was done is kept", (await items().count()) === 1);
    await page.emulateMedia({ media: "print" });
    await t.picture("tasks-print");
    check("print leaves out the ways", !(await page.locator(".ways a:not([aria-current])").first().isVisible()));
    await page.emulateMedia({ media: null });

    await page.goto(`${task}?edit`);
    await look("task-edit", words.changeTask);
    await page.locator("form.fields input[name=etag]").evaluate((e) => { e.value = "old"; });
    await page.fill("#text", "Anders.");
    await follow(save);
    await look("task-conflict", words.taskFaster);
    check("and what was typed is there", (await page.inputValue("#text")) === "Anders.");
    await page.selectOption("#repeat", "no");
    await follow(save);
    check("saved", (await items().count()) === 1);
    await another(async (s) => {
        await s.page.goto(tasks);
        await s.look("tasks-public", title);
        check("nothing to tick for a stranger", (await s.page.locator(".tasks button").count()) === 0);
    });
    await follow(items().locator("button.box")); // ticked off in the list
    check("it is gone from the list", (await items().count()) === 0);

    for (let left = 2; left > 0; left--) {
        await page.goto(`${tasks}?show=done`);
        await follow(items().first().locator(".what a"));
        await page.goto(`${page.url()}?edit`);
        await page.locator(".confirm summary").click();
        await follow(page.locator(".confirm button"));
    }
    await page.goto(`${tasks}?show=done`);
    check("none is left", (await items().count()) === 0);
}

// An editorial calendar, from the button to a post that is a draft.
export async function walkEditorial(t) {
    const { url, page, words, check, look, follow, stamp } = t;
    const title = `Beitrag ${stamp}`, save = page.locator("form.fields > .acts button");

    await page.goto(`${url}/c/jena/tasks`);
    const make = page.locator("form:has(input[value=editorial])");
    if (await make.count()) { // the second walk finds it made
        await page.locator("details:has(input[value=editorial]) summary").click();
        await follow(make.locator("button"));
        await look("board-empty", words.editorialMade);
    } else {
        await follow(page.locator(".filters a[href*=redaktion]").first());
    }
    const board = `${page.url().replace(/&done=.*/, "")}&date=2038-05-04`;
    await page.goto(board);
    await follow(page.locator(".turn > a.button"));
    await look("post-new", words.newPost);
    await page.fill("#title", title);
    await page.fill("#day", "2038-05-06");
    await page.fill("#categories", "Instagram, Website");
    await page.fill("#contact", "Pressestelle");
    await follow(save);
    await page.goto(board);
    await look("board", title);
    const post = page.locator(".posts li", { hasText: title });
    await follow(post.locator("button"));
    await look("board-draft", words.draft);
    check("it moved on", (await page.locator(".board td", { hasText: title }).locator(".state").textContent()) === words.draft);
    await page.emulateMedia({ media: "print" });
    await t.picture("board-print");
    check("print leaves out the steps", !(await post.locator("button").isVisible()));
    await page.emulateMedia({ media: null });
    await follow(post.locator("a"));
    await look("post", "Pressestelle");
    await page.goto(`${page.url()}?edit`);
    await page.locator(".confirm summary").click();
    await follow(page.locator(".confirm button"));
}
