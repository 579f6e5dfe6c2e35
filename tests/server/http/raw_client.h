/* A client that sends exactly the bytes it is given. Deadlines of 10 s everywhere, so that a server
 * that hangs fails a test instead of hanging it. */
#ifndef BP_RAW_CLIENT_H
#define BP_RAW_CLIENT_H

#include <stddef.h>
#include <stdint.h>

typedef struct raw_reply {
    int status;  /* 0: the connection ended before a reply */
    char *head;  /* status line and headers, terminated; "" for none */
    char *body;  /* terminated as well */
    size_t size; /* of the body */
} raw_reply;

/* A connected socket on 127.0.0.1, or -1. */
int raw_connect(uint16_t port);
/* 0 when all was sent, -1 otherwise. */
int raw_send(int client, const char *bytes, size_t size);
int raw_send_text(int client, const char *text);
/* Reads one reply: as much body as its Content-Length says (none for `head_only`). */
raw_reply raw_receive(int client, int head_only);
void raw_reply_clear(raw_reply *reply);
/* Value of a header in reply.head into out[size]; "" when it is not there. Name without colon. */
const char *raw_header(const raw_reply *reply, const char *name, char *out, size_t size);
/* Waits for the end of the connection: milliseconds until the server closed it, -1 after 10 s or
 * when bytes came. */
int raw_wait_closed(int client);

#endif
