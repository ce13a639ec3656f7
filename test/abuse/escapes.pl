# Asks the kernel for what escapes begin with, by the numbers of x86-64, and says of each whether it was refused.
use strict; use warnings;
my ($root, $proc, $empty) = ("/", "/proc", "");
my $zero = "\0" x 256;
my %calls = (
  mount => sub { syscall(165, $root, $proc, $empty, 4096, 0) },
  unshare_user => sub { syscall(272, 0x10000000) },
  unshare_mount => sub { syscall(272, 0x20000) },
  setns => sub { open(my $ns, "<", "/proc/1/ns/mnt") or return -1; syscall(308, fileno($ns), 0) },
  pivot_root => sub { syscall(155, $root, $root) },
  fsopen => sub { my $type = "tmpfs"; syscall(430, $type, 0) },
  move_mount => sub { syscall(429, -100, $root, -100, $proc, 0) },
  open_by_handle_at => sub { my $handle = pack("Ii", 8, 1) . "\2\0\0\0\0\0\0\0"; open(my $d, "<", "/"); syscall(304, fileno($d), $handle, 0) },
  bpf => sub { my $attr = pack("IIII", 1, 4, 4, 1) . $zero; syscall(321, 0, $attr, 72) },
  perf_event_open => sub { my $attr = pack("II", 1, 112) . $zero; syscall(298, $attr, 0, -1, -1, 0) },
  io_uring_setup => sub { my $ring = $zero; syscall(425, 8, $ring) },
  userfaultfd => sub { syscall(323, 0) },
  keyctl => sub { syscall(250, 0, -3, 1) },
  add_key => sub { my ($type, $name) = ("user", "k"); syscall(248, $type, $name, $name, 1, -1) },
  init_module => sub { my $image = $zero; syscall(175, $image, 256, $empty) },
  kexec_load => sub { syscall(246, 0, 0, 0, 0) },
  reboot => sub { syscall(169, 0xfee1dead - 2**32, 672274793, 0x1234567, 0) },
  swapon => sub { syscall(167, $root, 0) },
  sethostname => sub { my $name = "x"; syscall(170, $name, 1) },
  settimeofday => sub { my $time = pack("qq", 0, 0); syscall(164, $time, 0) },
  iopl => sub { syscall(172, 3) },
  acct => sub { syscall(163, 0) },
  syslog => sub { my $text = $zero; syscall(103, 3, $text, 256) },
  quotactl => sub { syscall(179, 0x80000700, $root, 0, $empty) },
  modify_ldt => sub { my $text = $zero; syscall(154, 0, $text, 16) },
  AF_VSOCK => sub { syscall(41, 40, 1, 0) },
  AF_PACKET => sub { syscall(41, 17, 3, 0x300) },
  AF_ALG => sub { syscall(41, 38, 5, 0) },
  raw_socket => sub { syscall(41, 2, 3, 1) },
  mknod_disk => sub { my $path = "/tmp/d"; syscall(133, $path, 060600, 254 << 8) },
  sched_fifo => sub { my $priority = pack("i", 99); syscall(144, 0, 1, $priority) },
  setuid_host => sub { syscall(105, 4294967294) },
);
for my $name (sort keys %calls) {
  my $result = $calls{$name}->();
  printf "%s %s: %s\n", $name, $result < 0 ? "refused" : "OPEN", $!;
}
