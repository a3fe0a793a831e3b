"""A client that knows Switchboard only by its .proto files: prints one line of JSON about what it saw."""
import json
import sys

import grpc
from grpc_reflection.v1alpha import reflection_pb2

from switchboard.v1 import cluster_pb2, cluster_pb2_grpc, inference_pb2, inference_pb2_grpc


def listed_services(channel):
    """The stable reflection service has the messages of v1alpha under another name."""
    call = channel.stream_stream(
        "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
        request_serializer=reflection_pb2.ServerReflectionRequest.SerializeToString,
        response_deserializer=reflection_pb2.ServerReflectionResponse.FromString,
    )
    answer = next(iter(call(iter([reflection_pb2.ServerReflectionRequest(list_services="")]), timeout=20)))
    return sorted(service.name for service in answer.list_services_response.service)


def generation(channel):
    prompt = inference_pb2.TokenIds(ids=[int(word) for word in sys.argv[2].split(",")])
    request = inference_pb2.GenerateRequest(token_ids=prompt, max_tokens=20, ignore_eos=True, logits_digest=True)
    text, tokens, digest = "", [], ""
    for event in inference_pb2_grpc.InferenceStub(channel).Generate(request, timeout=30):
        kind = event.WhichOneof("event")
        if kind == "token":
            tokens.append(event.token.id)
            text += event.token.text
        elif kind == "done":
            text += event.done.text
            digest = event.done.logits_sha256
    return {"text": text, "tokens": tokens, "logits_sha256": digest}


with grpc.insecure_channel(sys.argv[1]) as channel:
    seen = generation(channel)
    seen["services"] = listed_services(channel)
    status = cluster_pb2_grpc.ClusterStub(channel).Status(cluster_pb2.StatusRequest(), timeout=20)
    seen["nodes"] = len(status.nodes)
    print(json.dumps(seen))
