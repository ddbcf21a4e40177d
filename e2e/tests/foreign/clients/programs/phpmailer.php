<?php
require '/usr/share/php/libphp-phpmailer/autoload.php';
use PHPMailer\PHPMailer\PHPMailer;

$mail = new PHPMailer(true);
echo 'PHPMailer ' . PHPMailer::VERSION . ', PHP ' . PHP_VERSION . "\n";
$mail->isSMTP();
$mail->Host = 'localhost';
$mail->Port = (int) getenv('PORT');
$mail->SMTPSecure = getenv('SECURITY') === 'tls' ? PHPMailer::ENCRYPTION_SMTPS : PHPMailer::ENCRYPTION_STARTTLS;
$mail->SMTPAuth = true;
$mail->Username = getenv('LOGIN');
$mail->Password = getenv('PASSWORD');
$mail->CharSet = 'utf-8';
$mail->setFrom('scanner@contoso.example');
$mail->addAddress('a@example.com');
$mail->Subject = file_get_contents('/letter/subject');
$mail->Body = file_get_contents('/letter/text');
if (getenv('KIND') === 'file') {
    $mail->addAttachment('/letter/scan.pdf');
}
$mail->send();
