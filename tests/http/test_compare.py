"""What changed between versions of a document: found by lines and words, told to who may read both (step 3.1)."""
import html
import os
import re

import pytest

from lib import papers
from lib.browser import browsers, words
from lib.stack import wait_for


@pytest.fixture(scope='module')
def each(stack):
    """A daemon for which every save is a version."""
    d = stack.daemon({'version_sitting': '0'}, name='compare')
    yield d
    d.stop()


@pytest.fixture(scope='module')
def writer(each):
    return each.client('jena-board')


@pytest.fixture(scope='module')
def browser(each):
    return browsers(each)


def page_of(path):
    return path.replace('/dav/files/jena/', '/c/jena/files/')


def versions(browser, path):
    """The newest first."""
    return re.findall(r'\?version=(\d+)"', browser.get(page_of(path) + '?versions').text)


def compare(browser, path, old, new=''):
    """What the page shows: [(kind, text)], words that went as [-x-], that came as [+x+]."""
    address = f'{page_of(path)}?compare={old}&with={new}'
    wait_for(lambda: 'has not been read' not in browser.get(address).text, 90, 'both are read')
    answer = browser.get(address)
    assert answer.status_code == 200, answer.text
    found = []
    listed = re.search(r'<ul class="diff">(.*?)</ul>', answer.text, re.S)
    for kind, line in re.findall(r'<li(?: class="(\w+)[^"]*")?>(.*?)</li>', listed[1] if listed else '', re.S):
        line = re.sub(r'<span class="hidden">.*?</span>\s?', '', line)
        if kind == 'changed':
            line = line.replace('\n', '')
            line = re.sub(r'<del>(.*?)</del>', r'[-\1-]', re.sub(r'<ins>(.*?)</ins>', r'[+\1+]', line))
        found.append((kind or 'same', html.unescape(re.sub(r'<[^>]*>', '', line))))
    return found, words(answer)


def test_lines_and_words(writer, browser, box):
    doc, board = box + 'Protokoll.md', browser('jena-board')
    top = ''.join(f'{i}\n' for i in range(10))
    writer.put(doc, f'{top}# Protokoll\n\nWir treffen uns am Montag um 7.\nEntfällt ganz\nEnde\n'.encode())
    writer.put(doc, f'{top}# Protokoll\r\n\r\nWir treffen uns am Freitag um 7.\r\nEnde\r\nNeu: <b>Größe</b> & "Maß"\r\n'.encode())
    [old] = versions(board, doc)
    found, text = compare(board, doc, old)
    assert found == [('between', '10 lines without a difference'), ('same', '# Protokoll'), ('same', ''),
                     ('changed', 'Wir treffen uns am [-Montag-][+Freitag+] um 7.'), ('gone', 'Entfällt ganz'), ('same', 'Ende'),
                     ('new', 'Neu: <b>Größe</b> & "Maß"')]
    assert 'Lines that are new: 1, gone: 1, changed: 1.' in text and 'Gone:' in text and 'New:' in text
    assert f'?compare={old}"' in board.get(page_of(doc) + '?versions').text


def test_any_two(writer, browser, box):
    doc, board = box + 'Liste.csv', browser('jena-board')
    for content in (b'a,1\n', b'a,1\nb,2\n', b'a,1\nb,2\nc,3\n'):
        writer.put(doc, content)
    newer, older = versions(board, doc)
    assert compare(board, doc, older, newer)[0] == [('same', 'a,1'), ('new', 'b,2')]
    assert compare(board, doc, newer, older)[0] == [('same', 'a,1'), ('gone', 'b,2')]
    assert compare(board, doc, older)[0] == [('same', 'a,1'), ('new', 'b,2'), ('new', 'c,3')]
    found, text = compare(board, doc, older, older)
    assert found == [] and 'The text is the same.' in text


def test_what_only_looks_equal(writer, browser, box):
    doc, board = box + 'doc.txt', browser('jena-board')
    writer.put(doc, b'one\r\ntwo\r\n')
    writer.put(doc, b'one\ntwo\n')
    found, text = compare(board, doc, versions(board, doc)[0])
    assert found == [] and 'only invisible characters or the ends of lines differ' in text


@pytest.mark.parametrize('name,old,new', [
    ('Antrag.odt', papers.odt('Antrag', 'Wir wollen rote Bänke'), papers.odt('Antrag', 'Wir wollen blaue Bänke')),
    ('Antrag.docx', papers.docx('Antrag', 'Wir wollen rote Bänke'), papers.docx('Antrag', 'Wir wollen blaue Bänke')),
    ('Antrag.pdf', papers.pdf('Antrag', 'Wir wollen rote Stühle'), papers.pdf('Antrag', 'Wir wollen blaue Stühle')),
    ('Antrag.html', b'<p>Wir wollen rote B&auml;nke</p>', b'<p>Wir wollen blaue B&auml;nke</p>'),
    ('Antrag.txt', 'Wir wollen rote Bänke'.encode('cp1252'), 'Wir wollen blaue Bänke'.encode('cp1252')),
])
def test_texts_of_documents(writer, browser, box, name, old, new):
    """Also when the job that reads documents has seen neither: they are read then."""
    doc, board = box + name, browser('jena-board')
    writer.put(doc, old)
    writer.put(doc, new)
    [version] = versions(board, doc)
    changed = [text for kind, text in compare(board, doc, version)[0] if kind == 'changed']
    assert len(changed) == 1 and '[-rote-][+blaue+]' in changed[0], changed


def test_what_cannot_be_compared(stack, writer, browser, box):
    board = browser('jena-board')
    for name, old, new, why in [
            ('bild.png', b'\x89PNG\r\n\x1a\n' + os.urandom(99), b'\x89PNG\r\n\x1a\n' + os.urandom(99), 'There is no text in it'),
            ('geheim.odt', papers.odt('a', 'b'), papers.package(('mimetype', 'application/vnd.oasis.opendocument.text'),
             ('content.xml', 'x'), ('META-INF/manifest.xml', papers.MANIFEST)), 'It is protected by a password.'),
            ('kaputt.pdf', b'%PDF-1.4\nrubbish', b'%PDF-1.4\nmore rubbish', 'There is no text in it'),
            ('lang.txt', b'\n' * 20_001, b'a', 'It is too large to be compared.')]:
        writer.put(box + name, old)
        writer.put(box + name, new)
        found, text = compare(board, box + name, versions(board, box + name)[0])
        assert found == [] and 'These versions cannot be compared.' in text and why in text, (name, text)


def test_a_long_difference_is_cut(writer, browser, box):
    doc, board = box + 'lang.txt', browser('jena-board')
    writer.put(doc, b''.join(b'%d first line of many\n' % i for i in range(2000)))
    writer.put(doc, b''.join(b'%d x\nwholly new text\n' % (i * 3 + 1) for i in range(1000)))
    answer = board.get(f'{page_of(doc)}?compare={versions(board, doc)[0]}')
    assert 'only the first differences are here' in words(answer) and len(answer.content) < 100_000
    large = b''.join(b'%d line of a text that is not kept in a row\n' % i for i in range(6000))
    writer.put(doc, large)
    writer.put(doc, large.replace(b'\n3000 line', b'\n3000 LINE'))
    version = versions(board, doc)[0]
    assert [t for k, t in compare(board, doc, version)[0] if k == 'changed'] == [
        '3000 [-line-][+LINE+] of a text that is not kept in a row']


def test_only_who_may_read_both(writer, browser, box):
    chair, member, doc = browser('jena-chair'), browser('jena-member'), box + 'inner/doc.txt'
    writer.mkcol(box + 'inner/')
    assert chair.post(page_of(box) + 'inner/', rule='own', see='board', change='board').status_code == 303
    writer.put(doc, b'secret')
    writer.put(doc, b'public')
    assert chair.post(page_of(box) + 'inner/', rule='own', see='member', change='member').status_code == 303
    [secret] = versions(chair, doc)
    assert compare(chair, doc, secret)[0] == [('gone', 'secret'), ('new', 'public')]
    for query in (f'?compare={secret}', f'?compare={secret}&with={secret}', f'?compare=0&with={secret}', '?compare=x', '?compare=',
                  '?compare=99999999999999999999', '?compare=-1'):
        answer = member.get(page_of(doc) + query)
        assert answer.status_code == 404 and 'secret' not in words(answer), query
    writer.put(box + 'other.txt', b'x')
    assert chair.get(f'{page_of(box)}other.txt?compare={secret}').status_code == 404  # another document's
