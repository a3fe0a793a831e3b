#!/usr/bin/env python3
"""Runs us and llama.cpp turn about, on the same files, ids and threads, and writes a table.

usage: benchmarks/peers/peers.py --peer-python PY --models DIR --name NAME [--rows REGEX] [--rounds 2] [--runs 3] [--wrap CMD]

PY has llama-cpp-python. DIR holds the GGUF files that the rows name (a row whose file is absent is left out). Rows are done
one by one and written to benchmarks/results/NAME.json and NAME.md as they are done; a row that is there is not done again
unless --again. --wrap puts a command before each run (say, one that keeps others quiet).
A row is the median of rounds x runs on each side, from least to most; ratios are of medians.
"""
import argparse
import datetime
import json
import os
import pathlib
import platform
import random
import re
import shlex
import statistics
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROMPT, GENERATE = "prompt_tokens_per_second", "generate_tokens_per_second"
ARGS = None


def row(name, us, them, **bounds):
    """bounds: metric -> (must, aim); us and them: (kind, model, arguments)"""
    return {"name": name, "us": us, "them": them, "bounds": bounds}


def llama(model, *arguments):
    return ("llama", model, arguments)


def ours(model, *arguments):
    return ("us", model, arguments)


def rows():
    two = ("--threads", 2)
    usual = (*two, "--prompt", 512, "--generate", 48)
    for model, must in {"mixtral-q8_0": .97, "mixtral-q4_0": 1, "olmoe-q8_0": .97, "olmoe-q4_0": 1}.items():
        yield row(model, ours(model, *usual), llama(model, *usual), prompt=(1.5, 4), generate=(must, None))
    small = "SmolLM2-135M-Instruct.Q4_1"
    yield row(small, ours(small, *usual), llama(small, *usual), prompt=(1, 4), generate=(1, None))
    for kind in ("f32", "bf16", "f16"):
        yield row("mixtral-" + kind, ours("mixtral-" + kind, *usual), llama("mixtral-" + kind, *usual), prompt=(1.5, 3), generate=(.95, 1.1))
    yield row("mamba-q8_0", ours("mamba-q8_0", *usual), llama("mamba-q8_0", *usual), prompt=(2, 4), generate=(1, None))
    for model in ("dense-q8_0", "dense-f32"):
        for depth in (4096, 8192):
            far = (*two, "--prompt", depth, "--generate", 16, "--depth", depth, "--runs", 1)
            for flash in ((), ("--flash",)):
                yield row(f"{model} at {depth}{' (flash)' if flash else ''}", ours(model, *far), llama(model, *far, *flash), prompt=(1, 2), generate=(1, 2))
    alone = (*two, "--prompt", 0, "--generate", 32, "--streams", 16)
    yield row("16 streams, mixtral-q8_0", ours("mixtral-q8_0", *alone), llama("mixtral-q8_0", *alone), generate=(2, 4))
    m = "mixtral-q8_0"
    usual = ("--prompt", 512, "--generate", 48)
    one, both = ours(m, *usual, "--threads", 1), ours(m, *usual, "--threads", 2)
    taken = ours(m, *usual, "--nodes", 1, "--threads", 2, "--router-threads", 2)
    yield row("router + 1 node, 2 threads each / one process of 2", taken, both, prompt=(.95, .97), generate=(.9, .97))
    for replicas, threads, base, prompt, generate in ((2, 2, both, (.9, .95), (.85, .95)), (1, 2, both, (None, .9), (None, .74)),
                                                      (1, 1, one, (1.4, 1.6), (1.15, 1.25)), (2, 1, one, (1.4, 1.6), (1.4, 1.6))):
        kept = "each with all experts" if replicas == 2 else "experts split"
        yield row(f"router of {threads} + 2 nodes x 1 thread, {kept} / one process of {threads}",
                  ours(m, *usual, "--nodes", 2, "--threads", 1, "--router-threads", threads, "--replicas", replicas), base, prompt=prompt, generate=generate)


def command(kind, model, arguments, ids):
    words = [str(word) for word in arguments]
    runs = [] if "--runs" in words else ["--runs", str(ARGS.runs)]
    if kind == "us":
        return [*shlex.split(ARGS.switchboard), "bench", "model", str(file(model)), *words, *runs, "--ids-file", ids, "--warmup", str(ARGS.warmup), "--json"]
    mode = "streams" if "--streams" in words else "bench"
    return [ARGS.peer_python, str(ROOT / "benchmarks/peers/llama_peer.py"), mode, str(file(model)), *words, *runs, "--ids-file", ids]


def file(model):
    for folder in ARGS.models:
        found = pathlib.Path(folder, model + ".gguf")
        if found.exists():
            return found
    return None


def run(side, ids):
    done = subprocess.run([*shlex.split(ARGS.wrap), *command(*side, ids)], capture_output=True, text=True, cwd=ROOT)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command(*side, ids))}: exit {done.returncode}: {done.stderr.strip()[-300:]}")
    return json.loads(done.stdout.strip().splitlines()[-1])


def measure(wanted, ids):
    sides = {"us": [], "them": []}
    for _ in range(ARGS.rounds):
        for side in ("them", "us"):
            sides[side].append(run(wanted[side], ids))
    result = {"when": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"), "load": os.getloadavg()[0], "commit": commit(),
              "us": portable(wanted["us"]), "them": portable(wanted["them"]), "metrics": {}}
    for metric, key in (("prompt", PROMPT), ("generate", GENERATE)):
        if metric in wanted["bounds"]:
            result["metrics"][metric] = compared([joined(sides[s], key) for s in ("us", "them")], wanted["bounds"][metric])
    for key in ("share_of_read_speed", "resident_bytes", "bytes_per_token", "kernels", "read_bytes_per_second"):
        result[key] = sides["us"][-1].get(key)
    result["machine"] = sides["us"][-1].get("machine")
    result["peer_version"] = sides["them"][-1].get("version")
    return result


def portable(side):
    return " ".join([side[0], side[1], *map(str, side[2])])


def joined(reports, key):
    spreads = [report[key] for report in reports]
    return {"median": statistics.median(s["median"] for s in spreads), "min": min(s["min"] for s in spreads),
            "max": max(s["max"] for s in spreads), "runs": sum(s["runs"] for s in spreads)}


def compared(both, bounds):
    us, them = both
    ratio = us["median"] / them["median"]
    must, aim = bounds
    return {"us": us, "them": them, "ratio": round(ratio, 3), "must": must, "aim": aim, "ok": must is None or ratio >= must}


def commit():
    return subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, cwd=ROOT).stdout.strip()


def machine():
    processor = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), platform.processor())
    pages = pathlib.Path("/sys/kernel/mm/transparent_hugepage/enabled")
    return {"processor": processor, "cores": os.cpu_count(), "kernel": platform.release(), "huge_pages": pages.read_text().strip() if pages.exists() else None,
            "memory_bytes": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")}


def numbers(spread):
    return f"{spread['median']:.1f} ({spread['min']:.1f} to {spread['max']:.1f})"


def markdown(table):
    here = table["machine"]
    lines = [f"# {ARGS.name}", "", f"{here['processor']}, {here['cores']} processors, {here['memory_bytes'] / 2**30:.0f} GiB, Linux {here['kernel']}; huge pages {here['huge_pages']}.",
             f"Medians (least to most) of tokens a second; both sides in the same run, on the same ids; llama.cpp first in each of {table['rounds']} rounds. Command: `{table['command']}`.", "",
             "| row | what | us | other side | ratio | must | aim | |", "|---|---|---|---|---|---|---|---|"]
    for name, result in table["rows"].items():
        for metric, one in result["metrics"].items():
            bound = lambda value: "" if value is None else f"{value:g}"
            lines.append(f"| {name} | {metric} | {numbers(one['us'])} | {numbers(one['them'])} | {one['ratio']:.2f} | {bound(one['must'])} | {bound(one['aim'])} | {'' if one['ok'] else 'short'} |")
    lines += ["", "| row | read speed, GB/s (1 thread, all) | generation reads, MB a token | share of the read speed | resident, MiB | kernels | commit | load |", "|---|---|---|---|---|---|---|---|"]
    for name, result in table["rows"].items():
        speed, share = result.get("read_bytes_per_second"), result.get("share_of_read_speed")
        shown = f"{speed['one']['max'] / 1e9:.1f}, {speed['all']['max'] / 1e9:.1f}" if speed else ""
        lines.append(f"| {name} | {shown} | {(result.get('bytes_per_token') or 0) / 1e6:.0f} | {'' if share is None else f'{share:.0%}'} | {(result.get('resident_bytes') or 0) >> 20} | {result.get('kernels')} | {result['commit']} | {result['load']:.1f} |")
    return "\n".join(lines) + "\n"


def write(table):
    folder = ROOT / "benchmarks/results"
    folder.mkdir(exist_ok=True)
    (folder / f"{ARGS.name}.json").write_text(json.dumps(table, indent=1) + "\n")
    (folder / f"{ARGS.name}.md").write_text(markdown(table))


def main():
    global ARGS
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peer-python", required=True)
    parser.add_argument("--models", required=True, action="append")
    parser.add_argument("--name", required=True)
    parser.add_argument("--rows", default="")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--warmup", type=int, default=5)
    parser.add_argument("--wrap", default="")
    parser.add_argument("--switchboard", default="./switchboard", help="how to start it")
    parser.add_argument("--again", action="store_true")
    ARGS = parser.parse_args()
    path = ROOT / "benchmarks/results" / f"{ARGS.name}.json"
    table = json.loads(path.read_text()) if path.exists() else {"rows": {}}
    table["machine"] = machine()
    table["rounds"] = ARGS.rounds
    table["command"] = f"benchmarks/peers/peers.py --peer-python PY --models DIR --name {ARGS.name} --rounds {ARGS.rounds} --runs {ARGS.runs} --warmup {ARGS.warmup}"
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as ids:
        chosen = random.Random(5)
        ids.write("\n".join(str(chosen.randrange(300, 31999)) for _ in range(6000)))
        ids.flush()
        for wanted in rows():
            name = wanted["name"]
            if not re.search(ARGS.rows, name) or (name in table["rows"] and not ARGS.again) or not file(wanted["us"][1]):
                continue
            try:
                table["rows"][name] = measure(wanted, ids.name)
            except (RuntimeError, ValueError, KeyError) as problem:
                print(f"{name}: {problem}", file=sys.stderr, flush=True)
                continue
            write(table)
            print(name, {k: v["ratio"] for k, v in table["rows"][name]["metrics"].items()}, flush=True)


if __name__ == "__main__":
    main()
