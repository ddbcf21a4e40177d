;;; A letter by message-mode and smtpmail, as a user of Emacs sends one.  -*- lexical-binding: t -*-
(require 'message)
(require 'smtpmail)
(message "%s" (emacs-version))
(prefer-coding-system 'utf-8)
(setq user-mail-address "scanner@contoso.example"
      mail-host-address "device.example"
      gnutls-verify-error t
      send-mail-function 'smtpmail-send-it
      message-send-mail-function 'smtpmail-send-it
      smtpmail-smtp-server "localhost"
      smtpmail-smtp-service (string-to-number (getenv "PORT"))
      smtpmail-stream-type (if (equal (getenv "SECURITY") "tls") 'ssl 'starttls)
      auth-sources '("~/.authinfo")
      network-security-level 'low)
(defun piece (name)
  (with-temp-buffer
    (let ((coding-system-for-read 'utf-8)) (insert-file-contents (concat "/letter/" name)))
    (buffer-string)))
(message-mail "a@example.com" (piece "subject"))
(message-goto-body)
(insert (piece "text"))
(when (equal (getenv "KIND") "file")
  (mml-attach-file "/letter/scan.pdf" "application/pdf" nil "attachment"))
(message-send)
