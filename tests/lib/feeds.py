"""Feeds of calendars with an address of their own, as the page makes them and as programs fetch them."""
import html
import re

import requests

from lib.browser import words


class Feed:
    """One that was just made: its address, and how a program fetches it."""

    def __init__(self, server, answer):
        assert answer.status_code == 200, (answer.status_code, words(answer))
        self.page = answer.text
        self.address = html.unescape(re.search(r'<code class="words secret">([^<]*)</code>', answer.text)[1])
        self.token = self.address.rpartition('/')[2].removesuffix('.ics')
        self.url = f'{server.url}/feed/{self.token}.ics'

    def fetch(self, **headers):
        return requests.get(self.url, headers={'Accept-Language': 'en', **headers}, timeout=60)


def make(browser, view='details', label='for the test', calendar='termine', chapter='jena', **fields):
    """What the form sends; the answer."""
    shown = browser.get(f'/c/{chapter}/feeds')
    assert shown.status_code == 200, (shown.status_code, words(shown))
    once = html.unescape(re.search(r'name="once" value="([^"]*)"', shown.text)[1])
    return browser.post(f'/c/{chapter}/feeds', **{'feed': 'make', 'view': view, 'label': label, 'calendar': calendar, 'once': once, **fields})


def feed(browser, *args, **fields):
    return Feed(browser, make(browser, *args, **fields))


def number_of(browser, label, chapter='jena'):
    """The number of a feed in the list."""
    text = browser.get(f'/c/{chapter}/feeds').text
    item = next(i for i in re.findall(r'<li>\s*<h3.*?</li>', text, re.S) if f'>{html.escape(label)}</h3>' in i)
    return re.search(r'name="id" value="(\d+)"', item)[1]


def act(browser, what, label, /, chapter='jena', **fields):
    return browser.post(f'/c/{chapter}/feeds', feed=what, id=number_of(browser, label, chapter), **fields)


def state_of(browser, label, chapter='jena'):
    """What the list says of it."""
    text = browser.get(f'/c/{chapter}/feeds').text
    item = next(i for i in re.findall(r'<li>\s*<h3.*?</li>', text, re.S) if f'>{html.escape(label)}</h3>' in i)
    return ' '.join(html.unescape(re.sub(r'<[^>]*>', ' ', item)).split())
