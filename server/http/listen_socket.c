#include "listen_socket.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Returns the descriptor, or -1 with errno. */
static int open_one(const struct addrinfo *info) {
    int descriptor = socket(info->ai_family, info->ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (descriptor < 0)
        return -1;
    int on = 1;
    if (setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0 &&
        bind(descriptor, info->ai_addr, info->ai_addrlen) == 0 &&
        listen(descriptor, SOMAXCONN) == 0)
        return descriptor;
    int failure = errno;
    close(descriptor);
    errno = failure;
    return -1;
}

bp_status bp_listen_open(int *out, const char *address, uint16_t port, bp_error *err) {
    char service[8];
    snprintf(service, sizeof service, "%u", (unsigned)port);
    const struct addrinfo hints = {.ai_family = AF_UNSPEC,
                                   .ai_socktype = SOCK_STREAM,
                                   .ai_flags = AI_PASSIVE | AI_NUMERICSERV};
    struct addrinfo *found = NULL;
    int failure = getaddrinfo(address, service, &hints, &found);
    if (failure != 0)
        return bp_fail(err, BP_INVALID, "listen", "cannot listen on %s: %s", address,
                       gai_strerror(failure));
    int descriptor = -1;
    for (const struct addrinfo *info = found; info != NULL && descriptor < 0; info = info->ai_next)
        descriptor = open_one(info);
    int reason = errno;
    freeaddrinfo(found);
    if (descriptor < 0)
        return bp_fail(err, BP_IO, "listen", "cannot listen on %s port %u: %s", address,
                       (unsigned)port, strerror(reason));
    *out = descriptor;
    return BP_OK;
}

uint16_t bp_listen_port(int descriptor) {
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    } name = {.any = {0}};
    socklen_t size = sizeof name;
    if (getsockname(descriptor, &name.any, &size) != 0)
        return 0;
    return ntohs(name.any.sa_family == AF_INET6 ? name.v6.sin6_port : name.v4.sin_port);
}
