"""Contacts for tests."""


def vcard(uid, *lines, version='3.0', name='Anna Müller'):
    """One card; more lines go into it."""
    return '\r\n'.join(['BEGIN:VCARD', f'VERSION:{version}', f'UID:{uid}', f'FN:{name}', 'N:Müller;Anna;;;',
                        *lines, 'END:VCARD', '']).encode()
