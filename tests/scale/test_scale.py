"""A hundred thousand people and documents: what is done must not cost more because of the rest."""
import concurrent.futures
import pathlib
import statistics
import subprocess
import time

from lib.stack import as_owner

PEOPLE, FOLDERS, DOCUMENTS = 100_000, 100, 1_000
BASE = 'dc=verband,dc=test'


def median_of(work, times=7):
    """Seconds that it takes, the median of some runs."""
    took = []
    for _ in range(times):
        start = time.monotonic()
        work()
        took.append(time.monotonic() - start)
    return statistics.median(took)


def add_people(stack):
    """By slapadd, with the server down: a minute instead of an hour."""
    home = pathlib.Path(stack.env['CHAPTERD_STATE']) / 'directory'
    password = subprocess.run(['/usr/sbin/slappasswd', '-s', 'demo'], check=True, text=True,
                              stdout=subprocess.PIPE).stdout.strip()
    people = ''.join(f'dn: uid=p{i},ou=people,{BASE}\nobjectClass: inetOrgPerson\nuid: p{i}\ncn: Person {i}\n'
                     f'sn: {i}\nmail: p{i}@verband.test\nuserPassword: {password}\n\n' for i in range(PEOPLE))
    assert stack.run('down', 'directory').returncode == 0
    done = subprocess.run(as_owner(home, ['/usr/sbin/slapadd', '-q', '-n', '1', '-F', home / 'slapd.d']),
                          input=people, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, cwd='/')
    assert done.returncode == 0, done.stdout[-2000:]
    done = stack.run('up', 'directory')
    assert done.returncode == 0, done.stdout


def test_people(stack, server):
    """All of the directory is compared in seconds, and anybody in it signs in as fast as before."""
    def sign_in(user):
        assert server.client(user).propfind('/dav/files/', 'resourcetype', depth='1').status == 207

    few = iter(['erfurt-board', 'erfurt-chair', 'erfurt-member'])
    before = median_of(lambda: sign_in(next(few)), 3)
    add_people(stack)
    start = time.monotonic()
    print(stack.ctl('sync', timeout=600).stdout)
    took = time.monotonic() - start
    many = iter(range(PEOPLE - 1, 0, -7919))
    after = median_of(lambda: sign_in(f'p{next(many)}'), 7)
    print(f'{PEOPLE} people compared in {took:.1f} s; a first login {before * 1e3:.1f} ms before,'
          f' {after * 1e3:.1f} ms with them')
    assert took < 60
    assert after < 10 * before + 0.1


def fill(server, base, folder):
    client = server.client('jena-board')
    assert client.mkcol(f'{base}{folder}/').status == 201
    for i in range(DOCUMENTS):
        answer = client.put(f'{base}{folder}/{i:04}.txt', f'{folder} {i}'.encode())
        assert answer.status == 201, answer


def test_documents(stack, server, box):
    """Listing, reading, writing and following one folder do not notice the 99 others."""
    client = server.client('jena-board')

    def measured():
        first = f'{box}0/'
        token = client.sync(first).multistatus().token

        def follow():
            nonlocal token
            assert client.put(f'{first}0000.txt', str(time.monotonic()).encode()).status == 204
            answer = client.sync(first, token).multistatus()
            token = answer.token
            assert f'{first}0000.txt' in answer.entry

        return {'list 1,000': median_of(lambda: client.listing(first)),
                'read': median_of(lambda: client.get(f'{first}0500.txt'), 25),
                'change and follow': median_of(follow, 25)}

    fill(server, box, 0)
    before = measured()
    start = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        for done in [pool.submit(fill, server, box, i) for i in range(1, FOLDERS)]:
            done.result()
    count = (FOLDERS - 1) * DOCUMENTS
    print(f'{count} documents written, {count / (time.monotonic() - start):.0f} a second')
    stack.sql('ANALYZE')
    after = measured()
    for what, seconds in before.items():
        print(f'{what}: {seconds * 1e3:.1f} ms among 1,000 documents, {after[what] * 1e3:.1f} ms among'
              f' {FOLDERS * DOCUMENTS}')
        assert after[what] < 10 * seconds + 0.05, what
    start = time.monotonic()
    stack.verify()
    print(f'chapterctl verify: {time.monotonic() - start:.1f} s')
