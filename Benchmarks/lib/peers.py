"""The questions of Benchmarks/peers in the best form of each engine.

    peers.py ENGINE LINES ANSWERS     answers from OTLP JSON lines
    peers.py compare OURS THEIRS      says whether a report and an engine's answers agree
"""

import json
import sys

ATTRIBUTE = "STRUCT(key VARCHAR, value STRUCT(stringValue VARCHAR, intValue VARCHAR))"
SPAN = (
    "STRUCT(traceId VARCHAR, spanId VARCHAR, parentSpanId VARCHAR, name VARCHAR, kind INTEGER, "
    "startTimeUnixNano VARCHAR, endTimeUnixNano VARCHAR, "
    f"attributes {ATTRIBUTE}[], status STRUCT(code INTEGER))"
)
RESOURCE_SPANS = (
    f"STRUCT(resource STRUCT(attributes {ATTRIBUTE}[]), scopeSpans STRUCT(spans {SPAN}[])[])[]"
)

# Over a table `spans`: trace, id, parent, service, name, kind, nanoseconds, failed, peer (of exits). Kinds: 2 server,
# 3 client, 4 producer, 5 consumer. What waits for a batch (a producer without a child) is a link's affair: left out.
EDGES = """
    SELECT p.service AS caller, c.service AS callee, count(*) AS calls,
           sum(CASE WHEN c.failed + p.failed > 0 THEN 1 ELSE 0 END) AS errors
    FROM spans c JOIN spans p ON c.trace = p.trace AND c.parent = p.id
    WHERE c.kind IN (2, 5) AND p.kind IN (3, 4) AND c.service <> p.service GROUP BY 1, 2
    UNION ALL
    SELECT s.service AS caller, s.peer AS callee, count(*) AS calls, sum(s.failed) AS errors
    FROM spans s WHERE s.kind = 3 AND NOT EXISTS (
        SELECT 1 FROM spans c WHERE c.trace = s.trace AND c.parent = s.id) GROUP BY 1, 2
"""


def duckdb(path):
    import duckdb as engine

    db = engine.connect()
    db.execute(f"""
        CREATE TEMP TABLE spans AS
        WITH r AS (SELECT unnest(resourceSpans) AS r FROM read_json('{path}', format = 'newline_delimited',
                   maximum_object_size = 67108864, columns = {{resourceSpans: '{RESOURCE_SPANS}'}})),
        s AS (SELECT list_filter(r.resource.attributes, lambda a: a.key = 'service.name')[1].value.stringValue AS service,
                     unnest(r.scopeSpans[1].spans) AS s FROM r),
        f AS (SELECT *, CASE WHEN s.kind = 3 THEN list_filter(s.attributes, lambda a: a.key IN
                ('db.namespace', 'server.address', 'server.port')) END AS a FROM s)
        SELECT DISTINCT ON (trace, id) s.traceId AS trace, s.spanId AS id, s.parentSpanId AS parent, service,
               s.name AS name, s.kind AS kind,
               s.endTimeUnixNano::BIGINT - s.startTimeUnixNano::BIGINT AS nanoseconds,
               CASE WHEN s.status.code = 2 THEN 1 ELSE 0 END AS failed,
               coalesce(list_filter(a, lambda x: x.key = 'db.namespace')[1].value.stringValue,
                   list_filter(a, lambda x: x.key = 'server.address')[1].value.stringValue || ':' ||
                   list_filter(a, lambda x: x.key = 'server.port')[1].value.intValue) AS peer
        FROM f""")
    edges = db.execute(EDGES).fetchall()
    operations = db.execute("""
        SELECT service, name, kind, count(*), quantile_disc(nanoseconds, [0.5, 0.95, 0.99]) FROM spans GROUP BY 1, 2, 3
        """).fetchall()
    return edges, [(*o[:4], *o[4]) for o in operations]


def chdb(path):
    from chdb import session

    db = session.Session()
    attribute = "Array(Tuple(key String, value Tuple(stringValue String, intValue String)))"
    span = (
        "Tuple(traceId String, spanId String, parentSpanId String, name String, kind Int32, startTimeUnixNano UInt64, "
        f"endTimeUnixNano UInt64, attributes {attribute}, status Tuple(code Int32))"
    )
    resource = f"Array(Tuple(resource Tuple(attributes {attribute}), scopeSpans Array(Tuple(spans Array({span})))))"
    db.query("CREATE DATABASE IF NOT EXISTS peers ENGINE = Atomic")
    db.query(f"""
        CREATE TABLE peers.spans ENGINE = MergeTree ORDER BY (trace, id) AS
        WITH arrayFirst(a -> a.key = 'db.namespace', s.attributes).value.stringValue AS space
        SELECT s.traceId AS trace, s.spanId AS id, s.parentSpanId AS parent,
               arrayFirst(a -> a.key = 'service.name', r.resource.attributes).value.stringValue AS service,
               s.name AS name, s.kind AS kind, toInt64(s.endTimeUnixNano - s.startTimeUnixNano) AS nanoseconds,
               toInt32(s.status.code = 2) AS failed,
               if(s.kind != 3, '', if(space != '', space, concat(
                   arrayFirst(a -> a.key = 'server.address', s.attributes).value.stringValue, ':',
                   arrayFirst(a -> a.key = 'server.port', s.attributes).value.intValue))) AS peer
        FROM file('{path}', JSONEachRow, 'resourceSpans {resource}')
        ARRAY JOIN resourceSpans AS r ARRAY JOIN r.scopeSpans[1].spans AS s
        LIMIT 1 BY s.traceId, s.spanId""")
    edges = EDGES.replace("NOT EXISTS (\n        SELECT 1 FROM spans c WHERE c.trace = s.trace AND c.parent = s.id)",
                          "(s.trace, s.id) NOT IN (SELECT trace, parent FROM spans)")
    db.query("USE peers")

    def rows(sql):
        text = db.query(sql, "JSONCompactEachRow").bytes().decode()
        return [json.loads(line) for line in text.splitlines()]

    operations = rows("""SELECT service, name, kind, count(), quantilesExactLow(0.5, 0.95, 0.99)(nanoseconds)
                         FROM spans GROUP BY 1, 2, 3""")
    return rows(edges), [(*o[:4], *o[4]) for o in operations]


def polars(path):
    import polars as pl

    value = pl.Struct({"stringValue": pl.String, "intValue": pl.String})
    attributes = pl.List(pl.Struct({"key": pl.String, "value": value}))
    texts = ["traceId", "spanId", "parentSpanId", "name", "startTimeUnixNano", "endTimeUnixNano"]
    span = pl.Struct({t: pl.String for t in texts} | {
        "kind": pl.Int32, "attributes": attributes, "status": pl.Struct({"code": pl.Int32})})
    resource = pl.Struct({"resource": pl.Struct({"attributes": attributes}),
                          "scopeSpans": pl.List(pl.Struct({"spans": pl.List(span)}))})

    def attribute(column, key, kind):
        e = pl.element()
        found = column.list.eval(e.filter(e.struct.field("key") == key).struct.field("value").struct.field(kind))
        return found.list.first()

    spans = (
        pl.scan_ndjson(path, schema={"resourceSpans": pl.List(resource)})
        .explode("resourceSpans").unnest("resourceSpans")
        .select(
            attribute(pl.col("resource").struct.field("attributes"), "service.name", "stringValue").alias("service"),
            pl.col("scopeSpans").list.first().struct.field("spans").alias("s"))
        .explode("s").unnest("s")
        .with_columns(a=pl.when(pl.col("kind") == 3).then(pl.col("attributes")))
        .select(
            "service", "name", "kind", trace="traceId", id="spanId", parent="parentSpanId",
            nanoseconds=pl.col("endTimeUnixNano").cast(pl.Int64) - pl.col("startTimeUnixNano").cast(pl.Int64),
            failed=(pl.col("status").struct.field("code") == 2).fill_null(False).cast(pl.Int64),
            peer=pl.coalesce(
                attribute(pl.col("a"), "db.namespace", "stringValue"),
                attribute(pl.col("a"), "server.address", "stringValue") + ":"
                + attribute(pl.col("a"), "server.port", "intValue")))
        .unique(["trace", "id"]).collect())
    exits = spans.filter(pl.col("kind").is_in([3, 4])).select("trace", "id", caller="service", other="failed")
    calls = (
        spans.filter(pl.col("kind").is_in([2, 5]))
        .join(exits, left_on=["trace", "parent"], right_on=["trace", "id"])
        .filter(pl.col("caller") != pl.col("service"))
        .group_by("caller", "service")
        .agg(calls=pl.len(), errors=(pl.col("failed") + pl.col("other") > 0).sum()))
    leaves = (
        spans.filter(pl.col("kind") == 3)
        .join(spans.select("trace", "parent"), left_on=["trace", "id"], right_on=["trace", "parent"], how="anti")
        .group_by("service", "peer").agg(calls=pl.len(), errors=pl.col("failed").sum()))
    quantile = lambda q: pl.col("nanoseconds").sort().get((pl.len() * q).ceil().cast(pl.Int64) - 1)
    operations = spans.group_by("service", "name", "kind").agg(
        n=pl.len(), p50=quantile(0.5), p95=quantile(0.95), p99=quantile(0.99))
    return calls.rows() + leaves.rows(), operations.rows()


def pyspark(path):
    from pyspark.sql import SparkSession

    spark = (SparkSession.builder.master("local[*]").config("spark.ui.enabled", "false")
             .config("spark.driver.memory", "6g").config("spark.sql.shuffle.partitions", "8").getOrCreate())
    spark.sparkContext.setLogLevel("ERROR")
    attribute = "array<struct<key: string, value: struct<stringValue: string, intValue: string>>>"
    span = (
        "struct<traceId: string, spanId: string, parentSpanId: string, name: string, kind: int, "
        "startTimeUnixNano: string, endTimeUnixNano: string, "
        f"attributes: {attribute}, status: struct<code: int>>"
    )
    schema = (f"resourceSpans array<struct<resource: struct<attributes: {attribute}>, "
              f"scopeSpans: array<struct<spans: array<{span}>>>>>")
    spark.read.schema(schema).json(path).createOrReplaceTempView("lines")
    spark.sql("""
        SELECT s.traceId AS trace, s.spanId AS id, s.parentSpanId AS parent, service, s.name AS name, s.kind AS kind,
               cast(s.endTimeUnixNano AS bigint) - cast(s.startTimeUnixNano AS bigint) AS nanoseconds,
               CASE WHEN s.status.code = 2 THEN 1 ELSE 0 END AS failed,
               CASE WHEN s.kind = 3 THEN coalesce(get(filter(s.attributes, x -> x.key = 'db.namespace'), 0).value.stringValue,
                   concat(get(filter(s.attributes, x -> x.key = 'server.address'), 0).value.stringValue, ':',
                          get(filter(s.attributes, x -> x.key = 'server.port'), 0).value.intValue)) END AS peer
        FROM (SELECT service, explode(spans) AS s FROM (
              SELECT filter(r.resource.attributes, a -> a.key = 'service.name')[0].value.stringValue AS service,
                     r.scopeSpans[0].spans AS spans
              FROM (SELECT explode(resourceSpans) AS r FROM lines)))
        """).dropDuplicates(["trace", "id"]).cache().createOrReplaceTempView("spans")
    edges = [tuple(r) for r in spark.sql(EDGES).collect()]
    operations = spark.sql("""
        SELECT service, name, kind, count(*), percentile_disc(0.5) WITHIN GROUP (ORDER BY nanoseconds),
               percentile_disc(0.95) WITHIN GROUP (ORDER BY nanoseconds),
               percentile_disc(0.99) WITHIN GROUP (ORDER BY nanoseconds) FROM spans GROUP BY 1, 2, 3""").collect()
    # The engine is a process of its own: it counts when it was waited for.
    process = spark.sparkContext._gateway.proc
    spark.stop()
    process.stdin.close()
    process.wait()
    return edges, [tuple(r) for r in operations]


def compare(ours, theirs):
    """Counts must be equal; percentiles as near as a sketch promises, where a rank more or less is no matter."""
    ours, theirs = (json.load(open(path)) for path in (ours, theirs))
    # Links are followed by spanmill alone.
    known = {(e["caller"], e["callee"]): [e["calls"], e["errors"]] for e in ours["graph"]["edges"] if e["kind"] != "link"}
    found = {(caller, callee): [int(calls), int(errors)] for caller, callee, calls, errors in theirs["edges"]}
    problems = [f"edge {key}: {known.get(key)} and {found.get(key)}"
                for key in sorted(known.keys() | found.keys()) if known.get(key) != found.get(key)]
    kinds = {"internal": 1, "server": 2, "client": 3, "producer": 4, "consumer": 5}
    latency = {(o["service"], o["operation"], kinds[o["kind"]]): o for o in ours["latency"]["operations"]}
    answers = {(service, name, kind): rest for service, name, kind, *rest in theirs["operations"]}
    for key in latency.keys() ^ answers.keys():
        problems.append(f"operation {key} is known to one alone")
    for key in latency.keys() & answers.keys():
        count, *percentiles = map(int, answers[key])
        if count != latency[key]["count"]:
            problems.append(f"operation {key}: {latency[key]['count']} and {count}")
        for name, exact in zip(("p50", "p95", "p99"), percentiles):
            sketch = latency[key][f"{name}_nanoseconds"]
            if count >= 1000 and abs(sketch - exact) > exact * 0.02:
                problems.append(f"{name} of {key}: {sketch} and {exact}")
    print("agree" if not problems else f"{len(problems)} differ, first: {problems[0]}")
    return bool(problems)


if __name__ == "__main__":
    command, first, second = sys.argv[1:4]
    if command == "compare":
        sys.exit(compare(first, second))
    edges, operations = {"duckdb": duckdb, "chdb": chdb, "polars": polars, "pyspark": pyspark}[command](first)
    with open(second, "w") as file:
        json.dump({"edges": edges, "operations": operations}, file)
