"""The people and groups of the stack's directory, changed as its administrator."""
import subprocess

BASE = 'dc=verband,dc=test'


class Directory:
    """Changes the stack's directory as its administrator."""

    def __init__(self, stack):
        self.env = stack.env

    def run(self, program, ldif):
        subprocess.run([program, '-x', '-H', self.env['LDAP_URL'], '-D', self.env['LDAP_ADMIN_DN'], '-w',
                        self.env['LDAP_ADMIN_PASSWORD']], input=ldif, text=True, check=True,
                       stdout=subprocess.DEVNULL)

    def dn(self, uid):
        return f'uid={uid},ou=people,{BASE}'

    def add(self, uid, password='demo', name=None):
        self.run('ldapadd', f'dn: {self.dn(uid)}\nobjectClass: inetOrgPerson\nuid: {uid}\nsn: {uid}\n'
                            f'cn: {name or uid}\nuserPassword: {password}\n')

    def remove(self, uid):
        self.run('ldapmodify', f'dn: {self.dn(uid)}\nchangetype: delete\n')

    def rename(self, uid, to):
        self.run('ldapmodify', f'dn: {self.dn(uid)}\nchangetype: modrdn\nnewrdn: uid={to}\ndeleteoldrdn: 1\n')

    def set(self, uid, attribute, value):
        self.run('ldapmodify', f'dn: {self.dn(uid)}\nchangetype: modify\nreplace: {attribute}\n'
                               f'{attribute}: {value}\n')

    def group(self, what, group, slug, uid):
        self.run('ldapmodify', f'dn: cn={group},ou={slug},ou=chapters,{BASE}\nchangetype: modify\n'
                               f'{what}: member\nmember: {self.dn(uid)}\n')
