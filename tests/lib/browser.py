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


def browsers(server):
    """The one browser of somebody, signed in when it is first asked for: browsers(server)('jena-board')."""
    return functools.cache(lambda user=None: Browser(server, user))
