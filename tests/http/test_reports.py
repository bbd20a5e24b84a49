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


def hrefs(tree):
    return [r.findtext(f'{D}href') for r in tree.findall(f'{D}response')]


def test_expand_property_has_the_properties_that_clients_set(anna, box):
    """Dead ones, and a display name; without an address in them they are told as they are."""
    assert anna('PROPPATCH', box, '<propertyupdate xmlns="DAV:"><set><prop><displayname>Ablage</displayname>'
                '<x:a xmlns:x="urn:x"><x:b c="d">e</x:b></x:a></prop></set></propertyupdate>').status == 207
    tree = report(anna, box, '<expand-property xmlns="DAV:"><property name="displayname"/>'
                  '<property name="a" namespace="urn:x"><property name="displayname"/></property></expand-property>')
    prop = tree.find(f'{D}response/{D}propstat/{D}prop')
    assert prop.findtext(f'{D}displayname') == 'Ablage'
    assert prop.find('{urn:x}a/{urn:x}b').get('c') == 'd' and prop.findtext('{urn:x}a/{urn:x}b') == 'e'


def test_expand_property_follows_addresses_inside_of_others(anna, box):
    """As in DAV:lockdiscovery; what is not there, or nobody may see, is a 404 of its own."""
    lock = anna('LOCK', box, '<lockinfo xmlns="DAV:"><lockscope><exclusive/></lockscope><locktype><write/></locktype>'
                f'<owner><href>{SELF}</href></owner></lockinfo>', Depth='0')
    assert lock.status == 200
    tree = report(anna, box, '<expand-property xmlns="DAV:"><property name="lockdiscovery">'
                  '<property name="displayname"/></property></expand-property>')
    lock = tree.find(f'{D}response/{D}propstat/{D}prop/{D}lockdiscovery/{D}activelock')
    assert lock.find(f'{D}lockscope/{D}exclusive') is not None
    [owner] = lock.findall(f'{D}owner/{D}response')
    assert owner.findtext(f'{D}href') == SELF and owner.findtext(f'{D}status') == 'HTTP/1.1 404 Not Found'
    assert lock.findtext(f'{D}lockroot/{D}response/{D}propstat/{D}prop/{D}displayname') == box.rstrip('/').split('/')[-1]


def test_expand_property_of_members(alice):
    body = '<expand-property xmlns="DAV:"><property name="displayname"/></expand-property>'
    assert hrefs(report(alice, '/dav/principals/', body)) == ['/dav/principals/']
    answer = alice('REPORT', '/dav/principals/', body, Depth='1')
    assert hrefs(ET.fromstring(answer.body)) == [
        '/dav/principals/', '/dav/principals/chapters/', '/dav/principals/groups/', '/dav/principals/users/']
    assert alice('REPORT', '/dav/principals/', body, Depth='infinity').status == 400


def test_expand_property_of_what_one_may_not_know(alice):
    """RFC 3744, 4.3: group-member-set is there, but not for her; it is a 403 of its own."""
    tree = report(alice, '/dav/principals/chapters/jena/', '<expand-property xmlns="DAV:"><property name='
                  '"group-member-set"><property name="displayname"/></property></expand-property>')
    [stat] = [p for p in tree.iter(f'{D}propstat') if len(p.find(f'{D}prop'))]
    assert stat.findtext(f'{D}status') == 'HTTP/1.1 403 Forbidden'


MATCH_SELF = '<principal-match xmlns="DAV:"><self/><prop><principal-URL/></prop></principal-match>'
GROUPS = ['/dav/principals/chapters/jena/', '/dav/principals/chapters/land/']


def test_principal_match(alice):
    """Herself, and the chapters that have her as a member (RFC 3744, 9.3 and 5.5.1)."""
    for target, found in (('/dav/principals/', [SELF, *GROUPS]), ('/principals/users/', [SELF]),
                          ('/', [SELF, *GROUPS]), ('/dav/principals/chapters/', GROUPS), ('/dav/files/jena/', [])):
        assert hrefs(report(alice, target, MATCH_SELF)) == found, target


def test_principal_match_by_a_property(anna, box):
    """What below here belongs to a principal that she is; at any depth."""
    anna.mkcol(box + 'a/')
    anna.put(box + 'a/b.txt', b'x')
    body = ('<principal-match xmlns="DAV:"><principal-property><{}/></principal-property>'
            '<prop><displayname/></prop></principal-match>')
    assert hrefs(report(anna, box, body.format('owner'))) == [box + 'a/', box + 'a/b.txt']
    for name in ('displayname', 'none'):
        assert hrefs(report(anna, box, body.format(name))) == [], name
    for wrong in ('', '<owner/><displayname/>'):
        answer = anna('REPORT', box, body.replace('<{}/>', wrong), Depth='0')
        assert answer.status == 400, wrong


def found(client, *criteria, target='/dav/principals/', root='', more=''):
    """The hrefs that principal-property-search finds: criteria are (properties, text)."""
    inner = ''.join(f'<D:property-search><D:prop>{"".join(f"<{p}/>" for p in props.split())}</D:prop>{text}'
                    '</D:property-search>' for props, text in criteria)
    body = (f'<D:principal-property-search xmlns:D="DAV:" xmlns:S="http://calendarserver.org/ns/" {root}>{inner}'
            f'<D:prop><D:displayname/></D:prop>{more}</D:principal-property-search>')
    return hrefs(report(client, target, body))


def text(words, how=None):
    return f'<D:match{"" if how is None else f" match-type={chr(34)}{how}{chr(34)}"}>{words}</D:match>'


def test_principal_property_search(alice):
    """RFC 3744, 9.4: everything must hold; regardless of case; people as oneself only, and chapters."""
    jena = '/dav/principals/chapters/jena/'
    name = alice.props(SELF, 'displayname').text('displayname')
    assert found(alice, ('D:displayname', text(name.upper()))) == [SELF]
    assert jena in found(alice, ('D:displayname', text('jEnA')))
    assert found(alice, ('S:email-address-set', text('jena-member@'))) == [SELF]
    assert found(alice, ('D:displayname', text('jena')), ('S:email-address-set', text('jena-member@'))) == [SELF]
    assert found(alice, ('D:displayname', text('erfurt')), ('S:email-address-set', text('jena-member@'))) == []
    for both in ('D:displayname S:email-address-set', 'S:email-address-set D:displayname'):
        assert found(alice, (both, text('jena'))) == [SELF]
    assert found(alice, ('D:displayname', text('erfurt-member'))) == []


def test_principal_property_search_as_apple_sends_it(alice):
    """test="anyof" and match-type, of CalendarServer; properties that nobody is found by do no harm."""
    jena = '/dav/principals/chapters/jena/'
    name = alice.props(jena, 'displayname').text('displayname')
    both = [('D:displayname', text(name, 'equals')), ('S:email-address-set', text('jena-member', 'starts-with')),
            ('S:first-name', text('jena', 'starts-with'))]
    assert found(alice, *both, root='test="anyof"') == [SELF, jena]
    assert found(alice, *both[:2], root='test="anyof"') == [SELF, jena]
    assert found(alice, *both[:2], root='test="allof"') == []
    assert found(alice, *both[1:]) == []
    for how, words, there in (('ends-with', name[-5:], True), ('ends-with', name[:-1], False),
                              ('starts-with', name[:5], True), ('starts-with', name[1:], False),
                              ('equals', name[:-1], False), ('contains', name[1:-1], True)):
        assert (jena in found(alice, ('D:displayname', text(words, how)))) == there, (how, words)


def test_principal_property_search_looks_below_its_address(alice):
    criterion = ('D:displayname', text('jena'))
    everywhere = '<D:apply-to-principal-collection-set/>'
    chapters = found(alice, criterion, target='/dav/principals/chapters/')
    assert SELF not in chapters and '/dav/principals/chapters/jena/' in chapters
    assert found(alice, criterion, target='/dav/files/jena/') == []
    assert found(alice, criterion, target='/dav/files/jena/', more=everywhere) == [SELF, *chapters]
    assert found(alice, criterion, target='/') == [SELF, *chapters]


def test_E18_a_search_needs_three_letters(alice):
    assert found(alice, ('D:displayname', text('je'))) == []
    assert found(alice, ('D:displayname', text(''))) == []
    assert found(alice, ('D:displayname', text('jena')), ('D:displayname', text('j'))) == []


def test_reports_about_principals_have_depth_0_alone(alice):
    search = ('<principal-property-search xmlns="DAV:"><property-search><prop><displayname/></prop><match>jena</match>'
              '</property-search></principal-property-search>')
    for body in (MATCH_SELF, search, '<principal-search-property-set xmlns="DAV:"/>'):
        assert alice('REPORT', '/dav/principals/', body, Depth='1').status == 400
        assert alice('REPORT', '/dav/principals/', body).status in (200, 207)
    for wrong in ('<property-search><match>jena</match></property-search>', '',
                  '<property-search><prop><displayname/></prop></property-search>'):
        body = f'<principal-property-search xmlns="DAV:">{wrong}</principal-property-search>'
        assert alice('REPORT', '/dav/principals/', body, Depth='0').status == 400, wrong


def test_principal_search_property_set(alice):
    tree = report(alice, '/dav/principals/', '<principal-search-property-set xmlns="DAV:"/>')
    assert tree.tag == f'{D}principal-search-property-set'
    names = {p[0].tag for p in tree.iter(f'{D}prop')}
    assert {f'{D}displayname', '{http://calendarserver.org/ns/}email-address-set'} <= names
    assert all(d.text and d.get('{http://www.w3.org/XML/1998/namespace}lang') == 'en'
               for d in tree.iter(f'{D}description'))


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
