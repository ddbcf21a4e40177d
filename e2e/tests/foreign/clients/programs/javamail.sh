# JavaMail, with Java's own store of trust.
keytool -importcert -noprompt -alias server -file /etc/ssl/server.pem -keystore /tmp/trust.p12 -storepass secret > /dev/null 2>&1
exec java -Djavax.net.ssl.trustStore=/tmp/trust.p12 -Djavax.net.ssl.trustStorePassword=secret \
    -cp "$(ls /usr/share/java/javax.mail.jar /usr/share/java/mail.jar 2> /dev/null | head -1):$(ls /usr/share/java/*activation.jar | tr '\n' ':')" \
    /programs/SendByJavaMail.java
