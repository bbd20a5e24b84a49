"""What was committed is delivered, once, whatever dies in between (RFC 6638 by way of a queue)."""
from lib.scheduling import Box, answer_of, invite


def test_a_kill_between_commit_and_delivery(stack):
    """The daemon is killed as soon as the invitation is stored; the next one delivers what waits, and nothing twice."""
    d = stack.daemon(name='deliver')
    sent = []
    try:
        for _ in range(8):
            anna, bob = Box(d, 'erfurt-board'), Box(d, 'erfurt-member')
            sent.append(invite(anna, bob)[0])
            d.kill()
            d.start(60)
        anna, bob = Box(d, 'erfurt-board'), Box(d, 'erfurt-member')
        for uid in sent:
            bob.told(uid, 'REQUEST')
            bob.answer(uid)
            d.kill()
            d.start(60)
            anna, bob = Box(d, 'erfurt-board'), Box(d, 'erfurt-member')
        for uid in sent:
            anna.copy(uid, lambda body: answer_of(body, bob.mail) == 'ACCEPTED')
            anna.told(uid, 'REPLY')
            assert bob.methods(uid) == ['REQUEST']
    finally:
        d.stop()
