"""Reaches the network, and the marker's own sockets."""

import socket

from target import TARGET, reached

attempts = []


def stream():
    socket.create_connection(("127.0.0.1", TARGET["tcp"]), 1).sendall(b"tcp")


def packet():
    socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"udp", ("127.0.0.1", TARGET["udp"]))


def unix(address, kind):
    def attempt():
        link = socket.socket(socket.AF_UNIX, kind)
        link.connect(address)
        link.send(b"unix")

    return attempt


def pair(address):
    def attempt():
        socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)[0].sendto(b"pair", address)

    return attempt


for name, attempt in {
    "tcp": stream,
    "udp": packet,
    "abstract": unix("\0" + TARGET["abstract"], socket.SOCK_DGRAM),
    "path": unix(TARGET["path"], socket.SOCK_DGRAM),
    "pair to abstract": pair("\0" + TARGET["abstract"]),
    "pair to path": pair(TARGET["path"]),
    "netlink": lambda: socket.socket(16, socket.SOCK_RAW),
    "packet": lambda: socket.socket(17, socket.SOCK_RAW),
    "vsock": lambda: socket.socket(40, socket.SOCK_STREAM),
    "name": lambda: socket.getaddrinfo("example.org", 80),
}.items():
    try:
        attempt()
        reached.append(name)
    except OSError:
        pass
