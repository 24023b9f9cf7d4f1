/* loop DIR TARGET VMS GROUP PARALLEL: a full backup of the simulator's fleet in DIR by one thread and epoll, as the floor
 * of what the frozen time can be. Per VM: sync, targets made, freeze; when its whole group is frozen, the transaction;
 * thaw right behind its reply; then the copy's end, and QEMU as it was. It keeps no record and settles nothing: a
 * member without an answer to its sync voids its group before anything is made. Prints one line of JSON. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum { DISKS = 2, AGENT = 0, MONITOR = 1 };           /* as the simulator makes them: disk0, disk1 ... */
static const long long DISK_SIZE = 64LL << 20;
static const double SYNC_LIMIT = 2, STEP_LIMIT = 60;  /* seconds */

enum step { SYNC, GREETING, PREPARE, PREPARED, FREEZE, FROZEN, CUT, THAW, COPY, CLEAN, DONE };

struct group { int first, size, synced, prepared, frozen, done; bool void_; };

struct vm {
    int number, sockets[2], command, concluded;
    struct group *group;
    enum step step;
    bool answered;
    double since;
    size_t used[2];
    char buffer[2][65536];
};

static struct vm *vms;
static const char *fleet, *target;
static int poller, succeeded;

static void fail(const char *what) { fprintf(stderr, "loop: %s: %s\n", what, strerror(errno)); exit(1); }

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + t.tv_nsec / 1e9;
}

static void image(const struct vm *vm, int disk, char *path) { sprintf(path, "%s/%d-%d.qcow2", target, vm->number, disk); }

static void enter(struct vm *vm, enum step step)
{
    vm->step = step;
    vm->since = now();
    vm->command = vm->concluded = 0;
    vm->answered = false;
}

static void say(struct vm *vm, int socket, const char *format, ...)
{
    char text[4096];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (send(vm->sockets[socket], text, length, MSG_NOSIGNAL) != length) fail("send");
}

static void open_socket(struct vm *vm, int which, const char *name)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    snprintf(address.sun_path, sizeof address.sun_path, "%s/vm%03d/%s", fleet, vm->number + 1, name);
    int socket_ = vm->sockets[which] = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (socket_ < 0 || connect(socket_, (struct sockaddr *)&address, sizeof address)) fail(address.sun_path);
    struct epoll_event event = { .events = EPOLLIN, .data.u32 = vm->number * 2 + which };
    if (epoll_ctl(poller, EPOLL_CTL_ADD, socket_, &event)) fail("epoll_ctl");
}

static void begin(struct group *group)
{
    for (struct vm *vm = vms + group->first; vm < vms + group->first + group->size; vm++) {
        open_socket(vm, AGENT, "qga.sock");
        enter(vm, SYNC);
        say(vm, AGENT, "\xff{\"execute\":\"guest-sync-delimited\",\"arguments\":{\"id\":%d}}\n", vm->number + 1);
    }
}

static void end(struct vm *vm, bool good)
{
    for (int which = 0; which < 2; which++) if (vm->sockets[which] >= 0) close(vm->sockets[which]);
    vm->step = DONE;
    vm->group->done++;
    succeeded += good;
}

/* What makes a disk's target, in order; then the next disk's. A command with a job ends with the job. */
static bool prepare_next(struct vm *vm)
{
    int disk = vm->command / 6, n = vm->number;
    char path[4200];
    if (disk == DISKS) return false;
    image(vm, disk, path);
    switch (vm->command % 6) {
    case 0: say(vm, MONITOR, "{\"execute\":\"blockdev-create\",\"arguments\":{\"job-id\":\"l%d-%d\",\"options\":{\"driver\":\"file\",\"filename\":\"%s\",\"size\":0}}}\n", n, disk, path); break;
    case 2: say(vm, MONITOR, "{\"execute\":\"blockdev-add\",\"arguments\":{\"driver\":\"file\",\"node-name\":\"l%d-%d-f\",\"filename\":\"%s\"}}\n", n, disk, path); break;
    case 3: say(vm, MONITOR, "{\"execute\":\"blockdev-create\",\"arguments\":{\"job-id\":\"l%d-%d\",\"options\":{\"driver\":\"qcow2\",\"file\":\"l%d-%d-f\",\"size\":%lld,\"preallocation\":\"falloc\"}}}\n", n, disk, n, disk, DISK_SIZE); break;
    case 5: say(vm, MONITOR, "{\"execute\":\"blockdev-add\",\"arguments\":{\"driver\":\"qcow2\",\"node-name\":\"l%d-%d-t\",\"file\":\"l%d-%d-f\"}}\n", n, disk, n, disk); break;
    default: say(vm, MONITOR, "{\"execute\":\"job-dismiss\",\"arguments\":{\"id\":\"l%d-%d\"}}\n", n, disk); break;
    }
    return true;
}

static bool is_job(const struct vm *vm) { return vm->step == PREPARE && vm->command % 3 == 0; }

static bool clean_next(struct vm *vm)
{
    int disk = vm->command / 3, n = vm->number;
    if (disk == DISKS) return false;
    switch (vm->command % 3) {
    case 0: say(vm, MONITOR, "{\"execute\":\"blockdev-del\",\"arguments\":{\"node-name\":\"l%d-%d-t\"}}\n", n, disk); break;
    case 1: say(vm, MONITOR, "{\"execute\":\"blockdev-del\",\"arguments\":{\"node-name\":\"l%d-%d-f\"}}\n", n, disk); break;
    default: say(vm, MONITOR, "{\"execute\":\"job-dismiss\",\"arguments\":{\"id\":\"l%d-%d\"}}\n", n, disk); break;
    }
    return true;
}

static void cut(struct vm *vm)
{
    char actions[2048];
    int length = 0;
    for (int disk = 0; disk < DISKS; disk++)
        length += sprintf(actions + length, "%s{\"type\":\"blockdev-backup\",\"data\":{\"job-id\":\"l%d-%d\",\"device\":\"disk%d\",\"target\":\"l%d-%d-t\",\"sync\":\"full\",\"auto-dismiss\":false}}",
            disk ? "," : "", vm->number, disk, disk, vm->number, disk);
    enter(vm, CUT);
    say(vm, MONITOR, "{\"execute\":\"transaction\",\"arguments\":{\"actions\":[%s]}}\n", actions);
}

/* The next command of this VM, or of its group, now that the last one is answered. */
static void advance(struct vm *vm)
{
    struct group *group = vm->group;
    struct vm *members = vms + group->first;
    switch (vm->step) {
    case SYNC:
        if (++group->synced < group->size) { vm->step = PREPARED; return; }
        for (int i = 0; i < group->size; i++) { open_socket(members + i, MONITOR, "qmp.sock"); enter(members + i, GREETING); }
        return;
    case GREETING:
        if (vm->command++ == 0) { say(vm, MONITOR, "{\"execute\":\"qmp_capabilities\"}\n"); return; }
        enter(vm, PREPARE);
        prepare_next(vm);
        return;
    case PREPARE:
        vm->command++;
        vm->answered = false;
        vm->concluded = 0;
        if (prepare_next(vm)) return;
        enter(vm, PREPARED);
        if (++group->prepared < group->size) return;
        for (int i = 0; i < group->size; i++) { enter(members + i, FREEZE); say(members + i, AGENT, "{\"execute\":\"guest-fsfreeze-freeze\"}\n"); }
        return;
    case FREEZE:
        enter(vm, FROZEN);
        if (++group->frozen < group->size) return;
        for (int i = 0; i < group->size; i++) cut(members + i);
        return;
    case CUT: {
        int concluded = vm->concluded;
        enter(vm, THAW);
        vm->concluded = concluded;
        say(vm, AGENT, "{\"execute\":\"guest-fsfreeze-thaw\"}\n");
        return;
    }
    case THAW:
        vm->step = COPY;
        /* fall through */
    case COPY:
        if (vm->concluded < DISKS) return;
        enter(vm, CLEAN);
        clean_next(vm);
        return;
    case CLEAN:
        vm->command++;
        if (!clean_next(vm)) end(vm, true);
        return;
    default:
        return;
    }
}

static void heard(struct vm *vm, int which, const char *line)
{
    if (vm->step == DONE) return;
    if (vm->step == SYNC) { if (strchr(line, '\xff')) advance(vm); return; }  /* before it: what the flush provoked */
    if (strstr(line, "\"error\":")) { fprintf(stderr, "loop: vm%03d, step %d: %s\n", vm->number + 1, vm->step, line); exit(1); }
    if (which == MONITOR && strstr(line, "\"event\":")) {
        if (!strstr(line, "\"concluded\"")) return;
        vm->concluded++;
        if (vm->step == COPY || (is_job(vm) && vm->answered)) advance(vm);
        return;
    }
    bool expected = which == (vm->step == FREEZE || vm->step == THAW ? AGENT : MONITOR);
    if (!expected) return;
    vm->answered = true;
    if (!is_job(vm) || vm->concluded) advance(vm);
}

static void read_socket(struct vm *vm, int which)
{
    if (vm->step == DONE) return;
    char *buffer = vm->buffer[which];
    ssize_t got = recv(vm->sockets[which], buffer + vm->used[which], sizeof vm->buffer[which] - 1 - vm->used[which], 0);
    if (got <= 0) fail("recv");
    vm->used[which] += got;
    char *line = buffer, *stop = buffer + vm->used[which], *newline;
    while ((newline = memchr(line, '\n', stop - line))) {
        *newline = 0;
        heard(vm, which, line);
        line = newline + 1;
    }
    memmove(buffer, line, vm->used[which] = stop - line);
}

/* No answer to a sync: nothing of its group was begun. Anything else that stands still is a fault of this program. */
static void expire(struct group *group)
{
    for (struct vm *vm = vms + group->first; vm < vms + group->first + group->size; vm++) {
        if (vm->step == SYNC && now() - vm->since > SYNC_LIMIT) group->void_ = true;
        else if (vm->step != DONE && vm->step != PREPARED && now() - vm->since > STEP_LIMIT) { errno = ETIMEDOUT; fail("a step"); }
    }
    if (!group->void_) return;
    for (struct vm *vm = vms + group->first; vm < vms + group->first + group->size; vm++) if (vm->step != DONE) end(vm, false);
}

int main(int count, char **words)
{
    if (count != 6) { fprintf(stderr, "usage: loop DIR TARGET VMS GROUP PARALLEL\n"); return 2; }
    fleet = words[1], target = words[2];
    int total = atoi(words[3]), size = atoi(words[4]), parallel = atoi(words[5]);
    int groups = (total + size - 1) / size, started = 0, first = 0, under_way = 0;
    vms = calloc(total, sizeof *vms);
    struct group *all = calloc(groups, sizeof *all);
    struct epoll_event events[256];
    poller = epoll_create1(EPOLL_CLOEXEC);
    for (int g = 0; g < groups; g++) all[g] = (struct group){ .first = g * size, .size = g == groups - 1 ? total - g * size : size };
    for (int v = 0; v < total; v++) { vms[v].number = v; vms[v].sockets[0] = vms[v].sockets[1] = -1; vms[v].group = all + v / size; }

    double start = now(), looked = start;
    while (first < groups) {
        while (started < groups && under_way + all[started].size <= parallel) { under_way += all[started].size; begin(all + started++); }
        int ready = epoll_wait(poller, events, 256, 100);
        if (ready < 0 && errno != EINTR) fail("epoll_wait");
        for (int i = 0; i < ready; i++) read_socket(vms + events[i].data.u32 / 2, events[i].data.u32 % 2);
        bool due = now() - looked > 0.1;
        if (due) looked = now();
        under_way = 0;
        for (int g = first; g < started; g++) {
            if (due && all[g].done < all[g].size) expire(all + g);
            under_way += all[g].size - all[g].done;
        }
        while (first < started && all[first].done == all[first].size) first++;
    }
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    printf("{\"seconds\":%.3f,\"succeeded\":%d,\"failed\":%d,\"cpu\":%.3f}\n", now() - start, succeeded, total - succeeded,
        usage.ru_utime.tv_sec + usage.ru_stime.tv_sec + (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6);
    return 0;
}
