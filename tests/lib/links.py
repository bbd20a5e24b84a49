"""Links to folders and documents, as the pages make them and as strangers use them."""
import html
import re

import requests

from lib.browser import words


def page_of(path):
    """The address in the browser of a path of WebDAV."""
    return re.sub(r'^/dav/files/([^/]+)/', r'/c/\1/files/', path)


class Link:
    """One that was just made: its token, and a stranger's browser for it."""

    def __init__(self, server, answer):
        assert answer.status_code == 200, (answer.status_code, words(answer))
        self.server = server
        self.address = re.search(r'<code class="words secret">([^<]*)</code>', answer.text)[1]
        self.page = answer.text
        self.token = self.address.rpartition('/')[2]
        self.path = f'/s/{self.token}'

    def stranger(self):
        return Stranger(self.server, self.path)

    def get(self, below='', **more):
        return self.stranger().get(below, **more)

    def post(self, *files, below='', **fields):
        return self.stranger().post(*files, below=below, **fields)


class Stranger:
    """A browser without a login, without JavaScript, with cookies of its own."""

    def __init__(self, server, path):
        self.url = server.url + path
        self.session = requests.Session()
        self.session.headers.update({'Accept': 'text/html', 'Accept-Language': 'en'})

    def get(self, below='', headers=None):
        return self.session.get(self.url + below, headers=headers, allow_redirects=False)

    def post(self, *files, below='', headers=None, **fields):
        files = [('file', f) for f in files]
        return self.session.post(self.url + below, data=fields, files=files or None, headers=headers, allow_redirects=False)


def make(browser, path, purpose='for the test', **fields):
    """What the form of a folder or document sends; the answer."""
    page = page_of(path)
    shown = browser.get(page + '?share')
    assert shown.status_code == 200, (shown.status_code, words(shown))
    once = html.unescape(re.search(r'name="once" value="([^"]*)"', shown.text)[1])
    return browser.post(page, **{'share': 'make', 'kind': 'read', 'purpose': purpose, 'once': once, **fields})


def link(browser, path, *args, **fields):
    return Link(browser, make(browser, path, *args, **fields))


def number_of(browser, path, purpose='for the test'):
    """The number of a link in the list of a folder."""
    text = browser.get(page_of(path) + '?share').text
    item = next(i for i in re.findall(r'<li>.*?</li>', text, re.S) if f'>{html.escape(purpose)}</h3>' in i)
    return re.search(r'name="link" value="(\d+)"', item)[1]


def end(browser, path, purpose='for the test'):
    return browser.post(page_of(path), share='end', link=number_of(browser, path, purpose))
