// Contacts of a chapter: made, changed, searched for, taken out of a file, deleted.
import { writeFileSync } from "node:fs";
import { join } from "node:path";

const card = (uid, name, ...lines) =>
    ["BEGIN:VCARD", "VERSION:3.0", `UID:${uid}`, `FN:${name}`, `N:;${name};;;`, ...lines, "END:VCARD", ""].join("\r\n");

export async function walkContacts(t) {
    const { url, page, words, check, look, follow, stamp } = t;
    const list = `${url}/c/jena/contacts`;
    const save = page.locator("form:has(#f1) button");

    await t.signIn("bildung-board");
    await page.goto(`${url}/c/bildung/contacts`);
    await look("contacts-none", words.contactsNone);
    await t.signOut();

    await t.signIn("jena-board");
    await page.goto(`${url}/c/jena/`);
    await follow(page.locator("a[href='/c/jena/contacts']"));
    await follow(page.locator("a[href*='new']"));
    await page.fill("#f31", `Termin am Montag\n${stamp}`);
    await follow(save);
    await look("contact-problem", words.contactNameless);
    const typed = { 0: "Dr.", 1: "Rosa", 3: `Prüferin ${stamp}`, 7: "Thüringer Landeszeitung Verlagsgesellschaft", 9: "Redakteurin",
        10: "rosa.prueferin.von.der.lokalredaktion@zeitung-mit-langem-namen.example", 13: "+49 170 1234567" };
    for (const [field, text] of Object.entries(typed))
        await page.fill(`#f${field}`, text);
    await follow(save);
    await look("contact-saved", words.saved);
    await look("contact", "zeitung-mit-langem-namen.example");
    check("its notes keep their lines", (await page.locator("dd.lines").last().innerText()).includes(`Montag\n${stamp}`));
    await follow(page.locator("a[href$='edit']"));
    check("the form holds what was typed", (await page.inputValue("#f9")) === typed[9]);
    await look("contact-edit", typed[7] === await page.inputValue("#f7") ? "" : "not its fields");
    await page.fill("#f9", "Ressortleiterin");
    await follow(save);
    await look("contact-changed", "Ressortleiterin");

    // A file of another program: looked into, then taken.
    await page.goto(list);
    await follow(page.locator("a[href*='import']"));
    await look("contacts-import", words.contactsSee);
    const files = { "none.csv": "Farbe,Form\r\nrot,rund\r\n", "some.vcf": card(`${stamp}-1`, `Funk ${stamp}`, "EMAIL:funk@example.org") +
        card(`${stamp}-2`, `Partner ${stamp}`, "TEL:+49 361 1") + card(`${stamp}-3`, "alt").replace("3.0", "2.1") };
    const send = async (name) => {
        writeFileSync(join(t.scratch, name), files[name]);
        await page.setInputFiles("#file", join(t.scratch, name));
        await follow(page.locator("form:has(#file) button"));
    };
    await send("none.csv");
    await look("contacts-import-problem", words.contactsNoTable);
    await send("some.vcf");
    await look("contacts-import-found", words.contactsFound);
    await follow(page.locator("button[value=add]"));
    await look("contacts-imported", words.contactsAdded);
    await page.fill("#q", stamp);
    await follow(page.locator("form[role=search] button"));
    await look("contacts", `Partner ${stamp}`);
    check("three are found", (await page.locator("td.name a").count()) === 3);
    await page.goto(`${list}?q=${stamp}+nirgends`);
    await look("contacts-no-hit", words.contactsNoHit);

    for (let i = 0; i < 3; i++) {
        await page.goto(`${list}?q=${stamp}`);
        await follow(page.locator("td.name a").first());
        await page.locator(".confirm summary").click();
        if (i === 0)
            await look("contact-delete", words.contactGone);
        await follow(page.locator(".confirm form button"));
    }
    await page.goto(`${list}?q=${stamp}`);
    check("all are deleted", (await page.locator("td.name a").count()) === 0);
    await t.signOut();
}
