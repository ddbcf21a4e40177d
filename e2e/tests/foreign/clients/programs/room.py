"""A room for one program: this machine, with the program's Debian packages laid over it.

Mail servers exclude each other in Debian and look for their files in fixed places. Each therefore sees the machine
through an overlay in a mount namespace of its own, unpacked into it, with users and settings that vanish with it.
"""

import os
import subprocess

ENTER = r"""
set -eu
mount -t tmpfs none "$ROOM"
mkdir "$ROOM/all" "$ROOM/upper" "$ROOM/work" "$ROOM/upper-usr" "$ROOM/work-usr"
mount -t overlay overlay -o "lowerdir=/,upperdir=$ROOM/upper,workdir=$ROOM/work" "$ROOM/all"
# The packages' folder may not lie under the other folder of the same overlay, hence /usr in one of its own.
usr="lowerdir=$PACKAGES/usr:/usr,upperdir=$ROOM/upper-usr,workdir=$ROOM/work-usr"
mount -t overlay overlay -o "$usr" "$ROOM/all/usr"
for top in "$PACKAGES"/*; do
    name=$(basename "$top")
    [ "$name" = usr ] || { mkdir -p "$ROOM/all/$name" && cp -a "$top/." "$ROOM/all/$name/"; }
done
mount --bind /dev "$ROOM/all/dev"
mount -t proc proc "$ROOM/all/proc"
mount -t tmpfs none "$ROOM/all/tmp"
mkdir -p "$ROOM/all/letter" "$ROOM/all/programs" "$ROOM/all/run/lock"
mount --bind "$LETTER" "$ROOM/all/letter"
mount --bind "$PROGRAMS" "$ROOM/all/programs"
# The administrator trusts the server's certificate, by the list that GnuTLS reads and the folder that OpenSSL reads.
if [ "$TRUST" != yes ]; then
    CERTIFICATE=$ROOM/other.pem
    openssl req -x509 -newkey rsa:2048 -nodes -keyout /dev/null -subj /CN=other -out "$CERTIFICATE" 2> /dev/null
fi
cat "$CERTIFICATE" >> "$ROOM/all/etc/ssl/certs/ca-certificates.crt"
cp "$CERTIFICATE" "$ROOM/all/etc/ssl/certs/$(openssl x509 -noout -hash -in "$CERTIFICATE").0"
cp "$CERTIFICATE" "$ROOM/all/etc/ssl/server.pem"
echo device.example > "$ROOM/all/etc/mailname"
exec chroot "$ROOM/all" /bin/bash -eu -c 'ldconfig; cd /tmp; export HOME=/root; exec bash -eu "/programs/$1.sh"' - "$1"
"""


def run(program, packages, folder, letter, settings, patience=90):
    """Runs a program's script to its end; gives its exit code and all that it said."""
    room = os.path.join(folder, "room")
    os.makedirs(room, exist_ok=True)
    environment = {
        "PATH": "/usr/sbin:/usr/bin:/sbin:/bin:/usr/local/bin",
        "LANG": "C.UTF-8",
        "ROOM": room,
        "PACKAGES": packages,
        "LETTER": letter,
        "PROGRAMS": os.path.dirname(__file__),
        **settings,
    }
    # A namespace of processes, too: what a program leaves running ends with its script.
    words = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "bash", "-c", ENTER, "-", program]
    try:
        done = subprocess.run(words, env=environment, capture_output=True, timeout=patience)
    except subprocess.TimeoutExpired as error:
        return -1, (error.stdout or b"").decode(errors="replace") + (error.stderr or b"").decode(errors="replace")
    return done.returncode, (done.stdout + done.stderr).decode(errors="replace")
