"""Pictures, texts and Markdown looked at in the browser; nothing that members upload is ever a page of ours (H01, H16)."""
import pytest

from lib.browser import Browser, words
from lib.client import quote

PNG = bytes.fromhex('89504e470d0a1a0a0000000d4948445200000001000000010806000000'
                    '1f15c4890000000d49444154789c6360606060000000050001a5f645400000000049454e44ae426082')
EVIL = b'<script>alert(1)</script><img src=x onerror=alert(1)><svg onload=alert(1)>'


@pytest.fixture
def board(server):
    return Browser(server, 'jena-board')


def page_of(folder):
    return folder.replace('/dav/files/jena/', '/c/jena/files/')


def put(client, folder, name, content, **headers):
    assert client('PUT', folder + quote(name), content, headers).status == 201
    return page_of(folder) + quote(name)


def frame(browser, page, status=200):
    answer = browser.session.get(browser.url + page + '?frame', allow_redirects=False)
    assert answer.status_code == status, answer.text[:300]
    return answer


def is_fenced(answer):
    """No script, nothing loaded, of no origin, in no foreign page, and of no other type than it says."""
    policy = {p.strip() for p in answer.headers['Content-Security-Policy'].split(';')}
    assert policy == {'sandbox', "default-src 'none'", "frame-ancestors 'self'"}
    assert answer.headers['X-Content-Type-Options'] == 'nosniff'


def test_a_text_is_the_text_it_is(anna, board, box):
    page = put(anna, box, 'notes <b>.txt', EVIL + 'Grüße'.encode())
    view = board.get(page + '?view')
    assert 'sandbox src=' in view.text and "frame-src 'self'" in view.headers['Content-Security-Policy']
    assert 'notes <b>.txt' in words(view) and '<b>' not in view.text
    answer = frame(board, page)
    is_fenced(answer)
    assert answer.headers['Content-Type'] == 'text/plain; charset=utf-8' and answer.content.startswith(EVIL)
    old = frame(board, put(anna, box, 'old.txt', 'Grüße'.encode('latin-1')))
    assert old.headers['Content-Type'] == 'text/plain; charset=windows-1252'


def test_markdown_without_any_html_of_its_own(anna, board, box):
    page = put(anna, box, 'a.md', b'# Minutes\n\n* one\n* **two**\n\n' + EVIL +
               b'\n\n[x](javascript:alert(1)) ![y](javascript:alert(2)) <span onclick=z>q</span>\n')
    answer = frame(board, page)
    is_fenced(answer)
    assert answer.headers['Content-Type'] == 'text/html; charset=utf-8'
    assert answer.headers['X-Frame-Options'] == 'SAMEORIGIN'
    assert '<h1>Minutes</h1>' in answer.text and '<strong>two</strong>' in answer.text
    for bad in ('<script', 'onerror', 'onclick', 'javascript:', '<svg'):
        assert bad not in answer.text, bad
    name = frame(board, put(anna, box, '<script>x.md', b'text'))
    assert '&lt;script>x.md' in name.text or '&lt;script&gt;x.md' in name.text
    broken = frame(board, put(anna, box, 'broken.md', b'a \xff\xfe b\0c'))
    assert '\ufffd' in broken.text


def test_markdown_that_hangs_costs_one_helper(anna, board, box):
    """Deep nesting: shown within the time a helper has, or as the text it is; the daemon goes on."""
    page = put(anna, box, 'deep.md', b'>' * 30_000 + b'x' + b'[' * 20_000)
    assert frame(board, page).headers['Content-Type'] in ('text/html; charset=utf-8', 'text/plain; charset=utf-8')
    assert b'fine' in frame(board, put(anna, box, 'b.md', b'fine')).content


def test_pictures(anna, board, box):
    page = put(anna, box, 'ü.png', PNG)
    assert '<img src=' in board.get(page + '?view').text
    answer = frame(board, page)
    is_fenced(answer)
    assert answer.headers['Content-Type'] == 'image/png' and answer.content == PNG
    large = put(anna, box, 'large.jpg', PNG + bytes(300_000))  # in the store
    assert len(frame(board, large).content) == len(PNG) + 300_000
    liar = frame(board, put(anna, box, 'page.png', EVIL, Content_Type='image/png'))
    assert liar.headers['Content-Type'] == 'image/png'
    is_fenced(liar)


@pytest.mark.parametrize('name, kind', [
    ('a.html', None), ('a.svg', None), ('a.xhtml', None), ('a.xml', None), ('a.js', None), ('a.bin', None),
    ('a.txt', 'text/html'), ('a.png', 'image/svg+xml'), ('a.png', 'image/pngx'), ('a.txt', 'text/plainer')])
def test_H01_everything_else_is_only_downloaded(anna, board, box, name, kind):
    page = put(anna, box, name, EVIL, **({'Content_Type': kind} if kind else {}))
    frame(board, page, 404)
    assert 'cannot be shown here' in board.text(page + '?view')
    assert '?view' not in board.get(page_of(box)).text
    answer = board.session.get(board.url + page)
    assert answer.headers['Content-Disposition'].startswith('attachment')
    assert answer.headers['Content-Security-Policy'].startswith('sandbox')


def test_limits(anna, board, box):
    assert frame(board, put(anna, box, 'n.txt', b'x' * (1 << 20))).status_code == 200
    frame(board, put(anna, box, 'n1.txt', b'x' * ((1 << 20) + 1)), 404)


def test_who_may_not_read_sees_nothing(anna, server, board):
    folder = '/dav/files/jena/Vorstand/'
    page = put(anna, folder, 'preview-secret.md', b'# secret')
    try:
        for user in (None, 'guest', 'jena-member', 'land-admin'):
            browser = Browser(server, user)
            frame(browser, page, 404)
            assert browser.get(page + '?view').status_code == 404
        assert 'secret' in frame(board, page).text
    finally:
        anna.delete(folder + 'preview-secret.md')
