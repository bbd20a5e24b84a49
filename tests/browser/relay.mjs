// A line to the daemon that breaks when it is told to.
import { connect, createServer } from "node:net";

export async function openRelay(url) {
    const { hostname, port } = new URL(url);
    const pairs = new Set();
    let sent = 0, limit = Infinity, open = true, onCut = () => {};

    const cut = () => {
        limit = Infinity;
        for (const pair of pairs)
            for (const socket of pair) socket.resetAndDestroy();
        pairs.clear();
        onCut();
    };
    const server = createServer((client) => {
        if (!open) {
            client.resetAndDestroy();
            return;
        }
        const there = connect(Number(port), hostname), pair = [client, there];
        pairs.add(pair);
        const end = () => { pairs.delete(pair); client.destroy(); there.destroy(); };
        for (const socket of pair) socket.on("error", end).on("close", end);
        client.on("data", (data) => {
            sent += data.length;
            if (sent > limit) {
                cut();
                return;
            }
            if (!there.write(data)) { client.pause(); there.once("drain", () => client.resume()); }
        });
        there.on("data", (data) => { client.write(data); });
    });
    await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
    return {
        url: `http://${hostname}:${server.address().port}`,
        sent: () => sent,
        // Breaks after so many more bytes of the browser's, and stays closed if it is not to open again by itself.
        breakAfter: (bytes, stays) => new Promise((done) => {
            limit = sent + bytes;
            onCut = () => { open = !stays; done(); };
        }),
        mend: () => { open = true; },
        close: () => { cut(); server.close(); },
    };
}
