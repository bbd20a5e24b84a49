#!/bin/bash
# fresh-inside.sh root|user: inside the Debian that fresh.sh made. Types "make run", looks, presses
# Ctrl-C, does it again, and runs "make check": as root all of it, as the user its quick part.
set -euo pipefail

if [ "$1" = user ]; then
    useradd --create-home --shell /bin/bash tester
    echo 'tester ALL=(ALL) NOPASSWD: ALL' >/etc/sudoers.d/tester
    chown -R tester: /srv/chapterd.git
    exec setpriv --reuid=tester --regid=tester --init-groups env HOME=/home/tester USER=tester "$0" there
fi
[ -n "${HOME:-}" ] || export HOME=/root
cd "$HOME"
git clone -q /srv/chapterd.git chapterd
cd chapterd

# A port that nothing on this machine has.
port=18080
while (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; do port=$((port + 1)); done

answers()
{
    local status=''
    { exec 3<>"/dev/tcp/127.0.0.1/$port" && printf 'GET %s HTTP/1.0\r\nHost: 127.0.0.1:%s\r\n\r\n' "$1" "$port" >&3 &&
        read -r -t 10 status <&3; exec 3>&-; } 2>/dev/null
    [[ $status == HTTP/1.[01]\ 200* ]]
}

# run_until_it_answers SECONDS: make run in the background, until /healthz and the first page answer.
run_until_it_answers()
{
    local start=$SECONDS
    env --default-signal=INT setsid make run PORT=$port &
    run=$!
    until answers /healthz; do
        if ! kill -0 $run 2>/dev/null; then echo "make run has ended by itself"; return 1; fi
        if [ $((SECONDS - start)) -gt "$1" ]; then echo "no answer after $1 s"; return 1; fi
        sleep 1
    done
    answers / || { echo "the first page does not answer"; return 1; }
    echo "make run: answered after $((SECONDS - start)) s"
}

# Ctrl-C goes to all of the foreground.
ctrl_c()
{
    kill -INT -- -$run
    wait $run || true
    if answers /healthz; then echo "Ctrl-C did not stop it"; return 1; fi
}

run_until_it_answers 900
ctrl_c
run_until_it_answers 60
ctrl_c
start=$SECONDS
if [ "$1" = there ]; then make check ONLY="release asan lint unit database sql package fault"; else make check; fi
echo "make check: took $((SECONDS - start)) s, installation included"
