"""Calendar servers of Debian that bench.py compares with, as their manuals set them up, each in a folder of its own
on loopback. Their passwords are cheap to check, their writes are durable. They change to users of their own, so root
starts them."""
import contextlib
import imaplib
import os
import pathlib
import pwd
import shutil
import signal
import subprocess
import sys

import psycopg2

from lib.cluster import BIN
from lib.keeper import KEEPER, started
from lib.stack import free_port, scratch, wait_for
from peers import Peer

PROGRAMS = ('/usr/bin/uwsgi-core', '/usr/sbin/sogod', '/usr/lib/cyrus/bin/httpd', '/usr/share/davical/dba/create-database.sh',
            '/usr/bin/memcached')

CYRUS = '''configdirectory: {dir}/conf
proc_path: {dir}/proc
mboxname_lockpath: {dir}/lock
defaultpartition: default
partition-default: {dir}/spool
servername: bench.example
admins: cyrus
altnamespace: yes
unixhierarchysep: yes
allowplaintext: yes
sasl_pwcheck_method: auxprop
sasl_auxprop_plugin: sasldb
sasl_sasldb_path: {dir}/sasldb
sasl_mech_list: PLAIN
hashimapspool: true
httpmodules: caldav
httpkeepalive: 20
caldav_create_default: no
calendar_user_address_set: bench.example
lmtpsocket: {dir}/sock/lmtp
idlesocket: {dir}/sock/idle
notifysocket: {dir}/sock/notify
'''

CYRUS_MASTER = '''START {{
    recover cmd="/usr/lib/cyrus/bin/ctl_cyrusdb -C {dir}/imapd.conf -r"
}}
SERVICES {{
    imap cmd="/usr/lib/cyrus/bin/imapd -C {dir}/imapd.conf -U 30" listen="127.0.0.1:{imap}" prefork=0 maxchild=10
    http cmd="/usr/lib/cyrus/bin/httpd -C {dir}/imapd.conf -U 250" listen="127.0.0.1:{port}" prefork=4 maxchild=100
}}
EVENTS {{
    checkpoint cmd="/usr/lib/cyrus/bin/ctl_cyrusdb -C {dir}/imapd.conf -c" period=30
}}
'''

RADICALE = '''[auth]
type = htpasswd
htpasswd_filename = {dir}/htpasswd
htpasswd_encryption = plain
[rights]
type = owner_only
[storage]
filesystem_folder = {dir}/collections
[web]
type = none
[logging]
level = error
'''

DAVICAL = '''<?php
$c->pg_connect[] = "host={socket} port={db_port} dbname=davical user=davical_app";
$c->use_persistent = true;
$c->memcache_servers[] = '127.0.0.1,{memcached}';
$c->admin_email = 'admin@bench.example';
$c->system_name = 'bench';
$c->domain_name = '127.0.0.1';
$c->default_collections = array();
$c->enable_auto_schedule = true;
'''

PHP = '''[PHP]
memory_limit = 1024M
post_max_size = 256M
max_execution_time = 600
default_charset = UTF-8
date.timezone = Europe/Berlin
error_reporting = 22519
display_errors = Off
log_errors = On
error_log = {dir}/php.log
cgi.fix_pathinfo = 1
opcache.enable = 1
opcache.validate_timestamps = 0
'''

FPM = '''[global]
daemonize = no
error_log = {dir}/fpm.log
[www]
user = www-data
group = www-data
listen = {dir}/fpm.sock
listen.owner = www-data
listen.backlog = 1024
pm = static
pm.max_children = 6
'''

APACHE = '''ServerRoot /usr/lib/apache2
ServerName 127.0.0.1
Listen 127.0.0.1:{port}
PidFile {dir}/apache.pid
ErrorLog {dir}/apache.log
LogLevel warn
User www-data
Group www-data
LoadModule mpm_event_module modules/mod_mpm_event.so
LoadModule authz_core_module modules/mod_authz_core.so
LoadModule mime_module modules/mod_mime.so
LoadModule proxy_module modules/mod_proxy.so
LoadModule proxy_fcgi_module modules/mod_proxy_fcgi.so
LoadModule setenvif_module modules/mod_setenvif.so
TypesConfig /etc/mime.types
Mutex file:{dir} default
ServerLimit 2
StartServers 2
ThreadsPerChild 32
ThreadLimit 32
MaxRequestWorkers 64
KeepAlive On
MaxKeepAliveRequests 0
KeepAliveTimeout 15
ProxyTimeout 600
DocumentRoot {dir}/davical/htdocs
<Directory />
    AllowOverride None
    Require all denied
</Directory>
<Directory {dir}/davical/htdocs>
    AcceptPathInfo On
    CGIPassAuth On
    Require all granted
</Directory>
<FilesMatch "\\.php$">
    SetHandler "proxy:unix:{dir}/fpm.sock|fcgi://davical/"
</FilesMatch>
'''


POSTGRESQL = '''listen_addresses = '127.0.0.1'
unix_socket_directories = '{socket}'
port = {port}
shared_buffers = 256MB
effective_cache_size = 2GB
work_mem = 16MB
wal_compression = on
max_wal_size = 2GB
random_page_cost = 1.1
timezone = UTC
'''


class Server(Peer):
    """Some processes in one folder."""

    durable = True

    def __init__(self):
        self.dir = scratch(self.name)
        self.port = free_port()
        self.host = f'127.0.0.1:{self.port}'
        self.processes = []
        self.begin()
        wait_for(self.listens, 30, f'start of {self.name}')

    def listens(self):
        assert all(p.poll() is None for p in self.processes), f'{self.name} has ended: {self.log()}'
        try:
            self.connect().close()
            return True
        except OSError:
            return False

    def log(self):
        return (self.dir / 'log').read_text(errors='replace')[-2000:]

    def write(self, name, template, **more):
        path = self.dir / name
        path.write_text(template.format(dir=self.dir, port=self.port, **more))
        return path

    def folder(self, owner, *names):
        who = pwd.getpwnam(owner)
        for name in names:
            (self.dir / name).mkdir()
            os.chown(self.dir / name, who.pw_uid, who.pw_gid)

    def start(self, *command, user=None, env=None):
        become = ['setpriv', f'--reuid={user}', f'--regid={user}', '--init-groups'] if user else []
        with open(self.dir / 'log', 'ab') as log:
            process = subprocess.Popen([*become, *(str(c) for c in command)], stdin=subprocess.DEVNULL, stdout=log,
                                       stderr=log, env={**os.environ, **(env or {})}, cwd='/', start_new_session=True)
        KEEPER.keep('process', f'{process.pid} {started(process.pid)}')
        self.processes.append(process)

    def memcached(self):
        port = free_port()
        self.start('/usr/bin/memcached', '-l', '127.0.0.1', '-p', port, '-m', 128, '-u', 'nobody', '-t', 2)
        return port

    def database(self):
        """A PostgreSQL of its own, as one would set it for a small server; trusts who comes."""
        self.folder('postgres', 'db', 'db/socket')
        self.db_port, self.db_socket, data = free_port(), self.dir / 'db/socket', self.dir / 'db/data'
        subprocess.run(['setpriv', '--reuid=postgres', '--regid=postgres', '--init-groups', BIN / 'initdb', '-D', data, '-U',
                        'postgres', '-A', 'trust', '-E', 'UTF8', '--locale=C.UTF-8', '--data-checksums'], check=True,
                       cwd='/', stdout=subprocess.DEVNULL)
        with open(data / 'postgresql.conf', 'a') as conf:
            conf.write(POSTGRESQL.format(socket=self.db_socket, port=self.db_port))
        self.start(BIN / 'postgres', '-D', data, user='postgres')
        wait_for(self.accepts, 30, f'start of the database of {self.name}')

    def accepts(self):
        try:
            self.sql('postgres', 'SELECT')
            return True
        except psycopg2.OperationalError:
            return False

    def sql(self, database, *statements):
        with contextlib.closing(psycopg2.connect(host=str(self.db_socket), port=self.db_port, user='postgres',
                                                 dbname=database)) as db:
            db.autocommit = True
            for statement in statements:
                db.cursor().execute(statement)

    def roots(self):
        return [p.pid for p in self.processes]

    def stop(self):
        for process in reversed(self.processes):
            process.send_signal(signal.SIGTERM)
            process.wait(60)
        shutil.rmtree(self.dir, ignore_errors=True)


class Radicale(Server):
    """In uWSGI, as its manual has it for many clients."""

    name, calendars, reports = 'radicale', '/bench/', ('query',)

    def begin(self):
        self.folder('radicale', 'collections')
        (self.dir / 'htpasswd').write_text(f'{self.user}:{self.password}\n')
        conf = self.write('config', RADICALE)
        self.start('/usr/bin/uwsgi-core', '--http-socket', f'127.0.0.1:{self.port}', '--plugin', 'python3', '--module',
                   'radicale', '--master', '--processes', 4, '--single-interpreter', '--disable-logging', '--listen', 128,
                   '--buffer-size', 65536, '--uid', 'radicale', '--gid', 'radicale', '--chdir', self.dir, '--die-on-term',
                   env={'RADICALE_CONFIG': str(conf)})

    def fill(self, b, target):
        """As an administrator moves calendars to it, files in a folder; through it they take many minutes."""
        folder = self.dir / 'collections/collection-root' / target.strip('/')
        for number, name in enumerate(b.corpus.names):
            (folder / name).write_bytes(b.corpus.object(number))
            shutil.chown(folder / name, 'radicale', 'radicale')


class Cyrus(Server):
    """Cyrus IMAP's httpd; the mailbox is made over IMAP."""

    name, calendars = 'cyrus', '/dav/calendars/user/bench/'

    def begin(self):
        imap = free_port()
        self.folder('cyrus', 'conf', 'conf/socket', 'conf/db', 'spool', 'proc', 'lock', 'sock')
        conf = self.write('imapd.conf', CYRUS)
        for user in (self.user, 'cyrus'):
            subprocess.run(['saslpasswd2', '-p', '-c', '-f', self.dir / 'sasldb', '-u', 'bench.example', user],
                           input=self.password, text=True, check=True)
        shutil.chown(self.dir / 'sasldb', 'cyrus')
        self.start('/usr/lib/cyrus/bin/master', '-C', conf, '-M', self.write('cyrus.conf', CYRUS_MASTER, imap=imap), '-p',
                   self.dir / 'pid', '-L', self.dir / 'master.log')
        wait_for(self.listens, 30, 'start of cyrus')
        mail = imaplib.IMAP4('127.0.0.1', imap)
        mail.login('cyrus', self.password)
        mail.create(f'user/{self.user}')
        mail.logout()


class Davical(Server):
    """Apache, php-fpm, PostgreSQL and memcached. The program looks for its settings in /etc alone: a copy does not."""

    name, calendars = 'davical', '/caldav.php/bench/'

    def begin(self):
        self.database()
        php = next(pathlib.Path('/etc/php').glob('*/fpm')).parent.name
        shutil.copytree('/usr/share/davical', self.dir / 'davical')
        always = self.dir / 'davical/htdocs/always.php'
        always.write_text(always.read_text().replace("'/etc/davical/config.php'", f"'{self.dir}/config.php'"))
        self.write('config.php', DAVICAL, socket=self.db_socket, db_port=self.db_port, memcached=self.memcached())
        subprocess.run(['sh', self.dir / 'davical/dba/create-database.sh', 'davical', 'unused'], check=True, cwd='/',
                       stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                       env={**os.environ, 'PGHOST': str(self.db_socket), 'PGPORT': str(self.db_port), 'PGUSER': 'postgres',
                            'USER': 'postgres'})
        self.sql('davical', f"""
            WITH who AS (INSERT INTO usr (active, email_ok, username, password, fullname, email, joined, updated)
                VALUES (true, now(), '{self.user}', '**{self.password}', 'bench', 'bench@bench.example', now(), now())
                RETURNING user_no)
            INSERT INTO principal (type_id, user_no, displayname, default_privileges)
                SELECT 1, user_no, '{self.user}', privilege_to_bits(ARRAY['DAV::read', 'caldav:read-free-busy']) FROM who""")
        self.start(f'/usr/sbin/php-fpm{php}', '-c', self.write('php.ini', PHP), '-y', self.write('fpm.conf', FPM),
                   env={'PHP_INI_SCAN_DIR': f'/etc/php/{php}/fpm/conf.d'})
        wait_for((self.dir / 'fpm.sock').exists, 30, 'start of php-fpm')
        self.start('/usr/sbin/apache2', '-f', self.write('apache.conf', APACHE), '-DFOREGROUND')


class Sogo(Server):
    """sogod, spoken to as a proxy would, PostgreSQL and memcached. GNUstep wants PostgreSQL on TCP."""

    name, calendars, reports = 'sogo', '/SOGo/dav/bench/Calendar/', ('query',)
    close = ('-H', 'Connection: close')  # a kept connection holds one of its workers

    def begin(self):
        self.database()
        self.sql('postgres', "CREATE ROLE sogo LOGIN PASSWORD 'sogo'", 'CREATE DATABASE sogo OWNER sogo')
        self.sql('sogo', 'CREATE TABLE auth (c_uid text PRIMARY KEY, c_name text, c_password text, c_cn text, mail text)',
                 'GRANT ALL ON auth TO sogo', f"INSERT INTO auth VALUES ('{self.user}', '{self.user}', '{self.password}', "
                 f"'{self.user}', 'bench@bench.example')")
        self.folder('sogo', 'home', 'spool')
        db = f'postgresql://sogo:sogo@127.0.0.1:{self.db_port}/sogo'
        settings = {
            'WONoDetach': 'YES', 'WOPort': f'127.0.0.1:{self.port}', 'WOWorkersCount': 4, 'WOListenQueueSize': 511,
            'WOPidFile': self.dir / 'home/sogo.pid', 'WOLogFile': '-', 'WOUseRelativeURLs': 'YES', 'SxVMemLimit': 1024,
            'WOWatchDogRequestTimeout': 10, 'SOGoProfileURL': f'{db}/sogo_user_profile',
            'OCSFolderInfoURL': f'{db}/sogo_folder_info', 'OCSSessionsFolderURL': f'{db}/sogo_sessions_folder',
            'OCSEMailAlarmsFolderURL': f'{db}/sogo_alarms_folder', 'SOGoMemcachedHost': f'127.0.0.1:{self.memcached()}',
            'SOGoTimeZone': 'Europe/Berlin', 'SOGoAppointmentSendEMailNotifications': 'NO', 'SOGoEnableEMailAlarms': 'NO',
            'SOGoMailDomain': 'bench.example', 'SOGoIMAPServer': 'imap://127.0.0.1:1',
            'SOGoUserSources': f'({{type=sql;id=users;viewURL="{db}/auth";canAuthenticate=YES;isAddressBook=NO;'
                               'userPasswordAlgorithm=plain;})'}
        self.start('/usr/sbin/sogod', *(word for name, value in settings.items() for word in (f'-{name}', value)),
                   user='sogo', env={'HOME': str(self.dir / 'home')})


def calendar_peers():
    if os.getuid() != 0:
        sys.exit('the calendar servers change to users of their own: run this as root, or without C1 to C5')
    for program in PROGRAMS:
        if not os.path.exists(program):
            sys.exit(f'{program} is not installed; run: make deps')
    for kind in (Radicale, Davical, Cyrus, Sogo):
        yield kind()
