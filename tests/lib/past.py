"""What the pages tell of a folder after a program has worked in it: what is listed, earlier versions, what was deleted."""
import html
import re

from lib.browser import Browser


class Past:
    """Of a folder of jena, as a member sees it."""

    def __init__(self, server, folder, who='jena-member'):
        self.browser, self.name = Browser(server, who), folder.rstrip('/').rpartition('/')[2]
        self.page = folder.replace('/dav/files/jena/', '/c/jena/files/')

    def listed(self, below=''):
        return set(re.findall(r'name="item" value="([^"]*)"', html.unescape(self.browser.get(self.page + below).text)))

    def versions(self, name):
        """What its earlier versions held, the latest first."""
        text = self.browser.get(f'{self.page}{name}?versions').text
        return [self.browser.session.get(f'{self.browser.url}{self.page}{name}?version={n}').content
                for n in re.findall(r'\?version=(\d+)"', text)]

    def deleted(self):
        """Names of what lies in the trash and was in this folder, or below it."""
        rows = re.findall(r'<tr><td class="name">([^<\n]*)(.*?)</tr>', self.browser.get('/c/jena/trash').text, re.S)
        return sorted(html.unescape(name) for name, rest in rows if self.name in html.unescape(rest))
