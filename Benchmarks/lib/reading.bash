# `report` beside decompression, for every payload and framing; sourced by Benchmarks/run.

about[json]="report of OTLP JSON lines in one zstd frame, beside zstd -dc; at most 1.75 times its CPU"
about[proto]="report of OTLP protobuf in one zstd frame, beside zstd -dc; at most 1.6 times its CPU"
short_rows+=(json proto)

about[json-many]="the same JSON in frames of 4 MiB, beside zstd -dc"
about[json-frames]="the same JSON as the Collector's frames, beside zstd -dc of one frame; within 10 % of that"
about[proto-frames]="the same protobuf as the Collector's frames, beside zstd -dc of one frame; within 10 % of that"
about[jaeger]="the same spans as Jaeger UI JSON, beside zstd -dc; at most 2.5 times its CPU"
about[zipkin]="the same spans as Zipkin v2 JSON, beside zstd -dc; at most 2.5 times its CPU"
about[json-gz]="the same JSON in gzip, beside pigz -p1 -dc (zlib); at most 1.6 times its CPU"
about[files]="the same protobuf in 50 files by the hour, beside zstd -dc of all of them"
about[json-files]="the same of JSON"
long_rows+=(json-many json-frames proto-frames jaeger zipkin json-gz files json-files)

# reading ROW TARGET OURS BESIDE ...: a report of the archive OURS with one worker, beside a command.
reading() {
    local row=$1 target=$2 ours=$3
    shift 3
    compare "$@" -- "$spanmill" report --json --workers 1 "$ours"
    local count per_second
    count=$(spans_of "$ours")
    per_second=$(calculate '%d' "$count / $our_cpu / 1000")
    print_row "$row" "$our_cpu s" "$beside_cpu s" "$(calculate %.2f "$our_cpu / $beside_cpu")" "$target" \
        "$per_second k spans a CPU second, $((our_peak / 1024)) MiB"
}

row_json() { local file; file=$(generate json-zst); reading json 1.75 "$file" zstd -dc "$file"; }
row_proto() { local file; file=$(generate proto-zst); reading proto 1.6 "$file" zstd -dc "$file"; }
row_json_many() { local file; file=$(generate json-zst-many); reading json-many 1.75 "$file" zstd -dc "$file"; }
row_json_frames() { reading json-frames 1.93 "$(generate json-frames)" zstd -dc "$(generate json-zst)"; }
row_proto_frames() { reading proto-frames 1.76 "$(generate proto-frames)" zstd -dc "$(generate proto-zst)"; }
row_jaeger() { local file; file=$(generate jaeger-zst); reading jaeger 2.5 "$file" zstd -dc "$file"; }
row_zipkin() { local file; file=$(generate zipkin-zst); reading zipkin 2.5 "$file" zstd -dc "$file"; }

row_json_gz() {
    jobs/setup pigz >&2
    local file
    file=$(generate json-gz)
    reading json-gz 1.6 "$file" pigz -p1 -dc "$file"
}

day() { # LAYOUT: a folder of hourly files
    local folder=$corpus/$spans-day-$1
    if [ ! -d "$folder" ]; then
        echo "generating $spans spans as $1 in many files" >&2
        "$spanmill" demo "$folder.part" --plain --quiet --traces "$(traces_for "$spans")" --layout "$1"
        mv "$folder.part" "$folder"
    fi
    echo "$folder"
}

row_files() { files files 1.6 proto-zst; }
row_json_files() { files json-files 1.75 json-zst; }

files() { # ROW TARGET LAYOUT
    local folder
    folder=$(day "$3")
    reading "$1" "$2" "$folder" bash -c 'find "$0" -name "*.zst" -print0 | xargs -0 cat | zstd -dc' "$folder"
}
