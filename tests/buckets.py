"""A real S3 server for tests, in this process, and buckets in it. Named to clients by the environment, as in real life."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from unittest.mock import patch

import boto3
from moto.server import ThreadedMotoServer


@dataclass(frozen=True)
class Buckets:
    endpoint: str

    def make(self, name: str) -> str:
        """A new bucket; returns its address."""
        client = boto3.client("s3", endpoint_url=self.endpoint, region_name="us-east-1")
        number = len(client.list_buckets()["Buckets"])
        client.create_bucket(Bucket=f"{name}-{number}")
        return f"s3://{name}-{number}"


@contextmanager
def serve_buckets(address: str = "127.0.0.1") -> Iterator[Buckets]:
    """A server on a free port, and the environment that brings clients there."""
    server = ThreadedMotoServer(ip_address=address, port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    told = {
        "AWS_ENDPOINT_URL": f"http://{host}:{port}",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    with patch.dict(os.environ, told):
        yield Buckets(told["AWS_ENDPOINT_URL"])
        server.stop()
