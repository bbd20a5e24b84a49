"""cadaver: a person at a prompt; its lock keeps a second writer out."""
import subprocess
import threading


def cadaver(server, home, run, path, lines, **more):
    text = '\n'.join([*lines, 'quit', ''])
    return run('cadaver', f'{server.url}{path}', input=text.encode(),
               env={'HOME': str(home), 'PATH': '/usr/bin:/bin', 'LC_ALL': 'C.UTF-8'}, **more).text


def test_files(server, home, run, anna, box):
    (home / 'a.bin').write_bytes(bytes(range(256)) * 400)
    (home / 'b ü#.txt').write_text('hallo')
    out = cadaver(server, home, run, box, [
        'mkcol cadtest', 'cd cadtest', 'put a.bin', 'put "b ü#.txt"', 'ls', 'get a.bin a2.bin',
        'propset a.bin color blue', 'propget a.bin color', 'propnames a.bin', 'copy a.bin c.bin',
        'move c.bin d.bin', 'ls', 'delete d.bin', 'cd ..', 'ls'])
    assert 'failed' not in out and 'error' not in out.lower(), out
    assert 'blue' in out
    assert (home / 'a2.bin').read_bytes() == (home / 'a.bin').read_bytes()
    assert set(anna.listing(box + 'cadtest/')) == {box + 'cadtest/a.bin', box + 'cadtest/b%20%C3%BC%23.txt'}
    out = cadaver(server, home, run, box, ['rmcol cadtest'])
    assert 'succeeded' in out and anna.listing(box) == {}


def test_lock_keeps_a_second_writer_out(server, home, run, anna, login, box):
    anna.put(box + 'plan.txt', b'old')
    (home / 'plan.txt').write_text('new')
    process = subprocess.Popen(['cadaver', f'{server.url}{box}'], stdin=subprocess.PIPE,
                               stdout=subprocess.PIPE, stderr=subprocess.STDOUT, cwd=home,
                               env={'HOME': str(home), 'PATH': '/usr/bin:/bin'})
    guard = threading.Timer(60, process.kill)
    guard.start()
    try:
        process.stdin.write(b'lock plan.txt\ndiscover plan.txt\n')
        process.stdin.flush()
        chair = login('jena-chair')
        for _ in range(200):
            answer = chair.put(box + 'plan.txt', b'second writer')
            if answer.status == 423:
                break
        assert answer.status == 423, answer
        process.stdin.write(b'put plan.txt\nunlock plan.txt\nquit\n')
        out = process.communicate(timeout=60)[0].decode()
    finally:
        guard.cancel()
        process.kill()
        process.wait()
    assert 'succeeded' in out and 'failed' not in out, out
    assert anna.get(box + 'plan.txt').body == b'new'
    assert chair.put(box + 'plan.txt', b'after').status == 204
