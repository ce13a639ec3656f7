# Takes kernel objects of each kind until there are no more, says how many there were, and holds them. With an argument, so many of each.
use strict; use warnings;
my $most = shift // 1_000_000;
my @held;
my $blocked = pack("VV", 0, 0xffffffff);
syscall(14, 0, $blocked, 0, 8); # rt_sigprocmask: real-time signals stay queued
my $info = pack("iii x116", 40, 0, -1); # SI_QUEUE
my %kinds = (
  inotify => sub { syscall(253) },
  epoll => sub { syscall(213, 1) },
  pipe => sub {
    pipe(my $from, my $to) or return -1;
    push @held, $from, $to;
    my $bytes = fcntl($to, 1032, 0);
    $bytes >= 65_536 or return -1;
    return $most > 1 ? fcntl($to, 1031, 1_048_576) // -1 : 0;
  },
  shm => sub { syscall(29, 0, 1_048_576, 01600) },
  queue => sub { syscall(68, 0, 01600) },
  mqueue => sub { my $name = "q" . $_[0]; syscall(240, $name, 0102, 0600, 0) },
  signal => sub { syscall(129, $$ + 0, 40, $info) },
  timer => sub { my $id = pack("i", 0); syscall(222, 1, 0, $id) },
  key => sub { my ($type, $name) = ("user", "k" . $_[0]); syscall(248, $type, $name, $name, 2, -1) },
  file => sub { open(my $file, "<", "/dev/null") or return -1; push @held, $file; 0 },
);
$| = 1;
for my $kind (sort keys %kinds) {
  pipe(my $told, my $tell);
  if (!fork) { # each with descriptors of its own
    my $count = 0;
    $count++ while $count < $most && ($kinds{$kind}->($count) // -1) >= 0;
    printf "%s %d %s\n", $kind, $count, $count < $most ? $! : "all";
    close $tell;
    sleep 1000 if $most > 1;
    exit;
  }
  close $tell;
  <$told>;
}
print "held\n";
sleep 1000 if $most > 1;
