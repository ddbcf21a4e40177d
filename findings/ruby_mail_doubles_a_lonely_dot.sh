#!/bin/bash
# Ruby's mail 2.7.1 over Net::SMTP: a line that is a single dot arrives as two dots, whoever receives it.
#
# SMTP clients put a dot before every line that begins with one, and servers take it off again (RFC 5321 section
# 4.5.2). In 2.7.1 the library stuffs lines that are a single dot, and hands the message to Net::SMTP, which stuffs
# all lines that begin with a dot. The server takes off one of the two. Lines such as `..` or `.x` come through well,
# so that tests with "a line that begins with a dot" pass.
#
# Uses Debian's packages, unpacked into a temporary folder; needs apt, dpkg and Python. Ends with 1 where the text
# arrives as it was written.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
mkdir -p archives/partial root
apt-get install -y -qq --download-only --reinstall --no-install-recommends -o Dir::Cache::archives="$folder/archives" \
    ruby-mail=2.7.1+dfsg1-2 > /dev/null 2>&1
for package in archives/*.deb; do dpkg -x "$package" root; done

cat > sink.py <<'END'
"""A server for one message; prints the octets that came between DATA and its end, dots and all."""
import socket

server = socket.create_server(("127.0.0.1", 0))
print(server.getsockname()[1], flush=True)
connection, _ = server.accept()
stream = connection.makefile("rwb", 0)
stream.write(b"220 sink\r\n")
for line in stream:
    verb = line[:4].upper()
    if verb == b"DATA":
        stream.write(b"354 go on\r\n")
        while (line := stream.readline()) != b".\r\n":
            print(line.decode().rstrip("\r\n"), flush=True)
    stream.write(b"221 bye\r\n" if verb == b"QUIT" else b"250 ok\r\n")
    if verb == b"QUIT":
        break
END
cat > send.rb <<'END'
require 'mail'
puts "mail #{Mail::VERSION.version}, ruby #{RUBY_VERSION}"
Mail.defaults { delivery_method :smtp, address: '127.0.0.1', port: ARGV[0].to_i, enable_starttls_auto: false }
Mail.deliver do
  from 'a@example.com'
  to 'b@example.com'
  subject 'dots'
  body "before\n.\n..\n.x\nbehind\n"
end
END
python3 sink.py > wire &
for _ in $(seq 50); do [ -s wire ] && break; sleep 0.1; done
libraries=$(find root/usr/lib/ruby root/usr/share/rubygems-integration root/usr/lib/x86_64-linux-gnu/ruby \
    -type d \( -name lib -o -name 3.1.0 -o -name vendor_ruby \) 2> /dev/null | sed "s#^#$folder/#" | paste -sd:)
binary=$(ls root/usr/lib/*/ruby/3.1.0 -d | head -1)
export LD_LIBRARY_PATH=$folder/$(ls -d root/usr/lib/*-linux-gnu | head -1)
RUBYLIB=$libraries:$folder/$binary root/usr/bin/ruby3.1 --disable-gems send.rb "$(head -1 wire)"
wait
echo "On the wire, between the empty line and the end:"
sed -n '/^$/,$p' wire | sed 1d
if grep -qx '\.\.\.' wire && [ "$(grep -cx '\.\.\.' wire)" = 2 ]; then
    echo "The line with one dot is three dots on the wire, and two for every reader; the line with two is three as it must be."
else
    echo "This has changed: the line with one dot is no longer stuffed twice."
    exit 1
fi
