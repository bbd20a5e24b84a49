"""Small documents of the kinds that people keep, and hostile ones, made without their programs."""
import io
import struct
import zipfile
import zlib

ODT = ('<?xml version="1.0" encoding="UTF-8"?><office:document-content'
       ' xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"'
       ' xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"><office:scripts>nie</office:scripts>'
       '<office:body><office:text><text:tracked-changes><text:p>verworfen</text:p></text:tracked-changes>'
       '<text:h>{}</text:h><text:p>{}<text:line-break/>Ende</text:p></office:text></office:body>'
       '</office:document-content>')
DOCX = ('<?xml version="1.0" encoding="UTF-8"?><w:document'
        ' xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>'
        '<w:p><w:r><w:t>{}</w:t></w:r></w:p><w:p><w:r><w:delText>verworfen</w:delText><w:instrText>PAGE</w:instrText>'
        '<w:t>{}</w:t></w:r></w:p></w:body></w:document>')
XLSX = ('<?xml version="1.0"?><sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
        '<si><t>{}</t></si><si><t>{}</t></si></sst>')
MANIFEST = '<manifest><file-entry full-path="content.xml"><encryption-data checksum="x"/></file-entry></manifest>'


def package(*members, compression=zipfile.ZIP_DEFLATED):
    out = io.BytesIO()
    with zipfile.ZipFile(out, 'w', compression) as z:
        for name, content in members:
            z.writestr(name, content)
    return out.getvalue()


def odt(title, text):
    return package(('mimetype', 'application/vnd.oasis.opendocument.text'), ('content.xml', ODT.format(title, text)),
                   ('META-INF/manifest.xml', '<manifest/>'))


def docx(title, text):
    return package(('[Content_Types].xml', '<Types/>'), ('word/document.xml', DOCX.format(title, text)))


def xlsx(one, two):
    return package(('[Content_Types].xml', '<Types/>'), ('xl/sharedStrings.xml', XLSX.format(one, two)))


def bomb(megabytes=200):
    return package(('content.xml', '<a>' + ' ' * (megabytes * 1000000)))


def locked():
    return package(('content.xml', bytes(range(256)) * 10), ('META-INF/manifest.xml', MANIFEST))


def stream(data, more=''):
    return f'<< /Length {len(data)} {more}>>\nstream\n{data}\nendstream'


def objects(*bodies):
    """A PDF of these objects; the first is the catalogue."""
    out, places = bytearray(b'%PDF-1.4\n'), []
    for i, body in enumerate(bodies, 1):
        places.append(len(out))
        out += f'{i} 0 obj\n{body}\nendobj\n'.encode('latin-1')
    table = ''.join(f'{p:010d} 00000 n \n' for p in places)
    return bytes(out) + (f'xref\n0 {len(bodies) + 1}\n0000000000 65535 f \n{table}'
                  f'trailer\n<< /Size {len(bodies) + 1} /Root 1 0 R >>\nstartxref\n{len(out)}\n%%EOF\n').encode()


CATALOGUE = '<< /Type /Catalog /Pages 2 0 R >>'
PAGES = '<< /Type /Pages /Kids [3 0 R] /Count 1 >>'


def pdf(*lines):
    shown = ' 0 -20 Td '.join(f'({line}) Tj' for line in lines)
    return objects(CATALOGUE, PAGES,
                   '<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 800] /Contents 4 0 R'
                   ' /Resources << /Font << /F 5 0 R >> >> >>',
                   stream(f'BT /F 12 Tf 50 700 Td {shown} ET'),
                   '<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>')


def drawn_pdf(*words, box='0 0 600 800', count=None):
    """A page for each word, of the letters A to Z, in a font that the document brings: a square for each letter. It says that it has
    `count` pages."""
    names = ' '.join(f'/{chr(c)}' for c in range(65, 91))
    letter = stream('800 0 0 0 700 700 d1 0 0 700 700 re f')
    marks = ' '.join(f'/{chr(c)} 4 0 R' for c in range(65, 91))
    font = (f'<< /Type /Font /Subtype /Type3 /FontBBox [0 0 800 800] /FontMatrix [.001 0 0 .001 0 0] /CharProcs << {marks} >>'
            f' /Encoding << /Type /Encoding /Differences [65 {names}] >> /FirstChar 65 /LastChar 90 /Widths [{"800 " * 26}]'
            ' /Resources << >> >>')
    kids = ' '.join(f'{5 + 2 * i} 0 R' for i in range(len(words)))
    pages = [body for i, word in enumerate(words) for body in (
        f'<< /Type /Page /Parent 2 0 R /MediaBox [{box}] /Contents {6 + 2 * i} 0 R /Resources << /Font << /F 3 0 R >> >> >>',
        stream(f'BT /F 40 Tf 50 700 Td ({word}) Tj ET'))]
    return objects(CATALOGUE, f'<< /Type /Pages /Kids [{kids}] /Count {count or len(words)} >>', font, letter, *pages)


def endless_pdf(depth=12, width=60):
    """Forms that draw forms: width ** depth steps before the page is done."""
    forms = [stream('/A Do ' * width, '/Type /XObject /Subtype /Form /BBox [0 0 9 9]'
                    f' /Resources << /XObject << /A {6 + i} 0 R >> >> ') for i in range(depth)]
    return objects(CATALOGUE, PAGES,
                   '<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] /Contents 4 0 R'
                   ' /Resources << /XObject << /A 5 0 R >> >> >>', stream('/A Do'), *forms)


def sealed_pdf(text):
    """It asks for a password that nobody has."""
    marks = '<' + '5a' * 32 + '>'
    return pdf(text).replace(b'/Root 1 0 R', f'/Root 1 0 R /ID [<00> <00>] /Encrypt << /Filter /Standard /V 1 /R 2 /O {marks}'
                             f' /U {marks} /P -4 >>'.encode())


def circling_pdf():
    """Its pages are in each other."""
    return objects(CATALOGUE, '<< /Type /Pages /Kids [3 0 R] /Count 9 /Parent 3 0 R >>',
                   '<< /Type /Pages /Kids [2 0 R 3 0 R] /Count 9 /Parent 2 0 R >>')


def packed_pdf(megabytes):
    """A page whose drawing unpacks to so much."""
    packed, piece = zlib.compressobj(), b'q Q ' * 250_000
    data = b''.join(packed.compress(piece) for _ in range(megabytes)) + packed.flush()
    return objects(CATALOGUE, PAGES, '<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] /Contents 4 0 R >>',
                   '<< /Length 9 >>\nstream\n@\nendstream').replace(
        b'<< /Length 9 >>\nstream\n@', f'<< /Length {len(data)} /Filter /FlateDecode >>\nstream\n'.encode() + data)


def folded(entries, name, content):
    """A ZIP with one content that its directory names so many times (Fifield: a better zip bomb)."""
    packed = zlib.compressobj(9, zlib.DEFLATED, -15)
    data = packed.compress(content) + packed.flush()
    sizes = struct.pack('<LLL', zlib.crc32(content), len(data), len(content))
    first = name.format(0).encode()
    local = b'PK\3\4' + struct.pack('<HHHHH', 20, 0, 8, 0, 0) + sizes + struct.pack('<HH', len(first), 0) + first + data
    directory = b''.join(
        b'PK\1\2' + struct.pack('<HHHHHH', 20, 20, 0, 8, 0, 0) + sizes + struct.pack('<HHHHHLL', len(n), 0, 0, 0, 0, 0, 0) + n
        for n in (name.format(i).encode() for i in range(entries)))
    return local + directory + b'PK\5\6' + struct.pack('<HHHHLLH', 0, 0, min(entries, 65535), min(entries, 65535), len(directory),
                                                       len(local), 0)


def crowd(entries):
    """A ZIP of so many members of one byte, all of one name."""
    one = b'PK\3\4' + struct.pack('<HHHHHLLLHH', 20, 0, 0, 0, 0, zlib.crc32(b'x'), 1, 1, 1, 0) + b'ex'
    row = b'PK\1\2' + struct.pack('<HHHHHHLLLHHHHHL', 20, 20, 0, 0, 0, 0, zlib.crc32(b'x'), 1, 1, 1, 0, 0, 0, 0, 0)
    rows = b''.join(row + struct.pack('<L', i * len(one)) + b'e' for i in range(entries))
    return one * entries + rows + b'PK\5\6' + struct.pack('<HHHHLLH', 0, 0, 65535, 65535, len(rows), len(one) * entries, 0)
