"""Reports of CalDAV as clients send them, and what comes back."""
import xml.etree.ElementTree as ET

D = '{DAV:}'
C = '{urn:ietf:params:xml:ns:caldav}'
HEAD = 'xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"'


def component(name, inner=''):
    return f'<C:comp-filter name="{name}">{inner}</C:comp-filter>'


def span(start=None, end=None, name='time-range'):
    return f'<C:{name}' + (f' start="{start}"' if start else '') + (f' end="{end}"' if end else '') + '/>'


def prop(name, inner=''):
    return f'<C:prop-filter name="{name}">{inner}</C:prop-filter>'


def text(value, **attributes):
    more = ''.join(f' {n.replace("_", "-")}="{v}"' for n, v in attributes.items())
    return f'<C:text-match{more}>{value}</C:text-match>'


def query(inner, props='<D:getetag/>', more=''):
    """calendar-query; inner: what stands in the comp-filter of VCALENDAR."""
    return (f'<C:calendar-query {HEAD}><D:prop>{props}</D:prop><C:filter>{component("VCALENDAR", inner)}</C:filter>'
            f'{more}</C:calendar-query>')


def multiget(hrefs, props='<D:getetag/><C:calendar-data/>'):
    return (f'<C:calendar-multiget {HEAD}><D:prop>{props}</D:prop>'
            + ''.join(f'<D:href>{h}</D:href>' for h in hrefs) + '</C:calendar-multiget>')


def free_busy(start, end):
    return f'<C:free-busy-query {HEAD}>{span(start, end)}</C:free-busy-query>'


def answers(answer):
    """{name: properties} of a multistatus; a name alone that is not there is its status."""
    assert answer.status == 207, (answer.status, answer.body[:500])
    found = {}
    for response in ET.fromstring(answer.body).findall(f'{D}response'):
        name = response.findtext(f'{D}href').split('/')[-1]
        if response.find(f'{D}propstat') is None:
            found[name] = response.findtext(f'{D}status')
        else:
            found[name] = {p.tag: p.text for p in response.findall(f'{D}propstat/{D}prop/*')}
    return found


def condition(answer):
    """The name of the precondition that an answer says, and its status."""
    tree = ET.fromstring(answer.body)
    return answer.status, tree[0].tag.replace(C, 'C:').replace(D, 'D:')
