#!/usr/bin/env python3
"""Hugging Face transformers as a peer: a Mixtral of 12 layers, d 1024, 8 experts of 3584, two awake, random weights, bf16 or f32.

usage: pip install torch transformers; transformers_peer.py [--type bf16|f32] [--threads 2] [--prompt 512] [--generate 48] [--runs 5]
Prints JSON with the keys of `./switchboard bench model --json`. oneDNN computes bf16 with the processor's BF16 dot where it has it.
"""
import argparse
import json
import statistics
import time

import torch
import transformers

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--type", choices=("bf16", "f32"), default="bf16")
for option, value in dict(threads=2, prompt=512, generate=48, runs=5).items():
    parser.add_argument("--" + option, type=int, default=value)
args = parser.parse_args()
torch.set_num_threads(args.threads)
torch.set_default_dtype(torch.bfloat16 if args.type == "bf16" else torch.float32)
torch.manual_seed(5)
config = transformers.MixtralConfig(
    vocab_size=32000, hidden_size=1024, intermediate_size=3584, num_hidden_layers=12, num_attention_heads=16, num_key_value_heads=4,
    num_local_experts=8, num_experts_per_tok=2, max_position_embeddings=8192)
model = transformers.MixtralForCausalLM(config).eval()


def spread(values):
    return {"median": statistics.median(values), "min": min(values), "max": max(values), "runs": len(values)} if values else None


read, write = [], []
with torch.inference_mode():
    ids = torch.randint(300, 31999, (1, args.prompt))
    for run in range(args.runs + 1):
        begun = time.perf_counter()
        out = model(ids, use_cache=True, logits_to_keep=1)
        read.append(args.prompt / (time.perf_counter() - begun))
    for run in range((args.runs + 1) if args.generate else 0):
        cache = model(ids[:, :1], use_cache=True).past_key_values
        begun = time.perf_counter()
        for i in range(args.generate):
            cache = model(ids[:, i:i + 1], past_key_values=cache, use_cache=True).past_key_values
        write.append(args.generate / (time.perf_counter() - begun))
print(json.dumps({"peer": "transformers", "version": transformers.__version__, "torch": torch.__version__, "model": "mixtral-" + args.type,
                  "threads": args.threads, "prompt": args.prompt, "depth": 0, "prompt_tokens_per_second": spread(read[1:]),
                  "generate_tokens_per_second": spread(write[1:])}))
