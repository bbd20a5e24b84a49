# shellcheck shell=bash
# shellcheck disable=SC2154 # the variables they share are set in stack and common.sh
# A certificate authority of this stack alone, and the certificate that it gives to chapterd.

# The authority can speak for nothing but this machine, whoever gets hold of its key.
tls_extensions()
{
    local host
    host=$(hostname)
    cat <<CNF
[req]
distinguished_name = name
[name]
[authority]
basicConstraints = critical, CA:TRUE, pathlen:0
keyUsage = critical, keyCertSign
subjectKeyIdentifier = hash
nameConstraints = critical, @names
[names]
permitted;DNS.0 = localhost
permitted;DNS.1 = $host
permitted;IP.0 = 127.0.0.0/255.0.0.0
[server]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
subjectAltName = DNS:localhost, DNS:$host, IP:127.0.0.1
CNF
}

# new_key FILE: elliptic, which all clients of the last ten years know.
new_key() { openssl genpkey -quiet -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$1"; }

# lasts FILE DAYS: it is there and ends later than that.
lasts() { [ -s "$1" ] && openssl x509 -in "$1" -noout -checkend $(($2 * 86400)) >/dev/null; }

tls_authority()
{
    if lasts ca.pem 60 && [ -s ca-key.pem ]; then return; fi
    new_key ca-key.pem
    openssl req -x509 -new -key ca-key.pem -days 1825 -subj "/CN=chapterd on $(hostname), for trying out" \
        -config extensions -extensions authority -out ca.pem
    rm -f server.pem
}

tls_server()
{
    if lasts server.pem 30 && [ -s server-key.pem ] && openssl verify -CAfile ca.pem server.pem >/dev/null 2>&1; then
        return
    fi
    new_key server-key.new
    openssl req -new -key server-key.new -subj "/CN=localhost" -config extensions |
        openssl x509 -req -days 365 -CA ca.pem -CAkey ca-key.pem -CAcreateserial \
            -extfile extensions -extensions server -out server.new 2>/dev/null
    if [ "$(id -u)" = 0 ]; then chown "${user_of[chapterd]}:" server-key.new; fi
    mv server-key.new server-key.pem
    mv server.new server.pem
}

# Makes what is missing or soon over, in $state/tls.
tls_up()
{
    mkdir -p "$state/tls"
    chmod 0711 "$state/tls"
    (
        umask 077
        cd "$state/tls"
        tls_extensions >extensions
        tls_authority
        tls_server
        chmod 0644 ca.pem server.pem
    ) || fail "openssl cannot make a certificate"
}
