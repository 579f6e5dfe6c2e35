#!/usr/bin/python3
"""PyTorch's side of the benchmarks: trains what it is told to, as its users write it (eager SGD).

Reads a command a line from standard input and answers each with a line:

    hello                                     ready VERSION BLAS | missing WHY
    case NET ROWS BATCH OPTIMIZER             ok
    window SECONDS                            STEPS_PER_SECOND clean|busy
    mnist FOLDER                              ok
    race NET BATCH RATE DECAY ACCURACY SEED   SECONDS EPOCHS clean|busy

The number of threads is that of OMP_NUM_THREADS, which the caller sets for the BLAS too. A window and a
race are clean by the rule of clean_window.h.
"""
import os
import pathlib
import resource
import sys
import time

OPTIMIZERS = {
    "sgd": lambda parameters: torch.optim.SGD(parameters, lr=1e-3),
    "momentum": lambda parameters: torch.optim.SGD(parameters, lr=1e-3, momentum=0.9),
    "adam": lambda parameters: torch.optim.Adam(parameters, lr=1e-3),
}
MOST_EPOCHS = 30
torch = None


# --- timing: as clean_window.c -----------------------------------------------------------------


class Reading:
    def __init__(self):
        self.waiting = 0
        for task in pathlib.Path("/proc/self/task").iterdir():
            try:
                self.waiting += 1e-9 * float((task / "schedstat").read_text().split()[1])
            except (OSError, IndexError):
                pass
        self.preemptions = resource.getrusage(resource.RUSAGE_SELF).ru_nivcsw
        self.processor = time.process_time()
        self.wall = time.perf_counter()

    def verdict_since(self, before):
        wall = self.wall - before.wall
        clean = (self.preemptions - before.preemptions <= wall // 0.050
                 and self.processor - before.processor >= 0.97 * wall
                 and self.waiting - before.waiting <= 0.03 * wall)
        return "clean" if clean else "busy"


# --- nets and steps ----------------------------------------------------------------------------


def sizes_of(net):
    return [int(size) for size in net.split("-")]


def make_net(net):
    sizes, layers = sizes_of(net), []
    for inputs, units in zip(sizes, sizes[1:]):
        linear = torch.nn.Linear(inputs, units)
        torch.nn.init.kaiming_normal_(linear.weight)
        torch.nn.init.zeros_(linear.bias)
        layers += [linear, torch.nn.ReLU()]
    return torch.nn.Sequential(*layers[:-1])


def make_loss(net):
    return torch.nn.MSELoss() if sizes_of(net)[-1] == 1 else torch.nn.CrossEntropyLoss()


class Case:
    """A net, made-up rows and an endless row of steps on shuffled minibatches."""

    def __init__(self, net, rows, batch, optimizer):
        torch.manual_seed(1)
        sizes = sizes_of(net)
        self.rows, self.batch = rows, min(batch, rows)
        self.x = torch.rand(rows, sizes[0])
        self.y = torch.rand(rows, 1) if sizes[-1] == 1 else torch.randint(0, sizes[-1], (rows,))
        self.net, self.loss = make_net(net), make_loss(net)
        self.optimizer = OPTIMIZERS[optimizer](self.net.parameters())
        self.position, self.steps_a_window = rows, 1

    def step(self):
        if self.position + self.batch > self.rows:
            self.order, self.position = torch.randperm(self.rows), 0
        index = self.order[self.position:self.position + self.batch]
        self.position += self.batch
        self.optimizer.zero_grad(set_to_none=True)
        self.loss(self.net(self.x[index]), self.y[index]).backward()
        self.optimizer.step()

    def window(self, seconds):
        before = Reading()
        begin = time.perf_counter()
        for _ in range(self.steps_a_window):
            self.step()
        rate = self.steps_a_window / (time.perf_counter() - begin)
        verdict = Reading().verdict_since(before)
        self.steps_a_window = 1 + int(seconds * rate)
        return f"{rate:.6g} {verdict}"


# --- MNIST -------------------------------------------------------------------------------------


class Mnist:
    def __init__(self, folder):
        self.train = self.read(folder, "train")
        self.test = self.read(folder, "t10k")

    @staticmethod
    def read(folder, part):
        import numpy

        def numbers(name, header):
            return numpy.fromfile(f"{folder}/{part}-{name}", numpy.uint8, offset=header)
        x = numbers("images-idx3-ubyte", 16).reshape(-1, 784).astype(numpy.float32) / 255
        y = numbers("labels-idx1-ubyte", 8).astype(numpy.int64)
        return torch.from_numpy(x), torch.from_numpy(y)

    def accuracy(self, net):
        x, y = self.test
        with torch.no_grad():
            return (net(x).argmax(1) == y).float().mean().item()

    def epoch(self, net, loss, optimizer, batch):
        x, y = self.train
        order = torch.randperm(len(x))
        for first in range(0, len(x), batch):
            index = order[first:first + batch]
            optimizer.zero_grad(set_to_none=True)
            loss(net(x[index]), y[index]).backward()
            optimizer.step()

    def race(self, text, batch, rate, decay, accuracy, seed):
        torch.manual_seed(seed)
        net, loss = make_net(text), make_loss(text)
        optimizer = torch.optim.SGD(net.parameters(), lr=rate)
        seconds, verdict = 0, "clean"
        for epoch in range(1, MOST_EPOCHS + 1):
            before = Reading()
            begin = time.perf_counter()
            self.epoch(net, loss, optimizer, batch)
            seconds += time.perf_counter() - begin
            verdict = Reading().verdict_since(before) if verdict == "clean" else verdict
            optimizer.param_groups[0]["lr"] *= decay
            if self.accuracy(net) >= accuracy:
                return f"{seconds:.6g} {epoch} {verdict}"
        return f"never {MOST_EPOCHS} {verdict}"


# --- the conversation --------------------------------------------------------------------------


def hello():
    global torch
    try:
        import torch as module
    except ImportError as why:
        return f"missing {why}"
    torch = module
    torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", "1")))
    torch.rand(64, 64) @ torch.rand(64, 64)
    maps = pathlib.Path("/proc/self/maps").read_text().split()
    blas = sorted({os.path.basename(word) for word in maps
                   if word.startswith("/") and ("blas" in word or "mkl_rt" in word) and "lapack" not in word})
    return f"ready {torch.__version__} {','.join(blas) or 'no-BLAS'}"


def main():
    case = mnist = None
    for line in sys.stdin:
        command, *words = line.split()
        if command == "hello":
            answer = hello()
        elif command == "case":
            case = Case(words[0], int(words[1]), int(words[2]), words[3])
            answer = "ok"
        elif command == "window":
            answer = case.window(float(words[0]))
        elif command == "mnist":
            mnist = Mnist(words[0])
            answer = "ok"
        elif command == "race":
            net, batch, rate, decay, accuracy, seed = words
            answer = mnist.race(net, int(batch), float(rate), float(decay), float(accuracy), int(seed))
        else:
            answer = f"unknown {command}"
        print(answer, flush=True)


if __name__ == "__main__":
    main()
