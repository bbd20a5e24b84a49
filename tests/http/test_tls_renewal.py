"""F38: the certificate changes while the daemon runs; what it says at its start."""
import os
import re
import signal
import ssl
import subprocess
import time

import pytest

from lib.stack import wait_for
from lib.tls import replace


def logged(d, event):
    return [line for line in d.daemon.log.read_text().splitlines() if f'event={event}' in line or f' {event} ' in line
            or line.startswith(event)]


def metrics(d):
    text = d.daemon.client().get('/metrics').text
    return {line.split()[0]: float(line.split()[1]) for line in text.splitlines() if not line.startswith('#')}


def test_F38_renewed_while_it_runs(own, authority):
    d = own()
    old = d.certificate.read_bytes()
    assert d.shows(old)
    kept = d.connect()
    new = authority.pair()
    d.put(*new)
    took = wait_for(lambda: d.shows(new[0]), 40, 'the new certificate')
    print(f'in use after {took:.1f} s')
    wait_for(lambda: logged(d, 'certificate_renewed'), 20, 'a line in the log')
    kept.send(f'GET /healthz HTTP/1.1\r\nHost: {d.daemon.host}\r\n\r\n'.encode())
    assert kept.answer().status == 200, 'connections made with the old one go on'
    kept.close()


def test_F38_renewed_on_SIGHUP(own, authority):
    d = own()
    new = authority.pair(kind='RSA')
    d.put(*new)
    d.daemon.process.send_signal(signal.SIGHUP)
    wait_for(lambda: d.shows(new[0]), 20, 'the new certificate')
    for _ in range(20):
        d.daemon.process.send_signal(signal.SIGHUP)
    assert d.shows(new[0]) and d.daemon.alive()


def test_F38_links_as_certbot_makes_them(own, authority, tmp_path):
    d = own()
    new = authority.pair()
    for i, (path, content) in enumerate(zip((d.certificate, d.key), new)):
        target = d.dir / f'archive-{i}.pem'
        replace(target, content)
        link = d.dir / 'link'
        link.symlink_to(target)
        os.rename(link, path)
    wait_for(lambda: d.shows(new[0]), 40, 'the new certificate')


def fault_key_of_another(d, authority):
    d.put(key=authority.pair()[1])
    return 'do not belong together'


def fault_certificate_alone(d, authority):
    """A renewal that writes one file after the other, seen in between."""
    d.put(certificate=authority.pair()[0])
    return 'do not belong together'


def fault_key_is_gone(d, _):
    d.key.unlink()
    return 'No such file'


def fault_certificate_is_gone(d, _):
    d.certificate.unlink()
    return 'No such file'


def fault_half_written(d, authority):
    certificate = authority.pair()[0]
    d.put(certificate=certificate[:len(certificate) // 2])
    return 'no certificates in PEM'


def fault_half_a_key(d, authority):
    key = authority.pair()[1]
    d.put(key=key[:len(key) // 2])
    return 'no whole private key'


def fault_empty(d, _):
    d.put(certificate=b'')
    return 'no certificates in PEM'


def fault_a_folder(d, _):
    d.certificate.unlink()
    d.certificate.mkdir()
    return 'Is a directory'


def fault_a_pipe(d, _):
    """Reading it would wait for ever."""
    d.key.unlink()
    os.mkfifo(d.key)
    return ''


def fault_rubbish(d, _):
    d.put(certificate=os.urandom(5000), key=os.urandom(300))
    return 'no certificates in PEM'


def fault_huge(d, _):
    d.put(certificate=b'x' * 5_000_000)
    return 'too large'


def fault_locked_key(d, authority):
    clear = d.dir / 'clear.key'
    clear.write_bytes(authority.pair()[1])
    subprocess.run(['openssl', 'pkcs8', '-topk8', '-in', clear, '-out', d.dir / 'locked.key', '-passout', 'pass:x'],
                   check=True)
    d.put(key=(d.dir / 'locked.key').read_bytes())
    return 'password'


def fault_over(d, authority):
    d.put(*authority.pair(days=-3))
    return 'time is over'


FAULTS = [f for name, f in sorted(globals().items()) if name.startswith('fault_')]


@pytest.mark.parametrize('fault', FAULTS, ids=lambda f: f.__name__)
def test_F38_the_old_one_stays(own, authority, fault):
    d = own()
    good = d.certificate.read_bytes(), d.key.read_bytes()
    says = fault(d, authority)
    d.daemon.process.send_signal(signal.SIGHUP)
    wait_for(lambda: logged(d, 'certificate_refused'), 20, 'a line in the log')
    line = logged(d, 'certificate_refused')[-1]
    assert says in line and 'remedy=' in line, line
    assert 'PRIVATE KEY' not in line
    assert d.shows(good[0])
    assert metrics(d)['chapterd_certificate_stale'] == 1
    d.daemon.process.send_signal(signal.SIGHUP)
    time.sleep(0.5)
    assert len(logged(d, 'certificate_refused')) == 1, 'the same fault is told once'
    for path in (d.certificate, d.key):
        if path.is_dir():
            path.rmdir()
        else:
            path.unlink(missing_ok=True)
    new = authority.pair()
    d.put(*new)
    d.daemon.process.send_signal(signal.SIGHUP)
    wait_for(lambda: d.shows(new[0]), 20, 'the mended one')
    assert metrics(d)['chapterd_certificate_stale'] == 0


def test_F38_unreadable_key(own, authority):
    d = own()
    if d.daemon.stack.blob_dir().stat().st_uid == 0:
        pytest.fail('the daemon runs as root here: no file is unreadable to it')
    d.key.chmod(0)
    d.daemon.process.send_signal(signal.SIGHUP)
    wait_for(lambda: logged(d, 'certificate_refused'), 20, 'a line in the log')
    assert 'Permission denied' in logged(d, 'certificate_refused')[0]
    d.key.chmod(0o600)
    d.daemon.process.send_signal(signal.SIGHUP)
    wait_for(lambda: metrics(d)['chapterd_certificate_stale'] == 0, 20, 'its use')


@pytest.mark.parametrize('days, event', [(21.5, None), (20.9, 'certificate_ends'), (0.5, 'certificate_ends'),
                                         (-1, 'certificate_over')])
def test_F38_a_warning_three_weeks_before(own, authority, days, event):
    d = own(pair=authority.pair(days=days), start=False)
    if days < 0:
        d.context = lambda: insecure()
    d.daemon.start()
    for name in ('certificate_ends', 'certificate_over'):
        assert len(logged(d, name)) == (name == event)
    assert abs(metrics(d)['chapterd_certificate_end_seconds'] - time.time() - days * 86400) < 120
    checks = d.daemon.stack.ctl('check', conf=d.daemon.conf, check=False).stdout
    line = next(part for part in checks.splitlines() if 'certificate ' in part)
    assert line.split()[0] == ('ok' if days > 21 else 'note' if days > 0 else 'WRONG'), checks


def insecure():
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


def test_check_names_the_host(own):
    d = own(base_url='https://elsewhere.test')
    said = d.daemon.stack.ctl('check', conf=d.daemon.conf, check=False).stdout
    assert re.search(r'WRONG +certificate +it is not for elsewhere.test', said), said
    assert re.search(r'ok +listen +chapterd answers at tls:', said), said


# ---------------------------------------------------------------- at the start

def refused(d):
    done = subprocess.run(d.daemon.command(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=30,
                          cwd='/')
    assert done.returncode == 1, done.stdout
    return done.stdout


def test_settings_that_cannot_work(own, authority):
    d = own(start=False)
    settings = dict(d.daemon.settings)
    d.daemon.write({**settings, 'tls_key': None})
    assert 'tls_key: is missing' in refused(d)
    d.daemon.write({**settings, 'tls_certificate': '/nonexistent'})
    assert 'tls_certificate: /nonexistent: No such file' in refused(d)
    d.daemon.write({**settings, 'listen': 'tls:127.0.0.1'})
    assert '"tls:127.0.0.1" is no address' in refused(d)
    d.daemon.write({**settings, 'listen': f'tls:0.0.0.0:{d.daemon.port}'})
    assert 'demo: its passwords are known to everybody' in refused(d)
    d.daemon.write(settings)
    d.key.chmod(0o644)
    assert 'can be read by everybody on this machine; chmod 640 it' in refused(d)
    d.put(key=authority.pair()[1])
    assert 'do not belong together' in refused(d)
