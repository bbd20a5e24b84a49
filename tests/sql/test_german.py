"""German text: what is found by which words, and what is not (sql/functions/german.sql)."""
import pathlib
import re

import pytest

from database import Session

# (words looked for, text)
FOUND = [
    # words looked for      text
    ('Schüler', 'Die Schüler*innen der Stadt'),
    ('Schülerinnen', 'Die Schüler*innen der Stadt'),
    ('Schüler*innen', 'Schülerinnen und Schüler'),
    ('Schüler:innen', 'die Schülerin'),
    ('Schüler_innen', 'DIE SCHÜLERINNEN'),
    ('Schüler/innen', 'SchülerInnen'),
    ('SchülerInnen', 'Schüler/-innen'),
    ('Schüler(innen)', 'Schüler·innen'),
    ('schueler*innen', 'Schüler\\*innen'),
    ('Schuelerinnen', 'Schüler'),
    ('Schüler', 'eine Schülerin'),
    ('Schüler*in', 'der Schüler'),
    ('Genossinnen', 'Liebe Genoss*innen'),
    ('Genossen', 'Liebe Genossinnen'),
    ('Kolleg*innen', 'Kollegen'),
    ('Ärztinnen', 'beim Arzt'),
    ('Bürgermeisterin', 'Bürgermeister'),
    ('Bürger*innenrat', 'der Bürgerrat'),
    ('Bürger*innen-Entscheid', 'Bürger-Entscheid'),
    ('Vorsitzende*r', 'die Vorsitzende'),
    ('Delegierte', 'Delegierte*r'),
    ('Beamt*innen', 'Beamtinnen'),
    # line ends and hyphens
    ('Jugendverband', 'der Jugend-\nverband'),
    ('Jugendverband', 'der Jugend-  \r\n 12 verband'),
    ('Jugendverband', 'der Jugend\u00adverband'),
    ('Jugendverband', 'der Jugend\u00ad\nverband'),
    ('Diskussion', 'die Dis-\n2 kussion'),
    ('Nachteile', 'Vor-\nund Nachteile'),
    ('Nordrhein-Westfalen', 'Nordrhein-\nWestfalen'),
    ('Westfalen', 'Nordrhein\u2011Westfalen'),
    # compounds
    ('Befragung', 'eine Mitgliederbefragung'),
    ('Befragungen', 'eine Mitgliederbefragung'),
    ('Mitglieder', 'eine Mitgliederbefragung'),
    ('Beschluss', 'die Beschlussdatenbank'),
    ('Beschlüsse', 'Parteitagsbeschlüsse'),
    ('Datenbank', 'die Beschlussdatenbank'),
    ('Beschlussdatenbank', 'die Beschlussdatenbanken'),
    ('Protokoll', 'Mitgliederversammlungsprotokoll'),
    ('Versammlung', 'Mitgliederversammlungsprotokoll'),
    ('Wahl', 'die Vorstandswahl'),
    ('Schüler', 'die Schülervertretung'),
    ('Vertretung', 'die Schüler*innenvertretung'),
    ('Straße', 'Hauptstrasse'),
    # spellings
    ('Beschluesse', 'Beschlüsse'),
    ('Beschlüsse', 'BESCHLUESSE'),
    ('Strasse', 'Straße'),
    ('Straße', 'STRASSE'),
    ('übrig', 'die uebrigen'),
    ('Cafe', 'das Café'),
    ('Haushalt', 'Haushalte'),
    ('neue', 'neuer Anfang'),
    ('Frauen', 'Frau'),
    ('finanzen', '\ufb01nanzen'),
    ('Café', 'das Cafe\u0301'),
    # questions
    ('"gute Arbeit"', 'für gute Arbeit'),
    ('Arbeit -Freizeit', 'für gute Arbeit'),
    ('Rente or Arbeit', 'für gute Arbeit'),
    ('Satzung Entwurf', 'Entwurf einer Satzung'),
    ('beginnen', 'wir beginnen jetzt'),
    ('Termin', 'die Termine'),
    ('Berlin', 'in Berlin'),
    ('2024', 'Haushalt 2024'),
    ('Satzung', '2024-03-12_Satzung_neu.odt'),
    ('Satzung_neu.odt', '2024-03-12_Satzung_neu.odt'),
    ('12.03.2024', 'Jena, 12.03.2024'),
    ('Antrag oder', 'und/oder: Antrag/Beschluss'),
]

NOT_FOUND = [
    ('Freizeit', 'für gute Arbeit'),
    ('"Arbeit gute"', 'für gute Arbeit'),
    ('gute -Arbeit', 'für gute Arbeit'),
    ('-Arbeit', 'für gute Arbeit'),
    ('Schüler', 'die Schulden der Stadt'),
    ('Schulden', 'eine Schülerin'),
    ('Rente', 'getrennte Wege'),
    ('Wahl', 'der Wal'),
    ('"Befragung"x', 'Sitzung'),
    ('Befragung Rente', 'eine Mitgliederbefragung'),
    ('Termine', 'Terrasse'),
    ('Berlin', 'die Berla'),
    ('Nachteile', 'Vorund'),
]


@pytest.fixture(scope='module')
def db(server):
    s = Session(server)
    yield s
    s.close()


def finds(db, words, text):
    return db.one("SELECT german_words(german_join(%s), 'D') @@ german_query(%s)", (text, words))


@pytest.mark.parametrize('words, text', FOUND)
def test_finds(db, words, text):
    assert finds(db, words, text)


@pytest.mark.parametrize('words, text', NOT_FOUND)
def test_does_not_find(db, words, text):
    assert not finds(db, words, text)


@pytest.mark.parametrize('words', ['', ' ', '"', '""', '-', '--', '(', ')&|!', "'; DROP TABLE blob; --", '%' * 10000, '(a+)+$',
                                   'a:* & b', "\\'\\", '*', ':', "'':*", 'und', 'der die das', '"und" -oder', '\ue000', '+befrag',
                                   '-"' * 500, 'x' * 100000, 'or or or', '<->', '#7', 'ä' * 70, "o'o'o'o", "arbeit''s"])
def test_any_question_is_a_question(db, words):
    """J21: what somebody types is never an error, and never more than words."""
    db.sql("SELECT german_words('für gute Arbeit', 'D') @@ german_query(%s), german_snippet('für gute Arbeit', german_pattern(%s))",
           (words, words))


@pytest.mark.parametrize('words', ['', 'und', '"', '-'])
def test_no_words_find_nothing(db, words):
    assert not finds(db, words, 'für gute Arbeit und mehr')


@pytest.mark.parametrize('words, text, shown', [
    ('Schüler', 'Die Schüler*innen der Stadt', 'Die [Schüler]*innen der Stadt'),
    ('Befragung', 'eine\n\nMitgliederbefragung', 'eine [Mitgliederbefragung]'),
    ('Strasse Beschluss', 'Die Straße: Beschlüsse.', 'Die [Straße]: [Beschlüsse].'),
    ('Beschluesse', 'Alte BESCHLÜSSE', 'Alte [BESCHLÜSSE]'),
    ('gut -Arbeit', 'gute Arbeit', '[gute] Arbeit'),
    ('Amt', 'Das Amt im Rathaus, amtlich', 'Das [Amt] im Rathaus, amtlich'),
    ('und', 'nichts davon', 'nichts davon'),
])
def test_snippet_marks_what_was_found(db, words, text, shown):
    got = db.one('SELECT german_snippet(german_join(%s), german_pattern(%s))', (text, words))
    assert got.replace('\ue000', '[').replace('\ue001', ']') == shown


def test_snippet_of_a_long_text_is_short(db):
    text = 'Anfang ' + 'lang ' * 100 + 'die Satzung' + ' danach' * 100
    got = db.one('SELECT german_snippet(%s, german_pattern(%s))', (text, 'Satzung'))
    assert got.startswith('… lang lang') and 'die \ue000Satzung\ue001 danach' in got and got.endswith('danach …')
    assert len(got) < 270


def test_marks_cannot_come_from_a_text(db):
    assert db.one('SELECT german_join(%s)', ('a\ue000b\ue001c',)) == 'abc'


def test_a_text_with_too_many_words_is_found_by_its_beginning(db):
    text = 'Anfang ' + ' '.join(f'{chr(97 + i % 26)}erwortgebilde{i:x}vielfalt' .translate(str.maketrans('0123456789', 'ghijklmnop'))
                                for i in range(9000))
    assert db.one("SELECT words @@ german_query('Anfang') FROM german_words(%s, 'D') AS words", (text,))


def test_is_the_same_whatever_the_search_path(db):
    assert db.one("SELECT german_words('Mitgliederbefragung', 'A')::text") == \
        db.one("SELECT german_words('Mitgliederbefragung', 'A')::text FROM set_config('search_path', 'chapterd, pg_temp', true)")


ONSET = re.compile('[bcdfghjklmnpqrstvwxyz]?[aeiouy]|[cpst]h|sch[aeioulmnrwt]|sp[aeioulr]|st[aeiour]|[bdfgkptv]r|[bcfgkp]l|[gk]n|pf|qu|zw'
                   '|schw|sc|sk|sl|sm')


def parts_of(text):
    """What german_parts is to give, in words of Python."""
    words = {w.translate(str.maketrans('äöü', 'aou')) for w in re.findall(r'[^\W\d_]{8,60}', text)}
    return {'+' + w[i:] for w in words for i in range(len(w) - 3) if i == 0 or (i > 2 and ONSET.match(w, i))}


@pytest.mark.parametrize('text', [
    '', 'kurze worte nur', 'mitgliederversammlung', 'mitgliederversammlung, versammlungen. (vorstandswahl) „beschlüsse“!',
    'siebzehn\tachtzehnhundert\nneunzehnhundert\r\nzwanzigtausend', 'kreis-jugendverband 3satzungsentwurf4 e2e-prüfverfahren',
    'donaudampfschifffahrt' * 4, 'haushaltsplan' * 5 + '-' + 'abc' * 20 + '.', 'öffentlichkeitsarbeit öffentlichkeitsarbeit',
    'протоколсобрания ελληνικάγράμματα',
])
def test_parts_of_long_words(db, text):
    assert set(db.one('SELECT tsvector_to_array(german_parts(%s))', (text,))) == parts_of(text)


def test_a_long_text_takes_no_longer_for_a_word_than_a_short_one(db):
    """PostgreSQL's own processor time: eight times the text may take eight times as long, not sixty."""
    stat = pathlib.Path(f'/proc/{db.one("SELECT pg_backend_pid()")}/schedstat')
    page = 'Die Schülerinnen, Genossinnen und Kolleg*innen beginnen in Berlin mit der Mitgliederversammlung. ' * 200

    def spent(text):
        took = []
        for _ in range(3):
            before = int(stat.read_text().split()[0])
            db.one("SELECT length(german_words(german_join(%s), 'D'))", (text,))
            took.append(int(stat.read_text().split()[0]) - before)
        return min(took)

    spent(page)
    assert spent(page * 8) < 25 * spent(page)
