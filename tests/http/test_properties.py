"""PROPFIND and PROPPATCH: clients.md cl-C1 to cl-C21, cl-F12 to cl-F14."""
import email.utils
import re

import pytest

from lib.client import ALLPROP, propfind_body, quote, set_body

CANONICAL = re.compile(r'(/|%[0-9A-F]{2}|[A-Za-z0-9._~@-])*')


def test_cl_C1_status_lines(anna, box):
    anna.put(box + 'f')
    for entry in anna.propfind(box, 'getetag', 'none', depth='1').multistatus().entry.values():
        assert set(entry.lines) <= {'HTTP/1.1 200 OK', 'HTTP/1.1 404 Not Found'}


@pytest.mark.parametrize('target', ['/dav/files/jena/', '/dav/', '/dav/principals/users/jena-board/'])
def test_cl_C2_found_ones_first(anna, target):
    entry = anna.props(target, 'none', 'resourcetype', ('urn:x', 'none'), 'displayname')
    assert entry.order == [200, 404]


def test_cl_C3_one_canonical_href(anna, box):
    names = ['a b', 'ü', "it's", 'a&b', 'a+b', '50%', '(x)', 'a,b;c=d', '@', '~', 'a!b$c', 'q?r#s', '[1]']
    for name in names:
        assert anna.put(box + quote(name)).status == 201, name
    seen = list(anna.listing(box))
    assert sorted(seen) == sorted(box + quote(n) for n in names)
    for href in seen:
        assert CANONICAL.fullmatch(href), href
        assert list(anna.propfind(href, 'getetag').multistatus()) == [href]
        wide = re.sub('%..', lambda m: m[0].lower(), href)
        assert list(anna.propfind(wide, 'getetag').multistatus()) == [href]
    synced = anna.sync(box).multistatus()
    assert set(seen) <= set(synced)


def test_cl_C4_any_escaping_comes_in(anna, box):
    anna.put(box + '%c3%bc%20x')
    for form in (box + '%C3%BC%20x', box + '%c3%bc%20%78', anna.server.url + box + '%c3%bc%20x'):
        assert anna.propfind(form, 'getetag').status == 207, form


@pytest.mark.parametrize('target', ['/dav/files/jena', '/dav/files', '/dav', '/dav/principals',
                                    '/dav/principals/users/jena-board', '/dav/files/jena/Mitglieder'])
def test_cl_C5_C6_collections_without_slash(anna, target):
    """Served, not redirected; the href in the answer has its slash."""
    answer = anna.propfind(target, 'resourcetype')
    assert list(answer.multistatus()) == [target + '/']
    listing = anna.propfind(target, 'resourcetype', depth='1')
    assert target + '/' in listing.multistatus().entry


def test_cl_C6_other_methods_without_slash(anna, box):
    assert anna.mkcol(box + 'd').status == 201
    assert anna.proppatch(box + 'd', 'x', 'v').status == 207
    assert anna.copy(box + 'd', box + 'e').status == 201
    assert anna.move(box + 'e', box + 'g').status == 201
    assert anna.head(box + 'g').status == 200
    assert anna.delete(box + 'g').status == 204


def test_cl_C7_type_of_a_multistatus(anna):
    answer = anna.propfind('/dav/files/jena/', 'resourcetype')
    assert answer.get('Content-Type').lower() in ('application/xml; charset=utf-8',
                                                  'text/xml; charset=utf-8')


def test_cl_C8_short_values_are_plain(anna, box):
    anna.put(box + 'a&b', b'12345')
    key = anna.locked(box + 'a&b').strip('<>')
    text = anna.propfind(box + 'a&b', 'getcontentlength', 'lockdiscovery').text
    assert re.search(r'getcontentlength[^>]*>5<', text)
    assert f'>{key}<' in text
    assert '<!--' not in text and 'CDATA' not in text


def test_cl_C9_only_what_was_asked(anna, box):
    anna.put(box + 'f')
    entry = anna.props(box + 'f', 'getetag')
    assert list(entry.prop) == ['{DAV:}getetag']


def test_cl_C12_privileges(anna, alice, den, box):
    def names(client, target):
        value = client.props(target, 'current-user-privilege-set').value('current-user-privilege-set')
        return {child[0].tag.rpartition('}')[2] for child in value}
    full = {'read', 'write', 'write-properties', 'write-content', 'bind', 'unbind'}
    assert full <= names(anna, box)
    assert full <= names(alice, den)
    only = names(alice, box)
    assert 'read' in only and not full - {'read'} & only and 'all' not in only


def test_cl_C13_principal(alice):
    href = '/dav/principals/users/jena-member/'
    entry = alice.props(href, 'current-user-principal', 'principal-URL', 'displayname', 'resourcetype',
                        'principal-collection-set', 'supported-report-set', 'group-membership')
    assert entry.value('resourcetype').find('{DAV:}principal') is not None
    assert entry.value('principal-URL')[0].text == href
    assert 'Jena' in entry.text('displayname')
    assert entry.value('principal-collection-set')[0].text == '/dav/principals/'
    groups = [h.text for h in entry.value('group-membership')]
    assert '/dav/principals/chapters/jena/' in groups


def test_cl_C13_collection(anna, box):
    entry = anna.props(box, 'resourcetype', 'displayname', 'owner', 'current-user-privilege-set',
                       'supported-report-set', 'sync-token', 'supportedlock', 'lockdiscovery')
    assert entry.value('resourcetype').find('{DAV:}collection') is not None
    assert entry.value('owner')[0].text == '/dav/principals/chapters/jena/'
    reports = {e.tag for e in entry.value('supported-report-set').iter()}
    assert '{DAV:}sync-collection' in reports
    assert ':' in entry.text('sync-token')
    scopes = {e.tag for e in entry.value('supportedlock').iter()}
    assert {'{DAV:}exclusive', '{DAV:}shared', '{DAV:}write'} <= scopes


@pytest.mark.parametrize('headers', [{'Prefer': 'return=minimal'}, {'Brief': 't'}])
def test_cl_C18_minimal(anna, box, headers):
    answer = anna.propfind(box, 'resourcetype', 'none', headers=headers)
    assert answer.multistatus().only().order in ([200], [200, 404])
    if 'Prefer' in headers:
        assert answer.multistatus().only().order == [200]
        assert 'return=minimal' in answer.get('Preference-Applied', '')


def test_rfc8144_depth_noroot(anna, box):
    anna.put(box + 'f')
    answer = anna('PROPFIND', box, propfind_body('resourcetype'), Depth='1', Prefer='depth-noroot')
    assert list(answer.multistatus()) == [box + 'f']


def test_rfc8144_proppatch_minimal(anna, box):
    anna.put(box + 'f')
    answer = anna.proppatch(box + 'f', 'x', 'v', Prefer='return=minimal')
    assert (answer.status, answer.body) == (204, b'')
    assert answer.get('Preference-Applied') == 'return=minimal'
    refused = anna.proppatch(box + 'f', 'getetag', 'v', ns='DAV:', Prefer='return=minimal')
    assert refused.status == 207 and refused.body


@pytest.mark.parametrize('coding', ['gzip', 'gzip, deflate, br, zstd', '*'])
def test_cl_C19_no_coding_changes_an_etag(anna, box, coding):
    etag = anna.put(box + 'f', b'text ' * 2000).etag
    answer = anna.get(box + 'f', Accept_Encoding=coding)
    assert answer.etag == etag and not etag.startswith('W/')
    assert len(answer.body) == 10_000


def test_cl_C20_displayname_of_files(anna, box):
    anna.put(box + quote('Plan ü.txt'))
    entry = anna.props(box + quote('Plan ü.txt'), 'displayname')
    assert entry.text('displayname') == 'Plan ü.txt'


@pytest.mark.parametrize('report', [
    '<D:expand-property xmlns:D="DAV:"><D:property name="displayname"/></D:expand-property>',
    '<D:principal-search-property-set xmlns:D="DAV:"/>',
    '<D:principal-property-search xmlns:D="DAV:"><D:property-search><D:prop><D:displayname/></D:prop>'
    '<D:match>jena</D:match></D:property-search><D:prop><D:displayname/></D:prop>'
    '</D:principal-property-search>',
    '<x:unknown xmlns:x="urn:x"/>', '<D:version-tree xmlns:D="DAV:"/>'])
@pytest.mark.parametrize('target', ['/dav/principals/users/jena-member/', '/dav/principals/',
                                    '/dav/files/jena/', '/dav/'])
def test_cl_C21_reports(alice, report, target):
    answer = alice('REPORT', target, report, Depth='0')
    assert answer.status in (200, 207, 403), answer
    if answer.status == 403:
        assert answer.error() == ['supported-report']


def test_cl_F12_empty_body_is_allprop(anna, box):
    anna.put(box + 'f.txt', b'12345', Content_Type='text/plain')
    for depth in ('0', '1'):
        entry = anna('PROPFIND', box, None, Depth=depth).multistatus()[box]
        assert entry.value('resourcetype')[0].tag == '{DAV:}collection'
    entry = anna('PROPFIND', box + 'f.txt', None, Depth='0').multistatus().only()
    assert re.fullmatch(r'\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z', entry.text('creationdate'))
    when = entry.text('getlastmodified')
    assert when.endswith(' GMT') and email.utils.parsedate_to_datetime(when)
    assert entry.text('getcontentlength') == '5'
    assert entry.text('getcontenttype').startswith('text/plain')
    assert entry.text('getetag') == anna.head(box + 'f.txt').etag
    assert len(entry.value('resourcetype')) == 0
    assert entry.code('supportedlock') == 200 and entry.code('lockdiscovery') == 200


def test_cl_F12_allprop_spelled_out(anna, box):
    anna.proppatch(box, 'dead', 'v')
    both = [anna('PROPFIND', box, body, Depth='0').multistatus().only()
            for body in (None, ALLPROP)]
    assert both[0].prop.keys() == both[1].prop.keys()
    assert both[0].text('dead', 'urn:test') == 'v'


def test_rfc4918_propname(anna, box):
    anna.put(box + 'f')
    anna.proppatch(box + 'f', 'dead', 'v')
    body = '<D:propfind xmlns:D="DAV:"><D:propname/></D:propfind>'
    entry = anna('PROPFIND', box + 'f', body, Depth='0').multistatus().only()
    assert {'{DAV:}getetag', '{urn:test}dead'} <= set(entry.prop)
    assert all(not e.text and not len(e) for _, e in entry.prop.values())


def test_rfc4918_include(anna, box):
    body = ('<D:propfind xmlns:D="DAV:"><D:allprop/><D:include><D:sync-token/>'
            '<D:quota-used-bytes/></D:include></D:propfind>')
    entry = anna('PROPFIND', box, body, Depth='0').multistatus().only()
    assert entry.code('sync-token') == 200 and entry.code('quota-used-bytes') == 200
    assert entry.code('resourcetype') == 200


def test_cl_F13_quota_properties(anna, box):
    entry = anna.props(box, 'quota-available-bytes', 'quota-used-bytes')
    free, used = (int(entry.text(f'quota-{n}-bytes')) for n in ('available', 'used'))
    assert free > 0 and used >= 0
    assert anna.put(box + 'f', bytes(1_000_000)).status == 201
    entry = anna.props(box, 'quota-available-bytes', 'quota-used-bytes')
    assert int(entry.text('quota-used-bytes')) >= used + 1_000_000
    assert int(entry.text('quota-available-bytes')) <= free - 1_000_000 + 16 * 2**20


WIN32 = 'urn:schemas-microsoft-com:'


def test_cl_F14_win32_properties(anna, box):
    anna.put(box + 'f')
    values = {'Win32CreationTime': 'Sat, 07 Nov 2026 10:00:00 GMT',
              'Win32LastAccessTime': 'Sat, 07 Nov 2026 10:00:00 GMT',
              'Win32LastModifiedTime': 'Sat, 07 Nov 2026 10:00:00 GMT', 'Win32FileAttributes': '00000020'}
    inner = ''.join(f'<Z:{n}>{v}</Z:{n}>' for n, v in values.items())
    body = (f'<D:propertyupdate xmlns:D="DAV:" xmlns:Z="{WIN32}"><D:set><D:prop>{inner}</D:prop>'
            '</D:set></D:propertyupdate>')
    answer = anna('PROPPATCH', box + 'f', body)
    entry = answer.multistatus().only()
    assert all(entry.code(n, WIN32) == 200 for n in values)
    entry = anna.props(box + 'f', *[(WIN32, n) for n in values])
    assert {n: entry.text(n, WIN32) for n in values} == values
    body = body.replace('Sat, 07 Nov 2026', 'Sun, 08 Nov 2026')
    key = anna.locked(box + 'f')
    assert anna('PROPPATCH', box + 'f', body, If=f'({key})').status == 207


def test_cl_E8_proppatch_is_all_or_nothing(anna, box):
    anna.put(box + 'f')
    anna.proppatch(box + 'f', 'kept', 'old')
    body = ('<D:propertyupdate xmlns:D="DAV:" xmlns:t="urn:test"><D:set><D:prop><t:kept>new</t:kept>'
            '<t:more>v</t:more></D:prop></D:set><D:remove><D:prop><t:none/></D:prop></D:remove>'
            '<D:set><D:prop><D:getetag>x</D:getetag></D:prop></D:set></D:propertyupdate>')
    entry = anna('PROPPATCH', box + 'f', body).multistatus().only()
    assert entry.code('getetag') == 403
    assert {entry.code(n, 'urn:test') for n in ('kept', 'more', 'none')} == {424}
    entry = anna.props(box + 'f', ('urn:test', 'kept'), ('urn:test', 'more'))
    assert entry.text('kept', 'urn:test') == 'old' and entry.code('more', 'urn:test') == 404


def test_cl_E8_set_and_remove_in_order(anna, box):
    anna.put(box + 'f')
    body = ('<D:propertyupdate xmlns:D="DAV:" xmlns:t="urn:test"><D:set><D:prop><t:a>1</t:a></D:prop>'
            '</D:set><D:remove><D:prop><t:a/></D:prop></D:remove><D:set><D:prop><t:a>2</t:a></D:prop>'
            '</D:set></D:propertyupdate>')
    assert anna('PROPPATCH', box + 'f', body).status == 207
    assert anna.props(box + 'f', ('urn:test', 'a')).text('a', 'urn:test') == '2'


def test_dead_properties_follow_copy_and_move(anna, box):
    anna.put(box + 'f')
    anna.proppatch(box + 'f', 'x', 'v')
    anna.copy(box + 'f', box + 'g')
    anna.move(box + 'f', box + 'h')
    for name in ('g', 'h'):
        assert anna.props(box + name, ('urn:test', 'x')).text('x', 'urn:test') == 'v'


def test_xml_lang_is_kept(anna, box):
    anna.put(box + 'f')
    body = set_body('x', 'v').replace('<D:prop>', '<D:prop xml:lang="de">')
    assert anna('PROPPATCH', box + 'f', body).status == 207
    element = anna.props(box + 'f', ('urn:test', 'x')).value('x', 'urn:test')
    assert element.get('{http://www.w3.org/XML/1998/namespace}lang') == 'de'
