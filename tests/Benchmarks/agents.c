/* agents DIR VMS REPLIES: guest agents of VMS machines, each behind DIR/vmNNNNN/qga.sock, by one thread and epoll, so that a
 * measured client waits for itself alone. REPLIES has a line for each command: its name, a space, and its reply as qemu-ga
 * sends it; syncs and guest-ping it knows by itself, and any other command is not found. Prints "listening" when all do. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { LISTENER = 1 };

struct connection { int socket; size_t used; char line[4096]; };
struct reply { char name[64]; char *text; };

static struct reply replies[64];
static int known;

static void fail(const char *what) { fprintf(stderr, "agents: %s: %s\n", what, strerror(errno)); exit(1); }

static void read_replies(const char *path)
{
    FILE *file = fopen(path, "r");
    char *line = NULL;
    size_t size = 0;
    if (!file) fail(path);
    for (ssize_t length; (length = getline(&line, &size, file)) > 0; ) {
        char *space = strchr(line, ' ');
        if (!space || known == 64) continue;
        snprintf(replies[known].name, sizeof replies[known].name, "%.*s", (int)(space - line), line);
        replies[known++].text = strdup(space + 1);
    }
    fclose(file);
}

static void answer(struct connection *c)
{
    char text[128];
    const char *name = strstr(c->line, "\"guest-"), *end = name ? strchr(++name, '"') : NULL, *out = text;
    int length = end ? (int)(end - name) : 0;
    if (length == 20 && !memcmp(name, "guest-sync-delimited", 20)) {
        const char *id = strstr(c->line, "\"id\"");
        snprintf(text, sizeof text, "\xff{\"return\": %lld}\n", id ? atoll(strchr(id, ':') + 1) : 0);
    } else if (length == 10 && !memcmp(name, "guest-ping", 10)) {
        out = "{\"return\": {}}\n";
    } else {
        snprintf(text, sizeof text, "{\"error\": {\"class\": \"CommandNotFound\", \"desc\": \"not found\"}}\n");
        for (int i = 0; i < known; i++)
            if (!strncmp(replies[i].name, name, length) && !replies[i].name[length]) out = replies[i].text;
    }
    for (size_t left = strlen(out); left; ) {
        ssize_t sent = send(c->socket, out, left, MSG_NOSIGNAL);
        if (sent < 0) return;
        out += sent, left -= sent;
    }
}

/* Returns false at the connection's end. */
static bool take(struct connection *c)
{
    ssize_t got = recv(c->socket, c->line + c->used, sizeof c->line - 1 - c->used, MSG_DONTWAIT);
    if (got <= 0) return got < 0 && errno == EAGAIN;
    c->used += got;
    for (char *end; (end = memchr(c->line, '\n', c->used)); ) {
        *end = 0;
        answer(c);
        c->used -= end + 1 - c->line;
        memmove(c->line, end + 1, c->used);
    }
    return c->used < sizeof c->line - 1;
}

int main(int count, char **arguments)
{
    if (count != 4) { fputs("usage: agents DIR VMS REPLIES\n", stderr); return 2; }
    int vms = atoi(arguments[2]), poller = epoll_create1(EPOLL_CLOEXEC);
    struct rlimit files;
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    read_replies(arguments[3]);
    for (int i = 0; i < vms; i++) {
        struct sockaddr_un address = { .sun_family = AF_UNIX };
        int length = snprintf(address.sun_path, sizeof address.sun_path, "%s/vm%05d", arguments[1], i + 1);
        mkdir(address.sun_path, 0700);
        strcpy(address.sun_path + length, "/qga.sock");
        int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        if (listener < 0 || bind(listener, (struct sockaddr *)&address, sizeof address) || listen(listener, 4))
            fail(address.sun_path);
        struct epoll_event event = { .events = EPOLLIN, .data.u64 = (unsigned long long)listener << 1 | LISTENER };
        if (epoll_ctl(poller, EPOLL_CTL_ADD, listener, &event)) fail("epoll_ctl");
    }
    puts("listening");
    fflush(stdout);
    for (struct epoll_event events[256];;) {
        int ready = epoll_wait(poller, events, 256, -1);
        for (int i = 0; i < ready; i++) {
            if (events[i].data.u64 & LISTENER) {
                struct connection *c = calloc(1, sizeof *c);
                c->socket = accept4(events[i].data.u64 >> 1, NULL, NULL, SOCK_CLOEXEC);
                struct epoll_event event = { .events = EPOLLIN, .data.ptr = c };
                if (c->socket < 0 || epoll_ctl(poller, EPOLL_CTL_ADD, c->socket, &event)) fail("accept");
            } else if (!take(events[i].data.ptr)) {
                close(((struct connection *)events[i].data.ptr)->socket);
                free(events[i].data.ptr);
            }
        }
    }
}
