"""A relay that refuses, defers, falls silent, or is not there; daemons that die. Nothing is lost, nothing goes twice unnoticed."""
import concurrent.futures
import json

import pytest

from lib.stack import SANITIZED, wait_for


def note(stack, outcome, purpose='scheduling'):
    rows = stack.sql('SELECT coalesce(sum(n), 0) FROM mail_count WHERE outcome = %s AND purpose = %s', outcome, purpose)
    return int(rows[0][0])


def test_not_now(sender, relay, to):
    s = sender(relay)
    relay.answers = {'later': ('rcpt', '451 4.2.0 busy'), 'full': ('data', '452 4.2.2 over quota')}
    at_receiver, at_end, good = to('later'), to('full'), to()
    s.add(at_receiver, at_end, good)
    relay.wait(good)
    for address, problem in ((at_receiver, '451 4.2.0'), (at_end, '452 4.2.2')):
        wait_for(lambda a=address: (s.state(a) or (0, 0))[:2] == ('waiting', 1), 30, address)
        assert s.state(address) == ('waiting', 1, problem)
        [pause] = s.stack.sql("SELECT next_try - now() > '40 seconds' AND next_try - now() < '80 seconds' FROM mail_queue"
                              ' WHERE address = %s', address)
        assert pause == (True,)
    s.retry()
    wait_for(lambda: s.state(at_receiver)[1] == 2 and s.state(at_receiver)[0] == 'waiting', 30, 'a second try')
    [pause] = s.stack.sql("SELECT next_try - now() > '200 seconds' FROM mail_queue WHERE address = %s", at_receiver)
    assert pause == (True,)  # longer each time
    relay.answers = {}
    s.retry()
    relay.wait(at_receiver)
    [mail] = relay.wait(at_end)
    s.wait_state(at_end, None)
    assert mail.receivers == [at_end]


@pytest.mark.parametrize('stage, answer, problem', [('rcpt', '550 5.1.1 no such person', '550 5.1.1'), ('rcpt', '553 no', '553'),
                                                    ('data', '554 5.7.1 we take it for spam', '554 5.7.1')])
def test_never(sender, relay, to, stage, answer, problem):
    s, address = sender(relay), to('never')
    before = note(s.stack, 'failed')
    relay.answers = {'never': (stage, answer)}
    s.add(address)
    assert s.wait_state(address, 'failed') == ('failed', 1, problem)
    assert note(s.stack, 'failed') == before + 1
    assert 'no such person' not in s.daemon.tail(100000) and address not in s.daemon.tail(100000)
    s.retry()
    assert s.state(address)[0] == 'failed'  # that is for those that wait
    relay.answers = {}
    s.retry('failed')
    relay.wait(address)


def test_the_relay_is_down(sender, relay, to):
    s, addresses = sender(relay), [to() for _ in range(5)]
    relay.stop()
    s.add(*addresses)
    wait_for(lambda: 'mail_relay_fails' in s.daemon.tail(100000), 30, 'the log')
    assert all(s.state(a)[:2] == ('waiting', 0) for a in addresses[1:])  # no try of theirs
    relay.start()
    for address in addresses:
        relay.wait(address, seconds=60)
        assert len(relay.mails(address)) == 1
    wait_for(lambda: 'mail_relay_works' in s.daemon.tail(100000), 30, 'the log')


@pytest.mark.parametrize('greeting', ['421 4.3.2 shutting down', '550 5.7.1 we know you not', '451 4.3.0 later'])
def test_it_refuses_us(sender, relay, to, greeting):
    """What is said of us, not of a mail, fails no mail."""
    s, address = sender(relay), to()
    relay.greeting = greeting
    s.add(address)
    wait_for(lambda: 'mail_relay_fails' in s.daemon.tail(100000), 30, 'the log')
    s.wait_state(address, 'waiting')
    relay.greeting = None
    relay.wait(address, seconds=60)


def test_without_starttls_nothing_is_said(sender, relay, authority, to):
    """Somebody on the way has taken STARTTLS out of the answer."""
    s, address = sender(relay, smtp_starttls='always', outbound_ca_file=authority.pem), to()
    s.add(address)
    wait_for(lambda: 'mail_relay_fails' in s.daemon.tail(100000), 30, 'the log')
    assert relay.tried(address) == 0 and s.wait_state(address, 'waiting')


def test_a_certificate_of_somebody_else(sender, exim, to):
    s, address = sender(exim, smtp_starttls='always'), to()  # the system's authorities do not know this one
    s.add(address)
    wait_for(lambda: 'mail_relay_fails' in s.daemon.tail(100000), 30, 'the log')
    assert exim.mails(address) == [] and s.wait_state(address, 'waiting')


@pytest.mark.parametrize('kind', ['cut', 'keep and cut'])
def test_silence_after_the_mail(sender, relay, to, kind):
    """Nobody knows whether it was taken: set aside, unless a second copy does no harm."""
    s, once, again = sender(relay), to('cut'), to('cut')
    before = note(s.stack, 'unsure')
    relay.answers = {'cut': ('data', kind)}
    s.add(once)
    assert s.wait_state(once, 'unsure') == ('unsure', 1, 'silence')
    assert note(s.stack, 'unsure') == before + 1
    s.add(again, again=True)
    wait_for(lambda: relay.tried(again) == 1 and s.state(again)[0] == 'waiting', 30, 'the first try')
    relay.answers = {}
    s.retry()
    mails = relay.wait(again, 2 if kind.startswith('keep') else 1)
    assert len({m['Message-ID'] for m in mails}) == 1  # whoever looks can tell
    assert s.state(once)[0] == 'unsure'
    s.retry('unsure')
    relay.wait(once, 2 if kind.startswith('keep') else 1)


def test_it_takes_too_long(sender, relay, to):
    s, address = sender(relay, smtp_timeout='2'), to('slow')
    relay.answers = {'slow': ('data', 'sleep')}
    s.add(address)
    assert s.wait_state(address, 'unsure') == ('unsure', 1, 'silence')


def test_killed_while_it_sends(sender, relay, to):
    s, once, again, rest = sender(relay, smtp_timeout='2'), to('slow'), to('slow'), [to() for _ in range(3)]
    relay.answers = {'slow': ('data', 'sleep')}
    for address, flag in ((once, False), (again, True)):
        s.add(address, again=flag)
        wait_for(lambda a=address: relay.tried(a) == 1 and s.state(a)[0] == 'sending', 30, 'the mail on its way')
        s.daemon.kill()
        s.daemon.start()
    relay.answers = {}
    s.add(*rest)
    s.wait_state(once, 'unsure')
    s.wait_state(again, None)
    assert relay.tried(once) == 1 and relay.tried(again) == 2
    assert len({m['Message-ID'] for m in relay.mails(again)}) == 1
    for address in rest:
        assert len(relay.wait(address)) == 1


def test_two_daemons_share_the_queue(sender, relay, to):
    n = 60 if SANITIZED else 200
    one, two = sender(relay, smtp_rate='90000'), sender(relay, smtp_rate='80000')
    addresses = [to() for _ in range(n)]
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda i: one.add(*addresses[i::4], key='both'), range(4)))
    for address in addresses:
        relay.wait(address, seconds=60)
    wait_for(lambda: one.stack.sql('SELECT count(*) FROM mail_queue')[0][0] == 0, 30, 'an empty queue')
    assert len(relay.mails()) == n  # each once
    assert len(relay.peers) >= 2 and two.daemon.alive()  # both were at it


def test_later_and_too_late(sender, relay, to):
    s, tomorrow, old = sender(relay), to(), to()
    s.add(tomorrow, start='2099-01-01')
    relay.answers = {'anna': ('rcpt', '451 no')}
    s.add(old)
    wait_for(lambda: (s.state(old) or (0, 0, 0))[2] == '451', 30, 'the first try')
    s.stack.sql("UPDATE mail_queue SET expires = now() WHERE address = %s", old)
    assert s.wait_state(old, 'failed')[2] == '451'
    assert s.state(tomorrow) == ('waiting', 0, None) and relay.tried(tomorrow) == 0


def test_what_is_forgotten(sender, relay, to):
    s, address, mail = sender(relay), to('never'), to()
    relay.answers = {'never': ('rcpt', '550 no')}
    s.add(address)
    s.wait_state(address, 'failed')
    s.stack.sql("UPDATE mail_queue SET since = now() - interval '13 days'")
    assert s.stack.sql("SELECT n FROM mail_tend('clear')")[0][0] == 0 and s.state(address)
    s.stack.sql("UPDATE mail_queue SET since = now() - interval '15 days'")
    s.stack.sql("UPDATE mail SET made = now() - interval '15 days'")
    assert s.stack.sql("SELECT n FROM mail_tend('clear')")[0][0] == 1
    assert s.state(address) is None and s.stack.sql('SELECT count(*) FROM mail')[0][0] == 0
    s.add(mail)
    relay.wait(mail)
    s.wait_state(mail, None)
    dump = json.dumps(s.stack.sql("SELECT (SELECT json_agg(c) FROM mail_count c)::text, (SELECT json_agg(o) FROM mail_once o)::text"))
    assert mail not in dump and address not in dump  # numbers and hashes


def test_a_database_that_is_away_for_a_moment(sender, relay, to):
    """What has become of a mail is noted when it is back."""
    s, address = sender(relay), to()
    s.stack.pg('restart', '-m', 'fast')
    s.add(address)
    assert len(relay.wait(address)) == 1
    s.wait_state(address, None)
