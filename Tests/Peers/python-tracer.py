"""Jaeger's tracer for Python: polls PORT for SERVICE, then begins ROOTS traces of each OPERATION.

Prints, as JSON, the probability it holds for each and how many it kept.
"""
import json
import sys
import time

from jaeger_client import Tracer
from jaeger_client.local_agent_net import LocalAgentSender
from jaeger_client.reporter import NullReporter
from jaeger_client.sampler import AdaptiveSampler, RemoteControlledSampler

port, service, roots, *operations = sys.argv[1:]
channel = LocalAgentSender(host="127.0.0.1", sampling_port=int(port), reporting_port=9)
sampler = RemoteControlledSampler(channel, service, sampling_refresh_interval=1)
deadline = time.monotonic() + 30
while not isinstance(sampler.sampler, AdaptiveSampler):
    if time.monotonic() > deadline:
        sys.exit("the tracer took over nothing within 30 s")
    time.sleep(0.02)
tracer = Tracer(service_name=service, reporter=NullReporter(), sampler=sampler)
result = {}
for operation in operations:
    kept = 0
    for _ in range(int(roots)):
        span = tracer.start_span(operation_name=operation, ignore_active_span=True)
        kept += span.context.flags & 1
        span.finish()
    held = sampler.sampler.samplers.get(operation)
    probability = held.rate if held else sampler.sampler.default_sampling_probability
    result[operation] = {"probability": probability, "kept": kept}
print(json.dumps(result), flush=True)
# The sampler's thread would go on polling.
sampler.close()
import os
os._exit(0)
