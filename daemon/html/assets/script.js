// What pages do more comfortably with a script; everything works without it.
"use strict";

// Uploads file after file with progress, so that one that fails does not take the others with it.
for (const form of document.querySelectorAll("form[data-upload]")) {
    const status = form.querySelector("[role=status]");

    const say = (text, problem) => {
        const line = document.createElement("p");
        line.className = problem ? "notice problem" : "notice";
        line.textContent = text;
        status.append(line);
    };

    const send = (file, replace) => new Promise((done) => {
        const request = new XMLHttpRequest();
        const bar = document.createElement("progress");
        bar.max = file.size || 1;
        bar.setAttribute("aria-label", file.name);
        status.append(bar);
        request.upload.onprogress = (event) => { bar.value = event.loaded; };
        request.onloadend = () => { bar.remove(); done(request); };
        request.open("PUT", form.dataset.upload + encodeURIComponent(file.name));
        request.setRequestHeader("X-Form-Token", form.dataset.token);
        request.setRequestHeader("Accept", "application/json");
        if (!replace)
            request.setRequestHeader("If-None-Match", "*");
        request.send(file);
    });

    form.addEventListener("submit", async (event) => {
        event.preventDefault();
        const button = form.querySelector("button");
        let failed = 0;
        button.disabled = true;
        status.replaceChildren();
        document.querySelector("main > .notice")?.remove();
        for (const file of form.elements.file.files) {
            const answer = await send(file, form.elements.replace.checked);
            if (answer.status === 201 || answer.status === 204)
                continue;
            failed++;
            let detail = answer.status === 412 ? form.dataset.exists : answer.statusText;
            if (answer.status !== 412) try { detail = JSON.parse(answer.responseText).detail || detail; } catch { /* not JSON */ }
            say(`${form.dataset.failed} ${file.name}. ${detail}`, true);
        }
        button.disabled = false;
        if (failed === 0)
            location.assign(form.dataset.upload + "?done=uploaded");
    });
}

// Lists in which things are ticked: all at once, and by keys (up, down, Delete, F2; Space ticks).
for (const form of document.querySelectorAll("form.chosen")) {
    const ticks = [...form.querySelectorAll("input[name=item]")];
    const label = form.querySelector("thead .tick .hidden");
    if (label) {
        const all = document.createElement("input");
        all.type = "checkbox";
        all.setAttribute("aria-label", form.dataset.all);
        const show = () => {
            const n = ticks.filter((tick) => tick.checked).length;
            all.checked = n === ticks.length;
            all.indeterminate = n > 0 && n < ticks.length;
        };
        all.addEventListener("change", () => ticks.forEach((tick) => { tick.checked = all.checked; }));
        form.addEventListener("change", show);
        label.replaceWith(all);
        show();
    }
    form.querySelector("tbody").addEventListener("keydown", (event) => {
        const row = event.target.closest("tr"), tick = row.querySelector("input[name=item]");
        const press = (act) => {
            if (tick && !ticks.some((other) => other.checked))
                tick.checked = true;
            form.querySelector(`button[value=${act}]`)?.click();
        };
        const go = (other) => other?.querySelector(event.target.matches("a") ? "a" : "input")?.focus();
        const keys = {
            ArrowDown: () => go(row.nextElementSibling), ArrowUp: () => go(row.previousElementSibling),
            Delete: () => press("delete"), F2: () => press("rename"),
        };
        if (event.ctrlKey || event.altKey || event.metaKey || !(event.key in keys))
            return;
        event.preventDefault();
        keys[event.key]();
    });
}
