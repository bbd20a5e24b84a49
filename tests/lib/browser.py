"""A browser of one person: cookies, and the form token of the page it last saw."""
import functools
import html
import re

import requests


class Browser:
    def __init__(self, server, user=None, password='demo'):
        self.url = server.url
        self.session = requests.Session()
        self.session.headers['Accept'] = 'text/html'
        self.session.headers['Accept-Language'] = 'en'
        self.token = ''
        self.get('/login')
        if user:
            answer = self.post('/login', user=user, password=password)
            assert answer.status_code == 303, answer.text
            self.get('/')

    def get(self, path):
        answer = self.session.get(self.url + path, allow_redirects=False)
        found = re.search(r'name="token" value="([^"]*)"', answer.text)
        if found:
            self.token = found[1]
        return answer

    def post(self, path, **fields):
        """The fields' names with "_" for "-"."""
        data = {name.replace('_', '-'): value for name, value in fields.items()}
        return self.session.post(self.url + path, data={'token': self.token, **data}, allow_redirects=False)

    def text(self, path):
        """What a page says, without its markup."""
        answer = self.get(path)
        assert answer.status_code == 200, (path, answer.status_code)
        return words(answer)


def words(answer):
    main = re.search(r'<main.*?</main>', answer.text, re.S)
    return ' '.join(html.unescape(re.sub(r'<[^>]*>', ' ', main[0] if main else answer.text)).split())


def form_of(page):
    """All fields of the form of an event, as a browser would send them."""
    assert page.status_code == 200, page.text[:400]
    form = re.search(r'<form method="post" action="[^"]*/calendar[^"]*" class="fields">.*?</form>', page.text, re.S)[0]
    data = {}
    for tag in re.findall(r'<input [^>]*>', form):
        kind, name = re.search(r'type="(\w+)"', tag)[1], re.search(r'name="([^"]*)"', tag)[1]
        value = re.search(r'value="([^"]*)"', tag)
        if kind in ('checkbox', 'radio') and ' checked' not in tag:
            continue
        data.setdefault(name, []).append(html.unescape(value[1] if value else ''))
    for name, inside in re.findall(r'<select [^>]*name="([^"]*)">(.*?)</select>', form, re.S):
        chosen = re.search(r'value="([^"]*)" selected', inside) or re.search(r'value="([^"]*)"', inside)
        data[name] = [html.unescape(chosen[1])]
    data['text'] = [html.unescape(re.search(r'<textarea[^>]*>(.*?)</textarea>', form, re.S)[1])]
    return data


def browsers(server):
    """The one browser of somebody, signed in when it is first asked for: browsers(server)('jena-board')."""
    return functools.cache(lambda user=None: Browser(server, user))
