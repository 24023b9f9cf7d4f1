/* read SOCKET FILE: a guest's file of up to 48 MiB in one guest-file-read, by a plain loop over the agent's socket, twice: read
 * to the newline, decode the base64 in its place. It syncs once and looks at nothing else. Prints one line of JSON: the seconds
 * of both times, how many bytes there were and their sum, and the most memory that it held in MiB. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

static int agent;
static char *line;
static size_t room, used;
static unsigned char values[256];

static void fail(const char *what) { fprintf(stderr, "read: %s: %s\n", what, errno ? strerror(errno) : "not as it should be"); exit(1); }

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + t.tv_nsec / 1e9;
}

/* Sends a request, and reads up to the end of a line. */
static void call(const char *request)
{
    if (write(agent, request, strlen(request)) != (ssize_t)strlen(request)) fail("write");
    for (used = 0;;) {
        if (room - used < 65536 && !(line = realloc(line, room = room ? 2 * room : 1 << 20))) fail("memory");
        ssize_t got = read(agent, line + used, room - used - 1);
        if (got <= 0) fail("the agent's socket");
        char *end = memchr(line + used, '\n', got);
        used += got;
        line[used] = 0;
        if (end) return;
    }
}

static long returned(void)
{
    char *number = strstr(line, "\"return\": ");
    if (!number) fail(line);
    return atol(number + 10);
}

/* The value of "buf-b64" in its place; its length. */
static size_t decode(unsigned char **bytes)
{
    unsigned char *from = (unsigned char *)strstr(line, "\"buf-b64\": \""), *to;
    if (!from) fail(line);
    from += 12;
    for (to = *bytes = from; from[0] != '"'; from += 4, to += 3) {
        unsigned group = values[from[0]] << 18 | values[from[1]] << 12 | values[from[2]] << 6 | values[from[3]];
        int padding = (from[2] == '=') + (from[3] == '=');
        to[0] = group >> 16, to[1] = group >> 8, to[2] = group;
        if (padding) return to + 3 - padding - *bytes;
    }
    return to - *bytes;
}

static double once(const char *path, size_t *length, unsigned long long *sum)
{
    char request[4300];
    unsigned char *bytes;
    snprintf(request, sizeof request, "{\"execute\":\"guest-file-open\",\"arguments\":{\"path\":\"%s\"}}\n", path);
    call(request);
    long handle = returned();
    double began = now();
    snprintf(request, sizeof request, "{\"execute\":\"guest-file-read\",\"arguments\":{\"handle\":%ld,\"count\":%d}}\n", handle, 48 << 20);
    call(request);
    *length = decode(&bytes);
    double took = now() - began;
    *sum = 0;
    for (size_t at = 0; at < *length; at++) *sum += bytes[at];
    snprintf(request, sizeof request, "{\"execute\":\"guest-file-close\",\"arguments\":{\"handle\":%ld}}\n", handle);
    call(request);
    return took;
}

int main(int count, char **arguments)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    const char *alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    double seconds[2];
    size_t length;
    unsigned long long sum;
    struct rusage usage;

    if (count != 3) { fprintf(stderr, "usage: read SOCKET FILE\n"); return 2; }
    for (int value = 0; value < 64; value++) values[(unsigned char)alphabet[value]] = value;
    strncpy(address.sun_path, arguments[1], sizeof address.sun_path - 1);
    if ((agent = socket(AF_UNIX, SOCK_STREAM, 0)) < 0 || connect(agent, (struct sockaddr *)&address, sizeof address)) fail(arguments[1]);
    call("{\"execute\":\"guest-sync\",\"arguments\":{\"id\":4711}}\n");
    if (returned() != 4711) fail("sync");
    for (int time = 0; time < 2; time++) seconds[time] = once(arguments[2], &length, &sum);
    getrusage(RUSAGE_SELF, &usage);
    printf("{\"first\": %.4f, \"second\": %.4f, \"bytes\": %zu, \"sum\": %llu, \"peak\": %ld}\n",
           seconds[0], seconds[1], length, sum, usage.ru_maxrss / 1024);
    return 0;
}
