/* ping DIR VMS PARALLEL: a guest-ping of every agent in DIR by one thread and epoll, the floor of a fleet-wide command: connect,
 * sync, ping, close. It keeps no record. Prints one line of JSON with its seconds and processor time. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

static void fail(const char *what) { fprintf(stderr, "ping: %s: %s\n", what, strerror(errno)); exit(1); }

static void begin(const char *fleet, int number, int poller)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    char sync[96];
    snprintf(address.sun_path, sizeof address.sun_path, "%s/vm%05d/qga.sock", fleet, number + 1);
    int vm = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (vm < 0 || connect(vm, (struct sockaddr *)&address, sizeof address)) fail(address.sun_path);
    struct epoll_event event = { .events = EPOLLIN, .data.fd = vm };
    if (epoll_ctl(poller, EPOLL_CTL_ADD, vm, &event)) fail("epoll_ctl");
    int length = snprintf(
        sync, sizeof sync, "\xff{\"execute\":\"guest-sync-delimited\",\"arguments\":{\"id\":%d}}\n", number + 1);
    if (send(vm, sync, length, MSG_NOSIGNAL) != length) fail("send");
}

int main(int count, char **arguments)
{
    if (count != 4) { fputs("usage: ping DIR VMS PARALLEL\n", stderr); return 2; }
    int vms = atoi(arguments[2]), parallel = atoi(arguments[3]), poller = epoll_create1(EPOLL_CLOEXEC), begun = 0, done = 0;
    struct timespec start, end;
    clock_gettime(CLOCK_MONOTONIC, &start);
    while (begun < vms && begun < parallel) begin(arguments[1], begun++, poller);
    static const char ping[] = "{\"execute\":\"guest-ping\"}\n";
    while (done < vms) {
        struct epoll_event events[256];
        int ready = epoll_wait(poller, events, 256, -1);
        for (int i = 0; i < ready; i++) {
            char text[4096];
            ssize_t got = recv(events[i].data.fd, text, sizeof text, 0);
            if (got <= 0) fail("recv");
            if (text[0] == '\xff') { /* the sync's reply; a ping's is an empty object */
                if (send(events[i].data.fd, ping, sizeof ping - 1, MSG_NOSIGNAL) != sizeof ping - 1) fail("send");
                continue;
            }
            close(events[i].data.fd);
            done++;
            if (begun < vms) begin(arguments[1], begun++, poller);
        }
    }
    clock_gettime(CLOCK_MONOTONIC, &end);
    struct rusage used;
    getrusage(RUSAGE_SELF, &used);
    printf("{\"seconds\": %.4f, \"cpu\": %.4f}\n", end.tv_sec - start.tv_sec + (end.tv_nsec - start.tv_nsec) / 1e9,
        used.ru_utime.tv_sec + used.ru_stime.tv_sec + (used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6);
}
