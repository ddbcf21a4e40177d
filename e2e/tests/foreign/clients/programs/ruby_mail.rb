require 'mail'

puts "mail #{Mail::VERSION.version}, ruby #{RUBY_VERSION}"
tls = ENV['SECURITY'] == 'tls'
Mail.defaults do
  delivery_method :smtp, address: 'localhost', port: ENV['PORT'].to_i, user_name: ENV['LOGIN'],
                         password: ENV['PASSWORD'], authentication: :plain, tls: tls,
                         enable_starttls: !tls, openssl_verify_mode: 'peer'
end
Mail.deliver do
  from 'scanner@contoso.example'
  to 'a@example.com'
  subject File.read('/letter/subject', encoding: 'utf-8')
  body File.read('/letter/text', encoding: 'utf-8')
  charset = 'UTF-8'
  add_file '/letter/scan.pdf' if ENV['KIND'] == 'file'
end
