"""A directory that stops answering while the house is full (F20)."""
import threading
import time
import urllib.parse

from lib.relay import Relay
from lib.stack import wait_for

HOME = '/dav/files/'


def status(client):
    return client.propfind(HOME, 'resourcetype').status


def test_F20_cold_logins_wait_and_warm_ones_do_not(stack):
    uri = urllib.parse.urlsplit(stack.env['LDAP_URL'])
    relay = Relay(uri.port)
    d = stack.daemon({'ldap_uri': f'ldap://127.0.0.1:{relay.port}', 'ldap_connect_timeout': '1',
                      'ldap_timeout': '2'}, name='silent')
    try:
        warm = d.client('jena-member')
        assert status(warm) == 207
        relay.open.clear()
        answers, slowest = [], 0

        def cold(i):
            client = d.client('erfurt-member', f'cold{i}', source=f'127.44.{i}.1')
            start = time.monotonic()
            answers.append((status(client), time.monotonic() - start))

        threads = [threading.Thread(target=cold, args=(i,)) for i in range(60)]
        for t in threads:
            t.start()
        while any(t.is_alive() for t in threads):
            start = time.monotonic()
            assert status(warm) == 207
            slowest = max(slowest, time.monotonic() - start)
            time.sleep(0.02)
        assert {code for code, _ in answers} == {503}
        longest = max(took for _, took in answers)
        print(f'60 cold logins: 503 after at most {longest:.1f} s; a warm one meanwhile at most {slowest * 1e3:.0f} ms')
        assert longest < 12 and slowest < 3
        relay.open.set()
        wait_for(lambda: status(d.client('weimar-member')) == 207, 15, 'the next cold login')
    finally:
        relay.end()
        d.stop()


def test_E09_who_exists_cannot_be_timed(server):
    """Unknown and known name, wrong password: the same answer in the same time."""
    def ask(user, n):
        client = server.client(user, f'wrong{n}', source=f'127.45.{n}.1')
        start = time.perf_counter()
        answer = client.propfind(HOME, 'resourcetype')
        took = time.perf_counter() - start
        return took, (answer.status, answer.get('WWW-Authenticate'), answer.text)

    times, bodies = {'known': [], 'unknown': []}, set()
    for n in range(60):
        for kind, user in (('known', 'jena-board'), ('unknown', f'nobody-{n}')):
            took, answer = ask(user, n)
            times[kind].append(took)
            bodies.add(answer)
    known, unknown = (sorted(times[k])[30] for k in ('known', 'unknown'))
    print(f'known {known * 1e3:.2f} ms, unknown {unknown * 1e3:.2f} ms')
    assert len(bodies) == 1
    assert abs(known - unknown) < 0.01 or abs(known - unknown) < 0.5 * known


def test_the_directory_is_read_again_by_itself(stack):
    """Who left is out within the interval, without anybody calling chapterctl sync."""
    d = stack.daemon({'ldap_sync_interval': '10'}, name='sync')
    try:
        assert status(d.client('guest')) == 207
        stack.sql("UPDATE person SET name = 'Old Name' WHERE uid = 'guest'")
        took = wait_for(lambda: stack.sql("SELECT name FROM person WHERE uid = 'guest'") != [('Old Name',)], 40,
                        'the next comparison')
        print(f'refreshed after {took:.1f} s')
    finally:
        d.stop()
