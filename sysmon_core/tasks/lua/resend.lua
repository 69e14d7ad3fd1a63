-- Queue a waiting task again, with a new message instead of its old one.
-- ARGV: id; queue; message; its body.
if is_waiting(ARGV[1]) then
  withdraw(ARGV[1])
  enqueue(unpack(ARGV))
end
