"""Words in documents that LibreOffice has written are found (step 3, Shows 4)."""
import pathlib
import re
import subprocess

import pytest

from lib.browser import Browser
from lib.stack import wait_for

TEXT = ('<html><body><h1>Sitzung</h1><p>Die Sch&uuml;ler*innen w&uuml;nschen eine Mitgliederbefragung'
        ' zur Stra&szlig;enbahn.</p></body></html>')


@pytest.fixture(scope='module')
def papers(tmp_path_factory):
    """The same document as ODT, DOCX and PDF."""
    folder = tmp_path_factory.mktemp('office')
    (folder / 'sitzung.html').write_text(TEXT)
    for source, filters in (('html', 'odt:writer8'), ('odt', 'docx:MS Word 2007 XML'), ('odt', 'pdf')):
        done = subprocess.run(['soffice', '--headless', f'-env:UserInstallation=file://{folder}/profile', '--convert-to',
                               filters, '--outdir', folder, folder / f'sitzung.{source}'], capture_output=True, timeout=180)
        made = folder / f'sitzung.{filters.split(":")[0]}'
        assert made.exists(), done.stderr
    return [pathlib.Path(folder / f'sitzung.{kind}') for kind in ('odt', 'docx', 'pdf')]


def test_words_of_libreoffice_are_found(server, anna, box, papers):
    for paper in papers:
        assert anna.put(box + paper.name, paper.read_bytes()).status == 201
    member = Browser(server, 'jena-member')
    place = box.rstrip('/').split('/')[-1]

    def found(said):
        answer = member.session.get(f'{member.url}/c/jena/search', params={'q': said, 'in': place})
        return set(re.findall(r'<h3><a href="[^"]*">([^<]*)</a></h3>', answer.text))

    everything = {paper.name for paper in papers}
    wait_for(lambda: found('Befragung') == everything, 120, 'the index')
    for said in ('Schülerinnen', 'strassenbahn', 'Mitglieder', '"wünschen eine"', 'Befragung -Kasse'):
        assert found(said) == everything, said
    assert found('Freizeit') == set()
