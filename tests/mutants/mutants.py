"""Mistakes that somebody could make in daemon/auth/access.c, and the cells of the matrix that must notice.

Each: what it does, the text that is there, the text that comes in its place, and cells (method, target,
role) to try in that order. Roles are those of tests/authz/expect.tsv and expect-people.tsv.
"""
J = '/dav/files/jena/'
DOC_M, DOC_V, DOC_O = J + 'Mitglieder/{doc}', J + 'Vorstand/{doc}', J + 'Öffentlich/{doc}'
NEW_M, NEW_O, DOC = J + 'Mitglieder/{new}', J + 'Öffentlich/{new}', J + '{doc}'
ROOM = '{room}{doc}'

MUTANTS = [
    ('nobody signed in counts as somebody', 'return ROLE_PUBLIC;\n    for', 'return ROLE_FEDERATION;\n    for',
     [('GET', '/c/jena/files/', 'nobody')]),
    ('roles are dropped', 'return who->roles[i].role;', 'return ROLE_FEDERATION;', [('GET', DOC_M, 'jena-member')]),
    ('a role counts in every chapter', 'if (who->roles[i].chapter == chapter)', 'if (who->roles[i].chapter != 0)',
     [('GET', DOC_M, 'erfurt-member')]),
    ('somebody signed in is nobody', 'return who->guest ? ROLE_PUBLIC : ROLE_FEDERATION;', 'return ROLE_PUBLIC;',
     [('GET', DOC, 'guest@directory')]),
    ('a guest is somebody everywhere', 'return who->guest ? ROLE_PUBLIC : ROLE_FEDERATION;', 'return ROLE_FEDERATION;',
     [('GET', '/dav/files/erfurt/', 'guest')]),
    ('who is no member is one', 'return who->guest ? ROLE_PUBLIC : ROLE_FEDERATION;', 'return ROLE_MEMBER;',
     [('GET', DOC_M, 'erfurt-member')]),
    ('the read level is not asked', 'if (role >= policy->read_level)', 'if (role >= ROLE_PUBLIC)',
     [('GET', DOC_V, 'jena-member')]),
    ('the read level is taken one step too low', 'if (role >= policy->read_level)', 'if (role + 1 >= policy->read_level)',
     [('GET', DOC_V, 'jena-member')]),
    ('the read level is taken one step too high', 'if (role >= policy->read_level)', 'if (role > policy->read_level)',
     [('GET', DOC_M, 'jena-member')]),
    ('who reads writes', 'if (role >= policy->write_level && role >= policy->read_level', 'if (role >= policy->read_level',
     [('PUT', NEW_O, 'jena-member')]),
    ('nobody writes below the chair', 'if (role >= policy->write_level &&', 'if (role >= ROLE_CHAIR &&',
     [('PUT', NEW_M, 'jena-member')]),
    ('the write level is taken one step too low', 'if (role >= policy->write_level &&', 'if (role + 1 >= policy->write_level &&',
     [('PUT', NEW_O, 'jena-member')]),
    ('reading gives managing', 'if (role == ROLE_CHAIR ||', 'if ((rights & MAY_READ) != 0 ||',
     [('GET', '/c/jena/files/?why', 'jena-member')]),
    ('the board manages nothing', ' || (role == ROLE_BOARD && (rights & MAY_WRITE) != 0)', '',
     [('GET', '/c/jena/files/?why', 'jena-board')]),
    ('groups are dropped', 'why->by_role | why->by_group |', 'why->by_role |', [('GET', ROOM, 'reader')]),
    ('a group opens every folder', 'if (who->grants[i].policy == policy->id)', 'if (who->grants[i].policy != 0)',
     [('GET', DOC_V, 'reader')]),
    ('who is let read by a group writes', 'return who->grants[i].rights & (MAY_READ | MAY_WRITE);',
     'return MAY_READ | MAY_WRITE;', [('PUT', ROOM, 'reader')]),
    ('groups never write', 'return who->grants[i].rights & (MAY_READ | MAY_WRITE);', 'return MAY_READ;',
     [('PUT', ROOM, 'writer')]),
    ('a group hides what a role shows', 'why->by_role | why->by_group |', 'why->by_group |', [('GET', DOC_O, 'jena-board')]),
    ('a state admin reads everything without a reason', 'for (int i = 0; who->state_admin && i < who->n_looks; i++)',
     'static const struct look any = { 1, INT64_MAX };\n    if (who->state_admin)\n        return &any;\n    for (int i = 0; i < who->n_looks; i++)',
     [('GET', DOC_V, 'land-admin')]),
    ('an app password opens every area', 'return who->only == 0 || area == 0 || (who->only & area) != 0;', 'return area < 99;',
     [('GET', J, 'calendar-device')]),
    ('an app password opens none', 'return who->only == 0 || area == 0 || (who->only & area) != 0;',
     'return who->only == 0 || area == 0;', [('GET', J, 'document-device')]),
    ('what one never knew is told', 'return hidden != 0 && hidden >= since && access_role', 'return access_role',
     [('SYNC', 'never-known', 'jena-member')]),
    ('what was closed is not told', 'return hidden != 0 && hidden >= since && access_role', 'return hidden < 0 && access_role',
     [('SYNC', 'closed', 'jena-member')]),
]
