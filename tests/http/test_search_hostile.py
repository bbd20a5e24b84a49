"""Files that are not what they say, or mean harm, as the reader of documents meets them (A35): each has its text, or one
mark, and none ends the reader."""
import pytest

from lib import papers
from test_search import kills, names, problem, rare, settled

LAUGHS = '<!DOCTYPE a [<!ENTITY a "ha">' + ''.join(
    f'<!ENTITY {chr(98 + i)} "{f"&{chr(97 + i)};" * 10}">' for i in range(9)) + ']><a>&j;</a>'
OUTSIDE = '<!DOCTYPE a [<!ENTITY % x SYSTEM "http://127.0.0.1:9/x.dtd"> %x;]><a/>'


def odf(content):
    return papers.package(('mimetype', 'application/vnd.oasis.opendocument.text'), ('content.xml', content))


def readable(word):
    """(name, content): found by its words, whatever it is called and whatever is around them."""
    odt = papers.ODT.format('Protokoll', word)
    return [
        ('pdf.txt', papers.pdf(word)), ('odt.pdf', papers.odt('a', word)), ('docx.odt', papers.docx('a', word)),
        ('text.docx', word.encode()), ('text.pdf', word.encode()), ('none', word.encode()),
        ('latin.txt', f'Größe {word}'.encode('latin-1')), ('mark.txt', b'\xef\xbb\xbf' + word.encode()),
        ('little.txt', ('\ufeff' + word).encode('utf-16-le')), ('big.txt', ('\ufeff' + word).encode('utf-16-be')),
        ('odd.txt', ('\ufeff' + word + ' ').encode('utf-16-le') + b'x'), ('broken.txt', word.encode() + b' \xc3\x28 \xff'),
        ('half.txt', ('\ufeff' + word + ' \ud83d').encode('utf-16-le', 'surrogatepass')),
        ('ways.odt', papers.package(('/etc/chapterd', 'x'), ('../../up', 'x'), ('C:\\x', 'x'), ('content.xml', odt))),
        ('twice.odt', papers.package(('content.xml', odt), ('Pictures/' + 'x' * 4000, b'\0' * 4000))),
        ('nul.odt', papers.package(('a\0b', 'x'), ('content.xml', odt))),
        ('latin.odt', odf(odt.replace('UTF-8', 'ISO-8859-1').encode('latin-1'))),
        ('wide.odt', odf(odt.replace('UTF-8', 'UTF-16').encode('utf-16'))),
        ('behind.odt', odf(odt) + b'more than a ZIP'), ('before.pdf', b'noise\n' * 20 + papers.pdf(word)),
        ('long.txt', (word + ' ').encode() + b'lang ' * 2_000_000),
    ]


MARKED = [
    ('sealed.pdf', papers.sealed_pdf('text'), 'encrypted'),
    ('circle.pdf', papers.circling_pdf(), None),
    ('torn.pdf', papers.pdf('text')[:-30].replace(b'xref', b'xxxx'), 'damaged'),
    ('nothing.odt', b'', None),
    ('laughs.odt', odf(LAUGHS), 'damaged'),
    ('laughs.docx', papers.package(('word/document.xml', LAUGHS)), 'damaged'),
    ('outside.odt', odf(OUTSIDE), 'damaged'),
    ('inside.odt', odf(papers.package(('content.xml', '<a/>'))), 'damaged'),
    ('torn.docx', papers.docx('a', 'b')[:-40], None),
    ('attribute.odt', odf(f'<a b="{"x" * 60_000_000}"/>'), 'damaged'),
    ('element.odt', odf(f'<{"x" * 60_000_000}/>'), 'damaged'),
    ('folded.docx', papers.folded(3000, 'word/header{}.xml', b'<a>' + b' ' * 100_000 + b'</a>'), None),
    ('entries.odt', papers.crowd(500_000), 'bomb'),
    ('named.odt', papers.folded(200_000, 'e{}', b'x'), 'kind'),
    ('encoding.odt', odf('<?xml version="1.0" encoding="nobody-knows"?><a/>'), 'damaged'),
    ('lone.txt', b'\xff\xfe', None),
    ('utf32.txt', 'text'.encode('utf-32'), 'kind'),
    ('unmarked.txt', 'text'.encode('utf-16-le'), 'kind'),
    ('picture.txt', b'\x89PNG\r\n\x1a\n' + bytes(50), 'kind'),
    ('picture.tiff', papers.odt('a', 'of other bytes than any'), 'kind'),
    ('zip.odt', b'PK\3\4' + bytes(500), 'damaged'),
    ('tail.odt', b'PK\5\6' + bytes(18), 'kind'),
]


@pytest.fixture(scope='module')
def shelf(stack, server):
    """(a word, a prefix): all of it read, once."""
    anna, word, before = server.client('jena-board'), rare(), kills(server)
    folder = f'/dav/files/jena/{word}/'
    anna.mkcol(folder)
    for name, content, *_ in [*readable(word + 'text'), *MARKED]:
        assert anna.put(f'{folder}{word}-{name}', content).status == 201
    settled(stack)
    assert kills(server) == before, 'none of them costs a helper'
    yield word
    anna.delete(folder)


@pytest.mark.parametrize('name', [name for name, _ in readable('')])
def test_A35_has_its_words_whatever_is_around_them(shelf, stack, browser, name):
    assert problem(stack, f'{shelf}-{name}')[0] is None
    assert f'{shelf}-{name}' in names(browser('jena-member'), shelf + 'text') + names(browser('jena-member'), shelf + 'text', **{'from': '20'})


@pytest.mark.parametrize('name, why', [(name, why) for name, _, why in MARKED])
def test_A35_has_one_mark(shelf, stack, browser, name, why):
    """None: no mark; what there is of it is found."""
    found = problem(stack, f'{shelf}-{name}')
    assert found[0] == why and found[1] <= 1 and (why is None or not found[2]), found
    assert f'{shelf}-{name}' in names(browser('jena-member'), f'{shelf}-{name}')


def test_a_name_that_lies_says_nothing_about_other_names(stack, anna, box, browser):
    """A text that was kept as a picture first is one for whoever keeps it as what it is."""
    word = rare()
    content = papers.odt('a', word)
    for name, found in (('a.tiff', []), ('b.odt', ['a.tiff', 'b.odt'])):
        anna.put(box + name, content)
        settled(stack)
        assert sorted(names(browser('jena-member'), word)) == found


def test_A35_a_page_that_unpacks_to_much_ends_with_its_reader(stack, server, anna, box):
    name, before = rare() + '.pdf', kills(server)
    anna.put(box + name, papers.packed_pdf(30))
    settled(stack)
    why, tries, text = problem(stack, name)
    assert why in (None, 'killed') and tries == 1 and not (text or '').strip()
    assert kills(server) - before == (why == 'killed')
