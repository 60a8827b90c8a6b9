/* Runs beside an application in its container, which may hold no program of its own.
 *
 *     probe file PATH         the content of a file, such as /proc/net/tcp
 *     probe ask TRIES         standard input is a sockaddr_in and what to send there; the answer
 *                             goes to standard output. Tries again every tenth of a second.
 *
 * It always ends with 0: a process that fails ends the whole container. Made with
 *     gcc -Os -static -nostdlib -nostartfiles -fno-stack-protector -fno-asynchronous-unwind-tables \
 *         -ffreestanding -fcf-protection=none -Wl,--build-id=none -Wl,-z,noseparate-code -Wl,-n -s
 */
static long call(long number, long a, long b, long c) {
    long result;
    __asm__ volatile("syscall" : "=a"(result) : "a"(number), "D"(a), "S"(b), "d"(c)
                     : "rcx", "r11", "memory");
    return result;
}
enum { READ = 0, WRITE = 1, OPEN = 2, CLOSE = 3, NANOSLEEP = 35, SOCKET = 41, CONNECT = 42,
       SHUTDOWN = 48, EXIT = 60 };

static char buffer[65536];

static void write_all(long to, const char *from, long size) {
    while (size > 0) {
        long done = call(WRITE, to, (long)from, size);
        if (done <= 0) return;
        from += done;
        size -= done;
    }
}

static void pass(long from, long to) {
    long got;
    while ((got = call(READ, from, (long)buffer, sizeof buffer)) > 0) write_all(to, buffer, got);
}

static void ask(const char *digits) {
    long size = 0, got, tries = 0, pause[2] = {0, 100000000};
    while (size < (long)sizeof buffer
           && (got = call(READ, 0, (long)buffer + size, sizeof buffer - size)) > 0) size += got;
    while (*digits) tries = tries * 10 + *digits++ - '0';
    while (tries-- > 0) {
        long to = call(SOCKET, 2, 1, 0);
        if (to >= 0 && call(CONNECT, to, (long)buffer, 16) == 0) {
            write_all(to, buffer + 16, size - 16);
            pass(to, 1);
            return;
        }
        call(CLOSE, to, 0, 0);
        call(NANOSLEEP, (long)pause, 0, 0);
    }
}

__attribute__((used)) void begin(long *stack) {
    char **words = (char **)(stack + 1);
    if (stack[0] == 3 && words[1][0] == 'a') ask(words[2]);
    else if (stack[0] == 3) pass(call(OPEN, (long)words[2], 0, 0), 1);
    call(EXIT, 0, 0, 0);
}
__asm__(".globl _start\n_start:\n mov %rsp,%rdi\n and $-16,%rsp\n call begin\n");
