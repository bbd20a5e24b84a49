"""A private slapd: ldap, ldaps, StartTLS and a unix socket; people, groups, memberOf."""
import os
import pathlib
import shutil
import socket
import subprocess
import tempfile
import time
import urllib.parse

import pytest

BASE = 'dc=verband,dc=test'
SLAPD, SLAPADD = '/usr/sbin/slapd', '/usr/sbin/slapadd'

CONFIG = '''
dn: cn=config
objectClass: olcGlobal
cn: config
olcTLSCertificateFile: {dir}/cert.pem
olcTLSCertificateKeyFile: {dir}/key.pem
olcThreads: 4

dn: cn=module{{0}},cn=config
objectClass: olcModuleList
cn: module{{0}}
olcModulePath: /usr/lib/ldap
olcModuleLoad: back_mdb
olcModuleLoad: memberof

dn: cn=schema,cn=config
objectClass: olcSchemaConfig
cn: schema

{schemas}
dn: olcDatabase={{-1}}frontend,cn=config
objectClass: olcDatabaseConfig
objectClass: olcFrontendConfig
olcDatabase: {{-1}}frontend
olcSizeLimit: 500

dn: olcDatabase={{1}}mdb,cn=config
objectClass: olcDatabaseConfig
objectClass: olcMdbConfig
olcDatabase: {{1}}mdb
olcSuffix: {base}
olcRootDN: cn=admin,{base}
olcRootPW: admin
olcDbDirectory: {dir}/db
olcDbMaxSize: 268435456
olcDbNoSync: TRUE
olcDbIndex: objectClass eq
olcDbIndex: uid eq
olcDbIndex: member eq
olcLimits: dn.exact="cn=chapterd,ou=services,{base}" size.soft=unlimited size.hard=unlimited size.prtotal=unlimited
olcAccess: {{0}}to attrs=userPassword by anonymous auth by * none
olcAccess: {{1}}to * by dn.exact="cn=chapterd,ou=services,{base}" read by * none

{overlay}
'''
OVERLAY = '''dn: olcOverlay={0}memberof,olcDatabase={1}mdb,cn=config
objectClass: olcOverlayConfig
objectClass: olcMemberOf
olcOverlay: {0}memberof
olcMemberOfRefInt: TRUE
'''


def free_port():
    with socket.socket() as s:
        s.bind(('127.0.0.1', 0))
        return s.getsockname()[1]


def certificate(directory, name, subject, alt):
    subprocess.run(['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1',
                    '-nodes', '-days', '30', '-keyout', f'{directory}/{name}key.pem',
                    '-out', f'{directory}/{name}cert.pem', '-subj', f'/CN={subject}',
                    '-addext', f'subjectAltName={alt}'], check=True, stderr=subprocess.DEVNULL)


def person(uid, dn=None, password='secret', extra=''):
    return (f'\ndn: {dn or f"uid={uid},ou=people," + BASE}\nobjectClass: inetOrgPerson\nuid: {uid}\n'
            f'cn: {uid.capitalize()} Beispiel\nsn: Beispiel\nuserPassword: {password}\n{extra}')


class Directory:
    def __init__(self, member_of=True, people=0):
        self.dir = tempfile.mkdtemp(prefix='chapterd-ldap-')
        self.port, self.tls_port = free_port(), free_port()
        self.ldapi = f'ldapi://{urllib.parse.quote(self.dir + "/ldapi", safe="")}'
        os.mkdir(f'{self.dir}/slapd.d')
        os.mkdir(f'{self.dir}/db')
        certificate(self.dir, '', 'localhost', 'DNS:localhost,IP:127.0.0.1')
        certificate(self.dir, 'other', 'localhost', 'DNS:localhost,IP:127.0.0.1')
        schemas = ''.join(
            ''.join(line for line in open(f'/etc/ldap/schema/{s}.ldif') if not line.startswith('#')) + '\n'
            for s in ('core', 'cosine', 'inetorgperson'))
        self.add(0, CONFIG.format(dir=self.dir, base=BASE, schemas=schemas, overlay=OVERLAY if member_of else ''))
        self.add(1, self.entries(people))
        self.process = None
        self.start()
        self.groups()

    def add(self, n, ldif):
        subprocess.run([SLAPADD, '-q', f'-n{n}', '-F', f'{self.dir}/slapd.d'], input=ldif, text=True, check=True)

    @staticmethod
    def entries(people):
        ldif = (f'dn: {BASE}\nobjectClass: dcObject\nobjectClass: organization\ndc: verband\no: Verband\n'
                + ''.join(f'\ndn: ou={ou},{BASE}\nobjectClass: organizationalUnit\nou: {ou}\n'
                          for ou in ('services', 'people', 'chapters'))
                + f'\ndn: ou=others,ou=people,{BASE}\nobjectClass: organizationalUnit\nou: others\n'
                + f'\ndn: cn=chapterd,ou=services,{BASE}\nobjectClass: organizationalRole\n'
                  'objectClass: simpleSecurityObject\ncn: chapterd\nuserPassword: service\n'
                + person('anna', extra='mail: anna@verband.test\n')
                + person('bert', password='grün & blau')
                + person('weird, (name)*', dn=f'cn=O\\2c Brien\\, #1,ou=people,{BASE}')
                + person('twice') + person('twice', dn=f'uid=twice,ou=others,ou=people,{BASE}')
                + f'\ndn: uid=elsewhere,ou=people,{BASE}\nobjectClass: referral\nobjectClass: extensibleObject\n'
                  f'uid: elsewhere\nref: ldap://127.0.0.1:1/uid=elsewhere,{BASE}\n')
        return ldif + ''.join(person(f'p{i}') for i in range(people))

    def groups(self):
        members = {'members,ou=jena': ['anna', 'bert'], 'board,ou=jena': ['anna'], 'state-admins': ['bert']}
        ldif = f'dn: ou=jena,ou=chapters,{BASE}\nobjectClass: organizationalUnit\nou: jena\n'
        for group, people in members.items():
            ldif += f'\ndn: CN={group},OU=chapters,{BASE}\nobjectClass: groupOfNames\n'
            ldif += ''.join(f'member: uid={p},ou=people,{BASE}\n' for p in people)
        subprocess.run(['ldapadd', '-x', '-H', self.ldapi, '-D', f'cn=admin,{BASE}', '-w', 'admin'], input=ldif,
                       text=True, check=True, stdout=subprocess.DEVNULL)

    def start(self):
        self.process = subprocess.Popen(
            [SLAPD, '-d0', '-n', 'slapd', '-F', f'{self.dir}/slapd.d', '-h',
             f'ldap://127.0.0.1:{self.port}/ ldaps://127.0.0.1:{self.tls_port}/ {self.ldapi}'],
            stderr=subprocess.DEVNULL)
        for _ in range(150):
            if subprocess.run(['ldapwhoami', '-x', '-H', self.ldapi], capture_output=True).returncode == 0:
                return
            time.sleep(0.1)
        raise RuntimeError('slapd does not start')

    def stop(self):
        self.process.terminate()
        self.process.wait()

    def end(self):
        self.stop()
        shutil.rmtree(self.dir)


class Probe:
    """directory_probe with settings of one's own; ask('login', 'anna', 'secret')."""

    def __init__(self, directory, **settings):
        self.dir = tempfile.mkdtemp(prefix='chapterd-probe-')
        pathlib.Path(self.dir, 'password').write_text('service\n')
        os.chmod(f'{self.dir}/password', 0o600)
        conf = {
            'listen': '127.0.0.1:1', 'base_url': 'http://127.0.0.1:1', 'database': 'host=/nowhere',
            'blob_dir': self.dir, 'ldap_uri': f'ldap://127.0.0.1:{directory.port}',
            'ldap_bind_dn': f'cn=chapterd,ou=services,{BASE}', 'ldap_bind_password_file': f'{self.dir}/password',
            'ldap_people_base': f'ou=people,{BASE}', 'ldap_group_base': f'ou=chapters,{BASE}',
            'ldap_ca_file': f'{directory.dir}/cert.pem',
            'ldap_state_admin_group': f'cn=state-admins,ou=chapters,{BASE}',
        }
        conf.update(settings)
        path = pathlib.Path(self.dir, 'chapterd.conf')
        path.write_text(''.join(f'{k} = {v}\n' for k, v in conf.items()))
        self.process = subprocess.Popen([os.environ.get('PROBE', 'build/directory_probe'), str(path)], text=True,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def ask(self, *words):
        """The answer as its words; the second is the milliseconds it took."""
        self.process.stdin.write('\t'.join(str(w) for w in words) + '\n')
        self.process.stdin.flush()
        return self.process.stdout.readline().split()

    def login(self, user, password='secret'):
        return self.ask('login', user, password)

    def end(self):
        self.process.stdin.close()
        code = self.process.wait(30)
        shutil.rmtree(self.dir)
        assert code == 0


@pytest.fixture(scope='module')
def directory():
    d = Directory()
    yield d
    d.end()


@pytest.fixture
def probe(directory):
    probes = []

    def make(where=None, **settings):
        probes.append(Probe(where or directory, **settings))
        return probes[-1]

    yield make
    for p in probes:
        p.end()
