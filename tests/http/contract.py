"""Holds every exchange to the daemon's own OpenAPI document, and remembers which parts were seen."""
import json
import re
import urllib.parse

import jsonschema

METHODS = ("get", "put", "post", "patch", "delete", "head", "options")
PROBLEM = "application/problem+json"
NDJSON = "application/x-ndjson"


class ContractError(AssertionError):
    """The daemon did something that its document does not say."""


def parse_json(text):
    """JSON as RFC 8259 has it: no NaN, no Infinity, no key twice."""

    def refuse(word):
        raise ContractError(f"{word} is not JSON")

    def unique(pairs):
        keys = [key for key, _ in pairs]
        if len(set(keys)) != len(keys):
            raise ContractError(f"a key twice: {keys}")
        return dict(pairs)

    return json.loads(text, parse_constant=refuse, object_pairs_hook=unique)


def parts_of_wholes(node):
    """The references that stand in an allOf: these schemas are parts, and stay open."""
    if isinstance(node, list):
        return set().union(*map(parts_of_wholes, node))
    if not isinstance(node, dict):
        return set()
    own = {part["$ref"] for part in node.get("allOf", []) if "$ref" in part}
    return own.union(*map(parts_of_wholes, node.values()))


def close_objects(node, parts, place="#", inside=False):
    """A copy in which an object has no other fields than its schema lists, unless that says so."""
    if isinstance(node, list):
        return [close_objects(value, parts, f"{place}/{i}", inside)
                for i, value in enumerate(node)]
    if not isinstance(node, dict):
        return node
    copy = {key: close_objects(value, parts, f"{place}/{key}", key == "allOf")
            for key, value in node.items()}
    whole = "allOf" in copy or (copy.get("type") == "object" and "properties" in copy)
    if whole and "additionalProperties" not in copy and place not in parts and not inside:
        copy["unevaluatedProperties"] = False
    return copy


class Contract:
    """The document, and a ledger of (operation, status) pairs that an exchange has shown."""

    def __init__(self, document):
        self.document = close_objects(document, parts_of_wholes(document))
        self.seen = set()
        self._resolver = jsonschema.RefResolver("", self.document)
        self._operations = {}
        for template, item in document["paths"].items():
            pattern = re.compile(re.sub(r"\{[^}]+\}", "[^/]+", template))
            for method in METHODS:
                if method in item:
                    self._operations[method.upper(), template] = (pattern, item[method], item)

    def operations(self):
        """[(method, template)] of the document."""
        return list(self._operations)

    def statuses(self):
        """Every (method, template, status) that the document promises."""
        return {(method, template, status)
                for (method, template), (_, operation, _) in self._operations.items()
                for status in operation["responses"]}

    def find(self, method, path):
        """(template, operation, path item) of a request, or None. A literal path goes first."""
        rows = [(template, operation, item)
                for (m, template), (pattern, operation, item) in self._operations.items()
                if m == method and pattern.fullmatch(path)]
        return min(rows, key=lambda row: row[0].count("{"), default=None)

    def methods(self, path):
        return {m for (m, _), (pattern, _, _) in self._operations.items() if pattern.fullmatch(path)}

    def resolve(self, node):
        while isinstance(node, dict) and "$ref" in node:
            node = self._resolver.resolve(node["$ref"])[1]
        return node

    def validate(self, schema, value, what):
        validator = jsonschema.Draft202012Validator(schema, resolver=self._resolver)
        errors = [f"{what}: /{'/'.join(map(str, e.absolute_path))}: {e.message[:300]}"
                  for e in validator.iter_errors(value)]
        if errors:
            raise ContractError("\n".join(errors))

    # --- one exchange ------------------------------------------------------------------------

    def check(self, exchange):
        """Raises ContractError unless the document allows the exchange, as it went."""
        where = f"{exchange.method} {exchange.target} -> {exchange.status}"
        path, _, query = exchange.target.partition("?")
        if exchange.status >= 400:
            self._check_problem(exchange, where)
        method = "GET" if exchange.method == "HEAD" else exchange.method
        found = self.find(method, path)
        if found is None:
            if exchange.status not in (400, 404, 405, 501):
                raise ContractError(f"{where}: an undocumented route answers")
            return
        template, operation, item = found
        responses = operation["responses"]
        if str(exchange.status) not in responses:
            raise ContractError(f"{where}: {template} documents {sorted(responses)}")
        if exchange.method != "HEAD":
            self.seen.add((method, template, str(exchange.status)))
            self._check_response(self.resolve(responses[str(exchange.status)]), exchange, where)
        if exchange.status < 300:  # what was accepted must be documented as acceptable
            self._check_query(operation, item, query, where)
            self._check_request(operation, exchange, where)

    def _check_problem(self, exchange, where):
        if exchange.method == "HEAD":
            return
        if exchange.content_type != PROBLEM:
            raise ContractError(f"{where}: an error of type {exchange.content_type!r}")
        problem = parse_json(exchange.body)
        for key in ("type", "title", "status", "detail", "request_id"):
            if key not in problem:
                raise ContractError(f"{where}: the problem lacks {key!r}: {problem}")
        if problem["status"] != exchange.status:
            raise ContractError(f"{where}: the problem says {problem['status']}")

    def _check_response(self, response, exchange, where):
        content = response.get("content")
        if not content:
            if exchange.body:
                raise ContractError(f"{where}: a body where none is documented")
            return
        if exchange.content_type not in content:
            raise ContractError(f"{where}: {exchange.content_type!r}, documented {list(content)}")
        schema = content[exchange.content_type].get("schema")
        if schema is None:
            return
        if exchange.content_type.endswith(("/json", "+json")):
            self.validate(schema, parse_json(exchange.body), where)
        elif exchange.content_type == NDJSON:  # an object a line; a blank one is a sign of life
            for line in filter(None, exchange.body.split(b"\n")):
                self.validate(schema, parse_json(line), where)

    def _check_query(self, operation, item, query, where):
        known = {}
        for parameter in operation.get("parameters", []) + item.get("parameters", []):
            parameter = self.resolve(parameter)
            if parameter["in"] == "query":
                known[parameter["name"]] = parameter.get("schema", {})
        for name, text in urllib.parse.parse_qsl(query, keep_blank_values=True):
            if name not in known:
                raise ContractError(f"{where}: accepted an undocumented parameter {name!r}")
            kind = self.resolve(known[name]).get("type")
            value = json.loads(text) if kind in ("integer", "number", "boolean") else text
            self.validate(known[name], value, f"{where}: parameter {name}")

    def _check_request(self, operation, exchange, where):
        body = self.resolve(operation.get("requestBody"))
        if body is None or exchange.request_body is None:
            if exchange.request_body:
                raise ContractError(f"{where}: accepted a body that is not documented")
            return
        sent = exchange.request_type
        # curl -d says "form" and means JSON; curl -T says nothing and means CSV.
        if sent in (None, "application/x-www-form-urlencoded"):
            sent = "application/json" if "text/csv" not in body["content"] else "text/csv"
        if sent not in body["content"]:
            raise ContractError(f"{where}: accepted a body of type {sent!r}, "
                                f"documented {list(body['content'])}")
        schema = body["content"][sent].get("schema")
        if schema is not None and sent == "application/json":
            self.validate(schema, parse_json(exchange.request_body), f"{where} (request)")
