#include "raw_client.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "clock.h"

int raw_connect(uint16_t port) {
    int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    const struct timeval patience = {.tv_sec = 10};
    if (client < 0)
        return -1;
    if (setsockopt(client, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) != 0 ||
        setsockopt(client, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience) != 0 ||
        connect(client, (const struct sockaddr *)&address, sizeof address) != 0) {
        close(client);
        return -1;
    }
    return client;
}

int raw_send(int client, const char *bytes, size_t size) {
    while (size > 0) {
        ssize_t sent = send(client, bytes, size, MSG_NOSIGNAL);
        if (sent <= 0)
            return -1;
        bytes += sent;
        size -= (size_t)sent;
    }
    return 0;
}

int raw_send_text(int client, const char *text) {
    return raw_send(client, text, strlen(text));
}

/* Reads until the blank line, one byte at a time: slow, and never a byte of the next reply. */
static char *receive_head(int client) {
    enum { MOST = 16384 };
    char *head = calloc(1, MOST + 1);
    if (head == NULL)
        abort();
    for (size_t size = 0; size < MOST; size++) {
        if (recv(client, head + size, 1, 0) != 1)
            break;
        if (size >= 3 && memcmp(head + size - 3, "\r\n\r\n", 4) == 0)
            return head;
    }
    head[0] = '\0';
    return head;
}

raw_reply raw_receive(int client, int head_only) {
    raw_reply reply = {.head = receive_head(client)};
    char length[32];
    sscanf(reply.head, "HTTP/1.%*d %d", &reply.status);
    size_t wanted =
        head_only ? 0
                  : (size_t)strtoull(raw_header(&reply, "Content-Length", length, sizeof length),
                                     NULL, 10);
    reply.body = calloc(1, wanted + 1);
    if (reply.body == NULL)
        abort();
    while (reply.size < wanted) {
        ssize_t got = recv(client, reply.body + reply.size, wanted - reply.size, 0);
        if (got <= 0)
            break;
        reply.size += (size_t)got;
    }
    return reply;
}

void raw_reply_clear(raw_reply *reply) {
    free(reply->head);
    free(reply->body);
    *reply = (raw_reply){0};
}

const char *raw_header(const raw_reply *reply, const char *name, char *out, size_t size) {
    size_t length = strlen(name);
    out[0] = '\0';
    for (const char *line = strstr(reply->head, "\r\n"); line != NULL;
         line = strstr(line + 2, "\r\n")) {
        if (strncasecmp(line + 2, name, length) != 0 || line[2 + length] != ':')
            continue;
        const char *value = line + 3 + length;
        value += strspn(value, " ");
        snprintf(out, size, "%.*s", (int)strcspn(value, "\r"), value);
        break;
    }
    return out;
}

int raw_wait_closed(int client) {
    double begin = bp_clock_seconds();
    char byte;
    ssize_t got = recv(client, &byte, 1, 0);
    int closed = got == 0 || (got < 0 && errno == ECONNRESET);
    return closed ? (int)((bp_clock_seconds() - begin) * 1e3) : -1;
}
