/*
 * Counts what a process asks of its disk: flushes, and 4 KiB blocks written between them.
 *
 * Loaded with LD_PRELOAD. A block counts once for each flush of its file that finds it changed,
 * and what is never flushed counts when its file is closed. Both counts stand in the file that
 * DISK_COUNTS names: two 64-bit numbers, flushes first. /proc/self/io would not do: it counts the whole
 * folio of the page cache (up to 2 MiB) for each byte that changes in it.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#define FILES 1024
#define BLOCK 4096
#define BLOCKS (1 << 18) /* 1 GiB of each file; what lies beyond is counted as its last block */

struct counts {
    uint64_t flushes;
    uint64_t blocks;
};

static struct counts nowhere;
static struct counts *counts = &nowhere;
static uint8_t *changed[FILES];
static uint64_t changed_blocks[FILES];
static off_t first_changed[FILES], last_changed[FILES]; /* hold while changed_blocks is not 0 */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

__attribute__((constructor)) static void start(void)
{
    const char *path = getenv("DISK_COUNTS");
    int fd = path == NULL ? -1 : open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0)
        return;
    if (ftruncate(fd, sizeof *counts) == 0) {
        void *seen = mmap(NULL, sizeof *counts, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        if (seen != MAP_FAILED)
            counts = seen;
    }
    close(fd);
}

static void wrote(int fd, off_t offset, ssize_t size)
{
    struct stat about;
    if (fd < 0 || fd >= FILES || size <= 0 || fstat(fd, &about) != 0 || !S_ISREG(about.st_mode))
        return;
    pthread_mutex_lock(&lock);
    if (changed[fd] == NULL)
        changed[fd] = calloc(BLOCKS, 1);
    off_t last = (offset + size - 1) / BLOCK;
    for (off_t block = offset / BLOCK; changed[fd] != NULL && block <= last; block++) {
        off_t at = block < BLOCKS ? block : BLOCKS - 1;
        if (changed[fd][at])
            continue;
        if (changed_blocks[fd] == 0 || at < first_changed[fd])
            first_changed[fd] = at;
        if (changed_blocks[fd] == 0 || at > last_changed[fd])
            last_changed[fd] = at;
        changed[fd][at] = 1;
        changed_blocks[fd]++;
    }
    pthread_mutex_unlock(&lock);
}

static void reached_disk(int fd)
{
    if (fd < 0 || fd >= FILES)
        return;
    pthread_mutex_lock(&lock);
    if (changed_blocks[fd] > 0) {
        counts->blocks += changed_blocks[fd];
        changed_blocks[fd] = 0;
        memset(changed[fd] + first_changed[fd], 0, last_changed[fd] - first_changed[fd] + 1);
    }
    pthread_mutex_unlock(&lock);
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

#define FLUSH(name)                                                   \
    int name(int fd)                                                  \
    {                                                                 \
        static int (*real)(int);                                      \
        if (real == NULL)                                             \
            real = REAL(name);                                        \
        reached_disk(fd);                                             \
        __atomic_fetch_add(&counts->flushes, 1, __ATOMIC_RELAXED);    \
        return real(fd);                                              \
    }

FLUSH(fsync)
FLUSH(fdatasync)

#define PWRITE(name, kind)                                            \
    ssize_t name(int fd, const void *data, size_t size, kind offset)  \
    {                                                                 \
        static ssize_t (*real)(int, const void *, size_t, kind);      \
        if (real == NULL)                                             \
            real = REAL(name);                                        \
        ssize_t done = real(fd, data, size, offset);                  \
        wrote(fd, offset, done);                                      \
        return done;                                                  \
    }

PWRITE(pwrite, off_t)
PWRITE(pwrite64, off64_t)

ssize_t write(int fd, const void *data, size_t size)
{
    static ssize_t (*real)(int, const void *, size_t);
    if (real == NULL)
        real = REAL(write);
    ssize_t done = real(fd, data, size);
    off_t end = done > 0 ? lseek(fd, 0, SEEK_CUR) : -1;
    if (end >= done)
        wrote(fd, end - done, done);
    return done;
}

int close(int fd)
{
    static int (*real)(int);
    if (real == NULL)
        real = REAL(close);
    reached_disk(fd);
    return real(fd);
}
