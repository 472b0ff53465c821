# What a large company's day costs in the store; sourced by Benchmarks/run.

about[store]="500 services, 20,000 operations, 30,000 edges, 24 hours: commit within 5 s of CPU, 60 MB, graph within 150 ms"
about[store-400]="the same day 400 times, hours kept for 35: at most 8 GB, graph as quick as for one day"
long_rows+=(store store-400)

# filled DAYS: a store with that many days, each through the program's own store; sets fields of the last line printed.
filled() {
    local build=(--package-path Benchmarks --scratch-path .build/benchmarks -c release --product store)
    swift build "${build[@]}" >"$scratch/log" 2>&1 || { cat "$scratch/log" >&2; exit 1; }
    .build/benchmarks/release/store "$scratch/store-$1" "$1" >"$scratch/store-$1.txt"
    printf 'inputs: [%s]\nstate: %s\n' "$scratch" "$scratch/store-$1" >"$scratch/store-$1.yaml"
}

# figure NAME DAYS: a number that the store's benchmark printed.
figure() { sed -n "s/^$1 //p" "$scratch/store-$2.txt"; }

graph_row() { # ROW DAYS
    local took
    took=$(milliseconds "$spanmill" graph --config "$scratch/store-$2.yaml")
    print_row "$1" "$took ms" "150 ms" "$(calculate %.2f "$took / 150")" 1 "graph of the last of $2 days"
}

row_store() {
    filled 1
    print_row store "$(figure commit_cpu_seconds 1) s" "5 s" "$(calculate %.2f "$(figure commit_cpu_seconds 1) / 5")" 1 "CPU of a commit"
    print_row store "$(figure megabytes 1) MB" "60 MB" "$(calculate %.2f "$(figure megabytes 1) / 60")" 1 "the database after it"
    graph_row store 1
}

row_store_400() {
    filled 400
    print_row store-400 "$(figure megabytes 400) MB" "8000 MB" "$(calculate %.2f "$(figure megabytes 400) / 8000")" 1 "the database"
    graph_row store-400 400
}
