# The menu of the project: `just` or `./justw` shows it.

set positional-arguments

_menu:
    @{{ quote(just_executable()) }} --justfile {{ quote(justfile()) }} --list --unsorted

# Fetch libtorch under .tools/ (once; with CUDA where there is a GPU)
setup:
    @tools/setup.sh libtorch

# Build target/release/bakeoff
build: setup
    cargo build --release --workspace

# Run every trial of a spec that has not run yet, and write its report
sweep spec *options: build
    @target/release/bakeoff sweep "$@"

# Write the report of a spec from what has run so far
report spec: build
    @target/release/bakeoff report "$@"

# Check a spec and show what a sweep of it would run
check spec *options: build
    @target/release/bakeoff check "$@"

# Run every test
test *options: setup
    tools/test.sh "$@"

# Run the tests that need a CUDA card
test-cuda: build
    @tools/test_cuda.sh

# Run sweeps on a real Slurm of several nodes on this machine while parts of it are killed (apt-get installs it as root)
test-slurm *cases: build
    @python3 tools/test_slurm.py "$@"

# Measure training epochs and rankings (of all models, or the named ones)
bench *names: setup
    cargo bench -p bakeoff-models --bench epochs -- "$@"

# Measure what a sweep costs beside its trials: TRIALS SLOTS, or --unequal for the share of the slots that is used
bench-sweep *options:
    cargo run --release -p bakeoff-runner --example coordinator -- "$@"

# Measure the store: its size, memory and speed over 100,000 trials (or as many as named)
bench-store *trials:
    cargo run --release -p bakeoff-store --example growth -- "$@"

# Measure how fast data is prepared, and in how much memory: ROWS of generated ratings
bench-data rows="20000000": build
    @python3 tools/bench_data.py {{ rows }}

# Read damaged files of every format for so many seconds
fuzz seconds="60" *seed:
    cargo run --release -p bakeoff-data --example fuzz -- {{ seconds }} {{ seed }}

# Break sweeps in every way that a night may bring, and count what is lost (nothing, that is): ROUNDS SEED FAULT…
torture rounds="300" seed="1" *faults: build
    @python3 tools/torture.py "$@"

# Check formatting and run clippy
lint: setup
    tools/format.sh --check
    cargo clippy --release --workspace --all-targets -- -D warnings

# Format every source file
format:
    tools/format.sh

# Remove what was built; libtorch, the store and reports stay
clean:
    cargo clean
