// Who can see and change a folder, and a chapter's roles, groups and guests.
export async function walkRights(t) {
    const { url, page, words, look, follow, stamp } = t;
    const group = page.locator("section", { hasText: `Gruppe ${stamp}` });

    await t.signIn("jena-board");
    const rights = `${url}/c/jena/files/Mitglieder/${encodeURIComponent(`Ordner ${stamp}`)}/?why`;
    await page.goto(rights);
    await look("levels", words.levels);
    await page.goto(`${rights}=jena-board`);
    await look("levels-why", words.whyYes);
    await page.selectOption("select[name=see]", "board");
    await page.selectOption("select[name=change]", "member");
    await follow(page.locator("form:has(select[name=see]) button"));
    await look("levels-problem", words.mustSee);
    await page.selectOption("select[name=see]", "public");
    await page.selectOption("select[name=change]", "board");
    await follow(page.locator("form:has(select[name=see]) button"));
    await look("levels-public", words.meantPublic);
    await page.goto(`${url}/c/jena/members`);
    await look("members-board", words.rolesGroups);
    await t.signOut();

    // A chair makes a group, forgets a guest's last day, invites somebody, who takes up her account.
    await t.signIn("jena-chair");
    await page.goto(`${url}/c/jena/members`);
    await page.fill("#group", `Gruppe ${stamp}`);
    await follow(page.locator("form:has(#group) button"));
    await look("members", words.groupMade);
    await group.locator("summary").click();
    await group.locator("input[name=who]").fill("guest");
    await follow(group.locator("form:has(input[name=who][type=text]) button"));
    await look("members-problem", words.lastDay);
    await page.fill("#guest-name", "Paula Prüferin");
    await page.fill("#guest-mail", `paula-${stamp}@example.org`);
    await follow(page.locator("form:has(#guest-mail) button"));
    await look("invitation", words.invited);
    const link = await page.locator("code.secret").innerText();
    await page.goto(link);
    await look("invite", words.yourInvitation);
    await follow(page.locator("main form button"));
    await look("invite-password", words.guestPassword);
    await page.goto(link);
    await look("invite-used", words.tooOld);
    await page.goto(`${url}/c/jena/members`);
    await look("members-full", words.rolesGroups);
    await t.signOut();
}
