#include "healthcheck.h"

#include <ctype.h>
#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "clock.h"

enum { STATUS_LINE = 64 };

/* Waits for the socket until the deadline; false when it passes. */
static bool wait_for(int descriptor, short events, double deadline) {
    double left_ms = (deadline - bp_clock_seconds()) * 1e3;
    struct pollfd polled = {.fd = descriptor, .events = events};
    return left_ms > 0 && poll(&polled, 1, (int)left_ms + 1) == 1;
}

/* A connected non-blocking socket, or -1 with errno. */
static int connect_to(const struct addrinfo *info, double deadline) {
    int descriptor = socket(info->ai_family, info->ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (descriptor < 0)
        return -1;
    int failure = 0;
    socklen_t size = sizeof failure;
    if (connect(descriptor, info->ai_addr, info->ai_addrlen) != 0)
        failure = errno;
    if (failure == EINPROGRESS) {
        if (!wait_for(descriptor, POLLOUT, deadline))
            failure = ETIMEDOUT;
        else if (getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &failure, &size) != 0)
            failure = errno;
    }
    if (failure == 0)
        return descriptor;
    close(descriptor);
    errno = failure;
    return -1;
}

/* The status of the answer, or 0 when none came in time. */
static int ask(int descriptor, double deadline) {
    static const char request[] =
        "GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    char line[STATUS_LINE + 1] = "";
    size_t size = 0;
    if (send(descriptor, request, sizeof request - 1, MSG_NOSIGNAL) != (ssize_t)sizeof request - 1)
        return 0;
    while (size < STATUS_LINE && strchr(line, '\n') == NULL) {
        if (!wait_for(descriptor, POLLIN, deadline))
            return 0;
        ssize_t got = recv(descriptor, line + size, STATUS_LINE - size, 0);
        if (got <= 0)
            return 0;
        size += (size_t)got;
        line[size] = '\0';
    }
    /* "HTTP/1.1 200 ..." */
    bool http =
        strncmp(line, "HTTP/1.", 7) == 0 && isdigit((unsigned char)line[7]) && line[8] == ' ';
    return http ? (int)strtol(line + 9, NULL, 10) : 0;
}

static const char *loopback_for(const char *address) {
    if (strcmp(address, "0.0.0.0") == 0)
        return "127.0.0.1";
    return strcmp(address, "::") == 0 ? "::1" : address;
}

bp_status bp_healthcheck(const char *address, uint16_t port, unsigned timeout_ms, bp_error *err) {
    double deadline = bp_clock_seconds() + timeout_ms * 1e-3;
    const char *host = loopback_for(address);
    if (port == 0)
        return bp_fail(err, BP_INVALID, "listen", "port 0 is no address to ask");
    char service[8];
    snprintf(service, sizeof service, "%u", (unsigned)port);
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV};
    struct addrinfo *found = NULL;
    int failure = getaddrinfo(host, service, &hints, &found);
    if (failure != 0)
        return bp_fail(err, BP_INVALID, "listen", "%s: %s", host, gai_strerror(failure));
    int descriptor = -1;
    for (const struct addrinfo *info = found; info != NULL && descriptor < 0; info = info->ai_next)
        descriptor = connect_to(info, deadline);
    int reason = errno;
    freeaddrinfo(found);
    if (descriptor < 0)
        return bp_fail(err, BP_IO, NULL, "not reachable at %s port %s: %s", host, service,
                       strerror(reason));
    int status = ask(descriptor, deadline);
    close(descriptor);
    if (status == 0)
        return bp_fail(err, BP_IO, NULL, "no answer from %s port %s", host, service);
    return status == 200 ? BP_OK : bp_fail(err, BP_IO, NULL, "not ready: status %d", status);
}
