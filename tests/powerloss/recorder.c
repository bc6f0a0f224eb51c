/* Records what a process does to the files of one directory, in order, with data; and breaks it.
 *
 * For LD_PRELOAD. Opening the file RECORD_MARKS reads the variables anew and begins:
 *   RECORD_DIR    the directory (flat) whose files are recorded
 *   RECORD_LOG    the log; one frame a call: struct frame, then `length` bytes
 *   RECORD_MARKS  what is written to it is also a frame of the log, in exact order with syncs
 *   RECORD_FAULT  "sync|write:N:EIO|ENOSPC|KILL:WORD" the N-th such call on a name with WORD.
 *                 (* is any). ENOSPC holds until something is unlinked, with "!WORD" for ever.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum { FDS = 4096 };
struct frame { int32_t kind, fd, error, length; int64_t offset; };
static pthread_mutex_t turn = PTHREAD_MUTEX_INITIALIZER;
static char *names[FDS]; /* of recorded descriptors */
static char dir[512], kind_of_fault[8], error_of_fault[8], word[64];
static int log_fd = -1, marks_fd = -1;
static long countdown; /* calls until the fault; 0: none */
static int disk_full;

#define REAL(name) static __typeof__(&name) real; if (!real) real = dlsym(RTLD_NEXT, #name)
#define NAME(fd) ((fd) >= 0 && (fd) < FDS ? names[fd] : NULL)

static void put(int kind, int fd, int error, int64_t offset, const void *data, size_t length) {
    struct frame f = {kind, fd, error, (int32_t)length, offset};
    struct iovec parts[2] = {{&f, sizeof f}, {(void *)data, length}};
    if (log_fd >= 0 && syscall(SYS_writev, log_fd, parts, 2) < 0) abort();
}
static void begin(void) {
    const char *at = getenv("RECORD_DIR"), *to = getenv("RECORD_LOG"), *f = getenv("RECORD_FAULT");
    snprintf(dir, sizeof dir, "%s", at ? at : "");
    if (log_fd >= 0) syscall(SYS_close, log_fd);
    log_fd = to ? (int)syscall(SYS_openat, AT_FDCWD, to, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600) : -1;
    disk_full = 0, countdown = 0;
    if (f && *f && sscanf(f, "%7[^:]:%ld:%7[^:]:%63s", kind_of_fault, &countdown, error_of_fault, word) != 4) abort();
}
static int inside(const char *path) {
    size_t n = strlen(dir), m = strlen(path);
    if (log_fd < 0 || !n || strncmp(path, dir, n) || (path[n] && path[n] != '/')) return 0;
    return m < 4 || strcmp(path + m - 4, "-shm"); /* shared memory is made anew after a cut */
}
/* The error this call shall fail with, or 0. */
static int fault(const char *kind, const char *name) {
    const char *w = word[0] == '!' ? word + 1 : word;
    int hit = !strcmp(kind, kind_of_fault) && (*w == '*' || strstr(name + strlen(dir), w));
    if (hit && disk_full) return ENOSPC;
    if (!hit || !countdown || --countdown) return 0;
    if (!strcmp(error_of_fault, "KILL")) return -1;
    if (strcmp(error_of_fault, "ENOSPC")) return EIO;
    disk_full = 1;
    return ENOSPC;
}
static int opened(int fd, const char *path, int flags) {
    if (fd < 0 || fd >= FDS) return fd;
    pthread_mutex_lock(&turn);
    const char *wanted = getenv("RECORD_MARKS");
    if (wanted && !strcmp(path, wanted)) begin(), marks_fd = fd;
    else if (inside(path)) free(names[fd]), names[fd] = strdup(path), put('O', fd, 0, flags, path, strlen(path));
    pthread_mutex_unlock(&turn);
    return fd;
}
#define MODE int mode = 0; if (flags & (O_CREAT | O_TMPFILE)) { va_list v; va_start(v, flags); mode = va_arg(v, int); va_end(v); }
#define OPEN(name) int name(const char *path, int flags, ...) { REAL(name); MODE return opened(real(path, flags, mode), path, flags); }
#define OPENAT(name) int name(int at, const char *path, int flags, ...) { REAL(name); MODE return opened(real(at, path, flags, mode), path, flags); }
OPEN(open) OPEN(open64) OPENAT(openat) OPENAT(openat64)

int close(int fd) {
    REAL(close);
    pthread_mutex_lock(&turn);
    if (NAME(fd)) put('C', fd, 0, 0, "", 0), free(names[fd]), names[fd] = NULL;
    if (fd == marks_fd) marks_fd = -1;
    pthread_mutex_unlock(&turn);
    return real(fd);
}
/* offset < 0: at the descriptor's own place */
static ssize_t wrote(int fd, const void *data, size_t length, off_t offset) {
    const char *name = NAME(fd);
    if (fd >= 0 && fd == marks_fd) pthread_mutex_lock(&turn), put('M', fd, 0, 0, data, length), pthread_mutex_unlock(&turn);
    if (!name || log_fd < 0) return offset < 0 ? syscall(SYS_write, fd, data, length) : syscall(SYS_pwrite64, fd, data, length, offset);
    pthread_mutex_lock(&turn);
    int broken = fault("write", name);
    if (broken < 0) length /= 2; /* killed in the middle of it */
    ssize_t n = broken > 0 ? (errno = broken, -1) : offset < 0 ? syscall(SYS_write, fd, data, length) : syscall(SYS_pwrite64, fd, data, length, offset);
    if (n > 0) put('W', fd, 0, offset < 0 ? lseek(fd, 0, SEEK_CUR) - n : offset, data, (size_t)n);
    if (broken < 0) raise(SIGKILL);
    int kept = errno;
    pthread_mutex_unlock(&turn);
    errno = kept;
    return n;
}
ssize_t write(int fd, const void *data, size_t length) { return wrote(fd, data, length, -1); }
ssize_t pwrite(int fd, const void *data, size_t length, off_t at) { return wrote(fd, data, length, at); }
ssize_t pwrite64(int fd, const void *data, size_t length, off64_t at) { return wrote(fd, data, length, at); }
ssize_t writev(int fd, const struct iovec *parts, int count) {
    if (!NAME(fd) && fd != marks_fd) return syscall(SYS_writev, fd, parts, count);
    ssize_t total = 0;
    for (int i = 0; i < count; i++) {
        ssize_t n = wrote(fd, parts[i].iov_base, parts[i].iov_len, -1);
        if (n < 0) return total ? total : n;
        total += n;
    }
    return total;
}
/* One call with a result of 0 or an error, recorded whatever comes of it. */
#define DONE(fd, kind, at, call) { REAL(call); if (!NAME(fd)) return real ARGS; pthread_mutex_lock(&turn); \
    const char *as = (kind) == 'S' ? "sync" : (kind) == 'A' ? "write" : "resize"; int broken = fault(as, NAME(fd)); \
    if (broken < 0) raise(SIGKILL); \
    int result = broken ? (errno = broken, -1) : real ARGS; int kept = errno; \
    put(kind, fd, result ? broken ? broken : EIO : 0, at, "", 0); pthread_mutex_unlock(&turn); errno = kept; return POSIX && broken ? broken : result; }
#define POSIX 0
#define ARGS (fd)
int fsync(int fd) DONE(fd, 'S', 0, fsync)
int fdatasync(int fd) DONE(fd, 'S', 0, fdatasync)
#undef ARGS
#define ARGS (fd, size)
int ftruncate(int fd, off_t size) DONE(fd, 'T', size, ftruncate)
int ftruncate64(int fd, off64_t size) DONE(fd, 'T', size, ftruncate64)
#undef ARGS
#define ARGS (fd, mode, from, size)
int fallocate(int fd, int mode, off_t from, off_t size) DONE(fd, (mode ? 'X' : 'A'), from + size, fallocate)
int fallocate64(int fd, int mode, off64_t from, off64_t size) DONE(fd, (mode ? 'X' : 'A'), from + size, fallocate64)
#undef ARGS
#undef POSIX
#define POSIX 1
#define ARGS (fd, from, size)
int posix_fallocate(int fd, off_t from, off_t size) DONE(fd, 'A', from + size, posix_fallocate)
int posix_fallocate64(int fd, off64_t from, off64_t size) DONE(fd, 'A', from + size, posix_fallocate64)

static int renamed(int result, int kind, const char *from, const char *to) {
    char both[1100];
    int n = snprintf(both, sizeof both, "%s%c%s", from, 0, to);
    pthread_mutex_lock(&turn);
    if (!result && (inside(from) || inside(to))) put(kind, -1, 0, 0, both, (size_t)n);
    if (!result && kind == 'U' && word[0] != '!') disk_full = 0;
    pthread_mutex_unlock(&turn);
    return result;
}
int unlink(const char *path) { REAL(unlink); return renamed(real(path), 'U', path, ""); }
int rename(const char *from, const char *to) { REAL(rename); return renamed(real(from, to), 'R', from, to); }
int link(const char *from, const char *to) { (void)from, (void)to; errno = EPERM; return -1; }
/* Ways around the recorder: refused, or the end of the process. */
ssize_t sendfile64(int out, int in, off64_t *from, size_t n) { REAL(sendfile64); return NAME(out) ? (errno = ENOTSOCK, -1) : real(out, in, from, n); }
void *mmap64(void *at, size_t n, int how, int flags, int fd, off64_t from) { REAL(mmap64); if (NAME(fd) && how & PROT_WRITE && flags & MAP_SHARED) abort(); return real(at, n, how, flags, fd, from); }
