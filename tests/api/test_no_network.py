"""Nothing is sent anywhere: the service in a network namespace of its own, where the kernel counts attempts.

The namespace has a loopback and no route. A connection or a name look-up of whatever library adds to the
kernel's count of packets without a route, also where the library swallows the failure.
"""

import json
import os
import shutil
import subprocess
import sys

import pytest

from assistant.build import House

INSIDE = r"""
import fcntl, json, re, socket, struct, subprocess, sys, time, httpx

probe = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
UP, SIOCSIFFLAGS = 0x1 | 0x40, 0x8914
fcntl.ioctl(probe, SIOCSIFFLAGS, struct.pack("16sh", b"lo", UP))

def attempts():
    names, values = [line.split()[1:] for line in open("/proc/net/snmp") if line.startswith("Ip:")]
    sixth = [line.split() for line in open("/proc/net/snmp6") if "OutNoRoutes" in line]
    return int(dict(zip(names, values))["OutNoRoutes"]) + sum(int(value) for _, value in sixth)

server = subprocess.Popen([sys.executable, "-m", "api.cli", "serve", "--port", "0", *sys.argv[1:]],
                          stderr=subprocess.PIPE, text=True)
url = re.search(r"http://\S+", server.stderr.readline())[0]
client = httpx.Client(base_url=url, timeout=60)
until = time.monotonic() + 100
while True:
    try:
        if client.get("/readyz").status_code == 200:
            break
    except httpx.TransportError:
        assert time.monotonic() < until
        time.sleep(0.05)
say = lambda text: client.post("/api/v1/chat", json={"message": text, "stream": False})
answers = [
    say("你好"), say("邀约发出后几天再确认一次？"), say("审一下：本产品保本保收益"),
    client.get("/api/v1/knowledge/search", params={"q": "礼品标准"}),
    client.post("/api/v1/compliance/checks", json={"text": "稳赚不赔"}),
    client.post("/api/v1/gifts/recommendations", json={"segment": "retiree", "occasion": "birthday"}),
    client.post("/v1/chat/completions", json={"messages": [{"role": "user", "content": "你好"}]}),
]
after_work = attempts()
server.terminate()
server.wait(20)
try:
    socket.create_connection(("192.0.2.1", 80), timeout=1)
except OSError:
    pass
print(json.dumps({"statuses": [a.status_code for a in answers], "attempts": after_work, "control": attempts()}))
"""


@pytest.fixture(scope="module")
def apart() -> list[str]:
    """The command that runs another in a network namespace of its own."""
    command = ["unshare", "--map-root-user", "--net"]
    if shutil.which("unshare") and subprocess.run([*command, "true"], capture_output=True).returncode == 0:
        return command
    if os.environ.get("RM_TEST_NO_SKIPS"):
        pytest.fail("network namespaces must be allowed here")
    pytest.skip("no network namespaces here")


def test_no_connection_leaves_unless_configured(apart: list[str], house: House) -> None:
    command = [*apart, sys.executable, "-c", INSIDE, "--data-dir", str(house.settings.data_dir)]
    traced = os.environ | {"LANGSMITH_TRACING": "true", "LANGSMITH_API_KEY": "k"}  # a library's own switch
    done = subprocess.run(command, capture_output=True, text=True, timeout=110, env=traced)
    assert done.returncode == 0, done.stderr[-2000:]
    seen = json.loads(done.stdout.splitlines()[-1])
    assert seen["statuses"] == [200] * 7
    assert seen["control"] > seen["attempts"], "an attempt would have been counted"
    assert seen["attempts"] == 0
