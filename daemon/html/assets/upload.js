// Uploads of a folder's page: several files and folders, in pieces, which go on after the line broke. See chapterd-upload(7).
"use strict";

(() => {
    const form = document.querySelector("form[data-upload]");
    if (!form || !window.Promise || !window.Map)
        return;
    const section = form.closest("section"), folder = form.dataset.upload;
    const texts = new Map();
    for (const dt of section.querySelectorAll(".texts dt"))
        texts.set(dt.textContent, dt.nextElementSibling.textContent);
    const say = (key, ...values) => values.reduce((text, value) => text.replace("{}", value), texts.get(key));
    const clone = (name) => document.importNode(section.querySelector(`template.${name}`).content, true);

    const SMALL = 4 << 20, LEAST = 256 << 10, MOST = 32 << 20; // in one request; pieces, bytes
    const TOGETHER = 2, SECONDS = 30; // files at a time; the longest pause between two attempts
    const items = [];
    let busy = 0, piece = 1 << 20, paused = false, wake = [], sum = null, told = "";

    const bytes = (n) => {
        const units = ["B", "kB", "MB", "GB", "TB"];
        let unit = 0;
        for (; n >= 1000 && unit < units.length - 1; unit++) n /= 1000;
        return `${n.toLocaleString(document.documentElement.lang, { maximumFractionDigits: unit > 1 ? 1 : 0 })} ${units[unit]}`;
    };

    // ---- what a reload must not lose: addresses of unfinished uploads, by what they are of

    const KEY = "upload ";
    const memory = {
        key: (item) => `${KEY}${item.href} ${item.file.size} ${item.file.lastModified}`,
        get: (item) => { try { return localStorage.getItem(memory.key(item)); } catch (e) { return null; } },
        set: (item, url) => { try { localStorage.setItem(memory.key(item), url); } catch (e) { /* then it begins anew */ } },
        drop: (key) => { try { localStorage.removeItem(key); } catch (e) { /* it was never there */ } },
        here: () => { try { return Object.keys(localStorage).filter((k) => k.startsWith(KEY + folder)); } catch (e) { return []; } },
    };

    // ---- one request; it never fails: status 0 is a line that broke

    const ask = (method, url, headers, body, item) => new Promise((answer) => {
        const request = new XMLHttpRequest();
        request.open(method, url);
        request.setRequestHeader("X-Form-Token", form.dataset.token);
        request.setRequestHeader("Accept", "application/json");
        for (const name of Object.keys(headers))
            request.setRequestHeader(name, headers[name]);
        if (item) {
            item.request = request;
            request.upload.onprogress = (event) => show(item, item.sent + event.loaded);
        }
        request.onloadend = () => {
            if (item) item.request = null;
            answer(request);
        };
        request.send(body);
    });
    const TUS = { "Tus-Resumable": "1.0.0" };
    const offset = (answer) => Number(answer.getResponseHeader("Upload-Offset"));

    // ---- what is shown

    const buttons = (item, ...names) => {
        for (const button of item.line.querySelectorAll("button"))
            button.hidden = !names.includes(button.dataset.do);
    };
    const show = (item, sent) => {
        item.shown = sent;
        item.bar.value = item.file.size ? sent / item.file.size : 0;
        if (item.state === "sends")
            item.said.textContent = say("sends", bytes(sent), bytes(item.file.size));
        showSum();
    };
    const become = (item, state, text, problem) => {
        item.state = state;
        item.said.textContent = text || "";
        item.line.classList.toggle("problem", Boolean(problem));
        item.bar.hidden = ["done", "cancelled", "skipped"].includes(state);
        buttons(item, ...({ waits: ["cancel"], sends: ["cancel"], failed: ["again", "cancel"], done: [], cancelled: [], skipped: [],
            asks: item.url ? ["replace", "skip"] : ["replace", "both", "skip"] })[state]);
        showSum();
    };
    const over = (item) => ["done", "cancelled", "skipped"].includes(item.state);
    const showSum = () => {
        if (!sum) return;
        const counted = items.filter((item) => item.state !== "cancelled" && item.state !== "skipped");
        const all = counted.reduce((n, item) => n + item.file.size, 0);
        const sent = counted.reduce((n, item) => n + (item.state === "done" ? item.file.size : item.shown), 0);
        const done = counted.filter((item) => item.state === "done").length;
        sum.bar.value = all ? sent / all : 0;
        sum.text.textContent = say("all", done, counted.length, bytes(sent), bytes(all));
        // Read aloud when a file is done or something is wrong, not with every byte.
        const wrong = items.filter((item) => item.state === "asks" || item.state === "failed");
        const news = `${done}/${counted.length}/${wrong.length}/${paused}`;
        if (news !== told) {
            told = news;
            sum.status.textContent = paused ? say("paused") : [say("all", done, counted.length, bytes(sent), bytes(all)),
                ...wrong.slice(0, 1).map((item) => `${item.path}: ${item.said.textContent}`)].join(" ");
        }
    };

    // ---- pause, and waiting until something may go on

    const paces = () => new Promise((go) => { if (paused) wake.push(go); else go(); });
    const setPaused = (now) => {
        paused = now;
        for (const button of sum.acts.querySelectorAll("button"))
            button.hidden = (button.dataset.do === "pause") === now;
        if (now)
            for (const item of items) {
                if (item.state === "sends") item.said.textContent = say("paused");
                if (item.request) item.request.abort();
            }
        else
            wake.splice(0).forEach((go) => go());
        showSum();
    };
    const sleep = (item, seconds) => new Promise((go) => {
        const end = () => { clearInterval(clock); window.removeEventListener("online", end); item.hurry = null; go(); };
        const clock = setInterval(() => {
            if (over(item) || paused || --seconds <= 0) end(); else item.said.textContent = say("lost", seconds);
        }, 1000);
        item.said.textContent = say("lost", seconds);
        window.addEventListener("online", end);
        item.hurry = end;
    });
    const readable = (file) => new Promise((answer) => {
        const reader = new FileReader();
        reader.onload = () => answer(true);
        reader.onerror = () => answer(false);
        reader.readAsArrayBuffer(file.slice(0, 1));
    });

    // ---- refusals

    const choice = (item) => new Promise((answer) => { item.answer = answer; });
    const reason = (answer) => {
        let sent = {};
        try { sent = JSON.parse(answer.responseText); } catch (e) { /* not ours, or none */ }
        const known = { 401: "signin", 403: "forbidden", 413: "toolarge", 507: "full" }[answer.status];
        return sent.detail || (known && texts.get(known)) || sent.title || answer.statusText;
    };
    class Refused extends Error {}
    const passes = (answer) => answer.status === 0 || answer.status === 409 || answer.status === 429 || (answer.status >= 500 && answer.status !== 507);

    // "name (2).txt" for "name.txt".
    const numbered = (path, n) => {
        const name = path.slice(path.lastIndexOf("/") + 1), dot = name.lastIndexOf(".");
        const at = path.length - name.length + (dot > 0 ? dot : name.length);
        return `${path.slice(0, at)} (${n})${path.slice(at)}`;
    };
    const named = (item, path) => {
        item.href = folder + path.split("/").map(encodeURIComponent).join("/");
        item.line.querySelector(".what").textContent = path;
        item.bar.setAttribute("aria-label", path);
    };
    const conditions = (item) => (item.replace ? {} : { "If-None-Match": "*" });

    // There is something of this name already: replaced, kept beside it, or left.
    const settle = async (item) => {
        if (item.copy) { // "keep both": the next number
            named(item, numbered(item.path, ++item.copy));
            return;
        }
        become(item, "asks", texts.get("exists"), true);
        busy--; // the others go on meanwhile
        turn();
        const wish = await choice(item);
        busy++;
        if (wish === "replace") item.replace = true;
        if (wish === "both") named(item, numbered(item.path, item.copy = 2));
        if (wish === "skip") {
            if (item.url) forget(item);
            become(item, "skipped", texts.get("skipped"));
        } else {
            become(item, "sends");
        }
    };

    const forget = (item) => {
        if (item.url) ask("DELETE", item.url, TUS);
        item.url = null;
        memory.drop(memory.key(item));
    };

    // ---- one file

    const sendWhole = (item) => ask("PUT", item.href, { ...conditions(item), "X-OC-Mtime": String(Math.floor(item.file.lastModified / 1000)) }, item.file, item);

    // Finds the upload that was broken off, or begins one; the answer that stands in the way, if there is one.
    const begin = async (item) => {
        if (!item.url) item.url = memory.get(item);
        if (item.url) {
            const there = await ask("HEAD", item.url, TUS);
            if (there.status === 200 && there.getResponseHeader("Upload-Offset") !== null) {
                item.sent = offset(there);
                item.whole = item.sent === item.file.size && there.getResponseHeader("Content-Location") !== null;
                show(item, item.sent);
                return null;
            }
            if (there.status === 200) throw new Refused(texts.get("signin")); // sent on to the page for signing in
            if (there.status !== 404) return there;
            memory.drop(memory.key(item));
            item.url = null;
        }
        const begun = await ask("POST", form.dataset.pieces + item.href.slice(folder.length),
            { ...TUS, ...conditions(item), "Upload-Length": String(item.file.size), "X-OC-Mtime": String(Math.floor(item.file.lastModified / 1000)) });
        if (begun.status !== 201) return begun;
        item.url = begun.getResponseHeader("Location");
        item.sent = 0;
        memory.set(item, item.url);
        return null;
    };

    const sendPiece = async (item) => {
        const size = Math.max(piece, LEAST, Math.ceil(item.file.size / 9000)), start = Date.now();
        const answer = await ask("PATCH", item.url, { ...TUS, "Upload-Offset": String(item.sent), "Content-Type": "application/offset+octet-stream",
            ...(item.force ? { "If-Match": "*" } : {}) }, item.file.slice(item.sent, item.sent + size), item);
        if (answer.status === 204) {
            const took = Date.now() - start;
            piece = took < 1500 ? Math.min(2 * piece, MOST) : took > 8000 ? Math.max(piece / 2, LEAST) : piece;
            item.sent = offset(answer);
            show(item, item.sent);
        } else if (answer.status === 0) {
            piece = Math.max(piece / 2, LEAST);
        }
        return answer;
    };

    // True when the file is there, or given up; else the answer that stands in the way.
    const attempt = async (item) => {
        if (item.file.size <= SMALL) {
            const answer = await sendWhole(item);
            return answer.status === 201 || answer.status === 204 ? null : answer;
        }
        const stopped = await begin(item);
        if (stopped) return stopped;
        while (!item.whole && !over(item)) {
            await paces();
            if (over(item)) break;
            const answer = await sendPiece(item);
            if (answer.status !== 204) {
                if (answer.status === 412) item.force = true; // if it is to be replaced all the same
                return answer;
            }
            item.whole = item.sent >= item.file.size;
        }
        return null;
    };

    const send = async (item) => {
        become(item, "sends");
        for (let failures = 0; !over(item);) {
            await paces();
            if (over(item)) return;
            const before = item.sent, answer = await attempt(item);
            if (over(item)) return;
            if (!answer) break;
            if (item.sent > before) failures = 0;
            if (answer.status === 412) {
                await settle(item);
            } else if (passes(answer)) {
                if (paused) continue;
                if (answer.status === 0 && !await readable(item.file)) throw new Refused(texts.get("unreadable"));
                if (answer.status === 409 && !item.url) throw new Refused(reason(answer)); // the folder is missing, or the name is one
                await sleep(item, Math.min(2 ** failures++, SECONDS));
            } else {
                throw new Refused(reason(answer));
            }
        }
        if (over(item)) return;
        memory.drop(memory.key(item));
        item.sent = item.file.size;
        become(item, "done", texts.get("done"));
    };

    // The folders above a file; one after the other, and each once.
    const made = new Map();
    const makeFolders = async (path) => {
        const parts = path.split("/").slice(0, -1);
        let href = folder;
        for (const part of parts) {
            const here = href, next = `${href}${encodeURIComponent(part)}/`;
            if (!made.has(next))
                made.set(next, ask("POST", here, { "Content-Type": "application/x-www-form-urlencoded" },
                    `token=${encodeURIComponent(form.dataset.token)}&folder=${encodeURIComponent(part)}`));
            const answer = await made.get(next);
            if (answer.status >= 400 && answer.status !== 409) { // 409: it is there
                made.delete(next);
                throw new Refused(reason(answer));
            }
            if (answer.status === 0) made.delete(next);
            href = next;
        }
    };

    const turn = async () => {
        if (busy >= TOGETHER) return;
        const item = items.find((one) => one.state === "waits");
        if (!item) {
            if (busy === 0 && items.length > 0 && items.every(over) && items.some((one) => one.state === "done"))
                location.assign(`${folder}?done=uploaded`);
            return;
        }
        busy++;
        become(item, "sends");
        try {
            await makeFolders(item.path);
            await send(item);
        } catch (e) {
            if (!(e instanceof Refused)) throw e;
            become(item, "failed", `${texts.get("failed")} ${e.message}`, true);
        } finally {
            busy--;
        }
        turn();
    };
    const run = () => { for (let i = 0; i < TOGETHER; i++) turn(); };

    // ---- choosing

    const prepare = () => {
        if (sum) return;
        const box = form.querySelector("div.sum"), parts = clone("sum");
        sum = { text: parts.querySelector(".progress span"), bar: parts.querySelector("progress"), acts: parts.querySelector(".acts"),
            list: parts.querySelector("ul"), status: box };
        sum.acts.addEventListener("click", (event) => {
            if (event.target.dataset.do) setPaused(event.target.dataset.do === "pause");
        });
        form.after(parts);
        const notice = document.querySelector("main > .message");
        if (notice) notice.remove();
    };
    const add = (file, path) => {
        prepare();
        const line = clone("line").firstElementChild;
        const item = { file, path, line, bar: line.querySelector("progress"), said: line.querySelector(".said"), sent: 0, shown: 0,
            state: "waits", replace: form.elements.replace.checked };
        named(item, path);
        sum.list.append(line);
        items.push(item);
        line.addEventListener("click", (event) => {
            const wish = event.target.dataset.do;
            if (wish === "cancel") {
                become(item, "cancelled", texts.get("cancelled"));
                if (item.request) item.request.abort();
                if (item.hurry) item.hurry();
                forget(item);
                turn();
            } else if (wish === "again") {
                become(item, "waits", texts.get("waits"));
                run();
            } else if (wish && item.answer) {
                item.answer(wish);
            }
        });
        become(item, "waits", texts.get("waits"));
    };

    // What was dropped: files, and folders with all that is in them.
    const read = (entry, path) => new Promise((done) => {
        if (entry.isFile) {
            entry.file((file) => { add(file, path + entry.name); done(); }, done);
            return;
        }
        const reader = entry.createReader();
        const more = () => reader.readEntries(async (entries) => {
            if (entries.length === 0) { done(); return; }
            for (const inside of entries) await read(inside, `${path}${entry.name}/`);
            more(); // it gives a hundred at a time
        }, done);
        more();
    });

    form.querySelector("button").before(clone("chooser"));
    const tree = form.querySelector("#tree");
    if (!("webkitdirectory" in tree))
        tree.hidden = tree.previousElementSibling.hidden = true;
    form.elements.file.required = false;
    form.addEventListener("submit", (event) => {
        event.preventDefault();
        for (const file of form.elements.file.files) add(file, file.name);
        for (const file of tree.files) add(file, file.webkitRelativePath || file.name);
        form.elements.file.value = tree.value = "";
        run();
    });
    section.addEventListener("dragover", (event) => {
        event.preventDefault();
        section.classList.add("drop");
    });
    section.addEventListener("dragleave", () => section.classList.remove("drop"));
    section.addEventListener("drop", async (event) => {
        event.preventDefault();
        section.classList.remove("drop");
        const entries = [...event.dataTransfer.items].map((one) => one.webkitGetAsEntry && one.webkitGetAsEntry()).filter(Boolean);
        if (entries.length === 0)
            for (const file of event.dataTransfer.files) add(file, file.name);
        for (const entry of entries) await read(entry, "");
        run();
    });
    window.addEventListener("beforeunload", (event) => {
        if (items.some((item) => item.state === "sends" || item.state === "waits")) {
            event.preventDefault();
            event.returnValue = texts.get("leave");
        }
    });

    // Broken off before this page was loaded: said only if it is hers, and can go on.
    const remind = async () => {
        for (const key of memory.here()) {
            const url = localStorage.getItem(key), answer = await ask("HEAD", url, TUS);
            if (answer.status === 404) memory.drop(key);
            if (answer.status !== 200 || answer.getResponseHeader("Content-Location") !== null) continue;
            if (answer.getResponseHeader("Upload-Offset") === null || items.length > 0) return;
            const name = decodeURIComponent(key.slice(KEY.length + folder.length).split(" ")[0]);
            const line = clone("line").firstElementChild, length = Number(answer.getResponseHeader("Upload-Length"));
            prepare();
            line.querySelector(".what").textContent = name;
            line.querySelector("progress").setAttribute("aria-label", name);
            line.querySelector("progress").value = offset(answer) / length;
            line.querySelector(".said").textContent = `${say("sends", bytes(offset(answer)), bytes(length))} ${texts.get("broken")}`;
            line.addEventListener("click", (event) => {
                if (event.target.dataset.do !== "cancel") return;
                ask("DELETE", url, TUS);
                memory.drop(key);
                line.remove();
            });
            sum.list.append(line);
            form.addEventListener("submit", () => line.remove(), { once: true });
        }
    };
    remind();
})();
