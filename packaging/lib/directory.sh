# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # the variables they share are set in stack and common.sh
# slapd for one stack, with the people and groups of the demo federation.

ldap_base=dc=verband,dc=test

directory_up()
{
    if [ -n "$(pid_of directory)" ]; then say directory "runs already"; return; fi
    local slapd=/usr/sbin/slapd started=$EPOCHREALTIME
    [ -x $slapd ] || fail "slapd is not installed; run: make deps" 69
    own directory "$state/directory" 0711
    own directory "$sockets/directory" 0711
    rm -rf "$state/directory/new"

    local home=$state/directory
    if [ ! -d "$home/slapd.d" ]; then
        say directory "makes its data directory"
        own directory "$home/new" 0700
        own directory "$home/db" 0700
        directory_certificate "$home"
        # A first try that was cut short left entries behind.
        rm -f "$home"/db/*
        directory_config "$home" | as directory /usr/sbin/slapadd -n 0 -F "$home/new" >"$state/directory.log" 2>&1 ||
            fail "slapadd does not take the configuration; see $state/directory.log"
        directory_people | as directory /usr/sbin/slapadd -n 1 -F "$home/new" >>"$state/directory.log" 2>&1 ||
            fail "slapadd does not take the people; see $state/directory.log"
        mv "$home/new" "$home/slapd.d"
    fi

    # Somebody else may take the ports between our look and slapd's.
    local try
    for try in 1 2 3 4 5; do
        ldap_port=$(pick_port ldap) ldaps_port=$(pick_port ldaps)
        launch directory "$home/log" $slapd -d 0 -n slapd -F "$home/slapd.d" \
            -h "ldap://127.0.0.1:$ldap_port/ ldaps://127.0.0.1:$ldaps_port/ $ldapi_url/????x-mod=0777"
        if directory_answers; then break; fi
        [ "$try" -lt 5 ] || fail "slapd does not start; see $home/log"
    done
    directory_groups
    say directory "started in $(seconds_since "$started") s"
}

directory_answers()
{
    local tenths
    for ((tenths = 0; tenths < 150; tenths++)); do
        if ldapwhoami -x -H "$ldapi_url" >/dev/null 2>&1; then return 0; fi
        if [ "$tenths" -gt 5 ] && gone directory; then return 1; fi
        sleep 0.1
    done
    return 1
}

directory_certificate()
{
    as directory openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 3650 \
        -keyout "$1/key.pem" -out "$1/cert.pem" -subj /CN=localhost \
        -addext subjectAltName=DNS:localhost,IP:127.0.0.1 2>/dev/null || fail "openssl makes no certificate"
    as directory chmod 0644 "$1/cert.pem"
}

directory_config()
{
    cat <<LDIF
dn: cn=config
objectClass: olcGlobal
cn: config
olcTLSCertificateFile: $1/cert.pem
olcTLSCertificateKeyFile: $1/key.pem
olcThreads: 4

dn: cn=module{0},cn=config
objectClass: olcModuleList
cn: module{0}
olcModulePath: /usr/lib/ldap
olcModuleLoad: back_mdb
olcModuleLoad: memberof
olcModuleLoad: refint

dn: cn=schema,cn=config
objectClass: olcSchemaConfig
cn: schema

LDIF
    local schema
    for schema in core cosine inetorgperson; do
        sed '/^#/d' "/etc/ldap/schema/$schema.ldif"
        echo
    done
    cat <<LDIF
dn: olcDatabase={-1}frontend,cn=config
objectClass: olcDatabaseConfig
objectClass: olcFrontendConfig
olcDatabase: {-1}frontend
olcSizeLimit: 500

dn: olcDatabase={1}mdb,cn=config
objectClass: olcDatabaseConfig
objectClass: olcMdbConfig
olcDatabase: {1}mdb
olcSuffix: $ldap_base
olcRootDN: cn=admin,$ldap_base
olcRootPW: admin
olcDbDirectory: $1/db
olcDbMaxSize: 1073741824
olcDbIndex: objectClass eq
olcDbIndex: uid eq,pres
olcDbIndex: mail eq
olcDbIndex: cn eq,sub
olcDbIndex: member eq
olcDbIndex: memberOf eq
olcDbIndex: entryCSN,entryUUID,modifyTimestamp eq
olcLimits: dn.exact="cn=chapterd,ou=services,$ldap_base" size.soft=unlimited size.hard=unlimited size.prtotal=unlimited
olcAccess: {0}to attrs=userPassword by anonymous auth by self =w by * none
olcAccess: {1}to * by dn.exact="cn=chapterd,ou=services,$ldap_base" read by self read by * none

dn: olcOverlay={0}memberof,olcDatabase={1}mdb,cn=config
objectClass: olcOverlayConfig
objectClass: olcMemberOf
olcOverlay: {0}memberof
olcMemberOfRefInt: TRUE

dn: olcOverlay={1}refint,olcDatabase={1}mdb,cn=config
objectClass: olcOverlayConfig
objectClass: olcRefintConfig
olcOverlay: {1}refint
olcRefintAttribute: member
LDIF
}

# The demo chapters: slug, kind, parent, name, how its people are called.
demo_chapters()
{
    cat <<'LIST'
land|state||Landesverband|Land
jena|district|land|Kreisverband Jena|Jena
erfurt|district|land|Kreisverband Erfurt|Erfurt
weimar|district|land|Kreisverband Weimar|Weimar
jena-nord|local|jena|Ortsverband Jena-Nord|Jena-Nord
bildung|network|land|Arbeitskreis Bildung|Bildung
LIST
}

# person UID NAME SURNAME
person()
{
    cat <<LDIF

dn: uid=$1,ou=people,$ldap_base
objectClass: inetOrgPerson
uid: $1
cn: $2 $3
givenName: $2
sn: $3
displayName: $2 $3
mail: $1@verband.test
userPassword: $demo_password
LDIF
}

directory_people()
{
    local slug name demo_password service_password unit
    demo_password=$(/usr/sbin/slappasswd -s demo)
    service_password=$(/usr/sbin/slappasswd -s service)
    cat <<LDIF
dn: $ldap_base
objectClass: dcObject
objectClass: organization
dc: verband
o: Demo-Verband
LDIF
    for unit in services people chapters; do
        printf '\ndn: ou=%s,%s\nobjectClass: organizationalUnit\nou: %s\n' $unit $ldap_base $unit
    done
    cat <<LDIF

dn: cn=chapterd,ou=services,$ldap_base
objectClass: organizationalRole
objectClass: simpleSecurityObject
cn: chapterd
userPassword: $service_password
LDIF
    person land-admin Alex Verwaltung
    person guest Gabriele Gast
    while IFS='|' read -r slug _ _ _ name; do
        printf '\ndn: ou=%s,ou=chapters,%s\nobjectClass: organizationalUnit\nou: %s\n' "$slug" $ldap_base "$slug"
        person "$slug-chair" Christa "Vorsitz $name"
        person "$slug-board" Bernd "Vorstand $name"
        person "$slug-member" Maria "Mitglied $name"
    done < <(demo_chapters)
}

# group DN-PREFIX UID...
group()
{
    local dn=$1 uid
    shift
    printf '\ndn: %s,%s\nobjectClass: groupOfNames\n' "$dn" $ldap_base
    for uid in "$@"; do printf 'member: uid=%s,ou=people,%s\n' "$uid" $ldap_base; done
}

# Over LDAP and not by slapadd, which does not run the overlay that keeps memberOf.
directory_groups()
{
    [ ! -e "$state/directory/groups" ] || return 0
    local slug
    {
        while IFS='|' read -r slug _; do
            group "cn=members,ou=$slug,ou=chapters" "$slug-member" "$slug-board" "$slug-chair"
            group "cn=board,ou=$slug,ou=chapters" "$slug-board" "$slug-chair"
            group "cn=chair,ou=$slug,ou=chapters" "$slug-chair"
        done < <(demo_chapters)
        group "cn=state-admins,ou=chapters" land-admin
    } | ldapadd -c -x -H "$ldapi_url" -D "cn=admin,$ldap_base" -w admin >>"$state/directory.log" 2>&1 ||
        [ $? = 68 ] || fail "the directory does not take the groups; see $state/directory.log"
    touch "$state/directory/groups"
}
