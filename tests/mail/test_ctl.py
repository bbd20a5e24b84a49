"""chapterctl mail, and what chapterctl check and chapterd --check say of the relay."""
import json
import subprocess

import pytest

from lib.stack import free_port, wait_for


def ctl(s, *words, check=True):
    return s.stack.ctl(*words, conf=s.daemon.conf, check=check)


def test_status(sender, relay, to):
    s = sender(relay)
    relay.answers = {'never': ('rcpt', '550 5.1.1 no'), 'later': ('rcpt', '451 no')}
    never, later = to('never'), to('later')
    s.add(never, later, to())
    s.wait_state(never, 'failed')
    wait_for(lambda: (s.state(later) or (0, 0, 0))[2] == '451', 30, 'a try')
    answer = json.loads(ctl(s, 'mail', 'status', '--json').stdout)
    assert answer['ok'] and answer['relay']
    found = {(m['state'], m['problem']): m for m in answer['mails'] if m['purpose'] == 'scheduling'}
    assert found[('failed', '550 5.1.1')]['mails'] == 1 and found[('waiting', '451')]['next']
    assert found[('gone-sent', None)]['mails'] >= 1
    text = ctl(s, 'mail', 'status').stdout
    assert 'LAST PROBLEM' in text and '550 5.1.1' in text and 'example.org' not in text


def test_test(sender, relay, to):
    s, address = sender(relay), to()
    assert 'has taken the mail' in ctl(s, 'mail', 'test', address).stdout
    [mail] = relay.mails(address)
    assert 'chapterctl mail test' in mail.get_content() and mail['List-Unsubscribe'] is None
    relay.answers = {'never': ('rcpt', '550 5.1.1 no such person')}
    refused = ctl(s, 'mail', 'test', to('never'), check=False)
    assert refused.returncode == 1 and '550 5.1.1 no such person' in refused.stdout
    assert ctl(s, 'mail', 'test', 'nobody', check=False).returncode == 2
    relay.stop()
    down = ctl(s, 'mail', 'test', address, check=False)
    assert down.returncode == 1 and 'cannot be used' in down.stdout


def test_without_a_relay(stack):
    assert 'sends no mail' in stack.ctl('mail', 'status').stdout
    assert stack.ctl('mail', 'test', 'a@b.de', check=False).returncode == 1


def checks(s):
    answer = json.loads(ctl(s, 'check', '--json', check=False).stdout)
    return [c for c in answer['checks'] if c['part'] == 'mail']


def test_check(sender, relay, authority, to):
    s = sender(relay)
    assert [c['verdict'] for c in checks(s)] == ['ok']
    relay.stop()
    [line] = checks(s)
    assert line['verdict'] == 'wrong' and relay.url in line['text'] and 'smtp_url' in line['remedy']
    relay.start()
    [line] = checks(sender(relay, smtp_starttls='always', outbound_ca_file=authority.pem))
    assert line['verdict'] == 'wrong' and 'STARTTLS' in line['remedy']


@pytest.mark.parametrize('settings, says', [
    ({'smtp_url': 'mail.example.org'}, 'smtp_url: "mail.example.org" is no such address'),
    ({'smtp_url': 'http://mail.example.org'}, 'smtp_url'),
    ({'smtp_url': 'smtp://user:secret@mail.example.org'}, 'smtp_url'),
    ({'smtp_url': 'smtp://mail.example.org/x'}, 'smtp_url'),
    ({'mail_from': None}, 'mail_from: is missing'),
    ({'mail_from': 'nobody'}, 'mail_from: "nobody" is no address'),
    ({'smtp_url': None}, 'smtp_url: is missing'),
    ({'smtp_user': 'x'}, 'smtp_password_file: is missing'),
    ({'smtp_user': 'x', 'smtp_password_file': '/nonexistent'}, 'smtp_password_file'),
    ({'smtp_starttls': 'never'}, 'smtp_starttls'),
])
def test_settings(stack, settings, says):
    d = stack.daemon({'smtp_url': f'smtp://127.0.0.1:{free_port()}', 'mail_from': 'a@b.de', **settings}, name='bad', start=False)
    done = subprocess.run(d.command('--check'), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd='/')
    assert done.returncode == 1 and says in done.stdout, done.stdout
