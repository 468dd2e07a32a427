"""Captured datagrams as a pcap file, in IPv4 or IPv6 and UDP that their taker never saw."""

from collections.abc import Iterable
from ipaddress import ip_address
from typing import BinaryIO

import dpkt

from .tap import Datagram

Address = tuple[str, int]  # numeric host, UDP port

_RAW_IP = 101  # LINKTYPE_RAW: a packet begins with its IP header
_SNAPLEN = 65535
_HOPS = 64


def write(
    file: BinaryIO, datagrams: Iterable[Datagram], client: Address, server: Address, began: float
) -> None:
    """Write datagrams between two numeric addresses of one family; `began` is their time 0."""
    writer = dpkt.pcap.Writer(file, snaplen=_SNAPLEN, linktype=_RAW_IP)
    for one in datagrams:
        source, target = (client, server) if one.outgoing else (server, client)
        writer.writepkt(packet(one.data, source, target), ts=round(began + one.ms / 1000, 6))


def packet(payload: bytes, source: Address, target: Address) -> bytes:
    """Return an IP packet with a UDP datagram."""
    udp = dpkt.udp.UDP(sport=source[1], dport=target[1], ulen=8 + len(payload), data=payload)
    src, dst = _packed(source[0]), _packed(target[0])
    if len(src) == 4:
        return bytes(dpkt.ip.IP(src=src, dst=dst, p=dpkt.ip.IP_PROTO_UDP, ttl=_HOPS, data=udp))
    ip = dpkt.ip6.IP6(
        src=src, dst=dst, nxt=dpkt.ip.IP_PROTO_UDP, hlim=_HOPS, plen=len(udp), data=udp
    )
    whole = bytes(ip)
    if udp.sum == 0:  # a sum of zero is sent as its other form (RFC 8200 section 8.1)
        udp.sum = 0xFFFF
        whole = bytes(ip)
    return whole


def _packed(host: str) -> bytes:
    """Return the octets of a numeric address, without its zone."""
    return ip_address(host.partition("%")[0]).packed
