# How cost and memory grow, and what a second core is worth; sourced by Benchmarks/run.

about[start]="--version and graph on a stored day, wall clock; at most 15 ms and 150 ms"
about[spilling]="10 million spans of protobuf on standard input at 64 MiB, beside 4 GiB; at most 1.35 times its CPU"
short_rows+=(start)

about[memory]="peak at 64 MiB, 512 MiB and 4 GiB on 10 and 100 million spans; at most the limit"
about[huge]="300 million spans of protobuf at 64 MiB, made while they are read; some 20 minutes"
about[names]="5 million distinct span names at 64 MiB"
about[flat]="CPU of a span from 1 to 100 million spans; within 10 %"
about[two-workers]="a day's files with two workers beside one, wall clock; at most 0.6, and 1.1 times zstd -dc"
about[two-in-files]="the same of a day's files of JSON"
about[two-in-one]="one file of one frame with two workers beside one, wall clock; at most 0.7"
about[two-in-frames]="the same of one file of many frames; at most 0.6"
about[two-in-messages]="the same of one file of compressed messages; at most 0.6"
long_rows+=(spilling memory names flat two-workers two-in-files two-in-one two-in-frames two-in-messages huge)

# piped SPANS MEMORY: one report of that many spans made while they are read; sets cpu, wall and peak of the report alone,
# and read, the spans it counted.
piped() {
    "$spanmill" demo "$scratch" --plain --quiet --traces "$(traces_for "$1")" --layout proto --file - |
        /usr/bin/time -q -o "$scratch/use" -f '%U %S %e %M' \
            "$spanmill" report --json --workers 1 --memory "$2" - >"$scratch/piped.json" 2>"$scratch/errors" || {
        cat "$scratch/errors" >&2
        exit 1
    }
    local user system
    read -r user system wall peak <"$scratch/use"
    cpu=$(awk -v u="$user" -v s="$system" 'BEGIN { printf "%.3f", u + s }')
    read=$(sed -n 's/^ *"spans": \([0-9]*\),$/\1/p' "$scratch/piped.json" | head -1)
}

millions() { calculate %.1f "$1 / 1000000"; }

memory_row() { # SPANS LIMIT MiB
    piped "$1" "$3MiB"
    print_row "$2" "$((peak / 1024)) MiB" "$3 MiB" "$(calculate %.2f "$peak / 1024 / $3")" 1 \
        "$(millions "$read") M spans, $(calculate %.0f "$cpu / $read * 1000000000") ns a span"
}

row_memory() {
    local count limit
    for count in 10000000 100000000; do
        for limit in 64 512 4096; do memory_row $count memory "$limit"; done
    done
}

row_huge() { memory_row 300000000 huge 64; }

row_spilling() {
    local some=() all=() round
    for ((round = 0; round < 3; round++)); do
        piped 10000000 64MiB; some+=("$cpu")
        piped 10000000 4GiB; all+=("$cpu")
    done
    local spilling memory
    spilling=$(median "${some[@]}") memory=$(median "${all[@]}")
    print_row spilling "$spilling s" "$memory s" "$(calculate %.2f "$spilling / $memory")" 1.35 \
        "$(millions "$read") M spans, medians of 3"
}

row_flat() {
    local count first="" each
    for count in 1000000 10000000 100000000; do
        piped $count 512MiB
        each=$(calculate %.0f "$cpu / $read * 1000000000")
        first=${first:-$each}
        print_row flat "$each ns a span" "$first ns" "$(calculate %.2f "$each / $first")" 1.1 "$(millions "$read") M spans"
    done
}

row_names() {
    awk 'BEGIN {
        for (n = 0; n < 5000000; n++) {
            if (n % 500 == 0) printf "%s{\"resourceSpans\":[{\"resource\":{\"attributes\":[{\"key\":\"service.name\",\"value\":{\"stringValue\":\"shop-%d\"}}]},\"scopeSpans\":[{\"spans\":[", (n ? "]}]}]}\n" : ""), n / 500 % 10
            else printf ","
            printf "{\"traceId\":\"%016x%016x\",\"spanId\":\"%016x\",\"name\":\"GET /orders/%d/items\",\"kind\":2,\"startTimeUnixNano\":\"%d000000000\",\"endTimeUnixNano\":\"%d000500000\"}", n + 1, n * 7919 % 2147483648 + 1, n + 1, n, 1772323200 + n / 100, 1772323200 + n / 100
        }
        print "]}]}]}"
    }' | /usr/bin/time -q -o "$scratch/use" -f '%U %S %e %M' "$spanmill" report --json --workers 1 --memory 64MiB - >"$scratch/names.json"
    local user system
    read -r user system wall peak <"$scratch/use"
    print_row names "$((peak / 1024)) MiB" "64 MiB" "$(calculate %.2f "$peak / 1024 / 64")" 1 \
        "$(sed -n 's/^ *"operations_folded": \([0-9]*\),$/\1/p' "$scratch/names.json") operations folded"
}

# two_cores_free FILE [LEAST]: whether two `zstd -dc` side by side get so many CPU seconds a second (1.7).
two_cores_free() {
    use bash -c 'zstd -dc "$0" & zstd -dc "$0" & wait' "$1"
    awk -v cpu="$cpu" -v wall="$wall" -v least="${2:-1.7}" 'BEGIN { exit !(cpu / wall >= least) }' || return 1
}

two_workers() { # ROW TARGET ARCHIVE CALIBRATION
    local one=() two=() beside=() round
    for ((round = 0; round < rounds; round++)); do
        two_cores_free "$4" || { print_row "$1" – – – "$2" "not measured: two cores were not free"; return; }
        use "$spanmill" report --json --workers 1 "$3"; one+=("$wall")
        use "$spanmill" report --json --workers 2 "$3"; two+=("$wall")
        use zstd -dc "$4"; beside+=("$wall")
    done
    local o t b
    o=$(median "${one[@]}") t=$(median "${two[@]}") b=$(median "${beside[@]}")
    print_row "$1" "$t s" "$o s" "$(calculate %.2f "$t / $o")" "$2" "wall clock; $(calculate %.2f "$t / $b") of zstd -dc"
}

row_two_workers() { two_workers two-workers 0.6 "$(day proto-zst)" "$(generate proto-zst)"; }
row_two_in_files() { two_workers two-in-files 0.6 "$(day json-zst)" "$(generate json-zst)"; }

row_two_in_one() {
    local file
    file=$(generate json-zst)
    two_workers two-in-one 0.7 "$file" "$file"
}

row_two_in_frames() { two_workers two-in-frames 0.6 "$(generate json-zst-many)" "$(generate json-zst)"; }
row_two_in_messages() { two_workers two-in-messages 0.6 "$(generate json-frames)" "$(generate json-zst)"; }

# milliseconds COMMAND ...: the median of 21 starts.
milliseconds() {
    local times=() start end round
    for ((round = 0; round < 21; round++)); do
        start=${EPOCHREALTIME/./}
        "$@" >/dev/null
        end=${EPOCHREALTIME/./}
        times+=($((end - start)))
    done
    calculate %.1f "$(median "${times[@]}") / 1000"
}

row_start() {
    local took
    took=$(milliseconds "$spanmill" --version)
    print_row start "$took ms" "15 ms" "$(calculate %.2f "$took / 15")" 1 "--version"
    "$spanmill" demo "$scratch/start" --quiet --layout proto-zst
    cat >"$scratch/start.yaml" <<EOF
inputs: [$scratch/start]
state: $scratch/start.state
EOF
    "$spanmill" run --config "$scratch/start.yaml" --window 2026-03-01 >/dev/null 2>"$scratch/errors" || { cat "$scratch/errors" >&2; exit 1; }
    took=$(milliseconds "$spanmill" graph --config "$scratch/start.yaml")
    print_row start "$took ms" "150 ms" "$(calculate %.2f "$took / 150")" 1 "graph of the demo's day"
}
