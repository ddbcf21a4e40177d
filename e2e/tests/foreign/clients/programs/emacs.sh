# Emacs: a message buffer sent by smtpmail.
echo "machine localhost login $LOGIN password $PASSWORD port $PORT" > $HOME/.authinfo
chmod 600 $HOME/.authinfo
mkdir -p $HOME/.emacs.d
exec emacs-nox --batch --quick --load /programs/send.el
