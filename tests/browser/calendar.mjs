// The calendar of a chapter, for a member of the board and for whoever has no login.
export async function walkCalendar(t) {
    const { url, page, words, check, look, follow, another, stamp } = t;
    const calendar = `${url}/c/jena/calendar`, title = `Treffen ${stamp}`;
    const save = page.locator("form.fields > .acts button");
    const entries = (what = page) => what.locator(".events li", { hasText: title });

    await page.goto(`${calendar}?date=2038-05-01`);
    await look("calendar-empty", words.nothingPlanned);
    await follow(page.locator(".acts a"));
    await look("event-new", words.newEvent);
    await page.fill("#title", "   ");
    await page.fill("#place", "Volkshaus, großer Saal");
    await follow(save);
    await look("event-problem", words.eventMissing);
    check("what was typed is still there", (await page.inputValue("#place")) === "Volkshaus, großer Saal");
    await page.fill("#title", title);
    await page.fill("#text", "Bitte Unterlagen mitbringen.\nhttps://example.org/ wird nicht geladen.");
    await page.fill("#from-day", "2038-05-04");
    await page.fill("#to-day", "2038-05-04");
    await page.locator("form.fields summary").click();
    await page.selectOption("#repeat", "week");
    await page.selectOption("#end", "count");
    await page.fill("#count", "3");
    await follow(save);
    await look("calendar-month", title);
    check("three of them", (await entries().count()) === 3);
    for (const view of ["week", "list"]) {
        await page.goto(`${calendar}?view=${view}&date=2038-05-04`);
        await look(`calendar-${view}`, title);
    }
    await page.goto(`${calendar}?date=2038-05-01`);
    await page.emulateMedia({ media: "print" });
    await t.picture("calendar-print");
    check("print leaves out the buttons", !(await page.locator(".turn nav").isVisible()));
    await page.emulateMedia({ media: null });

    await follow(entries().nth(1).locator("a"));
    await look("event", words.weekly);
    const event = page.url();
    await follow(page.locator(".acts a.button").first());
    await look("event-edit", words.changeEvent);
    await page.fill("#from-time", "17:30");
    await page.check("input[name=scope][value=later]");
    await follow(save);
    await page.goto(`${calendar}?view=list&date=2038-05-01`);
    const times = await entries().locator(".when").allInnerTexts();
    check("this one and all later", times.join() === "19:00,17:30,17:30", times.join());

    // Somebody was faster: the form of an event as it was.
    await follow(entries().first().locator("a"));
    await follow(page.locator(".acts a.button").first());
    await page.locator("form.fields input[name=etag]").evaluate((e) => { e.value = "old"; });
    await page.fill("#place", "Anderswo");
    await follow(save);
    await look("event-conflict", words.eventFaster);
    check("and what was typed is there", (await page.inputValue("#place")) === "Anderswo");

    await another(async (s) => {
        await s.page.goto(`${calendar}?date=2038-05-01`);
        await s.look("calendar-public", title);
        await s.follow(entries(s.page).first().locator("a"));
        await s.look("event-public", title);
        check("nothing to change for a stranger", (await s.page.locator("a[href$=edit]").count()) === 0);
        await s.page.goto(event);
        check("the other one is gone", (await s.page.locator("main").innerText()).includes(words.notFound));
    });

    for (let left = 2; left > 0; left--) { // the series is two by now
        await page.goto(`${calendar}?view=list&date=2038-05-01`);
        await follow(entries().first().locator("a"));
        await follow(page.locator(".acts a.button").first());
        await page.locator(".confirm summary").click();
        const all = page.locator(".confirm input[value=all]");
        if (await all.count())
            await all.check();
        await follow(page.locator(".confirm button"));
        check("deleted", (await page.locator("main").innerText()).includes(words.eventDeleted));
    }
    await page.goto(`${calendar}?view=list&date=2038-05-01`);
    check("none is left", (await entries().count()) === 0);
}

// Somebody is invited by the page of an event, and answers in her own calendar.
export async function walkInvitations(t) {
    const { url, page, words, check, look, follow, stamp } = t;
    const calendar = `${url}/account/calendar`, title = `Zahnarzt ${stamp}`;
    const save = page.locator("form.fields > .acts button");

    await page.goto(`${calendar}?date=2038-06-01`);
    await look("own-calendar-empty", words.ownCalendar);
    await follow(page.locator(".acts a.button"));
    await page.fill("#title", title);
    await page.fill("#from-day", "2038-06-04");
    await page.fill("#to-day", "2038-06-04");
    await page.fill("#guests", "anna@");
    await follow(save);
    await look("guests-problem", words.noAddress);
    check("who was typed is still there", (await page.inputValue("#guests")).trim() === "anna@");
    await page.fill("#guests", "Anna Außen <anna@example.org>\nbo@example.org");
    await follow(save);
    await look("own-calendar", title);
    await follow(page.locator(".events li", { hasText: title }).first().locator("a"));
    await look("event-guests", "Anna Außen");
    await follow(page.locator(".acts a.button").first());
    await page.locator(".confirm summary").click();
    await follow(page.locator(".confirm button"));
}

// What somebody else invites her to; `put` stores an object in her calendar.
export async function walkAnswer(t, put) {
    const { url, page, words, check, look, follow, stamp } = t;
    const title = `Einladung ${stamp}`, name = `${stamp}.ics`;
    const mail = (await (await page.goto(`${url}/account`)).text()).match(/[\w.+-]+@[\w.-]+/)[0];
    const day = new Date(Date.now() + 20 * 86400000).toISOString().slice(0, 10).replaceAll("-", "");

    await put(name, ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//test//EN", "BEGIN:VEVENT", `UID:${stamp}`, "DTSTAMP:20260101T000000Z",
        `DTSTART:${day}T180000Z`, `DTEND:${day}T190000Z`, "RRULE:FREQ=WEEKLY;COUNT=3", `SUMMARY:${title}`, "ORGANIZER;CN=Olga:mailto:olga@example.org",
        `ATTENDEE;PARTSTAT=NEEDS-ACTION;RSVP=TRUE:mailto:${mail}`, "END:VEVENT", "END:VCALENDAR", ""].join("\r\n"));
    await page.goto(`${url}/account/calendar`);
    await look("invitations", words.notAnswered);
    await follow(page.locator(".invitations li", { hasText: title }).locator("a"));
    await look("answer", words.doYouCome);
    const event = page.url();
    await page.locator("form.answer input[name=etag]").evaluate((e) => { e.value = "old"; });
    await follow(page.locator("form.answer button[value=yes]"));
    await look("answer-conflict", words.changedMeanwhile);
    await page.goto(event);
    await follow(page.locator("form.answer button[value=yes]"));
    await look("answered", words.youCome);
    await page.goto(`${url}/account/calendar`);
    check("it is answered", (await page.locator(".invitations li", { hasText: title }).count()) === 0);
    await put(name, null);
}
