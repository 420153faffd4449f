# SPDX-License-Identifier: GPL-2.0-only
"""Messages built and read by nothing but a netlink spec in YAML."""

import re
import struct

import yaml

import genl

FORMATS = {"u8": "B", "u16": "H", "u32": "I", "u64": "Q"}


class Undescribed(Exception):
    """Something came that the spec has no word of."""


def load(path):
    with open(path, encoding="utf-8") as file:
        return yaml.load(file, yaml.CSafeLoader)


def numbered(entries, start):
    """Gives each entry the value after its predecessor's, unless it has one of its own."""
    for entry in entries:
        entry = dict(entry) if isinstance(entry, dict) else {"name": entry}
        entry.setdefault("value", start)
        start = entry["value"] + 1
        yield entry


class Spec:
    """Definitions, attribute sets and operations of a spec, by name."""

    def __init__(self, path):
        self.yaml = load(path)
        self.definitions = {item["name"]: item for item in self.yaml["definitions"]}
        self.sets = {item["name"]: {attr["name"]: attr for attr in numbered(item["attributes"], 1)}
                     for item in self.yaml["attribute-sets"]}
        self.operations = {item["name"]: item for item in self.yaml["operations"]["list"]}
        self.seen = set()

    def values(self, name):
        """Numbers of an enum's or of flags' entries, by name."""
        definition = self.definitions[name]
        flags = definition["type"] == "flags"
        start = definition.get("value-start", 0)
        return {entry["name"]: 1 << entry["value"] if flags else entry["value"]
                for entry in numbered(definition["entries"], start)}

    def errors(self, operation):
        """Names of the errors that the texts about the family and the operation list."""
        return set(re.findall(r"^- (E[A-Z0-9]+):", self.yaml["doc"] + "\n" + operation["doc"], re.M))

    # --- numbers

    def to_number(self, item, value):
        if "enum" not in item or isinstance(value, int):
            return value
        values = self.values(item["enum"])
        if self.definitions[item["enum"]]["type"] == "flags":
            return sum(values[name] for name in value)
        return values[value]

    def from_number(self, item, number):
        """Numbers of an enum become names, flags a set of names."""
        if "enum" not in item:
            return number
        values = self.values(item["enum"])
        if self.definitions[item["enum"]]["type"] == "flags":
            if number & ~sum(values.values()):
                raise Undescribed(f"{item['name']} is {number:#x}")
            return {name for name, bit in values.items() if number & bit}
        for name, value in values.items():
            if value == number:
                return name
        raise Undescribed(f"{item['name']} is {number}")

    def format(self, item):
        order = ">" if item.get("byte-order") == "big-endian" else "="
        return order + FORMATS[item["type"]]

    # --- attributes

    def encode(self, space, values, nested=0):
        """Attributes of a set in the order of @values; a list is the same attribute repeated. Nests bear the flag @nested."""
        data = b""
        for name, value in values.items():
            item = self.sets[space][name]
            for one in value if isinstance(value, list) else [value]:
                data += genl.attribute(item["value"], self.payload(item, one), nested if item["type"] == "nest" else 0)
        return data

    def payload(self, item, value):
        if item["type"] == "nest":
            return self.encode(item["nested-attributes"], value)
        if item["type"] == "string":
            return value.encode() + b"\0"
        if item["type"] == "flag":
            return b""
        if "struct" in item:
            members = self.definitions[item["struct"]]["members"]
            return b"".join(struct.pack(self.format(member), self.to_number(member, value[member["name"]]))
                            for member in members)
        if item["type"] == "binary":
            return value
        return struct.pack(self.format(item), self.to_number(item, value))

    def decode(self, space, data, allowed=None):
        """What attributes say; Undescribed when the spec does not know one so."""
        by_number = {item["value"]: item for item in self.sets[space].values()}
        values = {}
        for number, payload in genl.attributes(data):
            item = by_number.get(number)
            if not item:
                raise Undescribed(f"attribute {number} in {space}")
            name = item["name"]
            if item["type"] == "pad":
                continue
            if allowed is not None and name not in allowed:
                raise Undescribed(f"{name} is no part of this answer")
            self.seen.add((space, name))
            value = self.value(item, payload)
            if item.get("multi-attr"):
                values.setdefault(name, []).append(value)
            elif name in values:
                raise Undescribed(f"{name} twice")
            else:
                values[name] = value
        return values

    def value(self, item, payload):
        if item["type"] == "nest":
            return self.decode(item["nested-attributes"], payload)
        if item["type"] == "string":
            if payload.find(b"\0") != len(payload) - 1:
                raise Undescribed(f"{item['name']} is no string: {payload}")
            return payload[:-1].decode()
        if "struct" in item:
            return self.members(item, payload)
        if item["type"] == "binary":
            exact = item.get("checks", {}).get("exact-len", len(payload))
            self.sized(item, payload, exact)
            return payload
        self.sized(item, payload, struct.calcsize(self.format(item)))
        return self.from_number(item, struct.unpack(self.format(item), payload)[0])

    def members(self, item, payload):
        members = self.definitions[item["struct"]]["members"]
        sizes = [struct.calcsize(self.format(member)) for member in members]
        self.sized(item, payload, sum(sizes))
        values = {}
        for member, size in zip(members, sizes):
            number = struct.unpack(self.format(member), payload[:size])[0]
            values[member["name"]] = self.from_number(member, number)
            payload = payload[size:]
        return values

    @staticmethod
    def sized(item, payload, size):
        if len(payload) != size:
            raise Undescribed(f"{item['name']} has {len(payload)} bytes, not {size}")


class Client:
    """A family that a spec describes, in this network namespace."""

    def __init__(self, spec):
        self.spec = spec
        self.socket = genl.Socket(spec.yaml["name"])
        self.called = set()

    def encode(self, operation, values):
        """A request's attributes; the older commands take nests without the flag, which the others insist on."""
        strict = "dont-validate" not in operation
        return self.spec.encode(operation["attribute-set"], values, genl.NLA_F_NESTED if strict else 0)

    def call(self, name, mode="do", **values):
        """The answers to an operation; underscores stand for dashes in names."""
        operation = self.spec.operations[name]
        request = operation[mode].get("request", {})
        reply = operation[mode].get("reply", {})
        values = {key.replace("_", "-"): value for key, value in values.items()}
        unknown = set(values) - set(request.get("attributes", []))
        if unknown:
            raise Undescribed(f"{name} takes no {unknown}")
        self.called.add((name, mode))
        space = operation["attribute-set"]
        flags = genl.REQUEST | (genl.DUMP if mode == "dump" else genl.ACK)
        try:
            answers = self.socket.ask(request["value"], self.encode(operation, values), flags)
        except genl.Refused as refusal:
            if genl.error_name(refusal.errno) not in self.spec.errors(operation):
                raise Undescribed(f"{name} gives {genl.error_name(refusal.errno)}") from refusal
            raise
        for answer in answers:
            if answer.command != reply.get("value"):
                raise Undescribed(f"{name} answers with command {answer.command}")
        return [self.spec.decode(space, answer.data, reply["attributes"]) for answer in answers]

    def dump(self, name, **values):
        return self.call(name, "dump", **values)

    def events(self):
        """Name and content of each event of one buffer."""
        for message in self.socket.receive():
            event = next((op for op in self.spec.operations.values()
                          if "event" in op and op["value"] == message.command), None)
            if not event:
                raise Undescribed(f"event {message.command}")
            yield event["name"], self.spec.decode(event["attribute-set"], message.data,
                                                  event["event"]["attributes"])
