#include "torch_peer.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench_options.h"
#include "clock.h"

struct bp_torch_peer {
    size_t threads;
    pid_t process;
    FILE *questions, *answers;
    char version[256], answer[256];
};

/* In the child: its standard input and output are the pipes' ends, all else stays. */
__attribute__((noreturn)) static void become_peer(size_t threads, int input, int output) {
    char text[32];
    snprintf(text, sizeof text, "%zu", threads);
    /* A benchmark that is stopped leaves no one behind. */
    bool ready = prctl(PR_SET_PDEATHSIG, SIGTERM) == 0 && setenv("OMP_NUM_THREADS", text, 1) == 0 &&
                 setenv("OPENBLAS_NUM_THREADS", text, 1) == 0 &&
                 setenv("MKL_NUM_THREADS", text, 1) == 0 && dup2(input, STDIN_FILENO) >= 0 &&
                 dup2(output, STDOUT_FILENO) >= 0;
    if (ready) {
        execl(BP_BENCH_DIR "/torch_peer.py", "torch_peer.py", (char *)NULL);
    }
    _exit(127);
}

static bool start(bp_torch_peer *peer) {
    int down[2], up[2];
    if (pipe2(down, O_CLOEXEC) != 0) {
        return false;
    }
    if (pipe2(up, O_CLOEXEC) != 0) {
        close(down[0]);
        close(down[1]);
        return false;
    }
    peer->process = fork();
    if (peer->process == 0) {
        become_peer(peer->threads, down[0], up[1]);
    }
    close(down[0]);
    close(up[1]);
    peer->questions = fdopen(down[1], "w");
    peer->answers = fdopen(up[0], "r");
    return peer->process > 0 && peer->questions != NULL && peer->answers != NULL;
}

const char *bp_torch_peer_ask(bp_torch_peer *peer, const char *format, ...) {
    va_list list;
    va_start(list, format);
    vfprintf(peer->questions, format, list);
    va_end(list);
    fputc('\n', peer->questions);
    if (fflush(peer->questions) != 0 ||
        fgets(peer->answer, sizeof peer->answer, peer->answers) == NULL) {
        bench_stop("torch_peer.py", "it ended without an answer");
    }
    peer->answer[strcspn(peer->answer, "\n")] = '\0';
    return peer->answer;
}

bp_torch_peer *bp_torch_peer_new(size_t threads) {
    bp_torch_peer *peer = calloc(1, sizeof *peer);
    if (peer == NULL) {
        bench_stop("PyTorch", "out of memory");
    }
    signal(SIGPIPE, SIG_IGN); /* a peer that ended is an error of fflush */
    peer->threads = threads;
    if (!start(peer)) {
        bench_stop("PyTorch's process", strerror(errno));
    }
    const char *answer = bp_torch_peer_ask(peer, "hello");
    if (strncmp(answer, "ready ", 6) != 0) {
        fprintf(stderr, "no ratios to PyTorch (python3-torch): %s\n", answer);
        bp_torch_peer_free(peer);
        return NULL;
    }
    snprintf(peer->version, sizeof peer->version, "%s", answer + 6);
    return peer;
}

void bp_torch_peer_free(bp_torch_peer *peer) {
    if (peer == NULL) {
        return;
    }
    fclose(peer->questions); /* the end of its input ends it */
    fclose(peer->answers);
    waitpid(peer->process, NULL, 0);
    free(peer);
}

size_t bp_torch_peer_threads(const bp_torch_peer *peer) {
    return peer->threads;
}

const char *bp_torch_peer_version(const bp_torch_peer *peer) {
    return peer->version;
}

bool bp_torch_peer_window(void *context, double seconds, bp_window *out) {
    bp_torch_peer *peer = context;
    double begin = bp_clock_seconds();
    const char *answer = bp_torch_peer_ask(peer, "window %g", seconds);
    char verdict[16];
    double rate;
    if (sscanf(answer, "%lf %15s", &rate, verdict) != 2 || rate <= 0) {
        bench_stop("torch_peer.py", answer);
    }
    *out = (bp_window){.rate = rate,
                       .seconds = bp_clock_seconds() - begin,
                       .clean = strcmp(verdict, "clean") == 0};
    return true;
}
