/*
 * Loaded before libc by LD_PRELOAD: the n-th write, sync or truncation of a file under a folder named millwright-fault-* fails.
 * What is to fail stands in a file that the process under test writes and this maps (FAULT_CONTROL).
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { kind_write = 1, kind_sync = 2, kind_truncate = 4 };

struct control {
  int64_t left;    /* 0: nothing fails */
  int64_t kinds;
  int64_t error;
  int64_t lasting; /* all that follow fail too */
  int64_t partial; /* a write first writes half of its bytes */
  int64_t struck;
};

static struct control *control;

__attribute__((constructor)) static void begin(void) {
  const char *name = getenv("FAULT_CONTROL");
  if (!name) return;
  int fd = open(name, O_RDWR);
  if (fd < 0) return;
  void *at = mmap(0, sizeof *control, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  close(fd);
  if (at != MAP_FAILED) control = at;
}

static int is_ours(int fd) {
  char link[64], path[512];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, path, sizeof path - 1);
  if (length < 0) return 0;
  path[length] = 0;
  return strstr(path, "millwright-fault-") != 0;
}

static int strikes(int fd, int kind) {
  if (!control || !(control->kinds & kind)) return 0;
  if (__atomic_load_n(&control->left, __ATOMIC_SEQ_CST) <= 0) return 0;
  if (!is_ours(fd)) return 0;
  int64_t left = __atomic_sub_fetch(&control->left, 1, __ATOMIC_SEQ_CST);
  if (left > 0) return 0;
  if (control->lasting) __atomic_store_n(&control->left, 1, __ATOMIC_SEQ_CST);
  control->struck = 1;
  return 1;
}

#define NEXT(type, name, ...) \
  static type (*next)(__VA_ARGS__); \
  if (!next) next = (type (*)(__VA_ARGS__))dlsym(RTLD_NEXT, name)

ssize_t pwrite64(int fd, const void *bytes, size_t count, off64_t at) {
  NEXT(ssize_t, "pwrite64", int, const void *, size_t, off64_t);
  if (!strikes(fd, kind_write)) return next(fd, bytes, count, at);
  if (control->partial && count > 1) return next(fd, bytes, count / 2, at);
  errno = (int)control->error;
  return -1;
}

ssize_t pwrite(int fd, const void *bytes, size_t count, off_t at) {
  NEXT(ssize_t, "pwrite", int, const void *, size_t, off_t);
  if (!strikes(fd, kind_write)) return next(fd, bytes, count, at);
  if (control->partial && count > 1) return next(fd, bytes, count / 2, at);
  errno = (int)control->error;
  return -1;
}

ssize_t write(int fd, const void *bytes, size_t count) {
  NEXT(ssize_t, "write", int, const void *, size_t);
  if (!strikes(fd, kind_write)) return next(fd, bytes, count);
  if (control->partial && count > 1) return next(fd, bytes, count / 2);
  errno = (int)control->error;
  return -1;
}

int fsync(int fd) {
  NEXT(int, "fsync", int);
  if (!strikes(fd, kind_sync)) return next(fd);
  errno = (int)control->error;
  return -1;
}

int fdatasync(int fd) {
  NEXT(int, "fdatasync", int);
  if (!strikes(fd, kind_sync)) return next(fd);
  errno = (int)control->error;
  return -1;
}

int ftruncate64(int fd, off64_t size) {
  NEXT(int, "ftruncate64", int, off64_t);
  if (!strikes(fd, kind_truncate)) return next(fd, size);
  errno = (int)control->error;
  return -1;
}

int ftruncate(int fd, off_t size) {
  NEXT(int, "ftruncate", int, off_t);
  if (!strikes(fd, kind_truncate)) return next(fd, size);
  errno = (int)control->error;
  return -1;
}
