"""gRPC's client for Python with its defaults: asks TARGET for each SERVICE, the first COUNT times in a row.

A TARGET like ca.pem@localhost:5779 is asked over TLS.

Prints, as JSON: the answers in hex, how many calls failed, and the health of the server and of its services.
"""
import json
import sys

import grpc

target, count, *services = sys.argv[1:]


def text(value):
    data = value.encode()
    assert len(data) < 128
    return bytes([0x0A, len(data)]) + data if data else b""


def ask(channel, method, message):
    call = channel.unary_unary(method, request_serializer=bytes, response_deserializer=bytes)
    return call(message, timeout=20)


def health(channel, service):
    try:
        return ask(channel, "/grpc.health.v1.Health/Check", text(service)).hex()
    except grpc.RpcError as error:
        return error.code().name


authority, _, address = target.rpartition("@")
if authority:
    with open(authority, "rb") as file:
        opened = grpc.secure_channel(address, grpc.ssl_channel_credentials(file.read()))
else:
    opened = grpc.insecure_channel(address)
with opened as channel:
    method = "/jaeger.api_v2.SamplingManager/GetSamplingStrategy"
    answers, failed = {}, 0
    for service in services:
        try:
            answers[service] = ask(channel, method, text(service)).hex()
        except grpc.RpcError as error:
            answers[service] = f"{error.code().name}: {error.details()}"
    for _ in range(int(count)):
        try:
            failed += ask(channel, method, text(services[0])).hex() != answers[services[0]]
        except grpc.RpcError:
            failed += 1
    watch = channel.unary_stream(
        "/grpc.health.v1.Health/Watch", request_serializer=bytes, response_deserializer=bytes)
    stream = watch(text("jaeger.api_v2.SamplingManager"), timeout=20)
    watched = next(stream).hex()
    stream.cancel()
    names = ["", "jaeger.api_v2.SamplingManager", "nobody"]
    print(json.dumps({
        "answers": answers, "failed": failed, "watched": watched,
        "health": {name: health(channel, name) for name in names},
    }))
