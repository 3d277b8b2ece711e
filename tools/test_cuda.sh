#!/bin/sh
# Holds trials on a CUDA card against the same trials on the CPU, two slots on one card, and `bakeoff devices`.
set -eu
cd "$(dirname -- "$0")/.."
bakeoff=$PWD/target/release/bakeoff
"$bakeoff" devices
if ! "$bakeoff" devices --json | grep -q '"why_no_cuda": null'; then
    echo "no CUDA device"
    exit 0
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cat >"$work/cuda.yaml" <<'SPEC'
version: 1
task: top_n
data:
  source: { name: synthetic, params: { n_users: 300, n_items: 120 } }
  split: { name: leave_one_out }
models:
  - { name: mlp, params: { epochs: 5, dropout: 0 } }
  - { name: neumf, params: { epochs: 5, dropout: 0 } }
  - { name: bpr_mf, params: { epochs: 5 } }
  - { name: caser, params: { epochs: 5, dropout: 0 } }
  - { name: gru4rec, params: { epochs: 5, dropout: 0 } }
  - { name: sasrec, params: { epochs: 5, dropout: 0, attention_dropout: 0 } }
SPEC
cd "$work"
"$bakeoff" --store cpu --reports cpu-reports sweep cuda.yaml --devices cpu
"$bakeoff" --store cuda --reports cuda-reports sweep cuda.yaml --devices cuda --slots 2
python3 - <<'CHECK'
import json
cpu, cuda = (json.load(open(f"{d}-reports/cuda/results.json"))["models"] for d in ("cpu", "cuda"))
for a, b in zip(cpu, cuda):
    x, y = (m["test"]["ndcg@10"]["mean"] for m in (a, b))
    print(f'{a["model"]}: cpu {x:.4f}, cuda {y:.4f}')
    assert abs(x - y) < 0.02, "the card disagrees with the CPU"
print("a card gives what the CPU gives, within 0.02")
CHECK
# A trial too large for any card fails alone, beside one that fits.
cat >"$work/memory.yaml" <<'SPEC'
version: 1
task: top_n
data:
  source: { name: synthetic, params: { n_users: 300, n_items: 120 } }
  split: { name: leave_one_out }
models:
  - { name: bpr_mf, params: { epochs: 3 } }
  - { name: gru4rec, params: { epochs: 1, hidden: 4096, n_layers: 16, batch_size: 1048576 }, grid: { embedding_dim: [4096] } }
schedule: { retries: 0 }
SPEC
"$bakeoff" --store memory sweep memory.yaml --devices cuda --slots 2 || test $? = 1
"$bakeoff" --store memory list trials
