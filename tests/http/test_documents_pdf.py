"""PDFs looked at in the browser: a picture of each page and its text, only for who may read them; what hostile ones cost (H16)."""
import re
import threading

import pytest

from lib import papers
from lib.browser import Browser, words
from lib.links import link
from lib.stack import wait_for
from test_documents_preview import is_fenced, page_of, put
from test_small_pictures import size_of


def ask(browser, page, query):
    """What is asked for; again, as people would, while other documents are being read."""
    answers = []

    def had_its_turn():
        answers.append(browser.session.get(f'{browser.url}{page}?{query}', allow_redirects=False))
        return answers[-1].status_code != 503 and b'being read just now' not in answers[-1].content

    wait_for(had_its_turn, 120, 'its turn')
    return answers[-1]


def picture(browser, page, number=1):
    answer = ask(browser, page, f'frame&page={number}')
    assert answer.status_code == 200, answer.text[:300]
    assert answer.headers['Content-Type'] == 'image/jpeg' and answer.content.startswith(b'\xff\xd8\xff')
    is_fenced(answer)
    return answer.content


def links(answer):
    return {rel: href.replace('&amp;', '&') for href, rel in re.findall(r'<a [^>]*href="([^"]*)" rel="(prev|next)"', answer.text)}


@pytest.fixture(scope='module')
def board(browser):
    return browser('jena-board')


@pytest.fixture
def three(anna, box):
    return put(anna, box, 'Heft.pdf', papers.drawn_pdf('ERSTE', 'ZWEITESEITE', 'DRITTE'))


def test_a_page_at_a_time_as_a_picture_and_as_text(board, three):
    seen, here = [], three + '?view'
    for number, word in enumerate(('ERSTE', 'ZWEITESEITE', 'DRITTE'), 1):
        view = ask(board, three, here.partition('?')[2])
        text = words(view)
        assert view.status_code == 200 and f'Page {number} of 3' in text and word in text
        assert f'<img src="{three}?frame&amp;page={number}" alt="Page {number} of 3">' in view.text
        assert set(links(view)) == {rel for rel, there in (('prev', number > 1), ('next', number < 3)) if there}
        seen.append(picture(board, three, number))
        here = links(view).get('next')
    assert len(set(seen)) == 3 and all(size_of(jpeg) == (1200, 1600) for jpeg in seen)
    back = links(ask(board, three, 'view&page=3'))['prev']
    assert 'Page 2 of 3' in words(ask(board, three, back.partition('?')[2]))
    assert picture(board, three) == seen[0], 'the first, when none is named'


def test_lists_lead_to_it_and_one_in_the_store_is_shown_too(anna, board, box):
    page = put(anna, box, 'groß.pdf', papers.drawn_pdf('GROSS') + b'\n%' + bytes(2_000_000))
    assert page + '?view' in board.get(page_of(box)).text
    assert 'GROSS' in words(ask(board, page, 'view'))
    assert size_of(picture(board, page)) == (1200, 1600)


@pytest.mark.parametrize('number', ['0', '-1', '4', '1000000', '1000001', '4294967297', '99999999999999999999', '1.0', '2x', 'zwei', ''])
def test_it_has_no_other_pages(board, three, number):
    assert ask(board, three, f'view&page={number}').status_code == 404
    assert ask(board, three, f'frame&page={number}').status_code == 404


@pytest.mark.parametrize('name, box_, size', [
    ('riesig', '0 0 1000000 1000000', (1200, 1200)), ('breit', '0 0 1000000 1', (1200, 1)), ('hoch', '0 0 1 1000000', (1, 2400)),
    ('winzig', '0 0 .001 .001', None), ('leer', '0 0 0 0', None), ('verkehrt', '9 9 0 0', None), ('endlos', '0 0 1e300 1e300', None)])
def test_H16_a_picture_is_never_larger(anna, board, box, name, box_, size):
    page = put(anna, box, name + '.pdf', papers.drawn_pdf('A', box=box_))
    answer = ask(board, page, 'frame&page=1')
    assert answer.status_code in ((200,) if size else (200, 404))
    if answer.status_code == 200:
        width, height = size_of(answer.content)
        assert width <= 1200 and height <= 2400
        assert size in (None, (width, height))


def test_fonts_that_are_not_there(anna, board, box):
    """The text instead of an empty picture; a page that has its fonts is drawn, whatever others lack."""
    page = put(anna, box, 'ohne.pdf', papers.pdf('Hallo <b>Welt'))
    view = ask(board, page, 'view')
    assert 'The fonts of this page are not in the document' in words(view) and 'Hallo <b>Welt' in words(view)
    assert '<img' not in view.text.partition('</h1>')[2] and '<b>' not in view.text and '<details open>' in view.text
    picture(board, page)  # who asks nevertheless gets white paper, and the program lives on


def test_many_pages_and_wrong_counts(anna, board, box):
    page = put(anna, box, 'viele.pdf', papers.drawn_pdf(*['SEITE'] * 10_000))
    view = ask(board, page, 'view&page=10000')
    assert 'Page 10000 of 10000' in words(view) and 'SEITE' in words(view) and 'rel="next"' not in view.text
    assert ask(board, page, 'view&page=10001').status_code == 404
    liar = put(anna, box, 'lügt.pdf', papers.drawn_pdf('A', 'B', count=2_000_000_000))
    assert ask(board, liar, 'view').status_code == 200
    assert ask(board, liar, 'view&page=900000').status_code in (200, 404)


HOSTILE = [
    ('sealed', papers.sealed_pdf('text'), 'protected by a password'),
    ('torn', papers.drawn_pdf('A')[:-30].replace(b'xref', b'xxxx').replace(b'/Type', b'/Typo'), 'cannot be shown'),
    ('circle', papers.circling_pdf(), 'cannot be shown'),
    ('page', b'<script>alert(1)</script>', 'cannot be shown'),
    ('empty', b'', 'cannot be shown'),
]


@pytest.mark.parametrize('name, content, why', HOSTILE, ids=[name for name, *_ in HOSTILE])
def test_H16_hostile_ones_are_downloaded(anna, board, box, three, name, content, why):
    """It says so in words, and the next document is shown."""
    page = put(anna, box, name + '.pdf', content)
    view = ask(board, page, 'view')
    assert view.status_code == 200 and why in words(view) and f'href="{page}">Download' in view.text
    assert '<img' not in view.text.partition('</h1>')[2]
    assert ask(board, page, 'frame&page=1').status_code in (403, 404)
    assert 'ERSTE' in words(ask(board, three, 'view'))


def test_too_large_is_only_downloaded(anna, board, box):
    page = put(anna, box, 'large.pdf', papers.drawn_pdf('A') + bytes(32 << 20))
    assert 'cannot be shown here' in board.text(page + '?view')
    assert ask(board, page, 'frame&page=1').status_code == 404


def test_H16_few_at_a_time_and_the_others_hold_up_nobody(anna, server, board, box):
    """While one costs all the time that it may have, others are told to wait, and all else is answered."""
    slow = put(anna, box, 'slow.pdf', papers.endless_pdf())
    browsers = [Browser(server, 'jena-board') for _ in range(6)]
    seen = []

    def look(one):
        seen.append(one.session.get(f'{one.url}{slow}?view').text)

    threads = [threading.Thread(target=look, args=(one,)) for one in browsers]
    for thread in threads:
        thread.start()
    assert board.get(page_of(box)).status_code == 200
    for thread in threads:
        thread.join()
    assert all('takes too long' in text or 'being read just now' in text for text in seen)
    assert any('being read just now' in text and f'href="{slow}?view&amp;page=1">Try again' in text for text in seen)
    assert any('takes too long' in text for text in seen) or 'takes too long' in words(ask(board, slow, 'view'))
    assert 'DANACH' in words(ask(board, put(anna, box, 'danach.pdf', papers.drawn_pdf('DANACH')), 'view'))


def test_who_may_not_read_sees_nothing(anna, server, board):
    folder = '/dav/files/jena/Vorstand/'
    page = put(anna, folder, 'geheim.pdf', papers.drawn_pdf('GEHEIM'))
    try:
        for user in (None, 'guest', 'jena-member', 'land-admin'):
            other = Browser(server, user)
            for query in ('view', 'view&page=1', 'frame&page=1'):
                assert ask(other, page, query).status_code == 404, (user, query)
        assert 'GEHEIM' in words(ask(board, page, 'view'))
    finally:
        anna.delete(folder + 'geheim.pdf')


def test_the_internet_downloads(anna, server, board):
    """It would cost nothing to have pages drawn all day."""
    folder = '/dav/files/jena/%C3%96ffentlich/'
    page = put(anna, folder, 'satzung.pdf', papers.drawn_pdf('SATZUNG'))
    try:
        nobody = Browser(server)
        view = nobody.get(page + '?view')
        assert view.status_code == 200 and 'who is signed in' in words(view) and '<img' not in view.text.partition('</h1>')[2]
        assert nobody.session.get(f'{nobody.url}{page}?frame&page=1').status_code == 404
        assert 'SATZUNG' in words(ask(Browser(server, 'guest'), page, 'view'))
    finally:
        anna.delete(folder + 'satzung.pdf')


def test_who_comes_by_a_link_sees_it_and_is_counted_once(anna, board, box, stack):
    put(anna, box, 'plan.pdf', papers.drawn_pdf('EINS', 'ZWEI'))
    by = link(board, box, 'The plan')
    view = by.get('/plan.pdf?view&page=2')
    wait_for(lambda: 'Page 2 of 2' in words(by.get('/plan.pdf?view&page=2')), 120, 'its turn')
    found = re.search(r'<img src="[^"]*(/plan[.]pdf[?]frame&amp;page=2)"', by.get('/plan.pdf?view&page=2').text)
    wait_for(lambda: by.get(found[1].replace('&amp;', '&')).status_code == 200, 120, 'its turn')
    assert view.status_code == 200
    assert stack.sql("SELECT uses FROM share_link WHERE purpose = 'The plan'") == [(0,)]
