// What pages do more comfortably with a script; everything works without it.
"use strict";

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
