"""python3-requests: an HTTP client as scripts use it."""
import os

import requests


def session(user):
    s = requests.Session()
    s.auth = (user, 'demo')
    s.trust_env = False
    return s


def test_round_trip(server, den):
    url = server.url + den
    with session('jena-member') as s:
        data = os.urandom(2_000_000)
        answer = s.put(url + 'ü datei.bin', data=data)
        assert answer.status_code == 201
        got = s.get(url + 'ü datei.bin')
        assert got.content == data and got.headers['ETag'] == answer.headers['ETag']
        got = s.get(url + 'ü datei.bin', headers={'Range': 'bytes=1000-1999'})
        assert got.status_code == 206 and got.content == data[1000:2000]
        assert s.request('PROPFIND', url, headers={'Depth': '1'}).status_code == 207
        assert s.request('MOVE', url + 'ü datei.bin', headers={'Destination': url + 'b'}).status_code == 201
        assert s.delete(url + 'b').status_code == 204
        assert s.get(url + 'b').status_code == 404


def test_streamed_upload(server, den):
    """A generator goes out chunked."""
    with session('jena-member') as s:
        answer = s.put(server.url + den + 'f', data=(bytes([i]) * 10_000 for i in range(100)))
        assert answer.status_code == 201
        assert len(s.get(server.url + den + 'f').content) == 1_000_000


def test_sign_in_in_a_browser(server):
    with requests.Session() as s:
        s.trust_env = False
        page = s.get(server.url + '/login')
        assert page.status_code == 200
        import re
        values = dict(re.findall(r'<input[^>]*type="hidden"[^>]*name="([^"]+)"[^>]*value="([^"]*)"', page.text))
        names = re.findall(r'<input[^>]*name="([^"]+)"', page.text)
        secret = next(n for n in names if 'pass' in n)
        user = next(n for n in names if n not in values and n != secret)
        answer = s.post(server.url + '/login', data={**values, user: 'jena-member', secret: 'demo'},
                        headers={'Origin': server.url})
        assert answer.status_code == 200 and 'Mitglied Jena' in answer.text
