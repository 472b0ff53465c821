# Measuring and printing; sourced by Benchmarks/run.

jobs/setup zstd time >&2
spanmill=${SPANMILL_BIN:-.build/release/spanmill}
[ -x "$spanmill" ] || { echo "build first: swift build -c release" >&2; exit 69; }
corpus=${BENCHMARK_CORPUS:-.build/benchmark-corpus}
spans=${BENCHMARK_SPANS:-1750000}
rounds=${BENCHMARK_ROUNDS:-5}
mkdir -p "$corpus"
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

declare -A about=()
short_rows=() long_rows=()

# The shop makes about 11.65 spans a trace.
traces_for() { echo $(($1 * 20 / 233)); }

# generate LAYOUT [SPANS]: an archive with that many spans of the shop, made once; prints its path.
generate() {
    local count=${2:-$spans} file
    file=$corpus/$count-$1
    if [ ! -s "$file" ]; then
        echo "generating $count spans as $1" >&2
        "$spanmill" demo "$corpus" --plain --quiet --traces "$(traces_for "$count")" --layout "$1" --file "$file.part"
        mv "$file.part" "$file"
    fi
    echo "$file"
}

# use COMMAND ...: one run with its output dropped; sets cpu (seconds), wall (seconds) and peak (kB).
use() {
    /usr/bin/time -q -o "$scratch/use" -f '%U %S %e %M' "$@" >/dev/null 2>"$scratch/errors" || {
        echo "failed: $*" >&2
        cat "$scratch/errors" >&2
        exit 1
    }
    local user system
    read -r user system wall peak <"$scratch/use"
    cpu=$(awk -v u="$user" -v s="$system" 'BEGIN { printf "%.3f", u + s }')
}

median() { printf '%s\n' "$@" | sort -n | awk '{ a[NR] = $1 } END { print a[int((NR + 1) / 2)] }'; }

calculate() { awk "BEGIN { printf \"$1\", $2 }"; }

spans_of() { # ARCHIVE ...: as spanmill counts them
    "$spanmill" report --json "$@" | sed -n 's/^ *"spans": \([0-9]*\),$/\1/p' | head -1
}

# compare BESIDE -- OURS: alternating runs of two commands; sets medians beside_cpu, our_cpu, our_peak.
compare() {
    local beside=() ours=() b=() o=() p=()
    while [ "$1" != -- ]; do beside+=("$1"); shift; done
    shift
    ours=("$@")
    for ((round = 0; round < rounds; round++)); do
        use "${beside[@]}"; b+=("$cpu")
        use "${ours[@]}"; o+=("$cpu"); p+=("$peak")
    done
    beside_cpu=$(median "${b[@]}") our_cpu=$(median "${o[@]}") our_peak=$(median "${p[@]}")
}

heading() {
    echo "spanmill $("$spanmill" --version 2>/dev/null | head -1), $(date -u +%F), $(nproc) cores, medians of $rounds runs"
    echo
    echo "| row | spanmill | beside it | ratio | target | |"
    echo "|---|---|---|---|---|---|"
}

print_row() { # ROW SPANMILL BESIDE RATIO TARGET NOTE
    echo "| $1 | $2 | $3 | $4 | $5 | ${6:-} |"
}
