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
