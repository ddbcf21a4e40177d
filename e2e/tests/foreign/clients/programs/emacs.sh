# Emacs: a message buffer sent by smtpmail.
echo "machine localhost login $LOGIN password $PASSWORD port $PORT" > /root/.authinfo
chmod 600 /root/.authinfo
mkdir -p /root/.emacs.d
exec emacs-nox --batch --quick --load /programs/send.el
