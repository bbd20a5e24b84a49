"""A directory that stops answering while the house is full (F20), or comes and goes (F21)."""
import collections
import threading
import time
import urllib.parse

from lib.figures import tell
from lib.relay import Relay
from lib.stack import patience, wait_for

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
        assert longest < 12 * patience() and slowest < 3 * patience()
        relay.open.set()
        wait_for(lambda: status(d.client('weimar-member')) == 207, 15, 'the next cold login')
    finally:
        relay.end()
        d.stop()


CROWD = ('jena-member', 'jena-board', 'jena-chair', 'land-chair', 'erfurt-member', 'erfurt-board', 'weimar-member',
         'weimar-chair', 'jena-nord-member', 'guest')


def test_F21_five_hundred_cold_clients_and_a_directory_that_comes_and_goes(stack):
    """Monday morning: ten people's fifty devices each ask at once, and again and again until they are let in. Nobody
    hears that her password is wrong, and the directory is asked about each of them as often as it went away, not
    fifty times."""
    spy, flaps = [], 6
    relay = Relay(urllib.parse.urlsplit(stack.env['LDAP_URL']).port, spy=spy)
    d = stack.daemon({'ldap_uri': f'ldap://127.0.0.1:{relay.port}', 'connections': '2000'}, name='monday')
    waiting = [d.client(user, source=f'127.46.{i}.{n + 1}') for i, user in enumerate(CROWD) for n in range(50)]
    statuses, rounds = collections.Counter(), 0

    def come_and_go():
        for _ in range(flaps):
            relay.refuse()
            time.sleep(0.2)
            relay.pass_on()
            relay.delay = 0.02
            time.sleep(0.2)

    relay.refuse()
    flapping = threading.Thread(target=come_and_go)
    flapping.start()
    try:
        start = time.monotonic()
        while waiting:
            rounds += 1
            assert time.monotonic() - start < 120, (statuses, d.tail())
            for client in waiting:
                client.conn = client.conn or client.connect()
                client.conn.send(client.bytes('PROPFIND', HOME, None, Depth='0'))
            still = []
            for client in waiting:
                answer = client.conn.answer()
                statuses[answer.status] += 1
                assert answer.status == 207 or (answer.status == 503 and answer.get('Retry-After')), (answer, d.tail())
                if answer.status == 503:
                    still.append(client)
            waiting = still
        took = time.monotonic() - start
        flapping.join()
        sent = b''.join(spy)
        binds = [sent.count(f'uid={user},ou=people'.encode()) for user in CROWD]
        tell(f'F21: 500 cold clients of ten people, the directory gone {flaps} times: all in after {rounds} rounds and '
             f'{took:.1f} s, {dict(statuses)}; {sum(binds)} binds, at most {max(binds)} of one person')
        assert statuses[207] == 500 and statuses[503] > 0, 'the first time it was not there'
        # Each time it comes or goes cuts one question about a person, and the last is answered.
        assert 1 <= min(binds) and max(binds) <= 2 * flaps + 1, binds
        assert sum(binds) <= len(CROWD) * 3, binds
    finally:
        flapping.join()
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
