# Ruby's mail, which Rails sends by.
exec ruby /programs/ruby_mail.rb
