"""QR codes of our pages, as a telephone's camera reads them."""
import re
import subprocess
import tempfile


def drawn(svg, scale=4):
    """The SVG's rectangles as a PBM picture."""
    size = int(re.search(r'viewBox="0 0 (\d+)', svg)[1])
    rows = [[0] * size for _ in range(size)]
    for x, y, width in re.findall(r'M(\d+) (\d+)h(\d+)v1h-\3z', svg):
        for i in range(int(width)):
            rows[int(y)][int(x) + i] = 1
    lines = [' '.join(str(v) for v in row for _ in range(scale)) for row in rows for _ in range(scale)]
    return f'P1\n{size * scale} {size * scale}\n'.encode() + '\n'.join(lines).encode() + b'\n'


def scanned(page):
    """What the code of a page says."""
    with tempfile.NamedTemporaryFile(suffix='.pbm') as picture:
        picture.write(drawn(re.search(r'<svg.*?</svg>', page, re.S)[0]))
        picture.flush()
        read = subprocess.run(['zbarimg', '-q', '--raw', picture.name], capture_output=True, text=True, check=True)
    return read.stdout.strip()
