// Loaded before all other libraries into a process under test (LD_PRELOAD): tells it another time of day, and that the disk is
// full, as the 16 bytes of the file SWITCHBOARD_INTERFERENCE say: nanoseconds to add to the wall clock, and 1 for a full disk.
// The monotonic clock is the system's: systems never let it jump.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

struct told {
  volatile int64_t clock_nanos;
  volatile int64_t disk_full;
};

static struct told nothing;
static struct told *told = &nothing;

__attribute__((constructor)) static void begin(void) {
  const char *path = getenv("SWITCHBOARD_INTERFERENCE");
  int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
  if (fd < 0) return;
  void *at = mmap(0, sizeof(struct told), PROT_READ, MAP_SHARED, fd, 0);
  close(fd);
  if (at != MAP_FAILED) told = at;
}

#define REAL(result, name, ...)                                     \
  static result (*real)(__VA_ARGS__);                               \
  if (!real) real = (result(*)(__VA_ARGS__))dlsym(RTLD_NEXT, #name)

static const int64_t SECOND = 1000000000;

static void move(struct timespec *at) {
  int64_t nanos = at->tv_nsec + told->clock_nanos % SECOND;
  at->tv_sec += told->clock_nanos / SECOND;
  if (nanos >= SECOND) nanos -= SECOND, at->tv_sec++;
  if (nanos < 0) nanos += SECOND, at->tv_sec--;
  at->tv_nsec = nanos;
}

int clock_gettime(clockid_t clock, struct timespec *at) {
  REAL(int, clock_gettime, clockid_t, struct timespec *);
  int code = real(clock, at);
  if (code == 0 && told->clock_nanos != 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) move(at);
  return code;
}

int gettimeofday(struct timeval *restrict at, void *restrict zone) {
  REAL(int, gettimeofday, struct timeval *, void *);
  int code = real(at, zone);
  if (code == 0 && at && told->clock_nanos != 0) {
    struct timespec moved = {at->tv_sec, at->tv_usec * 1000};
    move(&moved);
    at->tv_sec = moved.tv_sec;
    at->tv_usec = moved.tv_nsec / 1000;
  }
  return code;
}

time_t time(time_t *to) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  if (to) *to = now.tv_sec;
  return now.tv_sec;
}

static int full(int fd) {
  struct stat about;
  return told->disk_full && fstat(fd, &about) == 0 && S_ISREG(about.st_mode);
}

#define UNLESS_FULL(fd) \
  if (full(fd)) { errno = ENOSPC; return -1; }

ssize_t write(int fd, const void *bytes, size_t count) {
  REAL(ssize_t, write, int, const void *, size_t);
  UNLESS_FULL(fd)
  return real(fd, bytes, count);
}

ssize_t writev(int fd, const struct iovec *parts, int count) {
  REAL(ssize_t, writev, int, const struct iovec *, int);
  UNLESS_FULL(fd)
  return real(fd, parts, count);
}

ssize_t pwrite(int fd, const void *bytes, size_t count, off_t at) {
  REAL(ssize_t, pwrite, int, const void *, size_t, off_t);
  UNLESS_FULL(fd)
  return real(fd, bytes, count, at);
}

ssize_t pwrite64(int fd, const void *bytes, size_t count, off64_t at) {
  REAL(ssize_t, pwrite64, int, const void *, size_t, off64_t);
  UNLESS_FULL(fd)
  return real(fd, bytes, count, at);
}

int ftruncate(int fd, off_t length) {
  REAL(int, ftruncate, int, off_t);
  UNLESS_FULL(fd)
  return real(fd, length);
}

int ftruncate64(int fd, off64_t length) {
  REAL(int, ftruncate64, int, off64_t);
  UNLESS_FULL(fd)
  return real(fd, length);
}

int posix_fallocate64(int fd, off64_t from, off64_t length) {
  REAL(int, posix_fallocate64, int, off64_t, off64_t);
  return full(fd) ? ENOSPC : real(fd, from, length);
}
