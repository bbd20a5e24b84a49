// mail.mjs URL SCENARIO walk|judge|FOLDER CODE: an invitation that goes by mail, and asking for no more (CODE: of /mail/stop/).
import { openBrowser } from "./browser.mjs";

const t = await openBrowser(...process.argv.slice(2, 5));
const { url, page, words, look, follow, stamp } = t;
const code = process.argv[5];

await t.signIn("jena-chair");
await page.goto(`${url}/c/jena/members`);
await page.fill("#guest-name", "Paula Prüferin");
await page.fill("#guest-mail", `mail-${stamp}@example.org`);
await follow(page.locator("form:has(#guest-mail) button"));
await look("invitation-mailed", words.onItsWay);
await t.signOut();

// Who comes by the link of a mail has no login.
await page.goto(`${url}/mail/stop/${code}`);
await look("mail-stop", words.noneOfThese);
await follow(page.locator("main form button"));
await look("mail-stopped", words.stopped);
await page.goto(`${url}/mail/stop/${code}`);
await look("mail-stopped-before", words.stoppedBefore);
await follow(page.locator("main form button"));
await look("mail-again", words.sentAgain);
await page.goto(`${url}/mail/stop/${code.slice(0, -1)}`);
await look("mail-stop-broken", words.notComplete);
await t.end();
