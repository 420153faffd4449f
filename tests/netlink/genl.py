# SPDX-License-Identifier: GPL-2.0-only
"""Generic netlink on a bare socket: messages and attributes as bytes."""

import collections
import errno
import socket
import struct

NETLINK_GENERIC = 16
SOL_NETLINK = 270
NETLINK_ADD_MEMBERSHIP, NETLINK_CAP_ACK, NETLINK_EXT_ACK = 1, 10, 11

REQUEST, MULTI, ACK, INTERRUPTED = 0x1, 0x2, 0x4, 0x10
ROOT, MATCH = 0x100, 0x200
DUMP = ROOT | MATCH
CAPPED, ACK_TLVS = 0x100, 0x200

NLMSG_ERROR, NLMSG_DONE = 2, 3
NLMSGERR_ATTR_MSG, NLMSGERR_ATTR_OFFS = 1, 2
NLA_F_NESTED = 0x8000

CONTROLLER = 16
CTRL_GETFAMILY = 3
CTRL_FAMILY_ID, CTRL_FAMILY_NAME, CTRL_VERSION = 1, 2, 3
CTRL_OPS, CTRL_MCAST_GROUPS = 6, 7

Message = collections.namedtuple("Message", "type flags sequence command data")


def attribute(number, payload, flags=0):
    """An attribute, padded to the next one's place."""
    head = struct.pack("=HH", 4 + len(payload), number | flags)
    return head + payload + bytes(-len(payload) % 4)


def attributes(data):
    """Yields number and payload of each attribute; a length that cannot be is a ValueError."""
    while data:
        length, number = struct.unpack_from("=HH", data)
        if not 4 <= length <= len(data):
            raise ValueError(f"an attribute of {length} bytes in {len(data)}")
        yield number, data[4:length]
        data = data[length + 3 & ~3:]


def by_number(data):
    """Payloads by number; of a number that is there twice, the last."""
    return dict(attributes(data))


def messages(data):
    """Yields each netlink message of a buffer."""
    while data:
        length, kind, flags, sequence, _ = struct.unpack_from("=IHHII", data)
        if kind in (NLMSG_ERROR, NLMSG_DONE):
            yield Message(kind, flags, sequence, None, data[16:length])
        else:
            yield Message(kind, flags, sequence, data[16], data[20:length])
        data = data[length + 3 & ~3:]


class Refused(OSError):
    """The kernel said no; strerror is its text, if it gave one, and offset where in the request the fault is, or 0."""

    offset = 0


def status(message):
    """errno and text of an ack or the end of a dump, and where in the request it was about."""
    code = -struct.unpack_from("=i", message.data)[0] if message.data else 0
    used = 4
    if message.type == NLMSG_ERROR:
        used += 16
        if not message.flags & CAPPED:
            used += struct.unpack_from("=I", message.data, 4)[0] - 16
    about = by_number(message.data[used:]) if message.flags & ACK_TLVS else {}
    text = about.get(NLMSGERR_ATTR_MSG, b"")
    offset = struct.unpack("=I", about.get(NLMSGERR_ATTR_OFFS, bytes(4)))[0]
    return code, text.rstrip(b"\0").decode(), offset


class Socket:
    """A socket that speaks to one family."""

    options = (NETLINK_CAP_ACK, NETLINK_EXT_ACK)

    def __init__(self, name):
        self.socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_GENERIC)
        self.socket.bind((0, 0))
        for option in self.options:
            self.socket.setsockopt(SOL_NETLINK, option, 1)
        self.socket.settimeout(30)
        self.sequence = 0
        self.family = CONTROLLER
        asked = attribute(CTRL_FAMILY_NAME, name.encode() + b"\0")
        self.about = by_number(self.ask(CTRL_GETFAMILY, asked)[0].data)
        self.family = struct.unpack("=H", self.about[CTRL_FAMILY_ID])[0]

    def pack(self, command, data=b"", flags=REQUEST | ACK, version=1):
        """A request with a sequence number of its own."""
        self.sequence += 1
        return struct.pack("=IHHIIBBH", 20 + len(data), self.family, flags, self.sequence, 0,
                           command, version, 0) + data

    def send(self, packed):
        self.socket.send(packed)

    def receive(self):
        """The messages of one buffer."""
        return list(messages(self.socket.recv(1 << 16)))

    def ask(self, command, data=b"", flags=REQUEST | ACK):
        """What the kernel answers, without the ack; Refused when that is an error."""
        self.send(self.pack(command, data, flags))
        answers = []
        while True:
            for message in self.receive():
                if message.sequence != self.sequence:
                    continue
                if message.type not in (NLMSG_ERROR, NLMSG_DONE):
                    answers.append(message)
                    continue
                code, text, offset = status(message)
                if code:
                    refusal = Refused(code, text)
                    refusal.offset = offset
                    raise refusal
                return answers

    def operations(self):
        """The flags of each command that the kernel has."""
        operations = {}
        for _, nest in attributes(self.about[CTRL_OPS]):
            number, flags = (struct.unpack("=I", value)[0] for _, value in attributes(nest))
            operations[number] = flags
        return operations

    def groups(self):
        """The family's multicast groups, numbers by name."""
        groups = {}
        for _, nest in attributes(self.about.get(CTRL_MCAST_GROUPS, b"")):
            group = by_number(nest)
            groups[group[1].rstrip(b"\0").decode()] = struct.unpack("=I", group[2])[0]
        return groups

    def join(self, group):
        self.socket.setsockopt(SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, self.groups()[group])


def error_name(code):
    """A name as the kernel has it; EOPNOTSUPP is ENOTSUP to Python."""
    return "EOPNOTSUPP" if code == errno.EOPNOTSUPP else errno.errorcode.get(code, str(code))
