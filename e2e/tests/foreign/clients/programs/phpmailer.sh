# PHPMailer, as most of the web's forms use it.
exec "$(ls /usr/bin/php[0-9]* | head -1)" /programs/phpmailer.php
