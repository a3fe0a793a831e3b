#!/usr/bin/env python3
"""llama.cpp as a peer: speed of one GGUF file, alone and in several streams, and perplexity, as JSON with the keys of
`./switchboard bench model --json` and `./switchboard perplexity --json`.

usage: pip install llama-cpp-python    (builds llama.cpp from source for this processor)
       llama_peer.py bench MODEL.gguf [--threads 2] [--prompt 512] [--generate 64] [--depth 0] [--runs 5] [--flash] [--ids-file F]
       llama_peer.py streams MODEL.gguf --streams 16 [--threads 2] [--generate 48] [--runs 5] [--ids-file F]
       llama_peer.py perplexity MODEL.gguf --file TEXT [--chunk 512] [--threads 2]

Prompt and generation are timed apart, as llama-bench does, after a warm-up; the ids that are read are given, not sampled.
"""
import argparse
import ctypes
import json
import math
import statistics
import time

import llama_cpp
import numpy as np


def spread(values):
    if not values:
        return None
    return {"median": statistics.median(values), "min": min(values), "max": max(values), "runs": len(values)}


def ids_of(args, vocabulary):
    if args.ids_file:
        return [int(word) for word in open(args.ids_file).read().split()]
    return np.random.default_rng(7).integers(min(300, vocabulary // 2), vocabulary - 1, 4096).tolist()


def take(ids, start, count):
    return [ids[(start + i) % len(ids)] for i in range(count)]


def report(args, read, write, **more):
    print(json.dumps({"peer": "llama.cpp", "version": llama_cpp.__version__, "model": args.model.rsplit("/", 1)[-1],
                      "threads": args.threads, "prompt": args.prompt, "depth": args.depth,
                      "prompt_tokens_per_second": spread(read), "generate_tokens_per_second": spread(write),
                      "generate": args.generate, **more}))


def bench(args):
    context = max(args.prompt, args.depth + args.generate * args.runs) + 64
    llm = llama_cpp.Llama(args.model, n_ctx=context, n_batch=2048, n_ubatch=512, n_threads=args.threads,
                          n_threads_batch=args.threads, flash_attn=args.flash, verbose=False, seed=1)
    ids = ids_of(args, llm.n_vocab())
    llm.eval(take(ids, 0, 32))
    read, write = [], []
    for _ in range(args.runs if args.prompt else 0):
        llm.reset()
        begun = time.perf_counter()
        llm.eval(take(ids, 0, args.prompt))
        read.append(args.prompt / (time.perf_counter() - begun))
    if args.generate:
        llm.reset()
        llm.eval(take(ids, 0, max(1, args.depth)))
    for run in range(args.runs if args.generate else 0):
        tokens = take(ids, args.prompt + run * args.generate, args.generate)
        begun = time.perf_counter()
        for token in tokens:
            llm.eval([token])
        write.append(args.generate / (time.perf_counter() - begun))
    report(args, read, write, streams=1, flash=args.flash)


class Context:
    """llama.cpp's own calls: several sequences in one batch, which the Python class does not offer."""

    def __init__(self, args, tokens, sequences):
        llama_cpp.llama_backend_init()
        llama_cpp.llama_log_set(QUIET, ctypes.c_void_p(0))
        self.model = llama_cpp.llama_model_load_from_file(args.model.encode(), llama_cpp.llama_model_default_params())
        params = llama_cpp.llama_context_default_params()
        params.n_ctx = tokens
        params.n_batch = params.n_ubatch = 512
        params.n_threads = params.n_threads_batch = args.threads
        params.n_seq_max = sequences
        params.kv_unified = True
        self.context = llama_cpp.llama_init_from_model(self.model, params)
        self.vocabulary = llama_cpp.llama_vocab_n_tokens(llama_cpp.llama_model_get_vocab(self.model))
        self.batch = llama_cpp.llama_batch_init(512, 0, sequences)

    def decode(self, rows):
        """rows: (token, position, sequence, whether logits are wanted)"""
        self.batch.n_tokens = len(rows)
        for i, (token, position, sequence, wanted) in enumerate(rows):
            self.batch.token[i], self.batch.pos[i] = token, position
            self.batch.n_seq_id[i], self.batch.seq_id[i][0], self.batch.logits[i] = 1, sequence, wanted
        if llama_cpp.llama_decode(self.context, self.batch) != 0:
            raise SystemExit("llama_decode failed")

    def logits(self, i):
        pointer = llama_cpp.llama_get_logits_ith(self.context, i)
        return np.ctypeslib.as_array(pointer, shape=(self.vocabulary,))

    def forget(self):
        llama_cpp.llama_memory_clear(llama_cpp.llama_get_memory(self.context), True)


@llama_cpp.llama_log_callback
def QUIET(level, text, user_data):
    pass


def streams(args):
    one = Context(args, args.streams * (args.generate * (args.runs + 1) + 64), args.streams)
    ids = ids_of(args, one.vocabulary)
    position, speeds = 0, []
    for run in range(args.runs + 1):
        begun = time.perf_counter()
        for i in range(args.generate):
            at = [args.prompt + (s * args.runs + max(0, run - 1)) * args.generate + i for s in range(args.streams)]
            one.decode([(ids[at[s] % len(ids)], position, s, True) for s in range(args.streams)])
            llama_cpp.llama_synchronize(one.context)
            position += 1
        speeds.append(args.streams * args.generate / (time.perf_counter() - begun))
    report(args, None, speeds[1:], streams=args.streams)


def perplexity(args):
    """As llama.cpp's tools/perplexity: windows of --chunk tokens, the second half of each is scored."""
    one = Context(args, args.chunk, 1)
    vocabulary = llama_cpp.llama_model_get_vocab(one.model)
    text = open(args.file, "rb").read()
    ids = (llama_cpp.llama_token * (len(text) + 8))()
    count = llama_cpp.llama_tokenize(vocabulary, text, len(text), ids, len(ids), True, False)
    begins = llama_cpp.llama_vocab_get_add_bos(vocabulary)
    nats, scored, windows = 0.0, 0, count // args.chunk
    for window in range(windows):
        part = list(ids[window * args.chunk:(window + 1) * args.chunk])
        next_ids = part[:]
        if begins:
            part[0] = llama_cpp.llama_vocab_bos(vocabulary)
        one.forget()
        half = args.chunk // 2
        for start in range(0, args.chunk, 512):
            end = min(args.chunk, start + 512)
            one.decode([(part[i], i, 0, half <= i < args.chunk - 1) for i in range(start, end)])
            for i in range(max(start, half), min(end, args.chunk - 1)):
                logits = one.logits(i - start).astype(np.float64)
                top = logits.max()
                nats += top + math.log(np.exp(logits - top).sum()) - logits[next_ids[i + 1]]
                scored += 1
    print(json.dumps({"peer": "llama.cpp", "version": llama_cpp.__version__, "model": args.model.rsplit("/", 1)[-1],
                      "perplexity": math.exp(nats / scored), "natsPerToken": nats / scored, "tokens": count,
                      "scoredTokens": scored, "windows": windows, "chunk": args.chunk}))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True)
    for name, function in (("bench", bench), ("streams", streams), ("perplexity", perplexity)):
        command = commands.add_parser(name)
        command.set_defaults(function=function)
        command.add_argument("model")
        command.add_argument("--threads", type=int, default=2)
        if name == "perplexity":
            command.add_argument("--file", required=True)
            command.add_argument("--chunk", type=int, default=512)
            continue
        for option, value in dict(prompt=512, generate=64, depth=0, runs=5, streams=16).items():
            command.add_argument("--" + option, type=int, default=value)
        command.add_argument("--flash", action="store_true")
        command.add_argument("--ids-file")
    args = parser.parse_args()
    args.function(args)


if __name__ == "__main__":
    main()
