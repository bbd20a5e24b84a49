"""Reports about principals (RFC 3744, read side), expand-property (RFC 3253), and MKCOL that fails."""
import xml.etree.ElementTree as ET

D = '{DAV:}'
SELF = '/dav/principals/users/jena-member/'


def report(client, target, body):
    answer = client('REPORT', target, body, Depth='0', Content_Type='application/xml')
    assert answer.status in (200, 207), answer
    return ET.fromstring(answer.body)


def test_expand_property_follows_addresses(alice):
    tree = report(alice, SELF, '<expand-property xmlns="DAV:"><property name="group-membership">'
                  '<property name="displayname"/><property name="none"/></property>'
                  '<property name="displayname"/><property name="getctag" '
                  'namespace="http://calendarserver.org/ns/"/></expand-property>')
    own = tree.find(f'{D}response')
    assert own.findtext(f'{D}href') == SELF
    groups = own.findall(f'{D}propstat/{D}prop/{D}group-membership/{D}response')
    assert '/dav/principals/chapters/jena/' in [g.findtext(f'{D}href') for g in groups]
    for group in groups:
        good, missing = group.findall(f'{D}propstat')
        assert good.findtext(f'{D}status') == 'HTTP/1.1 200 OK'
        assert good.findtext(f'{D}prop/{D}displayname')
        assert missing.find(f'{D}prop/{D}none') is not None
    assert own.find(f'{D}propstat/{D}prop/{D}displayname').text
    lost = own.findall(f'{D}propstat')[-1]
    assert lost.findtext(f'{D}status') == 'HTTP/1.1 404 Not Found'
    assert lost.find(f'{D}prop/{{http://calendarserver.org/ns/}}getctag') is not None


def test_expand_property_shows_nothing_that_one_may_not_read(alice, box):
    """The owner of a folder is followed; a bad name of a property is refused."""
    tree = report(alice, '/dav/files/jena/', '<expand-property xmlns="DAV:"><property name="owner">'
                  '<property name="displayname"/></property></expand-property>')
    owner = tree.find(f'{D}response/{D}propstat/{D}prop/{D}owner/{D}response')
    assert owner.findtext(f'{D}href') == '/dav/principals/chapters/jena/'
    for name in ('a b', '&lt;x', '', '1x', 'a:b'):
        body = f'<expand-property xmlns="DAV:"><property name="{name}"/></expand-property>'
        assert alice('REPORT', SELF, body, Depth='0').status == 400, name


def test_principal_match(alice):
    body = '<principal-match xmlns="DAV:"><self/><prop><principal-URL/></prop></principal-match>'
    for target, found in (('/dav/principals/', [SELF]), ('/principals/users/', [SELF]),
                          ('/dav/principals/chapters/', []), ('/dav/files/jena/', [])):
        tree = report(alice, target, body)
        assert [r.findtext(f'{D}href') for r in tree.findall(f'{D}response')] == found, target


def test_mkcol_with_a_property_that_cannot_be_set(anna, box):
    """RFC 5689: the answer says which, and no collection is left."""
    body = ('<mkcol xmlns="DAV:"><set><prop><resourcetype><collection/></resourcetype>'
            '<displayname>x</displayname><getetag>y</getetag></prop></set></mkcol>')
    answer = anna('MKCOL', box + 'c', body, Content_Type='application/xml')
    assert answer.status == 403, answer
    tree = ET.fromstring(answer.body)
    assert tree.tag == f'{D}mkcol-response'
    codes = {p.tag: s.findtext(f'{D}status') for s in tree.findall(f'{D}propstat')
             for p in s.find(f'{D}prop')}
    assert codes == {f'{D}getetag': 'HTTP/1.1 403 Forbidden',
                     f'{D}displayname': 'HTTP/1.1 424 Failed Dependency'}
    assert anna.get(box + 'c').status == 404
    assert anna('MKCOL', box + 'c', body.replace('<collection/>', '<x:y xmlns:x="urn:x"/>'),
                Content_Type='application/xml').error() == ['valid-resourcetype']
